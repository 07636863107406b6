//! How a stream is cut into batches, as a user asks for it.

use crate::engine::{OnError, check_batching, check_shard};
use crate::error::Result;
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
        check_batching(self.batch_size, self.prefetch, self.workers)?;
        check_shard(self.shard)
    }
}
