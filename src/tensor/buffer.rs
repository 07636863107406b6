//! One aligned block of bytes.
#![expect(unsafe_code, reason = "aligned allocation is not to be had from Vec")]

use std::alloc::{self, Layout};
use std::fmt;
use std::ptr::NonNull;

use crate::error::{Error, Result};

/// Every array handed out starts on such a boundary. TensorFlow takes any pointer through `DLPack`
/// unchecked, and aborts the process in the first operation on one that is not so aligned; JAX
/// copies silently.
pub const ALIGNMENT: usize = 64;

/// Owned bytes, zeroed at first, starting on an [`ALIGNMENT`] boundary.
pub struct Buffer {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the buffer owns its memory, and hands it out only under Rust's borrowing rules.
unsafe impl Send for Buffer {}
// SAFETY: as above; shared access is read-only.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// A buffer of `len` zero bytes. Batches may be large, so a machine that has no such memory is
    /// an error, not an abort.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room.
    pub fn new(len: usize) -> Result<Self> {
        let layout = Layout::from_size_align(len.max(1), ALIGNMENT)
            .map_err(|_| Error::Memory { bytes: len })?;
        // SAFETY: the layout has a size of at least one byte.
        let start = unsafe { alloc::alloc_zeroed(layout) };
        let start = NonNull::new(start).ok_or(Error::Memory { bytes: len })?;
        Ok(Self { start, layout })
    }

    /// Length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a buffer is never empty")]
    pub fn len(&self) -> usize {
        self.layout.size()
    }

    /// Address of the first byte.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout, freed once.
        unsafe { alloc::dealloc(self.start.as_ptr(), self.layout) }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("start", &self.start)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
