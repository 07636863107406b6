//! Nothing is allocated per sample once a loader is warm, nor per record; and nothing that a file
//! only claims. A binary of its own, because it counts every allocation.
#![expect(unsafe_code, reason = "a counting allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use imagepipe::file::Map;
use imagepipe::loader::{Config, Loader};
use imagepipe::pixel::{Dtype, Fit, Size};
use imagepipe::record::example::{Feature, Features, encode};
use imagepipe::record::{Framing, Options, Shard};
use imagepipe::transform;

#[path = "../integration/corpus.rs"]
mod corpus;
mod graph;
#[path = "../support/graphs.rs"]
mod graphs;
#[path = "../support/records.rs"]
mod records;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The largest allocation since this was last set to 0.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// Tests that count take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Counting;

// SAFETY: hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of one warm epoch.
fn allocations(config: &Config) -> usize {
    let loader = Loader::open(&Config {
        repeat: true,
        ..config.clone()
    })
    .expect("a loader");
    let epoch = usize::try_from(loader.batches_per_epoch()).expect("a few batches");
    let mut batches = loader.epoch(0).expect("an epoch");
    // Every worker has met the largest image when a few epochs are through.
    for _ in 0..4 * epoch {
        batches.next().expect("endless").expect("a batch");
    }
    let before = COUNT.load(Ordering::Relaxed);
    for _ in 0..epoch {
        batches.next().expect("endless").expect("a batch");
    }
    COUNT.load(Ordering::Relaxed) - before
}

#[test]
fn a_warm_loader_allocates_per_batch_not_per_sample() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let root = tempfile::tempdir().expect("a directory");
    corpus::data_set(root.path(), 4, 60);
    for (fit, dtype, flip) in [
        (Fit::Stretch, Dtype::Uint8, false),
        (Fit::RandomCrop, Dtype::Float32, true),
        (Fit::Pad, Dtype::Bfloat16, false),
    ] {
        let config = |batch_size| Config {
            paths: vec![root.path().into()],
            batch_size,
            workers: Some(2),
            image: transform::Options {
                size: Some(Size::new(64, 64)),
                fit,
                dtype,
                flip,
                ..transform::Options::default()
            },
            ..Config::default()
        };
        // 240 samples in 60 batches, then in 4: what is left must grow with the batches alone.
        let (small, large) = (allocations(&config(4)), allocations(&config(60)));
        assert!(
            large <= 4 * 20,
            "{large} allocations in 4 batches of 60 ({fit:?})"
        );
        assert!(
            small <= 60 * 20,
            "{small} allocations in 60 batches of 4 ({fit:?})"
        );
    }
}

/// An Example of an image that is stored as a file, or as pixels in planes.
fn example(number: u16, planar: bool) -> Vec<u8> {
    let bytes = |bytes: &[u8]| Feature::Bytes(vec![bytes.to_vec().into()]);
    let side = |side: u16| Feature::Ints(vec![side.into()]);
    let (width, height) = (40 + number % 13, 30 + number % 17);
    let mut features = Features::from([("image/class/label".to_owned(), side(number % 4))]);
    if planar {
        let pixels = corpus::pixels(usize::from(width), usize::from(height), 3, number.into());
        features.insert("image/encoded".to_owned(), bytes(&pixels));
        features.insert("image/format".to_owned(), bytes(b"tensor"));
        features.insert("image/order".to_owned(), bytes(b"CHW"));
        features.insert("image/height".to_owned(), side(height));
        features.insert("image/width".to_owned(), side(width));
    } else {
        features.insert(
            "image/encoded".to_owned(),
            bytes(&corpus::jpeg(width, height, number.into())),
        );
    }
    encode(&features)
}

#[test]
fn a_warm_loader_of_records_allocates_per_batch_not_per_sample() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a directory");
    for (planar, exact) in [(false, false), (true, false), (true, true)] {
        let path = folder.path().join("x");
        let payloads: Vec<_> = (0..240).map(|number| example(number, planar)).collect();
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(&path, records::framed(Framing::TfRecord, &payloads)).expect("a file");
        let config = |batch_size| Config {
            paths: vec![path.clone()],
            batch_size,
            workers: Some(2),
            image: transform::Options {
                size: Some(Size::new(32, 32)),
                flip: true,
                exact,
                ..transform::Options::default()
            },
            ..Config::default()
        };
        let (small, large) = (allocations(&config(4)), allocations(&config(60)));
        assert!(
            large <= 4 * 20,
            "{large} allocations in 4 batches of 60 (planar: {planar}, exact: {exact})"
        );
        assert!(
            small <= 60 * 20,
            "{small} allocations in 60 batches of 4 (planar: {planar}, exact: {exact})"
        );
    }
}

#[test]
fn records_are_read_without_allocating() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("x");
    for framing in [Framing::TfRecord, Framing::RecordIo] {
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(&path, records::framed(framing, &records::payloads())).expect("a file");
        let shard = Shard::open(&path, Options::default()).expect("a shard");
        let mut scratch = Vec::new();
        let mut counts = [0; 2];
        for count in &mut counts {
            let before = COUNT.load(Ordering::Relaxed);
            for index in 0..shard.len() {
                std::hint::black_box(shard.get(index, &mut scratch).expect("a record"));
            }
            *count = COUNT.load(Ordering::Relaxed) - before;
        }
        assert_eq!(counts[1], 0, "{framing}");
    }
}

#[test]
fn nothing_is_allocated_that_is_only_claimed() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in records::seeds() {
        for at in 1..seed.len() {
            let mut input = seed.clone();
            let end = input.len().min(at + 4);
            input[at..end].fill(0x7f);
            LARGEST.store(0, Ordering::Relaxed);
            records::check(&input);
            // What is inflated comes in steps of 64 KiB; a byte of an Example may be an integer or
            // an empty text.
            let (largest, allowed) = (
                LARGEST.load(Ordering::Relaxed),
                (128 << 10) + 100 * input.len(),
            );
            assert!(
                largest <= allowed,
                "{largest} bytes for {} ({input:02x?})",
                input.len()
            );
        }
    }
    let file = Map::in_memory(
        "x.rec".into(),
        vec![0x0a, 0x23, 0xd7, 0xce, 0xff, 0xff, 0xff, 0x1f],
    );
    LARGEST.store(0, Ordering::Relaxed);
    assert!(Shard::new(file, None, Options::default()).is_err());
    assert!(LARGEST.load(Ordering::Relaxed) < 1000);
}
