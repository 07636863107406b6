//! Reads and decodes everything, and lists what is damaged.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::Watch;
use super::examine::{Form, Tools};
use super::pass::{self, Look};
use crate::codec::Backend;
use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// What a data set is found to be.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Samples that were looked at.
    pub samples: u64,
    /// Bytes that were read of the good ones.
    pub bytes: u64,
    /// What is damaged, in the data set's order.
    pub damaged: Vec<Damage>,
}

/// A sample or a file that cannot be used.
#[derive(Clone, Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in it the record begins; `None` for a file that is one picture.
    pub offset: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

impl Report {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let damaged = self.damaged.iter().map(Damage::json).collect::<Vec<_>>();
        json!({ "samples": self.samples, "bytes": self.bytes, "damaged": damaged })
    }
}

impl Damage {
    /// What an error says is damaged.
    pub(super) fn of(error: &Error, path: PathBuf) -> Self {
        match error {
            Error::Record { path, offset, reason } => {
                Self { path: path.clone(), offset: Some(*offset), reason: reason.clone() }
            }
            error => Self { path, offset: None, reason: error.reason() },
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "path": self.path.to_string_lossy(), "offset": self.offset, "reason": self.reason })
    }
}

/// Reads and decodes every sample at `paths`, whole, on `workers` threads, by default one for each usable core. `None` if
/// `watch` ended it before.
///
/// # Errors
/// [`Error::Io`] and [`Error::Dataset`] where there is no data set to be looked at; [`Error::Threads`] when worker threads
/// cannot be had. Damage is no error.
pub fn verify(paths: &[PathBuf], workers: Option<usize>, watch: Watch<'_>) -> Result<Option<Report>> {
    let data = super::open(paths)?;
    let workers = workers.unwrap_or_else(super::usable_cores);
    let len = data.len();
    let mut report = Report::default();
    let whole = pass::over(Whole { data }, len, workers, watch, |_, found| {
        report.samples += 1;
        match found {
            Ok(bytes) => report.bytes += bytes,
            Err(damage) => report.damaged.push(damage),
        }
        Ok(())
    })?;
    Ok(whole.then_some(report))
}

/// Decodes every sample as a whole.
struct Whole {
    data: Arc<dyn Dataset>,
}

impl Look for Whole {
    type Tools = Tools;
    type Found = Result<u64, Damage>;

    fn tools(&self) -> Tools {
        Tools::new(Backend::Auto)
    }

    fn look(&self, index: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<u64, Damage> {
        tools.decode(&*self.data, index, Form::Planes, stop).map_err(|error| Damage::of(&error, self.data.path(index)))
    }

    fn panicked(&self, index: u64, message: String) -> Result<u64, Damage> {
        let path = self.data.path(index);
        Err(Damage::of(&Error::Panic { path: path.clone(), message }, path))
    }
}
