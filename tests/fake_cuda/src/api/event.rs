//! Events.

use std::ffi::c_int;

use super::put;
use crate::call::{Rule, call};

#[unsafe(no_mangle)]
extern "C" fn cuEventCreate(event: *mut usize, flags: u32) -> c_int {
    call("cuEventCreate", Rule::Context, |state| {
        put(event, state.create_event(flags)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventDestroy_v2(event: usize) -> c_int {
    call("cuEventDestroy_v2", Rule::Context, |state| {
        state.destroy_event(event)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventRecord(event: usize, stream: usize) -> c_int {
    call("cuEventRecord", Rule::Context, |state| {
        state.record(event, stream)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventQuery(event: usize) -> c_int {
    call("cuEventQuery", Rule::Unsafe, |state| {
        state.query_event(event)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventSynchronize(event: usize) -> c_int {
    call("cuEventSynchronize", Rule::Unsafe, |state| {
        state.synchronize_event(event)
    })
}
