//! How pixels are made where a policy moves an image.

use crate::image::raster::Raster;
use crate::image::warp::{warp_centred, warp_centred_linear};
use crate::pixel::words;

/// What pixels are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// The nearest pixel.
    Nearest,
    /// The four around, weighted by how near they are.
    Linear,
}

words!(Sampling: "nearest" Nearest, "bilinear" Linear);

/// How pixels are made where an image is sheared, shifted or rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moving {
    /// What they are made of.
    pub sampling: Sampling,
    /// Red, green and blue around the image; of gray images the first.
    pub fill: [u8; 3],
}

impl Moving {
    /// Writes an image as [`warp_centred`] does.
    pub(super) fn warp(self, source: &Raster<'_, u8>, inverse: &[f64; 6], out: &mut [u8]) {
        match self.sampling {
            Sampling::Nearest => warp_centred(source, inverse, &self.fill, out),
            Sampling::Linear => {
                let fill = (self.fill != [0; 3]).then_some(self.fill);
                warp_centred_linear(source, inverse, fill, out);
            }
        }
    }
}
