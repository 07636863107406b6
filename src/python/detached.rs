//! What takes time to be dropped, and must not keep other Python threads waiting meanwhile.
#![expect(unsafe_code, reason = "something is dropped without the interpreter")]

use std::mem::ManuallyDrop;
use std::ops::Deref;

use pyo3::prelude::*;

use crate::cuda;

/// Something that holds much memory, on a GPU perhaps.
pub(super) struct Detached<T: Send>(ManuallyDrop<T>);

impl<T: Send> Detached<T> {
    pub(super) fn new(held: T) -> Self {
        Self(ManuallyDrop::new(held))
    }
}

impl<T: Send> Deref for Detached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send> Drop for Detached<T> {
    fn drop(&mut self) {
        // SAFETY: nobody uses it afterwards.
        let held = unsafe { ManuallyDrop::take(&mut self.0) };
        // To free much memory takes time, on a GPU more.
        Python::attach(|py| {
            py.detach(|| {
                drop(held);
                cuda::sweep();
            });
        });
    }
}
