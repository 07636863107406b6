//! An iterator over batches.

use std::sync::Arc;
use std::time::Duration;

use super::Loader;
use super::batch::Batch;
use super::gpu::{Gpu, Waker};
use super::job::Job;
use super::ledger::Ledger;
use crate::cuda;
use crate::engine::{Engine, Load, Next, OnError, Stopwatch};
use crate::error::Result;
use crate::sampler::Place;
use crate::sync::lock;

/// An iterator over batches; dropping it stops its workers.
#[derive(Debug)]
pub struct Batches {
    engine: Option<Engine<Job>>,
    waker: Option<Waker>,
    /// How often in a row there was no batch yet.
    waits: u32,
    ledger: Arc<Ledger>,
    start: Place,
    taken: u64,
}

impl Batches {
    pub(super) fn new(engine: Engine<Job>, ledger: Arc<Ledger>, start: Place) -> Self {
        lock(&ledger.clocks).begin(engine.clock());
        let gpu = engine.job().memory.gpu.as_ref();
        Self {
            waits: 0,
            waker: gpu.map(|gpu| gpu.waker(engine.notifier())),
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
        let patience = if is_behind(engine) {
            patience.min(TICK)
        } else {
            patience
        };
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
            Ok(Next::Batch(_)) => (self.taken, self.waits) = (self.taken + 1, 0),
            Ok(Next::TimedOut) => self.check_room()?,
            _ => self.stop(),
        }
        next
    }

    /// Sees to it that a batch can come. What keeps a buffer from being used again, such as the
    /// capture of a graph, may have ended without a word.
    fn check_room(&mut self) -> Result<()> {
        let (Some(engine), Some(waker)) = (&self.engine, &self.waker) else {
            return Ok(());
        };
        self.waits += u32::from(!is_behind(engine));
        let (memory, load) = (&engine.job().memory, engine.load());
        let own = load.ready + load.begun;
        let checked = memory
            .gpu
            .as_ref()
            .map(|gpu| gpu.check_room(self.waits, own));
        // Afterwards, since workers that ask may have taken out what is free.
        waker.wake();
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
        if self.waker.take().is_some() {
            cuda::sweep();
        }
    }
}

/// Whether no batch is begun because copies to a GPU are still under way.
fn is_behind(engine: &Engine<Job>) -> bool {
    let gpu = engine.job().memory.gpu.as_ref();
    gpu.is_some_and(Gpu::is_behind)
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How long to wait before a device is asked once more whether a copy is done.
const TICK: Duration = Duration::from_millis(1);

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
