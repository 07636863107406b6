//! How a stream is cut into batches, as a user asks for it.

use crate::engine::{MOST_WORKERS, OnError};
use crate::error::{Error, Result};
use crate::pixel::{Conversion, Layout};
use crate::tensor::Device;

/// How a stream is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Samples in a batch. Default: 32.
    pub batch_size: usize,
    /// The seed of everything random. Default: 0.
    pub seed: u64,
    /// This rank, and how many there are: each gets batches of its own. Default: (0, 1).
    pub shard: (u64, u64),
    /// Order of the axes of outputs with three: (height, width, channels) as graphs have them, or
    /// (channels, height, width). Default: as graphs have them.
    pub layout: Layout,
    /// What becomes of the bytes of outputs that have three axes. Default: nothing.
    pub conversion: Conversion,
    /// Outputs whose shape is not fixed by the graph as an array for each sample. Default: no.
    pub ragged: bool,
    /// What to do with a sample that cannot be made. Default: raise.
    pub on_error: OnError,
    /// More failed samples than this are an error. Default: no bound.
    pub max_errors: Option<u64>,
    /// Threads. Default: the usable cores.
    pub workers: Option<usize>,
    /// Batches ready ahead of the consumer. Default: 2.
    pub prefetch: usize,
    /// Where arrays are delivered. Default: the CPU's memory.
    pub device: Device,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            batch_size: 32,
            seed: 0,
            shard: (0, 1),
            layout: Layout::Nhwc,
            conversion: Conversion::Uint8,
            ragged: false,
            on_error: OnError::Raise,
            max_errors: None,
            workers: None,
            prefetch: 2,
            device: Device::Cpu,
        }
    }
}

impl Config {
    /// Checks one value against the other.
    pub(super) fn check(&self) -> Result<()> {
        let workers = self.workers.unwrap_or(1);
        let counts = [
            ("batch_size", self.batch_size),
            ("prefetch", self.prefetch),
            ("workers", workers),
        ];
        for (name, value) in counts {
            if value == 0 {
                return Err(Error::argument(name, value, "at least 1"));
            }
        }
        if workers > MOST_WORKERS {
            let allowed = format!("at most {MOST_WORKERS}");
            return Err(Error::argument("workers", workers, allowed));
        }
        let (rank, world) = self.shard;
        if rank >= world {
            let given = format!("({rank}, {world})");
            let allowed = "(rank, world) with 0 <= rank < world";
            return Err(Error::argument("shard", given, allowed));
        }
        Ok(())
    }
}
