//! Files of records: TFRecord files of `tf.train.Example`, and `RecordIO` files of image records.
//!
//! Files come in the natural order of their names, records in that of their file. A record is
//! copied before it is used: a file that is cut short while it is mapped kills whoever touches it,
//! and the copy in the cache makes up for its cost, which the checksum would have in any case. Its
//! label is read with it; all labels are read, by a [`census`], only for a question that needs
//! them: what classes there are, a split, sampling by class. What is kept in memory is where the
//! records are, eight bytes each, and for such a question some more.

mod census;
mod choice;
mod contents;
mod names;

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::classes::DAMAGED;
use super::{ByClass, Dataset, Location, NO_LABEL, Options, Sample, Scratch, Spot, given_twice};
use crate::error::{Error, Result, counted};
use crate::file::{each, natural_order};
use crate::random::{hash_bytes, mix};
use crate::record::{self, Framing, Places, Reason, Shard, recordio};
use census::Census;
use contents::Form;
pub use names::{LABELS, listed_names};

/// A data set of records.
#[derive(Debug)]
pub struct Shards {
    files: Vec<Shard>,
    /// The number of the first record of each, counted over all.
    starts: Vec<u64>,
    /// The numbers of the records that are samples; all if `None`.
    picks: Option<Vec<u64>>,
    len: u64,
    form: Form,
    /// With classes that were chosen: what labels in the records become.
    labels: Option<HashMap<usize, usize>>,
    threads: usize,
    /// What is damaged has no label, and is no error.
    salvage: bool,
    notes: Vec<String>,
    faults: Vec<Error>,
    /// Names of the classes that are listed beside the files.
    listed: Option<Vec<OsString>>,
    names: OnceLock<Vec<OsString>>,
    census: OnceLock<Census>,
    by_class: OnceLock<ByClass>,
}

/// Threads that open shards, at least: they wait for the disk, not for a core.
const OPENING: usize = 16;

/// `RecordIO` records that are longer have a picture; of shorter ones that is looked up.
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
        let places = options
            .places
            .as_ref()
            .map(|folder| Places::read(folder, &paths));
        let open = |i: usize| {
            let known = |stamp| places.as_ref()?.of(&paths[i], stamp);
            Shard::open_known(
                &paths[i],
                record::Options {
                    salvage: options.salvage,
                    ..Default::default()
                },
                &known,
            )
        };
        let opened = each(paths.len(), threads.max(OPENING), &|i| match open(i) {
            Err(fault) if options.salvage && !fault.is_of_the_machine() => Ok(Err(fault)),
            opened => opened.map(Ok),
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
        one_framing(&files)?;
        let starts = files
            .iter()
            .scan(0, |sum, shard| {
                Some(std::mem::replace(sum, *sum + shard.len()))
            })
            .collect();
        let mut data = Self {
            len: files.iter().map(Shard::len).sum(),
            notes: files.iter().filter_map(ignored_index).collect(),
            faults,
            files,
            starts,
            picks: None,
            form: Form::new(options),
            labels: None,
            threads,
            salvage: options.salvage,
            listed: None,
            names: OnceLock::new(),
            census: OnceLock::new(),
            by_class: OnceLock::new(),
        };
        data.notes.extend(choice::several_sets(&paths));
        data.notes.extend(given_twice(&paths, "records"));
        data.notes.extend(without_records(&data.files));
        data.look_for_names();
        data.leave_out_empty()?;
        data.choose(options)?;
        data.note_many_labels();
        if data.is_empty() && data.faults.is_empty() {
            return Err(Error::dataset(
                paths[0].as_path(),
                options.nothing_left("no records"),
            ));
        }
        Ok(data)
    }

    /// The same, with something more that a user should know.
    pub(super) fn noting(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }

    /// The number of a sample's record, counted over all files.
    fn number(&self, index: u64) -> u64 {
        match &self.picks {
            Some(picks) => picks[usize::try_from(index).unwrap_or(usize::MAX)],
            None => index,
        }
    }

    /// The file that a sample is in, and its record's number there.
    fn place(&self, index: u64) -> (&Shard, u64) {
        let number = self.number(index);
        // Of files that start at one number all but the last have no records.
        let shard = self.starts.partition_point(|start| *start <= number) - 1;
        (&self.files[shard], number - self.starts[shard])
    }

    /// Leaves out `RecordIO` records that hold no picture, as face data sets have them to say which
    /// records are whose.
    fn leave_out_empty(&mut self) -> Result<()> {
        let empty = each(self.files.len(), self.threads, &|i| {
            Ok(without_picture(&self.files[i]))
        })?;
        if empty.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let mut picks = Vec::new();
        for ((shard, start), empty) in self.files.iter().zip(&self.starts).zip(empty) {
            if !empty.is_empty() {
                let path = shard.path().display();
                self.notes.push(format!(
                    "{path}: records without a picture are left out: {}",
                    empty.len()
                ));
            }
            picks.extend(
                (0..shard.len())
                    .filter(|number| empty.binary_search(number).is_err())
                    .map(|n| start + n),
            );
        }
        self.len = picks.len() as u64;
        self.picks = Some(picks);
        Ok(())
    }

    /// Tells that of several labels the first counts, where the first record has several.
    fn note_many_labels(&mut self) {
        if self.is_empty() || !self.form.labelled() {
            return;
        }
        let (shard, record) = self.place(0);
        if shard.framing() != Framing::RecordIo {
            return;
        }
        let mut room = Vec::new();
        if let Some(count) = shard
            .peek(record, &mut room)
            .ok()
            .and_then(contents::many_labels)
        {
            let path = shard.path().display();
            self.notes
                .push(format!("{path}: record {record} has {count} labels, of which the first is taken as its class"));
        }
    }

    /// Finds the names of the classes as far as they are known without reading labels. A list that
    /// is none is left for what it is: anybody may have put it there.
    fn look_for_names(&mut self) {
        if !self.form.has_labels() {
            self.listed = Some(vec![OsString::new()]);
            return;
        }
        let mut folders: Vec<PathBuf> = self
            .files
            .iter()
            .map(|shard| shard.path().parent().unwrap_or(Path::new("")).to_path_buf())
            .collect();
        folders.dedup();
        match names::beside(&folders) {
            Ok(listed) => self.listed = listed,
            Err(error) => self.notes.push(format!(
                "{error}: ignored, as it is no list of classes and their numbers"
            )),
        }
    }

    /// The error of a record that is sound, but not what it should be.
    fn unfit(&self, index: u64, reason: &Reason) -> Error {
        let (shard, record) = self.place(index);
        Error::record(
            shard.path(),
            shard.span(record).offset,
            format!("record {record}: {reason}"),
        )
    }

    fn census(&self) -> Result<&Census> {
        if self.census.get().is_none() {
            let census = self.ask_all(false)?;
            // Whoever else asked at the same time was told the same.
            let _ = self.census.set(census);
        }
        Ok(self.census.get_or_init(Census::default))
    }
}

impl Dataset for Shards {
    fn len(&self) -> u64 {
        self.len
    }

    fn classes(&self) -> Result<&[OsString]> {
        if self.names.get().is_none() {
            let names = match &self.listed {
                Some(names) => names.clone(),
                None => self.census()?.names.clone(),
            };
            let _ = self.names.set(names);
        }
        Ok(self.names.get_or_init(Vec::new))
    }

    fn known_classes(&self) -> Option<&[OsString]> {
        self.names.get().map(Vec::as_slice)
    }

    fn by_class(&self) -> Result<ByClass> {
        if let Some(by_class) = self.by_class.get() {
            return Ok(by_class.clone());
        }
        let (labels, classes) = (&self.census()?.labels, self.classes()?.len());
        let is_outside =
            |(_, label): &(u64, &u32)| **label as usize >= classes && **label != DAMAGED;
        let bearable = self.salvage && labels.iter().any(|label| (*label as usize) < classes);
        if let Some((sample, label)) = (0..).zip(labels).find(is_outside).filter(|_| !bearable) {
            return Err(self.unfit(sample, &outside(*label as usize, classes)));
        }
        Ok(self
            .by_class
            .get_or_init(|| ByClass::of(labels.iter().copied(), classes))
            .clone())
    }

    fn location(&self, index: u64) -> Location {
        let (shard, number) = self.place(index);
        Location {
            path: shard.path().to_path_buf(),
            record: Some(Spot {
                number,
                offset: shard.span(number).offset,
            }),
        }
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>> {
        let (shard, number) = self.place(index);
        let payload = shard
            .read(number, &mut scratch.record)
            .map_err(|error| numbered(error, number))?;
        let sample = self
            .form
            .sample(shard.framing(), payload)
            .and_then(|(content, label)| {
                if let Some(names) = self
                    .listed
                    .as_ref()
                    .filter(|names| label != NO_LABEL && label >= names.len())
                {
                    return Err(outside(label, names.len()));
                }
                let label = match &self.labels {
                    // Where labels are not read they are all 0, which need not be the label of a
                    // class that was chosen.
                    Some(labels) if self.form.labelled() => *labels
                        .get(&label)
                        .ok_or_else(|| Reason(format!("the label is {label}, and was another")))?,
                    _ => label,
                };
                Ok(Sample { content, label })
            });
        sample.map_err(|reason| self.unfit(index, &reason))
    }

    fn fingerprint(&self) -> Result<u64> {
        let (classes, labels) = if self.form.labelled() {
            (self.classes()?, self.census()?.labels.as_slice())
        } else {
            (&[][..], &[][..])
        };
        let mut hash = classes
            .iter()
            .fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for shard in &self.files {
            hash = mix(hash.wrapping_add(hash_bytes(file_name(shard.path()))) ^ shard.len());
        }
        for index in 0..self.len {
            let (shard, number) = self.place(index);
            let label = labels
                .get(usize::try_from(index).unwrap_or(usize::MAX))
                .copied()
                .unwrap_or(0);
            hash =
                mix(hash.wrapping_add(number)
                    ^ mix(shard.span(number).len ^ u64::from(label) << 48));
        }
        Ok(hash)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn kind(&self) -> &'static str {
        match self
            .files
            .iter()
            .find(|shard| !shard.is_empty())
            .map(Shard::framing)
        {
            Some(Framing::RecordIo) => "RecordIO files",
            _ => "TFRecord files",
        }
    }

    fn shards(&self) -> &[Shard] {
        &self.files
    }

    fn faults(&self) -> &[Error] {
        &self.faults
    }
}

/// All files with records are framed alike.
fn one_framing(files: &[Shard]) -> Result<()> {
    let mut filled = files.iter().filter(|shard| !shard.is_empty());
    let Some(first) = filled.next() else {
        return Ok(());
    };
    if let Some(other) = filled.find(|other| other.framing() != first.framing()) {
        let (one, path) = (first.framing(), first.path().display());
        let reason = format!(
            "is a {} file, and {path} is a {one} file: give one kind",
            other.framing()
        );
        return Err(Error::dataset(other.path(), reason));
    }
    Ok(())
}

fn ignored_index(shard: &Shard) -> Option<String> {
    let reason = shard.ignored_index()?;
    Some(format!(
        "{}: the index file beside it is ignored: {reason}",
        shard.path().display()
    ))
}

/// A note on files that hold no records, as a copy that was cut short leaves them.
fn without_records(files: &[Shard]) -> Option<String> {
    let empty: Vec<&Shard> = files.iter().filter(|shard| shard.is_empty()).collect();
    let (first, all) = (
        empty.first().filter(|_| empty.len() < files.len())?,
        files.len(),
    );
    Some(format!(
        "{} of {all} files hold no records; the first is {}",
        empty.len(),
        first.path().display()
    ))
}

/// Numbers of the records that hold nothing behind their header.
fn without_picture(shard: &Shard) -> Vec<u64> {
    let mut empty = Vec::new();
    if shard.framing() == Framing::RecordIo {
        let mut room = Vec::new();
        for number in (0..shard.len()).filter(|number| shard.span(*number).len <= SHORT) {
            // What is damaged is said when it is read.
            let payload = shard
                .peek(number, &mut room)
                .ok()
                .and_then(|payload| recordio::Header::decode(payload).ok());
            if payload.is_some_and(|(_, picture)| picture.is_empty()) {
                empty.push(number);
            }
        }
    }
    empty
}

/// A record's number put into the error that reading it gave.
fn numbered(error: Error, number: u64) -> Error {
    match error {
        Error::Record {
            path,
            offset,
            reason,
        } => Error::record(path, offset, format!("record {number}: {reason}")),
        other => other,
    }
}

fn outside(label: usize, classes: usize) -> Reason {
    Reason(format!(
        "the label {label} is none of the {}",
        counted(classes as u64, "class")
    ))
}

fn file_name(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_bytes()
}
