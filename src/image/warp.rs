//! Perspective warps: each pixel of the result is what is found at a place of the source.
//!
//! A translation by whole pixels is a copy of rows. By parts of pixels, all pixels have the same
//! weights, and the two axes are done one after the other, along rows. Everything else goes pixel
//! by pixel. Sums are in floats, never fused, so that they are the same on every processor.

mod centred;
mod places;

#[cfg(test)]
mod tests;

use super::raster::{Lines, Outside, Pixel, Raster, Real, inside, shift};
use super::taps::{Taps, cubic, lanczos, linear, real};
use super::wide::widely;
use places::{nearest, split, translation, whole};

pub use centred::{Affine, warp_centred};
pub use places::{Matrix, inverse};

/// Writes rows of `width` pixels: that at column x of row y is what the source has at
/// `places * (x, y, 1)`.
///
/// # Panics
/// If the source has no pixels, or `out` has no whole rows.
pub fn warp<T: Pixel>(
    source: &Raster<'_, T>,
    places: &Matrix,
    taps: Taps,
    outside: Outside<T>,
    width: usize,
    out: &mut [T],
    lines: &mut Lines,
) {
    assert!(
        source.width > 0 && source.height > 0,
        "an image with pixels"
    );
    let job = Job {
        source,
        places,
        outside,
        width,
    };
    if let Some(by) = translation(places) {
        if let Some(by) = whole(by, taps) {
            return shift(source, by, outside, width, out);
        }
        let line = T::Real::line(lines);
        match taps {
            Taps::Nearest => job.pick(out),
            Taps::Linear | Taps::Area => widely(|| job.translate(by, linear, out, line)),
            Taps::Cubic => widely(|| job.translate(by, cubic, out, line)),
            Taps::Lanczos => widely(|| job.translate(by, lanczos, out, line)),
        }
        return;
    }
    match taps {
        Taps::Nearest => job.pick(out),
        Taps::Linear | Taps::Area => job.blend(linear, out),
        Taps::Cubic => job.blend(cubic, out),
        Taps::Lanczos => job.blend(lanczos, out),
    }
}

/// The pixels of the source, from left and top to right and bottom, that a warp to `width` by
/// `height` pixels may read where it only translates; `None` where it does more.
#[must_use]
pub fn reach(places: &Matrix, taps: Taps, (width, height): (usize, usize)) -> Option<[i64; 4]> {
    /// More than any filter reaches.
    const BEYOND: i64 = 4;
    let by = translation(places)?;
    let (corner, beyond) = match whole(by, taps) {
        Some(corner) => (corner, 0),
        None => ((split(by.0).0, split(by.1).0), BEYOND),
    };
    let end = |start: i64, len: usize| start.saturating_add_unsigned(len as u64) + beyond;
    let (left, top) = corner;
    Some([
        left - beyond,
        top - beyond,
        end(left, width),
        end(top, height),
    ])
}

/// The first of `N` pixels along each axis around a place, and their weights.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn around<R: Real, const N: usize>(
    (x, y): (f64, f64),
    weights: impl Fn(f64) -> [f64; N],
) -> ((i64, i64), [R; N], [R; N]) {
    let before = i64::try_from(N / 2 - 1).unwrap_or(0);
    let ((left, x), (top, y)) = (split(x), split(y));
    let corner = (left - before, top - before);
    (corner, real(weights(x)), real(weights(y)))
}

struct Job<'a, T> {
    source: &'a Raster<'a, T>,
    places: &'a Matrix,
    outside: Outside<T>,
    width: usize,
}

impl<T: Pixel> Job<'_, T> {
    /// Where the source has the pixels of a row; at (0, 0) what is infinitely far away.
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    fn places(&self, row: usize) -> impl Iterator<Item = (f64, f64)> {
        let m = self.places;
        let y = row as f64;
        let is_affine = m[6..] == [0.0, 0.0, 1.0];
        (0..self.width).map(move |column| {
            let x = column as f64;
            let of = |k: usize| m[k] * x + m[k + 1] * y + m[k + 2];
            if is_affine {
                return (of(0), of(3));
            }
            let depth = of(6);
            let factor = if depth == 0.0 { 0.0 } else { 1.0 / depth };
            (of(0) * factor, of(3) * factor)
        })
    }

    fn rows<'o>(&self, out: &'o mut [T]) -> std::slice::ChunksExactMut<'o, T> {
        out.chunks_exact_mut((self.width * self.source.channels).max(1))
    }

    /// Takes the nearest pixels, of ties the even ones.
    fn pick(&self, out: &mut [T]) {
        let source = self.source;
        let channels = source.channels;
        for (row, target) in self.rows(out).enumerate() {
            for ((x, y), target) in self.places(row).zip(target.chunks_exact_mut(channels)) {
                let seen = |place: f64, len| self.outside.seen(nearest(place), len);
                match (seen(x, source.width), seen(y, source.height)) {
                    (Some(column), Some(row)) => {
                        target.copy_from_slice(&source.row(row)[column * channels..][..channels]);
                    }
                    _ => target.fill(self.outside.constant()),
                }
            }
        }
    }

    /// Takes sums of `N` pixels along each axis.
    fn blend<const N: usize>(&self, weights: impl Fn(f64) -> [f64; N] + Copy, out: &mut [T]) {
        // The numbers of channels that are usual are known when it is compiled.
        match self.source.channels {
            1 => widely(|| self.blend_pixels::<N, 1>(weights, out)),
            3 => widely(|| self.blend_pixels::<N, 3>(weights, out)),
            4 => widely(|| self.blend_pixels::<N, 4>(weights, out)),
            channels => {
                for (row, target) in self.rows(out).enumerate() {
                    let targets = target.chunks_exact_mut(channels);
                    for (place, target) in self.places(row).zip(targets) {
                        let (corner, across, down) = around(place, weights);
                        self.blend_edge(corner, &across, &down, target);
                    }
                }
            }
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn blend_pixels<const N: usize, const C: usize>(
        &self,
        weights: impl Fn(f64) -> [f64; N] + Copy,
        out: &mut [T],
    ) {
        let source = self.source;
        for (row, target) in self.rows(out).enumerate() {
            let targets = target.as_chunks_mut::<C>().0;
            for (place, target) in self.places(row).zip(targets) {
                let (corner, across, down) = around::<T::Real, N>(place, weights);
                let Some(first) = self.first_of::<N>(corner) else {
                    self.blend_edge(corner, &across, &down, target);
                    continue;
                };
                let mut sums = [T::Real::default(); C];
                for (row, weight) in down.iter().enumerate() {
                    let pixels = &source.data[first + row * source.stride..][..N * C];
                    let mut of_row = [T::Real::default(); C];
                    for (pixel, weight) in pixels.as_chunks::<C>().0.iter().zip(&across) {
                        for (sum, value) in of_row.iter_mut().zip(pixel) {
                            *sum = *sum + value.real() * *weight;
                        }
                    }
                    for (sum, value) in sums.iter_mut().zip(of_row) {
                        *sum = *sum + value * *weight;
                    }
                }
                *target = sums.map(T::nearest);
            }
        }
    }

    /// Where the elements of `N` pixels along each axis begin, if all of them are inside.
    fn first_of<const N: usize>(&self, (left, top): (i64, i64)) -> Option<usize> {
        let (left, top) = (usize::try_from(left).ok()?, usize::try_from(top).ok()?);
        let source = self.source;
        let is_inside = left + N <= source.width && top + N <= source.height;
        is_inside.then(|| top * source.stride + left * source.channels)
    }

    /// Writes the pixel that is a sum of those from (`left`, `top`) on.
    #[inline(never)]
    fn blend_edge<const N: usize>(
        &self,
        (left, top): (i64, i64),
        across: &[T::Real; N],
        down: &[T::Real; N],
        target: &mut [T],
    ) {
        let (source, outside) = (self.source, self.outside);
        let places = |start: i64, len: usize| -> [Option<usize>; N] {
            let mut place = start - 1;
            [(); N].map(|()| {
                place += 1;
                outside.seen(place, len)
            })
        };
        let (columns, rows) = (places(left, source.width), places(top, source.height));
        let constant = outside.constant();
        for (channel, target) in target.iter_mut().enumerate() {
            let of = |row: usize, column: usize| match (rows[row], columns[column]) {
                (Some(row), Some(column)) => source.row(row)[column * source.channels + channel],
                _ => constant,
            };
            *target = T::nearest(sum(across, down, |row, column| of(row, column).real()));
        }
    }

    /// Takes sums of `N` pixels along each axis, whose weights are the same for all pixels.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn translate<const N: usize>(
        &self,
        by: (f64, f64),
        weights: fn(f64) -> [f64; N],
        out: &mut [T],
        line: &mut Vec<T::Real>,
    ) {
        let channels = self.source.channels;
        let ((left, top), across, down) = around::<T::Real, N>(by, weights);
        line.clear();
        line.resize((self.width + N - 1) * channels, T::Real::default());
        for (row, target) in (top..).zip(self.rows(out)) {
            self.blend_rows(row, left, &down, line);
            let len = target.len();
            let parts: [&[T::Real]; N] = std::array::from_fn(|k| &line[k * channels..][..len]);
            for (place, target) in target.iter_mut().enumerate() {
                let others = parts.iter().zip(&across).skip(1);
                let first = parts[0][place] * across[0];
                let sum = others.fold(first, |sum, (part, weight)| sum + part[place] * *weight);
                *target = T::nearest(sum);
            }
        }
    }

    /// Writes the sum of the rows from `top` on, its first column being at `left`.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn blend_rows(&self, top: i64, left: i64, down: &[T::Real], line: &mut [T::Real]) {
        let (source, outside) = (self.source, self.outside);
        let channels = source.channels;
        let constant = outside.constant().real();
        let columns = inside(left, source.width, line.len() / channels);
        let from = usize::try_from(left.max(0)).unwrap_or(0) * channels;
        line.fill(T::Real::default());
        for (row, weight) in (top..).zip(down) {
            let Some(row) = outside.seen(row, source.height) else {
                for sum in line.iter_mut() {
                    *sum = *sum + constant * *weight;
                }
                continue;
            };
            let row = source.row(row);
            let (start, end) = (columns.start * channels, columns.end * channels);
            if start < end {
                for (sum, value) in line[start..end].iter_mut().zip(&row[from..]) {
                    *sum = *sum + value.real() * *weight;
                }
            }
            let edges = (0..columns.start).chain(columns.end..line.len() / channels);
            for column in edges {
                let place = left + i64::try_from(column).unwrap_or(0);
                let seen = outside.seen(place, source.width);
                for channel in 0..channels {
                    let value = seen.map_or(constant, |seen| row[seen * channels + channel].real());
                    let sum = &mut line[column * channels + channel];
                    *sum = *sum + value * *weight;
                }
            }
        }
    }
}

fn sum<R: Real, const N: usize>(
    across: &[R; N],
    down: &[R; N],
    value: impl Fn(usize, usize) -> R,
) -> R {
    let of_row = |row: usize| {
        let others = across.iter().enumerate().skip(1);
        others.fold(value(row, 0) * across[0], |sum, (column, weight)| {
            sum + value(row, column) * *weight
        })
    };
    let others = down.iter().enumerate().skip(1);
    others.fold(of_row(0) * down[0], |sum, (row, weight)| {
        sum + of_row(row) * *weight
    })
}
