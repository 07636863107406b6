//! Sharpness: a blend of an image with a smooth copy of itself, as torchvision adjusts it.

use std::ops::Add;

use super::super::raster::Raster;
use super::super::wide::widely;

/// An element of an image whose sharpness is adjusted.
pub trait Sharpen: Copy + Default + Into<Self::Sum> {
    /// What sums of nine such elements are computed in.
    type Sum: Copy + Add<Output = Self::Sum>;
    /// An element, of which and of the sum of the eight around it a smooth one is made: five of it
    /// and one of each of the others, divided by 13. It has this share of the blend of the two.
    fn sharpened(middle: Self, others: Self::Sum, share: f32) -> Self;
}

/// Writes an image made `factor` times as sharp: 0 is smooth, 1 the image itself.
///
/// The smooth image is a mean over 3x3 pixels, in which the middle one counts five times; it is
/// rounded to whole numbers for integers. The result is `image + (1 - factor) * (smooth - image)` in
/// single precision, the sum rounded once, so that what is smooth stays what it is. It is clipped to
/// what the type of the elements stands for white with, and for integers truncated. Pixels at the
/// edge stay as they are, and so do images with a side below 3.
///
/// # Panics
/// If `out` is not as large as the image.
pub fn sharpen<T: Sharpen>(source: &Raster<'_, T>, factor: f64, out: &mut [T]) {
    let (channels, height) = (source.channels, source.height);
    let len = source.width * channels;
    assert_eq!(out.len(), len * height, "an image as large");
    if len == 0 {
        return;
    }
    let share = single(1.0 - factor);
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        let row = source.row(number);
        if number == 0 || number + 1 == height || source.width < 3 {
            target.copy_from_slice(row);
            continue;
        }
        let rows = [source.row(number - 1), row, source.row(number + 1)];
        let (first, last) = (channels, len - channels);
        target[..first].copy_from_slice(&row[..first]);
        target[last..].copy_from_slice(&row[last..]);
        widely!(|| blend(rows, channels, share, &mut target[first..last]));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn single(value: f64) -> f32 {
    value as f32
}

/// Writes the elements of a row but for its first and last pixel.
#[inline(always)]
fn blend<T: Sharpen>(rows: [&[T]; 3], channels: usize, share: f32, target: &mut [T]) {
    let len = target.len();
    let part = |row: usize, column: usize| &rows[row][column * channels..][..len];
    let above = [part(0, 0), part(0, 1), part(0, 2)];
    let beside = [part(1, 0), part(1, 1), part(1, 2)];
    let below = [part(2, 0), part(2, 1), part(2, 2)];
    for (at, target) in target.iter_mut().enumerate() {
        let sum_of =
            |parts: [&[T]; 3]| parts[0][at].into() + parts[1][at].into() + parts[2][at].into();
        let sides = beside[0][at].into() + beside[2][at].into();
        *target = T::sharpened(beside[1][at], sum_of(above) + sides + sum_of(below), share);
    }
}

impl Sharpen for u8 {
    type Sum = u16;

    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 255")]
    #[inline(always)]
    fn sharpened(middle: Self, others: Self::Sum, share: f32) -> Self {
        /// 65536 / 13, rounded up: exact for dividends below 6500.
        const THIRTEENTH: u32 = 5042;
        let sum = others + 5 * u16::from(middle) + 6;
        let smooth = ((u32::from(sum) * THIRTEENTH) >> 16) as u16;
        let blended = blended(f32::from(middle), f32::from(smooth), share, 255.0);
        truncated(blended) as Self
    }
}

macro_rules! integers {
    ($($element:ty),*) => {
        $(impl Sharpen for $element {
            type Sum = i32;

            #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to the greatest"
            )]
            #[inline(always)]
            fn sharpened(middle: Self, others: Self::Sum, share: f32) -> Self {
                let sum = others + 5 * i32::from(middle);
                // Thirteenths are never halves.
                let smooth = (sum + 6).div_euclid(13);
                #[expect(clippy::cast_precision_loss, reason = "of 16 bits")]
                let smooth = smooth as f32;
                truncated(blended(f32::from(middle), smooth, share, f32::from(Self::MAX))) as Self
            }
        })*
    };
}

integers!(i16, u16);

impl Sharpen for f32 {
    type Sum = Self;

    #[inline(always)]
    fn sharpened(middle: Self, others: Self::Sum, share: f32) -> Self {
        blended(middle, (others + 5.0 * middle) * (1.0 / 13.0), share, 1.0)
    }
}

#[inline(always)]
fn blended(value: f32, smooth: f32, share: f32, white: f32) -> f32 {
    (smooth - value).mul_add(share, value).max(0.0).min(white)
}

/// A number from 0 to 65535 without what is behind the point.
#[inline(always)]
fn truncated(value: f32) -> u32 {
    /// Whole numbers are the last bits of sums with this.
    const WHOLE: f32 = 8_388_608.0;
    let nearest = value + WHOLE;
    let above = nearest - WHOLE > value;
    nearest.to_bits().wrapping_sub(u32::from(above)) & 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_divided_by_thirteen_exactly() {
        for middle in 0..=255u8 {
            for other in 0..=255u8 {
                let sum = 8 * u32::from(other) + 5 * u32::from(middle);
                let expected = (2 * sum + 13) / 26;
                let found = u8::sharpened(middle, 8 * u16::from(other), 1.0);
                assert_eq!(u32::from(found), expected);
            }
        }
    }

    #[test]
    fn only_pixels_inside_change() {
        let image: Vec<u8> = (0..12).map(|at| at * 20).collect();
        let mut out = vec![0; 12];
        sharpen(&Raster::packed(&image, 4, 3, 1), 3.0, &mut out);
        // Differences that are the same everywhere are smooth.
        assert_eq!(out, image);
        let spot = [0, 0, 0, 0, 130, 0, 0, 0, 0u8];
        let mut out = [9; 9];
        sharpen(&Raster::packed(&spot, 3, 3, 1), 0.0, &mut out);
        assert_eq!(out, [0, 0, 0, 0, 50, 0, 0, 0, 0]);
        sharpen(&Raster::packed(&spot, 3, 3, 1), 1.5, &mut out);
        assert_eq!(out, [0, 0, 0, 0, 170, 0, 0, 0, 0]);
        let mut out = [0; 8];
        sharpen(&Raster::packed(&spot[1..], 2, 4, 1), 0.0, &mut out);
        assert_eq!(out, spot[1..]);
    }
}
