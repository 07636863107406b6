//! Looks at many things one by one, on all cores, and hands over what was found in order.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Watch;
use crate::engine::{self, Begun, Engine, Next};
use crate::error::Result;

/// How many things are handed over at once.
const CHUNK: u64 = 32;

/// How long [`Watch`] may have to wait for its turn.
const PATIENCE: Duration = Duration::from_millis(50);

/// A way to look at things that have numbers.
pub(super) trait Look: Send + Sync + 'static {
    /// What a worker keeps from one to the next.
    type Tools: Send;
    /// What is found.
    type Found: Send;

    /// A worker's tools.
    fn tools(&self) -> Self::Tools;

    /// Looks at number `index`.
    fn look(&self, index: u64, tools: &mut Self::Tools, stop: &AtomicBool) -> Self::Found;

    /// What is noted where looking at number `index` panicked.
    fn panicked(&self, index: u64, message: String) -> Self::Found;
}

/// Looks at `0..len` on `workers` threads, and gives `take` what was found, in order. False if
/// `watch` ended it before.
///
/// # Errors
/// [`crate::error::Error::Threads`] when worker threads cannot be had; what `take` says.
pub(super) fn over<L: Look>(
    look: L,
    len: u64,
    workers: usize,
    watch: Watch<'_>,
    mut take: impl FnMut(u64, L::Found) -> Result<()>,
) -> Result<bool> {
    let engine = Engine::start(Job { look, len }, workers, 2 * workers.max(1))?;
    let mut done = 0;
    loop {
        if let ControlFlow::Break(()) = watch(done, len) {
            return Ok(false);
        }
        match engine.next(PATIENCE)? {
            Next::TimedOut => {}
            Next::End => return Ok(true),
            Next::Batch(found) => {
                done += found.len() as u64;
                found
                    .into_iter()
                    .try_for_each(|(index, found)| take(index, found))?;
            }
        }
    }
}

/// The engine's view of it.
struct Job<L> {
    look: L,
    len: u64,
}

/// Some of the things, and what was found so far.
struct Chunk<F> {
    first: u64,
    found: Mutex<Vec<(u64, F)>>,
}

impl<F> Chunk<F> {
    fn note(&self, index: u64, found: F) {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((index, found));
    }
}

impl<L: Look> engine::Job for Job<L> {
    type Scratch = L::Tools;
    type Batch = Chunk<L::Found>;
    type Output = Vec<(u64, L::Found)>;

    fn scratch(&self) -> L::Tools {
        self.look.tools()
    }

    fn begin(&self, number: u64) -> Result<Begun<Chunk<L::Found>>> {
        let first = number * CHUNK;
        let len = self.len.saturating_sub(first).min(CHUNK);
        if len == 0 {
            return Ok(Begun::End);
        }
        let batch = Chunk {
            first,
            found: Mutex::default(),
        };
        Ok(Begun::Batch {
            batch,
            slots: usize::try_from(len).unwrap_or(usize::MAX),
        })
    }

    fn run(&self, chunk: &Chunk<L::Found>, slot: usize, tools: &mut L::Tools, stop: &AtomicBool) {
        let index = chunk.first + slot as u64;
        chunk.note(index, self.look.look(index, tools, stop));
    }

    fn panicked(&self, chunk: &Chunk<L::Found>, slot: usize, message: String) {
        let index = chunk.first + slot as u64;
        chunk.note(index, self.look.panicked(index, message));
    }

    fn complete(&self, chunk: &Chunk<L::Found>) -> Result<Self::Output> {
        let mut found =
            std::mem::take(&mut *chunk.found.lock().unwrap_or_else(PoisonError::into_inner));
        found.sort_by_key(|(index, _)| *index);
        Ok(found)
    }
}
