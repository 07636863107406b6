//! Which fields the Loader's batches have, and where workers write them.

use std::sync::Arc;

use super::config::Labels;
use super::plan::Plan;
use crate::augment::Step;
use crate::pixel::Dtype;
use crate::tensor::{Arena, Field, Slot};

/// The array of the samples' numbers, which is read back.
pub(super) const NUMBERS: usize = 0;
/// Numbers of the samples in the dataset: int64.
pub(super) const INDICES: Column = Column::Kept(NUMBERS);
/// What part of each upright source image was used: left, top, width, height in pixels, float32.
pub(super) const CROPS: Column = Column::Kept(1);
/// Which samples were mirrored by chance: bool.
pub(super) const FLIPS: Column = Column::Kept(2);
/// Which samples are not repeated ones that fill the batch up: bool.
pub(super) const VALID: Column = Column::Kept(3);

/// Where a field of a batch is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// An array of the memory that is handed over.
    Kept(usize),
    /// An array of the memory that is copied to a device.
    Staged(usize),
}

impl Column {
    /// Its place in the memory that is handed over, if it is there.
    pub(super) fn kept(self) -> Option<usize> {
        match self {
            Self::Kept(place) => Some(place),
            Self::Staged(_) => None,
        }
    }

    /// Its place in the memory that is copied to a device, if it is there.
    pub(super) fn staged(self) -> Option<usize> {
        match self {
            Self::Staged(place) => Some(place),
            Self::Kept(_) => None,
        }
    }
}

/// The fields of a batch, in the order of their arrays, and the places of those that not every
/// batch has.
#[derive(Debug)]
pub(super) struct Fields {
    /// What is handed over in the memory that workers write.
    pub(super) kept: Arc<[Field]>,
    /// What is copied to a device, as workers write it; nothing where there is none.
    pub(super) staged: Arc<[Field]>,
    /// Not where each image has memory of its own.
    pub(super) images: Option<Column>,
    /// Not where there are to be none.
    pub(super) labels: Option<Column>,
    /// What was done to the pixels of each sample, and how much; where something is.
    pub(super) steps: Option<Steps>,
}

/// Where the steps are written that were taken on each sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    /// The number of each operation; 0 where there are no more: uint8.
    pub(super) operations: Column,
    /// The magnitude of each: float32.
    pub(super) magnitudes: Column,
}

/// The names of their arrays.
pub(super) const OPERATIONS: &str = "operations";
pub(super) const MAGNITUDES: &str = "magnitudes";

/// One sample's place in both memories of a batch.
#[derive(Debug)]
pub(super) struct Target<'a> {
    kept: Slot<'a>,
    staged: Option<Slot<'a>>,
}

impl Fields {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut kept = vec![
            Field::new("indices", Dtype::Int64, &[]),
            Field::new("crops", Dtype::Float32, &[4]),
            Field::new("flips", Dtype::Bool, &[]),
            Field::new("valid", Dtype::Bool, &[]),
        ];
        let steps = plan.recipe.most_steps().map(|most| {
            kept.push(Field::new(OPERATIONS, Dtype::Uint8, &[most]));
            kept.push(Field::new(MAGNITUDES, Dtype::Float32, &[most]));
            Steps {
                operations: Column::Kept(kept.len() - 2),
                magnitudes: Column::Kept(kept.len() - 1),
            }
        });
        let mut staged = Vec::new();
        let mut add = |field| {
            let (fields, column): (_, fn(usize) -> Column) = if plan.delivery.is_some() {
                (&mut staged, Column::Staged)
            } else {
                (&mut kept, Column::Kept)
            };
            fields.push(field);
            column(fields.len() - 1)
        };
        let stacked = plan.recipe.size().filter(|_| !plan.ragged);
        let images = stacked.map(|size| add(plan.recipe.field(size)));
        let label = match plan.labels {
            Labels::Int => Some(Field::new("labels", Dtype::Int64, &[])),
            Labels::OneHot => Some(Field::new("labels", Dtype::Float32, &[plan.num_classes])),
            Labels::None => None,
        };
        let labels = label.map(add);
        Self {
            kept: kept.into(),
            staged: staged.into(),
            images,
            labels,
            steps,
        }
    }
}

impl<'a> Target<'a> {
    /// The place of sample `index`, for whoever asks first.
    pub(super) fn claim(kept: &'a Arena, staged: Option<&'a Arena>, index: usize) -> Option<Self> {
        Some(Self {
            kept: kept.claim(index)?,
            staged: staged.and_then(|staged| staged.claim(index)),
        })
    }

    /// The sample's bytes in an array.
    ///
    /// # Panics
    /// If the array is staged, and the batch is for no device.
    pub(super) fn field(&mut self, column: Column) -> &mut [u8] {
        let (slot, field) = self.place(column);
        slot.field(field)
    }

    /// Writes all elements that the sample has in an array.
    ///
    /// # Panics
    /// If they are not as many bytes as it has there; as [`Target::field`].
    pub(super) fn put<T: bytemuck::NoUninit>(&mut self, column: Column, elements: &[T]) {
        let (slot, field) = self.place(column);
        slot.put(field, elements);
    }

    /// Writes the steps that were taken on the sample.
    pub(super) fn put_steps(&mut self, columns: Steps, steps: &[Step]) {
        let operations = self.field(columns.operations);
        operations.fill(0);
        for (operation, step) in operations.iter_mut().zip(steps) {
            *operation = step.operation.code();
        }
        let magnitudes = self.field(columns.magnitudes);
        magnitudes.fill(0);
        for (magnitude, step) in magnitudes.chunks_exact_mut(4).zip(steps) {
            magnitude.copy_from_slice(&step.magnitude.to_ne_bytes());
        }
    }

    fn place(&mut self, column: Column) -> (&mut Slot<'a>, usize) {
        match column {
            Column::Kept(field) => (&mut self.kept, field),
            Column::Staged(field) => {
                let staged = self.staged.as_mut();
                (staged.expect("what is staged is for a device"), field)
            }
        }
    }
}
