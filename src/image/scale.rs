//! Resizes of images of any type, with the weights that OpenCV has: pixels lie at their centres, and
//! all but `Area` look at as many pixels when an image shrinks as when it grows. Bytes that are
//! resized with `Linear` are OpenCV's to the bit.

#[cfg(target_arch = "x86_64")]
mod columns;
mod pairs;

use super::raster::{Lines, Pixel, Raster, Real, bytes, bytes_mut};
use super::taps::{Taps, cubic, lanczos, linear};
use super::wide::widely;
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// Working memory, used again by the next resize.
#[derive(Debug, Default)]
pub struct Scaler {
    across: Axis,
    down: Axis,
    lines: Lines,
    weights: Lines,
    pairs: pairs::Pairs,
}

/// What each pixel along an axis is made of.
#[derive(Debug, Default)]
struct Axis {
    /// How many pixels of the source.
    taps: usize,
    /// The first of them.
    starts: Vec<usize>,
    weights: Vec<f64>,
}

/// Writes an image of another size, rows of `width` pixels.
///
/// # Panics
/// If an image has no pixels, or `out` is not as large.
pub fn resize<T: Pixel>(
    source: &Raster<'_, T>,
    taps: Taps,
    (width, height): (usize, usize),
    out: &mut [T],
    scaler: &mut Scaler,
) {
    let len = width * source.channels;
    assert!(
        source.width > 0 && source.height > 0 && len > 0,
        "an image with pixels"
    );
    assert_eq!(out.len(), len * height, "an image of {width}x{height}");
    if (width, height) == (source.width, source.height) {
        for (row, target) in out.chunks_exact_mut(len).enumerate() {
            target.copy_from_slice(source.row(row));
        }
        return;
    }
    if taps == Taps::Linear
        && let (Some(data), Some(out)) = (bytes(source.data), bytes_mut(out))
    {
        let source = Raster {
            data,
            stride: source.stride,
            width: source.width,
            height: source.height,
            channels: source.channels,
        };
        return pairs::resize(&source, (width, height), out, &mut scaler.pairs);
    }
    scaler.across.plan(taps, source.width, width);
    scaler.down.plan(taps, source.height, height);
    match taps {
        Taps::Nearest => scaler.pick(source, out),
        _ => scaler.sum(source, out),
    }
}

impl Scaler {
    /// Takes single pixels.
    fn pick<T: Pixel>(&self, source: &Raster<'_, T>, out: &mut [T]) {
        let Self { across, down, .. } = self;
        let len = across.starts.len() * source.channels;
        for (row, target) in down.starts.iter().zip(out.chunks_exact_mut(len)) {
            let row = source.row(*row);
            match source.channels {
                1 => pick_pixels::<T, 1, 1>(row, &across.starts, target),
                3 => pick_pixels::<T, 3, 4>(row, &across.starts, target),
                4 => pick_pixels::<T, 4, 4>(row, &across.starts, target),
                channels => pick(row, &across.starts, channels, target),
            }
        }
    }

    /// Takes sums of pixels.
    fn sum<T: Pixel>(&mut self, source: &Raster<'_, T>, out: &mut [T]) {
        let Self {
            across,
            down,
            lines,
            weights,
            ..
        } = self;
        let len = across.starts.len() * source.channels;
        let line = T::Real::line(lines);
        let weights = T::Real::line(weights);
        weights.clear();
        weights.extend(across.weights.iter().map(|weight| T::Real::of(*weight)));
        for (row, target) in out.chunks_exact_mut(len).enumerate() {
            widely!(|| down.sum_rows(source, row, line));
            match source.channels {
                1 => widely!(|| across.sum_columns::<T, 1, 1>(line, weights, target)),
                3 => widely!(|| across.sum_columns::<T, 3, 4>(line, weights, target)),
                4 => widely!(|| across.sum_columns::<T, 4, 4>(line, weights, target)),
                channels => across.sum_any(line, weights, channels, target),
            }
        }
    }
}

/// How many sums are rounded together.
const TOGETHER: usize = 32;

/// The most elements of a pixel that is not looked at one by one.
const MOST: usize = 4;

/// What some pixels side by side are made of.
struct Columns<'a, R> {
    /// The row, with [`MOST`] elements beyond its end.
    line: &'a [R],
    /// The first pixel of each.
    starts: &'a [usize],
    /// How many pixels of the row each is made of.
    taps: usize,
    weights: &'a [R],
}

impl<R: Real> Columns<'_, R> {
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sum<const C: usize, const L: usize>(&self, sums: &mut [R; MOST * TOGETHER]) {
        let taps = self.taps;
        let weights = self.weights.chunks_exact(taps);
        for (at, (start, weights)) in self.starts.iter().zip(weights).enumerate() {
            let part = &self.line[start * C..][..(taps - 1) * C + L];
            let mut sum = [R::default(); L];
            for (column, weight) in weights.iter().enumerate() {
                let pixel: &[R] = &part[column * C..][..L];
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum = *sum + *value * *weight;
                }
            }
            sums[at * C..][..L].copy_from_slice(&sum);
        }
    }

    /// The same in vectors, if the processor has those and there are such pixels: returns whether it
    /// has.
    #[cfg(target_arch = "x86_64")]
    fn sums_in_vectors<const C: usize>(&self, sums: &mut [R; MOST * TOGETHER]) -> bool {
        if std::any::TypeId::of::<R>() != std::any::TypeId::of::<f32>() || C == 1 {
            return false;
        }
        let Some(avx2) = Avx2::detect() else {
            return false;
        };
        let columns = Columns {
            line: bytemuck::cast_slice(self.line),
            starts: self.starts,
            taps: self.taps,
            weights: bytemuck::cast_slice(self.weights),
        };
        columns::sum::<C>(avx2, &columns, bytemuck::cast_mut(sums));
        true
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn sums_in_vectors<const C: usize>(&self, _: &mut [R; MOST * TOGETHER]) -> bool {
        false
    }
}

fn pick<T: Copy>(row: &[T], columns: &[usize], channels: usize, target: &mut [T]) {
    for (column, target) in columns.iter().zip(target.chunks_exact_mut(channels)) {
        target.copy_from_slice(&row[column * channels..][..channels]);
    }
}

/// Pixels of `C` elements, of which `L` are copied: those that are too many are written over.
fn pick_pixels<T: Copy, const C: usize, const L: usize>(
    row: &[T],
    columns: &[usize],
    target: &mut [T],
) {
    let mut done = 0;
    for (at, column) in columns.iter().enumerate() {
        let found = row[column * C..].first_chunk::<L>();
        let (Some(pixel), Some(target)) = (found, target[at * C..].first_chunk_mut()) else {
            break;
        };
        *target = *pixel;
        done = at + 1;
    }
    pick(row, &columns[done..], C, &mut target[done * C..]);
}

impl Axis {
    /// What `count` pixels are made of, which were `len`.
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    fn plan(&mut self, taps: Taps, len: usize, count: usize) {
        let scale = 1.0 / (count as f64 / len as f64);
        self.starts.clear();
        self.weights.clear();
        let center = |number: usize| (number as f64 + 0.5) * scale - 0.5;
        match taps {
            Taps::Nearest => {
                let place =
                    |number: usize| usize::try_from(floor(number as f64 * scale)).unwrap_or(0);
                self.starts
                    .extend((0..count).map(|number| place(number).min(len - 1)));
            }
            Taps::Area => self.cover(len, count),
            Taps::Linear => self.place(len, (0..count).map(center), linear),
            Taps::Cubic => self.place(len, (0..count).map(center), cubic),
            Taps::Lanczos => self.place(len, (0..count).map(center), lanczos),
        }
    }

    /// Pixels made of those around some places, the edge standing for what is beyond it.
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    fn place<const N: usize>(
        &mut self,
        len: usize,
        places: impl Iterator<Item = f64>,
        weights: fn(f64) -> [f64; N],
    ) {
        self.taps = N.min(len);
        let last = i64::try_from(len - 1).unwrap_or(i64::MAX);
        for place in places {
            let below = floor(place);
            let first = below - i64::try_from(N / 2 - 1).unwrap_or(0);
            let most = len - self.taps;
            let start = usize::try_from(first.max(0)).unwrap_or(0).min(most);
            self.starts.push(start);
            let own = self.weights.len();
            self.weights.resize(own + self.taps, 0.0);
            for (at, weight) in (first..).zip(weights(place - below as f64)) {
                let at = usize::try_from(at.clamp(0, last)).unwrap_or(0);
                self.weights[own + at - start] += weight;
            }
        }
    }

    /// Pixels that are the mean over the area they cover.
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    fn cover(&mut self, len: usize, count: usize) {
        self.taps = (len.div_ceil(count) + 1).min(len);
        for number in 0..count {
            // In parts of a pixel, of which it has `count`.
            let (start, end) = (number * len, (number + 1) * len);
            let first = (start / count).min(len - self.taps);
            self.starts.push(first);
            for at in first..first + self.taps {
                let (from, to) = ((at * count).max(start), ((at + 1) * count).min(end));
                self.weights
                    .push(to.saturating_sub(from) as f64 / len as f64);
            }
        }
    }

    /// Writes row `number` of the result, at the width of the source, and some elements beyond it.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sum_rows<T: Pixel>(&self, source: &Raster<'_, T>, number: usize, line: &mut Vec<T::Real>) {
        let weights = &self.weights[number * self.taps..][..self.taps];
        line.clear();
        line.resize(source.width * source.channels + MOST, T::Real::default());
        for (row, weight) in (self.starts[number]..).zip(weights) {
            if *weight == 0.0 {
                continue;
            }
            let weight = T::Real::of(*weight);
            for (sum, value) in line.iter_mut().zip(source.row(row)) {
                *sum = *sum + value.real() * weight;
            }
        }
    }

    /// Pixels of `C` elements, computed as if they had `L`: what comes after a pixel is computed
    /// too, and then written over.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sum_columns<T: Pixel, const C: usize, const L: usize>(
        &self,
        line: &[T::Real],
        weights: &[T::Real],
        target: &mut [T],
    ) {
        let taps = self.taps;
        let starts = self.starts.chunks(TOGETHER);
        let weights = weights.chunks(TOGETHER * taps);
        let targets = target.chunks_mut(TOGETHER * C);
        for ((starts, weights), target) in starts.zip(weights).zip(targets) {
            let mut sums = [T::Real::default(); MOST * TOGETHER];
            let columns = Columns {
                line,
                starts,
                taps,
                weights,
            };
            if !columns.sums_in_vectors::<C>(&mut sums) {
                columns.sum::<C, L>(&mut sums);
            }
            for (target, sum) in target.iter_mut().zip(sums) {
                *target = T::nearest(sum);
            }
        }
    }

    fn sum_any<T: Pixel>(
        &self,
        line: &[T::Real],
        weights: &[T::Real],
        channels: usize,
        target: &mut [T],
    ) {
        let columns = self.starts.iter().zip(weights.chunks_exact(self.taps));
        for ((start, weights), target) in columns.zip(target.chunks_exact_mut(channels)) {
            let part = &line[start * channels..][..weights.len() * channels];
            for (channel, target) in target.iter_mut().enumerate() {
                let mut sum = T::Real::default();
                for (pixel, weight) in part.chunks_exact(channels).zip(weights) {
                    sum = sum + pixel[channel] * *weight;
                }
                *target = T::nearest(sum);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places in an image")]
fn floor(place: f64) -> i64 {
    place.floor() as i64
}

#[cfg(test)]
mod tests;
