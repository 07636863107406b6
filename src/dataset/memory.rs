//! Encoded pictures that are in memory already.

use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::{Dataset, Scratch};
use crate::error::Result;
use crate::random::{hash_bytes, mix};

/// The bytes of a file, wherever they are kept.
pub type Bytes = Box<dyn AsRef<[u8]> + Send + Sync>;

/// Pictures in the order given, all of one class without a name.
pub struct InMemory {
    pictures: Vec<Bytes>,
    classes: [OsString; 1],
}

impl InMemory {
    /// A data set of `pictures`.
    #[must_use]
    pub fn new(pictures: Vec<Bytes>) -> Self {
        Self { pictures, classes: [OsString::new()] }
    }

    fn bytes(&self, index: u64) -> &[u8] {
        usize::try_from(index).ok().and_then(|index| self.pictures.get(index)).map_or(&[], |bytes| (**bytes).as_ref())
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InMemory({} pictures)", self.pictures.len())
    }
}

impl Dataset for InMemory {
    fn len(&self) -> u64 {
        self.pictures.len() as u64
    }

    fn classes(&self) -> &[OsString] {
        &self.classes
    }

    fn class_range(&self, _: usize) -> Range<u64> {
        0..self.len()
    }

    fn label(&self, _: u64) -> usize {
        0
    }

    /// There is no file: what Python calls the sample.
    fn path(&self, index: u64) -> PathBuf {
        if self.pictures.len() == 1 { "data".into() } else { format!("data[{index}]").into() }
    }

    fn read<'a>(&'a self, index: u64, _: &'a mut Scratch) -> Result<&'a [u8]> {
        Ok(self.bytes(index))
    }

    fn fingerprint(&self) -> Result<u64> {
        Ok((0..self.len()).fold(0, |hash, index| mix(hash ^ hash_bytes(self.bytes(index)))))
    }
}
