//! Files of records: TFRecord files of `tf.train.Example`, and `RecordIO` files of image records.
//!
//! Files are in the natural order of their names, records in the order of their file. A record is
//! copied before it is used, because reading a mapped file that is truncated meanwhile kills the
//! process; the copy costs little, since the checksum reads all bytes anyway. The label is read
//! with the record. All labels are read, by a [`census`], only when they are needed: for the
//! classes, a split, or sampling by class. Memory is eight bytes a record for its place, and some
//! more for a census.

mod census;
mod choice;
mod contents;
mod faults;
mod names;
mod open;

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use super::classes::DAMAGED;
use super::{ByClass, Dataset, Location, NO_LABEL, Sample, Scratch, Spot};
use crate::error::{Error, Result, counted};
use crate::random::{hash_bytes, mix};
use crate::record::{Framing, Shard};
use census::Census;
use contents::Schema;
pub use names::{LABELS, listed_names};

/// A dataset of records.
#[derive(Debug)]
pub struct Shards {
    files: Vec<Shard>,
    /// The number of the first record of each, counted over all.
    starts: Vec<u64>,
    /// The numbers of the records that are samples; all if `None`.
    picks: Option<Vec<u64>>,
    len: u64,
    schema: Schema,
    /// With classes that were chosen: what labels in the records become.
    labels: Option<HashMap<usize, usize>>,
    threads: usize,
    /// A damaged record has no label, and is no error.
    salvage: bool,
    notes: Vec<String>,
    faults: Vec<Error>,
    /// Names of the classes that are listed beside the files.
    listed: Option<Vec<OsString>>,
    names: OnceLock<Vec<OsString>>,
    census: OnceLock<Census>,
    by_class: OnceLock<ByClass>,
}

impl Shards {
    /// Adds a note for the user.
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
        // If several files start at this number, all but the last are empty.
        let shard = self.starts.partition_point(|start| *start <= number) - 1;
        (&self.files[shard], number - self.starts[shard])
    }

    /// The place of a sample's record.
    fn spot(&self, index: u64) -> Spot {
        let (shard, number) = self.place(index);
        Spot {
            number,
            offset: shard.span(number).offset,
        }
    }

    /// The error of a record that is sound, but not as it should be.
    fn unfit(&self, index: u64, reason: &str) -> Error {
        let (shard, _) = self.place(index);
        let spot = self.spot(index);
        Error::record(shard.path(), spot.offset, reason).of_record(spot)
    }

    /// What the label in a record is among the classes that were chosen.
    fn label(&self, label: usize) -> Result<usize, String> {
        let names = self.listed.as_ref().map_or(usize::MAX, Vec::len);
        if label != NO_LABEL && label >= names {
            return Err(outside(label, names));
        }
        match &self.labels {
            // Where labels are not read they are all 0, which need not be the label of a class that
            // was chosen.
            Some(labels) if self.schema.labelled() => {
                let label = labels.get(&label).copied().ok_or(label);
                label.map_err(|label| format!("the label is {label}, but was different before"))
            }
            _ => Ok(label),
        }
    }

    fn census(&self) -> Result<&Census> {
        if self.census.get().is_none() {
            let census = self.ask_all(false)?;
            // If another thread was faster, it got the same.
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
        let (shard, _) = self.place(index);
        Location {
            path: shard.path().to_path_buf(),
            record: Some(self.spot(index)),
        }
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>> {
        let (shard, number) = self.place(index);
        let payload = shard
            .read(number, &mut scratch.record)
            .map_err(|error| error.of_record(self.spot(index)))?;
        let sample = self.schema.sample(shard.framing(), payload);
        let sample = sample.and_then(|(content, label)| {
            let label = self.label(label)?;
            Ok(Sample { content, label })
        });
        sample.map_err(|reason| self.unfit(index, &reason))
    }

    fn fingerprint(&self) -> Result<u64> {
        let (classes, labels) = if self.schema.labelled() {
            (self.classes()?, self.census()?.labels.as_slice())
        } else {
            (&[][..], &[][..])
        };
        let classes = classes.iter();
        let mut hash = classes.fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for shard in &self.files {
            hash = mix(hash.wrapping_add(hash_bytes(file_name(shard.path()))) ^ shard.len());
        }
        let mut labels = labels.iter().map(|label| u64::from(*label));
        for index in 0..self.len {
            let (shard, number) = self.place(index);
            let label = labels.next().unwrap_or_default() << 48;
            hash = mix(hash.wrapping_add(number) ^ mix(shard.span(number).len ^ label));
        }
        Ok(hash)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn kind(&self) -> &'static str {
        let mut filled = self.files.iter().filter(|shard| !shard.is_empty());
        match filled.next().map_or(Framing::TfRecord, Shard::framing) {
            Framing::RecordIo => "RecordIO files",
            Framing::TfRecord => "TFRecord files",
        }
    }

    fn shards(&self) -> &[Shard] {
        &self.files
    }

    fn faults(&self) -> &[Error] {
        &self.faults
    }
}

fn outside(label: usize, classes: usize) -> String {
    let classes = counted(classes as u64, "class");
    format!("the label {label} is none of the {classes}")
}

fn file_name(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_bytes()
}
