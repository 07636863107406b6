//! What a device may still use although its owner is gone.
//!
//! Nobody waits for a device to be done with it: a device may be busy for long, or for ever. It is
//! kept here until a later call finds that the device is past it.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::background;
use super::buffer::Buffer;
use super::context::Context;
use super::driver::{Driver, Failed};
use super::stream::{Event, Stream};
use crate::sync::lock;

static REMAINS: Mutex<Vec<Remains>> = Mutex::new(Vec::new());

/// How many threads look through them now, and have taken them out meanwhile.
static SWEEPING: AtomicUsize = AtomicUsize::new(0);

/// Something that a device may still use.
pub(super) enum Remains {
    /// A buffer of a pool that is gone.
    Buffer(Buffer),
    /// What streams of ours use.
    OfStreams(OfStreams),
}

/// Memory that is used by what some streams were asked to do.
pub(super) struct OfStreams {
    ends: Vec<Event>,
    memory: Box<dyn Any + Send>,
}

impl OfStreams {
    /// What `streams` use: their work so far comes before their ends.
    pub(super) fn new<'a>(
        context: &Arc<Context>,
        streams: impl Iterator<Item = &'a Stream>,
        memory: Box<dyn Any + Send>,
    ) -> Self {
        let end = |stream: &Stream| {
            let event = Event::new(context)?;
            event.record(stream.handle())?;
            Ok::<_, Failed>(event)
        };
        if let Ok(ends) = streams.map(end).collect() {
            return Self { ends, memory };
        }
        // Nobody can tell any more when the device is done with it.
        std::mem::forget(memory);
        Self {
            ends: Vec::new(),
            memory: Box::new(()),
        }
    }

    fn release(self) -> Option<Self> {
        for end in &self.ends {
            match end.has_passed() {
                Ok(true) => {}
                Ok(false) => return Some(self),
                Err(_) => {
                    std::mem::forget(self.memory);
                    return None;
                }
            }
        }
        None
    }
}

/// Keeps something until the device is past it.
pub(super) fn leave(remains: Remains) {
    lock(&REMAINS).push(remains);
}

/// Frees what devices are past. Does not wait for any.
pub fn sweep() {
    if Driver::is_forked() {
        return;
    }
    SWEEPING.fetch_add(1, Ordering::SeqCst);
    let remains = std::mem::take(&mut *lock(&REMAINS));
    let still_used: Vec<_> = remains.into_iter().filter_map(Remains::release).collect();
    lock(&REMAINS).extend(still_used);
    SWEEPING.fetch_sub(1, Ordering::SeqCst);
}

/// Whether there is memory that will be free once a device is past what it was asked to do.
pub(super) fn are_there() -> bool {
    SWEEPING.load(Ordering::SeqCst) > 0 || !lock(&REMAINS).is_empty() || background::is_busy()
}

impl Remains {
    /// Frees it if the device is past it; gives it back if not.
    fn release(self) -> Option<Self> {
        match self {
            Self::Buffer(buffer) => buffer.release().map(Self::Buffer),
            Self::OfStreams(of_streams) => of_streams.release().map(Self::OfStreams),
        }
    }
}

impl fmt::Debug for OfStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfStreams").finish_non_exhaustive()
    }
}
