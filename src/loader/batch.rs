//! A finished batch: arrays over lent memory, and what was done to each sample.

use std::sync::Arc;

use crate::dataset::{Dataset, Location};
use crate::dlpack::Array;
use crate::error::{Error, Result};
use crate::pixel::{Channels, Dtype, Layout, Size};
use crate::sampler::Place;
use crate::tensor::Lease;

/// The arrays of a batch, in the order of their places in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Images = 0,
    Labels = 1,
    Indices = 2,
    Crops = 3,
    Flips = 4,
    Valid = 5,
}

/// What the images of a batch are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) size: Option<Size>,
    pub(super) channels: Channels,
    pub(super) layout: Layout,
    pub(super) dtype: Dtype,
    /// Length of a one-hot label; `None` for class numbers; no labels at all if 0.
    pub(super) one_hot: Option<usize>,
    pub(super) ragged: bool,
}

/// A picture of its own size, in memory of its own.
#[derive(Clone, Debug)]
pub(super) struct Single {
    pub(super) lease: Arc<Lease>,
    pub(super) size: Size,
}

/// A sample that could not be made.
#[derive(Debug)]
pub struct Failure {
    /// The sample's number.
    pub index: u64,
    /// Where it lies.
    pub location: Location,
    /// What is wrong with it.
    pub error: Error,
}

/// A batch of samples. Its memory goes back to be reused when the batch and every array made of it
/// are dropped.
#[derive(Debug)]
pub struct Batch {
    pub(super) data: Arc<dyn Dataset>,
    pub(super) lease: Arc<Lease>,
    pub(super) singles: Vec<Single>,
    pub(super) form: Form,
    /// The samples, apart from the array that the consumer may write.
    pub(super) samples: Vec<u64>,
    /// The epoch it belongs to.
    pub epoch: u32,
    /// Where all ranks stand once they have consumed it.
    pub after: Place,
    /// Samples that could not be made, in the order of their places; empty unless `on_error` is
    /// skip or replace.
    pub failures: Vec<Failure>,
}

/// The images of a batch.
#[derive(Debug)]
pub enum Images {
    /// One array, all of one size.
    Stacked(Array),
    /// An array for each.
    Each(Vec<Array>),
}

impl Form {
    fn shape(&self, size: Size) -> [usize; 3] {
        let (width, height, channels) = (
            size.width as usize,
            size.height as usize,
            self.channels.count(),
        );
        match self.layout {
            Layout::Nhwc => [height, width, channels],
            Layout::Nchw => [channels, height, width],
        }
    }
}

impl Batch {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    fn array(&self, field: Field, tail: &[usize], element: Dtype) -> Array {
        let (start, _) = self.lease.field(field as usize);
        let shape = [&[self.len()], tail].concat();
        Array::new(start, shape, element, Arc::clone(&self.lease) as _)
    }

    /// The images: (N, H, W, C) or (N, C, H, W), or one (H, W, C) or (C, H, W) each if ragged.
    #[must_use]
    pub fn images(&self) -> Images {
        let element = self.form.dtype;
        if let (Some(size), false) = (self.form.size, self.form.ragged) {
            return Images::Stacked(self.array(Field::Images, &self.form.shape(size), element));
        }
        let single = |single: &Single, lead: &[usize]| {
            let shape = [lead, &self.form.shape(single.size)].concat();
            Array::new(
                single.lease.field(0).0,
                shape,
                element,
                Arc::clone(&single.lease) as _,
            )
        };
        match self.singles.as_slice() {
            [only] if !self.form.ragged => Images::Stacked(single(only, &[1])),
            all => Images::Each(all.iter().map(|picture| single(picture, &[])).collect()),
        }
    }

    /// The labels: (N,) int64, or (N, classes) float32 if one-hot; `None` if there are to be none.
    #[must_use]
    pub fn labels(&self) -> Option<Array> {
        match self.form.one_hot {
            None => Some(self.array(Field::Labels, &[], Dtype::Int64)),
            Some(0) => None,
            Some(classes) => Some(self.array(Field::Labels, &[classes], Dtype::Float32)),
        }
    }

    /// Numbers of the samples in the data set: (N,) int64.
    #[must_use]
    pub fn indices(&self) -> Array {
        self.array(Field::Indices, &[], Dtype::Int64)
    }

    /// What part of each upright source picture was used: (N, 4) float32, left, top, width, height
    /// in pixels.
    #[must_use]
    pub fn crops(&self) -> Array {
        self.array(Field::Crops, &[4], Dtype::Float32)
    }

    /// Which samples were mirrored by chance: (N,) bool.
    #[must_use]
    pub fn flips(&self) -> Array {
        self.array(Field::Flips, &[], Dtype::Bool)
    }

    /// Which samples are not repeated ones that fill the batch up: (N,) bool.
    #[must_use]
    pub fn valid(&self) -> Array {
        self.array(Field::Valid, &[], Dtype::Bool)
    }

    /// Where all ranks stand once they have consumed the batch: (2,) int64, epoch and position.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room for it.
    pub fn position(&self) -> Result<Array> {
        let lease = Lease::single(&[16])?;
        let numbers = [u64::from(self.after.epoch), self.after.position];
        if let Some(mut slot) = lease.claim(0) {
            slot.field(0).copy_from_slice(bytemuck::bytes_of(&numbers));
        }
        lease.seal(|_| true);
        Ok(Array::new(
            lease.field(0).0,
            vec![2],
            Dtype::Int64,
            Arc::new(lease),
        ))
    }

    /// Where the samples lie, in order.
    #[must_use]
    pub fn locations(&self) -> Vec<Location> {
        self.samples
            .iter()
            .map(|sample| self.data.location(*sample))
            .collect()
    }

    /// The bytes of an image, as they lie in memory.
    #[must_use]
    pub fn image_bytes(&self, place: usize) -> &[u8] {
        match self.singles.get(place) {
            Some(single) => single.lease.bytes(0, 0),
            None => self.lease.bytes(Field::Images as usize, place),
        }
    }

    /// Number of the sample at `place`.
    #[must_use]
    pub fn index(&self, place: usize) -> u64 {
        self.samples[place]
    }
}
