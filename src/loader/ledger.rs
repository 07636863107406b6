//! What iterators of a loader have met with: failures, waits and deliveries.

use std::collections::HashSet;
use std::sync::Mutex;

use super::batch::{Batch, Failure};
use crate::dataset::Location;
use crate::engine::{Clocks, Meter};
use crate::error::{Error, Result};
use crate::sync::lock;

/// Counts and failures of all iterators of a loader.
#[derive(Debug)]
pub(super) struct Ledger {
    max_errors: Option<u64>,
    pub(super) failures: Mutex<Failures>,
    pub(super) waiting: Meter,
    pub(super) clocks: Mutex<Clocks>,
    pub(super) delivered: Meter,
}

/// Samples that could not be made.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// How often that happened.
    pub(super) count: u64,
    known: HashSet<u64>,
    /// Each sample once.
    pub(super) list: Vec<Fault>,
}

/// A sample that could not be made, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it lies.
    pub location: Location,
    /// What is wrong with it.
    pub reason: String,
}

impl Ledger {
    pub(super) fn new(max_errors: Option<u64>) -> Self {
        Self {
            max_errors,
            failures: Mutex::default(),
            waiting: Meter::default(),
            clocks: Mutex::default(),
            delivered: Meter::default(),
        }
    }

    /// Counts a batch that is handed over.
    pub(super) fn note_delivery(&self, batch: &Batch) {
        let bytes = batch.bytes();
        self.delivered.add_items(batch.len() as u64, bytes);
        self.waiting.add_items(1, 0);
    }

    /// Counts the failures of a batch; returns those that were not met before.
    pub(super) fn note_failures(&self, met: Vec<Failure>) -> Result<Vec<Failure>> {
        let mut fresh = Vec::new();
        if met.is_empty() {
            return Ok(fresh);
        }
        let mut failures = lock(&self.failures);
        for failure in met {
            let is_new = failures.add(&failure);
            let count = failures.list.len() as u64;
            if let Some(limit) = self.max_errors.filter(|limit| count > *limit) {
                let last = Box::new(failure.error);
                return Err(Error::TooManyErrors { count, limit, last });
            }
            if is_new {
                fresh.push(failure);
            }
        }
        Ok(fresh)
    }
}

impl Failures {
    /// Counts a failure; returns whether the sample was not met before.
    fn add(&mut self, failure: &Failure) -> bool {
        self.count += 1;
        let is_new = self.known.insert(failure.index);
        if is_new {
            self.list.push(Fault {
                location: failure.location.clone(),
                reason: failure.error.reason(),
            });
        }
        is_new
    }
}
