//! Blocks of 8x8, two at a time: the algorithm of Loeffler, Ligtenberg and Moschytz (1989) with
//! constants of 13 bits, as two passes over eight vectors. The first, over columns, keeps two bits
//! more than the samples have; between the passes the blocks are transposed.

use super::super::{Block, Quant};
use crate::simd::{factors, load, load_both, transpose};
use std::arch::x86_64::*;

/// A row (or, transposed, a column) of both blocks in each vector.
type Rows = [__m256i; 8];

/// Pairs of factors, for each pair of inputs two: sums of the constants that the flow graph
/// multiplies by, times 2^13, so that each product takes two inputs at once (`pmaddwd`).
mod factor {
    /// Of inputs 2 and 6, for the outer and the inner outputs.
    pub(super) const EVEN: [(i16, i16); 2] = [(4433 + 6270, 4433), (4433, 4433 - 15137)];
    /// Of the sums 7 + 3 and 5 + 1, for each of them.
    pub(super) const SUMS: [(i16, i16); 2] = [(9633 - 16069, 9633), (9633, 9633 - 3196)];
    /// Of inputs 7 and 1, for each of them.
    pub(super) const SEVEN_ONE: [(i16, i16); 2] = [(2446 - 7373, -7373), (-7373, 12299 - 7373)];
    /// Of inputs 5 and 3, for each of them.
    pub(super) const FIVE_THREE: [(i16, i16); 2] =
        [(16819 - 20995, -20995), (-20995, 25172 - 20995)];
}

/// Two blocks to pairs of rows of 16 samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn two(blocks: &[Block; 2], quant: &Quant) -> [__m256i; 4] {
    let [a, b] = blocks
        .each_ref()
        .map(bytemuck::cast_ref::<Block, [[i16; 8]; 8]>);
    let row = |r: usize| _mm256_mullo_epi16(load_both(&a[r], &b[r]), load(&quant.rows[r]));
    let rows = eight(row);
    let mut columns = first_pass(&rows);
    if overflows(rows[0]) {
        columns = flat(columns, rows[0], blocks.each_ref(), &[1, 2, 3, 4, 5, 6, 7]);
    }
    finish(&second_pass(&transpose_words(&columns)))
}

/// All eight rows. Calls that are written out keep the kernel 4 % faster than `array::map`.
#[inline]
#[target_feature(enable = "avx2")]
fn eight(f: impl Fn(usize) -> __m256i) -> Rows {
    [f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)]
}

/// The first pass, over columns: the results are divided by 2^11 and cut to 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn first_pass(rows: &Rows) -> Rows {
    let (low, high) = pass::<11>(rows);
    let shift = |sum| _mm256_srai_epi32::<11>(sum);
    let pack = |i: usize| _mm256_packs_epi32(shift(low[i]), shift(high[i]));
    eight(pack)
}

/// The second pass, over rows: the results are divided by 2^18, which leaves less than 16 bits.
/// They come in the order 0, 4, 1, 5, 2, 6, 3, 7, so that most of it is not done with the
/// instructions that move words: those are the bottleneck.
#[inline]
#[target_feature(enable = "avx2")]
fn second_pass(columns: &Rows) -> Rows {
    let (low, high) = pass::<18>(columns);
    let merge = |i: usize| {
        _mm256_srai_epi16::<2>(_mm256_blend_epi16::<0xaa>(
            _mm256_srli_epi32::<16>(low[i]),
            high[i],
        ))
    };
    eight(merge)
}

/// One dimension, in 32 bits: the lower four elements of each block, and the upper four. The
/// results are to be divided by 2^`BITS`.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const BITS: i32>(rows: &Rows) -> (Rows, Rows) {
    let outer = (
        _mm256_add_epi16(rows[0], rows[4]),
        _mm256_sub_epi16(rows[0], rows[4]),
    );
    let sums = (
        _mm256_add_epi16(rows[7], rows[3]),
        _mm256_add_epi16(rows[5], rows[1]),
    );
    let low = half(
        [spread_low::<BITS>(outer.0), spread_low::<BITS>(outer.1)],
        _mm256_unpacklo_epi16(rows[2], rows[6]),
        _mm256_unpacklo_epi16(sums.0, sums.1),
        _mm256_unpacklo_epi16(rows[7], rows[1]),
        _mm256_unpacklo_epi16(rows[5], rows[3]),
    );
    let high = half(
        [spread_high::<BITS>(outer.0), spread_high::<BITS>(outer.1)],
        _mm256_unpackhi_epi16(rows[2], rows[6]),
        _mm256_unpackhi_epi16(sums.0, sums.1),
        _mm256_unpackhi_epi16(rows[7], rows[1]),
        _mm256_unpackhi_epi16(rows[5], rows[3]),
    );
    (low, high)
}

/// 2^13 times the lower words, and half of what is then divided by: `x * 8192 + 16 * 8192` is one
/// product.
#[inline]
#[target_feature(enable = "avx2")]
fn spread_low<const BITS: i32>(x: __m256i) -> __m256i {
    let (one, factors) = spreading::<BITS>();
    _mm256_madd_epi16(_mm256_unpacklo_epi16(x, one), factors)
}

/// The same of the upper words.
#[inline]
#[target_feature(enable = "avx2")]
fn spread_high<const BITS: i32>(x: __m256i) -> __m256i {
    let (one, factors) = spreading::<BITS>();
    _mm256_madd_epi16(_mm256_unpackhi_epi16(x, one), factors)
}

#[inline]
#[target_feature(enable = "avx2")]
fn spreading<const BITS: i32>() -> (__m256i, __m256i) {
    // Half of 2^BITS as a product of two words.
    let (word, shift) = if BITS == 11 { (1, 10) } else { (16, 13) };
    (_mm256_set1_epi16(word), factors(1 << 13, 1 << shift))
}

/// Four of the eight elements of each block, in 32 bits: from the spread sum and difference of
/// inputs 0 and 4, and pairs of the others.
#[inline]
#[target_feature(enable = "avx2")]
fn half(
    outer: [__m256i; 2],
    two_six: __m256i,
    sums: __m256i,
    seven_one: __m256i,
    five_three: __m256i,
) -> Rows {
    let times = |pair, (even, odd)| _mm256_madd_epi16(pair, factors(even, odd));
    let add = |a, b| _mm256_add_epi32(a, b);
    let subtract = |a, b| _mm256_sub_epi32(a, b);
    let [first, second] = factor::EVEN.map(|k| times(two_six, k));
    let even = [
        add(outer[0], first),
        add(outer[1], second),
        subtract(outer[1], second),
        subtract(outer[0], first),
    ];
    let [z3, z4] = factor::SUMS.map(|k| times(sums, k));
    let [t0, t3] = factor::SEVEN_ONE.map(|k| times(seven_one, k));
    let [t1, t2] = factor::FIVE_THREE.map(|k| times(five_three, k));
    let odd = [add(t3, z4), add(t2, z3), add(t1, z4), add(t0, z3)];
    eight(|i| {
        let (even, odd) = (even[i.min(7 - i)], odd[i.min(7 - i)]);
        if i < 4 {
            add(even, odd)
        } else {
            subtract(even, odd)
        }
    })
}

/// Transposes 8x8 words in each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose_words(rows: &Rows) -> Rows {
    let low = |r: usize| _mm256_unpacklo_epi16(rows[r], rows[r + 1]);
    let high = |r: usize| _mm256_unpackhi_epi16(rows[r], rows[r + 1]);
    let left = transpose([low(0), low(2), low(4), low(6)]);
    let right = transpose([high(0), high(2), high(4), high(6)]);
    [
        left[0], left[1], left[2], left[3], right[0], right[1], right[2], right[3],
    ]
}

/// Columns around zero to rows of samples, `r` and `r + 4` together: packed first, then transposed
/// as bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn finish(columns: &Rows) -> [__m256i; 4] {
    let pack = |i: usize| _mm256_packs_epi16(columns[i], columns[i + 4]);
    let (p, q, r, s) = (pack(0), pack(1), pack(2), pack(3));
    // Columns 0 to 3 and 4 to 7, by pairs.
    let (left, left_next) = (_mm256_unpacklo_epi8(p, q), _mm256_unpacklo_epi8(r, s));
    let (right, right_next) = (_mm256_unpackhi_epi8(p, q), _mm256_unpackhi_epi8(r, s));
    // Rows 0, 4, 1 and 5, then the others, half a row each.
    let (upper, upper_next) = (
        _mm256_unpacklo_epi16(left, left_next),
        _mm256_unpacklo_epi16(right, right_next),
    );
    let (lower, lower_next) = (
        _mm256_unpackhi_epi16(left, left_next),
        _mm256_unpackhi_epi16(right, right_next),
    );
    [
        side_by_side(_mm256_unpacklo_epi32(upper, upper_next)),
        side_by_side(_mm256_unpackhi_epi32(upper, upper_next)),
        side_by_side(_mm256_unpacklo_epi32(lower, lower_next)),
        side_by_side(_mm256_unpackhi_epi32(lower, lower_next)),
    ]
}

/// Centres samples, and brings two rows of two blocks into order: the first row of both, then the
/// second.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn side_by_side(rows: __m256i) -> __m256i {
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_add_epi8(rows, _mm256_set1_epi8(i8::MIN)))
}

/// Whether four times a word of the first row does not fit in a word: never in a valid file.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn overflows(first: __m256i) -> bool {
    let back = _mm256_srai_epi16::<2>(_mm256_slli_epi16::<2>(first));
    _mm256_movemask_epi8(_mm256_cmpeq_epi16(back, first)) != -1
}

/// libjpeg-turbo's shortcut for a block that has nothing in the rows `below`: all results of the
/// first pass are the first row times four, which wraps where the long way is cut to 16 bits.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2")]
pub(super) fn flat<const ROWS: usize>(
    results: [__m256i; ROWS],
    first: __m256i,
    blocks: [&Block; 2],
    below: &[usize],
) -> [__m256i; ROWS] {
    let mut mask = [0_i16; 16];
    for (block, mask) in blocks.iter().zip(mask.as_chunks_mut::<8>().0) {
        if below
            .iter()
            .all(|&r| block[8 * r..][..8].iter().all(|&c| c == 0))
        {
            *mask = [-1; 8];
        }
    }
    let (mask, four) = (load(&mask), _mm256_slli_epi16::<2>(first));
    results.map(|row| _mm256_blendv_epi8(row, four, mask))
}
