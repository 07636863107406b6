//! Means over boxes of pixels.

use std::ops::{Add, Sub};

use super::super::raster::{Outside, Raster, WHOLE};
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
        if let Some(by) = Reciprocal::of(area) {
            let finish = move |sum| by.quotient(sum);
            return slide::<u16, u16>(source, size, outside, out, finish);
        }
        #[expect(clippy::cast_precision_loss, reason = "of few bits")]
        let by = 1.0 / area as f32;
        let is_short = u16::try_from(size.0 * usize::from(Self::MAX)).is_ok();
        let exactly = move |sum| quotient(sum, area);
        match (is_short, area < MOST_EXACT) {
            (true, true) => {
                slide::<u16, u32>(source, size, outside, out, move |sum| nearest(sum, by));
            }
            (true, false) => slide::<u16, u32>(source, size, outside, out, exactly),
            _ => slide::<u32, u32>(source, size, outside, out, exactly),
        }
    }
}

/// How many bytes are so many that their mean in single precision, which is off by less than 4e-5,
/// may be taken for one beyond a half: means of an odd number of bytes are further from halves than
/// half of its inverse.
const MOST_EXACT: usize = 10_000;

/// The nearest whole number to a product.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a mean of bytes"
)]
#[inline(always)]
fn nearest(sum: u32, by: f32) -> u8 {
    (sum.cast_signed() as f32 * by + WHOLE).to_bits() as u8
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

/// Sums along rows, and of those along columns, each made from the one above it.
fn slide<S, W>(
    source: &Raster<'_, u8>,
    (columns, count): (usize, usize),
    outside: Outside<u8>,
    out: &mut [u8],
    finish: impl Fn(W) -> u8 + Copy,
) where
    S: Copy + Default + From<u8> + Add<Output = S>,
    W: Copy + Default + From<S> + Add<Output = W> + Sub<Output = W>,
{
    let channels = source.channels;
    let len = check(source, out);
    let blank = vec![outside.constant(); len];
    let mut along = Along::new(source, columns, outside);
    let mut lines = vec![S::default(); len * count];
    let mut next = vec![S::default(); len];
    let mut totals = vec![W::default(); len];
    for (row, line) in rows(source, outside, 0, count, &blank).zip(lines.chunks_exact_mut(len)) {
        along.sum(row, channels, line);
        for (total, sum) in totals.iter_mut().zip(line) {
            *total = *total + W::from(*sum);
        }
    }
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        if number > 0 {
            let row = rows(source, outside, number, count, &blank).last();
            along.sum(row.unwrap_or(&blank), channels, &mut next);
            let line = &mut lines[(number - 1) % count * len..][..len];
            widely!(|| replace(&mut totals, line, &next));
            line.copy_from_slice(&next);
        }
        widely!(|| {
            for (target, total) in target.iter_mut().zip(&totals) {
                *target = finish(*total);
            }
        });
    }
}

#[inline(always)]
fn replace<S: Copy, W: Copy + From<S> + Add<Output = W> + Sub<Output = W>>(
    totals: &mut [W],
    old: &[S],
    new: &[S],
) {
    for ((total, old), new) in totals.iter_mut().zip(old).zip(new) {
        *total = *total + W::from(*new) - W::from(*old);
    }
}

/// What sums pixels along rows: parts whose lengths are the powers of two that their number is a sum
/// of, each made of two halves.
struct Along<S> {
    columns: usize,
    beside: Beside,
    constant: S,
    /// A row with what lies around it, and sums of parts of it.
    lines: [Vec<S>; 3],
}

impl<S: Copy + Default + From<u8> + Add<Output = S>> Along<S> {
    fn new(source: &Raster<'_, u8>, columns: usize, outside: Outside<u8>) -> Self {
        let len = (source.width + columns - 1) * source.channels;
        Self {
            columns,
            beside: Beside::new(outside, source.width, columns / 2, columns / 2),
            constant: S::from(outside.constant()),
            lines: std::array::from_fn(|_| vec![S::default(); len]),
        }
    }

    fn sum(&mut self, row: &[u8], channels: usize, totals: &mut [S]) {
        let [line, parts @ ..] = &mut self.lines;
        let middle = &mut line[self.columns / 2 * channels..][..row.len()];
        widely!(|| {
            for (to, from) in middle.iter_mut().zip(row) {
                *to = S::from(*from);
            }
        });
        self.beside.fill(line, channels, self.constant);
        widely!(|| sum_along(line, self.columns, channels, parts, totals));
    }
}

/// Writes the sums of `count` pixels in a row.
#[inline(always)]
fn sum_along<S: Copy + Add<Output = S>>(
    line: &[S],
    count: usize,
    channels: usize,
    parts: &mut [Vec<S>; 2],
    totals: &mut [S],
) {
    // Odd numbers begin with a part of one pixel.
    totals.copy_from_slice(&line[..totals.len()]);
    let (mut done, mut length) = (1, 1);
    let mut part = line;
    let [here, there] = parts;
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
