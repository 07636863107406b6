//! Address space that nothing may touch: device pointers and handles lie in it, so a host that
//! dereferences one faults. Addresses are never used twice.

use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is reserved, or less where the system does not give that much.
const BYTES: u64 = 1 << 39;
/// The first part is for handles.
const HANDLES: u64 = 1 << 30;
/// What `cuMemAlloc` aligns to, and what contexts, streams and others are apart.
const ALIGNMENT: u64 = 256;
/// Lies between two allocations.
const GUARD: u64 = 4096;

static RESERVED: OnceLock<Range<u64>> = OnceLock::new();
static NEXT_HANDLE: AtomicU64 = AtomicU64::new(0);
static NEXT_BYTES: AtomicU64 = AtomicU64::new(HANDLES);

/// The addresses of handles and device memory.
pub(crate) fn range() -> &'static Range<u64> {
    RESERVED.get_or_init(|| {
        let mut bytes = BYTES;
        loop {
            // SAFETY: a new mapping of the system's choice, which nothing uses as memory.
            let start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    bytes as usize,
                    libc::PROT_NONE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if start != libc::MAP_FAILED {
                return start as u64..start as u64 + bytes;
            }
            bytes /= 2;
            assert!(
                bytes > 2 * HANDLES,
                "fake_cuda: no address space for device memory"
            );
        }
    })
}

/// A handle for a new object.
pub(crate) fn handle() -> usize {
    let offset = NEXT_HANDLE.fetch_add(ALIGNMENT, Ordering::Relaxed);
    assert!(offset < HANDLES, "fake_cuda: out of handles");
    (range().start + offset + ALIGNMENT) as usize
}

/// Addresses for `bytes` of device memory, or `None` when all are used.
pub(crate) fn device_memory(bytes: u64) -> Option<u64> {
    let taken = (bytes + GUARD).next_multiple_of(ALIGNMENT);
    let offset = NEXT_BYTES.fetch_add(taken, Ordering::Relaxed);
    let start = range().start + offset;
    (start + taken <= range().end).then_some(start)
}

/// Whether an address is a handle or in device memory, live or not.
pub(crate) fn contains(address: u64) -> bool {
    RESERVED.get().is_some_and(|range| range.contains(&address))
}
