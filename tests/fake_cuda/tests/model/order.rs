//! What orders two operations, and what does not, whatever the schedule.

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

use crate::support::{PTX, Staging, every_schedule};

const BYTES: usize = 8192;
const LEGACY: usize = 1;
const PER_THREAD: usize = 2;
const SEEDS: u64 = 20;

#[test]
fn the_plain_path_moves_bytes() {
    every_schedule(SEEDS, |fake| {
        let staging = Staging::new(fake, 1);
        staging.fill(7);
        let (raw, out) = (fake.buffer(12).unwrap(), fake.buffer(12 * 4).unwrap());
        let (lane, consumer) = (fake.lane().unwrap(), fake.stream(true).unwrap());
        let (ready, kernel) = (
            fake.event().unwrap(),
            fake.kernel(PTX, "convert_32_nchw").unwrap(),
        );
        fake.cuMemcpyHtoDAsync_v2(raw.pointer, staging.pointer(), 12, lane)
            .unwrap();
        let table: Vec<u8> = (0..768_u32).flat_map(u32::to_le_bytes).collect();
        let places = [raw.pointer, out.pointer];
        fake.convert(kernel, lane, places, [1, 4, 3], &table)
            .unwrap();
        fake.cuEventRecord(ready, lane).unwrap();
        fake.cuStreamWaitEvent(consumer, ready, 0).unwrap();
        let elements = fake.read(consumer, out.pointer, 48).unwrap();
        let expected = [7, 7, 7, 7, 263, 263, 263, 263, 519, 519, 519, 519_u32];
        assert_eq!(elements, expected.map(u32::to_le_bytes).concat());
        fake.cuMemHostUnregister(staging.pointer()).unwrap();
        fake.found().assert_clean();
    });
}

/// Writes a buffer on one stream and reads it on another, with something between, under every
/// schedule; whether that is a race must not depend on the schedule.
#[track_caller]
fn assert_ordered(
    expected: bool,
    streams: impl Fn(&Fake) -> [usize; 2],
    between: impl Fn(&Fake, [usize; 2]),
) {
    every_schedule(SEEDS, |fake| {
        let streams = streams(fake);
        let (buffer, own) = (fake.buffer(BYTES).unwrap(), fake.buffer(BYTES).unwrap());
        fake.cuMemsetD8Async(buffer.pointer, 1, BYTES, streams[0])
            .unwrap();
        between(fake, streams);
        fake.cuMemcpyDtoDAsync_v2(own.pointer, buffer.pointer, BYTES, streams[1])
            .unwrap();
        let found = fake.found();
        let races: &[&str] = if expected { &[] } else { &["race"] };
        assert_eq!(found.kinds(), races, "{:?}", found.violations);
    });
}

fn lane_and_consumer(fake: &Fake) -> [usize; 2] {
    [fake.lane().unwrap(), fake.stream(true).unwrap()]
}

fn nothing(_: &Fake, _: [usize; 2]) {}

#[test]
fn a_stream_is_in_order() {
    assert_ordered(true, |fake| [fake.lane().unwrap(); 2], nothing);
}

#[test]
fn two_streams_are_not_ordered() {
    assert_ordered(false, lane_and_consumer, nothing);
    assert_ordered(
        false,
        |fake| [fake.stream(false).unwrap(), fake.stream(false).unwrap()],
        nothing,
    );
}

#[test]
fn a_wait_for_an_event_orders_two_streams() {
    assert_ordered(true, lane_and_consumer, |fake, [one, other]| {
        let event = fake.event().unwrap();
        fake.cuEventRecord(event, one).unwrap();
        fake.cuStreamWaitEvent(other, event, 0).unwrap();
    });
}

#[test]
fn events_form_chains() {
    assert_ordered(true, lane_and_consumer, |fake, [one, other]| {
        let mut last = one;
        for next in [fake.lane().unwrap(), fake.stream(false).unwrap(), other] {
            let event = fake.event().unwrap();
            fake.cuEventRecord(event, last).unwrap();
            fake.cuStreamWaitEvent(next, event, 0).unwrap();
            fake.cuEventDestroy_v2(event).unwrap();
            last = next;
        }
    });
}

#[test]
fn a_wait_is_for_the_last_record_before_it() {
    // The record after the wait comes too late.
    assert_ordered(false, lane_and_consumer, |fake, [one, other]| {
        let event = fake.event().unwrap();
        fake.cuStreamWaitEvent(other, event, 0).unwrap();
        fake.cuEventRecord(event, one).unwrap();
    });
    // A record on another stream takes the place of the first.
    assert_ordered(false, lane_and_consumer, |fake, [one, other]| {
        let event = fake.event().unwrap();
        fake.cuEventRecord(event, one).unwrap();
        fake.cuEventRecord(event, other).unwrap();
        fake.cuStreamWaitEvent(other, event, 0).unwrap();
    });
    // But only for waits that come after it.
    assert_ordered(true, lane_and_consumer, |fake, [one, other]| {
        let event = fake.event().unwrap();
        fake.cuEventRecord(event, one).unwrap();
        fake.cuStreamWaitEvent(other, event, 0).unwrap();
        fake.cuEventRecord(event, other).unwrap();
    });
}

#[test]
fn the_host_orders_by_waiting() {
    assert_ordered(true, lane_and_consumer, |fake, [one, _]| {
        fake.cuStreamSynchronize(one).unwrap();
    });
    assert_ordered(true, lane_and_consumer, |fake, _| {
        fake.cuCtxSynchronize().unwrap();
    });
    assert_ordered(true, lane_and_consumer, |fake, [one, _]| {
        let event = fake.event().unwrap();
        fake.cuEventRecord(event, one).unwrap();
        fake.cuEventSynchronize(event).unwrap();
    });
    assert_ordered(false, lane_and_consumer, |fake, [_, other]| {
        fake.cuStreamSynchronize(other).unwrap();
    });
}

#[test]
fn the_host_orders_by_asking_until_it_is_done() {
    assert_ordered(true, lane_and_consumer, |fake, [one, _]| {
        let event = fake.event().unwrap();
        fake.cuEventRecord(event, one).unwrap();
        let mut queries = 0;
        while fake.cuEventQuery(event) == Err(Code::NOT_READY) {
            queries += 1;
            assert!(queries < 10, "no progress");
        }
    });
    assert_ordered(true, lane_and_consumer, |fake, [one, _]| {
        while fake.cuStreamQuery(one) == Err(Code::NOT_READY) {}
    });
}

#[test]
fn time_alone_orders_nothing() {
    assert_ordered(false, lane_and_consumer, |fake, _| {
        fake.fakeCudaSettle().unwrap();
    });
}

#[test]
fn a_context_record_is_after_all_streams() {
    assert_ordered(true, lane_and_consumer, |fake, [_, other]| {
        let event = fake.event().unwrap();
        fake.cuCtxRecordEvent(fake.context, event).unwrap();
        fake.cuStreamWaitEvent(other, event, 0).unwrap();
    });
}

#[test]
fn blocking_streams_and_the_legacy_stream_wait_for_each_other() {
    for legacy in [0, LEGACY] {
        assert_ordered(true, |fake| [fake.stream(false).unwrap(), legacy], nothing);
        assert_ordered(true, |fake| [legacy, fake.stream(false).unwrap()], nothing);
        assert_ordered(false, |fake| [fake.stream(true).unwrap(), legacy], nothing);
        assert_ordered(false, |fake| [legacy, fake.lane().unwrap()], nothing);
    }
    assert_ordered(true, |_| [PER_THREAD, LEGACY], nothing);
    assert_ordered(
        false,
        |fake| [PER_THREAD, fake.stream(false).unwrap()],
        nothing,
    );
}

#[test]
fn the_legacy_stream_is_a_barrier_between_blocking_streams() {
    let blocking = |fake: &Fake| [fake.stream(false).unwrap(), fake.stream(false).unwrap()];
    let barrier = |fake: &Fake, _: [usize; 2]| {
        let unrelated = fake.buffer(16).unwrap();
        fake.cuMemsetD8Async(unrelated.pointer, 0, 16, LEGACY)
            .unwrap();
    };
    assert_ordered(true, blocking, barrier);
    assert_ordered(false, lane_and_consumer, barrier);
}

#[test]
fn an_event_that_was_never_recorded_is_complete() {
    let fake = Fake::own(&[]);
    let (event, stream) = (fake.event().unwrap(), fake.stream(true).unwrap());
    fake.cuEventQuery(event).unwrap();
    fake.cuEventSynchronize(event).unwrap();
    fake.cuStreamWaitEvent(stream, event, 0).unwrap();
    fake.found().assert_clean();
}

#[test]
fn nothing_runs_before_it_must_when_lazy_and_everything_at_once_when_eager() {
    let mut fake = Fake::own(&[("FAKE_CUDA_SCHEDULE", "lazy")]);
    for (schedule, pending) in [("lazy", 5), ("eager", 0)] {
        fake.restart(&[("FAKE_CUDA_SCHEDULE", schedule)]);
        let (buffer, stream) = (fake.buffer(16).unwrap(), fake.stream(true).unwrap());
        for _ in 0..5 {
            fake.cuMemsetD8Async(buffer.pointer, 0, 16, stream).unwrap();
        }
        assert_eq!(fake.found().numbers["pending"], pending, "{schedule}");
        fake.cuStreamSynchronize(stream).unwrap();
        assert_eq!(fake.found().numbers["pending"], 0, "{schedule}");
    }
}

#[test]
fn a_seed_decides_the_order() {
    let run = |fake: &mut Fake, seed: &str| {
        fake.restart(&[("FAKE_CUDA_SCHEDULE", "random"), ("FAKE_CUDA_SEED", seed)]);
        let buffer = fake.buffer(1).unwrap();
        for value in 0..50 {
            let stream = fake.stream(true).unwrap();
            fake.cuMemsetD8Async(buffer.pointer, value, 1, stream)
                .unwrap();
        }
        let mut last = [0_u8];
        fake.cuCtxSynchronize().unwrap();
        fake.cuMemcpyDtoH_v2(last.as_mut_ptr().cast(), buffer.pointer, 1)
            .unwrap();
        last[0]
    };
    let mut fake = Fake::own(&[]);
    let results: Vec<u8> = ["1", "2", "3", "4"].map(|seed| run(&mut fake, seed)).into();
    assert_eq!(results[0], run(&mut fake, "1"));
    assert!(
        results.iter().any(|result| *result != results[0]),
        "{results:?}"
    );
}
