//! Device memory.

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

use crate::support::{assert_code, assert_kinds};

const POISON: u8 = 0xcd;

#[test]
fn fresh_memory_is_poisoned() {
    let fake = Fake::own(&[]);
    let buffer = fake.buffer(10).unwrap();
    assert_eq!(fake.read(0, buffer.pointer, 10).unwrap(), [POISON; 10]);
    fake.found().assert_clean();
}

#[test]
fn pointers_are_aligned_and_never_used_again() {
    let fake = Fake::own(&[]);
    let mut seen = std::collections::HashSet::new();
    for bytes in 1..100 {
        let buffer = fake.buffer(bytes).unwrap();
        assert!(buffer.pointer.is_multiple_of(256) && seen.insert(buffer.pointer));
        fake.cuMemFree_v2(buffer.pointer).unwrap();
    }
    assert_eq!(fake.found().numbers["allocations"], 0);
}

#[test]
fn memory_runs_out() {
    let fake = Fake::own(&[("FAKE_CUDA_MEMORY", "1000")]);
    let first = fake.buffer(600).unwrap();
    assert_code(fake.buffer(600), Code::OUT_OF_MEMORY);
    let (mut free, mut total) = (0, 0);
    fake.cuMemGetInfo_v2(&raw mut free, &raw mut total).unwrap();
    assert_eq!((free, total), (400, 1000));
    fake.cuMemFree_v2(first.pointer).unwrap();
    fake.buffer(1000).unwrap();
    assert_code(fake.buffer(0), Code::INVALID_VALUE);
    fake.found().assert_clean();
}

#[test]
fn freeing_twice_or_in_the_middle_is_reported() {
    let fake = Fake::own(&[]);
    let buffer = fake.buffer(1000).unwrap();
    assert_code(fake.cuMemFree_v2(buffer.pointer + 256), Code::INVALID_VALUE);
    fake.cuMemFree_v2(buffer.pointer).unwrap();
    assert_code(fake.cuMemFree_v2(buffer.pointer), Code::INVALID_VALUE);
    assert_kinds(&fake, &["bad-free", "double-free"]);
}

#[test]
fn freed_memory_and_what_is_beyond_the_end_is_reported() {
    let fake = Fake::own(&[]);
    let (one, other) = (fake.buffer(100).unwrap(), fake.buffer(200).unwrap());
    let stream = fake.stream(true).unwrap();
    assert_code(
        fake.cuMemsetD8Async(one.pointer, 0, 101, stream),
        Code::INVALID_VALUE,
    );
    fake.cuMemFree_v2(one.pointer).unwrap();
    let copied = fake.cuMemcpyDtoDAsync_v2(other.pointer, one.pointer, 10, stream);
    assert_code(copied, Code::INVALID_VALUE);
    assert_code(fake.cuMemsetD8Async(16, 0, 1, stream), Code::INVALID_VALUE);
    assert_kinds(&fake, &["bounds", "use-after-free", "bounds"]);
}

#[test]
fn freeing_what_an_operation_may_still_use_is_a_race() {
    let mut fake = Fake::own(&[]);
    for schedule in ["lazy", "eager", "random"] {
        fake.restart(&[("FAKE_CUDA_SCHEDULE", schedule)]);
        let (buffer, stream) = (fake.buffer(100).unwrap(), fake.stream(true).unwrap());
        fake.cuMemsetD8Async(buffer.pointer, 0, 100, stream)
            .unwrap();
        fake.cuMemFree_v2(buffer.pointer).unwrap();
        assert_kinds(&fake, &["race"]);
        fake.fakeCudaSettle().unwrap();
    }
}

#[test]
fn reading_while_another_reads_is_no_race() {
    let fake = Fake::own(&[]);
    let buffer = fake.buffer(100).unwrap();
    for _ in 0..3 {
        fake.use_on(fake.stream(true).unwrap(), buffer.pointer, 100)
            .unwrap();
    }
    fake.found().assert_clean();
    fake.cuMemsetD8Async(buffer.pointer, 0, 100, fake.lane().unwrap())
        .unwrap();
    assert_kinds(&fake, &["race"]);
}
