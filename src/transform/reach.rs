//! Which pixels of a file a sample needs, and at which scale they may be decoded.
//!
//! A JPEG is decoded at 1/2, 1/4 or 1/8 of its size (libjpeg-turbo has fast code for these alone;
//! 5/8 takes longer than a full decode) as long as [`MARGIN`] scaled pixels or more are left for
//! each pixel of the output, so that the antialiasing filter still has something to do.

use crate::codec::{self, Decoded, Window};
use crate::pixel::{Channels, Interpolation, Region, Size};

use super::recipe::Recipe;
use super::sample::Choice;

/// Which pixels of a file a region needs, and at which scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    denominator: u32,
    window: Window,
}

impl Reach {
    /// The reach of what is to become of an image.
    pub(super) fn new(recipe: &Recipe, choice: &Choice) -> Self {
        let (region, size) = choice.stored();
        let (stored, confine) = (choice.header.size, choice.geometry.confine);
        let denominator = if recipe.exact {
            1
        } else {
            denominator(region, size, recipe.interpolation, confine)
        };
        let along = |start: f64, length: f64, out: u32, whole: u32| {
            let scale = f64::from(denominator);
            let (start, length) = (start / scale, length / scale);
            let beyond = beyond(recipe, confine, length / f64::from(out));
            span(start, length, beyond, whole.div_ceil(denominator))
        };
        let (left, width) = along(region.left, region.width, size.width, stored.width);
        let (top, height) = along(region.top, region.height, size.height, stored.height);
        Self {
            denominator,
            window: Window {
                left,
                top,
                width,
                height,
            },
        }
    }

    pub(super) fn request(self, recipe: &Recipe) -> codec::Request {
        codec::Request {
            denominator: self.denominator,
            window: self.window,
            gray: recipe.channels == Channels::Gray,
            exact: recipe.exact,
        }
    }

    /// The region in the coordinates of what was decoded, kept inside it in spite of roundings.
    pub(super) fn in_view(decoded: &Decoded<'_>, region: Region) -> Region {
        let scale = f64::from(decoded.denominator);
        #[expect(clippy::cast_precision_loss, reason = "a side of an image")]
        let side = |start: f64, length: f64, first: u32, whole: usize| {
            let whole = whole as f64;
            let start = (start / scale - f64::from(first)).clamp(0.0, whole);
            (start, (length / scale).min(whole - start))
        };
        let (width, height) = decoded.pixels.size();
        let (left, width) = side(region.left, region.width, decoded.left, width);
        let (top, height) = side(region.top, region.height, decoded.top, height);
        Region::new(left, top, width, height)
    }
}

/// How many pixels beyond a region its output depends on, at `step` pixels for each of the output.
fn beyond(recipe: &Recipe, confine: bool, step: f64) -> f64 {
    match (confine, recipe.exact) {
        (false, _) => recipe.interpolation.support() * step.max(COARSEST) + 1.0,
        (true, true) => 0.0,
        // What is cut out before resizing has been upsampled before: its chroma is made of the
        // pixels beside it.
        (true, false) => 1.0,
    }
}

/// First pixel and number of pixels that cover a length and the filter's reach beyond it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the image"
)]
fn span(start: f64, length: f64, reach: f64, whole: u32) -> (u32, u32) {
    let first = (start - reach).floor().clamp(0.0, f64::from(whole - 1)) as u32;
    let end = (start + length + reach)
        .ceil()
        .clamp(f64::from(first + 1), f64::from(whole)) as u32;
    (first, end - first)
}

/// The most luma columns or rows that a chroma sample stands for: filters are at least that wide.
const COARSEST: f64 = 4.0;

/// How many scaled pixels must remain for each output pixel: what keeps the result as good as from
/// a full decode, 38 dB (PSNR) and more.
const MARGIN: f64 = 1.5;

/// The same for random crops, which may be the most detailed part of an image, and for filters
/// with negative lobes.
const WIDE_MARGIN: f64 = 2.0;

/// The strongest reduction that leaves the image as good. Only powers of two: there is fast code
/// for those.
fn denominator(region: Region, size: Size, interpolation: Interpolation, confine: bool) -> u32 {
    let margin = if confine || interpolation != Interpolation::Bilinear {
        WIDE_MARGIN
    } else {
        MARGIN
    };
    let enough = |d: &u32| {
        let need = |length: f64, out: u32| length / f64::from(*d) >= margin * f64::from(out);
        need(region.width, size.width) && need(region.height, size.height)
    };
    if interpolation.picks_pixels() {
        1
    } else {
        [8, 4, 2].into_iter().find(enough).unwrap_or(1)
    }
}
