//! What is common to the requests that become conversions: options, checks, sources, shards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::check::Depth;
use super::conversion::convert;
use super::place::Destination;
use super::plan::Target;
use super::set::Settings;
use super::shards::{Records, Shard};
use super::source::{OF_IMAGES, Source};
use super::{Existing, OnError, Written, is_digits, workers};
use crate::codec::Format;
use crate::dataset::{LARGEST_LABEL, Numbering};
use crate::engine::Watch;
use crate::error::{Error, Result};
use crate::file::{SIGNATURE, peek};
use crate::record::Framing;
use crate::record::index::path_of;

/// What all conversions have in common.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What to do with outputs that are there already. Default: refuse.
    pub existing: Existing,
    /// Worker threads. Default: the usable cores.
    pub workers: Option<usize>,
    /// Whether TFRecord shards get an index file, `SHARD.idx`; RecordIO ones always do. Default:
    /// no.
    pub index: bool,
    /// Whether `manifest.jsonl` is written. Default: no.
    pub manifest: bool,
    /// How thoroughly inputs are checked before anything is written. Default: every image is
    /// decoded.
    pub check: Depth,
    /// What to do with inputs that cannot be used. Default: the run ends.
    pub on_error: OnError,
    /// Whether names in a CSV file may lead out of the directory that they are relative to.
    /// Default: no.
    pub allow_outside: bool,
}

impl Options {
    /// The settings of a run that writes to `folder`; `workers` is what that argument is called.
    pub(super) fn settings(&self, folder: &Path, argument: &'static str) -> Result<Settings> {
        Ok(Settings {
            folder: folder.to_owned(),
            existing: self.existing,
            workers: workers(argument, self.workers)?,
            manifest: self.manifest,
            depth: self.check,
            skip: self.on_error == OnError::Skip,
        })
    }
}

/// Converts a source; `None` if `watch` ended it before.
pub(super) fn run<R: Records>(
    settings: &Settings,
    source: Source,
    target: Target<R>,
    watch: Watch<'_>,
) -> Result<Option<Written>> {
    source.check_labels(LARGEST_LABEL, "class numbers have 32 bits")?;
    convert(settings, source, target, watch)
}

/// A directory of images, or a CSV file of some with names relative to its own directory.
pub(super) fn open(
    path: &Path,
    destination: &Destination<'_>,
    workers: usize,
    numbering: &Numbering,
    allow_outside: bool,
) -> Result<Source> {
    if !path.is_file() {
        return directory(path, destination, workers);
    }
    refuse_other_files(path)?;
    let root = path.parent().unwrap_or(Path::new(""));
    let source = Source::listed(path, root, numbering, allow_outside)?;
    // Unlike a directory, a list is not changed by records that are written beside it, where they
    // are usually wanted.
    let folders = source.folders();
    folders
        .iter()
        .try_for_each(|folder| destination.apart(folder))?;
    Ok(source)
}

/// Refuses a file that is an image or holds records, instead of a list.
fn refuse_other_files(path: &Path) -> Result<()> {
    let mut start = Vec::new();
    peek(path, SIGNATURE, &mut start).map_err(Error::at(path))?;
    if Format::of(&start).is_some() {
        let reason = "is an image: give the directory that it is in, or a CSV file";
        return Err(Error::dataset(path, reason));
    }
    if Framing::of(&start).is_some() {
        let reason = format!("is a file of records: {OF_IMAGES}");
        return Err(Error::dataset(path, reason));
    }
    Ok(())
}

/// A directory of images, outside of which the run writes.
pub(super) fn directory(
    path: &Path,
    destination: &Destination<'_>,
    workers: usize,
) -> Result<Source> {
    destination.outside(path)?;
    let source = Source::directory(path, workers)?;
    // Directories in it may be links to elsewhere.
    let parents = source.folders();
    let below: BTreeSet<&Path> = parents
        .iter()
        .flat_map(|folder| folder.ancestors().take_while(|folder| *folder != path))
        .collect();
    below
        .into_iter()
        .try_for_each(|folder| destination.outside(folder))?;
    Ok(source)
}

/// The source with its argument, if it is a CSV file.
pub(super) fn listed(argument: &'static str, source: &Path) -> Vec<(&'static str, PathBuf)> {
    if source.is_file() {
        vec![(argument, source.to_owned())]
    } else {
        Vec::new()
    }
}

pub(super) fn positive(argument: &'static str, value: usize) -> Result<()> {
    if value == 0 {
        Err(Error::argument(argument, value, "at least 1"))
    } else {
        Ok(())
    }
}

/// Shards of these sizes, whose records follow each other from `first` on; with an index each if
/// the framing is given.
pub(super) fn in_a_row(
    folder: &Path,
    mut first: usize,
    sizes: &[usize],
    name: impl Fn(usize) -> String,
    index: Option<Framing>,
) -> Vec<Shard> {
    let mut shards = Vec::with_capacity(sizes.len());
    for (number, &count) in sizes.iter().enumerate() {
        let path = folder.join(name(number));
        shards.push(Shard {
            index: index.map(|framing| path_of(&path, framing)),
            path,
            first,
            count,
        });
        first += count;
    }
    shards
}

/// Whether a file's name is one of `beginnings`, a number of five digits or more, `-of-`, another,
/// and `ending`.
pub(super) fn is_numbered(file: &str, beginnings: &[&str], ending: &str) -> bool {
    let numbers = beginnings.iter().find_map(|beginning| {
        file.strip_prefix(beginning)?
            .strip_suffix(ending)?
            .split_once("-of-")
    });
    numbers.is_some_and(|(one, all)| {
        [one, all]
            .iter()
            .all(|number| is_digits(number.as_bytes()) && number.len() >= 5)
    })
}
