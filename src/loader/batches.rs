//! An iterator over batches.

use std::sync::Arc;
use std::time::Duration;

use super::Loader;
use super::batch::Batch;
use super::job::Job;
use super::ledger::Ledger;
use crate::delivery::Waiting;
use crate::engine::{Engine, Load, Next, OnError, Stopwatch};
use crate::error::Result;
use crate::sampler::Place;
use crate::sync::lock;

/// An iterator over batches; dropping it stops its workers.
#[derive(Debug)]
pub struct Batches {
    engine: Option<Engine<Job>>,
    /// What is to be seen to where batches are on a device.
    waiting: Option<Waiting>,
    ledger: Arc<Ledger>,
    start: Place,
    taken: u64,
}

impl Batches {
    pub(super) fn new(engine: Engine<Job>, ledger: Arc<Ledger>, start: Place) -> Self {
        lock(&ledger.clocks).begin(engine.clock());
        let gpu = engine.job().memory.gpu.as_ref();
        let notifier = engine.notifier();
        Self {
            waiting: gpu.map(|gpu| Waiting::new(gpu, move || notifier.notify())),
            engine: Some(engine),
            ledger,
            start,
            taken: 0,
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
        let raises = engine.job().shared.plan.on_error == OnError::Raise;
        let next = engine.next(patience).and_then(|next| match next {
            Next::Batch((batch, failures)) => {
                let failures = self.ledger.note_failures(failures)?;
                if batch.is_err() && raises {
                    lock(&self.ledger.failures).count += 1;
                }
                let batch = Batch { failures, ..batch? };
                if let Some(on_device) = &batch.on_device {
                    on_device.deliver();
                }
                self.ledger.note_delivery(&batch);
                Ok(Next::Batch(batch))
            }
            Next::End => Ok(Next::End),
            Next::TimedOut => Ok(Next::TimedOut),
        });
        self.ledger.waiting.add_time(watch.lap());
        match &next {
            Ok(Next::Batch(_)) => {
                self.taken += 1;
                self.waiting.iter_mut().for_each(Waiting::note_batch);
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
        let own = load.ready + load.begun;
        let gpu = engine.job().memory.gpu.as_ref();
        let checked = gpu.map(|gpu| waiting.check(gpu, own));
        checked.unwrap_or(Ok(())).inspect_err(|_| self.stop())
    }

    /// Where all ranks stand: what has been handed over, not what is ready.
    #[must_use]
    pub fn place(&self, loader: &Loader) -> Place {
        loader.shared.plan.schedule.after(self.start, self.taken)
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

/// How long to wait before looking whether a batch can come at all.
const PATIENCE: Duration = Duration::from_millis(50);

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
