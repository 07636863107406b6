//! Warps of bytes for processors with AVX2: the same pixels as those of other elements, to the bit.
//!
//! Eight pixels of the result are computed together, each number of theirs in a vector of its own.

use std::arch::x86_64::*;

use super::blend::parts;
use super::spots::{Places, Spots, TOGETHER};
use crate::image::raster::Raster;
use crate::simd::{Avx2, load, load_half, load_twice};

/// The most elements of a pixel.
const MOST: usize = 4;

/// Pixels that are computed together.
pub(super) const EIGHT: usize = 8;

/// Writes the pixel at a place some of whose neighbours are outside.
pub(super) type Edge<'a> = &'a dyn Fn((f64, f64), &mut [u8]);

/// What is to be done.
pub(super) struct Bytes<'a> {
    pub(super) source: Raster<'a, u8>,
    pub(super) places: Places<'a>,
    /// What is outside, if it is a constant.
    pub(super) constant: Option<u8>,
    pub(super) width: usize,
    pub(super) edge: Edge<'a>,
}

/// Some pixels of a row of the result.
pub(super) struct Part {
    /// With room for what is written beyond the last one.
    pub(super) bytes: [u8; MOST * TOGETHER + EIGHT],
    /// A bit for each pixel that is left to [`Edge`].
    pub(super) edges: u32,
}

/// Writes sums of two pixels of 1, 3 or 4 channels along each axis, in rows of `width` pixels.
#[expect(unsafe_code, reason = "calls functions that are compiled for AVX2")]
pub(super) fn blend_bytes(_: Avx2, bytes: &Bytes<'_>, out: &mut [u8]) {
    let blend = match bytes.source.channels {
        1 => blend::<1>,
        3 => blend::<3>,
        _ => blend::<4>,
    };
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { blend(bytes, out) }
}

#[target_feature(enable = "avx2")]
fn blend<const C: usize>(bytes: &Bytes<'_>, out: &mut [u8]) {
    let source = &bytes.source;
    let lattice = Lattice::new::<C>(source);
    // Without a square of pixels, all places are at an edge, and no element is read.
    let data = if lattice.last < 0 {
        &[0; 16]
    } else {
        source.data
    };
    let below = &data[if lattice.last < 0 { 0 } else { source.stride }..];
    bytes.parts::<C>(out, |row, start, part| {
        let spots = bytes.places.of(row, start);
        for group in 0..TOGETHER / EIGHT {
            let squares = lattice.squares(&spots, group);
            let target = &mut part.bytes[group * EIGHT * C..];
            let outside = !squares.inside & ALL;
            let mut blank = bytes.constant.map_or(0, |_| outside & !squares.near);
            let constant = bytes.constant.unwrap_or_default();
            if blank == ALL {
                target[..EIGHT * C].fill(constant);
                continue;
            }
            let upper = of_row::<C>(data, &squares.first, &squares.across);
            let lower = of_row::<C>(below, &squares.first, &squares.across);
            let mut pixels = _mm256_setzero_si256();
            for channel in (0..C).rev() {
                let sum = sum([upper[channel], lower[channel]], &squares.down);
                // Of ties the even one.
                let level = _mm256_cvtps_epi32(sum);
                pixels = _mm256_or_si256(_mm256_slli_epi32::<8>(pixels), level);
            }
            write::<C>(pixels, target);
            part.edges |= (outside & !blank) << (group * EIGHT);
            while blank != 0 {
                let at = blank.trailing_zeros() as usize;
                target[at * C..][..C].fill(constant);
                blank &= blank - 1;
            }
        }
    });
}

/// A bit for each of eight pixels.
const ALL: u32 = (1 << EIGHT) - 1;

impl Bytes<'_> {
    /// Writes rows, of which `fill` computes the part that begins at a row and column.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn parts<const C: usize>(
        &self,
        out: &mut [u8],
        fill: impl Fn(usize, usize, &mut Part),
    ) {
        const { assert!(TOGETHER == 32) }
        let mut part = Part {
            bytes: [0; MOST * TOGETHER + EIGHT],
            edges: 0,
        };
        let len = (self.width * C).max(1);
        for (row, target) in out.chunks_exact_mut(len).enumerate() {
            for (start, target) in parts(target, C) {
                part.edges = 0;
                fill(row, start, &mut part);
                target.copy_from_slice(&part.bytes[..target.len()]);
                let mut edges = part.edges & (u32::MAX >> (TOGETHER - target.len() / C));
                if edges == 0 {
                    continue;
                }
                let spots = self.places.of(row, start);
                while edges != 0 {
                    let at = edges.trailing_zeros() as usize;
                    (self.edge)((spots.x[at], spots.y[at]), &mut target[at * C..][..C]);
                    edges &= edges - 1;
                }
            }
        }
    }
}

/// The parts of a source that elements are looked up by, each in all lanes.
pub(super) struct Lattice {
    pub(super) width: __m256i,
    pub(super) height: __m256i,
    stride: __m256i,
    channels: __m256i,
    /// The last place that a square may begin at, from which vectors of it can be read; below 0 if
    /// there is none.
    last: i32,
}

/// Squares of pixels around places.
struct Squares {
    /// Where the elements of each begin; 0 of those that are not inside.
    first: [u32; EIGHT],
    /// Which of them are inside of the source, and which of them at its edge, a bit for each.
    inside: u32,
    near: u32,
    /// The weights of the left and of the right pixels.
    across: [__m256; 2],
    /// The weights of the upper and of the lower pixels.
    down: [__m256; 2],
}

impl Lattice {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn new<const C: usize>(source: &Raster<'_, u8>) -> Self {
        // Callers have checked that a source has no more elements.
        let all = |number: usize| _mm256_set1_epi32(i32::try_from(number).unwrap_or(0));
        let read = if C == 1 { 2 } else { 8 };
        let last = source.data.len().checked_sub(source.stride + read);
        Self {
            width: all(source.width),
            height: all(source.height),
            stride: all(source.stride),
            channels: all(C),
            last: last.map_or(-1, |last| i32::try_from(last).unwrap_or(-1)),
        }
    }

    /// The squares around places.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn squares(&self, spots: &Spots, group: usize) -> Squares {
        let (left, across) = split(&spots.x, group);
        let (top, down) = split(&spots.y, group);
        let (one, two) = (_mm256_set1_epi32(-1), _mm256_set1_epi32(-2));
        let within = |lowest, less| {
            let across = between(left, lowest, _mm256_sub_epi32(self.width, less));
            let down = between(top, lowest, _mm256_sub_epi32(self.height, less));
            _mm256_and_si256(across, down)
        };
        let first = self.element(left, top);
        let is_last = _mm256_cmpgt_epi32(first, _mm256_set1_epi32(self.last));
        let inside = within(one, _mm256_set1_epi32(1));
        let inside = _mm256_andnot_si256(is_last, inside);
        let near = within(two, _mm256_setzero_si256());
        Squares {
            first: bytemuck::cast(_mm256_and_si256(first, inside)),
            inside: bits(inside),
            near: bits(near),
            across,
            down,
        }
    }

    /// Where the elements of pixels begin.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn element(&self, x: __m256i, y: __m256i) -> __m256i {
        let row = _mm256_mullo_epi32(y, self.stride);
        _mm256_add_epi32(row, _mm256_mullo_epi32(x, self.channels))
    }
}

/// Where numbers are above one and below another.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn between(numbers: __m256i, low: __m256i, high: __m256i) -> __m256i {
    let above = _mm256_cmpgt_epi32(numbers, low);
    _mm256_and_si256(above, _mm256_cmpgt_epi32(high, numbers))
}

/// A bit for each of eight lanes, all of whose bits are equal.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn bits(lanes: __m256i) -> u32 {
    _mm256_movemask_ps(_mm256_castsi256_ps(lanes)).cast_unsigned()
}

/// A group of eight places.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn halves(places: &[f64; TOGETHER], group: usize) -> [__m256d; 2] {
    let fours = places.as_chunks::<4>().0;
    [2 * group, 2 * group + 1].map(|four| _mm256_castsi256_pd(load(&fours[four])))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn join(low: __m128i, high: __m128i) -> __m256i {
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
}

/// The pixels before a group of places, and the weights of those and of the next ones.
#[inline]
#[target_feature(enable = "avx2")]
fn split(places: &[f64; TOGETHER], group: usize) -> (__m256i, [__m256; 2]) {
    let places = halves(places, group);
    let before = places.map(|half| _mm256_floor_pd(half));
    let beyond = [0, 1].map(|half| _mm256_sub_pd(places[half], before[half]));
    let rest = beyond.map(|half| _mm256_sub_pd(_mm256_set1_pd(1.0), half));
    // What no vector has room for becomes the least number.
    let [low, high] = before.map(|half| _mm256_cvttpd_epi32(half));
    let single =
        |[low, high]: [__m256d; 2]| _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low));
    (join(low, high), [single(rest), single(beyond)])
}

/// Two numbers, each times its weight.
#[inline]
#[target_feature(enable = "avx2")]
fn sum(numbers: [__m256; 2], weights: &[__m256; 2]) -> __m256 {
    let near = _mm256_mul_ps(numbers[0], weights[0]);
    _mm256_add_ps(near, _mm256_mul_ps(numbers[1], weights[1]))
}

/// For each channel, the sums of two pixels side by side.
#[inline]
#[target_feature(enable = "avx2")]
fn of_row<const C: usize>(
    data: &[u8],
    first: &[u32; EIGHT],
    weights: &[__m256; 2],
) -> [__m256; MOST] {
    let mut sums = [_mm256_setzero_ps(); MOST];
    if C == 1 {
        let both = first.map(|first| u16::from_le_bytes(bytes_at(data, first)));
        let both = _mm256_cvtepu16_epi32(load_half(&both));
        let left = _mm256_and_si256(both, _mm256_set1_epi32(255));
        let right = _mm256_srli_epi32::<8>(both);
        let numbers = [left, right].map(|it| _mm256_cvtepi32_ps(it));
        sums[0] = sum(numbers, weights);
        return sums;
    }
    let both = first.map(|first| i64::from_le_bytes(bytes_at(data, first)));
    let near = _mm256_setr_epi64x(both[0], both[1], both[4], both[5]);
    let far = _mm256_setr_epi64x(both[2], both[3], both[6], both[7]);
    let (near, far) = (_mm256_castsi256_ps(near), _mm256_castsi256_ps(far));
    // The first four bytes of each, and the last four.
    let words = [
        _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(near, far)),
        _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(near, far)),
    ];
    let level = |byte: usize| {
        let found = _mm256_shuffle_epi8(words[byte / 4], load_twice(&BYTE[byte % 4]));
        _mm256_cvtepi32_ps(found)
    };
    for (channel, target) in sums.iter_mut().enumerate().take(C) {
        *target = sum([level(channel), level(C + channel)], weights);
    }
    sums
}

/// Shuffles that leave a byte of each of four numbers.
const BYTE: [[u8; 16]; 4] = {
    let mut orders = [[0x80; 16]; 4];
    let mut at = 0u8;
    while at < 16 {
        orders[at as usize % 4][at as usize / 4 * 4] = at;
        at += 1;
    }
    orders
};

/// Writes pixels of `C` bytes, each of which is in a lane, and up to 4 bytes beyond them.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write<const C: usize>(pixels: __m256i, target: &mut [u8]) {
    /// The first three bytes of each of four numbers.
    const THREE: [u8; 16] = [
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80,
    ];
    let halves = |pixels: __m256i| -> [[u8; 16]; 2] { bytemuck::cast(pixels) };
    match C {
        1 => {
            let [low, high] = bytemuck::cast::<_, [__m128i; 2]>(pixels);
            let words = _mm_packs_epi32(low, high);
            let bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
            target[..EIGHT].copy_from_slice(&bytes.to_le_bytes());
        }
        3 => {
            let [low, high] = halves(_mm256_shuffle_epi8(pixels, load_twice(&THREE)));
            target[..16].copy_from_slice(&low);
            target[12..28].copy_from_slice(&high);
        }
        _ => target[..32].copy_from_slice(halves(pixels).as_flattened()),
    }
}

/// Some bytes from a place on, or zeros if they are not all there.
#[expect(clippy::inline_always, reason = "it is called for each pixel")]
#[inline(always)]
pub(super) fn bytes_at<const L: usize>(data: &[u8], start: u32) -> [u8; L] {
    let start = start as usize;
    let found = data.get(start..start + L);
    found
        .and_then(|found| found.first_chunk().copied())
        .unwrap_or([0; L])
}
