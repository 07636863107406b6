//! An iterator over the batches of a stream.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::batch::{Batch, Failure};
use super::job::Job;
use crate::delivery::{OnDevice, Waiting};
use crate::engine::{Clocks, Engine, Load, Meter, Next, Stopwatch};
use crate::error::{Error, Result};
use crate::sync::lock;

/// How many of the samples that failed last are remembered: a stream has no end.
const REMEMBERED: usize = 1000;

/// How long to wait before looking once more whether a batch is there.
const PATIENCE: Duration = Duration::from_millis(50);

/// Counts and failures of all iterators of a stream.
#[derive(Debug)]
pub(super) struct Ledger {
    max_errors: Option<u64>,
    pub(super) failures: Mutex<Failures>,
    pub(super) waiting: Meter,
    pub(super) delivered: Meter,
    pub(super) clocks: Mutex<Clocks>,
}

/// Samples that could not be made.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) count: u64,
    /// The last of them, with the reasons.
    pub(super) last: VecDeque<(u64, String)>,
}

/// An iterator over batches; dropping it stops its workers.
#[derive(Debug)]
pub struct Batches {
    engine: Option<Engine<Job>>,
    /// What is to be seen to where batches are on a device.
    waiting: Option<Waiting>,
    ledger: Arc<Ledger>,
    place: u64,
}

impl Ledger {
    pub(super) fn new(max_errors: Option<u64>) -> Self {
        Self {
            max_errors,
            failures: Mutex::default(),
            waiting: Meter::default(),
            delivered: Meter::default(),
            clocks: Mutex::default(),
        }
    }

    fn note_failures(&self, met: &[Failure]) -> Result<()> {
        let mut failures = lock(&self.failures);
        for Failure { index, error } in met {
            failures.count += 1;
            failures.last.push_back((*index, error.reason()));
            if failures.last.len() > REMEMBERED {
                failures.last.pop_front();
            }
            let count = failures.count;
            if let Some(limit) = self.max_errors.filter(|limit| count > *limit) {
                let reason = error.reason();
                let last = Box::new(super::job::of_sample(*index, reason));
                return Err(Error::TooManyErrors { count, limit, last });
            }
        }
        Ok(())
    }
}

impl Batches {
    pub(super) fn new(engine: Engine<Job>, ledger: Arc<Ledger>, start: u64) -> Self {
        lock(&ledger.clocks).begin(engine.clock());
        let gpu = engine.job().memory.gpu.as_ref();
        let notifier = engine.notifier();
        Self {
            waiting: gpu.map(|gpu| Waiting::new(gpu, move || notifier.notify())),
            engine: Some(engine),
            ledger,
            place: start,
        }
    }

    /// The next batch, waiting at most `patience`.
    ///
    /// # Errors
    /// What went wrong with a sample; afterwards there are no more batches.
    pub fn wait(&mut self, patience: Duration) -> Result<Next<Batch>> {
        let mut watch = Stopwatch::start();
        let Some(engine) = &self.engine else {
            return Ok(Next::End);
        };
        let patience = Waiting::at_most(engine.job().memory.gpu.as_ref(), patience);
        let next = engine.next(patience).and_then(|next| match next {
            Next::Batch((batch, failures)) => {
                self.ledger.note_failures(&failures)?;
                let batch = batch.map(|batch| Batch { failures, ..batch })?;
                batch.on_device.iter().for_each(OnDevice::deliver);
                Ok(Next::Batch(batch))
            }
            Next::End => Ok(Next::End),
            Next::TimedOut => Ok(Next::TimedOut),
        });
        self.ledger.waiting.add_time(watch.lap());
        match &next {
            Ok(Next::Batch(batch)) => {
                self.place = batch.after;
                self.waiting.iter_mut().for_each(Waiting::note_batch);
                self.ledger.waiting.add_items(1, 0);
                self.ledger
                    .delivered
                    .add_items(batch.len() as u64, batch.bytes());
            }
            Ok(Next::TimedOut) => self.check_room()?,
            _ => self.stop(),
        }
        next
    }

    /// Sees to it that a batch can come.
    fn check_room(&mut self) -> Result<()> {
        let (Some(engine), Some(waiting)) = (&self.engine, &mut self.waiting) else {
            return Ok(());
        };
        let load = engine.load();
        let gpu = engine.job().memory.gpu.as_ref();
        let checked = gpu.map(|gpu| waiting.check(gpu, load.ready + load.begun));
        checked.unwrap_or(Ok(())).inspect_err(|_| self.stop())
    }

    /// Where all ranks stand: the first sample after what has been handed over.
    #[must_use]
    pub fn place(&self) -> u64 {
        self.place
    }

    /// How busy the workers are.
    #[must_use]
    pub fn load(&self) -> Option<Load> {
        self.engine.as_ref().map(Engine::load)
    }

    /// Ends the iterator and its workers.
    pub fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            lock(&self.ledger.clocks).end(&engine.clock());
        }
        self.waiting = None;
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        loop {
            match self.wait(PATIENCE) {
                Ok(Next::Batch(batch)) => return Some(Ok(batch)),
                Ok(Next::End) => return None,
                Ok(Next::TimedOut) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
