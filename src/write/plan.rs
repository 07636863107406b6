//! What was found in the inputs of a run, and what is made of them.

use std::path::PathBuf;
use std::sync::Arc;

use super::Skipped;
use super::check::Checked;
use super::manifest::{LeftOut, Manifest};
use super::set::{Set, Settings};
use super::shards::Shard;
use super::source::Source;
use crate::error::{Error, Result};
use crate::file::write_whole;

/// What becomes of the images in a source.
pub(super) struct Target<R> {
    /// Whether records have the sizes of images.
    pub(super) sizes: bool,
    /// Lists that are read, and the arguments that name them.
    pub(super) lists: Vec<(&'static str, PathBuf)>,
    pub(super) arrange: Arrange,
    pub(super) records: MakeRecords<R>,
}

/// The order in which the images of a source are written, unless it is the source's, and into what.
pub(super) type Arrange = Box<dyn Fn(&Source) -> (Option<Vec<usize>>, Set) + Send>;

/// Makes records of images in their final order, and notes for the user.
pub(super) type MakeRecords<R> =
    Box<dyn FnOnce(Arc<Source>, Vec<Checked>) -> Result<(R, Vec<String>)> + Send>;

/// What was found in the inputs.
#[derive(Default)]
pub(super) struct Found {
    checked: Vec<Option<Checked>>,
    failures: Vec<(usize, Error)>,
}

impl Found {
    pub(super) fn note(&mut self, checked: Result<Checked>) -> Result<()> {
        match checked {
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(failure) => {
                self.failures.push((self.checked.len(), failure));
                self.checked.push(None);
            }
            Ok(checked) => self.checked.push(Some(checked)),
        }
        Ok(())
    }

    /// Whether all can be used.
    pub(super) fn is_good(&self) -> bool {
        self.failures.is_empty()
    }

    /// The error of the inputs that cannot be used, out of `files`.
    pub(super) fn unusable(self, files: usize) -> Error {
        let outcome = match self.failures.len() {
            failed if failed == files => "nothing was written",
            1 => "nothing was written, and on_error=\"skip\" would leave it out",
            _ => "nothing was written, and on_error=\"skip\" would leave them out",
        };
        let failures = self.failures.into_iter().map(|(_, failure)| failure);
        Error::Files {
            files,
            outcome,
            failures: failures.collect(),
        }
    }
}

/// What is to be written, and what is left out.
pub(super) struct Plan<R> {
    pub(super) source: Arc<Source>,
    pub(super) records: Arc<R>,
    pub(super) set: Set,
    pub(super) notes: Vec<String>,
    pub(super) skipped: Vec<LeftOut>,
}

impl<R> Plan<R> {
    /// Arranges what was found in a source.
    pub(super) fn new(
        settings: &Settings,
        source: Source,
        found: Found,
        target: Target<R>,
    ) -> Result<Self> {
        let files = source.len();
        let failed = found.failures.len();
        if failed > 0 && (!settings.skip || failed == files) {
            return Err(found.unusable(files));
        }
        let failures = found.failures.iter();
        let skipped = failures.map(|(input, why)| LeftOut::of(&source, *input, why));
        let skipped: Vec<LeftOut> = skipped.collect();
        let (source, checked) = usable(source, found.checked);
        let (order, set) = (target.arrange)(&source);
        let (source, checked) = arranged(source, checked, order);
        let source = Arc::new(source);
        let (records, of_records) = (target.records)(Arc::clone(&source), checked)?;
        let mut notes = [source.files.notes.clone(), of_records, set.notes.clone()].concat();
        notes.extend(note_on(&skipped, files));
        Ok(Self {
            source,
            records: Arc::new(records),
            set,
            notes,
            skipped,
        })
    }

    /// The shards that are not there already.
    pub(super) fn unfinished(&self, kept: &[bool]) -> impl Iterator<Item = &Shard> {
        let shards = self.set.shards.iter().zip(kept);
        shards.filter(|(_, kept)| !**kept).map(|(shard, _)| shard)
    }

    /// Writes the manifest and the small files.
    pub(super) fn close(&self, manifest: Option<Manifest>, replace: bool) -> Result<()> {
        if let Some(mut manifest) = manifest {
            manifest.add_skipped(&self.skipped)?;
            manifest.commit(replace)?;
        }
        for (path, text) in &self.set.side_files {
            write_whole(path, text.as_bytes(), replace)?;
        }
        Ok(())
    }
}

/// The inputs that can be used.
fn usable(source: Source, checked: Vec<Option<Checked>>) -> (Source, Vec<Checked>) {
    let kept = checked.iter().enumerate();
    let kept = kept.filter_map(|(input, checked)| checked.map(|_| input));
    let kept: Vec<usize> = kept.collect();
    let source = if kept.len() < checked.len() {
        source.arranged(&kept)
    } else {
        source
    };
    (source, checked.into_iter().flatten().collect())
}

/// The inputs in another order, or some of them.
fn arranged(
    source: Source,
    checked: Vec<Checked>,
    order: Option<Vec<usize>>,
) -> (Source, Vec<Checked>) {
    let Some(order) = order else {
        return (source, checked);
    };
    let checked = order.iter().map(|input| checked[*input]).collect();
    (source.arranged(&order), checked)
}

fn note_on(skipped: &[LeftOut], files: usize) -> Option<String> {
    let Skipped { path, reason } = &skipped.first()?.why;
    let (number, path) = (skipped.len(), path.display());
    Some(format!(
        "{number} of {files} images cannot be used and are left out; the first is {path}: {reason}"
    ))
}
