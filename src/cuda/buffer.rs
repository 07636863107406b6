//! Memory on a device that is used again and again, and what may still use it.

use std::sync::Arc;

use super::context::Context;
use super::driver::Failed;
use super::everything::{End, Progress, Synchronization};
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
    /// All that the context had been asked to do, as far as a synchronization covers it.
    Synchronized(Synchronization),
}

/// Whether it can be told when a buffer may be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Once its events have passed.
    Known,
    /// Not as long as a stream is captured.
    Captured,
    /// Not before the context has been synchronized.
    Awaited,
}

impl Buffer {
    /// Finds events for all work that may still use it, if that can be done now.
    pub(super) fn resolve(&mut self, context: &Arc<Context>) -> Result<Order, Failed> {
        for pending in &mut self.pending {
            if !pending.resolve(context) {
                return Ok(Order::Captured);
            }
        }
        if self.pending.iter().any(|it| matches!(it, Pending::Unknown)) {
            // It comes after everything else.
            self.pending = match End::of(context)? {
                End::Captured => return Ok(Order::Captured),
                End::Marked(event) => vec![Pending::Until(Arc::new(event))],
                End::Awaited(synchronization) => vec![Pending::Synchronized(synchronization)],
            };
        }
        self.await_synchronization()
    }

    fn await_synchronization(&mut self) -> Result<Order, Failed> {
        let [Pending::Synchronized(synchronization)] = &self.pending[..] else {
            return Ok(Order::Known);
        };
        let progress = synchronization.progress();
        let (pending, order) = match &progress {
            Ok(Progress::UnderWay) => return Ok(Order::Awaited),
            Ok(Progress::Done) => (vec![], Order::Known),
            Ok(Progress::Captured) | Err(_) => (vec![Pending::Unknown], Order::Captured),
        };
        self.pending = pending;
        progress.map(|_| order)
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
