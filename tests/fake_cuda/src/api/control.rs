//! What tests use beside the functions of the driver.

use std::ffi::{c_char, c_int};

use super::{put_text, text};
use crate::call::{Rule, call, locked, resume};
use crate::codes::Code;
use crate::state::State;

/// Writes the report as JSON into a buffer, as far as it fits, and returns its length in bytes
/// without the zero at its end. A null buffer only asks for the length.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaReport(buffer: *mut c_char, size: usize) -> usize {
    let report = locked(|state| state.report_json().to_string());
    // A null buffer is a question.
    let _ = put_text(&report, buffer, size);
    report.len()
}

/// Sets a setting, before `cuInit`; it takes precedence over the environment and outlives
/// `fakeCudaReset`. An empty value is the default.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaConfigure(name: *const c_char, value: *const c_char) -> c_int {
    let (Ok(name), Ok(value)) = (text(name), text(value)) else {
        return Code::INVALID_VALUE.0;
    };
    locked(|state| state.overrides.insert(name, value));
    Code::SUCCESS.0
}

/// Runs everything that is pending, as if much time had passed.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaSettle() -> c_int {
    locked(State::settle);
    Code::SUCCESS.0
}

/// Has what hangs go on, and nothing hang from now on.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaResume() -> c_int {
    resume();
    Code::SUCCESS.0
}

/// Sets the seed of the schedule from now on.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaSetSeed(seed: u64) -> c_int {
    locked(|state| {
        state.configure();
        state.config.seed = seed;
        state.seed(seed);
    });
    Code::SUCCESS.0
}

/// Forgets memory, streams, events, captures, errors and the report, and reads the settings again.
/// What a process keeps for its whole life stays: contexts, which are current where, and modules.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaReset() -> c_int {
    locked(State::reset);
    Code::SUCCESS.0
}

/// Begins a capture of a stream in global mode, as `torch.cuda.graph` does.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaBeginCapture(stream: usize) -> c_int {
    call("fakeCudaBeginCapture", Rule::Context, |state| {
        state.begin_capture(stream, crate::capture::GLOBAL)
    })
}

/// Ends a capture and says whether it is still valid, as `cuStreamEndCapture` does.
#[unsafe(no_mangle)]
extern "C" fn fakeCudaEndCapture(stream: usize) -> c_int {
    call("fakeCudaEndCapture", Rule::Context, |state| {
        state.end_capture(stream).map(drop)
    })
}
