//! Sums of two pixels along each axis, of bytes, for processors with AVX2: the same sums as those of
//! other elements, to the bit.

use std::arch::x86_64::*;

use super::blend::parts;
use super::spots::{BEYOND, Lattice, Places, Squares, TOGETHER};
use crate::image::raster::Raster;
use crate::simd::{Avx2, load_half};

/// The most elements of a pixel.
const MOST: usize = 4;

/// Sums, as numbers and then as elements.
struct Sums {
    numbers: [f32; MOST * TOGETHER],
    bytes: [u8; MOST * TOGETHER],
    /// The pixels that are none of these sums.
    edges: [usize; TOGETHER],
    count: usize,
    /// What is outside, if it is a constant.
    constant: Option<f32>,
}

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

/// Writes sums of pixels of 1, 3 or 4 channels, in rows of `width` pixels.
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
    let Bytes { source, places, .. } = bytes;
    let lattice = Lattice::new(source.width, source.height, source.stride, C);
    let mut sums = Sums {
        numbers: [0.0; MOST * TOGETHER],
        bytes: [0; MOST * TOGETHER],
        edges: [0; TOGETHER],
        count: 0,
        constant: bytes.constant.map(f32::from),
    };
    for (row, target) in out.chunks_exact_mut((bytes.width * C).max(1)).enumerate() {
        for (start, part) in parts(target, C) {
            let spots = places.of(row, start);
            let squares = lattice.squares::<2>(&spots);
            sums.count = 0;
            if C == 1 {
                sums.of_bytes(source.data, source.stride, &squares, part.len());
            } else {
                sums.of_pixels::<C>(source.data, source.stride, &squares, part.len() / C);
            }
            sums.round();
            part.copy_from_slice(&sums.bytes[..part.len()]);
            for at in &sums.edges[..sums.count] {
                (bytes.edge)((spots.x[*at], spots.y[*at]), &mut part[at * C..][..C]);
            }
        }
    }
}

impl Sums {
    /// Computes as many pixels of 3 or 4 bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of_pixels<const C: usize>(
        &mut self,
        data: &[u8],
        stride: usize,
        squares: &Squares,
        count: usize,
    ) {
        // The left pixels of both rows, and the right ones, a byte for each of four numbers.
        const NONE: u8 = 0x80;
        let (left, right): ([u8; 16], [u8; 16]) = const {
            let (mut left, mut right) = ([NONE; 16], [NONE; 16]);
            #[expect(clippy::cast_possible_truncation, reason = "pixels of up to 4 bytes")]
            let pixel = C as u8;
            let mut at = 0u8;
            while at < pixel {
                let to = at as usize;
                (left[to], left[4 + to]) = (at, 8 + at);
                (right[to], right[4 + to]) = (pixel + at, 8 + pixel + at);
                at += 1;
            }
            (left, right)
        };
        let (left, right) = (load_half(&left), load_half(&right));
        let weights = Weights::of(squares);
        for at in 0..count {
            let first = squares.first[at];
            let (Some(upper), Some(lower)) = (
                some_at::<8>(data, first),
                some_at::<8>(data, first.wrapping_add(stride)),
            ) else {
                self.miss::<4>(at, at * C, first);
                continue;
            };
            let upper = _mm_cvtsi64_si128(i64::from_le_bytes(upper));
            let both = _mm_insert_epi64::<1>(upper, i64::from_le_bytes(lower));
            let left = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(both, left));
            let right = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(both, right));
            let (left, right) = (_mm256_cvtepi32_ps(left), _mm256_cvtepi32_ps(right));
            let of_rows = _mm256_add_ps(
                _mm256_mul_ps(left, _mm256_set1_ps(weights.left[at])),
                _mm256_mul_ps(right, _mm256_set1_ps(weights.right[at])),
            );
            let upper = _mm256_castps256_ps128(of_rows);
            let lower = _mm256_extractf128_ps::<1>(of_rows);
            let sum = _mm_add_ps(
                _mm_mul_ps(upper, _mm_set1_ps(weights.upper[at])),
                _mm_mul_ps(lower, _mm_set1_ps(weights.lower[at])),
            );
            let target: &mut [f32] = &mut self.numbers[at * C..][..4];
            target.copy_from_slice(&bytemuck::cast::<_, [f32; 4]>(sum));
        }
    }

    /// Computes as many pixels of one byte.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of_bytes(&mut self, data: &[u8], stride: usize, squares: &Squares, count: usize) {
        let (mut upper, mut lower) = ([0u16; TOGETHER], [0u16; TOGETHER]);
        let (mut outside, mut missed) = ([0; TOGETHER], 0);
        for at in 0..count {
            let first = squares.first[at];
            if let (Some(above), Some(below)) = (
                some_at::<2>(data, first),
                some_at::<2>(data, first.wrapping_add(stride)),
            ) {
                upper[at] = u16::from_le_bytes(above);
                lower[at] = u16::from_le_bytes(below);
            } else {
                outside[missed] = at;
                missed += 1;
            }
        }
        let weights = Weights::of(squares);
        for at in 0..TOGETHER {
            let (near, far) = (weights.left[at], weights.right[at]);
            let above = f32::from(upper[at] & 255) * near + f32::from(upper[at] >> 8) * far;
            let below = f32::from(lower[at] & 255) * near + f32::from(lower[at] >> 8) * far;
            self.numbers[at] = above * weights.upper[at] + below * weights.lower[at];
        }
        for at in &outside[..missed] {
            self.miss::<1>(*at, *at, squares.first[*at]);
        }
    }

    /// Notes that a pixel, whose numbers begin at `start`, is no sum of those inside.
    #[inline]
    fn miss<const L: usize>(&mut self, at: usize, start: usize, first: usize) {
        if first == BEYOND
            && let Some(constant) = self.constant
        {
            self.numbers[start..][..L].fill(constant);
        } else {
            self.edges[self.count] = at;
            self.count += 1;
        }
    }

    /// Rounds all sums, none of which is below 0 or far above 255.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn round(&mut self) {
        let numbers = self.numbers.as_chunks::<32>().0;
        let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        for (numbers, bytes) in numbers.iter().zip(self.bytes.as_chunks_mut::<32>().0) {
            let [a, b, c, d] = bytemuck::cast::<_, [__m256; 4]>(*numbers).map(|it| {
                // Of ties the even one.
                _mm256_cvtps_epi32(it)
            });
            let words = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
            *bytes = bytemuck::cast(_mm256_permutevar8x32_epi32(words, order));
        }
    }
}

/// Some bytes, if they are all there.
#[expect(clippy::inline_always, reason = "it is called for each pixel")]
#[inline(always)]
fn some_at<const L: usize>(data: &[u8], start: usize) -> Option<[u8; L]> {
    match data.get(start..) {
        Some(found) => found.first_chunk().copied(),
        None => None,
    }
}

/// Weights of the two pixels along each axis.
struct Weights {
    left: [f32; TOGETHER],
    right: [f32; TOGETHER],
    upper: [f32; TOGETHER],
    lower: [f32; TOGETHER],
}

impl Weights {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights in single precision"
    )]
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    fn of(squares: &Squares) -> Self {
        let none = [0.0; TOGETHER];
        let mut weights = Self {
            left: none,
            right: none,
            upper: none,
            lower: none,
        };
        for at in 0..TOGETHER {
            let (x, y) = (squares.across[at], squares.down[at]);
            weights.left[at] = (1.0 - x) as f32;
            weights.right[at] = x as f32;
            weights.upper[at] = (1.0 - y) as f32;
            weights.lower[at] = y as f32;
        }
        weights
    }
}
