//! Where samples are: which file or record each one is, and its label.
//!
//! A dataset is a list with random access, so that everything above it can refer to samples by
//! number. All kinds of datasets implement [`Dataset`], and [`open`] finds out from the files which
//! kind it is given.

mod classes;
mod directory;
mod files;
mod kind;
mod left_out;
mod look;
mod memory;
mod options;
mod rows;
mod shards;
mod split;
mod table;
mod tree;

use std::ffi::{CStr, OsString};
use std::fmt;
use std::path::PathBuf;

pub use classes::{ByClass, LARGEST_LABEL, NO_LABEL};
pub use files::{Files, Ids, ImageFiles, List, Numbering};
pub use kind::{open, records_below};
pub use memory::{Bytes, InMemory};
pub use options::{Keys, Options, Wanted};
pub use shards::{LABELS, Shards, listed_names};
pub use split::{Side, Split, share_of};

pub use crate::codec::Content;
use crate::codec::Reason;
pub use crate::error::Spot;
use crate::error::{Error, Result};
use crate::file::{self, Base};
use crate::record;
use crate::record::Shard;

/// Memory that samples are read into, used again for the next one.
#[derive(Debug, Default)]
pub struct Scratch {
    path: Vec<u8>,
    bytes: Vec<u8>,
    record: record::Scratch,
}

/// A sample as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The image.
    pub content: Content<'a>,
    /// The number of its class.
    pub label: usize,
}

/// Where a sample lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// Where in it, unless the file is the sample.
    pub record: Option<Spot>,
}

/// A list of labelled samples.
pub trait Dataset: fmt::Debug + Send + Sync {
    /// Number of samples.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the classes; a label is an index into them. If that takes reading all labels, they
    /// are read on the first call.
    ///
    /// # Errors
    /// What is wrong with a label, or with the file it is read from.
    fn classes(&self) -> Result<&[OsString]>;

    /// Names of the classes, if they are known already.
    fn known_classes(&self) -> Option<&[OsString]> {
        self.classes().ok()
    }

    /// The samples by class.
    ///
    /// # Errors
    /// As [`Dataset::classes`].
    fn by_class(&self) -> Result<ByClass>;

    /// Where sample `index` lies.
    fn location(&self, index: u64) -> Location;

    /// Sample `index`, read into `scratch` if necessary; once that has grown, without allocating.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file; [`Error::Record`] where a record is damaged or does not hold
    /// what it should.
    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>>;

    /// 64 bits that depend on the names of the files, their sizes and the labels, in order.
    ///
    /// # Errors
    /// [`Error::Io`] for a file whose size cannot be read, and as [`Dataset::classes`].
    fn fingerprint(&self) -> Result<u64>;

    /// Notes for the user about the files, a line each.
    fn notes(&self) -> &[String] {
        &[]
    }

    /// What kind of dataset it is, for the user.
    fn kind(&self) -> &'static str;

    /// Its files of records.
    fn shards(&self) -> &[Shard] {
        &[]
    }

    /// Files that could not be opened; only with [`Options::salvage`].
    fn faults(&self) -> &[Error] {
        &[]
    }
}

impl Location {
    /// A sample that is a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            record: None,
        }
    }

    /// The file, and after a `#` the number of the record in it.
    #[must_use]
    pub fn text(&self) -> OsString {
        let mut text = self.path.clone().into_os_string();
        if let Some(spot) = self.record {
            text.push(format!("#{}", spot.number));
        }
        text
    }

    /// The error of an image that cannot be decoded.
    #[must_use]
    pub fn undecodable(self, reason: Reason) -> Error {
        let error = reason.at(self.path);
        match self.record {
            Some(spot) => error.of_record(spot),
            None => error,
        }
    }
}

impl Scratch {
    /// Joins the parts of a path, with a NUL at the end; once the scratch has grown, without
    /// allocating.
    fn join(&mut self, parts: [&[u8]; 3]) -> &CStr {
        self.path.clear();
        for part in parts {
            if !self.path.is_empty() && !self.path.ends_with(b"/") && !part.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(part);
        }
        self.path.push(0);
        CStr::from_bytes_until_nul(&self.path).unwrap_or_default()
    }

    /// Reads the file whose path, relative to `base`, is made of `parts`.
    fn read(&mut self, base: &Base, parts: [&[u8]; 3]) -> std::io::Result<&[u8]> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let len = file::read_into(base, self.join(parts), &mut bytes);
        self.bytes = bytes;
        Ok(&self.bytes[..len?])
    }
}

/// Warns if one of `paths`, which are sorted and contain `what`, is given more than once.
fn given_twice(paths: &[PathBuf], what: &str) -> Option<String> {
    let twice = paths.windows(2).find(|pair| pair[0] == pair[1])?;
    let path = twice[0].display();
    Some(format!(
        "{path}: given more than once, so its {what} are read each time"
    ))
}
