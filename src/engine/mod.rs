//! The one place with threads: evaluates a function of an index in parallel and hands the results
//! over in order.
//!
//! A [`Job`] says what batch number `k` is made of and how one of its samples is made; the engine
//! says when, and on which thread. Batches are begun in order, at most `prefetch` of them are begun
//! or finished and not yet taken, and workers take samples from the earliest batch that has any
//! left. Within a batch a sample is taken by one atomic addition; the lock is touched when a batch
//! begins, ends, or is taken.
//!
//! What a consumer may rely on: batches come in order; [`Engine::next`] waits no longer than it is
//! told, so that its caller can look for signals; dropping the engine stops the workers after the
//! sample they are at; a panic while making a sample is reported to the job and ends nothing else;
//! in the fork of its process an engine refuses to work.

mod stats;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use stats::{Hours, Meter, Reading, Shift, Stopwatch};

use crate::error::{Error, Result};

/// More workers are an oversight of whoever asks for them.
pub const MOST_WORKERS: usize = 4096;

/// Cores this process may use: affinity and cgroup quotas are respected.
#[must_use]
pub fn usable_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Work for an engine.
pub trait Job: Send + Sync + 'static {
    /// What a worker keeps from sample to sample.
    type Scratch: Send;
    /// A batch that several workers fill at once.
    type Batch: std::fmt::Debug + Send + Sync;

    /// A worker's scratch. Called on the worker's thread when it starts, and after a panic.
    fn scratch(&self) -> Self::Scratch;

    /// Takes the scratch of a worker that ends.
    fn retire(&self, scratch: Self::Scratch);

    /// Begins batch `number`: the batch, and how many samples it has. `None` ends the job. Numbers
    /// come in order, from 0.
    ///
    /// # Errors
    /// What ends the job and goes to the consumer after the batches begun before.
    fn begin(&self, number: u64) -> Result<Option<(Self::Batch, usize)>>;

    /// Makes sample `slot` of a batch. Called once per slot, from any worker. What goes wrong is
    /// noted in the batch. Once `stop` is set nobody wants the sample any more.
    fn run(&self, batch: &Self::Batch, slot: usize, scratch: &mut Self::Scratch, stop: &AtomicBool);

    /// Notes that making a sample panicked.
    fn panicked(&self, batch: &Self::Batch, slot: usize, message: String);
}

/// A running job.
#[derive(Debug)]
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
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Batches that are complete and wait to be taken.
    pub ready: usize,
    /// Batches that are begun and not complete.
    pub begun: usize,
}

#[derive(Debug)]
struct Shared<J: Job> {
    job: J,
    prefetch: usize,
    stop: AtomicBool,
    queue: Mutex<Queue<J::Batch>>,
    /// There is something to do for workers, or they are to stop.
    work: Condvar,
    /// A batch is complete, or there are no more.
    ready: Condvar,
    shift: Arc<Shift>,
}

#[derive(Debug)]
struct Queue<B> {
    next_number: u64,
    exhausted: bool,
    failed: Option<Error>,
    flights: VecDeque<Arc<Flight<B>>>,
}

/// A batch between its beginning and its being taken.
#[derive(Debug)]
struct Flight<B> {
    batch: Arc<B>,
    slots: usize,
    next: AtomicUsize,
    open: AtomicUsize,
}

impl<J: Job> Engine<J> {
    /// Starts `workers` threads on a job; at most `prefetch` batches are made ahead of the
    /// consumer.
    ///
    /// # Errors
    /// [`Error::Threads`] when threads cannot be had.
    pub fn start(job: J, workers: usize, prefetch: usize) -> Result<Self> {
        let queue = Queue {
            next_number: 0,
            exhausted: false,
            failed: None,
            flights: VecDeque::new(),
        };
        let shared = Arc::new(Shared {
            job,
            prefetch: prefetch.max(1),
            stop: AtomicBool::new(false),
            queue: Mutex::new(queue),
            work: Condvar::new(),
            ready: Condvar::new(),
            shift: Arc::new(Shift::start()),
        });
        let mut engine = Self {
            shared,
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

    /// How long it has been running, and its workers have waited; to be kept.
    #[must_use]
    pub fn shift(&self) -> Arc<Shift> {
        Arc::clone(&self.shared.shift)
    }

    /// How busy the engine is now.
    #[must_use]
    pub fn load(&self) -> Load {
        if std::process::id() != self.process {
            // In a fork the lock may be held by a thread that is not there.
            return Load { ready: 0, begun: 0 };
        }
        let queue = self.shared.lock();
        let ready = queue
            .flights
            .iter()
            .filter(|flight| flight.complete())
            .count();
        Load {
            ready,
            begun: queue.flights.len() - ready,
        }
    }

    /// The next batch, waiting for it at most `patience`.
    ///
    /// # Errors
    /// [`Error::Forked`] in another process than the one that started the engine; what kept a batch
    /// from being begun.
    pub fn next(&self, patience: Duration) -> Result<Next<Arc<J::Batch>>> {
        let process = std::process::id();
        if process != self.process {
            return Err(Error::Forked {
                made_in: self.process,
                used_in: process,
            });
        }
        self.shared.take(patience)
    }

    /// Stops the workers and waits until they have ended, each after the sample it is at.
    pub fn stop(&mut self) {
        if std::process::id() != self.process {
            // The threads are the parent's: there is nothing to wait for.
            self.threads.drain(..).for_each(std::mem::forget);
            return;
        }
        self.shared.stop.store(true, Ordering::Relaxed);
        drop(self.shared.lock());
        self.shared.work.notify_all();
        self.shared.ready.notify_all();
        for thread in self.threads.drain(..) {
            // A worker that panicked outside of a sample has nothing left to say.
            let _ = thread.join();
        }
    }
}

impl<J: Job> Drop for Engine<J> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<B> Flight<B> {
    fn complete(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }

    /// The next sample of this batch that nobody makes yet.
    fn take_slot(&self) -> Option<usize> {
        // The load keeps the counter from running away when many workers come by.
        let left = self.next.load(Ordering::Relaxed) < self.slots;
        left.then(|| self.next.fetch_add(1, Ordering::Relaxed))
            .filter(|slot| *slot < self.slots)
    }
}

impl<J: Job> Shared<J> {
    fn lock(&self) -> MutexGuard<'_, Queue<J::Batch>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A worker's life.
    fn work(&self) {
        let mut scratch = self.job.scratch();
        while let Some(flight) = self.next_flight() {
            while let Some(slot) = flight.take_slot() {
                self.run(&flight, slot, &mut scratch);
                if self.stopped() {
                    break;
                }
            }
        }
        self.job.retire(scratch);
    }

    fn run(&self, flight: &Flight<J::Batch>, slot: usize, scratch: &mut J::Scratch) {
        let batch = &*flight.batch;
        let made = catch_unwind(AssertUnwindSafe(|| {
            self.job.run(batch, slot, scratch, &self.stop);
        }));
        if let Err(panic) = made {
            self.job.panicked(batch, slot, message_of(panic.as_ref()));
            // Whatever state the panic left the old one in.
            *scratch = self.job.scratch();
        }
        if flight.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            drop(self.lock());
            self.ready.notify_all();
        }
    }

    /// A batch with samples to make: the earliest that has any, or a new one if there is room for
    /// it.
    fn next_flight(&self) -> Option<Arc<Flight<J::Batch>>> {
        let mut queue = self.lock();
        loop {
            if self.stopped() {
                return None;
            }
            let open = |flight: &&Arc<Flight<J::Batch>>| {
                flight.next.load(Ordering::Relaxed) < flight.slots
            };
            if let Some(flight) = queue.flights.iter().find(open) {
                return Some(Arc::clone(flight));
            }
            if !queue.exhausted && queue.flights.len() < self.prefetch {
                self.begin(&mut queue);
                continue;
            }
            self.shift.wait();
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            self.shift.resume();
        }
    }

    fn begin(&self, queue: &mut Queue<J::Batch>) {
        let begun = catch_unwind(AssertUnwindSafe(|| self.job.begin(queue.next_number)));
        let begun = begun.unwrap_or_else(|panic| {
            Err(Error::Internal {
                message: format!("beginning a batch: {}", message_of(panic.as_ref())),
            })
        });
        let (batch, slots) = match begun {
            Ok(Some(begun)) => begun,
            end => {
                queue.exhausted = true;
                queue.failed = end.err();
                self.ready.notify_all();
                return;
            }
        };
        queue.next_number += 1;
        let (next, open) = (AtomicUsize::new(0), AtomicUsize::new(slots));
        let flight = Flight {
            batch: Arc::new(batch),
            slots,
            next,
            open,
        };
        queue.flights.push_back(Arc::new(flight));
        self.work.notify_all();
        if slots == 0 {
            self.ready.notify_all();
        }
    }

    fn take(&self, patience: Duration) -> Result<Next<Arc<J::Batch>>> {
        let waiting = |queue: &mut Queue<J::Batch>| match queue.flights.front() {
            Some(flight) => !flight.complete(),
            None => !queue.exhausted && !self.stopped(),
        };
        let (mut queue, _) = self
            .ready
            .wait_timeout_while(self.lock(), patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting(&mut queue) {
            return Ok(Next::TimedOut);
        }
        let Some(flight) = queue.flights.pop_front() else {
            return queue.failed.take().map_or(Ok(Next::End), Err);
        };
        drop(queue);
        self.work.notify_all();
        Ok(Next::Batch(Arc::clone(&flight.batch)))
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
