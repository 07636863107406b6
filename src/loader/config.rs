//! What a user asks for: plain fields, each with its default. [`Plan`](super::plan::Plan) is what
//! comes of it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::augment::Mixing;
use crate::cuda::Route;
use crate::dataset::{Keys, Side};
use crate::engine::OnError;
use crate::pixel::words;
use crate::sampler::LastBatch;
use crate::tensor::Device;
use crate::transform::Options;

/// How labels come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// Class numbers, int64.
    #[default]
    Int,
    /// One float32 a class, 1 for the sample's.
    OneHot,
    /// None at all.
    None,
}

// None has no word: it is Python's None.
words!(Labels: "int" Int, "one_hot" OneHot);

/// Which samples make an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// Every sample once.
    #[default]
    Epoch,
    /// With replacement, endless: a class, each as likely, then one of its files, each as likely.
    Balanced,
}

words!(Sampling: "epoch" Epoch, "balanced" Balanced);

/// How a [`Loader`](super::Loader) is set up.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, as the user names them"
)]
pub struct Config {
    /// Image directories, image files, files of records, or CSV files of `filename,class`; all of
    /// one kind.
    pub paths: Vec<PathBuf>,
    /// Samples per batch on this rank. Default: 32.
    pub batch_size: usize,
    /// What is made of each image. Default: as [`Options`] says.
    pub image: Options,
    /// How the samples of a batch are mixed; labels are then one-hot. Default: they are not.
    pub mix: Option<Mixing>,
    /// How labels come. Default: class numbers.
    pub labels: Labels,
    /// Which samples make an epoch. Default: every sample once.
    pub sampling: Sampling,
    /// Sampling with replacement by weight: one weight per sample, or per class. Default: none.
    pub weights: Option<Vec<f64>>,
    /// Permute each epoch. Default: yes.
    pub shuffle: bool,
    /// The seed of everything random. Default: 0.
    pub seed: u64,
    /// What to do with the samples that do not fill a batch. Default: a shorter batch.
    pub last_batch: LastBatch,
    /// This rank and the number of ranks. Default: (0, 1).
    pub shard: (usize, usize),
    /// Never end. Default: end after an epoch.
    pub repeat: bool,
    /// The first samples of the list only. Default: all.
    pub limit: Option<u64>,
    /// One side of a stratified split, and the share of validation. Default: everything.
    pub split: Option<(Side, f64)>,
    /// The seed of the split, which does not depend on the other one. Default: 0.
    pub split_seed: u64,
    /// Class names: fixes label numbers, leaves other classes out. Default: all.
    pub classes: Option<Vec<OsString>>,
    /// Names of the features in records. Default: those of TensorFlow's image datasets.
    pub keys: Keys,
    /// The files that a CSV file names may lie outside of its directory. Default: no.
    pub allow_outside: bool,
    /// A directory where the places of records in shards without index files are kept from run to
    /// run. Default: none.
    pub places: Option<PathBuf>,
    /// What to do with a sample that cannot be decoded. Default: raise.
    pub on_error: OnError,
    /// More failed samples than this, each counted once, are an error. Default: no bound.
    pub max_errors: Option<u64>,
    /// Decoding threads. Default: the usable cores.
    pub workers: Option<usize>,
    /// Batches ready ahead of the consumer. Default: 2.
    pub prefetch: usize,
    /// Each image an array of its own, of its own size. Default: no.
    pub ragged: bool,
    /// Where batches are delivered. Default: the CPU's memory.
    pub device: Device,
    /// How images reach a GPU. Default: by the copy engine.
    pub route: Route,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            batch_size: 32,
            image: Options::default(),
            mix: None,
            labels: Labels::Int,
            sampling: Sampling::Epoch,
            weights: None,
            shuffle: true,
            seed: 0,
            last_batch: LastBatch::Keep,
            shard: (0, 1),
            repeat: false,
            limit: None,
            split: None,
            split_seed: 0,
            classes: None,
            keys: Keys::default(),
            allow_outside: false,
            places: None,
            on_error: OnError::Raise,
            max_errors: None,
            workers: None,
            prefetch: 2,
            ragged: false,
            device: Device::Cpu,
            route: Route::default(),
        }
    }
}
