//! Affine maps about the centre of an image, in the arithmetic of torchvision's
//! `transforms.v2.functional.affine` and `rotate` of tensors, with the nearest pixels.
//!
//! There, a matrix of doubles maps places of the result to places of the source, both measured from
//! the middle of the image. It is rounded to single precision and divided by half the size, so that
//! the image reaches from -1 to 1, and applied to places in single precision:
//! `x * m[0] + y * m[1] + m[2]`, each product added to the sum before it with one rounding, as
//! matrix products of floats are computed on processors with fused multiply-add. The pixel of the
//! source is `(g + 1) * (size / 2) - 0.5`, rounded to the nearest whole number, of ties the even
//! one, as `grid_sample` has it with `align_corners=False`.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, places are computed in vectors"
)]

use crate::image::raster::Raster;
use crate::image::wide::widely;

/// What an affine map does: it scales and shears, then rotates, all of it about a centre, then
/// moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// By how much it rotates, in degrees, clockwise as the image is seen.
    pub angle: f64,
    /// How far it moves to the right and down, in pixels.
    pub translate: (f64, f64),
    /// By which factor it enlarges.
    pub scale: f64,
    /// By how much it shears along x and along y, in degrees.
    pub shear: (f64, f64),
    /// The centre, in pixels from the top left corner; the middle of the image if not given.
    pub center: Option<(f64, f64)>,
}

impl Default for Affine {
    fn default() -> Self {
        Self {
            angle: 0.0,
            translate: (0.0, 0.0),
            scale: 1.0,
            shear: (0.0, 0.0),
            center: None,
        }
    }
}

impl Affine {
    /// The map that `rotate` has for an angle: counter-clockwise.
    #[must_use]
    pub fn rotation(angle: f64) -> Self {
        Self {
            angle: -angle,
            ..Self::default()
        }
    }

    /// Two rows of a matrix: where the source has a place of the result, both of them relative to
    /// the middle of an image of some width and height.
    ///
    /// The map is `T C R S C^-1`: `T` moves, `C` moves the origin to the centre, `R` rotates, `S`
    /// shears and scales.
    #[must_use]
    pub fn inverse(&self, (width, height): (usize, usize)) -> [f64; 6] {
        let angle = self.angle.to_radians();
        let (shear_x, shear_y) = (self.shear.0.to_radians(), self.shear.1.to_radians());
        let (sin, cos) = (libm::sin(angle - shear_y), libm::cos(angle - shear_y));
        let (tan_x, cos_y) = (libm::tan(shear_x), libm::cos(shear_y));
        // Rotations and shears keep areas: the determinant is 1, and the inverse is the adjugate.
        let right = -cos * tan_x / cos_y - libm::sin(angle);
        let below = -sin * tan_x / cos_y + libm::cos(angle);
        let [a, b, c, d] =
            [below, -right, -(sin / cos_y), cos / cos_y].map(|number| number / self.scale);
        let center = self
            .center
            .map_or((0.0, 0.0), |(x, y)| (x - half(width), y - half(height)));
        let by = (-center.0 - self.translate.0, -center.1 - self.translate.1);
        [
            a,
            b,
            a * by.0 + b * by.1 + center.0,
            c,
            d,
            c * by.0 + d * by.1 + center.1,
        ]
    }
}

#[expect(clippy::cast_precision_loss, reason = "images are smaller")]
fn half(side: usize) -> f64 {
    side as f64 * 0.5
}

/// How many places are computed at a time.
pub(super) const TOGETHER: usize = 32;

/// The most elements of a pixel that is copied as one.
const MOST: usize = 4;

/// What stands for a place outside of the source.
const OUTSIDE: u32 = u32::MAX;

/// Writes an image of the size of the source: each pixel is the nearest one to where `inverse` maps
/// it, or `fill` outside of the source, which has a value for each channel.
///
/// # Panics
/// If `out` is not as large as the source, `fill` has too few values, or the source has 2^22 columns
/// or rows, or 2^32 elements.
pub fn warp_centred<T: Copy>(
    source: &Raster<'_, T>,
    inverse: &[f64; 6],
    fill: &[T],
    out: &mut [T],
) {
    let fill = &fill[..source.channels];
    let grid = Grid::checked(source, inverse, out.len());
    let row = source.width * source.channels;
    let rows = out.chunks_exact_mut(row.max(1)).enumerate();
    widely!(|| match source.channels {
        1 => rows.for_each(|(row, target)| grid.fill_row::<T, 1, 1>(source, row, fill, target)),
        3 => rows.for_each(|(row, target)| grid.fill_row::<T, 3, 4>(source, row, fill, target)),
        4 => rows.for_each(|(row, target)| grid.fill_row::<T, 4, 4>(source, row, fill, target)),
        _ => rows.for_each(|(row, target)| grid.fill_any(source, row, fill, target)),
    });
}

/// An image that reaches from -1 to 1, and the map from there to there.
pub(super) struct Grid {
    theta: [f32; 6],
    size: [f32; 2],
    stride: usize,
    channels: usize,
}

impl Grid {
    /// The grid of a source, whose image has `len` elements.
    ///
    /// # Panics
    /// If it has not, or the source is too large.
    pub(super) fn checked<T>(source: &Raster<'_, T>, inverse: &[f64; 6], len: usize) -> Self {
        let (width, height) = (source.width, source.height);
        assert!(
            width.max(height) < 1 << 22 && source.stride * height < 1 << 32,
            "an image of {width}x{height}, which is too large"
        );
        let elements = width * source.channels * height;
        assert_eq!(len, elements, "an image of {width}x{height}");
        Self::new(source, inverse)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "single precision is meant; sides are exact in it"
    )]
    fn new<T>(source: &Raster<'_, T>, inverse: &[f64; 6]) -> Self {
        let size = [source.width as f32, source.height as f32];
        let of = |place: usize| inverse[place] as f32 / (0.5 * size[place / 3]);
        Self {
            theta: std::array::from_fn(of),
            size,
            stride: source.stride,
            channels: source.channels,
        }
    }

    /// Where in the source the pixels of a row are from, from column `start` on: columns and rows.
    #[expect(
        clippy::cast_precision_loss,
        reason = "places of pixels inside of the image"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(super) fn sources(&self, row: usize, start: usize) -> ([f32; TOGETHER], [f32; TOGETHER]) {
        let [width, height] = self.size;
        let y = row as f32 - (height - 1.0) * 0.5;
        let start = start as f32 - (width - 1.0) * 0.5;
        let t = &self.theta;
        let of = |m: [f32; 3], side: f32| {
            std::array::from_fn(|column| {
                let place = added((start + column as f32) * m[0], y, m[1]) + m[2];
                (place + 1.0) * (side * 0.5) - 0.5
            })
        };
        (
            of([t[0], t[1], t[2]], width),
            of([t[3], t[4], t[5]], height),
        )
    }

    /// Where the elements of pixels begin that those of a row are, from column `start` on.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "places of pixels inside of the image"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn places(&self, row: usize, start: usize) -> [u32; TOGETHER] {
        let [width, height] = self.size;
        let (stride, channels) = (self.stride as u32, self.channels as u32);
        let (across, down) = self.sources(row, start);
        std::array::from_fn(|column| {
            let (across, down) = (nearest(across[column]), nearest(down[column]));
            let is_inside = (across >= 0.0) & (across < width) & (down >= 0.0) & (down < height);
            // Numbers below 2^23 are in the low bits of their sum with it.
            let whole = |place: f32| (place + 8_388_608.0).to_bits() & 0x007f_ffff;
            let (down, across) = (whole(down), whole(across));
            let place = (down.wrapping_mul(stride)).wrapping_add(across.wrapping_mul(channels));
            if is_inside { place } else { OUTSIDE }
        })
    }
}

impl Grid {
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn fill_row<T: Copy, const C: usize, const L: usize>(
        &self,
        source: &Raster<'_, T>,
        row: usize,
        fill: &[T],
        target: &mut [T],
    ) {
        // A pixel, and whatever comes after it.
        let outside: [T; L] = std::array::from_fn(|at| fill[at.min(C - 1)]);
        for (start, part) in (0..).step_by(TOGETHER).zip(target.chunks_mut(TOGETHER * C)) {
            let places = self.places(row, start);
            let mut pixels = [fill[0]; MOST * TOGETHER];
            // What comes after a pixel is copied too, and then written over.
            for (at, place) in places.into_iter().enumerate() {
                let target = &mut pixels[at * C..];
                match source.data.get(place as usize..) {
                    Some(found) if found.len() >= L => target[..L].copy_from_slice(&found[..L]),
                    Some(found) => target[..C].copy_from_slice(&found[..C]),
                    None => target[..L].copy_from_slice(&outside),
                }
            }
            part.copy_from_slice(&pixels[..part.len()]);
        }
    }

    fn fill_any<T: Copy>(&self, source: &Raster<'_, T>, row: usize, fill: &[T], target: &mut [T]) {
        let parts = target.chunks_mut(TOGETHER * source.channels);
        for (start, part) in (0..).step_by(TOGETHER).zip(parts) {
            let places = self.places(row, start);
            for (place, target) in places.into_iter().zip(part.chunks_mut(source.channels)) {
                match source.data.get(place as usize..) {
                    Some(pixel) => target.copy_from_slice(&pixel[..source.channels]),
                    None => target.copy_from_slice(fill),
                }
            }
        }
    }
}

/// `sum + a * b`, rounded once: the product of two floats is exact as a double.
#[expect(clippy::cast_possible_truncation, reason = "single precision is meant")]
fn added(sum: f32, a: f32, b: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(sum)) as f32
}

/// The nearest whole number, of ties the even one, of numbers below 2^22.
fn nearest(place: f32) -> f32 {
    const WHOLE: f32 = 12_582_912.0;
    place + WHOLE - WHOLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(affine: Affine, (width, height): (usize, usize), source: &[u8]) -> Vec<u8> {
        let channels = source.len() / (width * height);
        let source = Raster::packed(source, width, height, channels);
        let mut out = vec![9; source.data.len()];
        warp_centred(
            &source,
            &affine.inverse((width, height)),
            &vec![0; channels],
            &mut out,
        );
        out
    }

    #[test]
    fn images_are_moved_turned_and_sheared() {
        let numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let of = |affine| moved(affine, (3, 3), &numbers);
        let plain = Affine::default();
        assert_eq!(of(plain), numbers);
        assert_eq!(of(Affine::rotation(90.0)), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
        assert_eq!(of(Affine::rotation(180.0)), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
        let translate = (1.0, -1.0);
        let there = Affine { translate, ..plain };
        assert_eq!(of(there), [0, 4, 5, 0, 7, 8, 0, 0, 0]);
        let shear = (45.0, 0.0);
        assert_eq!(of(Affine { shear, ..plain }), [0, 1, 2, 4, 5, 6, 8, 9, 0]);
        // About the middle of the first row, which stays where it is.
        let center = Some((0.0, 0.5));
        let cornered = Affine {
            shear,
            center,
            ..plain
        };
        assert_eq!(of(cornered), [1, 2, 3, 5, 6, 0, 9, 0, 0]);
    }

    #[test]
    fn any_number_of_channels_gives_the_same() {
        let pixels: Vec<u8> = (0..50 * 40u16)
            .map(|at| (at % 251).to_le_bytes()[0] + 1)
            .collect();
        let affine = Affine {
            shear: (10.0, 3.0),
            scale: 1.1,
            ..Affine::rotation(33.0)
        };
        let gray = moved(affine, (50, 40), &pixels);
        for channels in 2..6 {
            let wide: Vec<u8> = pixels.iter().flat_map(|it| vec![*it; channels]).collect();
            let expected: Vec<u8> = gray.iter().flat_map(|it| vec![*it; channels]).collect();
            assert_eq!(moved(affine, (50, 40), &wide), expected, "{channels}");
        }
    }
}
