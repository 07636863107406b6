//! Pixels that are sums of those around a place.

use super::Job;
#[cfg(target_arch = "x86_64")]
use super::picked::pick_bytes;
use super::places::{around, nearest};
use super::spots::{BEYOND, Lattice, TOGETHER};
use crate::image::raster::{Pixel, Real};
use crate::image::taps::real;
use crate::image::wide::widely;

/// The most elements of a pixel that is not looked at one by one.
const MOST: usize = 4;

impl<T: Pixel> Job<'_, T> {
    /// Takes sums of `N` pixels along each axis.
    pub(super) fn blend<const N: usize>(
        &self,
        weights: impl Fn(f64) -> [f64; N] + Copy,
        out: &mut [T],
    ) {
        // The numbers of channels that are usual are known when it is compiled.
        match self.source.channels {
            1 => widely!(|| self.blend_all::<N, 1, 1>(weights, out)),
            3 => widely!(|| self.blend_all::<N, 3, 4>(weights, out)),
            4 => widely!(|| self.blend_all::<N, 4, 4>(weights, out)),
            channels => {
                for (row, target) in self.rows(out).enumerate() {
                    for (start, part) in parts(target, channels) {
                        let spots = self.places.of(row, start);
                        let targets = part.chunks_exact_mut(channels);
                        for ((x, y), target) in spots.x.into_iter().zip(spots.y).zip(targets) {
                            self.blend_edge((x, y), weights, target);
                        }
                    }
                }
            }
        }
    }

    /// The same for pixels of `C` elements, which are computed as if they had `L`: what comes after
    /// a pixel is computed too, and then written over.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn blend_all<const N: usize, const C: usize, const L: usize>(
        &self,
        weights: impl Fn(f64) -> [f64; N] + Copy,
        out: &mut [T],
    ) {
        let source = self.source;
        let lattice = Lattice::new(source.width, source.height, source.stride, C);
        let constant = self.outside.known();
        for (row, target) in self.rows(out).enumerate() {
            for (start, part) in parts(target, C) {
                let spots = self.places.of(row, start);
                let squares = lattice.squares::<N>(&spots);
                let across = squares.across.map(|t| real::<T::Real, N>(weights(t)));
                let down = squares.down.map(|t| real::<T::Real, N>(weights(t)));
                let mut sums = [T::Real::default(); MOST * TOGETHER];
                let mut edges = [0; TOGETHER];
                let mut count = 0;
                for at in 0..part.len() / C {
                    let sum = self.sum::<N, C, L>(squares.first[at], &across[at], &down[at]);
                    if let Some(sum) = sum {
                        sums[at * C..][..L].copy_from_slice(&sum);
                    } else if squares.first[at] == BEYOND
                        && let Some(constant) = constant
                    {
                        sums[at * C..][..L].fill(constant.real());
                    } else {
                        edges[count] = at;
                        count += 1;
                    }
                }
                for (target, sum) in part.iter_mut().zip(sums) {
                    *target = T::nearest(sum);
                }
                for at in &edges[..count] {
                    let place = (spots.x[*at], spots.y[*at]);
                    self.blend_edge(place, weights, &mut part[at * C..][..C]);
                }
            }
        }
    }

    /// The sum of the pixels whose elements begin at a place and in the rows below it, unless it
    /// would reach beyond the last one.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn sum<const N: usize, const C: usize, const L: usize>(
        &self,
        first: usize,
        across: &[T::Real; N],
        down: &[T::Real; N],
    ) -> Option<[T::Real; L]> {
        let source = self.source;
        let len = (N - 1) * C + L;
        let square = source.data.get(first..)?;
        let square = square.get(..(N - 1) * source.stride + len)?;
        let of_row = |row: usize| &square[row * source.stride..][..len];
        let mut sums = row_sum::<T, N, C, L>(of_row(0), across);
        for sum in &mut sums {
            *sum = *sum * down[0];
        }
        for (row, weight) in down.iter().enumerate().skip(1) {
            let of_row = row_sum::<T, N, C, L>(of_row(row), across);
            for (sum, of_row) in sums.iter_mut().zip(of_row) {
                *sum = *sum + of_row * *weight;
            }
        }
        Some(sums)
    }

    /// Writes the pixel at a place some of whose neighbours are outside.
    #[inline(never)]
    pub(super) fn blend_edge<const N: usize>(
        &self,
        place: (f64, f64),
        weights: impl Fn(f64) -> [f64; N] + Copy,
        target: &mut [T],
    ) {
        let (source, outside) = (self.source, self.outside);
        let ((left, top), across, down) = around::<T::Real, N>(place, weights);
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
            *target = T::nearest(sum(&across, &down, |row, column| of(row, column).real()));
        }
    }

    /// Takes the nearest pixels, of ties the even ones.
    pub(super) fn pick(&self, out: &mut [T]) {
        #[cfg(target_arch = "x86_64")]
        if self.warps_in_vectors(
            pick_bytes,
            |place, target| self.pick_edge(place, target),
            out,
        ) {
            return;
        }
        match self.source.channels {
            1 => widely!(|| self.pick_rows::<1, 1>(out)),
            3 => widely!(|| self.pick_rows::<3, 4>(out)),
            4 => widely!(|| self.pick_rows::<4, 4>(out)),
            channels => {
                for (row, target) in self.rows(out).enumerate() {
                    for (start, part) in parts(target, channels) {
                        let spots = self.places.of(row, start);
                        let targets = part.chunks_exact_mut(channels);
                        for ((x, y), target) in spots.x.into_iter().zip(spots.y).zip(targets) {
                            self.pick_edge((x, y), target);
                        }
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
    fn pick_rows<const C: usize, const L: usize>(&self, out: &mut [T]) {
        let source = self.source;
        let lattice = Lattice::new(source.width, source.height, source.stride, C);
        let constant = self.outside.known();
        for (row, target) in self.rows(out).enumerate() {
            for (start, part) in parts(target, C) {
                let spots = self.places.of(row, start);
                let first = lattice.nearest(&spots);
                let mut pixels = [T::default(); MOST * TOGETHER];
                let mut edges = [0; TOGETHER];
                let mut count = 0;
                for at in 0..part.len() / C {
                    let found = source.data.get(first[at]..);
                    if let Some(pixel) = found.and_then(|found| found.first_chunk::<L>()) {
                        pixels[at * C..][..L].copy_from_slice(pixel);
                    } else if first[at] == BEYOND
                        && let Some(constant) = constant
                    {
                        pixels[at * C..][..L].fill(constant);
                    } else {
                        edges[count] = at;
                        count += 1;
                    }
                }
                part.copy_from_slice(&pixels[..part.len()]);
                for at in &edges[..count] {
                    let place = (spots.x[*at], spots.y[*at]);
                    self.pick_edge(place, &mut part[at * C..][..C]);
                }
            }
        }
    }

    #[inline(never)]
    fn pick_edge(&self, (x, y): (f64, f64), target: &mut [T]) {
        let source = self.source;
        let seen = |place: f64, len| self.outside.seen(nearest(place), len);
        match (seen(x, source.width), seen(y, source.height)) {
            (Some(column), Some(row)) => {
                let pixel = &source.row(row)[column * source.channels..];
                target.copy_from_slice(&pixel[..source.channels]);
            }
            _ => target.fill(self.outside.constant()),
        }
    }
}

/// Parts of a row whose places are computed together, with the columns where they begin.
pub(super) fn parts<T>(row: &mut [T], channels: usize) -> impl Iterator<Item = (usize, &mut [T])> {
    let parts = row.chunks_mut(TOGETHER * channels);
    (0..).step_by(TOGETHER).zip(parts)
}

/// The sum of `N` pixels side by side.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn row_sum<T: Pixel, const N: usize, const C: usize, const L: usize>(
    pixels: &[T],
    weights: &[T::Real; N],
) -> [T::Real; L] {
    // Numbers of elements that are known make this vector code, which iterators hide.
    let mut sums = [T::Real::default(); L];
    for lane in 0..L {
        sums[lane] = pixels[lane].real() * weights[0];
    }
    for column in 1..N {
        let pixel = &pixels[column * C..][..L];
        for lane in 0..L {
            sums[lane] = sums[lane] + pixel[lane].real() * weights[column];
        }
    }
    sums
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
