//! Where samples are: which file is which sample, and what its label is.
//!
//! A data set is a sorted list with random access, so that everything above it can speak of samples by number. Kinds of
//! data sets stand behind [`Dataset`].

mod directory;
mod memory;

use std::ffi::{CStr, OsString};
use std::fmt;
use std::ops::Range;

pub use directory::{Directory, Options, Side, Split};
pub use memory::{Bytes, InMemory};

use crate::error::Result;

/// The bytes of a sample, put where the caller has room.
#[derive(Debug, Default)]
pub struct Scratch {
    path: Vec<u8>,
    bytes: Vec<u8>,
}

/// A sorted list of labelled samples.
pub trait Dataset: fmt::Debug + Send + Sync {
    /// Number of samples.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the classes; a label is an index into them.
    fn classes(&self) -> &[OsString];

    /// The samples of class `label`, which are consecutive.
    fn class_range(&self, label: usize) -> Range<u64>;

    /// The label of sample `index`.
    fn label(&self, index: u64) -> usize;

    /// The file of sample `index`.
    fn path(&self, index: u64) -> std::path::PathBuf;

    /// The encoded bytes of sample `index`, read into `scratch` if need be, without allocating once that has grown.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`] naming the file.
    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<&'a [u8]>;

    /// 64 bits that depend on the sorted names, file sizes and labels.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`] for a file whose size cannot be asked for.
    fn fingerprint(&self) -> Result<u64>;
}

impl Scratch {
    /// Puts a path together, NUL at its end, without allocating once the scratch has grown.
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
}
