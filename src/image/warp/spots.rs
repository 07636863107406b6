//! Places in a source, some pixels of a row at a time, in loops that become vector code.

#![expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, places are computed in vectors"
)]

use super::places::Matrix;

/// How many places are computed at a time.
pub(super) const TOGETHER: usize = 32;

/// As many numbers.
type Numbers = [f64; TOGETHER];

/// Where the pixels of the result are found in the source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Places<'a> {
    /// At these numbers times (x, y, 1).
    Matrix(&'a Matrix),
    /// At these columns and rows.
    Map {
        /// The columns, row by row.
        x: &'a [f32],
        /// The rows, as many.
        y: &'a [f32],
        /// How many each row of the result has.
        width: usize,
    },
}

/// Places in a source, side by side in the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spots {
    pub(super) x: Numbers,
    pub(super) y: Numbers,
}

/// Squares of pixels around places.
pub(super) struct Squares {
    /// Where the elements of each begin, or [`BEYOND`] or [`EDGE`].
    pub(super) first: [usize; TOGETHER],
    /// How far each place is beyond the pixel to its left.
    pub(super) across: Numbers,
    /// The same of the pixel above it.
    pub(super) down: Numbers,
}

/// What stands for the place of pixels none of which are inside of the source. No element is there.
pub(super) const BEYOND: usize = usize::MAX;

/// What stands for the place of pixels some of which are.
pub(super) const EDGE: usize = usize::MAX - 1;

/// The parts of a source that elements are looked up by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    width: f64,
    height: f64,
    stride: f64,
    channels: f64,
}

/// Adding and taking away this leaves a whole number, because there are no bits for others.
const WHOLE: f64 = 6_755_399_441_055_744.0;

impl Places<'_> {
    /// The places of a row from a column on; at (0, 0) what is infinitely far away.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(super) fn of(&self, row: usize, start: usize) -> Spots {
        match self {
            Self::Matrix(matrix) => of_matrix(matrix, row, start),
            Self::Map { x, y, width } => {
                let first = row * width + start;
                let end = first + TOGETHER.min(width - start);
                let of = |from: &[f32]| {
                    let mut numbers = [0.0; TOGETHER];
                    for (number, from) in numbers.iter_mut().zip(&from[first..end]) {
                        *number = f64::from(*from);
                    }
                    numbers
                };
                Spots { x: of(x), y: of(y) }
            }
        }
    }
}

/// The place of a pixel, by an affine map.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::cast_precision_loss, reason = "images are smaller")]
pub(super) fn place(m: &Matrix, row: usize, column: usize) -> (f64, f64) {
    let (x, y) = (column as f64, row as f64);
    let of = |k: usize| m[k] * x + m[k + 1] * y + m[k + 2];
    (of(0), of(3))
}

#[expect(clippy::cast_precision_loss, reason = "images are smaller")]
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn of_matrix(m: &Matrix, row: usize, start: usize) -> Spots {
    let (left, y) = (start as f64, row as f64);
    let mut spots = Spots {
        x: [0.0; TOGETHER],
        y: [0.0; TOGETHER],
    };
    let places = spots.x.iter_mut().zip(&mut spots.y).zip(0u32..);
    let of = |k: usize, x: f64| m[k] * x + m[k + 1] * y + m[k + 2];
    if m[6..] == [0.0, 0.0, 1.0] {
        for ((across, down), column) in places {
            let x = left + f64::from(column);
            (*across, *down) = (of(0, x), of(3, x));
        }
    } else {
        for ((across, down), column) in places {
            let x = left + f64::from(column);
            let depth = of(6, x);
            let factor = if depth == 0.0 { 0.0 } else { 1.0 / depth };
            (*across, *down) = (of(0, x) * factor, of(3, x) * factor);
        }
    }
    spots
}

impl Lattice {
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    pub(super) fn new(width: usize, height: usize, stride: usize, channels: usize) -> Self {
        Self {
            width: width as f64,
            height: height as f64,
            stride: stride as f64,
            channels: channels as f64,
        }
    }

    /// The squares of `N` x `N` pixels around places.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(super) fn squares<const N: usize>(&self, spots: &Spots) -> Squares {
        let half = f64::from(u32::try_from(N / 2).unwrap_or(0));
        let before = half - 1.0;
        let mut squares = Squares {
            first: [0; TOGETHER],
            across: [0.0; TOGETHER],
            down: [0.0; TOGETHER],
        };
        for at in 0..TOGETHER {
            let (x, y) = (spots.x[at], spots.y[at]);
            let (left, top) = (below(x), below(y));
            squares.across[at] = x - left;
            squares.down[at] = y - top;
            let is_inside = (left >= before)
                & (left + half < self.width)
                & (top >= before)
                & (top + half < self.height);
            let is_near = (left >= -half)
                & (left < self.width + before)
                & (top >= -half)
                & (top < self.height + before);
            let otherwise = if is_near { EDGE } else { BEYOND };
            let element = self.element(left - before, top - before);
            squares.first[at] = if is_inside { element } else { otherwise };
        }
        squares
    }

    /// Where the elements of the nearest pixels begin, or [`BEYOND`].
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(super) fn nearest(&self, spots: &Spots) -> [usize; TOGETHER] {
        let mut first = [0; TOGETHER];
        for (at, first) in first.iter_mut().enumerate() {
            let (x, y) = (rounded(spots.x[at]), rounded(spots.y[at]));
            let is_inside = (x >= 0.0) & (x < self.width) & (y >= 0.0) & (y < self.height);
            *first = if is_inside {
                self.element(x, y)
            } else {
                BEYOND
            };
        }
        first
    }

    /// Where the elements of a pixel begin.
    #[inline(always)]
    fn element(&self, x: f64, y: f64) -> usize {
        /// The bits of numbers from this on are whole numbers.
        const BITS: f64 = 4_503_599_627_370_496.0;
        let bits = (y * self.stride + x * self.channels + BITS).to_bits();
        (bits & 0x000f_ffff_ffff_ffff) as usize
    }
}

/// The nearest whole number, of ties the even one; of what is far away, something that is far away.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn rounded(place: f64) -> f64 {
    place + WHOLE - WHOLE
}

/// The greatest whole number that is not above a place.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn below(place: f64) -> f64 {
    let near = rounded(place);
    near - if near > place { 1.0 } else { 0.0 }
}
