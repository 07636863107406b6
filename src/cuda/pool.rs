//! Device buffers that are lent to batches, and when one may be written again.
//!
//! A buffer's batch may be used by work that consumers have enqueued and the device has not done.
//! So a buffer comes back with events, and whoever writes it next has its stream wait for those.
//! A consumer's stream is marked when the consumer lets go of the memory, which may happen on any
//! thread, even one that the driver itself has called: nothing that could wait is done there. What
//! could not be marked then is left to [`Pool::take`], which workers call.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::buffer::{Buffer, Order};
use super::context::Context;
use super::driver::Failed;
use super::loan::Loan;
use super::memory::Memory;
use super::remains::{self, Remains, leave, sweep};
use crate::error::{Error, Result, counted};
use crate::sync::lock;

/// Called when a buffer that somebody may wait for has come back.
pub type Wake = dyn Fn() + Send + Sync;

/// Buffers of one size on a device. A pool lends as many as the device has room for; it keeps at
/// most `spare` that have come back.
pub struct Pool {
    context: Arc<Context>,
    bytes: usize,
    spare: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Those that came back, the first first.
    free: VecDeque<Buffer>,
    /// How many are with batches that no consumer has taken.
    ahead: usize,
    /// How many are with consumers.
    delivered: usize,
    /// How many threads ask for one now. They may have taken out what is free.
    asking: usize,
    /// Whether there was no room for the last one that was wanted.
    is_short: bool,
    wakes: Vec<Weak<Wake>>,
}

/// What there is among the buffers that came back.
#[derive(Debug)]
enum Reusable {
    /// One that may be written once its events have passed.
    Buffer(Buffer),
    /// One of which this can be told soon.
    Later,
    None,
}

/// A thread that asks for a buffer, until it has one or none.
struct Asking<'a>(&'a Pool);

impl Pool {
    /// A pool of buffers of `bytes` bytes.
    #[must_use]
    pub fn new(context: Arc<Context>, bytes: usize, spare: usize) -> Arc<Self> {
        Arc::new(Self {
            context,
            bytes,
            spare,
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The context of the buffers.
    #[must_use]
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Has `wake` called when a buffer comes back or a batch is delivered, as long as it lives.
    pub fn wake_by(&self, wake: &Arc<Wake>) {
        let mut state = self.lock();
        state.wakes.retain(|wake| wake.strong_count() > 0);
        state.wakes.push(Arc::downgrade(wake));
    }

    /// A buffer; `None` if the device has no room for another one before one comes back, which will
    /// be told, or the context is being synchronized for one that has come back, which will not.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no room and none will come back, or the driver fails.
    pub fn take(self: &Arc<Self>) -> Result<Option<Loan>> {
        sweep();
        let _asking = Asking::new(self);
        match self.reusable()? {
            Reusable::Buffer(buffer) => return Ok(Some(self.loan(buffer))),
            Reusable::Later => return Ok(None),
            Reusable::None => {}
        }
        match Memory::new(&self.context, self.bytes) {
            Ok(memory) => {
                let pending = Vec::new();
                Ok(Some(self.loan(Buffer { memory, pending })))
            }
            Err(failed) if failed.is_out_of_memory() => self.none_left(failed),
            Err(failed) => Err(failed.into()),
        }
    }

    /// The first buffer that came back and whose use can be told; frees what there is too much of.
    fn reusable(&self) -> Result<Reusable> {
        let mut candidates = std::mem::take(&mut self.lock().free);
        let found = first_resolved(&mut candidates, &self.context);
        let kept = candidates.split_off(candidates.len().saturating_sub(self.spare));
        let still_used = candidates.into_iter().filter_map(Buffer::release);
        let kept: Vec<_> = still_used.chain(kept).collect();
        let free = &mut self.lock().free;
        kept.into_iter()
            .rev()
            .for_each(|buffer| free.push_front(buffer));
        Ok(found?)
    }

    fn loan(self: &Arc<Self>, buffer: Buffer) -> Loan {
        let mut state = self.lock();
        state.ahead += 1;
        state.is_short = false;
        drop(state);
        Loan::new(Arc::clone(self), buffer)
    }

    /// What to do when the device is full: wait for batches that come back or memory that is being
    /// freed, or give up.
    fn none_left(&self, failed: Failed) -> Result<Option<Loan>> {
        let mut state = self.lock();
        let other_askers = state.asking - 1;
        let is_used = state.ahead + state.delivered + state.free.len() + other_askers > 0;
        if is_used || remains::are_there() {
            state.is_short = true;
            return Ok(None);
        }
        drop(state);
        Err(self.exhausted(&Error::from(failed).to_string()))
    }

    /// How many buffers are with batches that other iterators have ahead of their consumers, where
    /// there is no room for another one; `None` if one may come without any consumer's doing. The
    /// iterator that asks has `own` batches ahead.
    #[must_use]
    pub fn ready_elsewhere_if_exhausted(&self, own: usize) -> Option<usize> {
        let state = self.lock();
        let is_full = state.is_short && own + state.asking == 0 && state.free.is_empty();
        is_full.then_some(state.ahead)
    }

    /// The error for a device that is full, because of `reason`.
    #[must_use]
    pub fn exhausted(&self, reason: &str) -> Error {
        let wanted = format!("another batch of {}", counted(self.bytes as u64, "byte"));
        let state = self.lock();
        let held = match state.delivered {
            1 => "1 batch is held by the program, ".to_owned(),
            held => format!("{held} batches are held by the program, "),
        };
        let ready = match state.ahead {
            0 => String::new(),
            1 => "1 is ready in another iterator, ".to_owned(),
            ready => format!("{ready} are ready in other iterators, "),
        };
        drop(state);
        let left = if remains::are_there() {
            "what is left of other Loaders is still in use on the GPU, "
        } else {
            ""
        };
        let held = held + &ready + left;
        self.context.full(&wanted, &held, reason)
    }

    /// Notes that a consumer has taken a batch.
    pub(super) fn note_delivery(&self) {
        let wakes = {
            let mut state = self.lock();
            state.ahead -= 1;
            state.delivered += 1;
            state.wakes.clone()
        };
        call(&wakes);
    }

    pub(super) fn give_back(&self, buffer: Buffer, delivered: bool) {
        let wakes = {
            let mut state = self.lock();
            if delivered {
                state.delivered -= 1;
            } else {
                state.ahead -= 1;
            }
            state.free.push_back(buffer);
            state.wakes.clone()
        };
        call(&wakes);
    }
}

/// Takes out the first buffer for which it can be said what must be done before it is written.
fn first_resolved(
    buffers: &mut VecDeque<Buffer>,
    context: &Arc<Context>,
) -> Result<Reusable, Failed> {
    let mut found = Reusable::None;
    for place in 0..buffers.len() {
        match buffers[place].resolve(context)? {
            Order::Known => {
                let buffer = buffers.remove(place);
                return Ok(buffer.map_or(found, Reusable::Buffer));
            }
            // Another buffer would be waited for as long.
            Order::Awaited => found = Reusable::Later,
            Order::Captured => {}
        }
    }
    Ok(found)
}

fn call(wakes: &[Weak<Wake>]) {
    for wake in wakes.iter().filter_map(Weak::upgrade) {
        wake();
    }
}

impl<'a> Asking<'a> {
    fn new(pool: &'a Pool) -> Self {
        pool.lock().asking += 1;
        Self(pool)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.lock().asking -= 1;
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let free = std::mem::take(&mut state.free);
        if self.context.driver.is_at_home() {
            free.into_iter().map(Remains::Buffer).for_each(leave);
        } else {
            std::mem::forget(free);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
