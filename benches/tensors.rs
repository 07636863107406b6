//! The Loader over tensor records, against a plain copy of the same bytes: the same records, order
//! and threads, into as many batches as the Loader keeps in memory.
//!
//! * `memcpy`: the limit. Copies the pixels of each record, at a known position, from the mapped
//!   file into the batch.
//! * `memcpy and checksum`: computes their CRC-32C first, as reading TFRecords requires.
//! * The Loader: as stored, cropped, flipped, in the other layout, and as floats.

mod support;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use imagepipe::file::Map;
use imagepipe::loader::{Config, Loader};
use imagepipe::pixel::{Dtype, Fit, Layout, Size};
use imagepipe::random::Permutation;
use imagepipe::record::example::{Feature, Features, Values, View, encode, find};
use imagepipe::record::tfrecord::footer;
use imagepipe::record::{Framing, Options, Shard, Writer};
use imagepipe::transform;
use support::{Case, compare, cores, rounds};

const RECORDS: usize = 4000;
const SHARDS: usize = 4;
const BATCH: usize = 64;
/// Batches that the Loader keeps in memory by default: two ahead, one in use by the consumer, and
/// one that it has just released.
const BATCHES: usize = 4;

/// Writes records of `side` by `side` pixels.
fn write(folder: &Path, side: usize) -> Vec<PathBuf> {
    let number = |value: usize| Feature::Ints(vec![i64::try_from(value).expect("a small number")]);
    let mut noise = 1u64;
    let paths: Vec<PathBuf> = (0..SHARDS)
        .map(|i| folder.join(format!("{side}-{i:05}-of-{SHARDS:05}")))
        .collect();
    for path in &paths {
        let mut writer = Writer::create(path, Framing::TfRecord, false, true).expect("a file");
        for record in 0..RECORDS / SHARDS {
            let pixels: Vec<u8> = (0..side * side * 3)
                .map(|_| {
                    noise = noise.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    noise.to_le_bytes()[7]
                })
                .collect();
            let features = Features::from([
                (
                    "image/encoded".to_owned(),
                    Feature::Bytes(vec![pixels.into()]),
                ),
                (
                    "image/format".to_owned(),
                    Feature::Bytes(vec![b"tensor"[..].into()]),
                ),
                ("image/height".to_owned(), number(side)),
                ("image/width".to_owned(), number(side)),
                ("image/channels".to_owned(), number(3)),
                ("image/class/label".to_owned(), number(record % 10)),
            ]);
            writer
                .append(&encode(&features), None)
                .expect("a record is written");
        }
        writer.finish().expect("a file is written");
    }
    paths
}

/// A mapped file and the position of each record's pixels in it.
type Mapped = (Map, Vec<Range<usize>>);

fn mapped(path: &Path) -> Mapped {
    let (map, shard) = (
        Map::open(path).expect("a file"),
        Shard::open(path, Options::default()).expect("records"),
    );
    let bytes = map.bytes().expect("the file");
    let place = |record| {
        let offset = usize::try_from(shard.span(record).offset).expect("a place");
        let payload = &bytes[offset + 12..];
        let len = usize::try_from(shard.span(record).len).expect("a length") - 16;
        let [image] = find(&payload[..len], [b"image/encoded"]).expect("an example");
        let Some(Values {
            first: View::Bytes(pixels),
            ..
        }) = image
        else {
            panic!("no pixels")
        };
        let start = pixels.as_ptr().addr() - bytes.as_ptr().addr();
        start..start + pixels.len()
    };
    let places = (0..shard.len()).map(place).collect();
    (map, places)
}

/// Copies the pixels of all records in the order of an epoch, on all threads, each of which fills
/// one batch at a time.
fn copy_all(files: &[Mapped], batches: &[Mutex<Vec<u8>>], epoch: u32, bytes: usize, check: bool) {
    let (order, next) = (
        Permutation::new(1, epoch, RECORDS as u64),
        AtomicUsize::new(0),
    );
    let all: Vec<&[u8]> = files
        .iter()
        .map(|(map, _)| map.bytes().expect("the file"))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                loop {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if batch * BATCH >= RECORDS {
                        return;
                    }
                    let mut to = batches[batch % batches.len()].lock().expect("a batch");
                    for (slot, to) in to
                        .chunks_exact_mut(bytes)
                        .enumerate()
                        .take(RECORDS - batch * BATCH)
                    {
                        let record = usize::try_from(order.at((batch * BATCH + slot) as u64))
                            .expect("a record");
                        let (file, record) =
                            (record / (RECORDS / SHARDS), record % (RECORDS / SHARDS));
                        let pixels = &all[file][files[file].1[record].clone()];
                        if check {
                            std::hint::black_box(footer(pixels));
                        }
                        to.copy_from_slice(pixels);
                    }
                }
            });
        }
    });
}

fn peer<'a>(name: &str, paths: &[PathBuf], check: bool, bytes: usize) -> Case<'a> {
    let files: Vec<Mapped> = paths.iter().map(|path| mapped(path)).collect();
    let batches: Vec<_> = (0..BATCHES)
        .map(|_| Mutex::new(vec![0; BATCH * bytes]))
        .collect();
    let mut epoch = 0;
    Case::new(name, RECORDS, move || {
        copy_all(&files, &batches, epoch, bytes, check);
        epoch += 1;
    })
}

fn ours<'a>(name: &str, paths: &[PathBuf], config: &Config) -> Case<'a> {
    let config = Config {
        paths: paths.to_vec(),
        batch_size: BATCH,
        seed: 1,
        ..config.clone()
    };
    let loader = Loader::open(&config).expect("a loader");
    let mut epoch = 0;
    Case::new(name, RECORDS, move || {
        let samples: usize = loader
            .epoch(epoch)
            .expect("an epoch")
            .map(|batch| batch.expect("a batch").len())
            .sum();
        assert_eq!(samples, RECORDS);
        epoch += 1;
    })
}

#[expect(
    clippy::too_many_lines,
    reason = "a benchmark is read from top to bottom"
)]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    for side in [224usize, 256] {
        let paths = write(folder.path(), side);
        let bytes = side * side * 3;
        let all = u32::try_from(side).expect("a small side");
        let same = Config {
            image: transform::Options {
                size: Some(Size::new(all, all)),
                ..transform::Options::default()
            },
            ..Config::default()
        };
        let cut = Config {
            image: transform::Options {
                fit: Fit::Crop,
                resize_short: Some(all),
                ..transform::Options::default()
            },
            ..Config::default()
        };
        let cases = vec![
            peer("memcpy", &paths, false, bytes),
            peer("memcpy and checksum", &paths, true, bytes),
            ours("Loader, as stored", &paths, &same),
            ours("Loader, centre 224", &paths, &cut),
            ours(
                "Loader, flip",
                &paths,
                &Config {
                    image: transform::Options {
                        flip: true,
                        ..same.image.clone()
                    },
                    ..same.clone()
                },
            ),
            ours(
                "Loader, NCHW",
                &paths,
                &Config {
                    image: transform::Options {
                        layout: Layout::Nchw,
                        ..same.image.clone()
                    },
                    ..same.clone()
                },
            ),
            ours(
                "Loader, float32 NCHW",
                &paths,
                &Config {
                    image: transform::Options {
                        dtype: Dtype::Float32,
                        layout: Layout::Nchw,
                        ..same.image.clone()
                    },
                    ..same.clone()
                },
            ),
            ours(
                "Loader, random crop 224",
                &paths,
                &Config {
                    image: transform::Options {
                        fit: Fit::RandomCrop,
                        flip: true,
                        ..transform::Options::default()
                    },
                    ..Config::default()
                },
            ),
        ];
        compare(
            &format!("tensor records, {side}x{side}x3 uint8"),
            rounds(7),
            cases,
        );
    }
}
