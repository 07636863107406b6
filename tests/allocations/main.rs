//! Nothing is allocated per sample once a loader is warm. A binary of its own, because it counts every allocation.
#![expect(unsafe_code, reason = "a counting allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use imagepipe::loader::{Config, Loader};
use imagepipe::pixel::{Dtype, Fit, Size};

#[path = "../integration/pictures.rs"]
mod pictures;

static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: hands everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
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
    let loader = Loader::open(&Config { repeat: true, ..config.clone() }).expect("a loader");
    let epoch = usize::try_from(loader.batches_per_epoch()).expect("a few batches");
    let mut batches = loader.epoch(0).expect("an epoch");
    // Every worker has met the largest picture when a few epochs are through.
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
    let root = tempfile::tempdir().expect("a directory");
    pictures::data_set(root.path(), 4, 60);
    for (fit, dtype, flip) in [
        (Fit::Stretch, Dtype::Uint8, false),
        (Fit::RandomCrop, Dtype::Float32, true),
        (Fit::Pad, Dtype::Bfloat16, false),
    ] {
        let config = |batch_size| Config {
            paths: vec![root.path().into()],
            batch_size,
            size: Some(Size::new(64, 64)),
            fit,
            dtype,
            flip,
            workers: Some(2),
            ..Config::default()
        };
        // 240 samples in 60 batches, then in 4: what is left must grow with the batches alone.
        let (small, large) = (allocations(&config(4)), allocations(&config(60)));
        assert!(large <= 4 * 20, "{large} allocations in 4 batches of 60 ({fit:?})");
        assert!(small <= 60 * 20, "{small} allocations in 60 batches of 4 ({fit:?})");
    }
}
