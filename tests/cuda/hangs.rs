//! A device that does not finish: neither the program nor a worker waits for it without end, and
//! once it goes on, all that was kept for it is freed.

use std::thread;
use std::time::Duration;

use fake_cuda::client::Buffer;
use imagepipe::cuda::{self, Consumer, Route, Wait};
use imagepipe::engine::Next;
use imagepipe::error::Error;
use imagepipe::loader::{Arrays, Batch, Config, DeviceArray, Loader};

use crate::process::{alone, alone_without, run, run_with, succeeded, task, workers};
use crate::seeds::SCHEDULES;
use crate::stage::{Stage, Wrong};
use crate::tour;

/// What does not end: copies, the kernel or the marks of a lane, or what a consumer does.
const HANGS: [&str; 6] = [
    "cuMemcpyHtoDAsync_v2:1",
    "cuMemcpyHtoDAsync_v2:6",
    "cuLaunchKernel:2",
    "cuEventRecord:3",
    "cuMemsetD8Async:1",
    "cuMemsetD8Async:7",
];

/// A consumer takes no more batches, and waits no more often.
const TAKES: usize = 12;
const WAITS: usize = 3;

fn images(batch: &Batch) -> DeviceArray {
    match batch.field("images") {
        Some(Arrays::OnDevice(array)) => array,
        _ => panic!("images are on the device"),
    }
}

fn config(stage: &Stage) -> Config {
    Config {
        workers: Some(3),
        prefetch: 3,
        repeat: true,
        ..tour::config(&stage.data, Route::Copied)
    }
}

/// What a consumer has besides batches: a stream to use them on, one for other work, and memory.
struct Own {
    streams: [usize; 2],
    memory: Buffer,
}

/// Takes batches and uses each on a stream, as long as some come, and works on another one; keeps a
/// few batches at a time, so that there are buffers to free.
fn consume(stage: &Stage, loader: &Loader, is_known: bool) -> Result<Own, Wrong> {
    let fake = &stage.fake;
    let streams = [fake.stream(true)?, fake.stream(true)?];
    let memory = fake.buffer(64)?;
    let consumer = if is_known {
        Consumer::Stream {
            number: streams[0] as u64,
            lasts: true,
        }
    } else {
        Consumer::Unordered
    };
    let mut batches = loader.epoch(0)?;
    let (mut held, mut taken, mut waits) = (Vec::new(), 0, 0);
    while taken < TAKES && waits < WAITS {
        match batches.wait(Duration::from_millis(20))? {
            Next::Batch(batch) => {
                held.push((images(&batch).hand_to(consumer)?, batch));
                fake.cuMemsetD8Async(memory.pointer, 1, memory.bytes, streams[1])?;
                taken += 1;
            }
            Next::TimedOut => waits += 1,
            Next::End => panic!("it is endless"),
        }
        if held.len() == 7 {
            held.clear();
        }
    }
    Ok(Own { streams, memory })
}

/// Has a device hang, ends a loader, and has the device go on.
fn hang(stage: &mut Stage, hang: &str, schedule: &str, is_known: bool) {
    stage.restart(&[("FAKE_CUDA_HANG", hang), ("FAKE_CUDA_SCHEDULE", schedule)]);
    let loader = Loader::open(&config(stage)).expect("a loader");
    let own = consume(stage, &loader, is_known).expect("batches");
    assert_eq!(workers(), 0, "{hang}");
    drop(loader);
    let fake = &stage.fake;
    fake.fakeCudaResume().expect("the driver");
    for stream in own.streams {
        fake.cuStreamSynchronize(stream).expect("a stream");
        fake.cuStreamDestroy_v2(stream).expect("a stream");
    }
    fake.cuMemFree_v2(own.memory.pointer).expect("own memory");
    assert_freed(stage);
    stage.fake.found().assert_clean();
}

/// Waits until all that was kept for the device is freed.
fn assert_freed(stage: &Stage) {
    let patience = 1000;
    for _ in 0..patience {
        if stage.leftovers().is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(stage.leftovers(), [].into());
}

fn all_hangs() {
    let mut stage = Stage::new();
    for (number, place) in HANGS.iter().enumerate() {
        for is_known in [true, false] {
            hang(&mut stage, place, SCHEDULES[number % 3], is_known);
        }
    }
}

#[test]
fn a_loader_ends_and_frees_its_memory_later() {
    alone("hangs::a_loader_ends_and_frees_its_memory_later", all_hangs);
}

#[test]
fn a_loader_ends_with_a_driver_that_cannot_record_a_context() {
    let test = "hangs::a_loader_ends_with_a_driver_that_cannot_record_a_context";
    alone_without("cuCtxRecordEvent", test, all_hangs);
}

#[test]
fn a_wait_for_an_array_may_be_given_up() {
    alone("hangs::a_wait_for_an_array_may_be_given_up", || {
        let mut stage = Stage::new();
        stage.restart(&[("FAKE_CUDA_HANG", "cuMemsetD8Async:1")]);
        let fake = &stage.fake;
        let streams = [(); 2].map(|()| fake.stream(true).expect("a stream"));
        let memory = fake.buffer(1).expect("memory");
        let loader = Loader::open(&config(&stage)).expect("a loader");
        let mut batches = loader.epoch(0).expect("an epoch");
        let array = images(&batches.next().expect("endless").expect("a batch"));
        fake.cuMemsetD8Async(memory.pointer, 1, 1, streams[0])
            .expect("work");
        let end = |stream: usize| array.end_on(Some(stream as u64));
        let is_over = |end: &Wait| end.is_over(Duration::from_millis(5)).expect("a device");
        let written = array.end_on(None).expect("a device");
        let [never, soon] = streams.map(|stream| end(stream).expect("a device"));
        while !is_over(&written) || !is_over(&soon) {}
        for _ in 0..10 {
            assert!(!is_over(&never));
        }
        fake.fakeCudaResume().expect("the driver");
        while !is_over(&never) {}
        fake.fakeCudaBeginCapture(streams[1]).expect("a capture");
        assert!(matches!(end(streams[1]), Err(Error::Captured)));
        fake.fakeCudaEndCapture(streams[1])
            .expect("an intact capture");
        fake.found().assert_clean();
    });
}

/// How often the driver was asked for memory.
fn requests(stage: &Stage) -> u64 {
    stage.fake.found().counts["cuMemAlloc_v2"]
}

/// What a program has on a device, beside loaders.
struct Program {
    stream: usize,
    memory: Buffer,
}

/// A device of so much memory, which hangs at the program's first work.
fn full(stage: &mut Stage, memory: usize) -> Program {
    stage.restart(&[
        ("FAKE_CUDA_HANG", "cuMemsetD8Async:1"),
        ("FAKE_CUDA_SCHEDULE", "eager"),
        ("FAKE_CUDA_MEMORY", &memory.to_string()),
    ]);
    Program {
        stream: stage.fake.stream(true).expect("a stream"),
        memory: stage.fake.buffer(1).expect("memory"),
    }
}

impl Program {
    /// Has the device do something on the program's stream.
    fn work(&self, stage: &Stage) {
        let done = stage
            .fake
            .cuMemsetD8Async(self.memory.pointer, 1, 1, self.stream);
        done.expect("work");
    }
}

/// Takes the first batch of a loader, and lets go of it.
fn take(loader: &Loader) {
    let batch = loader.epoch(0).expect("an epoch").next();
    drop(batch.expect("a batch").expect("a batch"));
}

/// Does something, and has the device go on, not before it was asked for memory that it lacks.
fn once_refused(stage: &Stage, something: impl FnOnce()) {
    let before = requests(stage);
    thread::scope(|scope| {
        scope.spawn(|| {
            while requests(stage) == before {
                thread::yield_now();
            }
            stage.fake.fakeCudaResume().expect("the driver");
        });
        something();
    });
}

#[test]
fn a_loader_waits_for_the_memory_of_one_before_it() {
    let test = "hangs::a_loader_waits_for_the_memory_of_one_before_it";
    alone(test, || {
        let mut stage = Stage::new();
        let image = 12 * 8 * 3;
        // Two lanes, a batch, and a byte of the program.
        let memory = 2 * (2 * image) + 2 * (4 * image + 8) + 1;
        let own = full(&mut stage, memory);
        let config = tour::config(&stage.data, Route::Copied);
        let first = Loader::open(&config).expect("a loader");
        take(&first);
        own.work(&stage);
        drop(first);
        once_refused(&stage, || {
            let second = Loader::open(&config).expect("a loader");
            take(&second);
        });
        stage.fake.found().assert_clean();
    });
}

#[test]
fn a_loader_waits_for_what_a_consumer_of_one_before_it_still_uses() {
    let test = "hangs::a_loader_waits_for_what_a_consumer_of_one_before_it_still_uses";
    alone(test, || {
        let mut stage = Stage::new();
        let image = 12 * 8 * 3;
        // The lanes of both, a batch, and a byte of the program.
        let memory = 4 * (2 * image) + 2 * (4 * image + 8) + 1;
        let own = full(&mut stage, memory);
        let config = tour::config(&stage.data, Route::Copied);
        let first = Loader::open(&config).expect("a loader");
        let batch = first.epoch(0).expect("an epoch").next();
        let batch = batch.expect("a batch").expect("a batch");
        let consumer = Consumer::Stream {
            number: own.stream as u64,
            lasts: true,
        };
        let array = images(&batch).hand_to(consumer).expect("an array");
        own.work(&stage);
        drop((array, batch, first));
        let second = Loader::open(&config).expect("a loader");
        once_refused(&stage, || take(&second));
        stage.fake.found().assert_clean();
    });
}

/// Ends a process in the middle of it all.
fn end(place: &str) {
    let mut stage = Stage::new();
    stage.restart(&[("FAKE_CUDA_HANG", place)]);
    let loader = Loader::open(&config(&stage)).expect("a loader");
    consume(&stage, &loader, false).expect("batches");
    let mut others = loader.epoch(0).expect("an epoch");
    others.wait(Duration::ZERO).expect("nothing failed");
    cuda::close();
    drop((others, loader));
    assert_eq!(workers(), 0, "{place}");
    stage.fake.found().assert_clean();
}

#[test]
fn a_process_ends() {
    let test = "hangs::a_process_ends";
    if let Some(place) = task(test) {
        return end(&place);
    }
    let older = fake_cuda::without("cuCtxRecordEvent");
    for place in HANGS {
        succeeded(&run(test, place, &[]));
        succeeded(&run_with(&older, test, place, &[]));
    }
}
