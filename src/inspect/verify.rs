//! Reads and decodes everything, and lists what is damaged.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::examine::{Examined, Stored, Tools};
use super::{Source, Watch, path_json};
use crate::codec::Backend;
use crate::dataset::{Dataset, Location, Options, Wanted};
use crate::engine::{Indexed, in_order};
use crate::error::{Error, Result};
use crate::record::Shard;
use crate::transform::Form;

/// What a data set is found to be.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Samples that were looked at.
    pub samples: u64,
    /// Bytes that were read of the good ones.
    pub bytes: u64,
    /// What is damaged: whole files, then samples in the data set's order.
    pub damaged: Vec<Damage>,
    /// What a user should know, a line each.
    pub notes: Vec<String>,
}

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

impl Report {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let damaged = self.damaged.iter().map(Damage::json).collect::<Vec<_>>();
        json!({ "samples": self.samples, "bytes": self.bytes, "damaged": damaged, "notes": self.notes })
    }
}

impl Damage {
    /// Of a sample.
    pub(super) fn at(location: Location, reason: String) -> Self {
        let (record, offset) = location
            .record
            .map(|spot| (spot.number, spot.offset))
            .unzip();
        Self {
            path: location.path,
            record,
            offset,
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
    fn of_file(fault: &Error) -> Self {
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

/// Reads and decodes every sample of `source`, whole; an index file must fit, a label that is there
/// be one, and where one record has a label all must. `None` if `watch` ended it before.
///
/// # Errors
/// [`Error::Io`] and [`Error::Dataset`] where there is no data set to be looked at;
/// [`Error::Threads`] when worker threads cannot be had; what says nothing about the data
/// ([`Error::is_of_the_machine`]). Damage is no error: what follows it is looked at all the same,
/// where its beginning can be found.
pub fn verify(source: &Source, watch: Watch<'_>) -> Result<Option<Report>> {
    // Whoever wants no labels can read what has none; a label that is there and wrong is an error
    // to all others.
    let data = source.open(Options {
        salvage: true,
        labels: Wanted::IfThere,
        ..Options::default()
    })?;
    let mut damaged: Vec<_> = data.faults().iter().map(Damage::of_file).collect();
    // A file that lost its last records is sound by itself; only its index knows.
    damaged.extend(data.shards().iter().filter_map(|shard| {
        let reason = format!(
            "the index file beside it is of another file: {}",
            shard.ignored_index()?
        );
        Some(Damage {
            path: shard.path().to_path_buf(),
            record: None,
            offset: None,
            reason,
        })
    }));
    let notes = data
        .notes()
        .iter()
        .filter(|note| !is_of_an_index(note, data.shards()))
        .cloned()
        .collect();
    let mut report = Report {
        damaged,
        notes,
        ..Report::default()
    };
    let (mut samples, mut unlabelled) = (Vec::new(), Vec::new());
    let whole = in_order(
        Whole {
            data: Arc::clone(&data),
        },
        source.workers(),
        watch,
        |index, found| {
            report.samples += 1;
            match found? {
                Ok(Stored { bytes, labelled }) => {
                    report.bytes += bytes;
                    if !labelled {
                        unlabelled.push((index, bytes));
                    }
                }
                Err(damage) => samples.push((index, damage)),
            }
            Ok(())
        },
    )?;
    let labelled = report.samples - (samples.len() + unlabelled.len()) as u64;
    if labelled == 0 {
        report
            .notes
            .extend(source.note_on_labels(unlabelled.len() as u64, report.samples));
    } else {
        report.bytes -= unlabelled.iter().map(|(_, bytes)| bytes).sum::<u64>();
        let damage = |index| Damage::at(data.location(index), source.lacks_label());
        samples.extend(unlabelled.iter().map(|(index, _)| (*index, damage(*index))));
        samples.sort_by_key(|(index, _)| *index);
    }
    report
        .damaged
        .extend(samples.into_iter().map(|(_, damage)| damage));
    Ok(whole.then_some(report))
}

/// Whether a note says of one of `shards` what is listed as damage.
fn is_of_an_index(note: &str, shards: &[Shard]) -> bool {
    let mut ignored = shards
        .iter()
        .filter_map(|shard| Some((shard.path().display(), shard.ignored_index()?)));
    ignored.any(|(path, reason)| note.starts_with(&path.to_string()) && note.ends_with(reason))
}

/// Decodes every sample as a whole.
struct Whole {
    data: Arc<dyn Dataset>,
}

impl Indexed for Whole {
    type Scratch = Tools;
    type Value = Result<Examined<Stored>>;

    fn len(&self) -> u64 {
        self.data.len()
    }

    fn scratch(&self) -> Tools {
        Tools::new(Backend::Auto)
    }

    fn value(&self, index: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<Examined<Stored>> {
        Ok(tools
            .decode(&*self.data, index, Form::Planes, stop)?
            .map(|(_, stored)| stored))
    }

    fn panicked(&self, index: u64, message: String) -> Result<Examined<Stored>> {
        Ok(Err(Damage::at(
            self.data.location(index),
            format!("internal error: {message}"),
        )))
    }
}
