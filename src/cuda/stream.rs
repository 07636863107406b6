//! Streams, and events that mark places in them.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::api::{self, Handle};
use super::context::{Context, Shared};
use super::driver::Failed;
use super::memory::Memory;

/// A stream of our own: of the highest priority, and not ordered with the default stream.
#[derive(Debug)]
pub(super) struct Stream {
    context: Arc<Context>,
    handle: Shared,
}

/// A place in the work of a stream.
#[derive(Debug)]
pub(super) struct Event {
    context: Arc<Context>,
    handle: Shared,
}

/// The driver's handle of a stream, ours or a consumer's.
#[derive(Clone, Copy, Debug)]
pub(super) struct StreamHandle(pub(super) Shared);

impl StreamHandle {
    /// The legacy default stream, which cannot even be asked while a blocking stream is captured.
    pub(super) const LEGACY: Self = Self(Shared(std::ptr::null_mut()));

    /// A consumer's stream, by the number that it has in Python.
    pub(super) fn of_number(number: u64) -> Self {
        Self(Shared(std::ptr::with_exposed_provenance_mut(
            usize::try_from(number).unwrap_or(0),
        )))
    }

    fn raw(self) -> Handle {
        self.0.0
    }

    /// Has work that is enqueued from now on wait for `event`.
    pub(super) fn wait_for(self, event: &Event) -> Result<(), Failed> {
        let entered = event.context.enter()?;
        entered.call("making a stream wait for an event", |driver| {
            // SAFETY: the event is alive, and whoever has the stream's handle answers for it.
            unsafe { (driver.stream_wait)(self.raw(), event.handle(), 0) }
        })
    }

    /// Whether its work is captured into a graph instead of being done.
    pub(super) fn is_capturing(self, context: &Context) -> Result<bool, Failed> {
        let mut state = 0;
        let entered = context.enter()?;
        let asked = entered.call("asking whether a stream is captured", |driver| {
            // SAFETY: it writes one number.
            unsafe { (driver.stream_capturing)(self.raw(), &raw mut state) }
        });
        match asked {
            Ok(()) => Ok(state != 0),
            // The default stream may not even be asked while another one is captured.
            Err(failed) if failed.status().is_some_and(super::context::is_of_capture) => Ok(true),
            Err(failed) => Err(failed),
        }
    }

    /// Waits until all its work is done.
    pub(super) fn synchronize(self, context: &Context) -> Result<(), Failed> {
        let entered = context.enter()?;
        entered.call("waiting for a stream", |driver| {
            // SAFETY: whoever has the stream's handle answers for it.
            unsafe { (driver.stream_synchronize)(self.raw()) }
        })
    }

    /// Enqueues a copy from a device to the host.
    ///
    /// # Safety
    /// Both have `len` bytes, until the copy is done.
    pub(super) unsafe fn copy_to_host(
        self,
        context: &Context,
        target: *mut u8,
        source: api::Address,
        len: usize,
    ) -> Result<(), Failed> {
        let entered = context.enter()?;
        entered.call("copying from the device", |driver| {
            // SAFETY: by this function's contract.
            unsafe { (driver.copy_to_host)(target.cast(), source, len, self.raw()) }
        })
    }
}

impl Stream {
    pub(super) fn new(context: &Arc<Context>) -> Result<Self, Failed> {
        let entered = context.enter()?;
        let (mut lowest, mut highest): (c_int, c_int) = (0, 0);
        entered.call("asking for the priorities of streams", |driver| {
            // SAFETY: it writes two numbers.
            unsafe { (driver.stream_priorities)(&raw mut lowest, &raw mut highest) }
        })?;
        let mut handle = std::ptr::null_mut();
        entered.call("creating a stream", |driver| {
            // SAFETY: it writes one handle.
            unsafe { (driver.stream_create)(&raw mut handle, api::NON_BLOCKING, highest) }
        })?;
        Ok(Self {
            context: Arc::clone(context),
            handle: Shared(handle),
        })
    }

    pub(super) fn handle(&self) -> StreamHandle {
        StreamHandle(self.handle)
    }

    /// Enqueues a copy from the host to a device.
    ///
    /// # Safety
    /// The source has `len` bytes and is not written, until the copy is done.
    pub(super) unsafe fn copy_to_device(
        &self,
        target: &Memory,
        offset: usize,
        source: *const u8,
        len: usize,
    ) -> Result<(), Failed> {
        assert!(
            offset + len <= target.len(),
            "a copy beyond the end of its target"
        );
        let entered = self.context.enter()?;
        entered.call("copying to the device", |driver| {
            let source = source.cast::<c_void>();
            let target = target.address() + offset as u64;
            // SAFETY: the source is by this function's contract; the target was just checked.
            unsafe { (driver.copy_to_device)(target, source, len, self.handle.0) }
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A driver that can no longer be used has destroyed it, or will.
        if let Ok(entered) = self.context.enter() {
            let _ = entered.call("destroying a stream", |driver| {
                // SAFETY: nobody else has it.
                unsafe { (driver.stream_destroy)(self.handle.0) }
            });
        }
    }
}

impl Event {
    pub(super) fn new(context: &Arc<Context>) -> Result<Self, Failed> {
        let entered = context.enter()?;
        let mut handle = std::ptr::null_mut();
        entered.call("creating an event", |driver| {
            // SAFETY: it writes one handle.
            unsafe { (driver.event_create)(&raw mut handle, api::QUIET_EVENT) }
        })?;
        Ok(Self {
            context: Arc::clone(context),
            handle: Shared(handle),
        })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.0
    }

    /// Marks the place that a stream is at.
    pub(super) fn record(&self, stream: StreamHandle) -> Result<(), Failed> {
        let entered = self.context.enter()?;
        entered.call("recording an event", |driver| {
            // SAFETY: the event is alive, and whoever has the stream's handle answers for it.
            unsafe { (driver.event_record)(self.handle(), stream.raw()) }
        })
    }

    /// Whether the work before it is done.
    pub(super) fn has_passed(&self) -> Result<bool, Failed> {
        let entered = self.context.enter()?;
        let asked = entered.call("asking for an event", |driver| {
            // SAFETY: the event is alive.
            unsafe { (driver.event_query)(self.handle()) }
        });
        match asked {
            Ok(()) => Ok(true),
            Err(failed) if failed.status() == Some(api::NOT_READY) => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    /// Waits until the work before it is done.
    pub(super) fn wait(&self) -> Result<(), Failed> {
        let entered = self.context.enter()?;
        entered.call("waiting for an event", |driver| {
            // SAFETY: the event is alive.
            unsafe { (driver.event_synchronize)(self.handle()) }
        })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // A driver that can no longer be used has destroyed it, or will.
        if let Ok(entered) = self.context.enter() {
            let _ = entered.call("destroying an event", |driver| {
                // SAFETY: nobody else has it; the driver keeps it until its work is done.
                unsafe { (driver.event_destroy)(self.handle()) }
            });
        }
    }
}
