//! Correlation: sums of pixels, each with a weight.

use super::super::raster::{Outside, Pixel, Raster};
use super::super::wide::widely;
use super::window::{Beside, Window};

/// Elements that are computed with in single precision.
pub trait Single: Pixel<Real = f32> {}

impl<T: Pixel<Real = f32>> Single for T {}

/// The weights of the pixels around one.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'a> {
    /// The weights, row by row. The pixel that the result stands for is in the middle; where a side
    /// is even, it is the right or lower one of the two in the middle.
    pub weights: &'a [f32],
    /// Columns.
    pub width: usize,
}

/// Writes the correlation of an image with a kernel, rounded for integers, of ties to even ones:
/// the kernel is not mirrored.
///
/// # Panics
/// If the image or the kernel is empty, or `out` is not as large as the image.
pub fn correlate<T: Single>(
    source: &Raster<'_, T>,
    kernel: Kernel<'_>,
    outside: Outside<T>,
    out: &mut [T],
) {
    let height = kernel.weights.len() / kernel.width;
    if kernel.width == 1 || height == 1 {
        let one = [1.0];
        let (across, down) = if kernel.width == 1 {
            (&one[..], kernel.weights)
        } else {
            (kernel.weights, &one[..])
        };
        return separable(source, across, down, outside, out);
    }
    weighed(source, kernel, outside, out, T::nearest);
}

/// Writes what becomes of the sums of the pixels around each.
pub(super) fn weighed<T: Single, R>(
    source: &Raster<'_, T>,
    kernel: Kernel<'_>,
    outside: Outside<T>,
    out: &mut [R],
    finish: impl Fn(f32) -> R + Copy,
) {
    let channels = source.channels;
    let (width, height) = (kernel.width, kernel.weights.len() / kernel.width);
    let len = check(source, out);
    let mut window = Window::new(source, outside, (width, height), (width / 2, height / 2));
    let mut sums = vec![0.0; len];
    let places = kernel.weights.iter().zip(0..);
    let (weights, places): (Vec<f32>, Vec<usize>) =
        places.filter(|(weight, _)| **weight != 0.0).unzip();
    for target in out.chunks_exact_mut(len) {
        window.advance();
        let lines: Vec<_> = window.lines().collect();
        let part = |place: &usize| &lines[place / width][place % width * channels..][..len];
        let parts: Vec<_> = places.iter().map(part).collect();
        widely!(|| {
            weigh(&parts, &weights, &mut sums);
            for (target, sum) in target.iter_mut().zip(&sums) {
                *target = finish(*sum);
            }
        });
    }
}

/// Writes the correlation of an image with a row of weights, and with a column of weights, rounded
/// for integers after both.
///
/// # Panics
/// If the image or one of the kernels is empty, or `out` is not as large as the image.
pub fn separable<T: Single>(
    source: &Raster<'_, T>,
    across: &[f32],
    down: &[f32],
    outside: Outside<T>,
    out: &mut [T],
) {
    let channels = source.channels;
    let len = check(source, out);
    let before = across.len() / 2;
    let beside = Beside::new(outside, source.width, before, across.len() - 1 - before);
    let constant = outside.constant();
    let blank = vec![constant; len];
    // What sums of columns are where there is nothing but the constant.
    let of_constant = down.iter().fold(0.0, |sum, it| sum + constant.real() * it);
    let mut line = vec![0.0; (source.width + across.len() - 1) * channels];
    let mut sums = vec![0.0; len];
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        let rows: Vec<_> = rows(source, outside, number, down.len(), &blank).collect();
        let middle = &mut line[before * channels..][..len];
        widely!(|| weigh(&rows, down, middle));
        beside.fill(&mut line, channels, of_constant);
        let parts: Vec<_> = (0..across.len())
            .map(|column| &line[column * channels..][..len])
            .collect();
        widely!(|| {
            weigh(&parts, across, &mut sums);
            for (target, sum) in target.iter_mut().zip(&sums) {
                *target = T::nearest(*sum);
            }
        });
    }
}

/// The elements of a row of an image and of a result that is as large.
pub(super) fn check<T: Copy, R>(source: &Raster<'_, T>, out: &[R]) -> usize {
    let len = source.width * source.channels;
    assert!(len > 0 && source.height > 0, "an image with pixels");
    assert_eq!(out.len(), len * source.height, "an image as large");
    len
}

/// The rows, or `blank`, that row `number` of a result is made of.
pub(super) fn rows<'a, T: Copy>(
    source: &Raster<'a, T>,
    outside: Outside<T>,
    number: usize,
    count: usize,
    blank: &'a [T],
) -> impl Iterator<Item = &'a [T]> {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let first = whole(number) - whole(count / 2);
    (first..first + whole(count)).map(move |row| {
        let seen = outside.seen(row, source.height);
        seen.map_or(blank, |row| source.row(row))
    })
}

/// Writes sums of parts, each with its weight, added in their order.
#[inline(always)]
fn weigh<T: Single>(parts: &[&[T]], weights: &[f32], sums: &mut [f32]) {
    let ((fours, rest), (weights, others)) = (parts.as_chunks::<4>(), weights.as_chunks::<4>());
    sums.fill(0.0);
    for (parts, weights) in fours.iter().zip(weights) {
        add(*parts, *weights, sums);
    }
    for (part, weight) in rest.iter().zip(others) {
        add([*part], [*weight], sums);
    }
}

#[inline(always)]
fn add<T: Single, const N: usize>(parts: [&[T]; N], weights: [f32; N], sums: &mut [f32]) {
    let parts = parts.map(|part| &part[..sums.len()]);
    for (at, sum) in sums.iter_mut().enumerate() {
        let mut total = *sum;
        for (part, weight) in parts.iter().zip(weights) {
            total += part[at].real() * weight;
        }
        *sum = total;
    }
}
