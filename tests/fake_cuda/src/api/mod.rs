//! The exported functions, with the names and signatures of `cuda.h`.

mod context;
mod control;
mod copy;
mod device;
mod event;
mod memory;
mod module;
mod stream;

use std::ffi::{CStr, c_char};

use crate::codes::{Code, Result};

/// Writes a result through a pointer of the caller.
fn put<T>(pointer: *mut T, value: T) -> Result<()> {
    if pointer.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    // SAFETY: the functions of cuda.h take pointers to where a value of this type may be written.
    unsafe { pointer.write_unaligned(value) };
    Ok(())
}

/// Reads a value through a pointer of the caller.
fn get<T>(pointer: *const T) -> Result<T> {
    if pointer.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    // SAFETY: as for writing.
    Ok(unsafe { pointer.read_unaligned() })
}

/// The text of a C string of the caller.
fn text(pointer: *const c_char) -> Result<String> {
    if pointer.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    // SAFETY: the caller passes a string that ends with a zero.
    let text = unsafe { CStr::from_ptr(pointer) };
    Ok(text.to_string_lossy().into_owned())
}

/// Writes as much of a text as fits into a buffer of the caller, with a zero at its end.
fn put_text(text: &str, buffer: *mut c_char, size: usize) -> Result<()> {
    if buffer.is_null() || size == 0 {
        return Err(Code::INVALID_VALUE);
    }
    let taken = text.len().min(size - 1);
    let bytes = [&text.as_bytes()[..taken], &[0]].concat();
    // SAFETY: the caller's buffer has `size` bytes, which is more than `taken`.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len()) };
    Ok(())
}
