//! Memory to vectors and back, behind references to arrays of the right size; and constants.

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_broadcastsi128_si256,
    _mm256_castsi128_si256, _mm256_castsi256_si128, _mm256_extracti128_si256,
    _mm256_inserti128_si256, _mm256_loadu_si256, _mm256_set1_epi32,
};

/// Eight words of each of two blocks.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_both(low: &[i16; 8], high: &[i16; 8]) -> __m256i {
    // SAFETY: the reference covers the 16 bytes that are read, and the load needs no alignment.
    let low = unsafe { _mm_loadu_si128(low.as_ptr().cast()) };
    // SAFETY: the same.
    let high = unsafe { _mm_loadu_si128(high.as_ptr().cast()) };
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
}

/// 16 bytes, twice.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_twice(from: &[u8; 16]) -> __m256i {
    // SAFETY: the reference covers the 16 bytes that are read, and the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

/// 16 words.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_words(from: &[i16; 16]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// Stores rows of 16 samples, `stride` apart: the lower lanes, then the upper lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_rows<const PAIRS: usize>(
    to: &mut [u8],
    stride: usize,
    pairs: [__m256i; PAIRS],
) {
    let last = stride.saturating_mul(2 * PAIRS - 1);
    assert!(to.len() >= last.saturating_add(16), "room for the rows");
    let start = to.as_mut_ptr();
    let at = |row: usize| start.wrapping_add(row * stride).cast();
    for (row, rows) in pairs.into_iter().enumerate() {
        let (low, high) = (
            _mm256_castsi256_si128(rows),
            _mm256_extracti128_si256::<1>(rows),
        );
        // SAFETY: 16 bytes from row 2 * PAIRS - 1 on are inside the slice, so those of rows before
        // it are, too.
        unsafe { _mm_storeu_si128(at(row), low) }
        // SAFETY: the same.
        unsafe { _mm_storeu_si128(at(row + PAIRS), high) }
    }
}

/// Two factors for `pmaddwd`: of the even words and of the odd ones.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn factors(even: i16, odd: i16) -> __m256i {
    let pair = u32::from(even.cast_unsigned()) | u32::from(odd.cast_unsigned()) << 16;
    _mm256_set1_epi32(pair.cast_signed())
}
