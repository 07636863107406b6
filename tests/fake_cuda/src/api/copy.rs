//! Copies and fills.

use std::ffi::{c_int, c_void};

use crate::call::{Rule, call};
use crate::streams::LEGACY;

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyHtoDAsync_v2(
    target: u64,
    source: *const c_void,
    bytes: usize,
    stream: usize,
) -> c_int {
    call("cuMemcpyHtoDAsync_v2", Rule::Context, |state| {
        state.copy_to_device(target, source as usize, bytes, stream)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyDtoHAsync_v2(
    target: *mut c_void,
    source: u64,
    bytes: usize,
    stream: usize,
) -> c_int {
    call("cuMemcpyDtoHAsync_v2", Rule::Context, |state| {
        state.copy_to_host(target as usize, source, bytes, stream)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyDtoDAsync_v2(target: u64, source: u64, bytes: usize, stream: usize) -> c_int {
    call("cuMemcpyDtoDAsync_v2", Rule::Context, |state| {
        state.copy_on_device(target, source, bytes, stream)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyHtoD_v2(target: u64, source: *const c_void, bytes: usize) -> c_int {
    call("cuMemcpyHtoD_v2", Rule::Unsafe, |state| {
        state.copy_to_device(target, source as usize, bytes, LEGACY)?;
        state.observe_stream(LEGACY)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyDtoH_v2(target: *mut c_void, source: u64, bytes: usize) -> c_int {
    call("cuMemcpyDtoH_v2", Rule::Unsafe, |state| {
        state.copy_to_host(target as usize, source, bytes, LEGACY)?;
        state.observe_stream(LEGACY)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemsetD8Async(target: u64, value: u8, bytes: usize, stream: usize) -> c_int {
    call("cuMemsetD8Async", Rule::Context, |state| {
        state.fill(target, value, bytes, stream)
    })
}
