//! The batches that are begun and not yet taken, and what workers do with them.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Begun, Job, Load, Next, Notify, WorkerClock};
use crate::error::{Error, Result};
use crate::sync::lock;

/// What an engine and its workers share.
pub(super) struct Shared<J: Job> {
    pub(super) job: J,
    pub(super) clock: Arc<WorkerClock>,
    prefetch: usize,
    stop: AtomicBool,
    queue: Mutex<Queue<J>>,
    /// There is something to do for workers, or they are to stop.
    work: Condvar,
    /// A batch is complete, or there are no more.
    ready: Condvar,
}

struct Queue<J: Job> {
    next_number: u64,
    supply: Supply,
    failed: Option<Error>,
    entries: VecDeque<Entry<J>>,
}

/// Whether the job can be asked for its next batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Supply {
    /// A worker may ask.
    Open,
    /// A worker is asking; `notified` if the job has something since.
    Asked { notified: bool },
    /// The job said later, and has not notified the engine yet.
    Later,
    /// There are no more batches.
    End,
}

/// A batch between its beginning and its being taken.
struct Entry<J: Job> {
    filling: Arc<Filling<J::Batch>>,
    /// What the consumer gets, once the batch is complete.
    output: Option<Result<J::Output>>,
}

/// A batch that workers fill.
struct Filling<B> {
    batch: B,
    slots: usize,
    /// The next slot that no worker has taken.
    next: AtomicUsize,
    /// Slots that are not finished.
    open: AtomicUsize,
}

impl<B> Filling<B> {
    fn has_slots(&self) -> bool {
        self.next.load(Ordering::Relaxed) < self.slots
    }

    /// The next sample of this batch that nobody makes yet.
    fn take_slot(&self) -> Option<usize> {
        // The check keeps the counter from running away when many workers come by.
        self.has_slots()
            .then(|| self.next.fetch_add(1, Ordering::Relaxed))
            .filter(|slot| *slot < self.slots)
    }
}

impl<J: Job> Queue<J> {
    /// Whether the consumer has to wait.
    fn is_waited_for(&self) -> bool {
        match self.entries.front() {
            Some(entry) => entry.output.is_none(),
            None => self.supply != Supply::End,
        }
    }
}

impl<J: Job> Shared<J> {
    pub(super) fn new(job: J, prefetch: usize) -> Self {
        let queue = Queue {
            next_number: 0,
            supply: Supply::Open,
            failed: None,
            entries: VecDeque::new(),
        };
        Self {
            job,
            clock: Arc::new(WorkerClock::start()),
            prefetch: prefetch.max(1),
            stop: AtomicBool::new(false),
            queue: Mutex::new(queue),
            work: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<J>> {
        lock(&self.queue)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Has workers stop after the sample they are at.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.lock());
        self.work.notify_all();
        self.ready.notify_all();
    }

    pub(super) fn load(&self) -> Load {
        let queue = self.lock();
        let complete = queue.entries.iter().filter(|entry| entry.output.is_some());
        let ready = complete.count();
        let begun = queue.entries.len() - ready;
        Load { ready, begun }
    }

    /// What a worker's thread does.
    pub(super) fn work(&self) {
        let mut scratch = self.job.scratch();
        while let Some(filling) = self.next_batch() {
            while let Some(slot) = filling.take_slot() {
                self.run(&filling, slot, &mut scratch);
                if self.stopped() {
                    break;
                }
            }
        }
        self.job.retire(scratch);
    }

    fn run(&self, filling: &Arc<Filling<J::Batch>>, slot: usize, scratch: &mut J::Scratch) {
        let batch = &filling.batch;
        let made = catch_unwind(AssertUnwindSafe(|| {
            self.job.run(batch, slot, scratch, &self.stop);
        }));
        if let Err(panic) = made {
            self.job.panicked(batch, slot, message_of(panic.as_ref()));
            // Whatever state the panic left the old one in.
            *scratch = self.job.scratch();
        }
        // Nobody takes a batch of an engine that was stopped.
        if filling.open.fetch_sub(1, Ordering::AcqRel) == 1 && !self.stopped() {
            self.complete(filling);
        }
    }

    /// Makes a batch whose samples are all made ready to be taken.
    fn complete(&self, filling: &Arc<Filling<J::Batch>>) {
        let output = caught("completing a batch", || self.job.complete(&filling.batch));
        let mut queue = self.lock();
        let mut entries = queue.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| Arc::ptr_eq(&entry.filling, filling)) {
            entry.output = Some(output);
        }
        drop(queue);
        self.ready.notify_all();
    }

    /// A batch with samples to make: the earliest that has any, or a new one if it may be begun.
    fn next_batch(&self) -> Option<Arc<Filling<J::Batch>>> {
        let mut queue = self.lock();
        loop {
            if self.stopped() {
                return None;
            }
            let mut begun = queue.entries.iter().map(|entry| &entry.filling);
            if let Some(filling) = begun.find(|filling| filling.has_slots()) {
                return Some(Arc::clone(filling));
            }
            queue = if queue.supply == Supply::Open && queue.entries.len() < self.prefetch {
                self.begin(queue)
            } else {
                self.wait(queue)
            };
        }
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue<J>>) -> MutexGuard<'a, Queue<J>> {
        self.clock.wait();
        let woken = self.work.wait(queue);
        self.clock.resume();
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the job for its next batch, with the queue unlocked meanwhile.
    fn begin<'a>(&'a self, mut queue: MutexGuard<'a, Queue<J>>) -> MutexGuard<'a, Queue<J>> {
        queue.supply = Supply::Asked { notified: false };
        let number = queue.next_number;
        drop(queue);
        let begun = caught("beginning a batch", || self.job.begin(number));
        let mut queue = self.lock();
        let notified = queue.supply == Supply::Asked { notified: true };
        queue.supply = match &begun {
            Ok(Begun::Later) if !notified => Supply::Later,
            Ok(Begun::Later | Begun::Batch { .. }) => Supply::Open,
            Ok(Begun::End) | Err(_) => Supply::End,
        };
        match begun {
            Ok(Begun::Batch { batch, slots }) => queue = self.push(queue, batch, slots),
            other => queue.failed = other.err(),
        }
        self.work.notify_all();
        if queue.supply == Supply::End {
            self.ready.notify_all();
        }
        queue
    }

    fn push<'a>(
        &'a self,
        mut queue: MutexGuard<'a, Queue<J>>,
        batch: J::Batch,
        slots: usize,
    ) -> MutexGuard<'a, Queue<J>> {
        let filling = Arc::new(Filling {
            batch,
            slots,
            next: AtomicUsize::new(0),
            open: AtomicUsize::new(slots),
        });
        queue.next_number += 1;
        queue.entries.push_back(Entry {
            filling: Arc::clone(&filling),
            output: None,
        });
        if slots > 0 {
            return queue;
        }
        drop(queue);
        self.complete(&filling);
        self.lock()
    }

    /// The next batch, waiting for it at most `patience`.
    pub(super) fn take(&self, patience: Duration) -> Result<Next<J::Output>> {
        let waiting = |queue: &mut Queue<J>| queue.is_waited_for() && !self.stopped();
        let (mut queue, wait) = self
            .ready
            .wait_timeout_while(self.lock(), patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if wait.timed_out() {
            return Ok(Next::TimedOut);
        }
        let Some(entry) = queue.entries.pop_front() else {
            return queue.failed.take().map_or(Ok(Next::End), Err);
        };
        drop(queue);
        self.work.notify_all();
        entry
            .output
            .map_or(Ok(Next::End), |output| output.map(Next::Batch))
    }
}

impl<J: Job> Notify for Shared<J> {
    fn notify(&self) {
        let mut queue = self.lock();
        match queue.supply {
            Supply::Asked { .. } => queue.supply = Supply::Asked { notified: true },
            Supply::Later => {
                queue.supply = Supply::Open;
                self.work.notify_all();
            }
            Supply::Open | Supply::End => {}
        }
    }
}

/// What `work` gives; a panic in it is an error.
fn caught<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = format!("{what}: {}", message_of(panic.as_ref()));
        Err(Error::Internal { message })
    })
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
