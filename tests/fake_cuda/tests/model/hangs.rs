//! Work that does not end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fake_cuda::client::Fake;
use fake_cuda::codes::{Code, Result};

use crate::support::{PAGE, Staging, assert_code, every_schedule};

const HANG: (&str, &str) = ("FAKE_CUDA_HANG", "cuMemsetD8Async:2");

/// A stream whose second operation does not end, an event after it, and what it works on.
fn hang(fake: &Fake) -> (usize, usize, u64) {
    let (stream, event) = (fake.stream(true).unwrap(), fake.event().unwrap());
    let buffer = fake.buffer(8).unwrap().pointer;
    for value in 1..=3 {
        fake.cuMemsetD8Async(buffer, value, 8, stream).unwrap();
    }
    fake.cuEventRecord(event, stream).unwrap();
    (stream, event, buffer)
}

#[test]
fn what_comes_after_work_that_hangs_is_never_done_and_other_streams_go_on() {
    every_schedule(5, |fake| {
        fake.configure(HANG.0, HANG.1);
        fake.fakeCudaReset().unwrap();
        fake.cuInit(0).unwrap();
        let (stream, event, buffer) = hang(fake);
        for _ in 0..10 {
            assert_code(fake.cuEventQuery(event), Code::NOT_READY);
            assert_code(fake.cuStreamQuery(stream), Code::NOT_READY);
            fake.fakeCudaSettle().unwrap();
        }
        let other = fake.stream(true).unwrap();
        let own = fake.buffer(8).unwrap();
        fake.cuMemsetD8Async(own.pointer, 7, 8, other).unwrap();
        fake.cuStreamSynchronize(other).unwrap();
        fake.fakeCudaResume().unwrap();
        fake.cuEventSynchronize(event).unwrap();
        assert_eq!(fake.read(stream, buffer, 8).unwrap(), [3; 8]);
        fake.found().assert_clean();
        fake.configure(HANG.0, "");
    });
}

/// Makes a call while something hangs; whether it returned before that went on.
fn returns_early(fake: &Fake, call: impl FnOnce() -> Result<()> + Send) -> bool {
    let (has_begun, has_returned) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            fake.cuCtxPushCurrent_v2(fake.context).unwrap();
            has_begun.store(true, Ordering::SeqCst);
            call().unwrap();
            has_returned.store(true, Ordering::SeqCst);
        });
        while !has_begun.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        // A call that returns at once has probably done so by now; one that does not never has.
        for _ in 0..1000 {
            thread::yield_now();
        }
        let is_early = has_returned.load(Ordering::SeqCst);
        fake.fakeCudaResume().unwrap();
        is_early
    })
}

#[test]
fn calls_that_wait_for_work_that_hangs_do_not_return() {
    let mut fake = Fake::own(&[]);
    for call in 0..6 {
        fake.restart(&[HANG]);
        let staging = Staging::new(&fake, 1);
        let (mut host, other) = (0, fake.buffer(8).unwrap());
        fake.cuMemHostAlloc(&raw mut host, PAGE, 1).unwrap();
        let (stream, event, _) = hang(&fake);
        let fake = &fake;
        let (registered, allocated) = (staging.start.expose_provenance(), host);
        let is_early = returns_early(fake, move || match call {
            0 => fake.cuCtxSynchronize(),
            1 => fake.cuStreamSynchronize(stream),
            2 => fake.cuEventSynchronize(event),
            3 => fake.cuMemFree_v2(other.pointer),
            4 => fake.cuMemHostUnregister(std::ptr::with_exposed_provenance_mut(registered)),
            _ => fake.cuMemFreeHost(std::ptr::with_exposed_provenance_mut(allocated)),
        });
        assert!(!is_early, "{call}");
        fake.found().assert_clean();
    }
}
