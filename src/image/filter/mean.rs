//! Means over boxes of pixels.

use std::ops::{Add, Sub};

use super::super::raster::{Outside, Raster, WHOLE};
use super::super::wide::widely;
use super::kernel::uniform;
use super::weigh::{Single, check, separable};
use super::window::{Beside, put};

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

/// How many elements are added at a time.
const BLOCK: usize = 64;

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
    let len = check(source, out);
    let blank = vec![outside.constant(); len];
    let mut along = Along::<S>::new(source, columns, outside);
    let whole = len.next_multiple_of(BLOCK);
    let mut lines = vec![S::default(); whole * count];
    let mut totals = vec![W::default(); whole];
    let place = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let first = place(count / 2);
    for number in 0..count - 1 + source.height {
        let row = outside.seen(place(number) - first, source.height);
        along.read(row.map_or(&blank, |row| source.row(row)));
        let line = &mut lines[number % count * whole..][..whole];
        // Those above the first row of the result only add to its sums.
        let target = match (number + 1).checked_sub(count) {
            Some(row) => &mut out[row * len..][..len],
            None => &mut [],
        };
        widely!(|| along.replace(line, &mut totals, target, finish));
    }
}

/// What sums pixels along rows.
struct Along<S> {
    columns: usize,
    channels: usize,
    beside: Beside,
    constant: u8,
    /// A row with what lies around it, and with elements that stand for nothing so that whole blocks
    /// can be read.
    line: Vec<u8>,
    len: usize,
    /// The sums of its pixels, if they are many, and of parts of them.
    sums: Vec<S>,
    parts: [Vec<S>; 2],
}

/// How many pixels are added one by one.
const MOST_ADDED: usize = 7;

impl<S: Copy + Default + From<u8> + Add<Output = S>> Along<S> {
    fn new(source: &Raster<'_, u8>, columns: usize, outside: Outside<u8>) -> Self {
        let len = (source.width + columns - 1) * source.channels;
        let own = source.width * source.channels;
        Self {
            columns,
            channels: source.channels,
            beside: Beside::new(outside, source.width, columns / 2, columns / 2),
            constant: outside.constant(),
            line: vec![0; len + BLOCK],
            len,
            sums: vec![S::default(); own.next_multiple_of(BLOCK)],
            parts: std::array::from_fn(|_| vec![S::default(); len]),
        }
    }

    fn read(&mut self, row: &[u8]) {
        let line = &mut self.line[..self.len];
        line[self.columns / 2 * self.channels..][..row.len()].copy_from_slice(row);
        self.beside.fill(line, self.channels, self.constant);
        if self.columns > MOST_ADDED {
            let sums = &mut self.sums[..row.len()];
            let (columns, channels, parts) = (self.columns, self.channels, &mut self.parts);
            widely!(|| sum_along(line, columns, channels, parts, sums));
        }
    }

    /// The sums of a block of elements.
    #[inline(always)]
    fn block(&self, first: usize) -> [S; BLOCK] {
        if self.columns > MOST_ADDED {
            let sums = self.sums[first..].first_chunk().copied();
            return sums.unwrap_or([S::default(); BLOCK]);
        }
        let mut sums = [S::default(); BLOCK];
        for column in 0..self.columns {
            let part = self.line[first + column * self.channels..].first_chunk::<BLOCK>();
            if let Some(part) = part {
                for at in 0..BLOCK {
                    sums[at] = sums[at] + S::from(part[at]);
                }
            }
        }
        sums
    }

    /// Puts the sums along the row where older ones are, makes up the totals for it, and writes what
    /// those amount to.
    #[inline(always)]
    fn replace<W: Copy + Default + From<S> + Add<Output = W> + Sub<Output = W>>(
        &self,
        line: &mut [S],
        totals: &mut [W],
        target: &mut [u8],
        finish: impl Fn(W) -> u8,
    ) {
        let blocks = line.as_chunks_mut::<BLOCK>().0.iter_mut();
        let blocks = blocks.zip(totals.as_chunks_mut::<BLOCK>().0);
        for (number, (old, totals)) in blocks.enumerate() {
            let first = number * BLOCK;
            let new = self.block(first);
            let mut sums = *totals;
            for at in 0..BLOCK {
                sums[at] = sums[at] + W::from(new[at]) - W::from(old[at]);
            }
            (*old, *totals) = (new, sums);
            if let Some(target) = target.get_mut(first..) {
                put(sums.map(&finish), target);
            }
        }
    }
}

/// Writes the sums of `count` pixels in a row: of parts whose lengths are the powers of two that
/// `count` is a sum of, each made of two halves.
#[inline(always)]
fn sum_along<S: Copy + From<u8> + Add<Output = S>>(
    line: &[u8],
    count: usize,
    channels: usize,
    parts: &mut [Vec<S>; 2],
    totals: &mut [S],
) {
    let [here, there] = parts;
    let (mut part, mut next) = (here, there);
    for (to, from) in part.iter_mut().zip(line) {
        *to = S::from(*from);
    }
    let (mut done, mut length, mut len) = (0, 1, line.len());
    loop {
        if count & length != 0 {
            let sums = totals.iter_mut().zip(&part[done * channels..len]);
            if done == 0 {
                sums.for_each(|(total, sum)| *total = *sum);
            } else {
                sums.for_each(|(total, sum)| *total = *total + *sum);
            }
            done += length;
        }
        if done == count {
            return;
        }
        let halves = part[..len].iter().zip(&part[length * channels..len]);
        for (sum, (a, b)) in next.iter_mut().zip(halves) {
            *sum = *a + *b;
        }
        len -= length * channels;
        length *= 2;
        std::mem::swap(&mut part, &mut next);
    }
}
