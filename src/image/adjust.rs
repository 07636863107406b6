//! Brightness, contrast, saturation and hue, as torchvision adjusts those of tensors: in single
//! precision, blended with one rounding of each sum of products, as PyTorch's vector code has it,
//! and without the fraction of what becomes an integer.
//!
//! Pixels have one channel or three, red, green and blue. The functions write over `out`, which
//! must be as large as the source.

#![expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]

use super::point::{Level, OfLevels, ToOne, by_levels, clipped, split, to_one};
use super::wide::wide;

/// Shares of red, green and blue in gray, of which the sum is 0.9999.
const GRAY: [f32; 3] = [0.2989, 0.587, 0.114];

/// Writes levels that are multiplied by a factor.
pub fn brightness<T: Level>(source: &[T], factor: f64, out: &mut [T]) {
    multiply(source, single(factor), out);
}

wide! {
    fn multiply<T: Level>(source: &[T], factor: f32, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = T::cut(clipped(level.real() * factor, T::WHITE));
        }
    }
}

/// Writes a blend with the mean of the gray image: it takes the share of `1 - factor`, so that
/// contrasts are multiplied by the factor.
///
/// # Panics
/// If there are no channels.
pub fn contrast<T: Level>(source: &[T], channels: usize, factor: f64, out: &mut [T]) {
    let mean = single(mean(source, channels));
    blend_all(source, Blend::new(factor), mean, out);
}

wide! {
    fn blend_all<T: Level>(source: &[T], blend: Blend, with: f32, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = T::cut(blend.of::<T>(level.real(), with));
        }
    }
}

/// Writes a blend with the gray image, which takes the share of `1 - factor`. Images that are gray
/// stay what they are.
pub fn saturation<T: Level>(source: &[T], channels: usize, factor: f64, out: &mut [T]) {
    if channels == 3 {
        by_levels(source, &Saturation(Blend::new(factor)), out);
    } else {
        out.copy_from_slice(source);
    }
}

struct Saturation(Blend);

impl<T: Level> OfLevels<T> for Saturation {
    #[inline(always)]
    fn of_levels(&self, pixel: [f32; 3]) -> [f32; 3] {
        let gray = whole_gray::<T>(pixel);
        pixel.map(|level| self.0.of::<T>(level, gray))
    }
}

/// Writes the gray levels of pixels of three channels, in as many channels as `out` has.
///
/// # Panics
/// If that is none.
pub fn grayscale<T: Level>(source: &[T], channels: usize, out: &mut [T]) {
    match channels {
        1 => to_one(source.as_chunks::<3>().0, &Gray, out),
        3 => by_levels(source, &Gray, out),
        _ => {
            let pixels = source.as_chunks::<3>().0.iter();
            for (pixel, target) in pixels.zip(out.chunks_exact_mut(channels)) {
                target.fill(T::cut(gray(pixel.map(T::real))));
            }
        }
    }
}

struct Gray;

impl<T: Level> OfLevels<T> for Gray {
    #[inline(always)]
    fn of_levels(&self, pixel: [f32; 3]) -> [f32; 3] {
        [gray(pixel); 3]
    }
}

impl<T: Level> ToOne<T> for Gray {
    #[inline(always)]
    fn of(&self, pixel: [T; 3]) -> T {
        T::cut(gray(pixel.map(T::real)))
    }
}

/// Writes pixels whose hue is turned: by a share of the circle, from -0.5 to 0.5. Images that are
/// gray stay what they are.
pub fn hue<T: Level>(source: &[T], channels: usize, turn: f64, out: &mut [T]) {
    if channels == 3 {
        by_levels(source, &Turn(single(turn)), out);
    } else {
        out.copy_from_slice(source);
    }
}

struct Turn(f32);

impl<T: Level> OfLevels<T> for Turn {
    #[inline(always)]
    fn of_levels(&self, pixel: [f32; 3]) -> [f32; 3] {
        if T::BITS.is_none() {
            return turned(pixel, self.0);
        }
        // From almost one level above white, so that what was white still is when it is cut.
        let above = single(f64::from(T::WHITE) + 1.0 - 1e-3);
        let shares = pixel.map(|level| level * (1.0 / T::WHITE));
        turned(shares, self.0).map(|share| clipped(share * above, T::WHITE))
    }
}

#[inline(always)]
fn turned(pixel: [f32; 3], by: f32) -> [f32; 3] {
    let [hue, saturation, value] = hsv(pixel);
    let turned = hue + by;
    let whole = if turned >= 1.0 { -1.0 } else { 0.0 };
    let whole = if turned < 0.0 { 1.0 } else { whole };
    from_hsv(turned + whole, saturation, value)
}

/// Hue, saturation and value of a colour, each from 0 to 1.
#[expect(clippy::float_cmp, reason = "one of three numbers is the greatest")]
#[inline(always)]
fn hsv([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let smaller = |a: f32, b: f32| if a < b { a } else { b };
    let most = larger(larger(red, green), blue);
    let least = smaller(smaller(red, green), blue);
    let range = most - least;
    let is_gray = most == least;
    let saturation = range / if is_gray { 1.0 } else { most };
    let divisor = if is_gray { 1.0 } else { range };
    let [red_part, green_part, blue_part] =
        [red, green, blue].map(|level| (most - level) / divisor);
    let either = |condition: bool, yes: f32, no: f32| if condition { yes } else { no };
    let hue = either(
        most == green,
        red_part + 2.0 - blue_part,
        green_part + 4.0 - red_part,
    );
    let hue = either(most == red, blue_part - green_part, hue);
    let hue = hue * (1.0 / 6.0) + 1.0;
    [hue - either(hue >= 1.0, 1.0, 0.0), saturation, most]
}

/// The colour of a hue from 0 to 1, a saturation and a value.
#[inline(always)]
fn from_hsv(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    let sixths = hue * 6.0;
    let sector = sixths.floor();
    let part = sixths - sector;
    // Of which a rounded hue may reach one too many, the first again.
    let sector = if sector >= 6.0 { 0.0 } else { sector };
    let gray = 1.0 - saturation;
    let coloured = saturation * part;
    let falls = clipped((1.0 - coloured) * value, 1.0);
    let rises = clipped((coloured + gray) * value, 1.0);
    let least = clipped(gray * value, 1.0);
    let (from_1, from_2, from_3) = (sector >= 1.0, sector >= 2.0, sector >= 3.0);
    let (from_4, from_5) = (sector >= 4.0, sector >= 5.0);
    let either = |condition: bool, yes: f32, no: f32| if condition { yes } else { no };
    let red = either(from_1, falls, value);
    let red = either(from_2, least, red);
    let red = either(from_4, rises, red);
    let red = either(from_5, value, red);
    let green = either(from_1, value, rises);
    let green = either(from_3, falls, green);
    let green = either(from_4, least, green);
    let blue = either(from_2, rises, least);
    let blue = either(from_3, value, blue);
    let blue = either(from_5, falls, blue);
    [red, green, blue]
}

/// A weighted sum of two levels.
#[derive(Clone, Copy)]
struct Blend {
    own: f32,
    other: f32,
}

impl Blend {
    fn new(factor: f64) -> Self {
        let (own, other) = (single(factor), single(1.0 - factor));
        Self { own, other }
    }

    #[inline(always)]
    fn of<T: Level>(self, level: f32, with: f32) -> f32 {
        clipped(with.mul_add(self.other, level * self.own), T::WHITE)
    }
}

#[inline(always)]
fn gray([red, green, blue]: [f32; 3]) -> f32 {
    blue.mul_add(GRAY[2], green.mul_add(GRAY[1], red * GRAY[0]))
}

/// The gray of a pixel, without its fraction if levels are integers.
#[inline(always)]
fn whole_gray<T: Level>(pixel: [f32; 3]) -> f32 {
    let gray = gray(pixel);
    if T::BITS.is_some() {
        gray.floor()
    } else {
        gray
    }
}

/// The mean level of the gray image: the nearest number to it.
///
/// # Panics
/// If there are no channels.
#[must_use]
pub fn mean<T: Level>(source: &[T], channels: usize) -> f64 {
    let sum = if channels == 3 {
        sum_of_grays(source.as_chunks::<3>().0)
    } else {
        sum_of_levels(source)
    };
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    let count = (source.len() / channels).max(1) as f64;
    sum / count
}

/// Pixels whose grays are computed at a time.
const BLOCK: usize = 64;

/// Sums that are added up at the same time.
const SUMS: usize = 16;

wide! {
    fn sum_of_grays<T: Level>(source: &[[T; 3]]) -> f64 {
        let mut totals = [0.0; SUMS];
        let mut planes = [[T::default(); BLOCK]; 3];
        let (blocks, rest) = source.as_chunks::<BLOCK>();
        for block in blocks {
            split(block, &mut planes);
            let [red, green, blue] = &planes;
            let mut grays = [0.0; BLOCK];
            for place in 0..BLOCK {
                let pixel = [red[place], green[place], blue[place]];
                grays[place] = whole_gray::<T>(pixel.map(T::real));
            }
            // Of whole numbers, single precision has such a sum exactly.
            let mut sums = [0.0; SUMS];
            for row in grays.as_chunks::<SUMS>().0 {
                for (sum, gray) in sums.iter_mut().zip(row) {
                    *sum += gray;
                }
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += f64::from(sum);
            }
        }
        let rest = rest.iter().map(|pixel| f64::from(whole_gray::<T>(pixel.map(T::real))));
        totals.into_iter().chain(rest).sum()
    }
}

wide! {
    fn sum_of_levels<T: Level>(source: &[T]) -> f64 {
        let (rows, rest) = source.as_chunks::<SUMS>();
        let mut sums = [0.0; SUMS];
        for row in rows {
            for (sum, level) in sums.iter_mut().zip(row) {
                *sum += f64::from(level.real());
            }
        }
        let rest = rest.iter().map(|level| f64::from(level.real()));
        sums.into_iter().chain(rest).sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
