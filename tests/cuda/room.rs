//! Devices with little room: fewer buffers, then an error with the numbers; and memory that cannot
//! be pinned.

use std::time::Duration;

use imagepipe::cuda::{Context, Pinned, Route};
use imagepipe::engine::Next;
use imagepipe::error::{Error, Result};
use imagepipe::loader::{Batches, Config, Loader};
use imagepipe::tensor::Allocator;

use crate::data::Want;
use crate::process::{alone, workers};
use crate::stage::Stage;
use crate::tour;

/// Bytes of a batch on its way, and at its place: images, then labels on a boundary of 256 bytes.
const STAGED: usize = 12 * 8 * 3 * 2;
const BATCH: usize = 4 * STAGED + 2 * 8;

fn config(stage: &Stage) -> Config {
    Config {
        prefetch: 4,
        workers: Some(2),
        ..tour::config(&stage.data, Route::Copied)
    }
}

/// Takes an epoch on a device of so many bytes.
fn epoch(stage: &mut Stage, memory: usize) -> Result<()> {
    stage.restart(&[("FAKE_CUDA_MEMORY", &memory.to_string())]);
    let loader = Loader::open(&config(stage))?;
    let expected = stage.data.expected(&Want::PLAIN);
    for (batch, expected) in loader.epoch(0)?.zip(&expected[0]) {
        tour::look(&batch?, expected)?;
    }
    Ok(())
}

#[test]
fn a_small_device_has_fewer_buffers() {
    alone("room::a_small_device_has_fewer_buffers", || {
        let mut stage = Stage::new();
        let least = 2 * STAGED + BATCH;
        for memory in (1..20).map(|part| part * STAGED / 2) {
            let result = epoch(&mut stage, memory);
            assert_eq!(workers(), 0);
            stage.fake.found().assert_clean();
            match result {
                Ok(()) => assert!(memory >= least, "{memory} bytes are too few"),
                Err(Error::Device { reason }) => {
                    assert!(memory < least, "{memory} bytes: {reason}");
                    assert!(reason.contains("memory"), "{reason}");
                }
                Err(error) => panic!("{error}"),
            }
            Stage::free_orphans();
        }
    });
}

#[test]
fn a_full_device_that_cannot_be_asked_is_an_error_too() {
    alone(
        "room::a_full_device_that_cannot_be_asked_is_an_error_too",
        || {
            let mut stage = Stage::new();
            for memory in [2 * STAGED + 300, 2 * STAGED + BATCH] {
                let failure = ("FAKE_CUDA_FAIL", "cuMemGetInfo_v2:*=999");
                stage.restart(&[failure, ("FAKE_CUDA_MEMORY", &memory.to_string())]);
                let loader = Loader::open(&config(&stage)).expect("a loader");
                let (_, error) = refusal(&mut loader.epoch(0).expect("an epoch"));
                assert!(
                    error.to_string().contains("asking for free memory failed"),
                    "{error}"
                );
                drop(loader);
                Stage::free_orphans();
                stage.fake.found().assert_clean();
            }
        },
    );
}

#[test]
fn pinned_memory_is_zero_however_it_is_had() {
    alone("room::pinned_memory_is_zero_however_it_is_had", || {
        let mut stage = Stage::new();
        for failures in ["", "cuMemHostRegister_v2:*=801"] {
            stage.restart(&[("FAKE_CUDA_FAIL", failures)]);
            let pinned = Pinned::new(Context::on(0).expect("a device"));
            for len in [0, 1, 5000] {
                let buffer = pinned.allocate(len).expect("memory");
                // SAFETY: the buffer has `len` bytes, and nobody writes them.
                let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr(), len) };
                assert!(bytes.iter().all(|byte| *byte == 0), "{failures} {len}");
            }
            assert!(stage.leftovers().is_empty());
        }
    });
}

#[test]
fn more_host_memory_than_there_is_is_an_error_and_no_note() {
    let test = "room::more_host_memory_than_there_is_is_an_error_and_no_note";
    alone(test, || {
        let _stage = Stage::new();
        let pinned = Pinned::new(Context::on(0).expect("a device"));
        let bytes = usize::MAX / 4;
        match pinned.allocate(bytes) {
            Err(Error::Memory { bytes: refused }) => assert_eq!(refused, bytes),
            other => panic!("{other:?}"),
        }
        assert_eq!(pinned.note(), None);
    });
}

/// What a consumer that keeps all its batches gets in the end.
fn refusal(batches: &mut Batches) -> (usize, Error) {
    let mut held = Vec::new();
    loop {
        match batches.wait(Duration::from_millis(1)) {
            Ok(Next::Batch(batch)) => held.push(batch),
            Ok(Next::TimedOut) => {}
            Ok(Next::End) => panic!("there is no room for all"),
            Err(error) => return (held.len(), error),
        }
    }
}

#[test]
fn who_keeps_all_there_is_room_for_is_told_so() {
    alone("room::who_keeps_all_there_is_room_for_is_told_so", || {
        let mut stage = Stage::new();
        for count in [1, 3] {
            let memory = 2 * STAGED + count * BATCH + 100;
            stage.restart(&[("FAKE_CUDA_MEMORY", &memory.to_string())]);
            let loader = Loader::open(&config(&stage)).expect("a loader");
            let mut batches = loader.epoch(0).expect("an epoch");
            let (held, error) = refusal(&mut batches);
            assert_eq!(held, count);
            let numbers = format!(
                "no memory on cuda:0 for another batch of {BATCH} bytes: {} held by the program, \
                 100 of {memory} bytes are free",
                if count == 1 {
                    "1 batch is"
                } else {
                    "3 batches are"
                },
            );
            assert!(error.to_string().contains(&numbers), "{error}");
            assert!(batches.next().is_none(), "the iterator has ended");
            assert_eq!(workers(), 0);
            // There is room again once all are dropped.
            drop(batches);
            let mut batches = loader.epoch(0).expect("an epoch");
            batches.next().expect("a batch").expect("a batch");
            drop((batches, loader));
            stage.fake.found().assert_clean();
            Stage::free_orphans();
        }
    });
}

#[test]
fn who_waits_for_what_is_ready_in_another_iterator_is_told_so() {
    let test = "room::who_waits_for_what_is_ready_in_another_iterator_is_told_so";
    alone(test, || {
        let mut stage = Stage::new();
        let memory = 2 * STAGED + 2 * BATCH + 100;
        stage.restart(&[("FAKE_CUDA_MEMORY", &memory.to_string())]);
        let loader = Loader::open(&config(&stage)).expect("a loader");
        let mut first = loader.epoch(0).expect("an epoch");
        let held = first.next().expect("a batch").expect("a batch");
        while first.load().expect("workers").ready == 0 {
            std::thread::yield_now();
        }
        let mut second = loader.epoch(0).expect("an epoch");
        let (count, error) = refusal(&mut second);
        assert_eq!(count, 0);
        let numbers = "1 batch is held by the program, 1 is ready in another iterator, ";
        assert!(error.to_string().contains(numbers), "{error}");
        // The first goes on, and so does another once there is room.
        drop(held);
        first.next().expect("a batch").expect("a batch");
        drop((first, second));
        let mut third = loader.epoch(0).expect("an epoch");
        third.next().expect("a batch").expect("a batch");
        drop((third, loader));
        stage.fake.found().assert_clean();
        Stage::free_orphans();
    });
}

#[test]
fn memory_that_cannot_be_pinned_is_pageable_and_a_note_says_so() {
    alone(
        "room::memory_that_cannot_be_pinned_is_pageable_and_a_note_says_so",
        || {
            let mut stage = Stage::new();
            let refused = "cuMemHostRegister_v2:*=801";
            for (failures, note) in [
                ("", None),
                (refused, None),
                (
                    "cuMemHostRegister_v2:*=2,cuMemHostAlloc:*=2",
                    Some(["CUDA_ERROR_OUT_OF_MEMORY (2)", "ulimit -l unlimited"]),
                ),
            ] {
                stage.restart(&[("FAKE_CUDA_FAIL", failures)]);
                let loader = Loader::open(&config(&stage)).expect("a loader");
                let said = loader.device_note();
                assert_eq!(said.is_some(), note.is_some(), "{said:?}");
                for part in note.into_iter().flatten() {
                    assert!(
                        said.as_ref().is_some_and(|said| said.contains(part)),
                        "{said:?}"
                    );
                }
                let expected = stage.data.expected(&Want::PLAIN);
                for (batch, expected) in loader.epoch(0).expect("an epoch").zip(&expected[0]) {
                    tour::look(&batch.expect("a batch"), expected).expect("a device");
                }
                drop(loader);
                let leftovers = stage.leftovers();
                assert!(leftovers.is_empty(), "{leftovers:?}");
                stage.fake.found().assert_clean();
            }
        },
    );
}
