//! The same maps as those of [`super::centred`], with pixels that are weighted means of four, in the
//! arithmetic of torchvision's bilinear interpolation of tensors.
//!
//! Weights are products of single precision, and pixels outside of the image count as black, as
//! `grid_sample` has it with `padding_mode="zeros"`. With another colour around the image, a pixel
//! `v`, of which the share `m` is inside, is `(v - fill) * m + fill`. Results are rounded, of ties
//! to the even number.

use super::centred::{Grid, TOGETHER};
use crate::image::raster::Raster;
use crate::image::wide::widely;

/// Elements that are read for a pixel: as many as fit a vector.
const LANES: usize = 4;

/// Writes an image of the size of the source: each pixel is the mean of the four around where
/// `inverse` maps it, weighted by how near they are. `fill` is the colour around the image; `None`
/// is black, which the edges then fade to.
///
/// # Panics
/// If `out` is not as large as the source, the source has not 1 or 3 channels, or it has 2^22 columns
/// or rows, or 2^32 elements.
pub fn warp_centred_linear(
    source: &Raster<'_, u8>,
    inverse: &[f64; 6],
    fill: Option<[u8; 3]>,
    out: &mut [u8],
) {
    let grid = Grid::checked(source, inverse, out.len());
    let row = source.width * source.channels;
    let rows = out.chunks_exact_mut(row.max(1)).enumerate();
    let fill = fill.map(|fill| [fill[0], fill[1], fill[2], 0].map(f32::from));
    let blend = Blend { source, grid, fill };
    widely!(|| match source.channels {
        1 => rows.for_each(|(row, target)| blend.fill_row::<1>(row, target)),
        3 => rows.for_each(|(row, target)| blend.fill_row::<3>(row, target)),
        channels => unreachable!("{channels} channels"),
    });
}

struct Blend<'a> {
    source: &'a Raster<'a, u8>,
    grid: Grid,
    fill: Option<[f32; LANES]>,
}

/// Between which pixels places are.
struct Spots {
    /// The column and the row of the upper left one.
    left: [i32; TOGETHER],
    top: [i32; TOGETHER],
    /// How far they are from there, in pixels.
    across: [f32; TOGETHER],
    down: [f32; TOGETHER],
}

impl Blend<'_> {
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn fill_row<const C: usize>(&self, row: usize, target: &mut [u8]) {
        for (start, part) in (0..).step_by(TOGETHER).zip(target.chunks_mut(TOGETHER * C)) {
            let spots = self.spots(row, start);
            for (at, pixel) in part.chunks_exact_mut(C).enumerate() {
                let (across, down) = (spots.across[at], spots.down[at]);
                let (west, north) = (1.0 - across, 1.0 - down);
                let weights = [west * north, across * north, west * down, across * down];
                let sums = self.sums::<C>(spots.left[at], spots.top[at], weights);
                pixel.copy_from_slice(&sums[..C]);
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is far outside of the image"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn spots(&self, row: usize, start: usize) -> Spots {
        let (x, y) = self.grid.sources(row, start);
        let floors = (x.map(f32::floor), y.map(f32::floor));
        Spots {
            left: floors.0.map(|left| left as i32),
            top: floors.1.map(|top| top as i32),
            across: std::array::from_fn(|at| x[at] - floors.0[at]),
            down: std::array::from_fn(|at| y[at] - floors.1[at]),
        }
    }

    /// The weighted sum of a pixel, of the one to its right, of the one below it and of that one's
    /// right neighbour.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "means of bytes"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sums<const C: usize>(&self, left: i32, top: i32, weights: [f32; 4]) -> [u8; LANES] {
        let places = [
            (left, top),
            (left.wrapping_add(1), top),
            (left, top.wrapping_add(1)),
            (left.wrapping_add(1), top.wrapping_add(1)),
        ];
        let (mut sums, mut inside) = ([0f32; LANES], 0f32);
        for ((x, y), weight) in places.into_iter().zip(weights) {
            if let Some(pixel) = self.pixel::<C>(x, y) {
                for (sum, byte) in sums.iter_mut().zip(pixel) {
                    *sum += f32::from(byte) * weight;
                }
                inside += weight;
            }
        }
        if let Some(fill) = self.fill {
            for (sum, fill) in sums.iter_mut().zip(fill) {
                *sum = (*sum - fill) * inside + fill;
            }
        }
        sums.map(|sum| sum.round_ties_even() as u8)
    }

    /// The elements of a pixel, and whatever comes after them; nothing outside of the image.
    #[expect(
        clippy::cast_sign_loss,
        reason = "negative numbers become large ones, outside of the image"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn pixel<const C: usize>(&self, x: i32, y: i32) -> Option<[u8; LANES]> {
        let (x, y) = (x as u32 as usize, y as u32 as usize);
        if x >= self.source.width || y >= self.source.height {
            return None;
        }
        let found = &self.source.data[y * self.source.stride + x * C..];
        if let Some(pixel) = found.first_chunk() {
            return Some(*pixel);
        }
        let mut pixel = [0; LANES];
        pixel[..C].copy_from_slice(&found[..C]);
        Some(pixel)
    }
}

#[cfg(test)]
mod tests {
    use super::super::centred::{Affine, warp_centred};
    use super::*;
    use proptest::prelude::*;

    fn moved(affine: Affine, fill: Option<[u8; 3]>, width: usize, source: &[u8]) -> Vec<u8> {
        let height = source.len() / width;
        let raster = Raster::packed(source, width, height, 1);
        let mut out = vec![9; source.len()];
        warp_centred_linear(&raster, &affine.inverse((width, height)), fill, &mut out);
        out
    }

    fn by(x: f64, y: f64) -> Affine {
        let translate = (x, y);
        Affine {
            translate,
            ..Affine::default()
        }
    }

    #[test]
    fn pixels_between_others_are_their_means() {
        let numbers = [10, 20, 40, 80];
        let of = |affine, fill| moved(affine, fill, 2, &numbers);
        assert_eq!(of(by(0.0, 0.0), None), numbers);
        assert_eq!(of(by(0.5, 0.0), None), [5, 15, 20, 60]);
        assert_eq!(of(by(0.0, 0.25), None), [8, 15, 32, 65]);
        // Half of a pixel is inside: (5 - 100) / 2 + 100.
        assert_eq!(of(by(0.5, 0.0), Some([100; 3])), [52, 15, 60, 60]);
        assert_eq!(of(by(5.0, 0.0), Some([100; 3])), [100; 4]);
    }

    proptest! {
        #[test]
        fn whole_pixels_are_moved_as_the_nearest_are(
            (x, y) in (-9i32..9, -9i32..9),
            (width, height) in (1usize..40, 1usize..12),
            seed: u8,
        ) {
            let source: Vec<u8> = (0..width * height)
                .map(|at| (at * 37 + usize::from(seed)).to_le_bytes()[0])
                .collect();
            let affine = by(f64::from(x), f64::from(y));
            let raster = Raster::packed(&source, width, height, 1);
            let mut expected = vec![9; source.len()];
            warp_centred(&raster, &affine.inverse((width, height)), &[0], &mut expected);
            let found = moved(affine, None, width, &source);
            let differ = found.iter().zip(&expected).any(|(a, b)| a.abs_diff(*b) > 1);
            prop_assert!(!differ, "{found:?} {expected:?}");
        }

        #[test]
        fn colours_are_moved_as_each_channel_is(
            (width, height) in (1usize..40, 1usize..12),
            angle in -180.0f64..180.0,
            fill: Option<[u8; 3]>,
        ) {
            let source: Vec<u8> = (0..width * height * 3)
                .map(|at| (at * at / 3 % 251).to_le_bytes()[0])
                .collect();
            let affine = Affine::rotation(angle);
            let raster = Raster::packed(&source, width, height, 3);
            let mut found = vec![9; source.len()];
            warp_centred_linear(&raster, &affine.inverse((width, height)), fill, &mut found);
            for channel in 0..3 {
                let only = |all: &[u8]| -> Vec<u8> {
                    all.iter().skip(channel).step_by(3).copied().collect()
                };
                let fill = fill.map(|fill| [fill[channel]; 3]);
                prop_assert_eq!(only(&found), moved(affine, fill, width, &only(&source)));
            }
        }
    }
}
