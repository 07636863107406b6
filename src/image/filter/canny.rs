//! Edges (Canny: *A computational approach to edge detection*, 1986): where the gradient is
//! greatest across its direction, and great enough, or connected to where it is.
//!
//! As in OpenCV, gradients are Sobel's, their size is the sum of the sizes along both axes, and what
//! lies around the image is its edge; of several channels, the one with the greatest gradient
//! counts.

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::derivative::{BLOCK, Block, across, down};
use super::weigh::Single;
use super::window::{SLACK, Window, put};

/// An element of an image, of which edges are found.
pub trait Slope: Single {
    /// A number of a gradient.
    type Number: Number;
    /// Writes gradients along rows and columns, from three lines with a pixel more on either side.
    fn gradients(
        lines: [&[Self]; 3],
        channels: usize,
        x: &mut [Self::Number],
        y: &mut [Self::Number],
    );
}

/// A number of a gradient.
pub trait Number: Copy + Default + PartialOrd + std::ops::Add<Output = Self> {
    /// Its size.
    #[must_use]
    fn size(self) -> Self;
    /// The threshold that as many of them are above.
    fn threshold(value: f64) -> Self;
    /// Whether a gradient, whose sizes along the axes are these, is within 22.5 degrees of rows, and
    /// whether it is of columns.
    fn directions(x: Self, y: Self) -> [bool; 2];
    /// Whether two have different signs.
    fn differ(self, other: Self) -> bool;
}

impl Number for i32 {
    #[inline(always)]
    fn size(self) -> Self {
        self.abs()
    }

    #[expect(clippy::cast_possible_truncation, reason = "clipped, as it should be")]
    fn threshold(value: f64) -> Self {
        value.floor() as Self
    }

    #[inline(always)]
    fn directions(x: Self, y: Self) -> [bool; 2] {
        /// The tangent of 22.5 degrees, as OpenCV has it.
        const TANGENT: i32 = 13573;
        const BITS: u32 = 15;
        let (y, low) = (y << BITS, x * TANGENT);
        // That of 67.5 degrees is greater by 2.
        [y < low, y > low + (x << (BITS + 1))]
    }

    #[inline(always)]
    fn differ(self, other: Self) -> bool {
        (self ^ other) < 0
    }
}

impl Number for f32 {
    #[inline(always)]
    fn size(self) -> Self {
        self.abs()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
    fn threshold(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn directions(x: Self, y: Self) -> [bool; 2] {
        const TANGENT: f32 = 0.414_213_57;
        let low = x * TANGENT;
        [y < low, y > low + 2.0 * x]
    }

    #[inline(always)]
    fn differ(self, other: Self) -> bool {
        (self < 0.0) != (other < 0.0)
    }
}

impl Slope for u8 {
    type Number = i32;

    fn gradients(lines: [&[Self]; 3], channels: usize, x: &mut [i32], y: &mut [i32]) {
        widely!(|| {
            for (number, (x, y)) in x.chunks_mut(BLOCK).zip(y.chunks_mut(BLOCK)).enumerate() {
                let rows = lines.map(|line| Block::read(line, number * BLOCK, channels));
                put(across(rows).map(i32::from), x);
                put(down(rows).map(i32::from), y);
            }
        });
    }
}

macro_rules! in_single_precision {
    ($($element:ty),*) => {
        $(impl Slope for $element {
            type Number = f32;

            fn gradients(lines: [&[Self]; 3], channels: usize, x: &mut [f32], y: &mut [f32]) {
                widely!(|| single_gradients(lines, channels, x, y),
                );
            }
        })*
    };
}

in_single_precision!(i16, u16, f32);

#[inline(always)]
fn single_gradients<T: Single>(lines: [&[T]; 3], channels: usize, x: &mut [f32], y: &mut [f32]) {
    let len = x.len();
    let part = |row: usize, by: usize| &lines[row][by * channels..][..len];
    for row in 0..3 {
        let weight = if row == 1 { 2.0 } else { 1.0 };
        let (before, after) = (part(row, 0), part(row, 2));
        for ((x, before), after) in x.iter_mut().zip(before).zip(after) {
            let sum = weight * (after.real() - before.real());
            *x = if row == 0 { sum } else { *x + sum };
        }
    }
    for by in 0..3 {
        let weight = if by == 1 { 2.0 } else { 1.0 };
        let (above, below) = (part(0, by), part(2, by));
        for ((y, above), below) in y.iter_mut().zip(above).zip(below) {
            let sum = weight * (below.real() - above.real());
            *y = if by == 0 { sum } else { *y + sum };
        }
    }
}

/// Working memory, used again by the next image.
#[derive(Debug, Default)]
pub struct Canny {
    /// What each pixel is, with one more pixel on each side: [`NONE`], [`WEAK`] or [`STRONG`].
    found: Vec<u8>,
    /// Strong pixels, whose neighbours have not been looked at.
    left: Vec<usize>,
}

const NONE: u8 = 0;
const WEAK: u8 = 1;
const STRONG: u8 = 2;

/// The gradients of a row, with [`SLACK`].
struct Gradients<N> {
    x: Vec<N>,
    y: Vec<N>,
    /// Their sizes, with one pixel in front.
    size: Vec<N>,
}

impl Canny {
    /// Writes 255 for each pixel of an edge, and 0 for the others.
    ///
    /// Pixels whose gradient is above the greater threshold are edges, and those above the lower
    /// one if they are connected to such.
    ///
    /// # Panics
    /// If the image is empty, or `out` has not as many pixels.
    pub fn edges<T: Slope>(
        &mut self,
        source: &Raster<'_, T>,
        thresholds: [f64; 2],
        out: &mut [u8],
    ) {
        let (width, height) = (source.width, source.height);
        assert!(
            width > 0 && height > 0 && source.channels > 0,
            "an image with pixels"
        );
        assert_eq!(out.len(), width * height, "an image as large");
        let [low, high] = [
            T::Number::threshold(thresholds[0].min(thresholds[1])),
            T::Number::threshold(thresholds[0].max(thresholds[1])),
        ];
        let stride = width + 2;
        self.found.clear();
        self.found.resize(stride * (height + 2), NONE);
        let mut window = Window::around(source, Outside::Replicate, (3, 3));
        let mut rows: [_; 3] = std::array::from_fn(|_| Gradients::new(width));
        let mut wide: [_; 2] =
            std::array::from_fn(|_| vec![T::Number::default(); width * source.channels]);
        for row in 0..=height {
            rows.rotate_left(1);
            if row < height {
                window.advance();
                rows[2].read(&window, source.channels, &mut wide);
            } else {
                rows[2].size.fill(T::Number::default());
            }
            if row > 0 {
                let found = &mut self.found[row * stride + 1..][..width];
                widely!(|| mark(&rows, [low, high], found));
            }
        }
        self.connect(stride);
        let rows = self.found.chunks_exact(stride).skip(1);
        for (target, found) in out.chunks_exact_mut(width).zip(rows) {
            for (target, found) in target.iter_mut().zip(&found[1..]) {
                *target = if *found == STRONG { u8::MAX } else { 0 };
            }
        }
    }

    /// Makes weak pixels strong that are connected to strong ones.
    fn connect(&mut self, stride: usize) {
        let strong = self.found.iter().zip(0..);
        self.left.clear();
        self.left.extend(
            strong
                .filter(|(found, _)| **found == STRONG)
                .map(|(_, at)| at),
        );
        while let Some(at) = self.left.pop() {
            for row in [at - stride, at, at + stride] {
                for place in row - 1..=row + 1 {
                    if self.found[place] == WEAK {
                        self.found[place] = STRONG;
                        self.left.push(place);
                    }
                }
            }
        }
    }
}

impl<N: Number> Gradients<N> {
    fn new(width: usize) -> Self {
        let line = || vec![N::default(); width + SLACK];
        Self {
            x: line(),
            y: line(),
            size: line(),
        }
    }

    /// Computes those of a row. `wide` has room for those of all channels.
    fn read<T: Slope<Number = N>>(
        &mut self,
        window: &Window<'_, T>,
        channels: usize,
        [wide_x, wide_y]: &mut [Vec<N>; 2],
    ) {
        let mut lines = window.lines();
        let lines = std::array::from_fn(|_| lines.next().unwrap_or_default());
        let width = wide_x.len() / channels;
        let (x, y) = (&mut self.x[..width], &mut self.y[..width]);
        if channels == 1 {
            T::gradients(lines, 1, x, y);
        } else {
            T::gradients(lines, channels, wide_x, wide_y);
            let pixels = wide_x
                .chunks_exact(channels)
                .zip(wide_y.chunks_exact(channels));
            for ((x, y), (of_x, of_y)) in x.iter_mut().zip(y).zip(pixels) {
                let mut best = (of_x[0], of_y[0]);
                for one in of_x.iter().copied().zip(of_y.iter().copied()).skip(1) {
                    if size(one) > size(best) {
                        best = one;
                    }
                }
                (*x, *y) = best;
            }
        }
        let sizes = &mut self.size[1..=width];
        for ((sum, x), y) in sizes.iter_mut().zip(&self.x).zip(&self.y) {
            *sum = size((*x, *y));
        }
    }
}

#[inline(always)]
fn size<N: Number>((x, y): (N, N)) -> N {
    x.size() + y.size()
}

/// Marks the pixels of a row whose gradient is not below those on either side of it, along its
/// direction.
#[inline(always)]
fn mark<N: Number>(rows: &[Gradients<N>; 3], [low, high]: [N; 2], found: &mut [u8]) {
    let [above, row, below] = rows;
    for (number, found) in found.chunks_mut(BLOCK).enumerate() {
        let first = number * BLOCK;
        let at = |line: &'_ [N], by: usize| -> [N; BLOCK] {
            let block = line[first + by..].first_chunk().copied();
            block.unwrap_or([N::default(); BLOCK])
        };
        let (x, y) = (at(&row.x, 0), at(&row.y, 0));
        let own = [at(&row.size, 0), at(&row.size, 1), at(&row.size, 2)];
        let above = [at(&above.size, 0), at(&above.size, 1), at(&above.size, 2)];
        let below = [at(&below.size, 0), at(&below.size, 1), at(&below.size, 2)];
        let is_above = own[1]
            .iter()
            .fold(0, |any, size| any | u8::from(*size > low));
        if is_above == 0 {
            continue;
        }
        let mut marks = [NONE; BLOCK];
        for at in 0..BLOCK {
            let size = own[1][at];
            let [is_flat, is_steep] = N::directions(x[at].size(), y[at].size());
            let flat = size > own[0][at] && size >= own[2][at];
            let steep = size > above[1][at] && size >= below[1][at];
            let falling = size > above[0][at] && size > below[2][at];
            let rising = size > above[2][at] && size > below[0][at];
            let is_rising = x[at].differ(y[at]);
            let diagonal = if is_rising { rising } else { falling };
            let is_edge = if is_flat {
                flat
            } else if is_steep {
                steep
            } else {
                diagonal
            };
            marks[at] = u8::from(is_edge && size > low) << u8::from(size > high);
        }
        put(marks, found);
    }
}
