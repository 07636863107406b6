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
            let drawn = u128::from(self.0.word(position)) * u128::from(left) >> 64;
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
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
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

/// The natural logarithm of a positive number, to 4e-7 of itself or of 1: twice the series of the inverse
/// hyperbolic tangent, of the fraction brought to between the root of a half and the root of 2.
#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
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

            #[expect(
                clippy::inline_always,
                reason = "it is compiled for the caller's processor"
            )]
            #[inline(always)]
            fn step(noise: f32) -> $step {
                // What is farther reaches the end of the range from everywhere.
                const MOST: f32 = (<$element>::MAX as f32) - (<$element>::MIN as f32);
                whole(noise.max(-MOST).min(MOST)) as $step
            }

            #[expect(
                clippy::inline_always,
                reason = "it is compiled for the caller's processor"
            )]
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
mod tests {
    use super::*;

    /// What is drawn first from each of many seeds, and all that is drawn from one.
    fn draws(fill: impl Fn(Noise, &mut [f32])) -> [Vec<f64>; 3] {
        let mut single = vec![0.0; 100_000];
        fill(Noise::new(5), &mut single);
        let of_seeds = (0..100_000).map(|seed| {
            let mut pair = [0.0; 129];
            fill(Noise::new(seed), &mut pair);
            (f64::from(pair[0]), f64::from(pair[128]))
        });
        let single = single.into_iter().map(f64::from).collect();
        let (first, second) = of_seeds.unzip();
        [single, first, second]
    }

    /// Mean, variance and fourth moment to five standard errors, the neighbours' correlation too,
    /// and the greatest distance from the distribution to what Kolmogorov and Smirnov give for a
    /// probability of 1e-5.
    fn check(draws: &mut [f64], fourth: f64, eighth: f64, below: impl Fn(f64) -> f64) {
        let count = 100_000.0f64;
        let mean = |power: fn(f64) -> f64| draws.iter().map(|x| power(*x)).sum::<f64>() / count;
        let error = 5.0 / count.sqrt();
        assert!(mean(|x| x).abs() < error, "mean {}", mean(|x| x));
        let bounds = [
            (mean(|x| x * x) - 1.0, (fourth - 1.0).sqrt()),
            (
                mean(|x| x.powi(4)) - fourth,
                (eighth - fourth * fourth).sqrt(),
            ),
        ];
        for (distance, deviation) in bounds {
            assert!(
                distance.abs() < error * deviation,
                "{distance} from a moment"
            );
        }
        for apart in [1, 2, 3, 127, 128, 129, 256] {
            let products = draws.iter().zip(&draws[apart..]).map(|(a, b)| a * b);
            let sum: f64 = products.sum();
            assert!(sum.abs() < 5.0 * count.sqrt(), "{apart} apart: {sum}");
        }
        draws.sort_by(f64::total_cmp);
        let distances = draws.iter().zip(0u32..).map(|(x, rank)| {
            let (share, rank) = (below(*x), f64::from(rank));
            (share - rank / count)
                .abs()
                .max(((rank + 1.0) / count - share).abs())
        });
        let distance = distances.fold(0.0, f64::max);
        assert!(distance < 2.47 / count.sqrt(), "distance {distance}");
    }

    #[test]
    fn normal_numbers_are() {
        for mut draws in draws(|noise, out| noise.normal(0.0, 1.0, out)) {
            check(&mut draws, 3.0, 105.0, |x| {
                0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
            });
            assert!(draws[0] < -3.5 && draws[99_999] > 3.5);
        }
    }

    #[test]
    fn uniform_numbers_are() {
        let bound = 3f32.sqrt();
        for mut draws in draws(|noise, out| noise.uniform(-bound, bound, out)) {
            let bound = f64::from(bound);
            assert!(draws.iter().all(|x| (-bound..bound).contains(x)));
            check(&mut draws, 1.8, 9.0, |x| (x / bound + 1.0) / 2.0);
        }
    }

    #[test]
    fn a_bound_is_not_reached_by_rounding() {
        let mut out = [0.0f32; 10_000];
        for (low, high) in [
            (1.0, 1.0 + f32::EPSILON),
            (1.0, 1.0),
            (1.0, 1f32.next_down()),
        ] {
            Noise::new(1).uniform(low, high, &mut out);
            assert!(out.iter().all(|x| x.to_bits() == 1f32.to_bits()));
        }
    }

    #[test]
    fn the_series_are_close_to_the_functions() {
        for step in 1..=140_000u32 {
            let number = f64::from(step) / 100_000.0;
            let share = number as f32;
            let error = f64::from(logarithm(share)) - libm::log(f64::from(share));
            let most = 4e-7 * libm::log(f64::from(share)).abs().max(1.0);
            assert!(error.abs() < most, "ln {share}: {error}");
            let angle = (number * std::f64::consts::FRAC_PI_4 / 1.4) as f32;
            let of = f64::from(angle);
            assert!(
                (f64::from(sine(angle)) - libm::sin(of)).abs() < 4e-7,
                "{angle}"
            );
            assert!(
                (f64::from(cosine(angle)) - libm::cos(of)).abs() < 2e-7,
                "{angle}"
            );
        }
        // The ends of what is drawn.
        for bits in [0, 1, 2, 3, u32::MAX - 1, u32::MAX] {
            assert!(pair(bits, bits).iter().all(|x| x.abs() < 6.7), "{bits}");
        }
    }

    #[test]
    fn a_number_depends_on_its_place_alone() {
        let noise = Noise::new(9);
        let mut all = vec![0.0; 1000];
        noise.normal(2.0, 3.0, &mut all);
        for len in [0, 1, 255, 256, 257, 600] {
            let mut part = vec![0.0; len];
            noise.normal(2.0, 3.0, &mut part);
            assert_eq!(part, all[..len]);
        }
    }

    #[test]
    fn exactly_as_many_are_chosen_and_each_as_often() {
        let mut counts = [0u32; 10];
        let mut pairs = 0;
        for seed in 0..100_000 {
            let mut out = [7; 10];
            Noise::new(seed).choose(3, 255, &mut out);
            assert_eq!(out.iter().filter(|x| **x == 255).count(), 3);
            assert_eq!(out.iter().filter(|x| **x == 0).count(), 7);
            counts
                .iter_mut()
                .zip(out)
                .for_each(|(count, x)| *count += u32::from(x == 255));
            pairs += u32::from(out[2] == 255 && out[7] == 255);
        }
        // Five deviations of sums of 100,000 draws, of 3 in 10 and of 1 in 15.
        assert!(
            counts.iter().all(|count| count.abs_diff(30_000) < 725),
            "{counts:?}"
        );
        assert!(pairs.abs_diff(6667) < 395, "{pairs}");
    }

    /// Adds noise to a value, and compares with sums of doubles.
    fn check_sums<T: Noisy>(value: T, double: fn(T) -> f64, low: f64, high: f64) {
        let noise = Noise::new(4);
        let mut drawn = [0.0; 400];
        noise.normal(0.0, 100.0, &mut drawn);
        for channels in [1, 2, 3, 4] {
            let source = vec![value; drawn.len() * channels];
            let mut out = source.clone();
            noise.add(100.0, channels, &source, &mut out);
            for (pixel, drawn) in out.chunks(channels).zip(drawn) {
                let sum = double(value) + f64::from(drawn).round_ties_even();
                let wanted = sum.clamp(low, high).to_bits();
                let is_it = |element: &T| double(*element).to_bits() == wanted;
                assert!(pixel.iter().all(is_it), "{sum}");
            }
        }
    }

    #[test]
    fn sums_are_rounded_and_clipped() {
        check_sums(100u8, f64::from, 0.0, 255.0);
        check_sums(-32_700i16, f64::from, -32_768.0, 32_767.0);
        check_sums(65_500u16, f64::from, 0.0, 65_535.0);
        let mut out = [0; 400];
        Noise::new(4).add(f32::MAX, 1, &[1u8; 400], &mut out);
        assert!(out.contains(&0) && out.contains(&255));
        let (mut drawn, mut out) = ([0.0; 400], [0.0; 400]);
        Noise::new(4).normal(0.0, 0.5, &mut drawn);
        Noise::new(4).add(0.5, 1, &[1f32; 400], &mut out);
        assert_eq!(out, drawn.map(|drawn| 1.0 + drawn));
    }
}
