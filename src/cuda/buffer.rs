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

    /// Frees it if nothing uses it any more; gives it back if something does, or that cannot be
    /// told now.
    pub(super) fn release(mut self) -> Option<Self> {
        let context = Arc::clone(self.memory.context());
        match self.resolve(&context).and_then(|_| self.has_passed()) {
            Ok(true) => None,
            Ok(false) => Some(self),
            Err(_) => {
                // Something may use it for ever; a driver that failed frees nothing anyway.
                std::mem::forget(self.memory);
                None
            }
        }
    }

    /// Whether all work that used it is done, as far as that can be told.
    fn has_passed(&self) -> Result<bool, Failed> {
        for pending in &self.pending {
            match pending {
                Pending::Until(event) if event.has_passed()? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
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
}
