//! Random numbers of 32 bits for what an image shows: exact operations only, so that they are the
//! same everywhere.

use crate::random::{Bytes, Stream};

/// Numbers drawn one after the other.
#[derive(Debug)]
pub(super) struct Rng {
    bytes: Bytes,
    drawn: u64,
}

impl Rng {
    pub(super) fn new(stream: &mut Stream) -> Self {
        Self {
            bytes: Bytes::new(stream),
            drawn: 0,
        }
    }

    fn word(&mut self) -> u64 {
        self.drawn += 1;
        self.bytes.word(self.drawn)
    }

    /// Uniform in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit exactly")]
    pub(super) fn unit(&mut self) -> f32 {
        (self.word() >> 40) as f32 * (1.0 / 16_777_216.0)
    }

    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub(super) fn chance(&mut self, of: f32) -> bool {
        self.unit() < of
    }

    /// Uniform in `0..n`.
    #[expect(clippy::cast_possible_truncation, reason = "below n")]
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.word()) * n as u128) >> 64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A size between two, each octave of which covers as much area as any other: the density falls
    /// with the cube.
    pub(super) fn size(&mut self, least: f32, most: f32) -> f32 {
        let ratio = least / most;
        least / (1.0 - self.unit() * (1.0 - ratio * ratio)).sqrt()
    }
}

/// A line of `len` heights around 0, of about -1 to 1: octaves from `longest` columns down, each
/// `gain` times as high.
pub(super) fn fractal(rng: &mut Rng, len: usize, longest: f32, gain: f32) -> Vec<f32> {
    let mut line = vec![0.0; len];
    let (mut step, mut height) = (longest, 1.0 - gain);
    while step >= 2.0 {
        add_octave(rng, &mut line, step, height);
        step /= 2.0;
        height *= gain;
    }
    line
}

fn add_octave(rng: &mut Rng, line: &mut [f32], step: f32, height: f32) {
    let mut at = rng.unit();
    let mut ends = [rng.between(-height, height), rng.between(-height, height)];
    for value in line {
        *value += ends[0] + (ends[1] - ends[0]) * smooth(at);
        at += 1.0 / step;
        if at >= 1.0 {
            at -= 1.0;
            ends = [ends[1], rng.between(-height, height)];
        }
    }
}

/// From 0 to 1 without a corner; what is outside of them is drawn to the nearer.
#[inline]
pub(super) fn smooth(x: f32) -> f32 {
    let x = clamp(x);
    x * x * (3.0 - 2.0 * x)
}

/// As the processors' own minimum and maximum do it.
#[inline]
pub(super) fn clamp(x: f32) -> f32 {
    let x = if x > 0.0 { x } else { 0.0 };
    if x < 1.0 { x } else { 1.0 }
}

/// A number of pixels.
#[expect(
    clippy::cast_precision_loss,
    reason = "sides have 16 bits, which fit exactly"
)]
pub(super) fn pixels(number: u32) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn sizes_of_every_octave_cover_as_much() {
        let mut rng = Rng::new(&mut Stream::new(1, 0, 0, Purpose::Scene));
        let mut covered = [0.0_f64; 4];
        for _ in 0..200_000 {
            let size = f64::from(rng.size(1.0, 16.0));
            assert!((1.0..=16.0).contains(&size));
            let octave = [2.0, 4.0, 8.0]
                .iter()
                .filter(|bound| size >= **bound)
                .count();
            covered[octave] += size * size;
        }
        assert!(
            covered
                .iter()
                .all(|area| (0.9..1.1).contains(&(area / covered[0]))),
            "{covered:?}"
        );
    }

    #[test]
    fn a_line_is_as_long_and_as_high_as_it_is_said_to_be() {
        let mut rng = Rng::new(&mut Stream::new(2, 0, 0, Purpose::Scene));
        for len in [1, 2, 500] {
            let line = fractal(&mut rng, len, 200.0, 0.6);
            assert!(line.len() == len && line.iter().all(|height| height.abs() <= 1.0));
        }
        assert_eq!(fractal(&mut rng, 3, 1.0, 0.5), [0.0; 3]);
    }
}
