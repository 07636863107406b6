//! Device memory and pinned host memory.

use std::ffi::{c_int, c_void};

use super::put;
use crate::call::{Rule, call};
use crate::codes::Code;

#[unsafe(no_mangle)]
extern "C" fn cuMemAlloc_v2(pointer: *mut u64, bytes: usize) -> c_int {
    call("cuMemAlloc_v2", Rule::Unsafe, |state| {
        put(pointer, state.allocate(bytes)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFree_v2(pointer: u64) -> c_int {
    call("cuMemFree_v2", Rule::Unsafe, |state| state.free(pointer))
}

#[unsafe(no_mangle)]
extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> c_int {
    call("cuMemGetInfo_v2", Rule::Context, |state| {
        let used = state.memory.used(state.current_device()?);
        put(free, state.config.memory.saturating_sub(used) as usize)?;
        put(total, state.config.memory as usize)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemHostRegister_v2(start: *mut c_void, bytes: usize, flags: u32) -> c_int {
    call("cuMemHostRegister_v2", Rule::Unsafe, |state| {
        state.register(start as usize, bytes, flags)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemHostUnregister(start: *mut c_void) -> c_int {
    call("cuMemHostUnregister", Rule::Unsafe, |state| {
        state.unregister(start as usize)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemHostAlloc(pointer: *mut usize, bytes: usize, flags: u32) -> c_int {
    call("cuMemHostAlloc", Rule::Unsafe, |state| {
        put(pointer, state.allocate_host(bytes, flags)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFreeHost(start: *mut c_void) -> c_int {
    call("cuMemFreeHost", Rule::Unsafe, |state| {
        state.free_host(start as usize)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemHostGetDevicePointer_v2(
    pointer: *mut u64,
    start: *mut c_void,
    flags: u32,
) -> c_int {
    call("cuMemHostGetDevicePointer_v2", Rule::Context, |state| {
        if flags != 0 || !state.is_pinned(start as usize, 1) {
            return Err(Code::INVALID_VALUE);
        }
        // With unified addressing, both pointers are the same.
        put(pointer, start as u64)
    })
}
