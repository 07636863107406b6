//! Stream captures.

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

use crate::support::{assert_code, assert_kinds};

const NONE: u32 = 0;
const ACTIVE: u32 = 1;
const INVALIDATED: u32 = 2;

const GLOBAL: u32 = 0;
const THREAD_LOCAL: u32 = 1;
const RELAXED: u32 = 2;

fn status(fake: &Fake, stream: usize) -> u32 {
    let mut status = 9;
    fake.cuStreamIsCapturing(stream, &raw mut status).unwrap();
    status
}

fn set_mode(fake: &Fake, mode: u32) -> u32 {
    let mut mode = mode;
    fake.cuThreadExchangeStreamCaptureMode(&raw mut mode)
        .unwrap();
    mode
}

/// Runs something on another thread with the context current, in a capture mode.
fn elsewhere(fake: &Fake, mode: u32, body: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            fake.cuCtxPushCurrent_v2(fake.context).unwrap();
            assert_eq!(set_mode(fake, mode), GLOBAL);
            body();
        });
    });
}

#[test]
fn captured_operations_do_not_run() {
    let fake = Fake::own(&[]);
    let (buffer, stream) = (fake.buffer(8).unwrap(), fake.stream(true).unwrap());
    assert_eq!(status(&fake, stream), NONE);
    fake.fakeCudaBeginCapture(stream).unwrap();
    assert_eq!(status(&fake, stream), ACTIVE);
    fake.cuMemsetD8Async(buffer.pointer, 1, 8, stream).unwrap();
    fake.fakeCudaEndCapture(stream).unwrap();
    assert_eq!(status(&fake, stream), NONE);
    assert_eq!(fake.read(stream, buffer.pointer, 1).unwrap(), [0xcd]);
    assert_eq!(fake.found().numbers["captured"], 1);
    fake.found().assert_clean();
}

/// Whether an unsafe call breaks a capture that was begun on this thread in one mode, when it comes
/// from this thread or another in some mode of its own.
#[track_caller]
fn assert_breaks(expected: bool, capture: u32, is_elsewhere: bool, mode: u32) {
    let fake = Fake::own(&[]);
    let stream = fake.stream(true).unwrap();
    fake.cuStreamBeginCapture_v2(stream, capture).unwrap();
    let call = || {
        let allocated = fake.buffer(8).map(drop);
        let code = if expected {
            Err(Code::STREAM_CAPTURE_UNSUPPORTED)
        } else {
            Ok(())
        };
        assert_eq!(allocated, code);
    };
    if is_elsewhere {
        elsewhere(&fake, mode, call);
    } else {
        set_mode(&fake, mode);
        call();
    }
    assert_eq!(
        status(&fake, stream),
        if expected { INVALIDATED } else { ACTIVE }
    );
    let mut graph = 1;
    let ended = fake.cuStreamEndCapture(stream, &raw mut graph);
    if expected {
        assert_code(ended, Code::STREAM_CAPTURE_INVALIDATED);
        assert_eq!(graph, 0);
        assert_kinds(&fake, &["capture"]);
    } else {
        ended.unwrap();
        fake.found().assert_clean();
    }
}

#[test]
fn modes_decide_which_calls_break_a_capture() {
    for (capture, is_elsewhere, mode, breaks) in [
        (GLOBAL, false, GLOBAL, true),
        (GLOBAL, true, GLOBAL, true),
        (GLOBAL, true, THREAD_LOCAL, false),
        (GLOBAL, true, RELAXED, false),
        (GLOBAL, false, RELAXED, false),
        (THREAD_LOCAL, false, GLOBAL, true),
        (THREAD_LOCAL, false, THREAD_LOCAL, true),
        (THREAD_LOCAL, true, GLOBAL, false),
        (RELAXED, false, GLOBAL, false),
        (RELAXED, true, GLOBAL, false),
    ] {
        assert_breaks(breaks, capture, is_elsewhere, mode);
    }
}

#[test]
fn asynchronous_work_on_other_streams_is_allowed() {
    let fake = Fake::own(&[]);
    let (buffer, stream) = (fake.buffer(8).unwrap(), fake.stream(true).unwrap());
    let (lane, event) = (fake.lane().unwrap(), fake.event().unwrap());
    fake.fakeCudaBeginCapture(stream).unwrap();
    elsewhere(&fake, GLOBAL, || {
        fake.cuMemsetD8Async(buffer.pointer, 1, 8, lane).unwrap();
        fake.cuEventRecord(event, lane).unwrap();
        fake.cuStreamWaitEvent(lane, event, 0).unwrap();
    });
    elsewhere(&fake, RELAXED, || fake.cuEventSynchronize(event).unwrap());
    fake.fakeCudaEndCapture(stream).unwrap();
    fake.found().assert_clean();
}

#[test]
fn a_capture_cannot_wait_for_what_is_outside_of_it() {
    let fake = Fake::own(&[]);
    let (stream, lane, event) = (
        fake.stream(true).unwrap(),
        fake.lane().unwrap(),
        fake.event().unwrap(),
    );
    fake.cuEventRecord(event, lane).unwrap();
    fake.fakeCudaBeginCapture(stream).unwrap();
    assert_code(
        fake.cuStreamWaitEvent(stream, event, 0),
        Code::STREAM_CAPTURE_ISOLATION,
    );
    assert_code(
        fake.fakeCudaEndCapture(stream),
        Code::STREAM_CAPTURE_INVALIDATED,
    );
    assert_kinds(&fake, &["capture"]);
}

#[test]
fn an_event_of_a_capture_draws_streams_into_it_and_cannot_be_asked() {
    let fake = Fake::own(&[]);
    let (stream, other, event) = (
        fake.stream(true).unwrap(),
        fake.lane().unwrap(),
        fake.event().unwrap(),
    );
    fake.cuStreamBeginCapture_v2(stream, RELAXED).unwrap();
    fake.cuEventRecord(event, stream).unwrap();
    fake.cuStreamWaitEvent(other, event, 0).unwrap();
    assert_eq!(status(&fake, other), ACTIVE);
    fake.found().assert_clean();
    let third = fake.lane().unwrap();
    elsewhere(&fake, GLOBAL, || {
        fake.cuStreamWaitEvent(third, event, 0).unwrap();
    });
    assert_kinds(&fake, &["capture"]);
    assert_code(fake.cuEventQuery(event), Code::CAPTURED_EVENT);
    assert_eq!(status(&fake, stream), INVALIDATED);
    assert_kinds(&fake, &["capture", "capture"]);
}

#[test]
fn the_legacy_stream_and_the_whole_context_conflict_with_a_capture() {
    let fake = Fake::own(&[]);
    let (buffer, event) = (fake.buffer(8).unwrap(), fake.event().unwrap());
    let (blocking, other) = (fake.stream(false).unwrap(), fake.stream(true).unwrap());
    fake.cuStreamBeginCapture_v2(blocking, RELAXED).unwrap();
    let mut status = 0;
    let asked = fake.cuStreamIsCapturing(0, &raw mut status);
    assert_code(asked, Code::STREAM_CAPTURE_IMPLICIT);
    fake.found().assert_clean();
    let filled = fake.cuMemsetD8Async(buffer.pointer, 0, 8, 0);
    assert_code(filled, Code::STREAM_CAPTURE_IMPLICIT);
    fake.fakeCudaEndCapture(blocking).unwrap_err();
    fake.cuStreamBeginCapture_v2(other, RELAXED).unwrap();
    fake.cuMemsetD8Async(buffer.pointer, 0, 8, 0).unwrap();
    let recorded = fake.cuCtxRecordEvent(fake.context, event);
    assert_code(recorded, Code::STREAM_CAPTURE_UNSUPPORTED);
    assert_code(
        fake.fakeCudaEndCapture(other),
        Code::STREAM_CAPTURE_INVALIDATED,
    );
    fake.cuStreamBeginCapture_v2(other, RELAXED).unwrap();
    assert_code(
        fake.cuStreamSynchronize(other),
        Code::STREAM_CAPTURE_UNSUPPORTED,
    );
    assert_kinds(&fake, &["capture"; 3]);
}
