//! `DLPack` capsules: an array's way into another framework.
#![expect(
    unsafe_code,
    reason = "capsules hold raw pointers that their destructor frees"
)]

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::dlpack::{Array, ManagedTensor, VersionedTensor};

const PLAIN: &CStr = c"dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";

/// A capsule of the array, in the versioned form if `versioned`.
pub(super) fn capsule<'py>(
    py: Python<'py>,
    array: &Array,
    versioned: bool,
) -> PyResult<Bound<'py, PyCapsule>> {
    let (pointer, name, destroy): (*mut c_void, _, unsafe extern "C" fn(*mut ffi::PyObject)) =
        if versioned {
            (array.to_versioned().cast(), VERSIONED, destroy_versioned)
        } else {
            (array.to_managed().cast(), PLAIN, destroy_plain)
        };
    let pointer = NonNull::new(pointer).expect("a box is not null");
    // SAFETY: the pointer is to a tensor just made, of the kind the name says, and the destructor
    // frees that kind.
    unsafe { PyCapsule::new_with_pointer_and_destructor(py, pointer, name, Some(destroy)) }
}

/// The tensor in a capsule, if no consumer took it: a consumer renames the capsule, and frees the
/// tensor itself.
///
/// # Safety
/// `capsule` is a capsule.
unsafe fn untaken(capsule: *mut ffi::PyObject, name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: by this function's contract.
    if unsafe { ffi::PyCapsule_IsValid(capsule, name.as_ptr()) } == 0 {
        return None;
    }
    // SAFETY: a valid capsule of this name.
    NonNull::new(unsafe { ffi::PyCapsule_GetPointer(capsule, name.as_ptr()) })
}

unsafe extern "C" fn destroy_plain(capsule: *mut ffi::PyObject) {
    // SAFETY: Python calls this with the capsule it destroys.
    let Some(tensor) = (unsafe { untaken(capsule, PLAIN) }) else {
        return;
    };
    let tensor = tensor.as_ptr().cast::<ManagedTensor>();
    // SAFETY: made by `to_managed`, and nobody else has it.
    if let Some(deleter) = unsafe { (*tensor).deleter } {
        // SAFETY: as above; called once.
        unsafe { deleter(tensor) }
    }
}

unsafe extern "C" fn destroy_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: Python calls this with the capsule it destroys.
    let Some(tensor) = (unsafe { untaken(capsule, VERSIONED) }) else {
        return;
    };
    let tensor = tensor.as_ptr().cast::<VersionedTensor>();
    // SAFETY: made by `to_versioned`, and nobody else has it.
    if let Some(deleter) = unsafe { (*tensor).deleter } {
        // SAFETY: as above; called once.
        unsafe { deleter(tensor) }
    }
}
