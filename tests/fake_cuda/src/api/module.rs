//! Modules and launches.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

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
    values: *mut *mut c_void,
) -> c_int {
    let mut log = Log::find(count, options, values);
    let result = call("cuModuleLoadDataEx", Rule::Unsafe, |state| {
        let image = text(image.cast())?;
        let loaded = state.load_module(&image);
        put(
            module,
            loaded.map_err(|(code, text)| {
                log.write(&text);
                code
            })?,
        )
    });
    // Failures on demand have a log, too.
    match Code(result) {
        Code::JIT_COMPILER_NOT_FOUND => log.write("PTX JIT compiler library not found"),
        Code::UNSUPPORTED_PTX_VERSION => log.write("ptxas fatal   : Unsupported .version"),
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

/// The caller's buffer for errors of the compiler.
struct Log {
    buffer: *mut c_char,
    size: usize,
    /// Where the caller named the size, and reads how much was written.
    written: *mut *mut c_void,
    is_written: bool,
}

impl Log {
    /// The buffer that options name; it takes nothing if they do not.
    fn find(count: u32, options: *const c_int, values: *mut *mut c_void) -> Self {
        let place = |wanted: c_int| {
            let option = |at: &usize| super::get(options.wrapping_add(*at)) == Ok(wanted);
            let at = (0..count as usize).find(option)?;
            Some(values.wrapping_add(at))
        };
        let value = |place: Option<*mut *mut c_void>| {
            place.map_or(ptr::null_mut(), |place| {
                super::get(place).unwrap_or(ptr::null_mut())
            })
        };
        let written = place(ERROR_LOG_SIZE);
        Self {
            buffer: value(place(ERROR_LOG)).cast(),
            size: value(written) as usize,
            written: written.unwrap_or(ptr::null_mut()),
            is_written: false,
        }
    }

    /// Writes a text unless there is one already, and how long it is.
    fn write(&mut self, text: &str) {
        if self.is_written || put_text(text, self.buffer, self.size).is_err() {
            return;
        }
        self.is_written = true;
        let length = text.len().min(self.size - 1);
        // The caller named a size, so there is a place for it.
        let _ = put(self.written, ptr::without_provenance_mut(length));
    }
}
