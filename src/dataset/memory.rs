//! Encoded images that are in memory already.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use super::{ByClass, Content, Dataset, Location, Sample, Scratch};
use crate::error::Result;
use crate::random::{hash_bytes, mix};

/// The bytes of a file, wherever they are kept.
pub type Bytes = Box<dyn AsRef<[u8]> + Send + Sync>;

/// Images in the order given, all of one class without a name.
pub struct InMemory {
    images: Vec<Bytes>,
    classes: [OsString; 1],
}

impl InMemory {
    /// A dataset of `images`.
    #[must_use]
    pub fn new(images: Vec<Bytes>) -> Self {
        Self {
            images,
            classes: [OsString::new()],
        }
    }

    fn bytes(&self, index: u64) -> &[u8] {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.images.get(index))
            .map_or(&[], |bytes| (**bytes).as_ref())
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InMemory({} images)", self.images.len())
    }
}

impl Dataset for InMemory {
    fn len(&self) -> u64 {
        self.images.len() as u64
    }

    fn classes(&self) -> Result<&[OsString]> {
        Ok(&self.classes)
    }

    fn by_class(&self) -> Result<ByClass> {
        let all = 0..self.len();
        Ok(ByClass {
            ranges: Arc::new([all]),
            samples: None,
        })
    }

    /// There is no file: what Python calls the sample.
    fn location(&self, index: u64) -> Location {
        Location::file(if self.images.len() == 1 {
            "data".to_owned()
        } else {
            format!("data[{index}]")
        })
    }

    fn kind(&self) -> &'static str {
        "images in memory"
    }

    fn read<'a>(&'a self, index: u64, _: &'a mut Scratch) -> Result<Sample<'a>> {
        Ok(Sample {
            content: Content::Encoded(self.bytes(index)),
            label: 0,
        })
    }

    fn fingerprint(&self) -> Result<u64> {
        Ok((0..self.len()).fold(0, |hash, index| mix(hash ^ hash_bytes(self.bytes(index)))))
    }
}
