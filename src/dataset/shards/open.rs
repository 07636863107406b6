//! Opens files of records as one dataset.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::contents::{Schema, many_labels};
use super::{Shards, choice, names};
use crate::dataset::{Options, given_twice};
use crate::error::{Error, Result};
use crate::file::{each, natural_order};
use crate::record::{self, Framing, Places, Shard, recordio};

/// The least number of threads that open shards: they wait for the disk, not for a core.
const OPENING: usize = 16;

/// Only `RecordIO` records up to this length are checked for having no image.
const SHORT: u64 = 4096;

impl Shards {
    /// Opens the files of records at `paths` on `threads` threads.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Record`] for a file that is damaged, [`Error::Dataset`] for files of
    /// two kinds or without records; with a split or classes, what is wrong with a label;
    /// [`Error::Argument`] for classes that are not there.
    pub fn open(mut paths: Vec<PathBuf>, options: &Options, threads: usize) -> Result<Self> {
        options.keys.check_text()?;
        paths.sort_by(|a, b| natural_order(a.as_os_str().as_bytes(), b.as_os_str().as_bytes()));
        let (files, faults) = open_files(&paths, options, threads)?;
        one_framing(&files)?;
        let mut data = Self::all_of(files, options, threads);
        data.faults = faults;
        data.notes.extend(choice::several_sets(&paths));
        data.notes.extend(given_twice(&paths, "records"));
        data.notes.extend(without_records(&data.files));
        data.look_for_names();
        data.leave_out_empty()?;
        data.choose(options)?;
        data.note_many_labels();
        if data.len == 0 && data.faults.is_empty() {
            return Err(Error::dataset(
                &*paths[0],
                options.nothing_left("no records"),
            ));
        }
        Ok(data)
    }

    /// All records of files.
    fn all_of(files: Vec<Shard>, options: &Options, threads: usize) -> Self {
        let start = |sum: &mut u64, shard: &Shard| Some(std::mem::replace(sum, *sum + shard.len()));
        Self {
            len: files.iter().map(Shard::len).sum(),
            notes: files.iter().filter_map(ignored_index).collect(),
            starts: files.iter().scan(0, start).collect(),
            faults: Vec::new(),
            files,
            picks: None,
            schema: Schema::new(options),
            labels: None,
            threads,
            salvage: options.salvage,
            listed: None,
            names: OnceLock::new(),
            census: OnceLock::new(),
            by_class: OnceLock::new(),
        }
    }

    /// Leaves out `RecordIO` records without an image, in which face datasets keep which records
    /// are of which person.
    fn leave_out_empty(&mut self) -> Result<()> {
        let empty = each(self.files.len(), self.threads, |i| {
            Ok(without_image(&self.files[i]))
        })?;
        if empty.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let mut picks = Vec::new();
        for ((shard, start), empty) in self.files.iter().zip(&self.starts).zip(empty) {
            if !empty.is_empty() {
                let (path, count) = (shard.path().display(), empty.len());
                let note = format!("{path}: records without an image are left out: {count}");
                self.notes.push(note);
            }
            let kept = (0..shard.len()).filter(|number| empty.binary_search(number).is_err());
            picks.extend(kept.map(|number| start + number));
        }
        self.len = picks.len() as u64;
        self.picks = Some(picks);
        Ok(())
    }

    /// Notes that only the first label is used, if the first record has several.
    fn note_many_labels(&mut self) {
        if self.len == 0 || !self.schema.labelled() {
            return;
        }
        let (shard, record) = self.place(0);
        let mut scratch = Vec::new();
        let payload = match shard.framing() {
            Framing::RecordIo => shard.peek(record, &mut scratch).ok(),
            Framing::TfRecord => None,
        };
        if let Some(count) = payload.and_then(many_labels) {
            let path = shard.path().display();
            self.notes.push(format!(
                "{path}: record {record} has {count} labels; the first one is used as its \
                 class"
            ));
        }
    }

    /// Finds the names of the classes if they are known without reading labels. A `labels.csv` that
    /// does not fit is ignored: it may be anything.
    fn look_for_names(&mut self) {
        if !self.schema.has_labels() {
            self.listed = Some(vec![OsString::new()]);
            return;
        }
        let folder = |shard: &Shard| shard.path().parent().unwrap_or(Path::new("")).to_path_buf();
        let mut folders: Vec<PathBuf> = self.files.iter().map(folder).collect();
        folders.dedup();
        match names::beside(&folders) {
            Ok(listed) => self.listed = listed,
            Err(error) => self.notes.push(format!(
                "{error}: ignored, because it is not a list of classes and their numbers"
            )),
        }
    }
}

/// Opens files, with the places of records that are known from an earlier run; returns those that
/// can be used, and with `salvage` what is wrong with the others.
fn open_files(
    paths: &[PathBuf],
    options: &Options,
    threads: usize,
) -> Result<(Vec<Shard>, Vec<Error>)> {
    let places = options.places.as_ref();
    let places = places.map(|folder| Places::read(folder, paths));
    let salvage = options.salvage;
    let opened = each(paths.len(), threads.max(OPENING), |i| {
        let known = |stamp| places.as_ref()?.of(&paths[i], stamp);
        let options = record::Options {
            salvage,
            ..record::Options::default()
        };
        match Shard::open_known(&paths[i], options, &known) {
            Err(fault) if salvage && !fault.is_of_the_machine() => Ok(Err(fault)),
            opened => opened.map(Ok),
        }
    })?;
    let (mut files, mut faults) = (Vec::with_capacity(paths.len()), Vec::new());
    for shard in opened {
        match shard {
            Ok(shard) => files.push(shard),
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(places) = places {
        places.keep(&files);
    }
    Ok((files, faults))
}

/// Refuses files of different framings.
fn one_framing(files: &[Shard]) -> Result<()> {
    let mut filled = files.iter().filter(|shard| !shard.is_empty());
    let Some(first) = filled.next() else {
        return Ok(());
    };
    let (one, path) = (first.framing(), first.path().display());
    filled
        .find(|other| other.framing() != one)
        .map_or(Ok(()), |other| {
            let kind = other.framing();
            let reason = format!("is a {kind} file, and {path} is a {one} file: give one kind");
            Err(Error::dataset(other.path(), reason))
        })
}

fn ignored_index(shard: &Shard) -> Option<String> {
    let (path, reason) = (shard.path().display(), shard.ignored_index()?);
    Some(format!(
        "{path}: the index file beside it is ignored: {reason}"
    ))
}

/// A note on files without records, such as an interrupted copy leaves.
fn without_records(files: &[Shard]) -> Option<String> {
    let empty: Vec<&Shard> = files.iter().filter(|shard| shard.is_empty()).collect();
    let first = empty.first().filter(|_| empty.len() < files.len())?;
    let (some, all, first) = (empty.len(), files.len(), first.path().display());
    Some(format!(
        "{some} of {all} files hold no records; the first is {first}"
    ))
}

/// Numbers of the records that have nothing after their header.
fn without_image(shard: &Shard) -> Vec<u64> {
    match shard.framing() {
        Framing::TfRecord => return Vec::new(),
        Framing::RecordIo => {}
    }
    let mut scratch = Vec::new();
    let mut is_empty = |number: &u64| {
        // A damaged record is an error when it is read.
        let payload = shard.peek(*number, &mut scratch).ok();
        let decoded = payload.and_then(|payload| recordio::Header::decode(payload).ok());
        decoded.is_some_and(|(_, image)| image.is_empty())
    };
    let short = (0..shard.len()).filter(|number| shard.span(*number).len <= SHORT);
    short.filter(|number| is_empty(number)).collect()
}
