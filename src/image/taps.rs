//! Weights of the pixels around a place, as OpenCV has them: no wider when an image shrinks.

use super::raster::Real;

/// How pixels are found between pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taps {
    /// The nearest pixel.
    Nearest,
    /// Two pixels along each axis: triangle.
    #[default]
    Linear,
    /// The mean over the area when an image shrinks; in a warp the same as `Linear`.
    Area,
    /// Four pixels along each axis: Keys' cubic with a = -0.75.
    Cubic,
    /// Eight pixels along each axis: Lanczos with four lobes.
    Lanczos,
}

/// The weights of two pixels, at distances of `-t` and `1 - t`.
pub(super) fn linear(t: f64) -> [f64; 2] {
    [1.0 - t, t]
}

/// The weights of four pixels, the second of which is at a distance of `-t`.
pub(super) fn cubic(t: f64) -> [f64; 4] {
    const A: f64 = -0.75;
    let near = |x: f64| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
}

/// The weights of eight pixels, the fourth of which is at a distance of `-t`.
pub(super) fn lanczos(t: f64) -> [f64; 8] {
    use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4};
    // sinc(x) sinc(x / 4) is sin(pi x) sin(pi x / 4) / x^2 but for a factor. The first sine is the
    // same for all pixels but for its sign, and drops out when the weights are made to have a sum
    // of 1; the second one follows from that of the first pixel, in steps of a quarter of pi.
    const NONE: f64 = 1e-7;
    const STEPS: [(f64, f64); 8] = [
        (1.0, 0.0),
        (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
        (0.0, 1.0),
        (-FRAC_1_SQRT_2, FRAC_1_SQRT_2),
        (-1.0, 0.0),
        (-FRAC_1_SQRT_2, -FRAC_1_SQRT_2),
        (0.0, -1.0),
        (FRAC_1_SQRT_2, -FRAC_1_SQRT_2),
    ];
    // Where it would be divided by nothing.
    if !(NONE..=1.0 - NONE).contains(&t) {
        let mut weights = [0.0; 8];
        weights[if t < 0.5 { 3 } else { 4 }] = 1.0;
        return weights;
    }
    let first = (t + 3.0) * FRAC_PI_4;
    let (sin, cos) = (libm::sin(first), libm::cos(first));
    let mut turn = 1.0;
    let mut distance = t + 3.0;
    let weights = STEPS.map(|(step_cos, step_sin)| {
        let weight = turn * (sin * step_cos - cos * step_sin) / (distance * distance);
        turn = -turn;
        distance -= 1.0;
        weight
    });
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Weights as numbers to compute with.
pub(super) fn real<R: Real, const N: usize>(weights: [f64; N]) -> [R; N] {
    weights.map(R::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sinc(x: f64) -> f64 {
        let x = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { x.sin() / x }
    }

    #[test]
    fn weights_are_those_of_their_functions() {
        for t in (0..=100u8).map(|percent| f64::from(percent) / 100.0) {
            let sums = [
                linear(t).iter().sum::<f64>(),
                cubic(t).iter().sum(),
                lanczos(t).iter().sum(),
            ];
            assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-12), "{sums:?}");
            let plain = |k: u8| {
                let x = t - (f64::from(k) - 3.0);
                if x.abs() < 4.0 {
                    sinc(x) * sinc(x / 4.0)
                } else {
                    0.0
                }
            };
            let sum: f64 = (0..8).map(plain).sum();
            for (k, weight) in (0..8).zip(lanczos(t)) {
                assert!((weight - plain(k) / sum).abs() < 1e-7, "{t}: {k}");
            }
        }
        let halfway = [-0.09375, 0.59375, 0.59375, -0.09375];
        let differences = cubic(0.5)
            .into_iter()
            .zip(halfway)
            .map(|(a, b)| (a - b).abs());
        assert!(differences.sum::<f64>() < 1e-15);
    }
}
