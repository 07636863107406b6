//! Random places for the pixels of an image, near their own.

use super::raster::Outside;
use super::wide::widely;
use crate::random::{Bytes, Stream};

/// A column and a row for each pixel of an image, and working memory.
#[derive(Debug, Default)]
pub struct Places {
    /// The columns, row by row.
    pub x: Vec<f32>,
    /// The rows.
    pub y: Vec<f32>,
    spare: Vec<f32>,
    line: Vec<f32>,
    weights: Vec<f32>,
}

impl Places {
    /// Moves each pixel by what is drawn uniformly from [-1, 1) for it and its neighbours, smoothed
    /// with a Gaussian of standard deviation `sigma`, as `torchvision`'s `ElasticTransform` does: as
    /// parts of an image that reaches from -1 to 1 it is multiplied with `alpha` and divided by the
    /// height across and by the width down. The kernel ends at four deviations.
    pub fn smooth(
        &mut self,
        (width, height): (usize, usize),
        (alpha, sigma): (f64, f64),
        stream: &mut Stream,
    ) {
        kernel(sigma, &mut self.weights);
        let (columns, rows) = (real(width), real(height));
        let noise = Bytes::new(stream);
        let words = (width * height).div_ceil(2) as u64;
        let factor = |own: f64, other: f64| alpha / other * (own / 2.0);
        self.x.resize(width * height, 0.0);
        self.y.resize(width * height, 0.0);
        let mut smoother = Smoother {
            size: (width, height),
            weights: &self.weights,
            spare: &mut self.spare,
            line: &mut self.line,
        };
        noise_from(&noise, 0, &mut self.x);
        smoother.smooth(&mut self.x, factor(columns, rows));
        noise_from(&noise, words, &mut self.y);
        smoother.smooth(&mut self.y, factor(rows, columns));
        self.add_own(width);
    }

    /// Moves the pixels of a lattice, `points` by `points` of them from corner to corner, by what is
    /// drawn uniformly from [-amount, amount) pixels across and down, and those between them by
    /// bilinear interpolation.
    pub fn lattice(
        &mut self,
        (width, height): (usize, usize),
        (amount, points): (f64, usize),
        stream: &mut Stream,
    ) {
        self.x.resize(width * height, 0.0);
        self.y.resize(width * height, 0.0);
        for places in [&mut self.x, &mut self.y] {
            self.spare.clear();
            let drawn = (0..points * points).map(|_| single(stream.uniform(-amount, amount)));
            self.spare.extend(drawn);
            for (row, target) in places.chunks_exact_mut(width.max(1)).enumerate() {
                let (above, t) = between(row, height, points);
                let (above, below) = (&self.spare[above * points..], (above + 1) * points);
                let below = &self.spare[below..];
                self.line.clear();
                let pairs = above[..points].iter().zip(below);
                self.line.extend(pairs.map(|(a, b)| a + (b - a) * t));
                for (column, target) in target.iter_mut().enumerate() {
                    let (before, t) = between(column, width, points);
                    let (a, b) = (self.line[before], self.line[before + 1]);
                    *target = a + (b - a) * t;
                }
            }
        }
        self.add_own(width);
    }

    /// Adds the place of each pixel.
    fn add_own(&mut self, width: usize) {
        let rows = self.x.chunks_exact_mut(width.max(1));
        for (row, (x, y)) in rows.zip(self.y.chunks_exact_mut(width.max(1))).enumerate() {
            let row = single(real(row));
            for (column, (x, y)) in x.iter_mut().zip(y).enumerate() {
                *x += single(real(column));
                *y += row;
            }
        }
    }
}

/// Which point of a lattice is before pixel `number` of `len`, and how far it is away.
fn between(number: usize, len: usize, points: usize) -> (usize, f32) {
    if len < 2 {
        return (0, 0.0);
    }
    let (steps, cells) = (number * (points - 1), len - 1);
    let before = (steps / cells).min(points - 2);
    let rest = steps - before * cells;
    (before, single(real(rest) / real(cells)))
}

/// Numbers drawn uniformly from [-1, 1), in steps of 2^-22: two of each word.
fn noise_from(noise: &Bytes, first: u64, numbers: &mut [f32]) {
    let number = |bits: u32| {
        // From 2 to below 4.
        f32::from_bits(0x4000_0000 | bits >> 9) - 3.0
    };
    for (word, pair) in (first..).zip(numbers.chunks_mut(2)) {
        let bits = noise.word(word).to_le_bytes();
        for (bits, target) in bits.as_chunks::<4>().0.iter().zip(pair) {
            *target = number(u32::from_le_bytes(*bits));
        }
    }
}

/// One half of a Gaussian kernel, from its middle on, whose sum is 1 with the other half.
fn kernel(sigma: f64, weights: &mut Vec<f32>) {
    let reach = floor(4.0 * sigma + 0.5);
    let of = |at: usize| match at {
        0 => 1.0,
        _ => libm::exp(-0.5 * (real(at) / sigma) * (real(at) / sigma)),
    };
    let sum = 1.0 + 2.0 * (1..=reach).map(of).sum::<f64>();
    weights.clear();
    weights.extend((0..=reach).map(|at| single(of(at) / sum)));
}

struct Smoother<'a> {
    size: (usize, usize),
    weights: &'a [f32],
    spare: &'a mut Vec<f32>,
    line: &'a mut Vec<f32>,
}

/// How many sums are computed together.
const TOGETHER: usize = 32;

impl Smoother<'_> {
    /// Smooths numbers along both axes, those at the edges among their mirror images, and multiplies
    /// them.
    fn smooth(&mut self, numbers: &mut [f32], factor: f64) {
        let (width, height) = self.size;
        self.spare.resize(numbers.len(), 0.0);
        for row in 0..height {
            let target = &mut self.spare[row * width..][..width];
            widely!(|| down(numbers, (width, height), row, self.weights, target));
        }
        let factor = single(factor);
        let reach = self.weights.len() - 1;
        for (row, target) in numbers.chunks_exact_mut(width).enumerate() {
            let row = &self.spare[row * width..][..width];
            self.line.clear();
            let padded = -to_signed(reach)..to_signed(width + reach + TOGETHER);
            let seen = padded.map(|at| row[mirrored(at, width)]);
            self.line.extend(seen);
            widely!(|| across(self.line, self.weights, factor, target));
        }
    }
}

/// Sums of the rows around one.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn down(
    numbers: &[f32],
    (width, height): (usize, usize),
    row: usize,
    weights: &[f32],
    target: &mut [f32],
) {
    let row_at = |by: i64| &numbers[mirrored(to_signed(row) + by, height) * width..][..width];
    for (sum, number) in target.iter_mut().zip(row_at(0)) {
        *sum = number * weights[0];
    }
    for (by, weight) in (1..).zip(&weights[1..]) {
        let pairs = row_at(-by).iter().zip(row_at(by));
        for (sum, (before, after)) in target.iter_mut().zip(pairs) {
            *sum += (before + after) * weight;
        }
    }
}

/// Sums of the numbers around each of a line.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn across(line: &[f32], weights: &[f32], factor: f32, target: &mut [f32]) {
    let reach = weights.len() - 1;
    for (start, target) in (0..).step_by(TOGETHER).zip(target.chunks_mut(TOGETHER)) {
        let part = |from: usize| -> &[f32; TOGETHER] {
            line[start + from..]
                .first_chunk()
                .unwrap_or(&[0.0; TOGETHER])
        };
        let mut sums = part(reach).map(|number| number * weights[0]);
        for (by, weight) in weights.iter().enumerate().skip(1) {
            let pairs = part(reach - by).iter().zip(part(reach + by));
            for (sum, (before, after)) in sums.iter_mut().zip(pairs) {
                *sum += (before + after) * weight;
            }
        }
        for (target, sum) in target.iter_mut().zip(sums) {
            *target = sum * factor;
        }
    }
}

/// Where a number is of which this is the mirror image.
fn mirrored(at: i64, len: usize) -> usize {
    Outside::<f32>::Reflect101.seen(at, len).unwrap_or(0)
}

fn to_signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "images are smaller")]
fn real(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is meant")]
fn single(number: f64) -> f32 {
    number as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of weights"
)]
fn floor(number: f64) -> usize {
    number as usize
}
