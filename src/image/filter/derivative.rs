//! Derivatives of images, in single precision: Sobel's, and the Laplacian.
//!
//! What lies around an image is its mirror image, in which its edge does not come twice.

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::weigh::{Kernel, Single, check, weighed};
use super::window::{Window, put};

/// What is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivative {
    /// Along rows: `[-1 0 1; -2 0 2; -1 0 1]`.
    X,
    /// Along columns: the same, transposed.
    Y,
    /// The sum of both second ones: `[0 1 0; 1 -4 1; 0 1 0]`.
    Laplacian,
}

/// An element of an image that is derived.
pub trait Derive: Single {
    /// Writes the derivative.
    ///
    /// # Panics
    /// If the image is empty, or `out` is not as large.
    fn derive(source: &Raster<'_, Self>, derivative: Derivative, out: &mut [f32]);
}

macro_rules! in_single_precision {
    ($($element:ty),*) => {
        $(impl Derive for $element {
            fn derive(source: &Raster<'_, Self>, derivative: Derivative, out: &mut [f32]) {
                let weights = match derivative {
                    Derivative::X => [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0],
                    Derivative::Y => [-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0],
                    Derivative::Laplacian => [0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0],
                };
                let kernel = Kernel {
                    weights: &weights,
                    width: 3,
                };
                weighed(source, kernel, Outside::Reflect101, out, |sum| sum);
            }
        })*
    };
}

in_single_precision!(i16, u16, f32);

impl Derive for u8 {
    fn derive(source: &Raster<'_, Self>, derivative: Derivative, out: &mut [f32]) {
        let (len, channels) = (check(source, out), source.channels);
        let mut window = Window::around(source, Outside::Reflect101, (3, 3));
        for target in out.chunks_exact_mut(len) {
            window.advance();
            let lines: Vec<_> = window.lines().collect();
            widely!(|| derive(&lines, channels, derivative, target));
        }
    }
}

#[inline(always)]
fn derive(lines: &[&[u8]], channels: usize, derivative: Derivative, target: &mut [f32]) {
    let block = |row: usize, first: usize| Block::read(lines[row], first, channels);
    for (number, target) in target.chunks_mut(BLOCK).enumerate() {
        let first = number * BLOCK;
        let rows = [block(0, first), block(1, first), block(2, first)];
        let sums = match derivative {
            Derivative::X => across(rows),
            Derivative::Y => down(rows),
            Derivative::Laplacian => laplacian(rows),
        };
        let sums = sums.map(f32::from);
        put(sums, target);
    }
}

/// Elements that are computed at a time.
pub(super) const BLOCK: usize = 64;

/// Elements of a row, with those of the pixels before and after them.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    before: &'a [u8; BLOCK],
    own: &'a [u8; BLOCK],
    after: &'a [u8; BLOCK],
}

impl<'a> Block<'a> {
    /// From a line with one pixel more on either side.
    #[inline(always)]
    pub(super) fn read(line: &'a [u8], first: usize, channels: usize) -> Self {
        // There is always one: lines are longer than rows.
        let part = |by: usize| {
            let part = line[first + by * channels..].first_chunk();
            part.unwrap_or(&[0; BLOCK])
        };
        Self {
            before: part(0),
            own: part(1),
            after: part(2),
        }
    }
}

/// Sobel's derivative along rows.
#[inline(always)]
pub(super) fn across(rows: [Block<'_>; 3]) -> [i16; BLOCK] {
    let mut sums = [0; BLOCK];
    for at in 0..BLOCK {
        let of = |row: usize| i16::from(rows[row].after[at]) - i16::from(rows[row].before[at]);
        sums[at] = of(0) + 2 * of(1) + of(2);
    }
    sums
}

/// Sobel's derivative along columns.
#[inline(always)]
pub(super) fn down(rows: [Block<'_>; 3]) -> [i16; BLOCK] {
    let [above, _, below] = rows;
    let mut sums = [0; BLOCK];
    for at in 0..BLOCK {
        let sides = i16::from(below.before[at]) - i16::from(above.before[at])
            + (i16::from(below.after[at]) - i16::from(above.after[at]));
        sums[at] = sides + 2 * (i16::from(below.own[at]) - i16::from(above.own[at]));
    }
    sums
}

#[inline(always)]
fn laplacian(rows: [Block<'_>; 3]) -> [i16; BLOCK] {
    let [above, row, below] = rows;
    let mut sums = [0; BLOCK];
    for at in 0..BLOCK {
        let sides = i16::from(row.before[at]) + i16::from(row.after[at]);
        let others = i16::from(above.own[at]) + i16::from(below.own[at]);
        sums[at] = sides + others - 4 * i16::from(row.own[at]);
    }
    sums
}
