//! Files of records: what was written comes back, and damage is an error, never another record.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

#[path = "../support/records.rs"]
pub(super) mod support;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use imagepipe::error::{Error, Result};
use imagepipe::file::Map;
use imagepipe::record::{Framing, Options, Shard, Span, Writer, index};
use proptest::prelude::*;
use support::{MAGIC, framed, gzip, lines, payloads, seeds, zlib};

const FRAMINGS: [Framing; 2] = [Framing::TfRecord, Framing::RecordIo];

/// All records of a shard.
fn read(shard: &Shard) -> Result<Vec<Vec<u8>>> {
    let mut scratch = Vec::new();
    (0..shard.len())
        .map(|index| shard.get(index, &mut scratch).map(<[u8]>::to_vec))
        .collect()
}

fn in_memory(file: &[u8], framing: Framing) -> Result<Shard> {
    let options = Options {
        framing: Some(framing),
        ..Options::default()
    };
    Shard::new(Map::in_memory("shard".into(), file.to_vec()), None, options)
}

/// A folder with a shard in it, the shard's path, and its bytes.
fn written(
    framing: Framing,
    payloads: &[Vec<u8>],
    index: bool,
) -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(if framing == Framing::TfRecord {
        "x.tfrecord"
    } else {
        "x.rec"
    });
    let mut writer = Writer::create(&path, framing, index, false).expect("a writer");
    for payload in payloads {
        writer.append(payload, None).expect("a record");
    }
    assert_eq!(writer.len(), payloads.len() as u64);
    assert!(!path.exists(), "not before it is finished");
    writer.finish().expect("a file");
    let bytes = std::fs::read(&path).expect("a file");
    assert_eq!(bytes, framed(framing, payloads));
    (folder, path, bytes)
}

fn open(path: &Path) -> Result<Shard> {
    Shard::open(path, Options::default())
}

/// Where an [`Error::Record`] says the record begins, and what is wrong.
fn record_error(error: Error) -> (u64, String) {
    match error {
        Error::Record { offset, reason, .. } => (offset, reason),
        other => panic!("another error: {other}"),
    }
}

#[test]
fn what_is_written_comes_back_with_and_without_an_index() {
    for framing in FRAMINGS {
        for indexed in [false, true] {
            let (folder, path, _) = written(framing, &payloads(), indexed);
            let shard = open(&path).unwrap();
            assert_eq!(
                (shard.framing(), shard.compression(), shard.path()),
                (framing, None, path.as_path())
            );
            assert_eq!(read(&shard).unwrap(), payloads());
            assert_eq!(shard.ignored_index(), None);
            assert_eq!(index::path_of(&path, framing).exists(), indexed);
            assert_eq!(
                shard.key(5),
                (indexed && framing == Framing::RecordIo).then_some(5)
            );
            assert_eq!(shard.key(6), None);
            assert_eq!(
                std::fs::read_dir(folder.path()).unwrap().count(),
                1 + usize::from(indexed)
            );
            if indexed {
                assert_eq!(
                    std::fs::read_to_string(index::path_of(&path, framing)).unwrap(),
                    lines(&shard)
                );
            }
        }
    }
}

#[test]
fn records_lie_where_their_spans_say() {
    let shard = in_memory(
        &framed(Framing::TfRecord, &[&b"abc"[..], b""]),
        Framing::TfRecord,
    )
    .unwrap();
    assert_eq!(
        [shard.span(0), shard.span(1)],
        [
            Span { offset: 0, len: 19 },
            Span {
                offset: 19,
                len: 16
            }
        ]
    );
    let payload = [b"wxyz", &MAGIC[..], b"tail!"].concat();
    let shard = in_memory(
        &framed(Framing::RecordIo, &[b"abc".to_vec(), payload]),
        Framing::RecordIo,
    )
    .unwrap();
    assert_eq!(
        [shard.span(0), shard.span(1)],
        [
            Span { offset: 0, len: 12 },
            Span {
                offset: 12,
                len: 28
            }
        ]
    );
}

#[test]
fn a_file_without_records_is_no_error() {
    for framing in FRAMINGS {
        for indexed in [false, true] {
            let (_folder, path, bytes) = written(framing, &[], indexed);
            assert!(bytes.is_empty());
            let shard = open(&path).unwrap();
            assert_eq!(
                (shard.len(), shard.is_empty(), shard.framing()),
                (0, true, framing)
            );
            assert_eq!(shard.ignored_index(), None);
        }
    }
}

#[test]
fn nothing_appears_of_a_writer_that_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    let mut writer = Writer::create(&path, Framing::RecordIo, true, false).unwrap();
    writer.append(&vec![1; 3 << 20], None).unwrap();
    writer.append(b"abc", None).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn many_megabytes_are_written_in_order() {
    let payloads: Vec<Vec<u8>> = (0..40u8).map(|byte| vec![byte; 150_001]).collect();
    for framing in FRAMINGS {
        let (_folder, path, _) = written(framing, &payloads, true);
        assert_eq!(read(&open(&path).unwrap()).unwrap(), payloads);
    }
}

#[test]
fn files_that_are_there_stay_unless_they_are_to_be_replaced() {
    for framing in FRAMINGS {
        let (_folder, path, before) = written(framing, &payloads(), true);
        for taken in [path.clone(), index::path_of(&path, framing)] {
            let error = Writer::create(&path, framing, true, false).unwrap_err();
            assert!(
                matches!(&error, Error::Exists { path: named, .. } if *named == taken),
                "{error}"
            );
            std::fs::remove_file(taken).unwrap();
        }
        std::fs::write(&path, &before).unwrap();
        std::fs::write(index::path_of(&path, framing), "stale").unwrap();
        let mut writer = Writer::create(&path, framing, true, true).unwrap();
        writer.append(b"new", None).unwrap();
        writer.finish().unwrap();
        let shard = open(&path).unwrap();
        assert_eq!(
            (read(&shard).unwrap(), shard.ignored_index()),
            (vec![b"new".to_vec()], None)
        );
    }
}

#[test]
fn keys_are_kept_in_the_order_of_the_file_and_used_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.rec");
    let mut writer = Writer::create(&path, Framing::RecordIo, true, false).unwrap();
    for key in [Some(9), None, Some(u64::MAX)] {
        writer.append(&[1], key).unwrap();
    }
    let error = writer.append(&[1], Some(9)).unwrap_err();
    assert!(
        error.to_string().starts_with("key=9 is not valid"),
        "{error}"
    );
    assert_eq!(writer.len(), 3);
    writer.finish().unwrap();
    assert_eq!(
        std::fs::read_to_string(folder.path().join("x.idx")).unwrap(),
        "9\t0\n1\t12\n18446744073709551615\t24\n"
    );
    let shard = open(&path).unwrap();
    assert_eq!(
        [0, 1, 2].map(|index| shard.key(index)),
        [Some(9), Some(1), Some(u64::MAX)]
    );

    std::fs::write(folder.path().join("x.idx"), "4\t24\n5\t0\n6\t12\n").unwrap();
    let shard = open(&path).unwrap();
    assert_eq!(
        [0, 1, 2].map(|index| shard.key(index)),
        [Some(5), Some(6), Some(4)]
    );

    for (framing, index) in [(Framing::RecordIo, false), (Framing::TfRecord, true)] {
        let mut writer = Writer::create(&folder.path().join("y"), framing, index, false).unwrap();
        assert!(matches!(
            writer.append(b"", Some(1)),
            Err(Error::Argument {
                argument: "key",
                ..
            })
        ));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_stale_index_is_ignored_and_the_reason_is_told() {
    for framing in FRAMINGS {
        let (_folder, path, bytes) = written(framing, &payloads(), true);
        let index = index::path_of(&path, framing);
        let good = std::fs::read_to_string(&index).unwrap();
        let first = if framing == Framing::TfRecord {
            "0"
        } else {
            "\t0"
        };
        let mut wrong: Vec<String> = vec![
            "not an index".into(),
            String::new(),
            good.replacen(first, "4", 1),
        ];
        // An index of another shard that is as long.
        let other = payloads().into_iter().rev().collect::<Vec<_>>();
        wrong.push(lines(
            &in_memory(&framed(framing, &other), framing).unwrap(),
        ));
        if framing == Framing::TfRecord {
            wrong.push(good[..good.trim_end().rfind('\n').unwrap()].to_owned());
        }
        for text in wrong {
            std::fs::write(&index, &text).unwrap();
            let shard = open(&path).unwrap();
            assert!(shard.ignored_index().is_some(), "{text}");
            assert_eq!(read(&shard).unwrap(), payloads(), "{text}");
        }
        std::fs::write(&index, &good).unwrap();
        std::fs::write(
            &path,
            &bytes[..usize::try_from(open(&path).unwrap().span(5).offset).unwrap()],
        )
        .unwrap();
        let shard = open(&path).unwrap();
        assert_eq!((shard.len(), shard.ignored_index().is_some()), (5, true));
        std::fs::write(&path, &bytes).unwrap();
        std::fs::remove_file(&index).unwrap();
        std::fs::create_dir(&index).unwrap();
        assert_eq!(open(&path).unwrap().ignored_index(), Some("is a directory"));
        let shard = Shard::open(
            &path,
            Options {
                use_index: false,
                ..Options::default()
            },
        )
        .unwrap();
        assert_eq!(
            (read(&shard).unwrap(), shard.ignored_index()),
            (payloads(), None)
        );
    }
}

#[test]
fn a_file_with_the_name_of_an_index_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let error = Writer::create(&path, Framing::RecordIo, true, false).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Argument {
                argument: "path",
                ..
            }
        ),
        "{error}"
    );
    std::fs::write(&path, framed(Framing::RecordIo, &payloads())).unwrap();
    let shard = open(&path).unwrap();
    assert_eq!(
        (read(&shard).unwrap(), shard.ignored_index()),
        (payloads(), None)
    );
}

/// The index is trusted in the middle of a large shard, and found out when such a record is read.
#[test]
fn an_index_that_is_wrong_between_its_checks_is_an_error_of_its_records() {
    let mut payloads = vec![vec![1; 8]; 100];
    let good = framed(Framing::RecordIo, &payloads);
    (payloads[49], payloads[50]) = (vec![1; 4], vec![1; 12]);
    let other = framed(Framing::RecordIo, &payloads);
    let text = lines(&in_memory(&other, Framing::RecordIo).unwrap());
    assert_eq!(good.len(), other.len());
    let shard = Shard::new(
        Map::in_memory("x.rec".into(), good),
        Some(text.into()),
        Options::default(),
    )
    .unwrap();
    assert_eq!(shard.ignored_index(), None);
    let mut scratch = Vec::new();
    let mut errors = Vec::new();
    for index in 0..100 {
        errors.extend(
            shard
                .get(index, &mut scratch)
                .err()
                .map(|error| (index, error.reason())),
        );
    }
    let long =
        "at byte 784: it is 16 bytes long, but 12 in its index, or in the file when it was opened"
            .to_owned();
    let none = "at byte 796: the magic number is wrong: [01, 01, 01, 01]".to_owned();
    assert_eq!(errors, [(49, long), (50, none)]);
}

#[test]
fn compressed_files_are_found_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let plain = framed(Framing::TfRecord, &payloads());
    let several = [gzip(&plain), gzip(&framed(Framing::TfRecord, &[b"more"]))].concat();
    let cases = [
        (plain.clone(), None, 6),
        (gzip(&plain), Some("GZIP"), 6),
        (several, Some("GZIP"), 7),
        (zlib(&plain), Some("ZLIB"), 6),
    ];
    for (bytes, compression, count) in cases {
        let path = folder.path().join("x.tfrecord");
        std::fs::write(&path, &bytes).unwrap();
        let shard = open(&path).unwrap();
        assert_eq!((shard.compression(), shard.len()), (compression, count));
        assert_eq!(read(&shard).unwrap()[..6], payloads());
        if let Some(name) = compression {
            std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            let (offset, reason) = record_error(open(&path).unwrap_err());
            assert!(
                offset == 0 && reason.starts_with(&format!("as a {name} stream: ")),
                "{reason}"
            );
        }
    }
}

#[test]
fn cut_short_anywhere_is_an_error_at_the_record_it_ends_in() {
    for framing in FRAMINGS {
        let whole = framed(framing, &payloads());
        let shard = in_memory(&whole, framing).unwrap();
        let starts: Vec<u64> = (0..shard.len())
            .map(|index| shard.span(index).offset)
            .collect();
        for end in 0..whole.len() {
            match in_memory(&whole[..end], framing) {
                Ok(cut) => {
                    let whole_ones = starts
                        .iter()
                        .position(|start| *start == end as u64)
                        .unwrap();
                    assert_eq!(read(&cut).unwrap(), payloads()[..whole_ones]);
                }
                Err(error) => {
                    let (offset, reason) = record_error(error);
                    assert_eq!(
                        Some(&offset),
                        starts.iter().rfind(|start| **start < end as u64),
                        "{end}: {reason}"
                    );
                    assert!(
                        reason.contains("the file ends inside the "),
                        "{end}: {reason}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_turned_bit_of_a_tfrecord_is_found() {
    let payloads = payloads();
    let whole = framed(Framing::TfRecord, &payloads);
    let shard = in_memory(&whole, Framing::TfRecord).unwrap();
    let spans: Vec<Span> = (0..shard.len()).map(|index| shard.span(index)).collect();
    for at in 0..whole.len() {
        let hit = spans
            .iter()
            .rposition(|span| span.offset <= at as u64)
            .unwrap();
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let (offset, reason) = match in_memory(&bytes, Framing::TfRecord) {
                Err(error) => record_error(error),
                Ok(shard) => {
                    let mut scratch = Vec::new();
                    for other in (0..spans.len()).filter(|other| *other != hit) {
                        assert_eq!(
                            shard.get(other as u64, &mut scratch).unwrap(),
                            payloads[other]
                        );
                    }
                    record_error(shard.get(hit as u64, &mut scratch).unwrap_err())
                }
            };
            assert_eq!(offset, spans[hit].offset, "{at}: {reason}");
            assert!(reason.contains("the checksum of the "), "{at}: {reason}");
            // Without a look at the checksums there is an answer of some kind too.
            let options = Options {
                check: false,
                ..Options::default()
            };
            if let Ok(shard) = Shard::new(Map::in_memory("x".into(), bytes), None, options) {
                let _ = read(&shard);
            }
        }
    }
}

/// RecordIO has no checksums: what can be asked for is an answer, and that padding does not matter.
#[test]
fn every_turned_bit_of_a_recordio_file_is_borne() {
    let whole = framed(Framing::RecordIo, &payloads());
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            if let Ok(shard) = in_memory(&bytes, Framing::RecordIo) {
                let _ = read(&shard);
            }
        }
    }
    let mut bytes = framed(Framing::RecordIo, &[b"abc"]);
    bytes[11] = 0xff;
    assert_eq!(
        read(&in_memory(&bytes, Framing::RecordIo).unwrap()).unwrap(),
        [b"abc"]
    );
}

#[test]
fn a_file_that_shrinks_or_grows_is_an_error_of_its_records() {
    for framing in FRAMINGS {
        let (_folder, path, bytes) = written(framing, &vec![vec![5; 5000]; 20], false);
        let shard = open(&path).unwrap();
        let resize = |len| {
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(len)
                .unwrap();
        };
        for len in [100, bytes.len() as u64 + 1] {
            resize(len);
            let (_, reason) = record_error(shard.get(19, &mut Vec::new()).unwrap_err());
            assert_eq!(
                reason,
                format!(
                    "the file had {} bytes when it was opened, and has {len} now",
                    bytes.len()
                )
            );
        }
    }
}

#[test]
fn a_file_that_is_replaced_or_removed_is_read_to_the_end() {
    for framing in FRAMINGS {
        let (folder, path, _) = written(framing, &payloads(), false);
        let shard = open(&path).unwrap();
        let other = folder.path().join("other");
        std::fs::write(&other, "something else").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(read(&shard).unwrap(), payloads());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(&shard).unwrap(), payloads());
    }
}

/// A terabyte of nothing, and a record that claims all of it.
#[test]
fn claims_beyond_the_file_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    for claim in [1 << 40, u64::MAX, u64::MAX - 15, (1 << 40) - 15] {
        let path = folder.path().join("x.tfrecord");
        let mut file = File::create(&path).unwrap();
        file.write_all(&imagepipe::record::tfrecord::header(claim))
            .unwrap();
        file.set_len(1 << 40).unwrap();
        let (offset, reason) = record_error(open(&path).unwrap_err());
        let expected = if claim > 1 << 60 {
            "its length says 18446744073709551"
        } else {
            "the file ends inside the "
        };
        assert!(offset == 0 && reason.starts_with(expected), "{reason}");
    }
    let path = folder.path().join("x.rec");
    let mut file = File::create(&path).unwrap();
    file.write_all(&[&MAGIC[..], &[0xff, 0xff, 0xff, 0x1f]].concat())
        .unwrap();
    let (offset, reason) = record_error(open(&path).unwrap_err());
    assert_eq!(
        (offset, &*reason),
        (
            0,
            "the file ends inside the data: 0 of 536870911 bytes are there: damaged, or no \
             RecordIO file"
        )
    );
}

#[test]
fn salvage_reads_all_that_damage_leaves() {
    for framing in FRAMINGS {
        let payloads = payloads();
        let whole = framed(framing, &payloads);
        let good = in_memory(&whole, framing).unwrap();
        let options = Options {
            framing: Some(framing),
            salvage: true,
            ..Options::default()
        };
        let salvaged = |file: &[u8]| {
            Shard::new(Map::in_memory("x".into(), file.to_vec()), None, options).unwrap()
        };
        let mut scratch = Vec::new();
        for hurt in 0..good.len() {
            // Its first byte, and the magic number or the length no longer fits.
            let mut file = whole.clone();
            let offset = good.span(hurt).offset;
            file[usize::try_from(offset).unwrap()] ^= 0x40;
            let shard = salvaged(&file);
            let mut lost = Vec::new();
            let mut found = Vec::new();
            for number in 0..shard.len() {
                match shard.get(number, &mut scratch) {
                    Ok(payload) => found.push(payload.to_vec()),
                    Err(error) => lost.push(record_error(error).0),
                }
            }
            assert_eq!(lost, [offset], "{framing}, record {hurt}");
            let mut left = payloads.clone();
            left.remove(usize::try_from(hurt).unwrap());
            assert_eq!(found, left, "{framing}, record {hurt}");
        }
        let cut = salvaged(&whole[..whole.len() - 4]);
        assert_eq!(cut.len(), good.len());
        let last = good.len() - 1;
        assert_eq!(
            record_error(cut.get(last, &mut scratch).unwrap_err()).0,
            good.span(last).offset
        );
    }
}

/// A quarter of a million first parts, all of which lead to the same middle ones, as many, and to
/// no last one.
#[test]
fn parts_that_lead_nowhere_are_followed_once() {
    const PARTS: u32 = 1 << 18;
    let header = |flag: u32, len: u32| [MAGIC, (flag << 29 | len).to_le_bytes()].concat();
    let firsts = (1..=PARTS).flat_map(|number| header(1, 8 * (PARTS - number)));
    let bytes = firsts
        .chain((0..PARTS).flat_map(|_| header(2, 0)))
        .collect();
    let options = Options {
        salvage: true,
        ..Options::default()
    };
    let shard = Shard::new(Map::in_memory("x.rec".into(), bytes), None, options).unwrap();
    assert_eq!(
        (shard.len(), shard.span(0)),
        (
            1,
            Span {
                offset: 0,
                len: 16 * u64::from(PARTS)
            }
        )
    );
}

#[test]
fn other_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tfrecord");
    std::fs::write(&path, b"\xff\xd8\xff\xe0 an image").unwrap();
    let (offset, reason) = record_error(open(&path).unwrap_err());
    assert_eq!(offset, 0);
    assert!(reason.ends_with("damaged, or no TFRecord file"), "{reason}");
    assert!(matches!(open(folder.path()), Err(Error::Io { .. })));

    let recordio = framed(Framing::RecordIo, &[b"abc"]);
    assert_eq!(Framing::of(&recordio), Some(Framing::RecordIo));
    assert_eq!(
        Framing::of(&framed(Framing::TfRecord, &[b"abc"])),
        Some(Framing::TfRecord)
    );
    assert_eq!(Framing::of(b""), None);
    std::fs::write(&path, &recordio).unwrap();
    assert_eq!(open(&path).unwrap().framing(), Framing::RecordIo);
    assert!(
        Shard::open(
            &path,
            Options {
                framing: Some(Framing::TfRecord),
                ..Options::default()
            }
        )
        .is_err()
    );
    assert!(in_memory(&framed(Framing::TfRecord, &[b"abc"]), Framing::RecordIo).is_err());
}

/// Turned bits, cuts, repetitions, and bytes from elsewhere.
fn damage(mut bytes: Vec<u8>, cuts: &[(u8, u16, u16, u8)]) -> Vec<u8> {
    for &(kind, from, to, byte) in cuts {
        let place = |at: u16| usize::from(at) * (bytes.len() + 1) / (usize::from(u16::MAX) + 1);
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        match kind % 6 {
            0 if from < bytes.len() => bytes[from] ^= 1 << (byte % 8),
            1 if from < bytes.len() => bytes[from] = byte,
            2 => bytes.truncate(from),
            3 => drop(bytes.drain(from..to)),
            4 => drop(bytes.splice(from..from, vec![byte; usize::from(byte) % 9])),
            5 => {
                let copy = bytes[from..to].to_vec();
                drop(bytes.splice(to..to, copy));
            }
            _ => {}
        }
        bytes.truncate(20_000);
    }
    bytes
}

/// Whole ones, and those that led the fuzzer somewhere.
fn inputs() -> Vec<Vec<u8>> {
    let kept = support::kept(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz"));
    seeds().into_iter().chain(kept).collect()
}

#[test]
fn kept_inputs_are_borne() {
    for input in inputs() {
        support::check(&input);
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(MAGIC.to_vec()),
        prop::collection::vec(any::<u8>(), 0..9),
        Just(vec![0; 300])
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_payloads_come_back(payloads in prop::collection::vec(payload(), 0..40)) {
        for framing in FRAMINGS {
            let shard = in_memory(&framed(framing, &payloads), framing).unwrap();
            prop_assert_eq!(&read(&shard).unwrap(), &payloads);
            let first = u8::from(framing == Framing::RecordIo);
        support::check(&[&[first][..], &framed(framing, &payloads)].concat());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn damaged_inputs_are_borne(
        input in prop::sample::select(inputs()),
        cuts in prop::collection::vec(any::<(u8, u16, u16, u8)>(), 0..6),
    ) {
        support::check(&damage(input, &cuts));
    }
}
