//! The Loader without Python: the same bytes whatever the machinery, and errors that name the file.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs;
use std::time::Duration;

use imagepipe::dataset::{Content, Location, Scratch};
use imagepipe::engine::{Reading, WorkerTime};
use imagepipe::error::Error;
use imagepipe::loader::{Batch, Config, Labels, Loader, OnError, Sampling, Stats};
use imagepipe::pixel::{Fit, Size};
use imagepipe::random::hash_bytes;
use imagepipe::record::Framing;
use imagepipe::record::example::{Feature, Features, encode};
use imagepipe::sampler::Place;
use imagepipe::transform::Options;
use tempfile::TempDir;

use super::{corpus, records::support as records};

fn data_set() -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    corpus::data_set(root.path(), 3, 9);
    root
}

fn config(root: &TempDir) -> Config {
    Config {
        paths: vec![root.path().into()],
        batch_size: 5,
        seed: 1,
        image: Options {
            size: Some(Size::new(32, 24)),
            fit: Fit::RandomCrop,
            flip: true,
            ..Options::default()
        },
        ..Config::default()
    }
}

fn digest(batches: impl Iterator<Item = Result<Batch, Error>>) -> Vec<u64> {
    batches
        .map(|batch| {
            let batch = batch.expect("a batch");
            (0..batch.len()).fold(batch.len() as u64, |hash, i| {
                hash.rotate_left(7) ^ hash_bytes(batch.image_bytes(i)) ^ batch.index(i)
            })
        })
        .collect()
}

fn epoch(config: &Config, epoch: u32) -> Vec<u64> {
    digest(
        Loader::open(config)
            .expect("a loader")
            .epoch(epoch)
            .expect("an epoch"),
    )
}

#[test]
fn bytes_depend_on_seed_and_epoch_alone() {
    let root = data_set();
    let base = epoch(&config(&root), 0);
    assert_eq!(base.len(), 6);
    for (workers, prefetch) in [(1, 1), (2, 4), (8, 1)] {
        let other = Config {
            workers: Some(workers),
            prefetch,
            ..config(&root)
        };
        assert_eq!(
            epoch(&other, 0),
            base,
            "{workers} workers, {prefetch} ahead"
        );
    }
    assert_ne!(epoch(&config(&root), 1), base);
    assert_ne!(
        epoch(
            &Config {
                seed: 2,
                ..config(&root)
            },
            0
        ),
        base
    );
}

#[test]
fn an_epoch_can_be_entered_in_the_middle() {
    let root = data_set();
    let loader = Loader::open(&config(&root)).expect("a loader");
    let whole = digest(loader.epoch(3).expect("an epoch"));
    let mut first = loader.epoch(3).expect("an epoch");
    let taken = digest(first.by_ref().take(2));
    let rest = digest(loader.batches(first.place(&loader)).expect("the rest"));
    assert_eq!([taken, rest].concat(), whole);
    assert_eq!(
        first.place(&loader),
        Place {
            epoch: 3,
            position: 10
        }
    );
}

/// The images of a data set as records, in two files of which the first ends within a class.
fn shards(root: &TempDir) -> TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    let loader = Loader::open(&Config {
        shuffle: false,
        batch_size: 27,
        ..config(root)
    })
    .expect("a loader");
    let data = loader.data();
    let mut files = [Vec::new(), Vec::new()];
    for index in 0..data.len() {
        let mut scratch = Scratch::default();
        let sample = data.read(index, &mut scratch).expect("a sample");
        let Content::Encoded(bytes) = sample.content else {
            panic!("a file")
        };
        let label = i64::try_from(sample.label).expect("a label");
        let features = Features::from([
            (
                "image/encoded".to_owned(),
                Feature::Bytes(vec![bytes.to_vec().into()]),
            ),
            ("image/class/label".to_owned(), Feature::Ints(vec![label])),
        ]);
        files[usize::from(index >= 13)].push(encode(&features));
    }
    for (number, payloads) in files.iter().enumerate() {
        let bytes = records::framed(Framing::TfRecord, payloads);
        fs::write(folder.path().join(format!("x-{number}")), bytes).expect("a file");
    }
    folder
}

#[test]
fn records_give_the_batches_of_their_files() {
    let root = data_set();
    let shards = shards(&root);
    for sampling in [Sampling::Epoch, Sampling::Balanced] {
        let base = |root| Config {
            sampling,
            labels: Labels::OneHot,
            ..config(root)
        };
        let take = |config: &Config| {
            digest(
                Loader::open(config)
                    .expect("a loader")
                    .epoch(2)
                    .expect("an epoch")
                    .take(6),
            )
        };
        assert_eq!(take(&base(&shards)), take(&base(&root)), "{sampling:?}");
    }
    let loader = Loader::open(&config(&shards)).expect("a loader");
    assert_eq!(loader.data().known_classes(), None);
    assert_eq!(loader.data().classes().expect("classes"), ["0", "1", "2"]);
    assert_eq!(loader.data().known_classes().map(<[_]>::len), Some(3));
    let location = loader.data().location(14);
    assert_eq!(location.text(), shards.path().join("x-1#1").as_os_str());
    assert!(location.record.is_some_and(|spot| spot.offset > 16));
}

#[test]
fn repeating_goes_through_the_epochs() {
    let root = data_set();
    let repeating = Loader::open(&Config {
        repeat: true,
        ..config(&root)
    })
    .expect("a loader");
    let two = digest(repeating.epoch(0).expect("an epoch").take(12));
    assert_eq!(
        two,
        [epoch(&config(&root), 0), epoch(&config(&root), 1)].concat()
    );
}

#[test]
fn a_damaged_file_is_named_skipped_or_replaced() {
    let root = data_set();
    let bad = root.path().join("class-1/4.jpg");
    let whole = fs::read(&bad).expect("a file");
    fs::write(&bad, &whole[..whole.len() / 2]).expect("a file is cut short");
    let run = |on_error| {
        let loader = Loader::open(&Config {
            on_error,
            image: Options {
                size: Some(Size::new(16, 16)),
                fit: Fit::Stretch,
                ..config(&root).image
            },
            ..config(&root)
        });
        let loader = loader.expect("a loader");
        let batches: Vec<_> = loader.epoch(0).expect("an epoch").collect();
        (loader.errors(), batches)
    };
    let (_, raised) = run(OnError::Raise);
    let error = raised
        .last()
        .expect("batches")
        .as_ref()
        .expect_err("a damaged file")
        .to_string();
    assert!(
        error.contains("class-1/4.jpg: cannot decode: Premature end"),
        "{error}"
    );

    for (on_error, samples) in [(OnError::Skip, 26), (OnError::Replace, 27)] {
        let (errors, batches) = run(on_error);
        assert_eq!(
            batches
                .iter()
                .map(|b| b.as_ref().expect("a batch").len())
                .sum::<usize>(),
            samples
        );
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].location, Location::file(bad.as_path()));
        let again = run(on_error).1;
        assert_eq!(digest(batches.into_iter()), digest(again.into_iter()));
    }
}

/// The images of a data set of which only every fifth is whole, one directory.
fn mostly_damaged() -> TempDir {
    let root = data_set();
    for number in 0..27 {
        if number % 5 != 0 {
            fs::write(
                root.path()
                    .join(format!("class-{}/{}.jpg", number / 9, number % 9)),
                b"damaged",
            )
            .expect("a file");
        }
    }
    root
}

#[test]
fn ranks_keep_their_number_of_batches_whatever_is_damaged() {
    let root = mostly_damaged();
    for world in 1..=4 {
        for rank in 0..world {
            let config = Config {
                on_error: OnError::Skip,
                batch_size: 2,
                shard: (rank, world),
                ..config(&root)
            };
            let loader = Loader::open(&config).expect("a loader");
            for number in 0..3 {
                let batches = digest(loader.epoch(number).expect("an epoch"));
                assert_eq!(
                    batches.len(),
                    27usize.div_ceil(2 * world),
                    "rank {rank} of {world}, epoch {number}"
                );
            }
        }
    }
}

#[test]
fn refilled_batches_depend_on_seed_and_epoch_alone() {
    let root = mostly_damaged();
    for (size, ragged, batch_size) in [
        (Some(Size::new(16, 16)), false, 2),
        (None, true, 2),
        (None, false, 1),
    ] {
        let fit = if size.is_none() {
            Fit::Stretch
        } else {
            Fit::RandomCrop
        };
        let config = Config {
            on_error: OnError::Skip,
            ragged,
            batch_size,
            image: Options {
                size,
                fit,
                ..config(&root).image
            },
            ..config(&root)
        };
        let base = epoch(&config, 0);
        for (workers, prefetch) in [(1, 1), (2, 4), (8, 1), (8, 8)] {
            let other = Config {
                workers: Some(workers),
                prefetch,
                ..config.clone()
            };
            assert_eq!(
                epoch(&other, 0),
                base,
                "size {size:?}, {workers} workers, {prefetch} ahead"
            );
        }
    }
}

#[test]
fn a_lost_batch_is_the_one_that_replacing_gives() {
    let root = mostly_damaged();
    let run = |on_error| {
        epoch(
            &Config {
                on_error,
                batch_size: 1,
                ..config(&root)
            },
            0,
        )
    };
    assert_eq!(run(OnError::Skip), run(OnError::Replace));
}

/// Of 400 files the 33rd to be tried at random need not be the one that is whole.
#[test]
fn one_sample_that_can_be_decoded_keeps_an_epoch_alive() {
    let root = tempfile::tempdir().expect("a directory");
    corpus::data_set(root.path(), 1, 1);
    for number in 1..400 {
        fs::write(
            root.path().join(format!("class-0/{number}.jpg")),
            b"damaged",
        )
        .expect("a file");
    }
    let loader = Loader::open(&Config {
        on_error: OnError::Skip,
        batch_size: 1,
        ..config(&root)
    })
    .expect("a loader");
    let taken = loader.epoch(0).expect("an epoch").take(20);
    assert!(
        taken
            .map(|batch| batch.expect("a batch"))
            .all(|batch| batch.len() == 1)
    );
}

#[test]
fn nothing_that_can_be_decoded_is_an_error() {
    let root = tempfile::tempdir().expect("a directory");
    fs::create_dir(root.path().join("cat")).expect("a directory");
    for number in 0..7 {
        fs::write(root.path().join(format!("cat/{number}.jpg")), b"damaged").expect("a file");
    }
    for repeat in [false, true] {
        let config = Config {
            on_error: OnError::Skip,
            batch_size: 3,
            repeat,
            ..config(&root)
        };
        let loader = Loader::open(&config).expect("a loader");
        let mut batches = loader.epoch(0).expect("an epoch");
        let error = batches
            .next()
            .expect("an error")
            .expect_err("an error")
            .to_string();
        assert!(
            error.contains(".jpg: no sample of the dataset could be read; the last error: "),
            "{error}"
        );
        assert!(batches.next().is_none());
        assert_eq!(loader.errors().len(), 7);
        let bounded = Loader::open(&Config {
            max_errors: Some(2),
            ..config
        })
        .expect("a loader");
        let error = bounded
            .epoch(0)
            .expect("an epoch")
            .next()
            .expect("an error")
            .expect_err("an error");
        assert!(
            matches!(
                error,
                Error::TooManyErrors {
                    count: 3,
                    limit: 2,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn more_errors_than_allowed_end_the_run() {
    let root = data_set();
    for file in ["class-0/1.jpg", "class-2/3.jpg"] {
        fs::write(root.path().join(file), b"not an image").expect("a file");
    }
    let config = Config {
        on_error: OnError::Skip,
        max_errors: Some(1),
        ..config(&root)
    };
    let loader = Loader::open(&config).expect("a loader");
    let errors: Vec<_> = loader
        .epoch(0)
        .expect("an epoch")
        .filter_map(Result::err)
        .collect();
    assert!(
        matches!(
            errors.as_slice(),
            [Error::TooManyErrors {
                count: 2,
                limit: 1,
                ..
            }]
        ),
        "{errors:?}"
    );
}

#[test]
fn a_sample_that_fails_in_every_epoch_is_one_error() {
    let root = data_set();
    fs::write(root.path().join("class-0/1.jpg"), b"not an image").expect("a file");
    let loader = |max_errors| {
        let config = Config {
            on_error: OnError::Skip,
            max_errors: Some(max_errors),
            ..config(&root)
        };
        Loader::open(&config).expect("a loader")
    };
    let bearing = loader(1);
    for epoch in 0..5 {
        assert!(
            bearing
                .epoch(epoch)
                .expect("an epoch")
                .all(|batch| batch.is_ok()),
            "epoch {epoch}"
        );
    }
    assert_eq!((bearing.errors().len(), bearing.stats().errors), (1, 5));
    // A run that is started anew ends there again.
    let strict = loader(0);
    for epoch in 0..2 {
        let error = strict
            .epoch(epoch)
            .expect("an epoch")
            .find_map(Result::err)
            .expect("an error")
            .to_string();
        assert!(
            error.starts_with("1 sample failed, more than max_errors=0; the last one: "),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_gone_is_named() {
    let root = data_set();
    let loader = Loader::open(&config(&root)).expect("a loader");
    fs::remove_file(root.path().join("class-0/0.jpg")).expect("a file is removed");
    let errors: Vec<_> = loader
        .epoch(0)
        .expect("an epoch")
        .filter_map(Result::err)
        .collect();
    assert_eq!(errors.len(), 1, "the first error ends the epoch");
    assert!(
        errors[0]
            .to_string()
            .contains("class-0/0.jpg: No such file"),
        "{}",
        errors[0]
    );
}

/// What a loader that has run for 100 s says on four cores: with so many workers, and so many
/// seconds of the consumer's waits, the workers' idleness, reading, decoding and resizing.
fn bottleneck(workers: usize, waiting: u64, idle: u64, [read, decode, resize]: [u64; 3]) -> String {
    let reading = |seconds| Reading {
        time: Duration::from_secs(seconds),
        ..Reading::default()
    };
    let stats = Stats {
        read: reading(read),
        decode: reading(decode),
        resize: reading(resize),
        waiting: reading(waiting),
        workers,
        worker_time: WorkerTime {
            running: Duration::from_secs(100),
            idle: Duration::from_secs(idle),
        },
        ..Stats::default()
    };
    stats.bottleneck(4)
}

#[test]
fn the_bottleneck_is_whoever_the_others_wait_for() {
    let consumer = "the consumer: workers wait for it to take batches";
    assert_eq!(bottleneck(4, 0, 350, [5, 30, 10]), consumer);
    // Workers may be busy nearly all the time, and the consumer all the same.
    assert_eq!(bottleneck(1, 5, 10, [5, 65, 20]), consumer);
    // Some waits are no matter where workers have nothing to do.
    assert_eq!(bottleneck(4, 20, 300, [5, 60, 20]), consumer);
    assert_eq!(
        bottleneck(4, 60, 20, [40, 280, 40]),
        "the loader: decoding takes 78 % of the time that workers are busy"
    );
    assert_eq!(
        bottleneck(4, 60, 0, [40, 20, 120]),
        "the loader: resizing and copying takes 67 % of the time that workers are busy"
    );
    assert_eq!(bottleneck(4, 0, 0, [0; 3]), "nothing has been loaded yet");
}

#[test]
fn idle_workers_of_a_consumer_that_waits_have_too_few_samples() {
    let few = "too few samples in flight: workers have nothing to do; raise prefetch or batch_size";
    assert_eq!(bottleneck(4, 90, 200, [10, 150, 30]), few);
    assert_eq!(bottleneck(64, 90, 6200, [10, 150, 30]), few);
    // Four of 64 workers take all four cores.
    assert_eq!(
        bottleneck(64, 90, 6000, [10, 350, 30]),
        "the loader: decoding takes 90 % of the time that workers are busy"
    );
    // They do not if they wait for a disk.
    assert_eq!(bottleneck(64, 90, 6000, [350, 10, 30]), few);
}

#[test]
fn what_would_help_is_said() {
    let disk = "the loader: reading files takes 84 % of the time that workers are busy; if \
    that means waiting for a disk, more workers than \
                cores help";
    assert_eq!(bottleneck(8, 90, 0, [640, 90, 30]), disk);
    let unused = "the loader: decoding takes 80 % of the time that workers are busy; workers=1 \
    leaves 3 of 4 cores unused";
    assert_eq!(bottleneck(1, 50, 0, [5, 80, 15]), unused);
}
