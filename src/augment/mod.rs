//! Augmentation: what is done by chance to the pixels of a sample, and how samples of a batch are
//! mixed.
//!
//! A [`Policy`] draws a few [steps](Step), such as "rotate by 12 degrees", from (seed, epoch,
//! sample), and changes an image by them. [`Mixing`] draws from (seed, epoch, place of the batch)
//! how images and labels of a finished batch are mixed with those beside them. Operations,
//! magnitudes and choices are those of torchvision's v2 transforms; what is random is drawn here.
//!
//! The pixels of each operation are functions of `image`. Whoever makes samples knows an
//! [`Augmentation`] and the [`Change`] that each worker has of it, nothing else, so that other
//! things than policies can change pixels.

mod apply;
mod distribution;
mod mix;
mod moving;
mod operation;
mod policy;
mod published;
mod space;

use std::fmt;
use std::sync::Arc;

use crate::codec::Reason;
use crate::error::Result;
use crate::pixel::Size;
use crate::random::Identity;

pub use apply::Memory;
pub use mix::{Images, Kind, Mixed, Mixing};
pub use moving::{Moving, Sampling};
pub use operation::{Operation, Step};
pub use policy::{Applied, Policy, Refused, refused_alpha};
pub use published::Published;

/// What is to change the pixels of samples, before it is known which images they are.
pub trait Augmenter: fmt::Debug + Send + Sync {
    /// What changes images of `size`, or of any if each has its own, with so many channels: 3 or 1.
    ///
    /// # Errors
    /// What is wrong with it, as an argument or with its graph.
    fn for_images(&self, size: Option<Size>, channels: usize) -> Result<Arc<dyn Augmentation>>;
}

/// What changes the pixels of samples, for all workers.
pub trait Augmentation: fmt::Debug + Send + Sync {
    /// What a worker changes samples with.
    fn worker(&self) -> Box<dyn Change>;

    /// The most steps that are told of a sample; 0 if none ever is.
    fn most_steps(&self) -> usize;
}

/// What changes the pixels of samples, one after the other; it keeps its memory.
pub trait Change: fmt::Debug + Send {
    /// Changes an image, and appends to `done` what was done to it. The same identity gives the
    /// same pixels.
    ///
    /// # Errors
    /// When there is no memory.
    fn change(
        &mut self,
        image: Image<'_>,
        identity: Identity,
        done: &mut Vec<Step>,
    ) -> Result<(), Reason>;
}

/// Pixels of a sample: rows of red, green and blue bytes, or of gray ones.
#[derive(Debug)]
pub struct Image<'a> {
    /// The bytes, without gaps.
    pub pixels: &'a mut [u8],
    /// Columns and rows.
    pub size: Size,
    /// Bytes a pixel: 3 or 1.
    pub channels: usize,
}
