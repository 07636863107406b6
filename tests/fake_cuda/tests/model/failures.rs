//! Failures on demand.

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

use crate::support::{PAGE, Staging, assert_code};

#[test]
fn the_nth_call_fails_and_has_no_effect() {
    let fake = Fake::own(&[("FAKE_CUDA_FAIL", "cuMemAlloc_v2:2=2,cuEventCreate:*=999")]);
    fake.buffer(8).unwrap();
    assert_code(fake.buffer(8), Code::OUT_OF_MEMORY);
    fake.buffer(8).unwrap();
    for _ in 0..3 {
        assert_code(fake.event(), Code::UNKNOWN);
    }
    let found = fake.found();
    found.assert_clean();
    assert_eq!(
        (found.numbers["allocations"], found.numbers["events"]),
        (2, 0)
    );
    assert_eq!(
        (found.counts["cuMemAlloc_v2"], found.counts["cuEventCreate"]),
        (3, 3)
    );
}

#[test]
fn init_can_fail() {
    let fake = Fake::own(&[]);
    fake.configure("FAKE_CUDA_FAIL", "cuInit:1=803");
    fake.fakeCudaReset().unwrap();
    assert_code(fake.cuInit(0), Code::SYSTEM_DRIVER_MISMATCH);
    fake.cuInit(0).unwrap();
}

#[test]
fn an_asynchronous_failure_is_reported_by_every_later_call() {
    let fake = Fake::own(&[("FAKE_CUDA_FAIL", "cuMemcpyHtoDAsync_v2:1=719!")]);
    let staging = Staging::new(&fake, 1);
    let (buffer, lane, event) = (
        fake.buffer(PAGE).unwrap(),
        fake.lane().unwrap(),
        fake.event().unwrap(),
    );
    fake.cuMemcpyHtoDAsync_v2(buffer.pointer, staging.pointer(), PAGE, lane)
        .unwrap();
    assert_code(fake.cuEventRecord(event, lane), Code::LAUNCH_FAILED);
    assert_code(fake.cuStreamSynchronize(lane), Code::LAUNCH_FAILED);
    assert_code(fake.cuMemFree_v2(buffer.pointer), Code::LAUNCH_FAILED);
    assert_code(
        fake.cuCtxPopCurrent_v2(std::ptr::null_mut()),
        Code::LAUNCH_FAILED,
    );
    let mut version = 0;
    fake.cuDriverGetVersion(&raw mut version).unwrap();
    staging.fill(1); // nothing reads it any more
    let found = fake.found();
    found.assert_clean();
    assert_eq!(
        (found.numbers["pending"], found.numbers["operations"]),
        (0, 0)
    );
}
