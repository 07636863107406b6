//! What is said of data sets: descriptions, damage, and speeds that are numbers at all.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use imagepipe::dataset::Keys;
use imagepipe::error::Error;
use imagepipe::inspect::Source;
use imagepipe::inspect::bench::{Span, bench};
use imagepipe::inspect::describe::{Description, Index, Spread, describe};
use imagepipe::inspect::record::entry;
use imagepipe::inspect::verify::{Report, verify};
use imagepipe::loader::{Config, Loader};
use imagepipe::record::example::{self, Feature};
use imagepipe::record::{self, Shard, tfrecord};
use serde_json::json;
use tempfile::TempDir;

use super::corpus;

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn source(path: &Path) -> Source {
    Source {
        paths: vec![path.to_owned()],
        workers: Some(2),
        ..Source::default()
    }
}

fn verified(path: &Path, workers: usize) -> Report {
    verify(
        &Source {
            workers: Some(workers),
            ..source(path)
        },
        &mut go_on,
    )
    .expect("a report")
    .expect("nobody stops it")
}

fn described(path: &Path, headers: u64) -> Description {
    describe(&source(path), headers, &mut go_on)
        .expect("a description")
        .expect("nobody stops it")
}

/// Three classes of 40 images.
fn data_set() -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    corpus::data_set(root.path(), 3, 40);
    root
}

fn bytes_below(root: &Path) -> u64 {
    let entries = |path: &Path| {
        fs::read_dir(path)
            .expect("a directory")
            .map(|entry| entry.expect("an entry"))
    };
    let files = entries(root).flat_map(|class| entries(&class.path()));
    files
        .map(|file| file.metadata().expect("a file").len())
        .sum()
}

#[test]
fn a_directory_is_described_by_its_classes_and_headers() {
    let root = data_set();
    fs::copy(
        root.path().join("class-2/0.jpg"),
        root.path().join("class-2/another.jpg"),
    )
    .unwrap();
    let found = described(root.path(), u64::MAX);
    let classes = [("class-0", 40), ("class-1", 40), ("class-2", 41)];
    assert_eq!(
        found.classes,
        classes.map(|(name, samples)| (name.to_owned(), samples))
    );
    assert_eq!(
        (found.samples, found.headers, found.bytes),
        (121, 121, bytes_below(root.path()))
    );
    assert_eq!(
        found.formats.into_iter().collect::<Vec<_>>(),
        [("JPEG", 121)]
    );
    let sizes = |step: u64, base: u64, count: u64| {
        let mut all: Vec<_> = (0..120)
            .chain([80])
            .map(|seed| u32::try_from(base + step * (seed % count)).unwrap())
            .collect();
        all.sort_unstable();
        Some(Spread {
            min: all[0],
            median: all[60],
            max: all[120],
        })
    };
    assert_eq!(
        (found.widths, found.heights),
        (sizes(7, 40, 13), sizes(5, 30, 17))
    );
}

#[test]
fn few_headers_are_spread_evenly_and_bytes_are_those_of_all() {
    let root = data_set();
    let found = described(root.path(), 10);
    assert_eq!((found.samples, found.headers), (120, 10));
    assert_eq!(found.bytes, bytes_below(root.path()));
    assert_eq!(described(root.path(), 0).headers, 0);
}

#[test]
fn what_has_no_header_is_listed() {
    let root = data_set();
    fs::write(root.path().join("class-1/7.jpg"), b"a text").unwrap();
    let found = described(root.path(), u64::MAX);
    assert_eq!(found.headers, 119);
    let [damage] = found.unreadable.as_slice() else {
        panic!("{:?}", found.unreadable)
    };
    assert_eq!(damage.path, root.path().join("class-1/7.jpg"));
    assert_eq!(
        damage.reason,
        "not JPEG, PNG, BMP, GIF or WebP: it is 6 bytes, which is too short for any image"
    );
}

#[test]
fn damage_is_found_wherever_it_is_and_told_in_order() {
    let root = data_set();
    let at = |name: &str| root.path().join(name);
    let whole = fs::read(at("class-0/3.jpg")).unwrap();
    fs::write(at("class-0/3.jpg"), &whole[..whole.len() - 40]).unwrap();
    fs::write(at("class-1/9.jpg"), b"").unwrap();
    fs::remove_file(at("class-2/5.jpg")).unwrap();
    std::os::unix::fs::symlink("/no/such/image", at("class-2/5.jpg")).unwrap();
    let reports = [1, 2, 8].map(|workers| verified(root.path(), workers));
    for report in &reports {
        assert_eq!(report.samples, 120);
        let damaged: Vec<_> = report
            .damaged
            .iter()
            .map(|damage| damage.path.clone())
            .collect();
        assert_eq!(
            damaged,
            ["class-0/3.jpg", "class-1/9.jpg", "class-2/5.jpg"].map(at)
        );
        let reasons = ["Premature end", "empty", "No such file"];
        for (damage, reason) in report.damaged.iter().zip(reasons) {
            assert!(
                damage.reason.contains(reason) && damage.offset.is_none(),
                "{damage:?}"
            );
        }
    }
    assert_eq!(reports[0].json(), reports[2].json());
}

#[test]
fn a_good_directory_has_no_damage() {
    let root = data_set();
    let report = verified(root.path(), 2);
    assert_eq!(
        (report.samples, report.bytes, report.damaged.len()),
        (120, bytes_below(root.path()), 0)
    );
}

/// Files `photos0` and so on, of five images each.
fn shards(count: u64) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    for shard in 0..count {
        let payload = |record: u64| {
            let image = corpus::jpeg(40, 30, 10 * shard + record);
            example::encode(&BTreeMap::from([
                (
                    "image/encoded".to_owned(),
                    Feature::Bytes(vec![image.into()]),
                ),
                (
                    "image/class/label".to_owned(),
                    Feature::Ints(vec![i64::try_from(record).expect("small")]),
                ),
            ]))
        };
        let file: Vec<u8> = (0..5)
            .map(payload)
            .flat_map(|payload| framed(&payload))
            .collect();
        fs::write(root.path().join(format!("photos{shard}")), file).expect("a file is written");
    }
    root
}

fn framed(payload: &[u8]) -> Vec<u8> {
    [
        &tfrecord::header(payload.len() as u64)[..],
        payload,
        &tfrecord::footer(payload),
    ]
    .concat()
}

/// Where the records of a file lie.
fn offsets(path: &Path) -> Vec<u64> {
    let shard = Shard::open(path, record::Options::default()).expect("a good file");
    (0..shard.len())
        .map(|number| shard.span(number).offset)
        .collect()
}

/// Turns a bit.
fn hurt(path: &Path, byte: u64) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[usize::try_from(byte).expect("small")] ^= 1;
    fs::write(path, bytes).expect("a file is written");
}

#[test]
fn damage_in_a_file_of_records_hides_nothing_else() {
    let root = shards(4);
    let at = |name: &str| root.path().join(name);
    let [first, second, third] = ["photos0", "photos1", "photos3"].map(|name| offsets(&at(name)));
    hurt(&at("photos0"), first[2]); // a length
    hurt(&at("photos1"), second[1] + 100); // data
    hurt(&at("photos1"), second[4] + 40);
    hurt(&at("photos3"), 9); // a file's first bytes, by which it is known
    assert_eq!(third[0], 0);
    let report = verified(root.path(), 2);
    assert_eq!(report.samples, 20);
    let damaged: Vec<_> = report
        .damaged
        .iter()
        .map(|one| (one.path.clone(), one.record, one.offset))
        .collect();
    let expected = [
        ("photos0", 2, first[2]),
        ("photos1", 1, second[1]),
        ("photos1", 4, second[4]),
        ("photos3", 0, 0),
    ];
    assert_eq!(
        damaged,
        expected.map(|(name, record, offset)| (at(name), Some(record), Some(offset)))
    );
    for (damage, part) in report
        .damaged
        .iter()
        .zip(["length", "data", "data", "length"])
    {
        assert!(
            damage.reason.contains(&format!("checksum of the {part}")),
            "{damage:?}"
        );
    }
}

#[test]
fn an_image_that_cannot_be_decoded_is_damage_of_its_record() {
    let root = shards(1);
    let features = BTreeMap::from([(
        "image/encoded".to_owned(),
        Feature::Bytes(vec![b"a text"[..].into()]),
    )]);
    let path = root.path().join("photos0");
    let before = fs::read(&path).unwrap();
    fs::write(
        &path,
        [&before[..], &framed(&example::encode(&features))].concat(),
    )
    .unwrap();
    let [damage] = verified(&path, 2).damaged.try_into().expect("one");
    assert_eq!(
        (damage.record, damage.offset),
        (Some(5), Some(before.len() as u64))
    );
    assert!(damage.reason.starts_with("not JPEG"), "{damage:?}");
}

#[test]
fn a_file_that_cannot_be_opened_is_damage_too() {
    let root = shards(2);
    // GZIP's first bytes, and nothing that could be inflated.
    fs::write(
        root.path().join("photos2"),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\xff\xff\xff",
    )
    .unwrap();
    let report = verified(root.path(), 2);
    assert_eq!(report.samples, 10);
    let [damage] = report.damaged.try_into().expect("one");
    assert_eq!(
        (damage.path, damage.record),
        (root.path().join("photos2"), None)
    );
    assert!(damage.reason.contains("GZIP"), "{}", damage.reason);
}

#[test]
fn a_loader_does_not_leave_a_damaged_file_out_silently() {
    let root = shards(2);
    hurt(&root.path().join("photos1"), 3);
    fs::write(root.path().join("readme"), b"These are photographs.").unwrap();
    let config = Config {
        paths: vec![root.path().into()],
        ..Config::default()
    };
    let error = Loader::open(&config).unwrap_err().to_string();
    let expected =
        "photos1: at byte 0: a damaged TFRecord file: the checksum of the length does not match";
    assert!(error.contains(expected), "{error}");
    assert!(error.contains("a sound record begins at byte "), "{error}");
    fs::remove_file(root.path().join("photos1")).unwrap();
    assert_eq!(Loader::open(&config).unwrap().len(), 5);
}

#[test]
fn files_of_records_are_described_one_by_one() {
    let root = shards(3);
    let at = |name: &str| root.path().join(name);
    let spans: Vec<_> = {
        let shard = Shard::open(&at("photos1"), record::Options::default()).unwrap();
        (0..shard.len()).map(|number| shard.span(number)).collect()
    };
    fs::write(at("photos1.idx"), record::index::tfrecord_lines(&spans)).unwrap();
    fs::write(at("photos2.idx"), "0 17\n").unwrap();
    let found = described(root.path(), u64::MAX);
    assert_eq!(
        (found.kind, found.samples, found.headers),
        ("TFRecord files", 15, 15)
    );
    assert_eq!(
        found.classes,
        [0, 1, 2, 3, 4].map(|label| (label.to_string(), 3))
    );
    let [plain, indexed, stale] = found.shards.as_slice() else {
        panic!("{:?}", found.shards)
    };
    assert_eq!(
        (&plain.path, plain.records, plain.compression),
        (&at("photos0"), 5, None)
    );
    assert_eq!(plain.bytes, fs::metadata(at("photos0")).unwrap().len());
    assert_eq!(
        (&plain.index, &indexed.index),
        (&Index::Absent, &Index::Good)
    );
    assert!(
        matches!(&stale.index, Index::Unfit(reason) if !reason.is_empty()),
        "{stale:?}"
    );
    assert!(
        found.notes.iter().any(|note| note.contains("photos2")),
        "{:?}",
        found.notes
    );
    assert_eq!(
        found.bytes,
        found.shards.iter().map(|shard| shard.bytes).sum::<u64>()
    );
}

#[test]
fn records_without_labels_are_described_too() {
    let root = tempfile::tempdir().unwrap();
    let image = Feature::Bytes(vec![corpus::jpeg(40, 30, 1).into()]);
    let path = root.path().join("x.tfrecord");
    fs::write(
        &path,
        framed(&example::encode(&BTreeMap::from([(
            "jpg".to_owned(),
            image,
        )]))),
    )
    .unwrap();
    let keys = Keys {
        image: "jpg".to_owned(),
        ..Keys::default()
    };
    let found = describe(
        &Source {
            keys: keys.clone(),
            ..source(&path)
        },
        1,
        &mut go_on,
    )
    .unwrap()
    .expect("not stopped");
    assert!(
        found.classes.is_empty() && found.notes[0].contains("image/class/label"),
        "{:?}",
        found.notes
    );
    assert!(
        verify(
            &Source {
                keys,
                ..source(&path)
            },
            &mut go_on
        )
        .unwrap()
        .expect("not stopped")
        .damaged
        .is_empty()
    );
    assert_eq!(
        verified(&path, 1).damaged.len(),
        1,
        "there is no image/encoded"
    );
}

#[test]
fn a_record_is_shown_with_what_it_says() {
    let root = shards(2);
    let found = entry(&source(root.path()), 7).unwrap().json();
    let offset = offsets(&root.path().join("photos1"))[2];
    assert_eq!(
        (&found["record"], &found["offset"]),
        (&2.into(), &offset.into())
    );
    assert_eq!(
        found["fields"]["image/class/label"],
        json!({ "type": "int64", "count": 1, "values": [2] })
    );
    let bytes = corpus::jpeg(40, 30, 12).len();
    let image =
        json!({ "format": "JPEG", "width": 40, "height": 30, "turned": false, "bytes": bytes });
    assert_eq!(found["picture"], image);
    assert_eq!(found["fields"]["image/encoded"]["bytes"], bytes);
    let error = entry(&source(root.path()), 10).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Argument {
                argument: "record",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_file_is_shown_with_its_class() {
    let root = data_set();
    let found = entry(&source(root.path()), 41).unwrap().json();
    assert_eq!(
        (&found["label"], &found["class"]),
        (&1.into(), &"class-1".into())
    );
    assert_eq!(
        found["path"],
        root.path().join("class-1/1.jpg").to_string_lossy().as_ref()
    );
    assert!(
        found["record"].is_null()
            && found["fields"]
                .as_object()
                .is_some_and(serde_json::Map::is_empty)
    );
}

#[test]
fn where_nothing_is_there_is_an_error() {
    let nowhere = source(Path::new("/no/such/directory"));
    assert!(
        verify(&nowhere, &mut go_on)
            .unwrap_err()
            .to_string()
            .starts_with("/no/such/directory: ")
    );
    assert!(describe(&nowhere, 1, &mut go_on).is_err());
}

#[test]
fn whoever_watches_may_end_it() {
    let root = data_set();
    let mut told = Vec::new();
    let mut once = |done, total| {
        told.push((done, total));
        ControlFlow::Break(())
    };
    assert!(verify(&source(root.path()), &mut once).unwrap().is_none());
    assert!(
        describe(&source(root.path()), 5, &mut once)
            .unwrap()
            .is_none()
    );
    assert_eq!(told, [(0, 120), (0, 125)]);
}

#[test]
fn whoever_watches_hears_of_everything() {
    let root = data_set();
    let mut last = (0, 0);
    let mut watch = |done, total| {
        assert!(done >= last.0 && total == 120);
        last = (done, total);
        ControlFlow::Continue(())
    };
    verify(&source(root.path()), &mut watch).unwrap();
    assert_eq!(last, (120, 120));
}

#[test]
fn a_bench_counts_what_it_took() {
    let root = data_set();
    let config = Config {
        paths: vec![root.path().into()],
        batch_size: 16,
        repeat: true,
        ..Config::default()
    };
    let loader = Loader::open(&Config {
        workers: Some(2),
        ..config
    })
    .unwrap();
    let span = Span {
        batches: Some(5),
        ..Span::default()
    };
    let found = bench(&loader, span, &mut go_on)
        .unwrap()
        .expect("nobody stops it");
    assert_eq!((found.workers, found.loader.images), (2, 80));
    let plain = found.plain.expect("JPEGs are encoded");
    assert!(plain.jpeg && plain.threads <= 2, "{plain:?}");
    assert!(
        plain.rate.images > 0 && plain.rate.images <= 80,
        "{plain:?}"
    );
    let total: f64 = found.shares.iter().map(|(_, share)| share).sum();
    assert!(total > 0.0 && total < 1.0 + 1e-9, "{:?}", found.shares);
    assert!(
        !found.bottleneck.contains("consumer"),
        "{}",
        found.bottleneck
    );
    assert!(
        bench(&loader, span, &mut |_, _| ControlFlow::Break(()))
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_bench_measures_a_batch_however_little_time_it_has() {
    let root = data_set();
    let config = Config {
        paths: vec![root.path().into()],
        batch_size: 40,
        repeat: true,
        ..Config::default()
    };
    let loader = Loader::open(&config).unwrap();
    let span = Span {
        time: Duration::from_nanos(1),
        batches: None,
    };
    let found = bench(&loader, span, &mut go_on)
        .unwrap()
        .expect("nobody stops it");
    assert_eq!(found.loader.images, 40);
    assert!(found.loader.images_per_second() > 0.0);
}
