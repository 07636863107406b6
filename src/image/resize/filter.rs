//! The resampling filters as plain functions of the distance, in closed form so that eight of them
//! are computed at a time.
//!
//! The shapes and supports are Pillow's. Lanczos needs two sines a weight; with `t = pi x / 3` its
//! two factors share one, `sin 3t = sin t (3 - 4 sin² t)`, and that one is a short polynomial: no
//! table to keep in the cache, no gather.
#![expect(
    clippy::inline_always,
    reason = "compiled once for each instruction set, which only inlining can do"
)]

use crate::pixel::Interpolation;

/// Distances, or weights, that are computed abreast.
pub(super) const LANES: usize = 8;

/// A value for each lane.
pub(super) type Lanes = [f64; LANES];

/// A filter: its values at some distances, and the distance from which on they are zero.
pub(super) trait Filter {
    /// Half the width, in source pixels when enlarging, in output pixels when shrinking.
    const SUPPORT: f64;

    /// Values at signed distances.
    fn at(distances: Lanes) -> Lanes;
}

/// Mean over the source area of the output pixel.
pub(super) struct Mean;

impl Filter for Mean {
    const SUPPORT: f64 = Interpolation::Area.support();

    #[inline(always)]
    fn at(distances: Lanes) -> Lanes {
        // Open on the left and closed on the right: a pixel on the border of two outputs belongs to
        // one of them.
        distances.map(|x| if x > -0.5 && x <= 0.5 { 1.0 } else { 0.0 })
    }
}

/// Linear interpolation, widened when shrinking.
pub(super) struct Triangle;

impl Filter for Triangle {
    const SUPPORT: f64 = Interpolation::Bilinear.support();

    #[inline(always)]
    fn at(distances: Lanes) -> Lanes {
        distances.map(|x| {
            let value = 1.0 - x.abs();
            if value > 0.0 { value } else { 0.0 }
        })
    }
}

/// Keys' cubic with a = -0.5.
pub(super) struct Cubic;

impl Filter for Cubic {
    const SUPPORT: f64 = Interpolation::Bicubic.support();

    #[inline(always)]
    fn at(distances: Lanes) -> Lanes {
        distances.map(|x| {
            let x = x.abs();
            let near = (1.5 * x - 2.5) * x * x + 1.0;
            let far = ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0;
            let outer = if x < 2.0 { far } else { 0.0 };
            if x < 1.0 { near } else { outer }
        })
    }
}

/// Sinc windowed by the middle lobe of a three times wider sinc.
pub(super) struct Lanczos;

impl Filter for Lanczos {
    const SUPPORT: f64 = Interpolation::Lanczos.support();

    #[inline(always)]
    fn at(distances: Lanes) -> Lanes {
        /// `sin t / t` for `t` up to pi as a polynomial in `t * t`, highest power first: Chebyshev
        /// interpolation, off by less than 1e-9. The power series takes four more terms for as
        /// much.
        const SINC: [f64; 7] = [
            1.361_159_626_482_965_7e-10,
            -2.472_836_650_450_905_5e-8,
            2.753_580_048_579_453e-6,
            -1.984_053_155_542_237_8e-4,
            8.333_321_235_977_286e-3,
            -0.166_666_659_218_917,
            0.999_999_999_250_219_9,
        ];
        let squares = distances.map(|x| {
            let t = x * (std::f64::consts::PI / 3.0);
            t * t
        });
        let mut sinc = [0.0; LANES];
        for coefficient in SINC {
            for l in 0..LANES {
                sinc[l] = sinc[l] * squares[l] + coefficient;
            }
        }
        let mut values = [0.0; LANES];
        for l in 0..LANES {
            let power = sinc[l] * sinc[l];
            let value = power * (1.0 - squares[l] * power * (4.0 / 3.0));
            let inside = squares[l] < std::f64::consts::PI * std::f64::consts::PI;
            values[l] = if inside { value } else { 0.0 };
        }
        values
    }
}
