//! Blocks of 4x4, 2x2 and 1x1 from the coefficients that matter to them: the flow graph of the
//! whole block with every second output averaged away, as in libjpeg. The two passes are those of
//! the whole block, with other constants.

use super::super::{Block, Quant};
use super::full::{flat, overflows, side_by_side};
use crate::simd::{factors, load as load_words, load_both, load_twice};
use std::arch::x86_64::*;

/// Some rows of two blocks, dequantised.
#[inline]
#[target_feature(enable = "avx2")]
fn load<const N: usize>(blocks: [&Block; 2], quant: &Quant, rows: [usize; N]) -> [__m256i; N] {
    let [a, b] = blocks.map(bytemuck::cast_ref::<Block, [[i16; 8]; 8]>);
    rows.map(|r| _mm256_mullo_epi16(load_both(&a[r], &b[r]), load_words(&quant.rows[r])))
}

/// Four blocks to two pairs of rows.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn four(blocks: &[Block; 4], quant: &Quant) -> [__m256i; 2] {
    let (even, odd) = (
        quads([&blocks[0], &blocks[2]], quant),
        quads([&blocks[1], &blocks[3]], quant),
    );
    [
        side_by_side(_mm256_unpacklo_epi32(even, odd)),
        side_by_side(_mm256_unpackhi_epi32(even, odd)),
    ]
}

/// The 4x4 samples around zero of two blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn quads(blocks: [&Block; 2], quant: &Quant) -> __m256i {
    /// By columns, with column 2 before column 1, to rows, with row 2 before row 1.
    const TURN: [u8; 16] = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
    let inputs = load(blocks, quant, [0, 1, 2, 3, 5, 6, 7]);
    let mut rows = quad_rows(&inputs);
    if overflows(inputs[0]) {
        rows = flat(rows, inputs[0], blocks, &[1, 2, 3, 5, 6, 7]);
    }
    let [zero_one, two_three, four_five, six_seven] = column_pairs(&rows);
    let columns = quad::<19>(
        _mm256_unpacklo_epi16(_mm256_setzero_si256(), zero_one),
        _mm256_unpacklo_epi16(two_three, six_seven),
        _mm256_unpackhi_epi16(zero_one, two_three),
        _mm256_unpackhi_epi16(four_five, six_seven),
    );
    let even = _mm256_packs_epi32(columns[0], columns[2]);
    let odd = _mm256_packs_epi32(columns[1], columns[3]);
    _mm256_shuffle_epi8(_mm256_packs_epi16(even, odd), load_twice(&TURN))
}

/// The first pass over rows 0, 1, 2, 3, 5, 6 and 7.
#[inline]
#[target_feature(enable = "avx2")]
fn quad_rows(&[first, one, two, three, five, six, seven]: &[__m256i; 7]) -> [__m256i; 4] {
    let low = quad::<12>(
        _mm256_unpacklo_epi16(_mm256_setzero_si256(), first),
        _mm256_unpacklo_epi16(two, six),
        _mm256_unpacklo_epi16(one, three),
        _mm256_unpacklo_epi16(five, seven),
    );
    let high = quad::<12>(
        _mm256_unpackhi_epi16(_mm256_setzero_si256(), first),
        _mm256_unpackhi_epi16(two, six),
        _mm256_unpackhi_epi16(one, three),
        _mm256_unpackhi_epi16(five, seven),
    );
    let pack = |i: usize| _mm256_packs_epi32(low[i], high[i]);
    [pack(0), pack(1), pack(2), pack(3)]
}

/// Four rows to two columns each, of four words.
#[inline]
#[target_feature(enable = "avx2")]
fn column_pairs(rows: &[__m256i; 4]) -> [__m256i; 4] {
    let (upper, upper_high) = (
        _mm256_unpacklo_epi16(rows[0], rows[1]),
        _mm256_unpackhi_epi16(rows[0], rows[1]),
    );
    let (lower, lower_high) = (
        _mm256_unpacklo_epi16(rows[2], rows[3]),
        _mm256_unpackhi_epi16(rows[2], rows[3]),
    );
    [
        _mm256_unpacklo_epi32(upper, lower),
        _mm256_unpackhi_epi32(upper, lower),
        _mm256_unpacklo_epi32(upper_high, lower_high),
        _mm256_unpackhi_epi32(upper_high, lower_high),
    ]
}

/// One dimension, eight inputs to four outputs divided by 2^`BITS`; input 0 comes times 2^16, the
/// others in pairs.
#[inline]
#[target_feature(enable = "avx2")]
fn quad<const BITS: i32>(
    zero: __m256i,
    two_six: __m256i,
    one_three: __m256i,
    five_seven: __m256i,
) -> [__m256i; 4] {
    let times = |pair, even, odd| _mm256_madd_epi16(pair, factors(even, odd));
    let add = |a, b| _mm256_add_epi32(a, b);
    let half = _mm256_set1_epi32(1 << (BITS - 1));
    let zero = add(_mm256_srai_epi32::<2>(zero), half);
    let even = times(two_six, 15137, -6270);
    let even = (add(zero, even), _mm256_sub_epi32(zero, even));
    let outer = times(one_three, 20995, 7373);
    let outer = add(outer, times(five_seven, -4926, -4176));
    let inner = times(one_three, 8697, -17799);
    let inner = add(inner, times(five_seven, 11893, -1730));
    [
        _mm256_srai_epi32::<BITS>(add(even.0, outer)),
        _mm256_srai_epi32::<BITS>(add(even.1, inner)),
        _mm256_srai_epi32::<BITS>(_mm256_sub_epi32(even.1, inner)),
        _mm256_srai_epi32::<BITS>(_mm256_sub_epi32(even.0, outer)),
    ]
}

/// Eight blocks to a pair of rows.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn eight(blocks: &[Block; 8], quant: &Quant) -> [__m256i; 1] {
    /// Upper and lower left of two blocks, then upper and lower right, and again for the next two
    /// blocks: to rows.
    const TURN: [u8; 16] = [0, 4, 2, 6, 8, 12, 10, 14, 1, 5, 3, 7, 9, 13, 11, 15];
    let some = |i: usize| {
        pairs(
            [
                [&blocks[i], &blocks[i + 4]],
                [&blocks[i + 1], &blocks[i + 5]],
            ],
            quant,
        )
    };
    let samples = _mm256_packs_epi16(some(0), some(2));
    [side_by_side(_mm256_shuffle_epi8(
        samples,
        load_twice(&TURN),
    ))]
}

/// The inputs of the two-point transform, in this order: 1, 3, 5, 7.
#[inline]
#[target_feature(enable = "avx2")]
fn odd_factors() -> __m256i {
    _mm256_unpacklo_epi32(factors(29692, -10426), factors(6967, -5906))
}

/// The 2x2 samples around zero of twice two blocks: in each lane upper and lower left of two
/// blocks, then right.
///
/// Columns 1, 3, 5 and 7 of a pair of blocks fill a vector in 32 bits; what there is of column 0 is
/// put together for four blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs(blocks: [[&Block; 2]; 2], quant: &Quant) -> __m256i {
    let rows = blocks.map(|blocks| load(blocks, quant, [0, 1, 3, 5, 7]));
    let [x, y] = rows.each_ref().map(|rows| odd_columns(rows));
    let odd = _mm256_hadd_epi32(x, y);
    let even = _mm256_slli_epi32::<15>(first_column(&rows));
    let half = _mm256_set1_epi32(1 << 19);
    let left = _mm256_add_epi32(_mm256_add_epi32(even, odd), half);
    let right = _mm256_add_epi32(_mm256_sub_epi32(even, odd), half);
    _mm256_packs_epi32(
        _mm256_srai_epi32::<20>(left),
        _mm256_srai_epi32::<20>(right),
    )
}

/// What columns 1 and 3, 5 and 7 give to the difference between left and right, in the upper row,
/// then the lower.
#[inline]
#[target_feature(enable = "avx2")]
fn odd_columns(&[zero, one, three, five, seven]: &[__m256i; 5]) -> __m256i {
    let one_three = _mm256_blend_epi16::<0xaa>(_mm256_srli_epi32::<16>(one), three);
    let five_seven = _mm256_blend_epi16::<0xaa>(_mm256_srli_epi32::<16>(five), seven);
    let odd = _mm256_add_epi32(
        _mm256_madd_epi16(one_three, factors(29692, -10426)),
        _mm256_madd_epi16(five_seven, factors(6967, -5906)),
    );
    let even = _mm256_srai_epi32::<1>(_mm256_blend_epi16::<0xaa>(_mm256_setzero_si256(), zero));
    let even = _mm256_add_epi32(even, _mm256_set1_epi32(1 << 12));
    let upper = _mm256_srai_epi32::<13>(_mm256_add_epi32(even, odd));
    let lower = _mm256_srai_epi32::<13>(_mm256_sub_epi32(even, odd));
    _mm256_madd_epi16(_mm256_packs_epi32(upper, lower), odd_factors())
}

/// Column 0 after the first pass, upper and lower of two blocks in each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn first_column(rows: &[[__m256i; 5]; 2]) -> __m256i {
    let [x, y] = rows.each_ref().map(|&[_, one, three, five, seven]| {
        _mm256_unpacklo_epi32(
            _mm256_unpacklo_epi16(one, three),
            _mm256_unpacklo_epi16(five, seven),
        )
    });
    let products = _mm256_madd_epi16(_mm256_unpacklo_epi64(x, y), odd_factors());
    let odd = _mm256_add_epi32(products, _mm256_shuffle_epi32::<0b10_11_00_01>(products));
    // Upper rows get the sum, lower ones the difference.
    let odd = _mm256_sign_epi32(
        odd,
        _mm256_set1_epi64x(0xffff_ffff_0000_0001_u64.cast_signed()),
    );
    let zero = _mm256_unpacklo_epi64(rows[0][0], rows[1][0]);
    let zero = _mm256_slli_epi32::<16>(_mm256_shuffle_epi32::<0b10_10_00_00>(zero));
    let even = _mm256_add_epi32(_mm256_srai_epi32::<1>(zero), _mm256_set1_epi32(1 << 12));
    _mm256_srai_epi32::<13>(_mm256_add_epi32(even, odd))
}

/// Blocks to a sample each: their means. Values that no valid block has wrap at ten bits, as in
/// libjpeg's table.
pub(super) fn means(blocks: &[Block], quant: &Quant, out: &mut [u8]) {
    let step = i32::from(quant.rows[0][0]);
    for (block, sample) in blocks.iter().zip(out) {
        let mean = (i32::from(block[0]) * step + 4) >> 3;
        let mean = mean << 22 >> 22;
        *sample = u8::try_from((mean + 128).clamp(0, 255)).unwrap_or_default();
    }
}
