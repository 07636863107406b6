//! A finished batch: arrays over lent memory, and what was done to each sample.

use std::sync::Arc;

use super::fields::{MAGNITUDES, OPERATIONS};
use crate::augment::{Mixed, Operation, Step};
use crate::dataset::{Dataset, Location};
use crate::delivery::{DeviceArray, OnDevice};
use crate::dlpack::Array;
use crate::error::{Error, Result};
use crate::pixel::Dtype;
use crate::sampler::Place;
use crate::tensor::{Field, Lease};

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
    /// What of it is on a GPU.
    pub(super) on_device: Option<OnDevice>,
    /// Images with memory of their own, if they are not a field of the batch.
    pub(super) singles: Vec<Arc<Lease>>,
    pub(super) ragged: bool,
    /// The samples, apart from the array that the consumer may write.
    pub(super) samples: Vec<u64>,
    /// How its samples were mixed, if they were.
    pub mixed: Option<Mixed>,
    /// The epoch it belongs to.
    pub epoch: u32,
    /// Where all ranks stand once they have consumed it.
    pub after: Place,
    /// Samples that could not be made, in the order of their places; empty unless `on_error` is
    /// skip or replace.
    pub failures: Vec<Failure>,
}

/// What a batch has of a field.
#[derive(Debug)]
pub enum Arrays {
    /// One array: the samples along its first axis.
    Stacked(Array),
    /// One array on a GPU.
    OnDevice(DeviceArray),
    /// An array for each sample.
    Each(Vec<Array>),
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

    /// A field by its name, `None` if the batch does not have it:
    ///
    /// | name | for each sample |
    /// | --- | --- |
    /// | `images` | (H, W, C) or (C, H, W); an array of its own if ragged |
    /// | `labels` | int64, or (classes) float32 if one-hot |
    /// | `indices` | its number in the dataset: int64 |
    /// | `crops` | the part of the upright source used: (4) float32, left, top, width, height |
    /// | `flips` | whether it was mirrored by chance: bool |
    /// | `valid` | whether it is not a repeated one that fills the batch up: bool |
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Arrays> {
        if let Some(array) = self
            .on_device
            .as_ref()
            .and_then(|arrays| arrays.array(name))
        {
            return Some(Arrays::OnDevice(array));
        }
        let fields = self.lease.fields();
        if let Some(field) = fields.iter().position(|field| field.name == name) {
            return Some(Arrays::Stacked(Array::of_field(&self.lease, field)));
        }
        if name != "images" {
            return None;
        }
        Some(match self.singles.as_slice() {
            [only] if !self.ragged => Arrays::Stacked(Array::of_field(only, 0)),
            all => Arrays::Each(all.iter().map(Array::of_single).collect()),
        })
    }

    /// Where all ranks stand once they have consumed the batch: (2,) int64, epoch and position.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room for it.
    pub fn position(&self) -> Result<Array> {
        let lease = Lease::single(Field::new("position", Dtype::Int64, &[2]))?;
        if let Some(mut slot) = lease.claim(0) {
            slot.put(0, &[u64::from(self.after.epoch), self.after.position]);
        }
        lease.seal(|_| true);
        Ok(Array::of_single(&Arc::new(lease)))
    }

    /// What was done to the pixels of the sample at `place` by chance, in order; `None` if nothing
    /// is done to any.
    #[must_use]
    pub fn steps(&self, place: usize) -> Option<Vec<Step>> {
        let array = |name| {
            self.lease
                .fields()
                .iter()
                .position(|field| field.name == name)
        };
        let operations = self.lease.bytes(array(OPERATIONS)?, place).iter();
        let magnitudes = self.lease.bytes(array(MAGNITUDES)?, place).chunks_exact(4);
        let steps = operations.zip(magnitudes).map_while(|(code, magnitude)| {
            Some(Step {
                operation: Operation::of_code(*code)?,
                magnitude: bytemuck::pod_read_unaligned(magnitude),
            })
        });
        Some(steps.collect())
    }

    /// Where the samples lie, in order.
    #[must_use]
    pub fn locations(&self) -> Vec<Location> {
        self.samples
            .iter()
            .map(|sample| self.data.location(*sample))
            .collect()
    }

    /// Bytes of all images.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let images = self
            .on_device
            .as_ref()
            .and_then(|arrays| arrays.array("images"));
        match images {
            Some(images) => images.array().bytes(),
            None => (0..self.len())
                .map(|place| self.image_bytes(place).len())
                .sum(),
        }
    }

    /// The bytes of an image in the CPU's memory.
    ///
    /// # Panics
    /// If the images are on a GPU.
    #[must_use]
    pub fn image_bytes(&self, place: usize) -> &[u8] {
        let is_image = |field: &Field| field.name == "images";
        match self.lease.fields().iter().position(is_image) {
            Some(images) => self.lease.bytes(images, place),
            None => self.singles[place].bytes(0, 0),
        }
    }

    /// Number of the sample at `place`.
    #[must_use]
    pub fn index(&self, place: usize) -> u64 {
        self.samples[place]
    }
}
