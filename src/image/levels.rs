//! Levels changed one by one, as torchvision's tensors have it: inverted, solarized, posterized,
//! stretched, equalized.
//!
//! Levels are from black, which is 0, to white, which is the greatest integer, or 1 of floats. The
//! functions write over `out`, which must be as large as the source.

#![expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]

use super::point::{Level, OfLevels, Table, by_levels, clipped, look_up_channels, table};
use super::wide::wide;

wide! {
    /// Writes white less each level.
    pub fn invert<T: Level>(source: &[T], out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = level.inverted();
        }
    }
}

/// Writes levels, those from `threshold` on inverted.
pub fn solarize<T: Level>(source: &[T], threshold: f32, out: &mut [T]) {
    match T::least(threshold) {
        Some(least) => invert_from(source, least, out),
        None => out.copy_from_slice(source),
    }
}

wide! {
    fn invert_from<T: Level>(source: &[T], least: T, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = if *level >= least { level.inverted() } else { *level };
        }
    }
}

/// Writes the `bits` highest bits of each level; all of those that there are, if there are fewer.
pub fn posterize<T: Level>(source: &[T], bits: u32, out: &mut [T]) {
    if T::BITS.is_some_and(|own| bits >= own) {
        out.copy_from_slice(source);
    } else {
        keep(source, T::highest(bits), out);
    }
}

wide! {
    fn keep<T: Level>(source: &[T], highest: T, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = level.coarse(highest);
        }
    }
}

/// Writes an image whose channels are stretched, each from its least and greatest level to black
/// and white; a channel of one level stays what it is.
///
/// # Panics
/// If there are no channels.
pub fn autocontrast<T: Level>(source: &[T], channels: usize, out: &mut [T]) {
    match *stretches(source, channels) {
        [stretch] => stretch_all(source, stretch, out),
        [red, green, blue] => by_levels(source, &[red, green, blue], out),
        ref stretches => {
            let pixels = source.chunks_exact(channels);
            for (pixel, target) in pixels.zip(out.chunks_exact_mut(channels)) {
                for ((level, target), stretch) in pixel.iter().zip(target).zip(stretches) {
                    *target = T::cut(stretch.of::<T>(level.real()));
                }
            }
        }
    }
}

wide! {
    fn stretch_all<T: Level>(source: &[T], stretch: Stretch, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = T::cut(stretch.of::<T>(level.real()));
        }
    }
}

/// What is taken away from levels, and what the difference is divided by.
#[derive(Clone, Copy)]
struct Stretch {
    least: f32,
    range: f32,
}

impl Stretch {
    #[inline(always)]
    fn of<T: Level>(self, level: f32) -> f32 {
        clipped((level - self.least) / self.range, T::WHITE)
    }
}

impl<T: Level> OfLevels<T> for [Stretch; 3] {
    #[inline(always)]
    fn of_levels(&self, pixel: [f32; 3]) -> [f32; 3] {
        let [red, green, blue] = self;
        [
            red.of::<T>(pixel[0]),
            green.of::<T>(pixel[1]),
            blue.of::<T>(pixel[2]),
        ]
    }
}

fn stretches<T: Level>(source: &[T], channels: usize) -> Vec<Stretch> {
    let of = |(least, most): (T, T)| {
        let (least, most) = (least.real(), most.real());
        if least < most {
            let range = (most - least) * (1.0 / T::WHITE);
            Stretch { least, range }
        } else {
            Stretch {
                least: 0.0,
                range: 1.0,
            }
        }
    };
    bounds(source, channels).into_iter().map(of).collect()
}

/// The least and the greatest level of each channel.
///
/// # Panics
/// If there are no channels.
pub fn bounds<T: Level>(source: &[T], channels: usize) -> Vec<(T, T)> {
    let mut found = vec![(T::HIGH, T::LOW); channels];
    let Some(first) = source.get(..channels) else {
        return found;
    };
    for (bounds, value) in found.iter_mut().zip(first) {
        *bounds = (*value, *value);
    }
    let mut rest = source;
    if ROW.is_multiple_of(channels) {
        let (rows, after) = source.as_chunks::<ROW>();
        if let Some(first) = rows.first() {
            let (mut least, mut most) = (*first, *first);
            widen_rows(rows, &mut least, &mut most);
            widen(&mut found, &least);
            widen(&mut found, &most);
        }
        rest = after;
    }
    widen(&mut found, rest);
    found
}

/// As many elements as this are compared with those before at the same time.
const ROW: usize = 96;

wide! {
    fn widen_rows<T: Level>(rows: &[[T; ROW]], least: &mut [T; ROW], most: &mut [T; ROW]) {
        let (mut low, mut high) = (*least, *most);
        for row in rows {
            for place in 0..ROW {
                let level = row[place];
                low[place] = if level < low[place] { level } else { low[place] };
                high[place] = if level > high[place] { level } else { high[place] };
            }
        }
        (*least, *most) = (low, high);
    }
}

fn widen<T: Level>(bounds: &mut [(T, T)], values: &[T]) {
    for pixel in values.chunks_exact(bounds.len()) {
        for ((least, most), value) in bounds.iter_mut().zip(pixel) {
            if *value < *least {
                *least = *value;
            }
            if *value > *most {
                *most = *value;
            }
        }
    }
}

/// Writes an image of bytes whose channels have about as many pixels of each level, by Pillow's
/// rule.
///
/// # Panics
/// If there are no channels.
pub fn equalize(source: &[u8], channels: usize, out: &mut [u8]) {
    let tables: Vec<_> = histograms(source, channels)
        .iter()
        .map(equalizing)
        .collect();
    look_up_channels(&tables, source, out);
}

/// How many pixels there are of each level, channel by channel.
///
/// # Panics
/// If there are no channels.
#[must_use]
pub fn histograms(source: &[u8], channels: usize) -> Vec<[u32; 256]> {
    // Neighbours are often equal: counting them in turns does not wait for the count before.
    const TURNS: usize = 4;
    let mut counts = vec![[0u32; 256]; channels * TURNS];
    if channels == 3 {
        if let Some((counts, _)) = counts.split_first_chunk_mut::<{ 3 * TURNS }>() {
            count(source, counts);
        }
    } else {
        for pixel in source.chunks_exact(channels) {
            for (byte, counts) in pixel.iter().zip(&mut counts) {
                counts[usize::from(*byte)] += 1;
            }
        }
    }
    let sums = (0..channels).map(|channel| {
        let mut sum = [0; 256];
        for counts in counts.iter().skip(channel).step_by(channels) {
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        sum
    });
    sums.collect()
}

/// Counts bytes in so many histograms in turn.
fn count<const N: usize>(source: &[u8], counts: &mut [[u32; 256]; N]) {
    let (rounds, rest) = source.as_chunks::<N>();
    for round in rounds {
        for (byte, counts) in round.iter().zip(counts.iter_mut()) {
            counts[usize::from(*byte)] += 1;
        }
    }
    for (byte, counts) in rest.iter().zip(counts) {
        counts[usize::from(*byte)] += 1;
    }
}

/// The table that equalizes a channel with so many pixels of each level.
#[must_use]
pub fn equalizing(counts: &[u32; 256]) -> Table {
    let all: u64 = counts.iter().copied().map(u64::from).sum();
    let greatest = counts.iter().rev().find(|count| **count > 0);
    let step = (all - greatest.copied().map_or(0, u64::from)) / 255;
    if step == 0 {
        return table(|byte| byte);
    }
    let mut below = step / 2;
    let mut made = [0; 256];
    for (entry, count) in made.iter_mut().zip(counts) {
        *entry = u8::try_from(below / step).unwrap_or(u8::MAX);
        below += u64::from(*count);
    }
    made
}

#[cfg(test)]
mod tests;
