//! What a dataset is made of: classes, sizes and formats of its images, files of records.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::damage::Damage;
use super::examine::{Samples, Sound};
use super::{Source, Watch, path_json};
use crate::codec::{Backend, Header};
use crate::dataset::{Dataset, Options, Wanted};
use crate::engine::{Indexed, in_order};
use crate::error::{Error, Result};
use crate::record::{Shard, index};

/// A dataset in numbers.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// What it is, in words.
    pub kind: &'static str,
    /// Number of samples.
    pub samples: u64,
    /// Classes by label: name, and number of samples.
    pub classes: Vec<(String, u64)>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Images whose headers were read.
    pub headers: u64,
    /// How many of these there are of each format.
    pub formats: BTreeMap<&'static str, u64>,
    /// Their columns, upright.
    pub widths: Option<Spread>,
    /// Their rows, upright.
    pub heights: Option<Spread>,
    /// Files of records.
    pub shards: Vec<File>,
    /// What could not be read.
    pub unreadable: Vec<Damage>,
    /// What a user should know, a line each.
    pub notes: Vec<String>,
}

/// How numbers are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub min: u32,
    /// Half of them are no greater; of two in the middle the lower one.
    pub median: u32,
    /// The greatest.
    pub max: u32,
}

/// A file of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Records in it.
    pub records: u64,
    /// Its length in bytes, as it is on the disk.
    pub bytes: u64,
    /// `GZIP` or `ZLIB`, if it is compressed.
    pub compression: Option<&'static str>,
    /// Whether there is an index file beside it that fits.
    pub index: Index,
}

/// What there is of an index file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Index {
    /// It is there, and fits.
    Good,
    /// There is none.
    Absent,
    /// It is there, and does not fit: why.
    Unfit(String),
}

impl Spread {
    fn of(mut numbers: Vec<u32>) -> Option<Self> {
        numbers.sort_unstable();
        let (min, max) = (*numbers.first()?, *numbers.last()?);
        let median = numbers[(numbers.len() - 1) / 2];
        Some(Self { min, median, max })
    }

    fn json(self) -> Value {
        json!({ "min": self.min, "median": self.median, "max": self.max })
    }
}

impl File {
    fn of(shard: &Shard) -> Result<Self> {
        let path = shard.path().to_path_buf();
        let index = match shard.ignored_index() {
            Some(reason) => Index::Unfit(reason.to_owned()),
            None if index::path_of(&path, shard.framing()).exists() => Index::Good,
            None => Index::Absent,
        };
        let bytes = std::fs::metadata(&path).map_err(Error::at(&path))?.len();
        Ok(Self {
            path,
            records: shard.len(),
            bytes,
            compression: shard.compression(),
            index,
        })
    }

    fn json(&self) -> Value {
        let index = match &self.index {
            Index::Good => "good",
            Index::Absent => "absent",
            Index::Unfit(reason) => reason,
        };
        json!({
            "path": path_json(&self.path),
            "records": self.records,
            "bytes": self.bytes,
            "compression": self.compression,
            "index": index,
        })
    }
}

impl Description {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let classes = self
            .classes
            .iter()
            .map(|(name, samples)| json!({ "name": name, "samples": samples }));
        json!({
            "kind": self.kind,
            "samples": self.samples,
            "classes": classes.collect::<Vec<_>>(),
            "bytes": self.bytes,
            "headers": self.headers,
            "formats": self.formats,
            "widths": self.widths.map(Spread::json),
            "heights": self.heights.map(Spread::json),
            "shards": self.shards.iter().map(File::json).collect::<Vec<_>>(),
            "unreadable": self.unreadable.iter().map(Damage::json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }

    /// What the dataset knows by itself.
    fn new(data: &dyn Dataset) -> Result<Self> {
        let shards: Vec<File> = data.shards().iter().map(File::of).collect::<Result<_>>()?;
        let mut found = Self {
            kind: data.kind(),
            samples: data.len(),
            notes: data.notes().to_vec(),
            bytes: shards.iter().map(|file| file.bytes).sum(),
            shards,
            ..Self::default()
        };
        found.add_classes(data);
        Ok(found)
    }

    /// Adds names and sizes of the classes; where labels cannot be read, why.
    fn add_classes(&mut self, data: &dyn Dataset) {
        let counted = data
            .classes()
            .and_then(|names| Ok((names, data.by_class()?)));
        match counted {
            Ok((names, by_class)) => {
                let names = names.iter().map(|name| name.to_string_lossy().into_owned());
                self.classes = names.zip(by_class.counts()).collect();
            }
            Err(error) => self.notes.push(format!("classes are not known: {error}")),
        }
    }

    /// Adds the headers of `wanted` samples, evenly spread; false if `watch` ended it before.
    fn add_headers(
        &mut self,
        source: &Source,
        data: &Arc<dyn Dataset>,
        wanted: u64,
        watch: Watch<'_>,
    ) -> Result<bool> {
        let all = data.len();
        let samples = Samples {
            data: Arc::clone(data),
            len: wanted,
            which: Box::new(move |number| spread(number, wanted, all)),
            form: None,
            backend: Backend::Auto,
        };
        let (mut sides, mut unlabelled) = ([Vec::new(), Vec::new()], 0);
        let whole = in_order(samples, source.workers(), watch, |_, sample| {
            match sample? {
                Ok(Sound {
                    header, labelled, ..
                }) => {
                    self.add_header(&header, &mut sides);
                    unlabelled += u64::from(!labelled);
                }
                Err(damage) => self.unreadable.push(damage),
            }
            Ok(())
        })?;
        self.notes.extend(source.note_on_labels(unlabelled, wanted));
        [self.widths, self.heights] = sides.map(Spread::of);
        Ok(whole)
    }

    fn add_header(&mut self, header: &Header, sides: &mut [Vec<u32>; 2]) {
        self.headers += 1;
        *self.formats.entry(header.format.name()).or_default() += 1;
        sides[0].push(header.upright().width);
        sides[1].push(header.upright().height);
    }
}

/// The sample that is number `number` of `wanted` ones, evenly spread over all.
fn spread(number: u64, wanted: u64, all: u64) -> u64 {
    let sample = u128::from(number) * u128::from(all) / u128::from(wanted);
    u64::try_from(sample).unwrap_or(u64::MAX)
}

/// Describes the dataset `source`, with the headers of at most `headers` images, evenly spread.
/// `None` if `watch` ended it before.
///
/// # Errors
/// [`Error::Io`], [`Error::Dataset`] and [`Error::Record`] where there is no dataset, or a damaged
/// one; [`Error::Threads`] when worker threads cannot be had.
pub fn describe(source: &Source, headers: u64, watch: Watch<'_>) -> Result<Option<Description>> {
    let data = source.open(Options {
        labels: Wanted::IfThere,
        ..Options::default()
    })?;
    let mut found = Description::new(&*data)?;
    let wanted = headers.min(data.len());
    // Records are part of files whose length is known; of other samples each is asked.
    let is_files = found.shards.is_empty();
    let files = if is_files { data.len() } else { 0 };
    let total = wanted + files;
    let mut begun = |done, _| watch(done, total);
    if !found.add_headers(source, &data, wanted, &mut begun)? {
        return Ok(None);
    }
    let mut going_on = |done, _| watch(wanted + done, total);
    let sizes = Sizes { data, files };
    let whole = in_order(sizes, source.workers(), &mut going_on, |_, bytes| {
        found.bytes += bytes;
        Ok(())
    })?;
    Ok(whole.then_some(found))
}

/// Asks every sample that is a file for its length; one that is not there has none.
struct Sizes {
    data: Arc<dyn Dataset>,
    files: u64,
}

impl Indexed for Sizes {
    type Scratch = ();
    type Value = u64;

    fn len(&self) -> u64 {
        self.files
    }

    fn scratch(&self) {}

    fn value(&self, index: u64, (): &mut (), _: &AtomicBool) -> u64 {
        std::fs::metadata(self.data.location(index).path).map_or(0, |file| file.len())
    }

    fn panicked(&self, _: u64, _: String) -> u64 {
        0
    }
}
