//! Initialization, devices, and the names of errors.

use std::ffi::{CStr, c_char, c_int};

use super::{put, put_text};
use crate::call::{self, Rule, call};
use crate::codes::{Code, Result};
use crate::state::State;
use crate::{fault, reserve};

const COMPUTE_CAPABILITY_MAJOR: c_int = 75;
const COMPUTE_CAPABILITY_MINOR: c_int = 76;

#[unsafe(no_mangle)]
extern "C" fn cuInit(flags: u32) -> c_int {
    call("cuInit", Rule::Free, |state| {
        if flags != 0 {
            return Err(Code::INVALID_VALUE);
        }
        if state.config.devices == 0 {
            return Err(Code::NO_DEVICE);
        }
        reserve::range();
        fault::install();
        call::adopt_process();
        state.is_initialized = true;
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDriverGetVersion(version: *mut c_int) -> c_int {
    call("cuDriverGetVersion", Rule::Free, |state| {
        put(version, state.config.version)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceGetCount(count: *mut c_int) -> c_int {
    call("cuDeviceGetCount", Rule::Initialized, |state| {
        put(count, state.config.devices as c_int)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceGet(device: *mut c_int, ordinal: c_int) -> c_int {
    call("cuDeviceGet", Rule::Initialized, |state| {
        index(state, ordinal)?;
        put(device, ordinal)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceGetName(name: *mut c_char, size: c_int, device: c_int) -> c_int {
    call("cuDeviceGetName", Rule::Initialized, |state| {
        index(state, device)?;
        put_text("Fake GPU", name, usize::try_from(size).unwrap_or(0))
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceGetAttribute(value: *mut c_int, attribute: c_int, device: c_int) -> c_int {
    call("cuDeviceGetAttribute", Rule::Initialized, |state| {
        index(state, device)?;
        let found = match attribute {
            COMPUTE_CAPABILITY_MAJOR => Some(state.config.capability.0),
            COMPUTE_CAPABILITY_MINOR => Some(state.config.capability.1),
            _ => self::attribute(attribute, device),
        };
        put(value, found.ok_or(Code::INVALID_VALUE)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int) -> c_int {
    call("cuDeviceTotalMem_v2", Rule::Initialized, |state| {
        index(state, device)?;
        put(bytes, state.config.memory as usize)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDeviceGetPCIBusId(text: *mut c_char, size: c_int, device: c_int) -> c_int {
    call("cuDeviceGetPCIBusId", Rule::Initialized, |state| {
        index(state, device)?;
        let bus = format!("0000:{:02X}:00.0", device + 7);
        put_text(&bus, text, usize::try_from(size).unwrap_or(0))
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuGetErrorName(error: c_int, name: *mut *const c_char) -> c_int {
    call("cuGetErrorName", Rule::Free, |_| {
        put_static(Code(error).name(), name)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuGetErrorString(error: c_int, text: *mut *const c_char) -> c_int {
    call("cuGetErrorString", Rule::Free, |_| {
        put_static(Code(error).text(), text)
    })
}

/// Null and an error for a code that is not CUDA's.
fn put_static(text: Option<&'static CStr>, pointer: *mut *const c_char) -> Result<()> {
    put(pointer, text.map_or(std::ptr::null(), CStr::as_ptr))?;
    text.map(drop).ok_or(Code::INVALID_VALUE)
}

/// The index of a device, which exists.
pub(super) fn index(state: &State, device: c_int) -> Result<usize> {
    let index = usize::try_from(device)
        .ok()
        .filter(|index| *index < state.config.devices);
    index.ok_or(Code::INVALID_DEVICE)
}

/// The value of a `CUdevice_attribute`, 0 for those that nobody here asks for.
fn attribute(attribute: c_int, device: c_int) -> Option<c_int> {
    Some(match attribute {
        1 => 1024,        // MAX_THREADS_PER_BLOCK
        10 => 32,         // WARP_SIZE
        16 => 8,          // MULTIPROCESSOR_COUNT
        39 => 2048,       // MAX_THREADS_PER_MULTIPROCESSOR
        40 => 2,          // ASYNC_ENGINE_COUNT
        33 => device + 7, // PCI_BUS_ID
        // CAN_MAP_HOST_MEMORY, UNIFIED_ADDRESSING,
        // CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM, HOST_REGISTER_SUPPORTED
        19 | 41 | 91 | 99 => 1,
        2..=150 => 0,
        _ => return None,
    })
}
