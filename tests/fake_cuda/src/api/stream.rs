//! Streams and captures.

use std::ffi::c_int;

use super::put;
use crate::call::{Rule, call};
use crate::codes::{Code, Result};
use crate::plant::Plant;
use crate::state::State;
use crate::streams::Stream;

/// `CU_STREAM_NON_BLOCKING`.
const NON_BLOCKING: u32 = 1;

#[unsafe(no_mangle)]
extern "C" fn cuStreamCreate(stream: *mut usize, flags: u32) -> c_int {
    call("cuStreamCreate", Rule::Context, |state| {
        put(stream, create(state, flags, false)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamCreateWithPriority(
    stream: *mut usize,
    flags: u32,
    _priority: c_int,
) -> c_int {
    call("cuStreamCreateWithPriority", Rule::Context, |state| {
        put(stream, create(state, flags, true)?)
    })
}

fn create(state: &mut State, flags: u32, is_lane: bool) -> Result<usize> {
    if flags > NON_BLOCKING {
        return Err(Code::INVALID_VALUE);
    }
    let stream = Stream::new(state.context()?, flags & NON_BLOCKING == 0, is_lane);
    let handle = stream.handle;
    state.add_stream(stream);
    Ok(handle)
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamDestroy_v2(stream: usize) -> c_int {
    call("cuStreamDestroy_v2", Rule::Context, |state| {
        state.destroy_stream(stream)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamSynchronize(stream: usize) -> c_int {
    call("cuStreamSynchronize", Rule::Unsafe, |state| {
        let index = state.stream(stream)?;
        state.check_not_capturing(index)?;
        if state.streams[index].is_lane && state.plants(Plant::SkipStreamSync) {
            Ok(())
        } else {
            state.observe_stream(stream)
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamQuery(stream: usize) -> c_int {
    call("cuStreamQuery", Rule::Unsafe, |state| {
        let index = state.stream(stream)?;
        state.check_not_capturing(index)?;
        let last = state.streams[index].last.clone();
        state.query(last.as_slice())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamWaitEvent(stream: usize, event: usize, _flags: u32) -> c_int {
    call("cuStreamWaitEvent", Rule::Context, |state| {
        state.wait(stream, event)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamIsCapturing(stream: usize, status: *mut u32) -> c_int {
    call("cuStreamIsCapturing", Rule::Context, |state| {
        put(status, state.capture_status(stream)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamBeginCapture_v2(stream: usize, mode: u32) -> c_int {
    call("cuStreamBeginCapture_v2", Rule::Context, |state| {
        state.begin_capture(stream, mode)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamEndCapture(stream: usize, graph: *mut usize) -> c_int {
    call("cuStreamEndCapture", Rule::Context, |state| {
        put(graph, 0)?;
        put(graph, state.end_capture(stream)?)
    })
}
