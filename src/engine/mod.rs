//! Evaluates a function of an index in parallel, on threads of its own, and hands the results over
//! in order.
//!
//! A [`Job`] says what batch number `k` consists of, how one of its samples is made, and what
//! becomes of the finished batch; the engine says when, and on which thread. Batches begin in
//! order, at most `prefetch` of them are begun and not yet taken, and workers take samples from the
//! earliest batch that has any left. Within a batch a sample is taken by one atomic addition; the
//! queue is locked when a batch begins, is complete, or is taken, and the job is never called with
//! the lock held.
//!
//! What a consumer may rely on: batches come in order; [`Engine::next`] waits no longer than it is
//! told, so that its caller can look for signals; dropping the engine stops the workers after the
//! sample they are at; a panic in the job costs one sample or one batch and ends nothing else; in a
//! fork of its process an engine refuses to work.
//!
//! What has no batches but is wanted in order by a consumer who waits, one value for each index, is
//! `in_order`; what is a plain loop over many files needs no engine: [`crate::file::each`].

mod first;
mod on_error;
mod ordered;
mod queue;
mod stats;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use first::FirstError;
pub use on_error::OnError;
pub(crate) use ordered::{Indexed, in_order};
pub use ordered::{Watch, unwatched};
pub(crate) use stats::Clocks;
pub use stats::{Meter, Reading, Stopwatch, WorkerClock, WorkerTime};

use crate::error::{Error, Result};
use queue::Shared;

/// More workers than this are a mistake of whoever asks for them.
pub const MOST_WORKERS: usize = 4096;

/// Checks the numbers that all iterators over batches have.
///
/// # Errors
/// [`Error::Argument`] for one that is not valid.
pub(crate) fn check_batching(
    batch_size: usize,
    prefetch: usize,
    workers: Option<usize>,
) -> Result<()> {
    let workers = workers.unwrap_or(1);
    for (name, value) in [
        ("batch_size", batch_size),
        ("prefetch", prefetch),
        ("workers", workers),
    ] {
        if value == 0 {
            return Err(Error::argument(name, value, "at least 1"));
        }
    }
    if workers > MOST_WORKERS {
        let allowed = format!("at most {MOST_WORKERS}");
        return Err(Error::argument("workers", workers, allowed));
    }
    Ok(())
}

/// Checks that a rank is one of so many.
///
/// # Errors
/// [`Error::Argument`] if it is not.
pub(crate) fn check_shard<T: PartialOrd + fmt::Display>((rank, world): (T, T)) -> Result<()> {
    if rank < world {
        return Ok(());
    }
    let given = format!("({rank}, {world})");
    let allowed = "(rank, world) with 0 <= rank < world";
    Err(Error::argument("shard", given, allowed))
}

/// Cores this process may use: affinity and cgroup quotas are respected.
#[must_use]
pub fn usable_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Work for an engine.
pub trait Job: Send + Sync + 'static {
    /// What a worker keeps from sample to sample.
    type Scratch: Send;
    /// A batch while several workers fill it at once.
    type Batch: Send + Sync;
    /// A batch as the consumer gets it.
    type Output: Send;

    /// A worker's scratch. Called on the worker's thread when it starts, and after a panic.
    fn scratch(&self) -> Self::Scratch;

    /// Takes back the scratch of a worker that ends.
    fn retire(&self, _scratch: Self::Scratch) {}

    /// Begins batch `number`. Numbers come in order, from 0, each until it is begun; one worker at
    /// a time asks, while others may be at batches begun before.
    ///
    /// # Errors
    /// What ends the job; the consumer gets it after the batches begun before.
    fn begin(&self, number: u64) -> Result<Begun<Self::Batch>>;

    /// Makes sample `slot` of a batch. Called once per slot, from any worker. What goes wrong is
    /// noted in the batch. Once `stop` is set nobody wants the sample any more.
    fn run(&self, batch: &Self::Batch, slot: usize, scratch: &mut Self::Scratch, stop: &AtomicBool);

    /// Notes that making a sample panicked.
    fn panicked(&self, batch: &Self::Batch, slot: usize, message: String);

    /// Turns a batch into what the consumer gets. Called once, after the last of its slots, by the
    /// worker that made that one, and before the batch can be taken: here memory is sealed, the
    /// first failure of several is picked, and a copy to a device would be started. Batches may be
    /// completed in any order; what must happen in order is for the consumer to do.
    ///
    /// # Errors
    /// What the consumer gets in place of this batch; the batches after it are not affected. A
    /// panic gives [`Error::Internal`].
    fn complete(&self, batch: &Self::Batch) -> Result<Self::Output>;
}

/// What a job says when it is asked for its next batch.
#[derive(Debug)]
pub enum Begun<B> {
    /// The batch, and how many samples it has.
    Batch {
        /// What workers fill.
        batch: B,
        /// How many samples it has.
        slots: usize,
    },
    /// It cannot be begun yet. Workers do not ask again before [`Notifier::notify`] is called, so
    /// whoever says this sees to that.
    Later,
    /// There are no more batches.
    End,
}

/// A running job.
pub struct Engine<J: Job> {
    shared: Arc<Shared<J>>,
    threads: Vec<JoinHandle<()>>,
    process: u32,
}

/// What a wait for a batch ended with.
#[derive(Debug)]
pub enum Next<B> {
    /// The next batch, complete.
    Batch(B),
    /// There are no more.
    End,
    /// None is ready yet.
    TimedOut,
}

/// How busy an engine is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// Batches that are complete and wait to be taken.
    pub ready: usize,
    /// Batches that are begun and not complete.
    pub begun: usize,
}

/// Tells an engine that a job that said [`Begun::Later`] may have a batch now. It does not keep the
/// engine alive, and may be kept by the job.
#[derive(Clone)]
pub struct Notifier {
    shared: Weak<dyn Notify>,
    process: u32,
}

/// An engine with any job, as a notifier sees it.
trait Notify: Send + Sync {
    fn notify(&self);
}

impl<J: Job> Engine<J> {
    /// Starts `workers` threads on a job; at most `prefetch` batches are made ahead of the
    /// consumer.
    ///
    /// # Errors
    /// [`Error::Threads`] when threads cannot be had.
    pub fn start(job: J, workers: usize, prefetch: usize) -> Result<Self> {
        let mut engine = Self {
            shared: Arc::new(Shared::new(job, prefetch)),
            threads: Vec::new(),
            process: std::process::id(),
        };
        for number in 0..workers.max(1) {
            let shared = Arc::clone(&engine.shared);
            let builder = thread::Builder::new().name(format!("imagepipe-{number}"));
            let thread = builder
                .spawn(move || shared.work())
                .map_err(|source| Error::Threads { source })?;
            engine.threads.push(thread);
        }
        Ok(engine)
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &J {
        &self.shared.job
    }

    /// Measures how long it has been running, and its workers have waited; may outlive it.
    #[must_use]
    pub fn clock(&self) -> Arc<WorkerClock> {
        Arc::clone(&self.shared.clock)
    }

    /// What wakes workers once a job that said [`Begun::Later`] may have a batch.
    #[must_use]
    pub fn notifier(&self) -> Notifier {
        let shared: Weak<Shared<J>> = Arc::downgrade(&self.shared);
        Notifier {
            shared,
            process: self.process,
        }
    }

    /// How busy the engine is now.
    #[must_use]
    pub fn load(&self) -> Load {
        if is_fork_of(self.process) {
            return Load::default();
        }
        self.shared.load()
    }

    /// The next batch, waiting for it at most `patience`.
    ///
    /// # Errors
    /// [`Error::Forked`] in another process than the one that started the engine; what kept a batch
    /// from being begun or completed.
    pub fn next(&self, patience: Duration) -> Result<Next<J::Output>> {
        if is_fork_of(self.process) {
            return Err(Error::Forked {
                made_in: self.process,
                used_in: std::process::id(),
            });
        }
        self.shared.take(patience)
    }

    /// Stops the workers and waits until they have ended, each after the sample it is at.
    pub fn stop(&mut self) {
        if is_fork_of(self.process) {
            // The threads are the parent's: there is nothing to wait for.
            self.threads.drain(..).for_each(std::mem::forget);
            return;
        }
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A worker that panicked outside of the job has nothing left to say.
            let _ = thread.join();
        }
    }
}

impl<J: Job> Drop for Engine<J> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<J: Job> fmt::Debug for Engine<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Notifier {
    /// Has a worker ask the job for its next batch again, unless the engine has ended.
    pub fn notify(&self) {
        if !is_fork_of(self.process)
            && let Some(shared) = self.shared.upgrade()
        {
            shared.notify();
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}

/// Whether this is a fork of `process`. In a fork a lock may be held by a thread that is not there.
fn is_fork_of(process: u32) -> bool {
    std::process::id() != process
}
