//! Reading and writing records.
//!
//! Reading all records of a shard from the page cache is compared with plain copies of the same
//! bytes. The first case copies the file to other memory, as a program that keeps it would; the
//! second copies each record into one buffer that stays in the CPU cache, which is as fast as
//! memory can be read.
//!
//! Writing the photographs as records is compared with `cp` of the same files, in memory
//! (/dev/shm) and on the disk that holds `target`. When a case ends, our files are on the disk, but
//! those of `cp` only in the page cache; the second `cp` case therefore waits for the disk too.

#![allow(clippy::disallowed_methods, reason = "a benchmark's own files")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use imagepipe::engine::{Watch, unwatched};
use imagepipe::error::Result;
use imagepipe::record::{Framing, Options, Shard, Writer};
use imagepipe::write::{Convert, Depth, Labels, Written, recordio, tfrecords};
use support::{Case, compare, cores, files, photos, rounds};

/// Writes a shard of `payloads`, without an index.
fn write(path: &Path, framing: Framing, payloads: &[Vec<u8>]) {
    let mut writer = Writer::create(path, framing, false, true).expect("a shard");
    for payload in payloads {
        writer.append(payload, None).expect("a record");
    }
    writer.finish().expect("a shard");
}

/// Calls `work` with each of `items`, which are divided among `threads` threads, each with its own
/// buffer.
fn each<T: Sync>(items: &[T], threads: usize, work: impl Fn(&T, &mut Vec<u8>) + Sync) {
    std::thread::scope(|scope| {
        for part in items.chunks(items.len().div_ceil(threads)) {
            let work = &work;
            scope.spawn(move || {
                let mut buffer = Vec::new();
                for item in part {
                    work(item, &mut buffer);
                }
            });
        }
    });
}

/// Reads every record of a shard.
fn read(shard: &Shard, threads: usize) {
    let records: Vec<u64> = (0..shard.len()).collect();
    each(&records, threads, |record, scratch| {
        std::hint::black_box(shard.get(*record, scratch).expect("a record"));
    });
}

fn open(path: &Path, check: bool) -> Shard {
    Shard::open(
        path,
        Options {
            check,
            ..Options::default()
        },
    )
    .expect("a shard")
}

#[expect(
    clippy::too_many_lines,
    reason = "a benchmark is read from top to bottom"
)]
fn reading(name: &str, payloads: &[Vec<u8>], folder: &Path, threads: usize) {
    let (tfrecord, recordio) = (folder.join("x.tfrecord"), folder.join("x.rec"));
    write(&tfrecord, Framing::TfRecord, payloads);
    write(&recordio, Framing::RecordIo, payloads);
    let file = std::fs::read(&tfrecord).expect("a shard");
    let mut copy = vec![0; file.len()];
    let (checked, unchecked, plain) = (
        open(&tfrecord, true),
        open(&tfrecord, false),
        open(&recordio, true),
    );
    let megabytes = file.len() / 1_000_000;
    let copied = |record: &u64, shard: &Shard, buffer: &mut Vec<u8>| {
        let mut scratch = Vec::new();
        buffer.clear();
        buffer.extend_from_slice(shard.get(*record, &mut scratch).expect("a record"));
        std::hint::black_box(buffer);
    };
    let records: Vec<u64> = (0..checked.len()).collect();
    let cases = vec![
        Case::new("copy of the file", megabytes, || {
            let len = file.len().div_ceil(threads);
            std::thread::scope(|scope| {
                for (to, from) in copy.chunks_mut(len).zip(file.chunks(len)) {
                    scope.spawn(move || to.copy_from_slice(std::hint::black_box(from)));
                }
            });
            std::hint::black_box(&copy);
        }),
        Case::new("copy of each record into one buffer", megabytes, || {
            each(payloads, threads, |payload, buffer| {
                buffer.clear();
                buffer.extend_from_slice(std::hint::black_box(payload));
                std::hint::black_box(buffer);
            });
        }),
        Case::new("TFRecord, checked", megabytes, || read(&checked, threads)),
        Case::new("TFRecord, checked, opened anew", megabytes, || {
            read(&open(&tfrecord, true), threads);
        }),
        Case::new("TFRecord, checked and copied", megabytes, || {
            each(&records, threads, |record, buffer| {
                copied(record, &checked, buffer);
            });
        }),
        Case::new("TFRecord, not checked, copied", megabytes, || {
            each(&records, threads, |record, buffer| {
                copied(record, &unchecked, buffer);
            });
        }),
        Case::new("RecordIO, copied", megabytes, || {
            each(&records, threads, |record, buffer| {
                copied(record, &plain, buffer);
            });
        }),
    ];
    compare(
        &format!("read {name}, {threads} thread(s), an item is a megabyte"),
        rounds(9),
        cases,
    );
}

/// Calls `write` with a new folder below `root` each time.
fn into_new_folders<'a>(
    root: &'a Path,
    name: &'a str,
    mut write: impl FnMut(PathBuf) + 'a,
) -> impl FnMut() + 'a {
    let mut number = 0;
    move || {
        number += 1;
        let folder = root.join(format!("{name}-{number}"));
        std::fs::create_dir(&folder).expect("a folder");
        write(folder);
    }
}

fn copy(source: &Path, folder: &Path) {
    let done = Command::new("cp")
        .arg("-r")
        .arg(source)
        .arg(folder)
        .status()
        .expect("cp");
    assert!(done.success());
}

fn convert(
    write: fn(&Convert, Watch<'_>) -> Result<Option<Written>>,
    check: Depth,
    source: &Path,
    folder: PathBuf,
) {
    let request = Convert {
        source: source.to_owned(),
        folder,
        name: "x".to_owned(),
        per_file: 250,
        labels: Labels::Directory,
        metadata: false,
        options: imagepipe::write::Options {
            check,
            ..Default::default()
        },
    };
    write(&request, &mut unwatched).expect("shards");
}

fn writing(name: &str, source: &Path, root: &Path) {
    let folder = tempfile::tempdir_in(root).expect("a folder");
    let root = folder.path();
    let megabytes = files(source).iter().map(Vec::len).sum::<usize>() / 1_000_000;
    let case = |name: &'static str, write: fn(&Path, PathBuf)| {
        Case::new(
            name,
            megabytes,
            into_new_folders(root, name, move |folder| write(source, folder)),
        )
    };
    let cases = vec![
        case("cp -r", |source, folder| copy(source, &folder)),
        case("cp -r, and wait for the disk", |source, folder| {
            copy(source, &folder);
            let done = Command::new("sync")
                .arg("-f")
                .arg(&folder)
                .status()
                .expect("sync");
            assert!(done.success());
        }),
        case("tfrecords", |source, folder| {
            convert(tfrecords, Depth::Headers, source, folder);
        }),
        case("tfrecords, images decoded first", |source, folder| {
            convert(tfrecords, Depth::Decode, source, folder);
        }),
        case("recordio", |source, folder| {
            convert(recordio, Depth::Headers, source, folder);
        }),
    ];
    compare(&format!("writing MB of JPEG to {name}"), rounds(5), cases);
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let images = files(&photos("small"));
    let short: Vec<Vec<u8>> = images
        .iter()
        .flat_map(|image| image.chunks(1024))
        .map(<[u8]>::to_vec)
        .collect();
    for threads in [1, cores()] {
        reading("photographs", &images, folder.path(), threads);
        reading("records of 1 KiB", &short, folder.path(), threads);
    }
    let source = photos("small");
    if Path::new("/dev/shm").is_dir() {
        writing("memory", &source, Path::new("/dev/shm"));
    }
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    writing("the disk", &source, &target);
}
