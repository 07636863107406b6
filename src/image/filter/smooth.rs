//! Smooth images: sums of pixels with the weights of symmetric kernels.
//!
//! For bytes, sums are in whole numbers. The kernels that OpenCV has for 3 and 5 pixels are
//! binomial, and those sums are exact; what becomes of others is said in `bytes.rs`.

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::bytes::{Weights, smooth_bytes};
use super::kernel::gaussian_of_size;
use super::weigh::{Single, check, rows, separable};
use super::window::Beside;

/// An element of an image that can be made smooth.
pub trait Smooth: Single {
    /// Writes the correlation of an image with a row and with a column of weights, each of an odd
    /// number, symmetric, not negative, with a sum of 1.
    ///
    /// # Panics
    /// If the image or one of the kernels is empty, or `out` is not as large as the image.
    fn smooth(
        source: &Raster<'_, Self>,
        across: &[f64],
        down: &[f64],
        outside: Outside<Self>,
        out: &mut [Self],
    );
}

macro_rules! in_single_precision {
    ($($element:ty),*) => {
        $(impl Smooth for $element {
            fn smooth(
                source: &Raster<'_, Self>,
                across: &[f64],
                down: &[f64],
                outside: Outside<Self>,
                out: &mut [Self],
            ) {
                separable(source, &single(across), &single(down), outside, out);
            }
        })*
    };
}

in_single_precision!(i16, u16, f32);

/// Weights in single precision.
#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn single(weights: &[f64]) -> Vec<f32> {
    weights.iter().map(|weight| *weight as f32).collect()
}

impl Smooth for u8 {
    fn smooth(
        source: &Raster<'_, Self>,
        across: &[f64],
        down: &[f64],
        outside: Outside<Self>,
        out: &mut [Self],
    ) {
        if let (Some(across), Some(down)) = (binomial(across), binomial(down)) {
            return binomially(source, outside, (across, down), out);
        }
        match (Weights::new(across), Weights::new(down)) {
            (Some(across), Some(down)) => smooth_bytes(source, &across, &down, outside, out),
            _ => separable(source, &single(across), &single(down), outside, out),
        }
    }
}

/// How many bits the weights 1 2 1 or 1 4 6 4 1 have, if a kernel is one of those.
fn binomial(weights: &[f64]) -> Option<usize> {
    let size = weights.len();
    (size <= 5 && weights == gaussian_of_size(size)).then_some(size - 1)
}

/// Sums with binomial weights, whose sums are powers of two.
fn binomially(
    source: &Raster<'_, u8>,
    outside: Outside<u8>,
    (across, down): (usize, usize),
    out: &mut [u8],
) {
    let channels = source.channels;
    let len = check(source, out);
    let beside = Beside::new(outside, source.width, across / 2, across / 2);
    let blank = vec![outside.constant(); len];
    let constant = u16::from(outside.constant()) << down;
    let mut line = vec![0; (source.width + across) * channels];
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        let rows: Vec<_> = rows(source, outside, number, down + 1, &blank).collect();
        let sums = &mut line[across / 2 * channels..][..len];
        widely!(|| sum_binomially(&rows, sums, u16::from, |sum| sum));
        beside.fill(&mut line, channels, constant);
        let parts: Vec<_> = (0..=across)
            .map(|column| &line[column * channels..][..len])
            .collect();
        let bits = across + down;
        let half = (1 << bits) >> 1;
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
        let finish = move |sum: u16| ((sum + half) >> bits) as u8;
        widely!(|| sum_binomially(&parts, target, |part: u16| part, finish));
    }
}

#[inline(always)]
fn sum_binomially<T: Copy, R>(
    parts: &[&[T]],
    out: &mut [R],
    read: impl Fn(T) -> u16,
    finish: impl Fn(u16) -> R,
) {
    let part = |number: usize| &parts[number][..out.len()];
    match parts.len() {
        1 => {
            for (out, a) in out.iter_mut().zip(parts[0]) {
                *out = finish(read(*a));
            }
        }
        3 => {
            let parts = [part(0), part(1), part(2)];
            for (at, out) in out.iter_mut().enumerate() {
                let of = |part: usize| read(parts[part][at]);
                *out = finish(of(0) + of(2) + 2 * of(1));
            }
        }
        _ => {
            let parts = [part(0), part(1), part(2), part(3), part(4)];
            for (at, out) in out.iter_mut().enumerate() {
                let of = |part: usize| read(parts[part][at]);
                *out = finish(of(0) + of(4) + 4 * (of(1) + of(3)) + 6 * of(2));
            }
        }
    }
}
