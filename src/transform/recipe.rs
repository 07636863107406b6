//! What to make of every image, checked to be free of contradictions.

use std::sync::Arc;

use super::finish::Surface;
use super::geometry::Rule;
use super::options::Options;
use crate::augment::Augmentation;
use crate::codec::{Backend, Tally};
use crate::error::{Error, Result};
use crate::pixel::{Channels, Conversion, Dtype, Fit, Interpolation, Layout, Linear, Size};
use crate::tensor::Field;

/// How an image becomes a sample.
#[derive(Debug)]
pub struct Recipe {
    pub(super) rule: Rule,
    pub(super) interpolation: Interpolation,
    pub(super) flip: bool,
    pub(super) augment: Option<Arc<dyn Augmentation>>,
    pub(super) layout: Layout,
    pub(super) channels: Channels,
    pub(super) conversion: Conversion,
    pub(super) fill: [u8; 3],
    pub(super) exact: bool,
    pub(super) backend: Backend,
    pub(super) tally: Arc<Tally>,
    pub(super) exif: bool,
    pub(super) max_pixels: u64,
}

/// What a device does with the bytes of images.
#[derive(Debug)]
pub struct Deferred {
    /// What becomes of each byte.
    pub conversion: Conversion,
    /// The order of the axes that is wanted.
    pub layout: Layout,
}

impl Recipe {
    /// The recipe that `options` describe.
    ///
    /// # Errors
    /// [`Error::Argument`] for an option that is not valid, or not with another.
    pub fn new(options: &Options) -> Result<Self> {
        check_size(options)?;
        check_resize_short(options)?;
        check_random_crop(options)?;
        if options.max_pixels == 0 {
            return Err(Error::argument("max_pixels", 0, "at least 1"));
        }
        let augment = options.augment.as_ref();
        let channels = options.channels.count();
        let augment = augment.map(|augment| augment.for_images(options.size, channels));
        Ok(Self {
            rule: Rule {
                fit: options.fit,
                size: options.size,
                resize_short: options.resize_short,
                scale: options.scale,
                ratio: options.ratio,
            },
            interpolation: options.interpolation,
            flip: options.flip,
            augment: augment.transpose()?,
            layout: options.layout,
            channels: options.channels,
            conversion: conversion(options)?,
            fill: options.fill,
            exact: options.exact || always_exact(options),
            backend: options.decoder,
            tally: Arc::default(),
            exif: options.exif,
            max_pixels: options.max_pixels,
        })
    }

    /// The size of all samples; `None` if each has its image's own.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.rule.size
    }

    /// The same recipe as far as bytes in the order NHWC, and what is then left to do with them.
    #[must_use]
    pub fn deferred(self) -> (Self, Deferred) {
        let deferred = Deferred {
            conversion: self.conversion,
            layout: self.layout,
        };
        let recipe = Self {
            conversion: Conversion::Uint8,
            layout: Layout::Nhwc,
            ..self
        };
        (recipe, deferred)
    }

    /// The most steps of augmentation that are told of a sample; `None` if none ever is.
    #[must_use]
    pub fn most_steps(&self) -> Option<usize> {
        let most = self.augment.as_ref().map(|augment| augment.most_steps());
        most.filter(|most| *most > 0)
    }

    /// Order of the axes of a sample.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What samples are written as.
    pub(super) fn surface(&self) -> Surface<'_> {
        Surface {
            conversion: &self.conversion,
            layout: self.layout,
            channels: self.channels,
            fill: self.fill,
        }
    }

    /// Channels of a sample.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels.count()
    }

    /// What decoded the JPEGs so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What a sample of `size` is in a batch.
    #[must_use]
    pub fn field(&self, size: Size) -> Field {
        let (width, height) = (size.width as usize, size.height as usize);
        let shape = match self.layout {
            Layout::Nhwc => [height, width, self.channels.count()],
            Layout::Nchw => [self.channels.count(), height, width],
        };
        Field::new("images", self.conversion.dtype(), &shape)
    }
}

/// Larger sides are an oversight, and products of sizes must not overflow.
const LARGEST_SIDE: u32 = 65_535;

fn check_size(options: &Options) -> Result<()> {
    let Some(Size { width, height }) = options.size else {
        return match options.fit {
            Fit::Stretch => Ok(()),
            _ => Err(Error::argument(
                "size",
                "None",
                "only with fit=\"stretch\": images keep their own size",
            )),
        };
    };
    let sides = 1..=LARGEST_SIDE;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(());
    }
    let given = if width == height {
        width.to_string()
    } else {
        format!("({height}, {width})")
    };
    let allowed = format!("sides between 1 and {LARGEST_SIDE}");
    Err(Error::argument("size", given, allowed))
}

fn check_resize_short(options: &Options) -> Result<()> {
    let Some(short) = options.resize_short else {
        return Ok(());
    };
    let longest = options.size.map_or(0, |size| size.width.max(size.height));
    let allowed = if options.fit != Fit::Crop {
        "only with fit=\"crop\"".to_owned()
    } else if short < longest || short > LARGEST_SIDE {
        format!("between the crop's size, {longest}, and {LARGEST_SIDE}")
    } else {
        return Ok(());
    };
    Err(Error::argument("resize_short", short, allowed))
}

fn check_random_crop(options: &Options) -> Result<()> {
    let refuse = |name, (low, high): (f64, f64), allowed| {
        Err(Error::argument(name, format!("({low}, {high})"), allowed))
    };
    let (low, high) = options.scale;
    if !(low > 0.0 && low <= high && high <= 1.0) {
        let allowed = "shares of the area, 0 < low <= high <= 1";
        return refuse("scale", options.scale, allowed);
    }
    let (low, high) = options.ratio;
    if !(low > 0.0 && low <= high && high.is_finite()) {
        return refuse("ratio", options.ratio, "aspect ratios, 0 < low <= high");
    }
    Ok(())
}

fn check_values(options: &Options) -> Result<()> {
    if let Some(rescale) = options.rescale {
        if options.dtype != Dtype::Float32 || options.mean.is_some() || options.std.is_some() {
            let allowed = "only with dtype float32, and without mean and std";
            return Err(Error::argument("rescale", rescale, allowed));
        }
        if !rescale.is_finite() {
            return Err(Error::argument("rescale", rescale, "a finite number"));
        }
    }
    check_moments("mean", options.mean, 0.0, options.dtype)?;
    check_moments("std", options.std, f64::MIN_POSITIVE, options.dtype)
}

fn check_moments(
    name: &'static str,
    values: Option<[f64; 3]>,
    lowest: f64,
    dtype: Dtype,
) -> Result<()> {
    let Some(values) = values else { return Ok(()) };
    let allowed = if dtype == Dtype::Uint8 {
        "only with a float dtype"
    } else if !values.iter().all(|v| (lowest..=1.0).contains(v)) {
        "one number per channel in 0..1 (of x / 255), std above 0"
    } else {
        return Ok(());
    };
    Err(Error::argument(name, format!("{values:?}"), allowed))
}

/// What becomes of each byte, as `dtype`, `mean`, `std` and `rescale` say.
///
/// # Errors
/// [`Error::Argument`] for one that is not valid, or not with another.
pub fn conversion(options: &Options) -> Result<Conversion> {
    check_values(options)?;
    let linear = || match options.rescale {
        Some(rescale) => Linear::scaling(rescale),
        None => Linear::normalizing(
            options.mean.unwrap_or([0.0; 3]),
            options.std.unwrap_or([1.0; 3]),
        ),
    };
    Conversion::new(options.dtype, linear).ok_or_else(|| {
        let given = format!("{:?}", options.dtype);
        Error::argument("dtype", given, "uint8, float32, float16 or bfloat16")
    })
}

/// Where the fast way is not as good as it should be: an image that keeps its size is wanted as
/// other decoders give it; `nearest` and `floor` take single samples, and `area` cuts between them,
/// so neither evens out what planes and scaled decoding do.
fn always_exact(options: &Options) -> bool {
    options.size.is_none() || options.interpolation.has_steps()
}
