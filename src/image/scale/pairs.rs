//! Linear resizes of bytes in whole numbers, which give OpenCV's pixels to the bit.
//!
//! As there, places are in single precision and weights are multiples of 1/2048. A row is resized
//! across first, once for all rows of the result that need it, and kept in 15 bits; the products of
//! two such rows and their weights are cut to quarters of a level, and their sum is rounded.

use super::{Raster, floor};
use crate::image::wide::widely;

/// Two weights, as multiples of 1/2048.
type Weights = [i16; 2];

/// Working memory, used again by the next resize.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Where the elements of the left pixel of each column begin.
    starts: Vec<usize>,
    across: Vec<Weights>,
    /// Both rows for each row, and their weights.
    down: Vec<([usize; 2], Weights)>,
    rows: [Row; 2],
}

/// A row at the width of the result.
#[derive(Debug, Default)]
struct Row {
    /// Which row it is; none at first.
    number: Option<usize>,
    elements: Vec<i16>,
}

/// Writes an image of another size.
pub(super) fn resize(
    source: &Raster<'_, u8>,
    (width, height): (usize, usize),
    out: &mut [u8],
    pairs: &mut Pairs,
) {
    pairs.plan(source, (width, height));
    let len = width * source.channels;
    for row in &mut pairs.rows {
        row.number = None;
        row.elements.resize(len, 0);
    }
    for ((rows, weights), target) in pairs.down.iter().zip(out.chunks_exact_mut(len)) {
        let held = pairs.rows.each_ref().map(|row| row.number);
        // The upper row of the one is often the lower one of another.
        if held[1] == Some(rows[0]) || held[0] == Some(rows[1]) {
            pairs.rows.swap(0, 1);
        }
        for (row, number) in pairs.rows.iter_mut().zip(rows) {
            if row.number != Some(*number) {
                row.number = Some(*number);
                let from = &source.data[number * source.stride..];
                let len = source.width * source.channels;
                let columns = Columns {
                    starts: &pairs.starts,
                    weights: &pairs.across,
                    len,
                };
                columns.resize(from, source.channels, &mut row.elements);
            }
        }
        let [upper, lower] = &pairs.rows;
        widely!(|| mix(&upper.elements, &lower.elements, *weights, target));
    }
}

impl Pairs {
    fn plan(&mut self, source: &Raster<'_, u8>, (width, height): (usize, usize)) {
        let last = source.width - 1;
        self.starts.clear();
        self.across.clear();
        for number in 0..width {
            let (left, t) = place(number, source.width, width);
            let inside = usize::try_from(left).ok().filter(|left| *left < last);
            let beyond = if left < 0 { 0 } else { last };
            let weights = weights(if inside.is_some() { t } else { 0.0 });
            self.starts.push(inside.unwrap_or(beyond) * source.channels);
            self.across.push(weights);
        }
        let clipped = |row: i64| {
            usize::try_from(row.max(0))
                .unwrap_or(0)
                .min(source.height - 1)
        };
        self.down.clear();
        self.down.extend((0..height).map(|number| {
            let (top, t) = place(number, source.height, height);
            ([clipped(top), clipped(top + 1)], weights(t))
        }));
    }
}

/// The pixel before the place where one of `count` is found among `len`, and how far that is away.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "images are smaller; single precision is meant"
)]
fn place(number: usize, len: usize, count: usize) -> (i64, f32) {
    let scale = 1.0 / (count as f64 / len as f64);
    let place = ((number as f64 + 0.5) * scale - 0.5) as f32;
    let below = floor(f64::from(place));
    (below, place - below as f32)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 2048")]
fn weights(t: f32) -> Weights {
    [1.0 - t, t].map(|weight| (weight * 2048.0).round_ties_even() as i16)
}

#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
#[expect(clippy::cast_sign_loss, reason = "levels of bytes")]
fn mix(upper: &[i16], lower: &[i16], [above, below]: Weights, target: &mut [u8]) {
    let quarters =
        |element: i16, weight: i16| ((i32::from(element) * i32::from(weight)) >> 16) as i16;
    for ((target, upper), lower) in target.iter_mut().zip(upper).zip(lower) {
        let sum = quarters(*upper, above) + quarters(*lower, below);
        *target = ((sum + 2) >> 2).clamp(0, 255) as u8;
    }
}

/// What the columns of a row are made of.
struct Columns<'a> {
    starts: &'a [usize],
    weights: &'a [Weights],
    /// Elements of a row.
    len: usize,
}

impl Columns<'_> {
    /// Writes a row at another width; of `from`, what follows the row is not used, but may be read.
    fn resize(&self, from: &[u8], channels: usize, row: &mut [i16]) {
        let done = match channels {
            #[cfg(target_arch = "x86_64")]
            1 | 3 | 4 => wide::resize(self, from, channels, row),
            _ => 0,
        };
        let columns = self.starts.iter().zip(self.weights).skip(done);
        let targets = row.chunks_exact_mut(channels).skip(done);
        for ((start, [near, far]), target) in columns.zip(targets) {
            let next = if start + channels < self.len {
                start + channels
            } else {
                *start
            };
            for (channel, target) in target.iter_mut().enumerate() {
                let (a, b) = (from[start + channel], from[next + channel]);
                let sum = i32::from(a) * i32::from(*near) + i32::from(b) * i32::from(*far);
                *target = i16::try_from(sum >> 4).unwrap_or(i16::MAX);
            }
        }
    }
}

/// The same for processors with AVX2.
#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;

    use super::Columns;
    use crate::simd::{Avx2, load, load_half, store};

    /// Writes what it can of a row at another width, and returns how many pixels that is.
    #[expect(unsafe_code, reason = "calls functions that are compiled for AVX2")]
    pub(super) fn resize(
        columns: &Columns<'_>,
        from: &[u8],
        channels: usize,
        row: &mut [i16],
    ) -> usize {
        if Avx2::detect().is_none() {
            return 0;
        }
        // SAFETY: the processor has it, as was asked just now.
        unsafe { by_channels(columns, from, channels, row) }
    }

    #[target_feature(enable = "avx2")]
    fn by_channels(columns: &Columns<'_>, from: &[u8], channels: usize, row: &mut [i16]) -> usize {
        match channels {
            1 => bytes(columns, from, row),
            3 => pixels::<3>(columns, from, row),
            _ => pixels::<4>(columns, from, row),
        }
    }

    /// Pixels of 3 or 4 bytes, two at a time.
    #[target_feature(enable = "avx2")]
    fn pixels<const C: usize>(columns: &Columns<'_>, from: &[u8], row: &mut [i16]) -> usize {
        // Each byte of the left pixel, as a word, before that of the right one.
        const NONE: u8 = 0x80;
        let order: [u8; 16] = const {
            #[expect(clippy::cast_possible_truncation, reason = "pixels of up to 4 bytes")]
            let pixel = C as u8;
            let mut order = [NONE; 16];
            let mut at = 0u8;
            while at < pixel {
                let to = 4 * at as usize;
                (order[to], order[to + 2]) = (at, pixel + at);
                at += 1;
            }
            order
        };
        let order = _mm256_broadcastsi128_si256(load_half(&order));
        let weights = columns.weights.as_chunks::<2>().0;
        let starts = columns.starts.as_chunks::<2>().0;
        let mut done = 0;
        for ([first, second], weights) in starts.iter().zip(weights) {
            let Some(to) = row[done * C..].first_chunk_mut::<8>() else {
                break;
            };
            let (Some(left), Some(right)) = (eight(from, *first), eight(from, *second)) else {
                break;
            };
            let both = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(left), right);
            let words = _mm256_shuffle_epi8(both, order);
            let [near, far] = weights.map(bytemuck::cast::<_, i32>);
            let weights = _mm256_inserti128_si256::<1>(
                _mm256_castsi128_si256(_mm_set1_epi32(near)),
                _mm_set1_epi32(far),
            );
            let sums = _mm256_srai_epi32::<4>(_mm256_madd_epi16(words, weights));
            let (low, high) = (
                _mm256_castsi256_si128(sums),
                _mm256_extracti128_si256::<1>(sums),
            );
            let packed: [[i16; 4]; 2] = bytemuck::cast(_mm_packs_epi32(low, high));
            to[..4].copy_from_slice(&packed[0]);
            to[C..C + 4].copy_from_slice(&packed[1]);
            done += 2;
        }
        done
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn eight(from: &[u8], start: usize) -> Option<__m128i> {
        let bytes = from.get(start..)?.first_chunk::<8>()?;
        Some(_mm_cvtsi64_si128(i64::from_le_bytes(*bytes)))
    }

    /// Pixels of one byte, eight at a time.
    #[target_feature(enable = "avx2")]
    fn bytes(columns: &Columns<'_>, from: &[u8], row: &mut [i16]) -> usize {
        let starts = columns.starts.as_chunks::<8>().0;
        let weights = columns.weights.as_chunks::<8>().0;
        let targets = row.as_chunks_mut::<8>().0;
        let mut done = 0;
        for ((starts, weights), to) in starts.iter().zip(weights).zip(targets) {
            // Columns are in order, so that if the last pair is there, all are.
            if starts[7] + 2 > from.len() {
                break;
            }
            let mut pairs = [[0u8; 2]; 8];
            for (pair, start) in pairs.iter_mut().zip(starts) {
                pair.copy_from_slice(&from[*start..*start + 2]);
            }
            let words = _mm256_cvtepu8_epi16(load_half(&pairs));
            let sums = _mm256_srai_epi32::<4>(_mm256_madd_epi16(words, load(weights)));
            let (low, high) = (
                _mm256_castsi256_si128(sums),
                _mm256_extracti128_si256::<1>(sums),
            );
            store(to, _mm_packs_epi32(low, high));
            done += 8;
        }
        done
    }
}
