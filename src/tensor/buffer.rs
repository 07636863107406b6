//! Blocks of bytes and what owns them.
#![expect(
    unsafe_code,
    reason = "memory may come from anywhere: its owner keeps it"
)]

use std::any::Any;
use std::fmt;
use std::ptr::NonNull;

use memmap2::{Advice, MmapMut};

use crate::error::{Error, Result};

/// Every array handed out starts on such a boundary. TensorFlow takes any pointer through `DLPack`
/// unchecked, and aborts the process in the first operation on one that is not so aligned; JAX
/// copies silently.
pub const ALIGNMENT: usize = 64;

/// Buffers of at least this size, that of a huge page, are whole pages.
const LARGE: usize = 2 << 20;

/// The device that can read and write some memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The CPU.
    #[default]
    Cpu,
    /// The CUDA device of this ordinal.
    Cuda(u32),
}

/// Where memory for batches comes from.
pub trait Allocator: fmt::Debug + Send + Sync {
    /// A buffer of `len` zero bytes that starts on an [`ALIGNMENT`] boundary. Batches may be large,
    /// so a machine that has no such memory is an error, not an abort.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room.
    fn allocate(&self, len: usize) -> Result<Buffer>;
}

/// Bytes on a device, given back when their owner is dropped.
pub struct Buffer {
    start: NonNull<u8>,
    len: usize,
    device: Device,
    _owner: Box<dyn Any + Send + Sync>,
}

// SAFETY: the owner, which keeps the memory, is Send and Sync, and a buffer only tells its address.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// The `len` bytes from `start` on, which `device` can read and write.
    ///
    /// # Safety
    /// Until `owner` is dropped the memory must stay valid and be used by nobody but those who have
    /// it from this buffer, wherever `owner` is moved. It starts on an [`ALIGNMENT`] boundary.
    pub unsafe fn new(
        start: NonNull<u8>,
        len: usize,
        device: Device,
        owner: impl Any + Send + Sync,
    ) -> Self {
        Self {
            start,
            len,
            device,
            _owner: Box::new(owner),
        }
    }

    /// A copy of some bytes, in the CPU's memory.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room for it.
    pub fn copied(bytes: &[u8]) -> Result<Self> {
        let buffer = Host.allocate(bytes.len())?;
        // SAFETY: the buffer is new and as long as the bytes.
        unsafe {
            buffer
                .as_ptr()
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        Ok(buffer)
    }

    /// Length in bytes.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "arrays may well be empty, buffers are not asked"
    )]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Address of the first byte.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Where the memory is.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("start", &self.start)
            .field("len", &self.len)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// Ordinary memory; large buffers are whole pages, huge ones where the system has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;

impl Allocator for Host {
    fn allocate(&self, len: usize) -> Result<Buffer> {
        if len >= LARGE { pages(len) } else { lines(len) }
    }
}

/// [`ALIGNMENT`] bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read through pointers")] [u8; ALIGNMENT]);

fn lines(len: usize) -> Result<Buffer> {
    let count = len.div_ceil(ALIGNMENT).max(1);
    let mut lines = Vec::new();
    lines
        .try_reserve_exact(count)
        .map_err(|_| Error::Memory { bytes: len })?;
    lines.resize(count, Line([0; ALIGNMENT]));
    let start = NonNull::from(lines.as_mut_slice()).cast();
    // SAFETY: a vector keeps its elements where they are when it is moved, and nobody uses them
    // through it; there are at least `len` bytes of them.
    Ok(unsafe { Buffer::new(start, len, Device::Cpu, lines) })
}

fn pages(len: usize) -> Result<Buffer> {
    let mut map = MmapMut::map_anon(len).map_err(|_| Error::Memory { bytes: len })?;
    // Saves time on systems that have huge pages, and is refused by others.
    let _ = map.advise(Advice::HugePage);
    let start = NonNull::from(&mut map[..]).cast();
    // SAFETY: the mapping stays where it is when its handle is moved, and nobody uses it through
    // that; it has `len` bytes, and pages are aligned to more than `ALIGNMENT`.
    Ok(unsafe { Buffer::new(start, len, Device::Cpu, map) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_aligned_and_zeroed_whatever_their_size() {
        for len in [0, 1, 63, 64, 65, LARGE - 1, LARGE, LARGE + 1] {
            let buffer = Host.allocate(len).unwrap();
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.as_ptr() as usize % ALIGNMENT, 0);
            // SAFETY: the buffer has `len` bytes, and nobody writes them.
            let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr(), len) };
            assert!(bytes.iter().all(|byte| *byte == 0));
        }
    }
}
