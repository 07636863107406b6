//! Seeded, bit-reproducible batches of images, decoded as fast as the codec allows.
//!
//! A sample is a pure function of its index, and one engine evaluates those functions in parallel,
//! in order, into batches.
//!
//! ```no_run
//! use imagepipe::loader::{Config, Loader};
//!
//! let paths = vec!["train/".into()];
//! let loader = Loader::open(&Config { paths, seed: 1, ..Config::default() })?;
//! for batch in loader.epoch(0)? {
//!     println!("{} images", batch?.len());
//! }
//! # Ok::<(), imagepipe::error::Error>(())
//! ```
//!
//! The paragraphs of `mod` lines below are the layers of the crate, lowest first: a module imports
//! only from layers below its own, and not from its neighbours. `tests/integration/layers.rs`
//! checks that.

pub mod error;
pub mod pixel;
pub mod random;
mod sync;

pub mod file;
#[cfg(target_arch = "x86_64")]
mod simd;
pub mod tensor;

pub mod codec;
pub mod cuda;
pub mod dlpack;
pub mod image;
pub mod record;

pub mod augment;

pub mod dataset;
mod delivery;
pub mod engine;
pub mod sampler;
pub mod transform;

pub mod graph;
pub mod loader;
pub mod write;

pub mod inspect;

#[cfg(feature = "python")]
mod python;
