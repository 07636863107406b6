//! Translations by parts of pixels: all pixels have the same weights.

use super::Job;
use super::places::around;
use crate::image::raster::{Pixel, inside};

impl<T: Pixel> Job<'_, T> {
    /// Takes sums of `N` pixels along each axis, whose weights are the same for all pixels.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(super) fn translate<const N: usize>(
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
