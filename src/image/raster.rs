//! Images of any type of elements, and what is taken to lie around them.

use std::any::TypeId;
use std::ops::{Add, Mul};

/// Rows of pixels, whose channels lie together.
#[derive(Clone, Copy, Debug)]
pub struct Raster<'a, T> {
    /// The elements; the first one is the top left.
    pub data: &'a [T],
    /// Elements from a row to the next.
    pub stride: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Elements that a pixel has.
    pub channels: usize,
}

/// What is taken to lie around an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside<T> {
    /// This in all channels.
    Constant(T),
    /// The pixels of its edge: `aaa|abcd|ddd`.
    Replicate,
    /// Its mirror image: `cba|abcd|dcb`.
    Reflect,
    /// Its mirror image about the middle of its edge, which comes once: `dcb|abcd|cba`.
    Reflect101,
    /// The image again and again: `bcd|abcd|abc`.
    Wrap,
}

/// An element of a pixel.
pub trait Pixel: Copy + Default + bytemuck::Pod {
    /// What sums of such elements are computed in.
    type Real: Real;
    /// What stands for white: the greatest integer, or 1.
    const HIGH: Self;
    /// As a number to compute with.
    fn real(self) -> Self::Real;
    /// The nearest element, of ties the even one.
    fn nearest(value: Self::Real) -> Self;
}

/// The same elements, if they are bytes.
pub(super) fn bytes<T: Pixel>(elements: &[T]) -> Option<&[u8]> {
    let is_bytes = TypeId::of::<T>() == TypeId::of::<u8>();
    is_bytes.then(|| bytemuck::cast_slice(elements))
}

/// The same elements, if they are bytes.
pub(super) fn bytes_mut<T: Pixel>(elements: &mut [T]) -> Option<&mut [u8]> {
    let is_bytes = TypeId::of::<T>() == TypeId::of::<u8>();
    is_bytes.then(|| bytemuck::cast_slice_mut(elements))
}

/// Numbers to compute with.
pub trait Real: Copy + Default + Add<Output = Self> + Mul<Output = Self> + bytemuck::Pod {
    /// The nearest one.
    fn of(value: f64) -> Self;
    /// Working memory of this type.
    fn line(lines: &mut Lines) -> &mut Vec<Self>;
}

/// Working memory of warps and resizes, used again by the next one.
#[derive(Debug, Default)]
pub struct Lines {
    single: Vec<f32>,
    double: Vec<f64>,
}

impl Real for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
    fn of(value: f64) -> Self {
        value as Self
    }

    fn line(lines: &mut Lines) -> &mut Vec<Self> {
        &mut lines.single
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn line(lines: &mut Lines) -> &mut Vec<Self> {
        &mut lines.double
    }
}

/// Added to this, a number below 2^22 is rounded, as there are no bits for what is behind the point;
/// the last bits are then a whole number. Processors do that to vectors, which is not so of `as`.
pub(super) const WHOLE: f32 = 12_582_912.0;

macro_rules! small_integers {
    ($($element:ty),*) => {
        $(impl Pixel for $element {
            type Real = f32;
            const HIGH: Self = Self::MAX;

            fn real(self) -> f32 {
                f32::from(self)
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "the low bits are a whole number of the type"
            )]
            fn nearest(value: f32) -> Self {
                let (low, high) = (f32::from(Self::MIN), f32::from(Self::MAX));
                let value = if value > low { value } else { low };
                let value = if value < high { value } else { high };
                // A cast of the number itself would look for what is out of range once more.
                (value + WHOLE).to_bits() as Self
            }
        })*
    };
}

macro_rules! large_integers {
    ($($element:ty),*) => {
        $(impl Pixel for $element {
            type Real = f64;
            const HIGH: Self = Self::MAX;

            #[expect(clippy::allow_attributes, reason = "not every integer is that large")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "the nearest")]
            fn real(self) -> f64 {
                self as f64
            }

            #[expect(clippy::cast_possible_truncation, reason = "clipped, as it should be")]
            fn nearest(value: f64) -> Self {
                value.round_ties_even() as Self
            }
        })*
    };
}

macro_rules! floats {
    ($($element:ty),*) => {
        $(impl Pixel for $element {
            type Real = Self;
            const HIGH: Self = 1.0;

            fn real(self) -> Self {
                self
            }

            fn nearest(value: Self) -> Self {
                value
            }
        })*
    };
}

small_integers!(u8, i16, u16);
large_integers!(i32, i64);
floats!(f32, f64);

impl<'a, T> Raster<'a, T> {
    /// Rows without gaps.
    #[must_use]
    pub const fn packed(data: &'a [T], width: usize, height: usize, channels: usize) -> Self {
        Self {
            data,
            stride: width * channels,
            width,
            height,
            channels,
        }
    }

    /// The elements of a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [T] {
        &self.data[row * self.stride..][..self.width * self.channels]
    }
}

impl<T: Copy> Outside<T> {
    /// Where the element of a row or column of `len` lies that is seen at `place`; `None` for the
    /// constant.
    #[must_use]
    pub fn seen(&self, place: i64, len: usize) -> Option<usize> {
        if let Ok(inside) = usize::try_from(place)
            && inside < len
        {
            return Some(inside);
        }
        let whole = i64::try_from(len).unwrap_or(i64::MAX);
        let found = match self {
            Self::Constant(_) => return None,
            Self::Replicate => place.clamp(0, whole - 1),
            Self::Wrap => place.rem_euclid(whole),
            Self::Reflect => {
                let mirrored = place.rem_euclid(2 * whole);
                mirrored.min(2 * whole - 1 - mirrored)
            }
            Self::Reflect101 => {
                let period = (2 * whole - 2).max(1);
                let mirrored = place.rem_euclid(period);
                mirrored.min(period - mirrored).min(whole - 1)
            }
        };
        usize::try_from(found).ok()
    }

    /// The constant, if it is one.
    pub(super) fn known(&self) -> Option<T> {
        match self {
            Self::Constant(constant) => Some(*constant),
            Self::Replicate | Self::Reflect | Self::Reflect101 | Self::Wrap => None,
        }
    }

    /// The constant; of others there is none, and anything will do.
    pub(super) fn constant(&self) -> T
    where
        T: Default,
    {
        self.known().unwrap_or_default()
    }
}

/// Writes the part of an image whose top left is at (`left`, `top`), rows of `width` pixels.
///
/// # Panics
/// If the image has no pixels, or `out` has no whole rows.
pub fn shift<T: Copy + Default>(
    source: &Raster<'_, T>,
    (left, top): (i64, i64),
    outside: Outside<T>,
    width: usize,
    out: &mut [T],
) {
    assert!(
        source.width > 0 && source.height > 0,
        "an image with pixels"
    );
    let channels = source.channels;
    let columns = inside(left, source.width, width);
    for (row, target) in (top..).zip(out.chunks_exact_mut((width * channels).max(1))) {
        let Some(row) = outside.seen(row, source.height) else {
            target.fill(outside.constant());
            continue;
        };
        let row = source.row(row);
        let (before, rest) = target.split_at_mut(columns.start * channels);
        let (within, after) = rest.split_at_mut(columns.len() * channels);
        let from = usize::try_from(left.max(0)).unwrap_or(usize::MAX);
        if !within.is_empty() {
            within.copy_from_slice(&row[from * channels..][..within.len()]);
        }
        let edge = |place: i64, target: &mut [T]| match outside.seen(place, source.width) {
            Some(column) => target.copy_from_slice(&row[column * channels..][..channels]),
            None => target.fill(outside.constant()),
        };
        for (place, target) in (left..).zip(before.chunks_exact_mut(channels)) {
            edge(place, target);
        }
        let end = left.saturating_add(i64::try_from(columns.end).unwrap_or(i64::MAX));
        for (place, target) in (end..).zip(after.chunks_exact_mut(channels)) {
            edge(place, target);
        }
    }
}

/// Which of `count` columns, the first of which is at `left`, lie inside of `len`.
pub(super) fn inside(left: i64, len: usize, count: usize) -> std::ops::Range<usize> {
    let whole = |number: i64| usize::try_from(number.max(0)).unwrap_or(usize::MAX);
    let start = whole(left.saturating_neg()).min(count);
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let end = whole(len.saturating_sub(left)).min(count);
    start..end.max(start)
}
