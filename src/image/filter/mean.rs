//! Means over boxes of pixels.

use std::ops::{Add, Sub};

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::kernel::uniform;
use super::weigh::{Single, check, rows, separable};
use super::window::Beside;

/// An element of an image, of which means are taken.
pub trait Mean: Single {
    /// Writes the mean over a box of `columns` by `rows` pixels around each, both odd, rounded for
    /// integers.
    ///
    /// # Panics
    /// If the image or the box is empty, or `out` is not as large as the image.
    fn mean(
        source: &Raster<'_, Self>,
        size: (usize, usize),
        outside: Outside<Self>,
        out: &mut [Self],
    );
}

macro_rules! in_single_precision {
    ($($element:ty),*) => {
        $(impl Mean for $element {
            fn mean(
                source: &Raster<'_, Self>,
                (columns, rows): (usize, usize),
                outside: Outside<Self>,
                out: &mut [Self],
            ) {
                separable(source, &uniform(columns), &uniform(rows), outside, out);
            }
        })*
    };
}

in_single_precision!(i16, u16, f32);

impl Mean for u8 {
    fn mean(
        source: &Raster<'_, Self>,
        size: (usize, usize),
        outside: Outside<Self>,
        out: &mut [Self],
    ) {
        let area = size.0 * size.1;
        match Reciprocal::of(area) {
            Some(by) => slide(source, size, outside, out, move |sum: u16| by.quotient(sum)),
            None => slide(source, size, outside, out, move |sum: u32| {
                quotient(sum, area)
            }),
        }
    }
}

/// The nearest whole number to a quotient, which is never a half, as the area is odd.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a mean of bytes"
)]
#[inline(always)]
fn quotient(sum: u32, area: usize) -> u8 {
    (f64::from(sum) / area as f64 + 0.5) as i32 as u8
}

/// What divides sums of bytes by their number, rounded.
#[derive(Clone, Copy)]
struct Reciprocal {
    half: u16,
    factor: u16,
    other: u16,
}

impl Reciprocal {
    /// `None` if sums of that many bytes and a half, or quotients, are not exact in 16 bits.
    fn of(area: usize) -> Option<Self> {
        let area = u32::try_from(area).ok()?;
        let greatest = area.checked_mul(255)?.checked_add(area / 2)?;
        if area == 1 {
            return None;
        }
        u16::try_from(greatest).ok()?;
        let shift = area.ilog2();
        let factor = (1u32 << (16 + shift)).div_ceil(area);
        let excess = factor * area - (1 << (16 + shift));
        (u64::from(greatest) * u64::from(excess) < 1 << (16 + shift)).then_some(())?;
        Some(Self {
            half: u16::try_from(area / 2).ok()?,
            factor: u16::try_from(factor).ok()?,
            other: u16::try_from(1u32 << (16 - shift)).ok()?,
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
    #[inline(always)]
    fn quotient(self, sum: u16) -> u8 {
        // Processors multiply vectors of 16 bits, and do not shift them by what is not known.
        let times =
            |number: u16, factor: u16| ((u32::from(number) * u32::from(factor)) >> 16) as u16;
        times(times(sum + self.half, self.factor), self.other) as u8
    }
}

/// Sums of columns, each made from the one above it, and of those along rows.
fn slide<S>(
    source: &Raster<'_, u8>,
    (columns, height): (usize, usize),
    outside: Outside<u8>,
    out: &mut [u8],
    finish: impl Fn(S) -> u8 + Copy,
) where
    S: Copy + Default + From<u8> + Add<Output = S> + Sub<Output = S>,
{
    let channels = source.channels;
    let len = check(source, out);
    let beside = Beside::new(outside, source.width, columns / 2, columns / 2);
    let blank = vec![outside.constant(); len];
    let one = S::from(outside.constant());
    let constant = (0..height).fold(S::default(), |sum, _| sum + one);
    let mut sums = vec![S::default(); (source.width + columns - 1) * channels];
    let mut line = [
        vec![S::default(); sums.len()],
        vec![S::default(); sums.len()],
    ];
    let mut totals = vec![S::default(); len];
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        let middle = &mut sums[columns / 2 * channels..][..len];
        if number == 0 {
            for row in rows(source, outside, 0, height, &blank) {
                for (sum, value) in middle.iter_mut().zip(row) {
                    *sum = *sum + S::from(*value);
                }
            }
        } else {
            let mut seen = rows(source, outside, number - 1, height + 1, &blank);
            let [old, new] = [seen.next(), seen.last()].map(|row| row.unwrap_or(&blank));
            widely(
                #[inline(always)]
                || replace(middle, old, new),
            );
        }
        beside.fill(&mut sums, channels, constant);
        widely(
            #[inline(always)]
            || {
                sum_along(&sums, columns, channels, &mut line, &mut totals);
                for (target, total) in target.iter_mut().zip(&totals) {
                    *target = finish(*total);
                }
            },
        );
    }
}

#[inline(always)]
fn replace<S: Copy + From<u8> + Add<Output = S> + Sub<Output = S>>(
    sums: &mut [S],
    old: &[u8],
    new: &[u8],
) {
    for ((sum, old), new) in sums.iter_mut().zip(old).zip(new) {
        *sum = *sum + S::from(*new) - S::from(*old);
    }
}

/// Writes the sums of `count` pixels in a row: of parts whose lengths are the powers of two that
/// `count` is a sum of, each made of two halves.
#[inline(always)]
fn sum_along<S: Copy + Add<Output = S>>(
    sums: &[S],
    count: usize,
    channels: usize,
    line: &mut [Vec<S>; 2],
    totals: &mut [S],
) {
    // Odd numbers begin with a part of one pixel.
    totals.copy_from_slice(&sums[..totals.len()]);
    let (mut done, mut length) = (1, 1);
    let mut part = sums;
    let [here, there] = line;
    let (mut next, mut other) = (here, there);
    while done < count {
        let halves = part.iter().zip(&part[length * channels..]);
        for (sum, (a, b)) in next.iter_mut().zip(halves) {
            *sum = *a + *b;
        }
        let rest = part.len() - length * channels;
        length *= 2;
        std::mem::swap(&mut next, &mut other);
        part = &other[..rest];
        if count & length != 0 {
            for (total, sum) in totals.iter_mut().zip(&part[done * channels..]) {
                *total = *total + *sum;
            }
            done += length;
        }
    }
}
