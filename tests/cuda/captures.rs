//! Graphs: a stream is captured while batches arrive, are taken on others, and are let go of.

use std::time::Duration;

use fake_cuda::codes::Code;
use imagepipe::cuda::{Consumer, Route};
use imagepipe::engine::Next;
use imagepipe::error::Error;
use imagepipe::loader::{Arrays, Batch, Config, DeviceArray, Loader};

use crate::data::{Want, on_host};
use crate::process::{alone, alone_without};
use crate::seeds::SCHEDULES;
use crate::stage::{Stage, Wrong};
use crate::tour;

fn images(batch: &Batch) -> DeviceArray {
    match batch.field("images") {
        Some(Arrays::OnDevice(array)) => array,
        _ => panic!("images are on the device"),
    }
}

fn on(stream: usize) -> Consumer {
    Consumer::Stream {
        number: stream as u64,
        lasts: true,
    }
}

/// Takes an epoch while a stream is captured for some of it.
fn capture(stage: &Stage, is_blocking: bool) {
    let fake = &stage.fake;
    let captured = fake.stream(!is_blocking).expect("a stream");
    let other = fake.stream(true).expect("a stream");
    let loader = Loader::open(&tour::config(&stage.data, Route::Copied)).expect("a loader");
    let expected = stage.data.expected(&Want::PLAIN);
    let mut batches = loader.epoch(0).expect("an epoch").zip(&expected[0]);
    let mut next = || {
        let (batch, expected) = batches.next().expect("a batch");
        (batch.expect("a batch"), expected)
    };
    let (first, _) = next();
    let held = images(&first)
        .hand_to(on(captured))
        .expect("not captured yet");
    let own = fake
        .use_on(captured, held.address() as u64, held.bytes())
        .expect("room");
    fake.fakeCudaBeginCapture(captured).expect("a capture");
    drop((first, held));
    for _ in 0..5 {
        let (batch, expected) = next();
        let array = images(&batch);
        assert!(matches!(array.hand_to(on(captured)), Err(Error::Captured)));
        let to_host = array.to_host(Some(captured as u64));
        assert!(matches!(to_host, Err(Error::Captured)));
        let used = array.hand_to(on(other)).expect("another stream");
        let copy = array.to_host(None).expect("a stream of its own");
        assert_eq!(on_host(&copy)[..], expected.images[..]);
        drop(used);
        if is_blocking {
            // Who works on streams that nobody knows may let go, too.
            drop(array.hand_to(Consumer::Unordered));
        }
    }
    fake.fakeCudaEndCapture(captured)
        .expect("an intact capture");
    let (batch, expected) = next();
    let array = images(&batch);
    drop(array.hand_to(on(captured)).expect("no longer captured"));
    let copy = array.to_host(None).expect("a copy");
    assert_eq!(on_host(&copy)[..], expected.images[..]);
    drop((batch, array, loader));
    drop(batches);
    fake.cuStreamSynchronize(captured).expect("a stream");
    fake.cuMemFree_v2(own.pointer).expect("own memory");
    for stream in [captured, other] {
        fake.cuStreamDestroy_v2(stream).expect("a stream");
    }
}

#[test]
fn a_capture_survives_batches_that_come_and_go() {
    alone(
        "captures::a_capture_survives_batches_that_come_and_go",
        || {
            let mut stage = Stage::new();
            for seed in 0..60 {
                let schedule = SCHEDULES[seed % 3];
                let number = seed.to_string();
                stage.restart(&[
                    ("FAKE_CUDA_SCHEDULE", schedule),
                    ("FAKE_CUDA_SEED", &number),
                ]);
                capture(&stage, seed % 2 == 1);
                let found = stage.fake.found();
                assert!(
                    found.violations.is_empty(),
                    "{schedule}: {:#?}",
                    found.violations
                );
                let leftovers = stage.leftovers();
                assert!(leftovers.is_empty(), "{leftovers:?}");
            }
        },
    );
}

#[test]
fn buffers_that_a_capture_keeps_are_waited_for() {
    alone(
        "captures::buffers_that_a_capture_keeps_are_waited_for",
        || {
            let mut stage = Stage::new();
            // Room for a lane's memory, twice, and for two batches.
            let staging = 12 * 8 * 3 * 2;
            let room = (2 * staging + 2 * (4 * staging + 256)).to_string();
            stage.restart(&[("FAKE_CUDA_MEMORY", &room)]);
            let fake = &stage.fake;
            let stream = fake.stream(true).expect("a stream");
            let config = Config {
                prefetch: 2,
                ..tour::config(&stage.data, Route::Copied)
            };
            let loader = Loader::open(&config).expect("a loader");
            let mut batches = loader.epoch(0).expect("an epoch");
            let both = [(); 2].map(|()| batches.next().expect("one").expect("a batch"));
            let held = both
                .each_ref()
                .map(|batch| images(batch).hand_to(on(stream)));
            fake.fakeCudaBeginCapture(stream).expect("a capture");
            drop((both, held));
            for _ in 0..5000 {
                let next = batches.wait(Duration::ZERO).expect("no error");
                assert!(matches!(next, Next::TimedOut), "{next:?}");
            }
            fake.fakeCudaEndCapture(stream).expect("an intact capture");
            batches.next().expect("a batch").expect("a batch");
            drop((loader, batches));
            stage.fake.found().assert_clean();
        },
    );
}

/// A batch that is let go of during a capture, and those that follow; errors end it early.
fn interrupted(stage: &Stage) -> Result<(), Wrong> {
    let fake = &stage.fake;
    let stream = fake.stream(true)?;
    let loader = Loader::open(&tour::config(&stage.data, Route::Copied))?;
    let expected = stage.data.expected(&Want::PLAIN);
    let mut batches = loader.epoch(0)?.zip(&expected[0]);
    let first = images(&batches.next().expect("a batch").0?);
    let held = first.hand_to(on(stream))?;
    let own = fake.use_on(stream, held.address() as u64, held.bytes())?;
    fake.fakeCudaBeginCapture(stream)?;
    drop((first, held));
    fake.fakeCudaEndCapture(stream)?;
    for (batch, expected) in batches {
        let copy = images(&batch?).to_host(None)?;
        assert_eq!(on_host(&copy)[..], expected.images[..]);
    }
    fake.cuStreamSynchronize(stream)?;
    fake.cuMemFree_v2(own.pointer)?;
    Ok(())
}

#[test]
fn an_end_that_cannot_be_marked_after_a_capture_is_waited_for_all_the_same() {
    let test = "captures::an_end_that_cannot_be_marked_after_a_capture_is_waited_for_all_the_same";
    alone(test, || {
        let mut stage = Stage::new();
        let mut succeeded = 0;
        for call in 1..=12 {
            let failures = format!("cuEventRecord:{call}=999");
            stage.restart(&[("FAKE_CUDA_FAIL", &failures)]);
            match interrupted(&stage) {
                Ok(()) => succeeded += 1,
                Err(wrong) => assert!(matches!(wrong, Wrong::Loader(_)), "{wrong}"),
            }
            Stage::free_orphans();
            stage.fake.found().assert_clean();
        }
        // The loader's own records are errors, the consumer's is not.
        assert!((1..12).contains(&succeeded), "{succeeded} of 12 succeeded");
    });
}

/// A limit of CUDA: whether a non-blocking stream is captured cannot be asked, and to wait for all
/// streams is not allowed then.
fn break_a_capture() {
    let stage = Stage::new();
    let fake = &stage.fake;
    let stream = fake.stream(true).expect("a stream");
    let loader = Loader::open(&tour::config(&stage.data, Route::Copied)).expect("a loader");
    let expected = stage.data.expected(&Want::PLAIN);
    fake.fakeCudaBeginCapture(stream).expect("a capture");
    for (batch, expected) in loader.epoch(0).expect("an epoch").zip(&expected[0]) {
        let array = images(&batch.expect("a batch"));
        let copy = array.to_host(None).expect("a copy");
        assert_eq!(on_host(&copy)[..], expected.images[..]);
        drop(array.hand_to(Consumer::Now).expect("images"));
    }
    assert_eq!(
        fake.fakeCudaEndCapture(stream),
        Err(Code::STREAM_CAPTURE_INVALIDATED)
    );
    let found = fake.found();
    assert!(!found.violations.is_empty());
    assert!(
        found.kinds().iter().all(|kind| *kind == "capture"),
        "{found:?}"
    );
}

#[test]
fn a_consumer_on_unknown_streams_breaks_the_capture_of_a_non_blocking_stream() {
    let test =
        "captures::a_consumer_on_unknown_streams_breaks_the_capture_of_a_non_blocking_stream";
    alone(test, break_a_capture);
}

#[test]
fn so_it_does_with_a_driver_that_cannot_record_a_context() {
    let test = "captures::so_it_does_with_a_driver_that_cannot_record_a_context";
    alone_without("cuCtxRecordEvent", test, break_a_capture);
}
