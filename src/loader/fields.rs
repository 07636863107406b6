//! Which fields the Loader's batches have.

use std::sync::Arc;

use super::config::Labels;
use super::plan::Plan;
use crate::pixel::Dtype;
use crate::tensor::Field;

/// Numbers of the samples in the dataset: int64.
pub(super) const INDICES: usize = 0;
/// What part of each upright source image was used: left, top, width, height in pixels, float32.
pub(super) const CROPS: usize = 1;
/// Which samples were mirrored by chance: bool.
pub(super) const FLIPS: usize = 2;
/// Which samples are not repeated ones that fill the batch up: bool.
pub(super) const VALID: usize = 3;

/// The fields of a batch, in the order of their arrays, and the places of those that not every
/// batch has.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) all: Arc<[Field]>,
    /// Not where each image has memory of its own.
    pub(super) images: Option<usize>,
    /// Not where there are to be none.
    pub(super) labels: Option<usize>,
}

impl Fields {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut all = vec![
            Field::new("indices", Dtype::Int64, &[]),
            Field::new("crops", Dtype::Float32, &[4]),
            Field::new("flips", Dtype::Bool, &[]),
            Field::new("valid", Dtype::Bool, &[]),
        ];
        let mut add = |field| {
            all.push(field);
            all.len() - 1
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
            all: all.into(),
            images,
            labels,
        }
    }
}
