//! Reads and decodes everything, and lists what is damaged.

use std::sync::Arc;

use serde_json::{Value, json};

pub use super::damage::Damage;
use super::examine::{Examined, Samples, Sound};
use super::{Source, Watch};
use crate::codec::Backend;
use crate::dataset::{Dataset, Options, Wanted};
use crate::engine::in_order;
use crate::error::Result;
use crate::record::Shard;
use crate::transform::Form;

/// What a dataset is found to be.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Samples that were looked at.
    pub samples: u64,
    /// Bytes that were read of the good ones.
    pub bytes: u64,
    /// What is damaged: whole files, then samples in the dataset's order.
    pub damaged: Vec<Damage>,
    /// What a user should know, a line each.
    pub notes: Vec<String>,
}

impl Report {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let damaged = self.damaged.iter().map(Damage::json).collect::<Vec<_>>();
        json!({
            "samples": self.samples,
            "bytes": self.bytes,
            "damaged": damaged,
            "notes": self.notes,
        })
    }
}

/// Reads and decodes every sample of `source`, whole; an index file must fit, a label that is there
/// be one, and where one record has a label all must. `None` if `watch` ended it before.
///
/// # Errors
/// [`crate::error::Error::Io`] and [`crate::error::Error::Dataset`] where there is no dataset to be
/// looked at; [`crate::error::Error::Threads`] when worker threads cannot be had; what says nothing
/// about the data ([`crate::error::Error::is_of_the_machine`]). Damage is no error: what follows it
/// is looked at all the same, where its beginning can be found.
pub fn verify(source: &Source, watch: Watch<'_>) -> Result<Option<Report>> {
    // Whoever wants no labels can read what has none; a label that is there and wrong is an error
    // to all others.
    let data = source.open(Options {
        salvage: true,
        labels: Wanted::IfThere,
        ..Options::default()
    })?;
    let samples = Samples {
        data: Arc::clone(&data),
        len: data.len(),
        which: Box::new(|number| number),
        form: Some(Form::Planes),
        backend: Backend::Auto,
    };
    let mut found = Found::default();
    let whole = in_order(samples, source.workers(), watch, |index, sample| {
        found.add(index, sample?);
        Ok(())
    })?;
    Ok(whole.then(|| found.report(source, &*data)))
}

/// What was found of the samples so far.
#[derive(Default)]
struct Found {
    samples: u64,
    bytes: u64,
    damaged: Vec<(u64, Damage)>,
    /// Those without a label, and their bytes.
    unlabelled: Vec<(u64, u64)>,
}

impl Found {
    fn add(&mut self, index: u64, sample: Examined) {
        self.samples += 1;
        match sample {
            Ok(Sound {
                bytes, labelled, ..
            }) => {
                self.bytes += bytes;
                if !labelled {
                    self.unlabelled.push((index, bytes));
                }
            }
            Err(damage) => self.damaged.push((index, damage)),
        }
    }

    fn report(mut self, source: &Source, data: &dyn Dataset) -> Report {
        let (mut damaged, mut notes) = (damaged_files(data), notes(data));
        let unlabelled = self.unlabelled.len() as u64;
        if self.samples == self.damaged.len() as u64 + unlabelled {
            notes.extend(source.note_on_labels(unlabelled, self.samples));
        } else {
            for (index, bytes) in self.unlabelled {
                self.bytes -= bytes;
                let damage = Damage::at(data.location(index), source.lacks_label());
                self.damaged.push((index, damage));
            }
            self.damaged.sort_by_key(|(index, _)| *index);
        }
        damaged.extend(self.damaged.into_iter().map(|(_, damage)| damage));
        Report {
            samples: self.samples,
            bytes: self.bytes,
            damaged,
            notes,
        }
    }
}

fn damaged_files(data: &dyn Dataset) -> Vec<Damage> {
    let mut damaged: Vec<_> = data.faults().iter().map(Damage::of_file).collect();
    // A file that lost its last records is sound by itself; only its index knows.
    damaged.extend(data.shards().iter().filter_map(|shard| {
        let why = shard.ignored_index()?;
        Some(Damage {
            path: shard.path().to_path_buf(),
            record: None,
            offset: None,
            reason: format!("the index file beside it belongs to another file: {why}"),
        })
    }));
    damaged
}

/// The notes of a dataset, without those on what is listed as damage.
fn notes(data: &dyn Dataset) -> Vec<String> {
    let mut notes = data.notes().to_vec();
    notes.retain(|note| !is_of_an_index(note, data.shards()));
    notes
}

/// Whether a note says of one of `shards` what is listed as damage.
fn is_of_an_index(note: &str, shards: &[Shard]) -> bool {
    let mut ignored = shards
        .iter()
        .filter_map(|shard| Some((shard.path().display(), shard.ignored_index()?)));
    ignored.any(|(path, reason)| note.starts_with(&path.to_string()) && note.ends_with(reason))
}
