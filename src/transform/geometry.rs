//! Which part of an image becomes the sample, and where in the sample it goes: pure functions of
//! sizes and chance.
//!
//! Coordinates are those of the upright image. Roundings are torchvision's for `crop` and
//! `random_crop` (`Resize` cuts the long side to a whole number, `CenterCrop` rounds half to even)
//! and Pillow's `ImageOps.pad` for `pad`, so that what people trained on elsewhere keeps its place
//! to the pixel.

use crate::codec::Window;
use crate::pixel::{Fit, Region, Size};
use crate::random::Stream;

/// How an image becomes a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometry {
    /// The part of the source that is resized.
    pub region: Region,
    /// Whether the filter must not look beyond the region: it was cut out before resizing.
    pub confine: bool,
    /// The size it is resized to.
    pub size: Size,
    /// Where it goes in the output: column and row. The rest is filled.
    pub offset: (u32, u32),
    /// The size that the whole (the image, or what was cut out of it) is thought of as resized
    /// to.
    pub resized: Size,
    /// Column and row of `resized` where `size` begins.
    pub cut: (u32, u32),
}

/// What decides the geometry beside the source's size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// The way of fitting.
    pub fit: Fit,
    /// The size of the sample; `None` keeps the source's.
    pub size: Option<Size>,
    /// With [`Fit::Crop`]: the short side before cropping.
    pub resize_short: Option<u32>,
    /// With [`Fit::RandomCrop`]: least and greatest share of the area.
    pub scale: (f64, f64),
    /// With [`Fit::RandomCrop`]: least and greatest aspect ratio.
    pub ratio: (f64, f64),
}

impl Geometry {
    /// Of a part of an image that keeps its pixels.
    pub(super) fn part(window: Window) -> Self {
        let [left, top, width, height] =
            [window.left, window.top, window.width, window.height].map(f64::from);
        let size = Size::new(window.width, window.height);
        cut(Region::new(left, top, width, height), size)
    }

    /// Whether what is taken of the source is whole pixels, as many as it becomes.
    #[expect(
        clippy::float_cmp,
        reason = "any other length, however near, is a resize"
    )]
    pub(super) fn keeps_pixels(&self) -> bool {
        let Region {
            left,
            top,
            width,
            height,
        } = self.region;
        let whole = left.fract() == 0.0 && top.fract() == 0.0;
        whole && width == f64::from(self.size.width) && height == f64::from(self.size.height)
    }
}

impl Rule {
    /// The geometry for an image of size `source`; `chance` is drawn from by random crops only.
    pub(super) fn apply(&self, source: Size, chance: &mut Stream) -> Geometry {
        let Some(size) = self.size else {
            return stretch(source, source);
        };
        match self.fit {
            Fit::Stretch => stretch(source, size),
            Fit::Crop => crop(source, size, self.resize_short),
            Fit::Pad => pad(source, size),
            Fit::RandomCrop => cut(random_crop(source, self.scale, self.ratio, chance), size),
        }
    }
}

/// A random part of an image of size `source`, of whole pixels, as torchvision's
/// `RandomResizedCrop` and DALI's: an area and an aspect ratio (uniform in its logarithm), ten tries
/// for one that fits, then the largest centred crop whose ratio is allowed.
///
/// `scale` is the least and the greatest share of the area, above 0; `ratio` the same of width to
/// height.
pub fn random_crop(
    source: Size,
    scale: (f64, f64),
    ratio: (f64, f64),
    chance: &mut Stream,
) -> Region {
    let (width, height) = (f64::from(source.width), f64::from(source.height));
    for _ in 0..10 {
        let area = width * height * chance.uniform(scale.0, scale.1);
        let ratio = libm::exp(chance.uniform(libm::log(ratio.0), libm::log(ratio.1)));
        let w = (area * ratio).sqrt().round_ties_even();
        let h = (area / ratio).sqrt().round_ties_even();
        if w >= 1.0 && h >= 1.0 && w <= width && h <= height {
            let left = below(chance, width - w);
            let top = below(chance, height - h);
            return Region::new(left, top, w, h);
        }
    }
    largest_crop(width, height, ratio)
}

/// The largest centred crop whose aspect ratio is allowed.
fn largest_crop(width: f64, height: f64, (low, high): (f64, f64)) -> Region {
    let ratio = width / height;
    let (w, h) = if ratio < low {
        (width, (width / low).round_ties_even().clamp(1.0, height))
    } else if ratio > high {
        ((height * high).round_ties_even().clamp(1.0, width), height)
    } else {
        (width, height)
    };
    let (left, top) = (((width - w) / 2.0).floor(), ((height - h) / 2.0).floor());
    Region::new(left, top, w, h)
}

/// A whole number in `0..=most`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "below 2^32"
)]
fn below(chance: &mut Stream, most: f64) -> f64 {
    chance.below(most as u64 + 1) as f64
}

fn cut(region: Region, size: Size) -> Geometry {
    Geometry {
        region,
        confine: true,
        size,
        offset: (0, 0),
        resized: size,
        cut: (0, 0),
    }
}

fn stretch(source: Size, size: Size) -> Geometry {
    Geometry {
        confine: false,
        ..cut(Region::whole(source), size)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of images, positive"
)]
fn whole(value: f64) -> u32 {
    (value as u32).max(1)
}

/// The whole image is thought of as resized, and the centre of that cut out; only what is needed is
/// computed.
fn crop(source: Size, size: Size, short: Option<u32>) -> Geometry {
    let resized = covering(source, size, short);
    let along = |source: u32, resized: u32, wanted: u32| {
        let cut = middle(resized, wanted);
        let step = f64::from(source) / f64::from(resized);
        (cut, f64::from(cut) * step, f64::from(wanted) * step)
    };
    let (x, left, width) = along(source.width, resized.width, size.width);
    let (y, top, height) = along(source.height, resized.height, size.height);
    Geometry {
        region: Region::new(left, top, width, height),
        resized,
        cut: (x, y),
        ..stretch(source, size)
    }
}

/// The size in which an image covers `size`, or in which its short along is `short`.
fn covering(source: Size, size: Size, short: Option<u32>) -> Size {
    let (width, height) = (f64::from(source.width), f64::from(source.height));
    let wide = match short {
        Some(_) => source.width > source.height,
        None => width * f64::from(size.height) > height * f64::from(size.width),
    };
    let (across, down) = (short.unwrap_or(size.width), short.unwrap_or(size.height));
    if wide {
        let across = whole(f64::from(down) * width / height);
        Size::new(across.max(size.width), down)
    } else {
        let down = whole(f64::from(across) * height / width);
        Size::new(across, down.max(size.height))
    }
}

fn pad(source: Size, size: Size) -> Geometry {
    let (width, height) = (f64::from(source.width), f64::from(source.height));
    let wide = width * f64::from(size.height) > height * f64::from(size.width);
    let inner = if wide {
        let rows = whole((height / width * f64::from(size.width)).round_ties_even());
        Size::new(size.width, rows.min(size.height))
    } else {
        let columns = whole((width / height * f64::from(size.height)).round_ties_even());
        Size::new(columns.min(size.width), size.height)
    };
    Geometry {
        offset: (
            middle(size.width, inner.width),
            middle(size.height, inner.height),
        ),
        ..stretch(source, inner)
    }
}

/// Where the inner of two lengths begins when it is centred in the outer; half a pixel goes to the
/// even side.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "half of a size"
)]
fn middle(outer: u32, inner: u32) -> u32 {
    (f64::from(outer - inner) / 2.0).round_ties_even() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;
    use proptest::prelude::*;

    fn rule(fit: Fit, size: Size) -> Rule {
        Rule {
            fit,
            size: Some(size),
            resize_short: None,
            scale: (0.08, 1.0),
            ratio: (0.75, 4.0 / 3.0),
        }
    }

    fn chance(seed: u64) -> Stream {
        Stream::new(seed, 0, 0, Purpose::Crop)
    }

    #[test]
    fn the_usual_imagenet_validation_crop() {
        let rule = Rule {
            resize_short: Some(256),
            ..rule(Fit::Crop, Size::new(224, 224))
        };
        // 500x375 becomes 341x256 (341.33 cut), of which columns 58..282 and rows 16..240 are taken
        // (58.5 to even).
        let geometry = rule.apply(Size::new(500, 375), &mut chance(0));
        assert!((geometry.region.left - 58.0 * 500.0 / 341.0).abs() < 1e-9);
        assert!((geometry.region.top - 16.0 * 375.0 / 256.0).abs() < 1e-9);
        assert!((geometry.region.width - 224.0 * 500.0 / 341.0).abs() < 1e-9);
    }

    #[test]
    fn padding_keeps_the_ratio_and_centres() {
        let geometry =
            rule(Fit::Pad, Size::new(224, 224)).apply(Size::new(400, 300), &mut chance(0));
        assert_eq!(
            (geometry.size, geometry.offset),
            (Size::new(224, 168), (0, 28))
        );
        let thin = rule(Fit::Pad, Size::new(224, 224)).apply(Size::new(10_000, 3), &mut chance(0));
        assert_eq!((thin.size, thin.offset), (Size::new(224, 1), (0, 112)));
    }

    proptest! {
        #[test]
        fn regions_lie_inside_the_image(
            width in 1u32..5000, height in 1u32..5000,
            w in 1u32..600, h in 1u32..600, seed: u64, fit in 0usize..4
        ) {
            let fit = [Fit::Stretch, Fit::Crop, Fit::Pad, Fit::RandomCrop][fit];
            let source = Size::new(width, height);
            let geometry = rule(fit, Size::new(w, h)).apply(source, &mut chance(seed));
            let Region { left, top, width: cut_width, height: cut_height } = geometry.region;
            prop_assert!(left >= 0.0 && top >= 0.0 && cut_width > 0.0 && cut_height > 0.0);
            prop_assert!(left + cut_width <= f64::from(width) + 1e-6);
            prop_assert!(top + cut_height <= f64::from(height) + 1e-6);
            prop_assert!(geometry.offset.0 + geometry.size.width <= w);
            prop_assert!(geometry.offset.1 + geometry.size.height <= h);
            prop_assert!(geometry.size.width >= 1 && geometry.size.height >= 1);
        }

        #[test]
        fn random_crops_keep_to_scale_and_ratio(
            width in 50u32..2000, height in 50u32..2000, seed: u64
        ) {
            let rule = Rule { scale: (0.2, 0.5), ..rule(Fit::RandomCrop, Size::new(64, 64)) };
            let region = rule.apply(Size::new(width, height), &mut chance(seed)).region;
            prop_assume!(width * 3 < height * 4 && height * 3 < width * 4);
            let share = region.width * region.height / (f64::from(width) * f64::from(height));
            let ratio = region.width / region.height;
            let is_whole = region.width >= f64::from(width);
            prop_assert!((0.17..=0.55).contains(&share) || is_whole, "{share}");
            prop_assert!((0.72..=1.39).contains(&ratio), "{ratio}");
        }
    }

    /// Drawn crops have torchvision's distribution: area uniform in (0.08, 1) on images where
    /// every try fits.
    #[test]
    fn areas_are_uniform() {
        let rule = Rule {
            scale: (0.08, 0.5),
            ..rule(Fit::RandomCrop, Size::new(64, 64))
        };
        let source = Size::new(1000, 1000);
        let mut counts = [0u32; 10];
        for seed in 0..20_000 {
            let region = rule.apply(source, &mut chance(seed)).region;
            let share = (region.width * region.height / 1e6 - 0.08) / 0.42;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a bucket"
            )]
            let bucket = ((share * 10.0) as usize).min(9);
            counts[bucket] += 1;
        }
        assert!(
            counts.iter().all(|count| count.abs_diff(2000) < 250),
            "{counts:?}"
        );
    }
}
