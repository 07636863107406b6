//! Where pixels of a warp come from.

use crate::image::raster::Real;
use crate::image::taps::{Taps, real};

/// A 3 x 3 matrix, row by row.
pub type Matrix = [f64; 9];

/// The inverse of a matrix; `None` if it has none.
#[must_use]
pub fn inverse(m: &Matrix) -> Option<Matrix> {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    let adjugate = [
        minor(4, 5, 7, 8),
        minor(2, 1, 8, 7),
        minor(1, 2, 4, 5),
        minor(5, 3, 8, 6),
        minor(0, 2, 6, 8),
        minor(2, 0, 5, 3),
        minor(3, 4, 6, 7),
        minor(1, 0, 7, 6),
        minor(0, 1, 3, 4),
    ];
    let determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    let inverse = adjugate.map(|number| number / determinant);
    inverse
        .iter()
        .all(|number| number.is_finite())
        .then_some(inverse)
}

/// By how much a matrix translates, if it does nothing else.
#[expect(
    clippy::float_cmp,
    reason = "what is only near the identity is something else"
)]
pub(super) fn translation(m: &Matrix) -> Option<(f64, f64)> {
    let rest = [m[0], m[1], m[3], m[4], m[6], m[7], m[8]];
    (rest == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]).then_some((m[2], m[5]))
}

/// The whole pixels that a translation is by.
pub(super) fn whole((x, y): (f64, f64), taps: Taps) -> Option<(i64, i64)> {
    let nearest = |by: f64| {
        let to_whole = (by - by.round()).abs();
        let is_whole = to_whole == 0.0 || (taps == Taps::Nearest && to_whole < 0.5);
        is_whole.then(|| integer(by.round()))
    };
    Some((nearest(x)?, nearest(y)?))
}

/// The farthest that a place may be away; what is farther is as far.
const FAR: f64 = 1e15;

#[expect(clippy::cast_possible_truncation, reason = "clipped before")]
fn integer(place: f64) -> i64 {
    place.clamp(-FAR, FAR) as i64
}

/// What is below a place, and how far it is away.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "clipped before"
)]
pub(super) fn split(place: f64) -> (i64, f64) {
    let place = place.clamp(-FAR, FAR);
    let towards_zero = place as i64;
    let below = towards_zero - i64::from(towards_zero as f64 > place);
    (below, place - below as f64)
}

/// The nearest whole number, of ties the even one.
#[expect(clippy::cast_possible_truncation, reason = "clipped before")]
pub(super) fn nearest(place: f64) -> i64 {
    // Adding and taking it away leaves no bits for anything but whole numbers.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    (place.clamp(-FAR, FAR) + WHOLE - WHOLE) as i64
}

/// The first of `N` pixels along each axis around a place, and their weights.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
pub(super) fn around<R: Real, const N: usize>(
    (x, y): (f64, f64),
    weights: impl Fn(f64) -> [f64; N],
) -> ((i64, i64), [R; N], [R; N]) {
    let before = i64::try_from(N / 2 - 1).unwrap_or(0);
    let ((left, x), (top, y)) = (split(x), split(y));
    let corner = (left - before, top - before);
    (corner, real(weights(x)), real(weights(y)))
}
