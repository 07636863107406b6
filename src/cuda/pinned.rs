//! Host memory that a device copies from without a detour: pinned, and known to the driver.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use memmap2::{Advice, MmapMut};

use super::api::{self, Address};
use super::background;
use super::context::{Context, Shared};
use super::driver::Failed;
use crate::error::{Error, Result, counted};
use crate::file;
use crate::sync::lock;
use crate::tensor::{Allocator, Buffer, Device, Host};

/// A huge page: what one thread touches at a time.
const STRIDE: usize = 2 << 20;

/// Threads that touch pages: more don't make the kernel faster.
const TOUCHING: usize = 4;

/// Allocates pinned memory. Where the driver refuses to pin any, memory is pageable, which the
/// driver copies from more slowly, and [`Pinned::note`] says so.
#[derive(Debug)]
pub struct Pinned {
    context: Arc<Context>,
    note: Mutex<Option<String>>,
}

/// Pages that the driver pinned after we mapped them.
struct Registered {
    context: Arc<Context>,
    /// Taken out when it is dropped.
    map: Option<MmapMut>,
}

/// Memory that the driver allocated.
struct Allocated {
    context: Arc<Context>,
    start: Shared,
}

impl Pinned {
    /// Pinned memory for copies to the context's device, and to any other.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self {
            context,
            note: Mutex::default(),
        }
    }

    /// Why memory could not be pinned, if it could not.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        lock(&self.note).clone()
    }

    fn registered(&self, len: usize) -> Result<Buffer, Failed> {
        let mut map = pages(len)?;
        let start = NonNull::from(&mut map[..]).cast::<u8>();
        let entered = self.context.enter()?;
        entered.call("pinning memory", |driver| {
            let flags = api::PORTABLE | api::DEVICE_MAP;
            // SAFETY: the mapping is `len` bytes long, and outlives its registration.
            unsafe { (driver.host_register)(start.as_ptr().cast(), map.len(), flags) }
        })?;
        let context = Arc::clone(&self.context);
        let map = Some(map);
        let owner = Registered { context, map };
        // SAFETY: the mapping stays where it is when its handle is moved, and nobody uses it
        // through that; pages are aligned to more than a buffer must be.
        Ok(unsafe { Buffer::new(start, len, Device::Cpu, owner) })
    }

    fn allocated(&self, len: usize) -> Result<Buffer, Failed> {
        let mut start: *mut c_void = std::ptr::null_mut();
        let entered = self.context.enter()?;
        entered.call("allocating pinned memory", |driver| {
            let flags = api::PORTABLE | api::DEVICE_MAP;
            // SAFETY: it writes one pointer.
            unsafe { (driver.host_allocate)(&raw mut start, len.max(1), flags) }
        })?;
        let context = Arc::clone(&self.context);
        let owner = Allocated {
            context,
            start: Shared(start),
        };
        let Some(start) = NonNull::new(start.cast::<u8>()) else {
            return Err(Error::Memory { bytes: len }.into());
        };
        // SAFETY: it is new memory of that many bytes.
        unsafe { start.write_bytes(0, len) };
        // SAFETY: the driver's memory is `len` bytes of whole pages that belong to the owner.
        Ok(unsafe { Buffer::new(start, len, Device::Cpu, owner) })
    }
}

impl Allocator for Pinned {
    fn allocate(&self, len: usize) -> Result<Buffer> {
        let refused = match self.registered(len) {
            Ok(buffer) => return Ok(buffer),
            Err(Failed::Refused(error)) => return Err(error),
            Err(refused) => refused,
        };
        if let Ok(buffer) = self.allocated(len) {
            return Ok(buffer);
        }
        let note = format!(
            "{}; {} of staging memory stay pageable, and copies to the GPU are slower: free \
             memory, or raise the limit of locked memory if there is one (`ulimit -l unlimited`; in \
             a container, `--ulimit memlock=-1`)",
            Error::from(refused),
            counted(len as u64, "byte")
        );
        lock(&self.note).get_or_insert(note);
        Host.allocate(len)
    }
}

/// Whole pages, in memory already: pinning pages one by one on first use takes several times as
/// long. A fork does not get them, since it would have to copy what it must not use.
fn pages(len: usize) -> Result<MmapMut> {
    let no_room = |_| Error::Memory { bytes: len };
    let mut map = MmapMut::map_anon(len.max(1)).map_err(no_room)?;
    // Refused where the system has no huge pages.
    let _ = map.advise(Advice::HugePage);
    let _ = map.advise(Advice::DontFork);
    let chunks: Vec<_> = map.chunks_mut(STRIDE).map(Mutex::new).collect();
    file::each(chunks.len(), TOUCHING, |i| {
        lock(&chunks[i]).fill(0);
        Ok(())
    })?;
    drop(chunks);
    Ok(map)
}

/// The address of pinned memory as kernels see it.
pub(super) fn address_on_device(context: &Context, start: *const u8) -> Result<Address, Failed> {
    let mut address = 0;
    let entered = context.enter()?;
    entered.call("mapping pinned memory", |driver| {
        // SAFETY: it writes one address; other memory than pinned is refused.
        unsafe { (driver.host_address)(&raw mut address, start.cast_mut().cast(), 0) }
    })?;
    Ok(address)
}

impl Drop for Registered {
    fn drop(&mut self) {
        let Some(mut map) = self.map.take() else {
            return;
        };
        let context = Arc::clone(&self.context);
        let unpinning = background::start(self.context.driver, move || {
            let unpinned = context.enter().and_then(|entered| {
                entered.call("unpinning memory", |driver| {
                    // SAFETY: it was registered, and no copy from it is under way: the memory is
                    // dropped after those.
                    unsafe { (driver.host_unregister)(map.as_mut_ptr().cast()) }
                })
            });
            if unpinned.is_err() {
                // The driver may still refer to the pages.
                std::mem::forget(map);
            }
        });
        unpinning.wait();
    }
}

impl Drop for Allocated {
    fn drop(&mut self) {
        let (context, start) = (Arc::clone(&self.context), self.start);
        let freeing = background::start(self.context.driver, move || {
            // A driver that can no longer be used has freed it, or will.
            if let Ok(entered) = context.enter() {
                let _ = entered.call("freeing pinned memory", |driver| {
                    // SAFETY: nobody else has it, and no copy from it is under way.
                    unsafe { (driver.host_free)(start.handle()) }
                });
            }
        });
        freeing.wait();
    }
}
