//! Pinned and pageable host memory.

use std::ptr;

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

use crate::support::{PAGE, Staging, assert_code, assert_kinds, every_schedule};

#[test]
fn a_write_to_what_a_copy_may_still_read_is_reported_under_every_schedule() {
    every_schedule(5, |fake| {
        let staging = Staging::new(fake, 3);
        let (buffer, lane) = (fake.buffer(3 * PAGE).unwrap(), fake.lane().unwrap());
        fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), 3 * PAGE, lane)
            .unwrap();
        fake.fakeCudaSettle().unwrap();
        staging.write(PAGE, 1);
        let found = fake.found();
        assert_eq!(found.kinds(), ["host-write"]);
        let message = &found.violations[0].message;
        assert!(message.contains("the copy of 12288 bytes"), "{message}");
        staging.write(PAGE + 1, 1); // goes on after the report
        assert_kinds(fake, &["host-write"]);
    });
}

#[test]
fn memory_can_be_written_once_its_copies_were_observed() {
    every_schedule(5, |fake| {
        let staging = Staging::new(fake, 2);
        let (buffer, lane) = (fake.buffer(2 * PAGE).unwrap(), fake.lane().unwrap());
        let (event, later) = (fake.event().unwrap(), fake.event().unwrap());
        fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), 2 * PAGE, lane)
            .unwrap();
        fake.cuEventRecord(event, lane).unwrap();
        // An event that comes after the first covers the copy as well.
        let consumer = fake.stream(true).unwrap();
        fake.cuStreamWaitEvent(consumer, event, 0).unwrap();
        fake.cuEventRecord(later, consumer).unwrap();
        fake.cuEventSynchronize(later).unwrap();
        staging.fill(9);
        fake.found().assert_clean();
    });
}

#[test]
fn memory_stays_protected_while_one_of_its_copies_is_pending() {
    let fake = Fake::own(&[]);
    let staging = Staging::new(&fake, 1);
    let (one, other) = (fake.lane().unwrap(), fake.lane().unwrap());
    for lane in [one, other] {
        let buffer = fake.buffer(PAGE).unwrap();
        fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), PAGE, lane)
            .unwrap();
    }
    fake.cuStreamSynchronize(one).unwrap();
    staging.write(0, 1);
    assert_kinds(&fake, &["host-write"]);
    fake.cuStreamSynchronize(other).unwrap();
    staging.write(0, 2);
    assert_kinds(&fake, &["host-write"]);
}

#[test]
fn only_whole_pages_are_protected() {
    let fake = Fake::own(&[]);
    let staging = Staging::new(&fake, 3);
    let (buffer, lane) = (fake.buffer(3 * PAGE).unwrap(), fake.lane().unwrap());
    let source = staging.pointer().wrapping_byte_add(100);
    fake.cuMemcpyHtoDAsync_v2(buffer.pointer, source, 2 * PAGE, lane)
        .unwrap();
    staging.write(PAGE - 1, 1);
    staging.write(2 * PAGE, 1);
    fake.found().assert_clean();
    staging.write(2 * PAGE - 1, 1);
    assert_kinds(&fake, &["host-write"]);
}

#[test]
fn pinned_memory_is_read_when_the_copy_runs_and_pageable_memory_at_once() {
    let mut fake = Fake::own(&[]);
    for (is_pinned, expected) in [(true, 2), (false, 1)] {
        fake.restart(&[]);
        let staging = Staging::unregistered(1);
        if is_pinned {
            staging.register(&fake);
        }
        let (buffer, lane) = (fake.buffer(8).unwrap(), fake.lane().unwrap());
        staging.fill(1);
        fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), 8, lane)
            .unwrap();
        staging.fill(2); // 8 bytes are no whole page, so nothing notices
        assert_eq!(fake.read(lane, buffer.pointer, 8).unwrap(), [expected; 8]);
        // The read is pageable, too.
        assert_eq!(
            fake.found().numbers["pageable_copies"],
            if is_pinned { 1 } else { 2 }
        );
        fake.found().assert_clean();
    }
}

#[test]
fn giving_up_memory_with_a_pending_copy_is_reported() {
    every_schedule(5, |fake| {
        let staging = Staging::new(fake, 1);
        let (buffer, lane) = (fake.buffer(PAGE).unwrap(), fake.lane().unwrap());
        fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), PAGE, lane)
            .unwrap();
        fake.cuMemHostUnregister(staging.pointer()).unwrap();
        assert_kinds(fake, &["unregister-pending"]);
        staging.write(0, 1);
        fake.cuStreamSynchronize(lane).unwrap();
        assert_kinds(fake, &["unregister-pending"]);
    });
    let fake = Fake::own(&[]);
    let (buffer, lane) = (fake.buffer(PAGE).unwrap(), fake.lane().unwrap());
    let mut host = 0;
    fake.cuMemHostAlloc(&raw mut host, PAGE, 1).unwrap();
    let host = ptr::with_exposed_provenance_mut(host);
    fake.cuMemcpyHtoDAsync_v2(buffer.pointer, host, PAGE, lane)
        .unwrap();
    fake.cuMemFreeHost(host).unwrap();
    assert_kinds(&fake, &["free-pending"]);
}

#[test]
fn registering_is_checked() {
    let fake = Fake::own(&[]);
    let staging = Staging::new(&fake, 2);
    let inside = staging.pointer().wrapping_byte_add(PAGE);
    let again = fake.cuMemHostRegister_v2(inside, PAGE, 1);
    assert_code(again, Code::HOST_MEMORY_ALREADY_REGISTERED);
    let read_only = fake.cuMemHostRegister_v2(inside, PAGE, 8);
    assert_code(read_only, Code::NOT_SUPPORTED);
    fake.found().assert_clean();
    let unknown = fake.cuMemHostUnregister(inside);
    assert_code(unknown, Code::HOST_MEMORY_NOT_REGISTERED);
    fake.cuMemHostUnregister(staging.pointer()).unwrap();
    let twice = fake.cuMemHostUnregister(staging.pointer());
    assert_code(twice, Code::HOST_MEMORY_NOT_REGISTERED);
    assert_kinds(&fake, &["bad-unregister", "bad-unregister"]);
}

#[test]
fn freeing_pinned_memory_is_checked() {
    let fake = Fake::own(&[]);
    let mut host = 0;
    fake.cuMemHostAlloc(&raw mut host, PAGE, 1).unwrap();
    let host = ptr::with_exposed_provenance_mut(host);
    fake.cuMemFreeHost(host).unwrap();
    assert_code(fake.cuMemFreeHost(host), Code::INVALID_VALUE);
    let (buffer, lane) = (fake.buffer(PAGE).unwrap(), fake.lane().unwrap());
    let copied = fake.cuMemcpyHtoDAsync_v2(buffer.pointer, host, 8, lane);
    assert_code(copied, Code::INVALID_VALUE);
    assert_kinds(&fake, &["double-free", "use-after-free"]);
}

#[test]
fn bytes_that_are_pinned_in_part_are_reported() {
    let fake = Fake::own(&[]);
    let staging = Staging::unregistered(2);
    fake.cuMemHostRegister_v2(staging.pointer(), PAGE, 1)
        .unwrap();
    let (buffer, lane) = (fake.buffer(2 * PAGE).unwrap(), fake.lane().unwrap());
    let copied = fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), PAGE + 1, lane);
    assert_code(copied, Code::INVALID_VALUE);
    let as_host = ptr::with_exposed_provenance(buffer.pointer as usize);
    let copied = fake.cuMemcpyHtoDAsync_v2(buffer.pointer, as_host, 1, lane);
    assert_code(copied, Code::INVALID_VALUE);
    assert_kinds(&fake, &["bounds", "misuse"]);
}

#[test]
fn registered_memory_has_the_same_address_on_the_device() {
    let fake = Fake::own(&[]);
    let staging = Staging::new(&fake, 1);
    let mut pointer = 0;
    fake.cuMemHostGetDevicePointer_v2(&raw mut pointer, staging.pointer(), 0)
        .unwrap();
    assert_eq!(pointer, staging.start as u64);
    let local = (&raw mut pointer).cast();
    let unregistered = fake.cuMemHostGetDevicePointer_v2(&raw mut pointer, local, 0);
    assert_code(unregistered, Code::INVALID_VALUE);
}
