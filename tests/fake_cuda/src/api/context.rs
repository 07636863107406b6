//! Contexts.

use std::ffi::c_int;

use super::device::index;
use super::{get, put};
use crate::call::{Rule, call};
use crate::capture::RELAXED;
use crate::codes::{Code, Result};
use crate::plant::Plant;
use crate::state::State;

/// The priorities of streams, least and greatest.
const PRIORITIES: (c_int, c_int) = (0, -5);

#[unsafe(no_mangle)]
extern "C" fn cuDevicePrimaryCtxRetain(context: *mut usize, device: c_int) -> c_int {
    call("cuDevicePrimaryCtxRetain", Rule::Initialized, |state| {
        let device = index(state, device)?;
        put(context, state.retain(device))
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDevicePrimaryCtxRelease_v2(device: c_int) -> c_int {
    call("cuDevicePrimaryCtxRelease_v2", Rule::Initialized, |state| {
        index(state, device).map(drop)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxPushCurrent_v2(context: usize) -> c_int {
    call("cuCtxPushCurrent_v2", Rule::Initialized, |state| {
        let context = context_or_none(state, context)?;
        state.thread().contexts.push(context);
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxPopCurrent_v2(context: *mut usize) -> c_int {
    call("cuCtxPopCurrent_v2", Rule::Initialized, |state| {
        let Some(popped) = state.thread().contexts.pop() else {
            state.violate("no-context", "no context is current to the calling thread");
            return Err(Code::INVALID_CONTEXT);
        };
        let handle = popped.map_or(0, |index| state.contexts[index].handle);
        if context.is_null() {
            Ok(())
        } else {
            put(context, handle)
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSetCurrent(context: usize) -> c_int {
    call("cuCtxSetCurrent", Rule::Initialized, |state| {
        let context = context_or_none(state, context)?;
        let stack = &mut state.thread().contexts;
        stack.pop();
        stack.push(context);
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxGetCurrent(context: *mut usize) -> c_int {
    call("cuCtxGetCurrent", Rule::Initialized, |state| {
        let current = state.current_context();
        put(
            context,
            current.map_or(0, |index| state.contexts[index].handle),
        )
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxGetDevice(device: *mut c_int) -> c_int {
    call("cuCtxGetDevice", Rule::Context, |state| {
        put(device, state.current_device()? as c_int)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSynchronize() -> c_int {
    call("cuCtxSynchronize", Rule::Unsafe, |state| {
        let context = state.context()?;
        state.check_no_capture_in(context)?;
        if !state.plants(Plant::SkipContextSync) {
            let before = state.everything(context);
            state.observe(&before)?;
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxRecordEvent(context: usize, event: usize) -> c_int {
    call("cuCtxRecordEvent", Rule::Context, |state| {
        state.record_context(context, event)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxGetStreamPriorityRange(least: *mut c_int, greatest: *mut c_int) -> c_int {
    call("cuCtxGetStreamPriorityRange", Rule::Context, |_| {
        if !least.is_null() {
            put(least, PRIORITIES.0)?;
        }
        if greatest.is_null() {
            Ok(())
        } else {
            put(greatest, PRIORITIES.1)
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuThreadExchangeStreamCaptureMode(mode: *mut u32) -> c_int {
    call("cuThreadExchangeStreamCaptureMode", Rule::Free, |state| {
        let wanted = get(mode)?;
        if wanted > RELAXED {
            return Err(Code::INVALID_VALUE);
        }
        let old = std::mem::replace(&mut state.thread().capture_mode, wanted);
        put(mode, old)
    })
}

/// The index of a context; 0 is none.
fn context_or_none(state: &mut State, context: usize) -> Result<Option<usize>> {
    if context == 0 {
        Ok(None)
    } else {
        state.context_of(context).map(Some)
    }
}
