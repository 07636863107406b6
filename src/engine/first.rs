//! Which of several failures counts.

use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::sync::lock;

/// Of the errors that workers note, the one of the lowest slot: the one that a single worker would
/// have come upon.
#[derive(Debug, Default)]
pub(crate) struct FirstError(Mutex<Option<(usize, Error)>>);

impl FirstError {
    /// Notes what went wrong in a slot.
    pub(crate) fn note(&self, slot: usize, error: Error) {
        let mut first = lock(&self.0);
        if first.as_ref().is_none_or(|(noted, _)| slot < *noted) {
            *first = Some((slot, error));
        }
    }

    /// Whether anything went wrong.
    pub(crate) fn is_some(&self) -> bool {
        lock(&self.0).is_some()
    }

    /// The error, if there is one.
    pub(crate) fn take(&self) -> Result<()> {
        lock(&self.0).take().map_or(Ok(()), |(_, error)| Err(error))
    }
}
