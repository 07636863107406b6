//! What orders two operations, and what does not.

use fake_cuda::client::Fake;

use crate::support::{PTX, Staging, every_schedule};

const BYTES: usize = 2 * crate::support::PAGE;

#[test]
fn the_plain_path_moves_bytes() {
    every_schedule(5, |fake| {
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

/// Writes a buffer on one stream and reads it on another, with something between.
fn write_then_read(fake: &Fake, streams: [usize; 2], between: impl Fn(&Fake, [usize; 2])) -> usize {
    let (buffer, own) = (fake.buffer(BYTES).unwrap(), fake.buffer(BYTES).unwrap());
    fake.cuMemsetD8Async(buffer.pointer, 1, BYTES, streams[0])
        .unwrap();
    between(fake, streams);
    fake.cuMemcpyDtoDAsync_v2(own.pointer, buffer.pointer, BYTES, streams[1])
        .unwrap();
    let found = fake.found();
    assert!(
        found.kinds().iter().all(|kind| *kind == "race"),
        "{found:?}"
    );
    found.violations.len()
}

#[test]
fn two_streams_race_on_every_schedule() {
    every_schedule(20, |fake| {
        let streams = [fake.lane().unwrap(), fake.stream(true).unwrap()];
        assert_eq!(write_then_read(fake, streams, |_, _| ()), 1);
    });
}

#[test]
fn an_event_orders_two_streams() {
    every_schedule(20, |fake| {
        let streams = [fake.lane().unwrap(), fake.stream(true).unwrap()];
        let event = fake.event().unwrap();
        let between = |fake: &Fake, streams: [usize; 2]| {
            fake.cuEventRecord(event, streams[0]).unwrap();
            fake.cuStreamWaitEvent(streams[1], event, 0).unwrap();
        };
        assert_eq!(write_then_read(fake, streams, between), 0);
    });
}
