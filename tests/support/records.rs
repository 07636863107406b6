//! What holds for every input of the readers of records and tables, whatever its bytes: shared by
//! the tests and the fuzzer.
#![allow(dead_code, reason = "each of them uses a part")]

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use csv::ByteRecord;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use imagepipe::file::{Csv, Map};
use imagepipe::record::example::{self, Feature, Features, View};
use imagepipe::record::recordio::{self, Header, Labels};
use imagepipe::record::{self, Framing, Options, Shard, index, tfrecord};

/// Reads `input` as what its first byte picks, and panics where a reader breaks its word.
pub(crate) fn check(input: &[u8]) {
    let Some((pick, rest)) = input.split_first() else {
        return;
    };
    let framing = if pick & 1 == 0 {
        Framing::TfRecord
    } else {
        Framing::RecordIo
    };
    let options = Options {
        check: pick & 2 == 0,
        salvage: pick & 32 > 0,
        ..Options::default()
    };
    match pick >> 2 & 7 {
        0 => check_shard(rest, None, options),
        1 => {
            // A file and its index: the number of bytes of the index, the index, the file.
            let Some((len, rest)) = rest.split_first() else {
                return;
            };
            let (text, file) = rest.split_at(rest.len().min(usize::from(*len)));
            check_shard(
                file,
                Some(text),
                Options {
                    framing: Some(framing),
                    ..options
                },
            );
        }
        2 => check_example(rest),
        3 => check_header(rest),
        _ => check_table(rest),
    }
}

/// Whole inputs, of each kind that [`check`] knows.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut image = vec![12];
    Header {
        labels: Labels::Many(&[[0, 0, 0x80, 0x3f]; 3]),
        id: 7,
        id2: 0,
    }
    .encode(&mut image);
    let features = Features::from([
        (
            "image/encoded".to_owned(),
            Feature::Bytes(vec![b"image"[..].into()]),
        ),
        ("image/class/label".to_owned(), Feature::Ints(vec![3, -1])),
        ("x".to_owned(), Feature::Floats(vec![1.0, f32::NAN])),
    ]);
    let table =
        b"\x10\xef\xbb\xbf filename ,class\r\n\n\"a \"\"b\"\".jpg\", cat\n\r\n\"x\ny\",\n,dog"
            .to_vec();
    let mut all = vec![
        image,
        [&[8][..], &example::encode(&features)].concat(),
        table,
    ];
    for (pick, framing) in [(0, Framing::TfRecord), (1, Framing::RecordIo)] {
        let short: Vec<_> = payloads()
            .into_iter()
            .map(|payload| payload[..payload.len().min(40)].to_vec())
            .collect();
        let file = framed(framing, &short);
        let text = lines(&open(&file, None, Options::default()).expect("a shard"));
        let len = u8::try_from(text.len()).expect("a short index");
        all.push([&[pick][..], &file].concat());
        all.push([&[2 | pick][..], &file].concat());
        all.push([&[4 | pick, len], text.as_bytes(), &file].concat());
        all.push([&[pick][..], &zlib(&file)].concat());
        all.push([&[pick][..], &gzip(&file)].concat());
    }
    all
}

/// Inputs that led the fuzzer, whose folder is `fuzz`, somewhere new; a file of records themselves.
/// None where that is not at hand.
pub(crate) fn kept(fuzz: &Path) -> Vec<Vec<u8>> {
    let path = fuzz.join("kept-records.tfrecord");
    if !path.exists() {
        return Vec::new();
    }
    let shard = Shard::open(&path, Options::default()).expect("kept inputs");
    let mut scratch = Vec::new();
    (0..shard.len())
        .map(|number| {
            shard
                .get(number, &mut scratch)
                .expect("a kept input")
                .to_vec()
        })
        .collect()
}

/// Payloads of many lengths, some with the magic of RecordIO in them.
pub(crate) fn payloads() -> Vec<Vec<u8>> {
    let long = (0..=255).cycle().take(3000).collect();
    let several = [b"wxyz", &MAGIC[..], b"tail!"].concat();
    vec![
        b"".to_vec(),
        b"abc".to_vec(),
        several,
        long,
        [b"x", &MAGIC[..]].concat(),
        vec![],
    ]
}

/// What a part of a RecordIO record starts with.
pub(crate) const MAGIC: [u8; 4] = [0x0a, 0x23, 0xd7, 0xce];

/// Bytes as a GZIP file.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Bytes as a ZLIB stream.
pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Records of one framing, one after the other.
pub(crate) fn framed(framing: Framing, payloads: &[impl AsRef<[u8]>]) -> Vec<u8> {
    payloads
        .iter()
        .map(AsRef::as_ref)
        .fold(Vec::new(), |mut file, payload| {
            match framing {
                Framing::TfRecord => {
                    file.extend(tfrecord::header(payload.len() as u64));
                    file.extend(payload);
                    file.extend(tfrecord::footer(payload));
                }
                Framing::RecordIo => recordio::frame(payload, &mut file).expect("a short payload"),
            }
            file
        })
}

/// The text of a shard's index.
pub(crate) fn lines(shard: &Shard) -> String {
    let spans: Vec<_> = (0..shard.len()).map(|index| shard.span(index)).collect();
    match shard.framing() {
        Framing::TfRecord => index::tfrecord_lines(&spans),
        Framing::RecordIo => index::recordio_lines(
            &(0..)
                .zip(&spans)
                .map(|(key, span)| (key, span.offset))
                .collect::<Vec<_>>(),
        ),
    }
}

fn open(file: &[u8], index: Option<&[u8]>, options: Options) -> Option<Shard> {
    Shard::new(
        Map::in_memory("fuzz".into(), file.to_vec()),
        index.map(<[u8]>::to_vec),
        options,
    )
    .ok()
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn check_shard(file: &[u8], index: Option<&[u8]>, options: Options) {
    let scanned = open(file, None, options);
    check_salvaged(file, scanned.as_ref(), options);
    let Some(shard) = open(file, index, options) else {
        assert!(scanned.is_none(), "an index is in the way");
        return;
    };
    let mut scratch = Vec::new();
    let mut end = 0;
    for number in 0..shard.len() {
        let span = shard.span(number);
        assert_eq!(span.offset, end, "records lie side by side");
        end += span.len;
        let Ok(payload) = shard.get(number, &mut scratch) else {
            continue;
        };
        assert!(
            (payload.len() as u64) < span.len,
            "a record is longer than its payload"
        );
        let payload = payload.to_vec();
        let again = framed(shard.framing(), &[&payload]);
        if shard.framing() == Framing::TfRecord && options.check && shard.compression().is_none() {
            let place =
                usize::try_from(span.offset).expect("small")..usize::try_from(end).expect("small");
            assert_eq!(
                again, file[place],
                "a checked record is what would be written"
            );
        }
        let again = open(
            &again,
            None,
            Options {
                framing: Some(shard.framing()),
                ..options
            },
        )
        .expect("a written record");
        assert_eq!(
            again.get(0, &mut scratch).expect("a written record"),
            payload
        );
    }
    if shard.compression().is_none() {
        assert_eq!(end, file.len() as u64, "records fill the file");
    }
    if let Some(scanned) = scanned.filter(|_| shard.len() <= 16 && !options.salvage) {
        assert!(
            (0..shard.len()).all(|number| shard.span(number) == scanned.span(number)),
            "a small index is true"
        );
        let text = lines(&scanned);
        let indexed = open(file, Some(text.as_bytes()), options).expect("a shard with its index");
        assert_eq!(indexed.ignored_index(), None, "{text}");
    }
}

/// A damaged file has all the records that a whole one has, and damage between them.
fn check_salvaged(file: &[u8], whole: Option<&Shard>, options: Options) {
    let Some(shard) = open(
        file,
        None,
        Options {
            salvage: true,
            ..options
        },
    ) else {
        assert!(
            record::inflated(file).is_some(),
            "only what cannot be inflated is lost"
        );
        return;
    };
    let spans = |shard: &Shard| {
        (0..shard.len())
            .map(|number| shard.span(number))
            .collect::<Vec<_>>()
    };
    if let Some(whole) = whole {
        assert_eq!(spans(&shard), spans(whole));
    }
    let (mut end, spans) = (0, spans(&shard));
    for (place, span) in (1..).zip(&spans) {
        // What a compressed file has lost begins where its last sound record ends.
        let is_lost = shard.compression().is_some() && place == spans.len();
        assert!(
            span.offset == end && (span.len > 0 || is_lost),
            "records and damage lie side by side"
        );
        end += span.len;
    }
    if shard.compression().is_none() {
        assert_eq!(end, file.len() as u64, "records and damage fill the file");
    }
    for number in 1..shard.len() {
        let mut scratch = Vec::new();
        let damaged = |number| shard.peek(number, &mut scratch).is_err();
        assert!(
            ![number - 1, number].into_iter().all(damaged),
            "damage is one piece"
        );
    }
}

fn check_example(bytes: &[u8]) {
    let Ok(features) = example::decode(bytes) else {
        return;
    };
    let written = example::encode(&features);
    // Not compared as features: a float that is no number is unlike itself.
    let again = example::decode(&written).expect("a written Example");
    assert_eq!(example::encode(&again), written);
    for (key, feature) in &features {
        let [found] = example::find(bytes, [key.as_bytes()]).expect("an Example");
        let several = found.is_some_and(|values| values.several);
        let found = found.map(|values| values.first);
        assert_eq!(found.map(bits), first(feature).map(bits), "{key:?}");
        assert_eq!(
            several,
            example::count(bytes, key.as_bytes()).expect("an Example") > 1,
            "{key:?}"
        );
        assert_eq!(several, has_several(feature), "{key:?}");
        if let Some(View::Bytes(content)) = found {
            let (before, after) = example::around(&features, key, content.len() as u64);
            let mut single = features.clone();
            single.insert(key.clone(), Feature::Bytes(vec![Cow::Borrowed(content)]));
            assert_eq!(
                [&before, content, &after].concat(),
                example::encode(&single)
            );
        }
    }
}

fn has_several(feature: &Feature<'_>) -> bool {
    match feature {
        Feature::Empty => false,
        Feature::Bytes(values) => values.len() > 1,
        Feature::Floats(values) => values.len() > 1,
        Feature::Ints(values) => values.len() > 1,
    }
}

fn first<'a>(feature: &'a Feature<'_>) -> Option<View<'a>> {
    match feature {
        Feature::Empty => None,
        Feature::Bytes(values) => values.first().map(|value| View::Bytes(value)),
        Feature::Floats(values) => values.first().map(|value| View::Float(*value)),
        Feature::Ints(values) => values.first().map(|value| View::Int(*value)),
    }
}

/// A value as bytes that are equal to themselves.
fn bits(view: View<'_>) -> (u8, Vec<u8>) {
    match view {
        View::Bytes(bytes) => (1, bytes.to_vec()),
        View::Float(value) => (2, value.to_le_bytes().to_vec()),
        View::Int(value) => (3, value.to_le_bytes().to_vec()),
    }
}

fn check_header(payload: &[u8]) {
    let Ok((header, image)) = Header::decode(payload) else {
        return;
    };
    let mut again = Vec::new();
    header.encode(&mut again);
    again.extend_from_slice(image);
    assert_eq!(again.len(), payload.len());
    assert_eq!(
        again[8..],
        payload[8..],
        "all but the label that a list of labels takes the place of"
    );
}

fn check_table(text: &[u8]) {
    let Ok(mut csv) = Csv::new(Path::new("fuzz"), text.to_vec()) else {
        return;
    };
    let (mut row, mut line_before, mut written) = (ByteRecord::new(), 1, quoted(csv.header()));
    let lines = 1 + text
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r'))
        .count() as u64;
    let mut rows = Vec::new();
    while let Ok(Some(line)) = csv.next(&mut row) {
        assert!(
            (line_before..=lines).contains(&line),
            "{line} follows {line_before} of {lines}"
        );
        assert_eq!(row.len(), csv.header().len());
        line_before = line;
        written.extend(quoted(&row));
        rows.push(row.clone());
    }
    let mut again = Csv::new(Path::new("fuzz"), written).expect("a written table");
    assert_eq!(again.header(), csv.header());
    for expected in rows {
        assert!(again.next(&mut row).expect("a written row").is_some());
        assert_eq!(row, expected);
    }
    assert!(again.next(&mut row).expect("the end").is_none());
}

/// A row of a table, every cell in quotes.
fn quoted(row: &ByteRecord) -> Vec<u8> {
    let cells: Vec<_> = row
        .iter()
        .map(|cell| [b"\"", &*doubled(cell), b"\""].concat())
        .collect();
    [cells.join(&b','), b"\n".to_vec()].concat()
}

fn doubled(cell: &[u8]) -> Vec<u8> {
    cell.iter()
        .flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }))
        .collect()
}
