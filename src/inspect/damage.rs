//! What is wrong with a sample or a file.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::path_json;
use crate::dataset::Location;
use crate::error::Error;

/// A sample or a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Which record of it, from 0; `None` for a file as a whole.
    pub record: Option<u64>,
    /// Where in it that begins; `None` for a file as a whole.
    pub offset: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

impl Damage {
    /// Of a sample.
    pub(super) fn at(location: Location, reason: String) -> Self {
        let spot = location.record;
        Self {
            path: location.path,
            record: spot.map(|spot| spot.number),
            offset: spot.map(|spot| spot.offset),
            reason,
        }
    }

    /// Of a sample, as an error has it.
    pub(super) fn of(error: &Error, location: Location) -> Self {
        let reason = match error {
            Error::Record { reason, .. } => reason.clone(),
            error => error.reason(),
        };
        Self::at(location, reason)
    }

    /// Of a file as a whole.
    pub(super) fn of_file(fault: &Error) -> Self {
        let (path, offset) = match fault {
            Error::Record { path, offset, .. } => (path.clone(), Some(*offset)),
            Error::Io { path, .. } | Error::Dataset { path, .. } => (path.clone(), None),
            _ => (PathBuf::new(), None),
        };
        let location = Location { path, record: None };
        Self {
            offset,
            ..Self::of(fault, location)
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let path = path_json(&self.path);
        json!({ "path": path, "record": self.record, "offset": self.offset, "reason": self.reason })
    }
}
