//! What a loader leaves to a GPU.

use super::fields::Fields;
use super::plan::Plan;
use crate::cuda::{Images, Route};
use crate::delivery::{Gpu, Request};
use crate::error::Result;
use crate::pixel::Size;
use crate::tensor::Field;
use crate::transform::Deferred;

/// Batches on a device, as they were asked for.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) ordinal: u32,
    pub(super) deferred: Deferred,
    pub(super) route: Route,
    /// The images of a batch.
    pub(super) images: Field,
}

impl Delivery {
    /// What brings batches of at most `capacity` samples to the device, `ahead` of them at a time.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when the device cannot be used.
    pub(super) fn open(
        &self,
        plan: &Plan,
        fields: &Fields,
        (capacity, ahead): (usize, usize),
    ) -> Result<Gpu> {
        let size = plan.recipe.size().unwrap_or(Size::new(1, 1));
        Gpu::new(Request {
            ordinal: self.ordinal,
            route: self.route,
            images: Images {
                conversion: &self.deferred.conversion,
                layout: self.deferred.layout,
                pixels: usize::try_from(size.pixels()).unwrap_or(usize::MAX),
                channels: plan.recipe.channels(),
                most: capacity,
            },
            staged: fields.staged.clone(),
            first: &self.images,
            capacity,
            ahead,
        })
    }
}
