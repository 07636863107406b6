//! Pictures one at a time, on the caller's thread and into the caller's memory: the pixels that a
//! Loader would give, for those who write them down.

use std::sync::atomic::AtomicBool;

use super::config::Config;
use super::plan::Plan;
use super::transform::{self, Identity, Scratch, Stages};
use crate::codec::Reason;
use crate::dataset::{Content, InMemory};
use crate::error::{Error, Result};
use crate::pixel::Size;

/// Makes pictures of one size.
#[derive(Debug)]
pub struct Maker {
    plan: Plan,
    size: Size,
    stages: Stages,
}

/// What is kept from picture to picture.
#[derive(Debug)]
pub struct Workshop(Scratch);

impl Default for Workshop {
    fn default() -> Self {
        Self(Scratch::new())
    }
}

impl Maker {
    /// Pictures as `config` says, which has a size; what it says of batches does not count.
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub fn new(config: &Config) -> Result<Self> {
        let size = config
            .size
            .ok_or_else(|| Error::argument("size", "None", "a size"))?;
        let config = Config {
            batch_size: 1,
            ..config.clone()
        };
        Plan::check(&config)?;
        let plan = Plan::new(&config, &InMemory::new(vec![Box::new([0; 0])]))?;
        Ok(Self {
            plan,
            size,
            stages: Stages::default(),
        })
    }

    /// Bytes of a finished picture.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plan.image_bytes(self.size)
    }

    /// Makes the picture in the file `encoded`, into `pixels`, which has [`Maker::bytes`] bytes,
    /// aligned for their type.
    ///
    /// # Errors
    /// Why it cannot be decoded.
    pub fn make(
        &self,
        encoded: &[u8],
        workshop: &mut Workshop,
        pixels: &mut [u8],
    ) -> Result<(), Reason> {
        let stop = AtomicBool::new(false);
        let (_, decoder, tools) = workshop.0.parts();
        let (identity, content) = (Identity { epoch: 0, key: 0 }, Content::Encoded(encoded));
        let planned = transform::open(&self.plan, identity, decoder, content, &stop)?;
        transform::make(&self.plan, planned, tools, pixels, &self.stages).map(|_| ())
    }
}
