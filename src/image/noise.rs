//! Arrays of random numbers, each a function of the seed and of its place: fast enough to be added
//! to every pixel of an image.
//!
//! The random bits are words of [`Bytes`], two numbers of each. Normal ones are Box and Muller's
//! transform (*A note on the generation of random normal deviates*, 1958) of the halves of a word:
//! one says how far from the centre, the other in which direction. Logarithm and sines are sums of
//! their series, computed in single precision and always in the same order, so that every
//! processor gets the same bits. Of 2^32 numbers none is farther than 6.7 standard deviations from
//! the mean.

use super::raster::{Pixel, WHOLE};
use super::wide::widely;
use crate::random::{Bytes, Purpose, Stream};

/// Words that are used at once.
const WORDS: usize = 128;

/// Numbers that are made at once: the first halves of all words, then the second halves.
const CHUNK: usize = 2 * WORDS;

/// The random numbers of a seed.
#[derive(Clone, Copy, Debug)]
pub struct Noise(Bytes);

/// An element that noise is added to.
pub trait Noisy: Pixel {
    /// What is added.
    type Step: Copy + Default;
    /// The nearest that can be added, of ties the even one.
    fn step(noise: f32) -> Self::Step;
    /// The sum, clipped to the range of the type.
    #[must_use]
    fn plus(self, step: Self::Step) -> Self;
}

impl Noise {
    /// Those of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Bytes::new(&mut Stream::new(seed, 0, 0, Purpose::Noise)))
    }

    /// Numbers drawn uniformly from `[low, high)`; `high` may be below `low`.
    pub fn uniform(&self, low: f32, high: f32, out: &mut [f32]) {
        const UNIT: f32 = 1.0 / 16_777_216.0;
        let span = high - low;
        // Rounding might reach the bound.
        let (least, most) = if low < high {
            (low, high.next_down())
        } else if high < low {
            (high.next_up(), low)
        } else {
            (low, low)
        };
        let number = move |bits: u32| {
            (low + span * (small(bits >> 8) * UNIT))
                .max(least)
                .min(most)
        };
        widely!(|| self.fill(out, move |bits, others| [number(bits), number(others)]));
    }

    /// Numbers drawn from a normal distribution.
    pub fn normal(&self, mean: f32, deviation: f32, out: &mut [f32]) {
        widely!(|| {
            self.fill(out, move |bits, others| {
                pair(bits, others).map(|number| mean + deviation * number)
            });
        });
    }

    /// Sets exactly `count` of the elements, or all if there are fewer, and clears the others: every
    /// choice of them is as likely as another. (Selection sampling: Fan, Muller, Rezucha:
    /// *Development of sampling plans by using sequential selection techniques*, 1962.)
    pub fn choose(&self, count: usize, value: u8, out: &mut [u8]) {
        let mut left = out.len() as u64;
        let mut wanted = (count as u64).min(left);
        for (position, element) in (0..).zip(out) {
            let drawn = (u128::from(self.0.word(position)) * u128::from(left)) >> 64;
            let is_chosen = drawn < u128::from(wanted);
            *element = if is_chosen { value } else { 0 };
            wanted -= u64::from(is_chosen);
            left -= 1;
        }
    }

    /// Adds normal numbers with mean 0 to elements, `channels` of which get the same number.
    ///
    /// # Panics
    /// If `out` has another length than `source`, or `channels` is 0.
    pub fn add<T: Noisy>(&self, deviation: f32, channels: usize, source: &[T], out: &mut [T]) {
        assert_eq!(source.len(), out.len(), "as many elements");
        widely!(|| match channels {
            1 => self.add_to::<T, 1>(deviation, source, out),
            3 => self.add_to::<T, 3>(deviation, source, out),
            4 => self.add_to::<T, 4>(deviation, source, out),
            channels => self.add_to_pixels(deviation, channels, source, out),
        });
    }

    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn add_to<T: Noisy, const C: usize>(&self, deviation: f32, source: &[T], out: &mut [T]) {
        let mut steps = [[T::Step::default(); C]; CHUNK];
        let parts = source.chunks(CHUNK * C).zip(out.chunks_mut(CHUNK * C));
        for (number, (source, target)) in (0..).zip(parts) {
            let mut noise = [0.0; CHUNK];
            self.chunk(number, &mut noise, pair);
            for (step, noise) in steps.iter_mut().zip(noise) {
                *step = [T::step(deviation * noise); C];
            }
            let steps = steps.as_flattened();
            for ((value, step), target) in source.iter().zip(steps).zip(target) {
                *target = value.plus(*step);
            }
        }
    }

    fn add_to_pixels<T: Noisy>(
        &self,
        deviation: f32,
        channels: usize,
        source: &[T],
        out: &mut [T],
    ) {
        let len = CHUNK * channels;
        for (number, (source, target)) in (0..).zip(source.chunks(len).zip(out.chunks_mut(len))) {
            let mut noise = [0.0; CHUNK];
            self.chunk(number, &mut noise, pair);
            let pixels = source
                .chunks(channels)
                .zip(target.chunks_mut(channels))
                .zip(noise);
            for ((source, target), noise) in pixels {
                let step = T::step(deviation * noise);
                for (value, target) in source.iter().zip(target) {
                    *target = value.plus(step);
                }
            }
        }
    }

    /// Writes what a function makes of the words.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn fill(&self, out: &mut [f32], make: impl Fn(u32, u32) -> [f32; 2] + Copy) {
        let count = (out.len() / CHUNK) as u64;
        let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
        for (number, chunk) in (0..).zip(chunks) {
            self.chunk(number, chunk, make);
        }
        if !rest.is_empty() {
            let mut last = [0.0; CHUNK];
            self.chunk(count, &mut last, make);
            rest.copy_from_slice(&last[..rest.len()]);
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn chunk(&self, number: u64, out: &mut [f32; CHUNK], make: impl Fn(u32, u32) -> [f32; 2]) {
        let mut words = [0; WORDS];
        self.0.words(number * WORDS as u64, &mut words);
        // Apart, so that the rest is computed in vectors of single precision.
        let (mut highs, mut lows) = ([0; WORDS], [0; WORDS]);
        for ((word, high), low) in words.iter().zip(&mut highs).zip(&mut lows) {
            (*high, *low) = ((word >> 32) as u32, lower(*word));
        }
        let (firsts, seconds) = out.split_at_mut(WORDS);
        let halves = highs.iter().zip(&lows);
        for (((high, low), first), second) in halves.zip(firsts).zip(seconds) {
            [*first, *second] = make(*high, *low);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn lower(word: u64) -> u32 {
    word as u32
}

/// A number below 2^31 as a float: processors have an instruction for signed ones only.
#[expect(
    clippy::inline_always,
    clippy::cast_precision_loss,
    reason = "compiled for the caller's processor; the nearest"
)]
#[inline(always)]
fn small(number: u32) -> f32 {
    number.cast_signed() as f32
}

/// Two independent numbers of the standard normal distribution.
#[inline(always)]
fn pair(bits: u32, others: u32) -> [f32; 2] {
    const UNIT: f32 = 1.0 / 2_147_483_648.0;
    // In (0, 1]: the least number is half a unit, so that the logarithm is finite.
    let share = (small(bits >> 1) + 0.5) * UNIT;
    let radius = (-2.0 * logarithm(share)).sqrt();
    // A direction in the first of eight parts of the circle, mirrored to one of them.
    let angle = small(others & 0x1fff_ffff) * (std::f32::consts::FRAC_PI_4 / 536_870_912.0);
    let (sine, cosine) = (sine(angle), cosine(angle));
    let is_steep = others & 0x2000_0000 != 0;
    let x = if is_steep { sine } else { cosine };
    let y = if is_steep { cosine } else { sine };
    let signed =
        |value: f32, bits: u32| f32::from_bits((radius * value).to_bits() ^ (bits & 0x8000_0000));
    [signed(x, others), signed(y, others << 1)]
}

/// The natural logarithm of a positive number, to 4e-7 of itself or of 1: twice the series of the
/// inverse hyperbolic tangent, of the fraction brought to between the root of a half and that of 2.
#[inline(always)]
fn logarithm(number: f32) -> f32 {
    const ROOT: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();
    let bits = number.to_bits();
    let exponent = bits.wrapping_sub(ROOT).cast_signed() >> 23;
    let fraction = f32::from_bits(bits.wrapping_sub((exponent << 23).cast_unsigned()));
    let ratio = (fraction - 1.0) / (fraction + 1.0);
    let square = ratio * ratio;
    let series = 1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0)));
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let exponent = exponent as f32;
    exponent * std::f32::consts::LN_2 + 2.0 * ratio * series
}

/// The sine of an angle of at most a quarter of pi: its series.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn sine(angle: f32) -> f32 {
    let square = angle * angle;
    let series = 1.0 - square * (1.0 / 6.0 - square * (1.0 / 120.0 - square * (1.0 / 5040.0)));
    angle * series
}

/// The cosine of an angle of at most a quarter of pi: its series.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn cosine(angle: f32) -> f32 {
    let square = angle * angle;
    let rest = 1.0 / 24.0 - square * (1.0 / 720.0 - square * (1.0 / 40_320.0));
    1.0 - square * (0.5 - square * rest)
}

macro_rules! integers {
    ($($element:ty: $step:ty),*) => {
        $(impl Noisy for $element {
            type Step = $step;

            #[inline(always)]
            fn step(noise: f32) -> $step {
                // What is farther reaches the end of the range from everywhere.
                const MOST: f32 = (<$element>::MAX as f32) - (<$element>::MIN as f32);
                whole(noise.max(-MOST).min(MOST)) as $step
            }

            #[inline(always)]
            fn plus(self, step: $step) -> Self {
                let (low, high) = (<$step>::from(Self::MIN), <$step>::from(Self::MAX));
                (<$step>::from(self) + step).max(low).min(high) as Self
            }
        })*
    };
}

#[expect(clippy::allow_attributes, reason = "not every type needs all")]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "clipped before"
)]
mod integers {
    use super::{Noisy, whole};

    integers!(u8: i16, i16: i32, u16: i32);
}

impl Noisy for f32 {
    type Step = Self;

    fn step(noise: f32) -> Self {
        noise
    }

    fn plus(self, step: Self) -> Self {
        self + step
    }
}

/// The nearest whole number of one within 2^22 of 0, of ties the even one.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn whole(number: f32) -> i32 {
    let bits = (number + WHOLE).to_bits();
    bits.wrapping_sub(WHOLE.to_bits()).cast_signed()
}

#[cfg(test)]
mod tests;
