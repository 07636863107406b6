//! Resizes of images of any type, with the weights that OpenCV has: pixels lie at their centres, and
//! all but `Area` look at as many pixels when an image shrinks as when it grows.

use super::raster::{Lines, Pixel, Raster, Real};
use super::taps::{Taps, cubic, lanczos, linear};
use super::wide::widely;

/// Working memory, used again by the next resize.
#[derive(Debug, Default)]
pub struct Scaler {
    across: Axis,
    down: Axis,
    lines: Lines,
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
    let Scaler {
        across,
        down,
        lines,
    } = scaler;
    across.plan(taps, source.width, width);
    down.plan(taps, source.height, height);
    if taps == Taps::Nearest {
        for (row, target) in down.starts.iter().zip(out.chunks_exact_mut(len)) {
            pick(source.row(*row), &across.starts, source.channels, target);
        }
        return;
    }
    let line = T::Real::line(lines);
    for (row, target) in out.chunks_exact_mut(len).enumerate() {
        widely!(|| down.sum_rows(source, row, line));
        match source.channels {
            1 => widely!(|| across.sum_columns(line, 1, target)),
            3 => widely!(|| across.sum_columns(line, 3, target)),
            4 => widely!(|| across.sum_columns(line, 4, target)),
            channels => across.sum_columns(line, channels, target),
        }
    }
}

fn pick<T: Copy>(row: &[T], columns: &[usize], channels: usize, target: &mut [T]) {
    for (column, target) in columns.iter().zip(target.chunks_exact_mut(channels)) {
        target.copy_from_slice(&row[column * channels..][..channels]);
    }
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

    /// Writes row `number` of the result, at the width of the source.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sum_rows<T: Pixel>(&self, source: &Raster<'_, T>, number: usize, line: &mut Vec<T::Real>) {
        let weights = &self.weights[number * self.taps..][..self.taps];
        line.clear();
        line.resize(source.width * source.channels, T::Real::default());
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

    #[expect(clippy::inline_always, reason = "the number of channels must be known")]
    #[inline(always)]
    fn sum_columns<T: Pixel>(&self, line: &[T::Real], channels: usize, target: &mut [T]) {
        let weights = self.weights.chunks_exact(self.taps);
        let columns = self.starts.iter().zip(weights);
        for ((start, weights), target) in columns.zip(target.chunks_exact_mut(channels)) {
            let part = &line[start * channels..][..weights.len() * channels];
            for (channel, target) in target.iter_mut().enumerate() {
                let mut sum = T::Real::default();
                for (pixel, weight) in part.chunks_exact(channels).zip(weights) {
                    sum = sum + pixel[channel] * T::Real::of(*weight);
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
