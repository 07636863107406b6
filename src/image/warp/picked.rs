//! The nearest pixels of bytes, for processors with AVX2.
//!
//! Places of affine maps are computed in whole numbers, of parts of a pixel, which is several times
//! as fast as in doubles. Where one of them is so near to halfway between two pixels that it may be
//! on the wrong side, doubles decide.

use std::arch::x86_64::*;

use super::bytes::{Bytes, EIGHT, Lattice, between, bits, bytes_at, halves, join, write};
use super::places::Matrix;
use super::spots::{Places, Spots, TOGETHER, place};
use crate::image::raster::Raster;
use crate::simd::{Avx2, factors, load, store};

/// What stands for the place of a pixel that is outside. No element is there.
const OUTSIDE: u32 = u32::MAX;

/// Where the elements of pixels begin, or [`OUTSIDE`].
type Firsts = [u32; TOGETHER];

/// Writes the nearest pixels of 1, 3 or 4 channels, in rows of `width` pixels.
#[expect(unsafe_code, reason = "calls functions that are compiled for AVX2")]
pub(super) fn pick_bytes(_: Avx2, bytes: &Bytes<'_>, out: &mut [u8]) {
    let pick = match bytes.source.channels {
        1 => pick::<1>,
        3 => pick::<3>,
        _ => pick::<4>,
    };
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { pick(bytes, out) }
}

#[target_feature(enable = "avx2")]
fn pick<const C: usize>(bytes: &Bytes<'_>, out: &mut [u8]) {
    let lattice = Lattice::new::<C>(&bytes.source);
    let steps = Steps::new(bytes, out.len() / (bytes.width * C).max(1));
    let data = bytes.source.data;
    // The last place that all of a vector's bytes can be read from; callers have checked its range.
    let read = if C == 1 { 1 } else { 4 };
    let last = data.len().checked_sub(read);
    let last = last.map_or(-1, |last| i32::try_from(last).unwrap_or(-1));
    let last = _mm256_set1_epi32(last);
    let constant = i32::from_ne_bytes([bytes.constant.unwrap_or_default(); 4]);
    let constant = _mm256_set1_epi32(if C == 1 { constant & 255 } else { constant });
    let is_constant = _mm256_set1_epi32(-i32::from(bytes.constant.is_some()));
    bytes.parts::<C>(out, |row, start, part| {
        let known = match &steps {
            Some(steps) => steps.firsts(row, start),
            None => None,
        };
        let firsts = match known {
            Some(firsts) => firsts,
            None => nearest(&lattice, &bytes.places.of(row, start)),
        };
        for (group, firsts) in firsts.as_chunks::<EIGHT>().0.iter().enumerate() {
            let pixel = |at: usize| {
                if C == 1 {
                    i32::from(bytes_at::<1>(data, firsts[at])[0])
                } else {
                    i32::from_le_bytes(bytes_at(data, firsts[at]))
                }
            };
            let low = _mm_setr_epi32(pixel(0), pixel(1), pixel(2), pixel(3));
            let high = _mm_setr_epi32(pixel(4), pixel(5), pixel(6), pixel(7));
            let first: __m256i = load(firsts);
            let outside = _mm256_srai_epi32::<31>(first);
            let pixels = _mm256_blendv_epi8(join(low, high), constant, outside);
            write::<C>(pixels, &mut part.bytes[group * EIGHT * C..]);
            let is_last = _mm256_cmpgt_epi32(first, last);
            let edges = _mm256_or_si256(is_last, _mm256_andnot_si256(is_constant, outside));
            part.edges |= bits(edges) << (group * EIGHT);
        }
    });
}

/// Where the elements of the nearest pixels begin.
#[inline]
#[target_feature(enable = "avx2")]
fn nearest(lattice: &Lattice, spots: &Spots) -> Firsts {
    // Of ties the even one. What no vector has room for becomes the least number.
    let rounded = |places: &[f64; TOGETHER], group: usize| {
        let [low, high] = halves(places, group);
        join(_mm256_cvtpd_epi32(low), _mm256_cvtpd_epi32(high))
    };
    let none = _mm256_set1_epi32(-1);
    let mut firsts = [OUTSIDE; TOGETHER];
    for (group, firsts) in firsts.as_chunks_mut::<EIGHT>().0.iter_mut().enumerate() {
        let (x, y) = (rounded(&spots.x, group), rounded(&spots.y, group));
        let across = between(x, none, lattice.width);
        let inside = _mm256_and_si256(across, between(y, none, lattice.height));
        let beyond = _mm256_andnot_si256(inside, none);
        store(firsts, _mm256_or_si256(lattice.element(x, y), beyond));
    }
    firsts
}

/// Places of an affine map, in units of 2^-16 pixels.
struct Steps<'a> {
    matrix: &'a Matrix,
    /// How far the places of pixels side by side are beyond that of the first, along each axis.
    across: [i32; TOGETHER],
    down: [i32; TOGETHER],
    /// The columns and rows of the source, a pair in each lane.
    size: __m256i,
    /// Elements from a column to the next, and from a row to the next, a pair in each lane.
    apart: __m256i,
}

/// Bits of a part of a pixel.
const BITS: u32 = 16;

impl<'a> Steps<'a> {
    /// `None` if they are no affine map, or numbers are too large for units of 32 bits, and for
    /// pixels of 16.
    #[expect(clippy::cast_precision_loss, reason = "images are smaller")]
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(bytes: &Bytes<'a>, rows: usize) -> Option<Self> {
        let Places::Matrix(matrix) = bytes.places else {
            return None;
        };
        let Raster {
            stride,
            width,
            height,
            channels,
            ..
        } = bytes.source;
        let word = |number: usize| i16::try_from(number).ok();
        let (size, apart) = (
            factors(word(width)?, word(height)?),
            factors(word(channels)?, word(stride)?),
        );
        let is_affine = matrix[6..] == [0.0, 0.0, 1.0];
        let is_small = [0, 3].into_iter().all(|row| {
            let most = matrix[row].abs() * bytes.width as f64
                + matrix[row + 1].abs() * rows as f64
                + matrix[row + 2].abs();
            most < FAR_AWAY && matrix[row].abs() < STEEP
        });
        if !is_affine || !is_small {
            return None;
        }
        let offsets = |step: f64| std::array::from_fn(|column| units(step * column as f64));
        Some(Self {
            matrix,
            across: offsets(matrix[0]),
            down: offsets(matrix[3]),
            size,
            apart,
        })
    }

    /// Where the elements of the pixels nearest to those of a row begin, from a column on; `None` if
    /// that is not known for sure.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn firsts(&self, row: usize, start: usize) -> Option<Firsts> {
        let (x, y) = place(self.matrix, row, start);
        if x.abs() > MOST || y.abs() > MOST {
            return None;
        }
        let all = |place: f64| _mm256_set1_epi32(units(place) + (1 << (BITS - 1)) + UNSURE);
        let (x, y) = (all(x), all(y));
        let none = _mm256_set1_epi32(-1);
        let part = _mm256_set1_epi32((1 << BITS) - 1);
        let unsure = _mm256_set1_epi32(2 * UNSURE);
        let mut doubt = _mm256_setzero_si256();
        let mut firsts = [OUTSIDE; TOGETHER];
        let steps = self
            .across
            .as_chunks()
            .0
            .iter()
            .zip(self.down.as_chunks().0);
        for (firsts, (across, down)) in firsts.as_chunks_mut::<EIGHT>().0.iter_mut().zip(steps) {
            let x = _mm256_add_epi32(x, load::<[i32; EIGHT]>(across));
            let y = _mm256_add_epi32(y, load::<[i32; EIGHT]>(down));
            for place in [x, y] {
                let is_near = _mm256_cmpgt_epi32(unsure, _mm256_and_si256(place, part));
                doubt = _mm256_or_si256(doubt, is_near);
            }
            // The column and the row of each, as a pair of words.
            let pixel = _mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(x), y);
            let above = _mm256_cmpgt_epi16(pixel, none);
            let inside = _mm256_and_si256(above, _mm256_cmpgt_epi16(self.size, pixel));
            let beyond = _mm256_andnot_si256(_mm256_cmpeq_epi32(inside, none), none);
            store(
                firsts,
                _mm256_or_si256(_mm256_madd_epi16(pixel, self.apart), beyond),
            );
        }
        (_mm256_testz_si256(doubt, doubt) == 1).then_some(firsts)
    }
}

/// The farthest that the first of some places may be away, in pixels.
const MOST: f64 = 16384.0;

/// What no step between places is as large as: the last of 32 is less than 2^15 pixels away.
const STEEP: f64 = 512.0;

/// What no term of a place is as large as: rounding adds up to less than a tenth of a unit.
const FAR_AWAY: f64 = 1_073_741_824.0;

/// How far a place may be from the one in doubles, in units: the first place and the step are
/// rounded by half a unit each.
const UNSURE: i32 = 2;

/// The nearest number of units.
#[expect(clippy::cast_possible_truncation, reason = "callers check the range")]
fn units(place: f64) -> i32 {
    (place * f64::from(1 << BITS)).round_ties_even() as i32
}
