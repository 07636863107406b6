//! The end of everything that a context has been asked to do so far, for work on streams that
//! nobody knows.

use std::sync::{Arc, Mutex};

use super::background::{self, Ticket};
use super::context::{Context, is_of_capture};
use super::driver::Failed;
use super::stream::{Event, StreamHandle};
use crate::sync::lock;

/// The end of everything that a context had been asked to do.
#[derive(Debug)]
pub(super) enum End {
    /// An event marks it.
    Marked(Event),
    /// The driver is too old to mark it, so it is waited for.
    Awaited(Synchronization),
    /// It cannot be told as long as a stream is captured into a graph.
    Captured,
}

/// The synchronization of a context, in the background.
#[derive(Debug)]
pub(super) struct Synchronization {
    ticket: Ticket,
    outcome: Arc<Mutex<Option<Result<(), Failed>>>>,
}

/// How far a synchronization is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    UnderWay,
    /// A capture has prevented it.
    Captured,
}

impl End {
    /// The end of what the context has been asked to do so far. Unless it is a blocking stream that
    /// is captured, nobody can know of the capture before, and to ask breaks it: consumers whose
    /// streams are known do not need this.
    pub(super) fn of(context: &Arc<Context>) -> Result<Self, Failed> {
        let entered = context.enter()?;
        if StreamHandle::LEGACY.is_capturing(context)? {
            return Ok(Self::Captured);
        }
        let Some(record) = context.driver.functions.context_record else {
            return Ok(Self::Awaited(Synchronization::start(context)));
        };
        let event = Event::new(context)?;
        let recorded = entered.call("recording the context's work", |_| {
            // SAFETY: context and event are alive, and of each other.
            unsafe { record(context.handle(), event.handle()) }
        });
        match recorded {
            Ok(()) => Ok(Self::Marked(event)),
            Err(failed) if failed.status().is_some_and(is_of_capture) => Ok(Self::Captured),
            Err(failed) => Err(failed),
        }
    }
}

impl Synchronization {
    fn start(context: &Arc<Context>) -> Self {
        let outcome = Arc::new(Mutex::new(None));
        let (told, synchronized) = (Arc::clone(&outcome), Arc::clone(context));
        let ticket = background::start(context.driver, move || {
            let done = synchronized.synchronize();
            *lock(&told) = Some(done);
        });
        Self { ticket, outcome }
    }

    /// How far it is; waits a moment for it.
    pub(super) fn progress(&self) -> Result<Progress, Failed> {
        self.ticket.wait();
        match lock(&self.outcome).take() {
            None => Ok(Progress::UnderWay),
            Some(Ok(())) => Ok(Progress::Done),
            Some(Err(failed)) if failed.status().is_some_and(is_of_capture) => {
                Ok(Progress::Captured)
            }
            Some(Err(failed)) => Err(failed),
        }
    }
}
