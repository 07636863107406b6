//! Modules and launches.

use std::ffi::{c_char, c_int, c_void};

use super::{put, put_text, text};
use crate::call::{Rule, call};
use crate::codes::{Code, Result};
use crate::state::State;

/// `CU_JIT_ERROR_LOG_BUFFER` and `CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES`.
const ERROR_LOG: c_int = 5;
const ERROR_LOG_SIZE: c_int = 6;
/// The threads of a block that the kernels are written for.
const BLOCK: [u32; 3] = [256, 1, 1];

#[unsafe(no_mangle)]
extern "C" fn cuModuleLoadDataEx(
    module: *mut usize,
    image: *const c_void,
    count: u32,
    options: *const c_int,
    values: *const *mut c_void,
) -> c_int {
    const NAME: &str = "cuModuleLoadDataEx";
    let read = || {
        (0..count as usize)
            .map(|at| option(options, values, at))
            .collect()
    };
    let options: Vec<(c_int, usize)> = read();
    let result = call(NAME, Rule::Unsafe, |state| {
        let image = text(image.cast())?;
        let loaded = state.load_module(&image);
        put(
            module,
            loaded.map_err(|(code, log)| with_log(&options, code, &log))?,
        )
    });
    // Failures on demand have a log, too.
    match Code(result) {
        Code::JIT_COMPILER_NOT_FOUND => {
            with_log(&options, Code(result), "PTX JIT compiler library not found");
        }
        Code::UNSUPPORTED_PTX_VERSION if first_byte(&options) == Some(0) => {
            with_log(
                &options,
                Code(result),
                "ptxas fatal   : Unsupported .version; on demand",
            );
        }
        _ => {}
    }
    result
}

#[unsafe(no_mangle)]
extern "C" fn cuModuleUnload(module: usize) -> c_int {
    call("cuModuleUnload", Rule::Unsafe, |state| {
        state.unload_module(module)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuModuleGetFunction(
    function: *mut usize,
    module: usize,
    name: *const c_char,
) -> c_int {
    call("cuModuleGetFunction", Rule::Context, |state| {
        put(function, state.module_function(module, &text(name)?)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuLaunchKernel(
    function: usize,
    grid_x: u32,
    grid_y: u32,
    grid_z: u32,
    block_x: u32,
    block_y: u32,
    block_z: u32,
    shared_bytes: u32,
    stream: usize,
    parameters: *const *const c_void,
    extra: *const *const c_void,
) -> c_int {
    call("cuLaunchKernel", Rule::Context, |state| {
        let kernel = state.kernel(function)?;
        let grid = [grid_x, grid_y, grid_z];
        check_shape(state, grid, [block_x, block_y, block_z], shared_bytes)?;
        let launch = kernel.launch(parameters).filter(|_| extra.is_null());
        state.launch(launch.ok_or(Code::INVALID_VALUE)?, stream)
    })
}

/// Checks a launch against what the kernels are written for.
fn check_shape(state: &mut State, grid: [u32; 3], block: [u32; 3], shared: u32) -> Result<()> {
    if grid.contains(&0) || block.contains(&0) {
        return Err(Code::INVALID_VALUE);
    }
    if grid[1..] != [1, 1] || block != BLOCK || shared != 0 {
        let shape = format!("grid {grid:?}, block {block:?}, {shared} bytes of shared memory");
        state.violate("misuse", format!("the kernels are not written for {shape}"));
        return Err(Code::INVALID_VALUE);
    }
    Ok(())
}

/// An option of the caller: its number and its value, which is often a pointer.
fn option(options: *const c_int, values: *const *mut c_void, at: usize) -> (c_int, usize) {
    // SAFETY: the caller passes two arrays of the length that it names.
    let number = unsafe { options.add(at).read_unaligned() };
    // SAFETY: as above.
    let value = unsafe { values.add(at).read_unaligned() };
    (number, value as usize)
}

/// Writes the driver's log into the buffer that the options name, if they do.
fn with_log(options: &[(c_int, usize)], code: Code, log: &str) -> Code {
    let value = |wanted| {
        options
            .iter()
            .find(|option| option.0 == wanted)
            .map(|option| option.1)
    };
    if let (Some(buffer), Some(size)) = (value(ERROR_LOG), value(ERROR_LOG_SIZE)) {
        // A buffer without room for anything gets nothing.
        let _ = put_text(log, buffer as *mut c_char, size);
    }
    code
}

/// The first byte of the log's buffer.
fn first_byte(options: &[(c_int, usize)]) -> Option<u8> {
    let buffer = options.iter().find(|option| option.0 == ERROR_LOG)?.1;
    super::get(buffer as *const u8).ok()
}
