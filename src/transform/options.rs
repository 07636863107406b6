//! What is to become of images: plain fields, each with its default.

use std::sync::Arc;

use crate::augment::Augmenter;
use crate::codec::Backend;
use crate::pixel::{Channels, Dtype, Fit, Interpolation, Layout, Size};

/// The most pixels an image has by default: Pillow's limit.
pub const MAX_PIXELS: u64 = 178_956_970;

/// How images become samples; [`Recipe::new`](super::Recipe::new) checks it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Output size; `None` keeps each image's own. Default: 224x224.
    pub size: Option<Size>,
    /// How images are brought to the output size. Default: stretch.
    pub fit: Fit,
    /// With [`Fit::Crop`]: the short side before cropping. Default: so that the output just fits.
    pub resize_short: Option<u32>,
    /// With [`Fit::RandomCrop`]: least and greatest share of the area. Default: (0.08, 1).
    pub scale: (f64, f64),
    /// With [`Fit::RandomCrop`]: least and greatest aspect ratio. Default: (3/4, 4/3).
    pub ratio: (f64, f64),
    /// With [`Fit::Pad`]: the colour around the image, in the order of the channels. Default:
    /// black.
    pub fill: [u8; 3],
    /// Resampling filter. Default: bilinear.
    pub interpolation: Interpolation,
    /// Mirror images at random, half of them. Default: no.
    pub flip: bool,
    /// What is done to the pixels of each sample by chance, after the resize. Default: nothing.
    pub augment: Option<Arc<dyn Augmenter>>,
    /// Order of the axes. Default: NHWC.
    pub layout: Layout,
    /// Element type: uint8, or a float of at most 32 bits, which is `(x / 255 - mean) / std`.
    /// Default: uint8.
    pub dtype: Dtype,
    /// Mean per channel, in 0..1. Default: 0.
    pub mean: Option<[f64; 3]>,
    /// Standard deviation per channel, in 0..1. Default: 1.
    pub std: Option<[f64; 3]>,
    /// With float32: elements are `x * rescale` instead. Default: no.
    pub rescale: Option<f32>,
    /// Which channels, in which order. Default: RGB.
    pub channels: Channels,
    /// Decode every pixel before resizing. Default: no.
    pub exact: bool,
    /// What decodes JPEGs; the pixels do not depend on it. Default: our own decoder where it can.
    pub decoder: Backend,
    /// Apply the orientation that EXIF or XMP gives. Default: yes.
    pub exif: bool,
    /// A larger image is an error before any memory is taken for it. Default: [`MAX_PIXELS`].
    pub max_pixels: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            size: Some(Size::new(224, 224)),
            fit: Fit::Stretch,
            resize_short: None,
            scale: (0.08, 1.0),
            ratio: (3.0 / 4.0, 4.0 / 3.0),
            fill: [0; 3],
            interpolation: Interpolation::Bilinear,
            flip: false,
            augment: None,
            layout: Layout::Nhwc,
            dtype: Dtype::Uint8,
            mean: None,
            std: None,
            rescale: None,
            channels: Channels::Rgb,
            exact: false,
            decoder: Backend::Auto,
            exif: true,
            max_pixels: MAX_PIXELS,
        }
    }
}
