//! What iterators over batches have in common as Python objects: waiting without the interpreter,
//! signals, and forks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;

use super::PATIENCE;
use crate::engine::Next;
use crate::error::{Error, Result};
use crate::sync::lock;

/// An iterator over batches.
pub(super) trait Batches: Send {
    /// What it gives.
    type Batch: Send;

    /// The next batch, waiting at most `patience`.
    fn wait(&mut self, patience: Duration) -> Result<Next<Self::Batch>>;
}

/// An iterator that Python holds.
pub(super) struct Held<B: Batches> {
    batches: Mutex<Option<B>>,
    /// A batch that a signal kept from being handed over.
    kept: Mutex<Option<B::Batch>>,
    process: u32,
}

impl<B: Batches> Held<B> {
    pub(super) fn new(batches: B) -> Self {
        Self {
            batches: Mutex::new(Some(batches)),
            kept: Mutex::default(),
            process: std::process::id(),
        }
    }

    /// The next batch, or `None` at the end.
    pub(super) fn next(&self, py: Python<'_>) -> PyResult<Option<B::Batch>> {
        loop {
            let next = py.detach(|| self.wait())?;
            // What a signal's handler raises ends the wait, not the iterator, which still has this
            // batch.
            if let Err(raised) = py.check_signals() {
                self.keep(next);
                return Err(raised);
            }
            match next {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::TimedOut => {}
            }
        }
    }

    /// The batches' answer; nothing of an iterator that was stopped.
    pub(super) fn ask<T: Send>(
        &self,
        py: Python<'_>,
        answer: impl FnOnce(&B) -> T + Send,
    ) -> Result<Option<T>> {
        py.detach(|| Ok(self.lock()?.as_ref().map(answer)))
    }

    /// Ends the iterator and its workers; in a fork, where it has none, nothing happens.
    pub(super) fn stop(&self, py: Python<'_>) {
        py.detach(|| {
            if let Ok(mut batches) = self.lock() {
                drop((batches.take(), self.kept().take()));
            }
        });
    }

    fn wait(&self) -> Result<Next<B::Batch>> {
        let mut batches = self.lock()?;
        if let Some(batch) = self.kept().take() {
            return Ok(Next::Batch(batch));
        }
        batches
            .as_mut()
            .map_or(Ok(Next::End), |batches| batches.wait(PATIENCE))
    }

    fn keep(&self, next: Next<B::Batch>) {
        if let Next::Batch(batch) = next {
            *self.kept() = Some(batch);
        }
    }

    /// Nobody holds this lock for longer than it takes to look.
    fn kept(&self) -> MutexGuard<'_, Option<B::Batch>> {
        lock(&self.kept)
    }

    /// The batches, locked: without the interpreter only, since whoever holds the lock may be
    /// waiting for it; and not in a fork, where the lock may be held by a thread that is not there.
    fn lock(&self) -> Result<MutexGuard<'_, Option<B>>> {
        let process = std::process::id();
        if process != self.process {
            return Err(Error::Forked {
                made_in: self.process,
                used_in: process,
            });
        }
        Ok(lock(&self.batches))
    }
}

impl<B: Batches> Drop for Held<B> {
    fn drop(&mut self) {
        let batches = self
            .batches
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let batches = (batches, self.kept().take());
        if std::process::id() != self.process {
            // A fork: what it shares with the parent's threads is left alone.
            std::mem::forget(batches);
            return;
        }
        // Waiting for the workers must not keep other Python threads waiting.
        Python::attach(|py| py.detach(|| drop(batches)));
    }
}
