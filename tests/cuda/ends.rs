//! Ends: closing while workers are busy, and forks of a process that uses a GPU.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use imagepipe::cuda::{self, Consumer, Route};
use imagepipe::dlpack::Array;
use imagepipe::error::Result;
use imagepipe::loader::{Arrays, Batch, Batches, Config, DeviceArray, Loader};

use crate::process::{alone, run, succeeded, task, workers};
use crate::seeds::SCHEDULES;
use crate::stage::Stage;
use crate::tour;

fn images(batch: &Batch) -> DeviceArray {
    match batch.field("images") {
        Some(Arrays::OnDevice(array)) => array,
        _ => panic!("images are on the device"),
    }
}

const STREAM: Consumer = Consumer::Stream {
    number: 1,
    lasts: true,
};

/// An endless loader of several workers.
fn endless(stage: &Stage) -> Config {
    Config {
        workers: Some(3),
        prefetch: 3,
        repeat: true,
        ..tour::config(&stage.data, Route::Copied)
    }
}

/// A loader at work, and what a consumer has of it.
struct Program {
    used: Array,
    array: DeviceArray,
    batch: Batch,
    batches: Batches,
    loader: Loader,
}

impl Program {
    fn new(stage: &Stage) -> Self {
        let loader = Loader::open(&endless(stage)).expect("a loader");
        let mut batches = loader.epoch(0).expect("an epoch");
        let batch = batches.next().expect("endless").expect("a batch");
        let array = images(&batch);
        Self {
            used: array.hand_to(STREAM).expect("images"),
            array,
            batch,
            batches,
            loader,
        }
    }

    /// Checks that every call is refused, for the reason that `says` tells, and drops everything.
    fn assert_refused(mut self, says: &str) -> bool {
        let refused = |result: Result<Array>| {
            let error = result.err().map(|error| error.to_string());
            error.is_some_and(|error| error.contains(says))
        };
        let last = loop {
            // There may be batches that were made before.
            match self.batches.wait(Duration::from_millis(20)) {
                Ok(_) => {}
                Err(error) => break error.to_string(),
            }
        };
        let started = self.loader.epoch(0).and_then(|mut batches| {
            let first = batches.next();
            first.map_or(Ok(()), |batch| batch.map(drop))
        });
        let all = [
            last.contains(says),
            started.is_err_and(|error| error.to_string().contains(says)),
            refused(self.array.hand_to(STREAM)),
            refused(self.array.hand_to(Consumer::Now)),
            refused(self.array.to_host(None)),
        ];
        let things: [Box<dyn Any>; 5] = [
            Box::new(self.used),
            Box::new(self.array),
            Box::new(self.batch),
            Box::new(self.batches),
            Box::new(self.loader),
        ];
        drop(things);
        if all != [true; 5] {
            eprintln!("{all:?} {last}");
        }
        all == [true; 5]
    }
}

/// Closes while another thread takes batches, under a schedule.
fn close(schedule: &str) {
    let mut stage = Stage::new();
    stage.restart(&[("FAKE_CUDA_SCHEDULE", schedule)]);
    let program = Program::new(&stage);
    let mut other = program.loader.epoch(1).expect("an epoch");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let batches = other.by_ref().take_while(|_| !stop.load(Ordering::SeqCst));
            batches.for_each(drop);
        });
        for _ in 0..20 {
            thread::yield_now();
        }
        cuda::close();
        stop.store(true, Ordering::SeqCst);
    });
    drop(other);
    let calls = stage.fake.found().counts;
    assert!(program.assert_refused("the process is ending"));
    assert_eq!(workers(), 0);
    assert_eq!(stage.fake.found().counts, calls, "calls after closing");
    stage.fake.found().assert_clean();
}

#[test]
fn closing_refuses_all_calls_and_ends_all_threads() {
    let test = "ends::closing_refuses_all_calls_and_ends_all_threads";
    match task(test) {
        Some(schedule) => close(&schedule),
        None => SCHEDULES
            .iter()
            .for_each(|schedule| succeeded(&run(test, schedule, &[]))),
    }
}

/// Runs `child` in a fork; whether it ended well. A call of the driver there would end it badly.
fn in_fork(child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs code that makes no use of other threads, and ends by `_exit`.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: it ends a child that hangs.
            unsafe { libc::alarm(30) };
            let is_fine = child();
            // SAFETY: it ends the child without the handlers of its parent.
            unsafe { libc::_exit(i32::from(!is_fine)) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the child is ours, and the status is written.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            status == 0
        }
    }
}

#[test]
fn a_fork_is_refused_and_its_parent_goes_on() {
    alone("ends::a_fork_is_refused_and_its_parent_goes_on", || {
        let stage = Stage::new();
        let mut program = Some(Program::new(&stage));
        let fork = || {
            let is_refused = program
                .take()
                .is_some_and(|program| program.assert_refused(" fork "));
            // The parent's calls never end here.
            cuda::sweep();
            cuda::close();
            is_refused
        };
        assert!(in_fork(fork));
        let mut program = program.expect("the child has its own");
        let next = program.batches.next().expect("endless").expect("a batch");
        drop(images(&next).hand_to(STREAM).expect("images"));
        drop((next, program));
        assert!(stage.leftovers().is_empty());
        stage.fake.found().assert_clean();
    });
}

#[test]
fn a_fork_in_the_middle_of_work_lets_go_of_everything() {
    alone(
        "ends::a_fork_in_the_middle_of_work_lets_go_of_everything",
        || {
            let stage = Stage::new();
            let program = Program::new(&stage);
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                for epoch in 0..2 {
                    let batches = program.loader.epoch(epoch).expect("an epoch");
                    let stop = &stop;
                    scope.spawn(move || {
                        for batch in batches.take_while(|_| !stop.load(Ordering::SeqCst)) {
                            drop(images(&batch.expect("a batch")).hand_to(STREAM));
                        }
                    });
                }
                for _ in 0..100 {
                    let mut held = Some((program.array.hand_to(STREAM), program.array.clone()));
                    assert!(in_fork(|| {
                        drop(held.take());
                        true
                    }));
                }
                stop.store(true, Ordering::SeqCst);
            });
            drop(program);
            assert!(stage.leftovers().is_empty());
            stage.fake.found().assert_clean();
        },
    );
}
