//! Bytes and words into another order.

use std::arch::x86_64::*;

use super::load_twice;

/// Two factors for `pmaddwd`: of the even words and of the odd ones.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn factors(even: i16, odd: i16) -> __m256i {
    let pair = u32::from(even.cast_unsigned()) | u32::from(odd.cast_unsigned()) << 16;
    _mm256_set1_epi32(pair.cast_signed())
}

/// Transposes 4x4 pairs of words in each lane.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn transpose([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
    [
        _mm256_unpacklo_epi64(ab, cd),
        _mm256_unpackhi_epi64(ab, cd),
        _mm256_unpacklo_epi64(ab_high, cd_high),
        _mm256_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// Three channels of 16 pixels a lane to pixels of three bytes: each lane of the results holds a
/// third of them. With `EVEN_FIRST`, a lane of a channel has pixels 0, 2, 4 and so on before pixels
/// 1, 3, 5 and so on.
///
/// Channel `c` of pixel `p` is byte `3p + c` of 48, and `(3p + c) mod 16` is a permutation: one
/// shuffle a channel serves all three results, and masks select.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn interleave<const EVEN_FIRST: bool>(channels: [__m256i; 3]) -> [__m256i; 3] {
    const MASKS: [[[u8; 16]; 2]; 3] = [
        [mask(1, 0), mask(2, 0)],
        [mask(1, 1), mask(2, 1)],
        [mask(1, 2), mask(2, 2)],
    ];
    let places = const {
        [
            places(0, EVEN_FIRST),
            places(1, EVEN_FIRST),
            places(2, EVEN_FIRST),
        ]
    };
    let mut spread = channels;
    for (channel, places) in spread.iter_mut().zip(&places) {
        *channel = _mm256_shuffle_epi8(*channel, load_twice(places));
    }
    MASKS.map(|[second, third]| {
        let two = _mm256_blendv_epi8(spread[0], spread[1], load_twice(&second));
        _mm256_blendv_epi8(two, spread[2], load_twice(&third))
    })
}

/// For each byte of a result, where in a lane the pixel is whose channel `c` it may hold.
const fn places(c: usize, even_first: bool) -> [u8; 16] {
    let mut places = [0; 16];
    let mut p = 0u8;
    while p < 16 {
        places[(3 * p as usize + c) % 16] = if even_first { p / 2 + p % 2 * 8 } else { p };
        p += 1;
    }
    places
}

/// Which bytes of result `q` are of channel `c`.
const fn mask(c: usize, q: usize) -> [u8; 16] {
    let mut mask = [0; 16];
    let mut i = 0;
    while i < 16 {
        if (16 * q + i) % 3 == c {
            mask[i] = 0xff;
        }
        i += 1;
    }
    mask
}
