//! Memory on a device that is used again and again, and what may still use it.

use std::sync::Arc;

use super::context::Context;
use super::driver::Failed;
use super::memory::Memory;
use super::stream::{Event, StreamHandle};

/// A buffer, and what must be done before it may be written again.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) memory: Memory,
    pub(super) pending: Vec<Pending>,
}

/// Work that may still use a buffer.
#[derive(Debug)]
pub(super) enum Pending {
    /// What came before an event.
    Until(Arc<Event>),
    /// What a stream was asked to do before it was captured into a graph. The event can mark that
    /// once the capture has ended.
    BeforeCapture(StreamHandle, Arc<Event>),
    /// Anything in the context: nobody knows on which streams it is.
    Unknown,
}

impl Buffer {
    /// Finds events for all work that may still use it; false if that cannot be done now.
    pub(super) fn resolve(&mut self, context: &Arc<Context>) -> Result<bool, Failed> {
        for pending in &mut self.pending {
            if !pending.resolve(context) {
                return Ok(false);
            }
        }
        if self.pending.iter().any(|it| matches!(it, Pending::Unknown)) {
            let Some(event) = context.record_all()? else {
                return Ok(false);
            };
            // It comes after everything else.
            self.pending = vec![Pending::Until(Arc::new(event))];
        }
        Ok(true)
    }

    /// Frees it once nothing uses it any more; gives it back if that cannot be told now.
    pub(super) fn release(mut self) -> Option<Self> {
        let context = Arc::clone(self.memory.context());
        let is_done = match self.resolve(&context) {
            Ok(false) => return Some(self),
            Ok(true) => self.pending.iter().all(Pending::wait),
            Err(_) => false,
        };
        if !is_done {
            // Something may use it for ever; a driver that failed frees nothing anyway.
            std::mem::forget(self.memory);
        }
        None
    }
}

impl Pending {
    /// Marks the end of work that was done before a capture; false if that still goes on.
    fn resolve(&mut self, context: &Context) -> bool {
        let Self::BeforeCapture(stream, event) = self else {
            return true;
        };
        match stream.is_capturing(context) {
            Ok(true) => return false,
            Ok(false) if event.record(*stream).is_ok() => *self = Self::Until(Arc::clone(event)),
            _ => *self = Self::Unknown,
        }
        true
    }

    /// Waits for it, if it is an event; whether it is over.
    fn wait(&self) -> bool {
        match self {
            Self::Until(event) => event.wait().is_ok(),
            Self::BeforeCapture(..) | Self::Unknown => false,
        }
    }
}
