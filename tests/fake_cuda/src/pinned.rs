//! Host memory that the driver has pinned: registered, or allocated here.

use std::ptr;

use crate::codes::{Code, Result};
use crate::memory::POISON;
use crate::reserve;
use crate::state::State;

/// A pinned range of host memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pinned {
    pub(crate) bytes: usize,
    /// Whether it was allocated here rather than registered.
    pub(crate) is_allocated: bool,
}

/// Where bytes named by a host pointer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Pinned,
    Pageable,
}

/// `CU_MEMHOSTREGISTER_READ_ONLY`.
const READ_ONLY: u32 = 8;
/// All flags of `cuMemHostRegister` and `cuMemHostAlloc`.
const FLAGS: u32 = 15;

impl State {
    /// `cuMemHostRegister`.
    pub(crate) fn register(&mut self, start: usize, bytes: usize, flags: u32) -> Result<()> {
        self.current_device()?;
        if start == 0 || bytes == 0 || flags > FLAGS || reserve::contains(start as u64) {
            return Err(Code::INVALID_VALUE);
        }
        if flags & READ_ONLY != 0 {
            return Err(Code::NOT_SUPPORTED);
        }
        if self.overlaps_pinned(start, bytes) {
            return Err(Code::HOST_MEMORY_ALREADY_REGISTERED);
        }
        let pinned = Pinned {
            bytes,
            is_allocated: false,
        };
        self.pinned.insert(start, pinned);
        Ok(())
    }

    /// `cuMemHostUnregister`.
    pub(crate) fn unregister(&mut self, start: usize) -> Result<()> {
        match self.pinned.get(&start).copied() {
            Some(pinned) if !pinned.is_allocated => {
                self.check_unpinned(start, pinned.bytes, "unregister-pending");
                self.check_hang_in(self.context()?)?;
                self.pinned.remove(&start);
                Ok(())
            }
            _ => {
                self.violate(
                    "bad-unregister",
                    format!("nothing is registered at {start:#x}"),
                );
                Err(Code::HOST_MEMORY_NOT_REGISTERED)
            }
        }
    }

    /// `cuMemHostAlloc`.
    pub(crate) fn allocate_host(&mut self, bytes: usize, flags: u32) -> Result<usize> {
        self.current_device()?;
        if bytes == 0 || flags > FLAGS {
            return Err(Code::INVALID_VALUE);
        }
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping of the system's choice.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(Code::OUT_OF_MEMORY);
        }
        // SAFETY: the mapping is of `bytes` bytes and can be written.
        unsafe { ptr::write_bytes(start.cast::<u8>(), POISON, bytes) };
        let pinned = Pinned {
            bytes,
            is_allocated: true,
        };
        self.pinned.insert(start as usize, pinned);
        Ok(start as usize)
    }

    /// `cuMemFreeHost`.
    pub(crate) fn free_host(&mut self, start: usize) -> Result<()> {
        match self.pinned.get(&start).copied() {
            Some(pinned) if pinned.is_allocated => {
                self.check_unpinned(start, pinned.bytes, "free-pending");
                self.check_hang_in(self.context()?)?;
                self.pinned.remove(&start);
                self.freed_host.insert(start, pinned.bytes);
                discard(start, pinned.bytes);
                Ok(())
            }
            _ => {
                let kind = if self.freed_host.contains_key(&start) {
                    "double-free"
                } else {
                    "bad-free"
                };
                self.violate(
                    kind,
                    format!("no pinned memory was allocated at {start:#x}"),
                );
                Err(Code::INVALID_VALUE)
            }
        }
    }

    /// Checks that no operation that the host has not waited for uses memory that goes.
    pub(crate) fn check_unpinned(&mut self, start: usize, bytes: usize, kind: &'static str) {
        let range = start as u64..(start + bytes) as u64;
        if let Some(conflict) = self.accesses.conflict(&range, true, &self.host) {
            let message = format!(
                "pinned memory at {start:#x} is given up, but the host has not waited for {}",
                conflict.access.name
            );
            self.violate(kind, message);
        }
        self.protection.lift(&(start..start + bytes));
    }

    /// Whether host bytes are pinned; part of them being so is an error.
    pub(crate) fn place(&mut self, start: usize, bytes: usize) -> Result<Place> {
        if reserve::contains(start as u64) {
            self.violate(
                "misuse",
                format!("the device pointer {start:#x} is used as a host pointer"),
            );
            return Err(Code::INVALID_VALUE);
        }
        if self.freed_holds(start) {
            self.violate(
                "use-after-free",
                format!("host memory at {start:#x} was freed"),
            );
            return Err(Code::INVALID_VALUE);
        }
        let before = self.pinned.range(..=start).next_back();
        let holder = before.filter(|(first, pinned)| start < *first + pinned.bytes);
        match holder {
            Some((first, pinned)) if start + bytes <= first + pinned.bytes => Ok(Place::Pinned),
            None if !self.overlaps_pinned(start, bytes) => Ok(Place::Pageable),
            _ => {
                self.violate(
                    "bounds",
                    format!("{bytes} bytes from {start:#x} are pinned only in part"),
                );
                Err(Code::INVALID_VALUE)
            }
        }
    }

    /// Whether an address is in pinned memory that was freed.
    pub(crate) fn freed_holds(&self, address: usize) -> bool {
        let before = self.freed_host.range(..=address).next_back();
        before.is_some_and(|(start, bytes)| address < start + bytes)
    }

    fn overlaps_pinned(&self, start: usize, bytes: usize) -> bool {
        let before = self.pinned.range(..start + bytes).next_back();
        before.is_some_and(|(first, pinned)| first + pinned.bytes > start)
    }
}

/// Gives the bytes of a mapping back and keeps its addresses, so that any access faults.
fn discard(start: usize, bytes: usize) {
    let pages = ptr::without_provenance_mut(start);
    // SAFETY: the mapping was made by `allocate_host` and its owner has freed it.
    unsafe { libc::madvise(pages, bytes, libc::MADV_DONTNEED) };
    // SAFETY: as above.
    unsafe { libc::mprotect(pages, bytes, libc::PROT_NONE) };
}
