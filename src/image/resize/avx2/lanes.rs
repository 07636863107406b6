//! Memory to vectors and back: the only unsafe code of the kernels, behind references to arrays of
//! the right size.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm_storeu_si128,
    _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
};

/// 32 bytes.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_bytes(from: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// 16 words.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_words(from: &[i16; 16]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// 8 sums.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_sums(from: &[i32; 8]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// 8 words.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_half(from: &[i16; 8]) -> __m128i {
    // SAFETY: the reference covers the 16 bytes that are read, and the load needs no alignment.
    unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
}

/// 8 bytes in the lower half.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_eight(from: &[u8; 8]) -> __m128i {
    // SAFETY: the reference covers the 8 bytes that are read, and the load needs no alignment.
    unsafe { _mm_loadl_epi64(from.as_ptr().cast()) }
}

/// 16 bytes, twice.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn load_twice(from: &[u8; 16]) -> __m256i {
    // SAFETY: the reference covers the 16 bytes that are read, and the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

/// 16 words.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store_words(to: &mut [i16; 16], value: __m256i) {
    // SAFETY: the exclusive reference covers the 32 bytes that are written, and the store needs no
    // alignment.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}

/// 8 sums.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store_sums(to: &mut [i32; 8], value: __m256i) {
    // SAFETY: the exclusive reference covers the 32 bytes that are written, and the store needs no
    // alignment.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}

/// The lower 16 bytes.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store_low(to: &mut [u8; 16], value: __m256i) {
    let low = _mm256_castsi256_si128(value);
    // SAFETY: the exclusive reference covers the 16 bytes that are written, and the store needs no
    // alignment.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), low) }
}

/// The upper 16 bytes.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store_high(to: &mut [u8; 16], value: __m256i) {
    let high = _mm256_extracti128_si256::<1>(value);
    // SAFETY: the exclusive reference covers the 16 bytes that are written, and the store needs no
    // alignment.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), high) }
}

/// 8 floats.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn store_floats(to: &mut [f32; 8], value: __m256) {
    // SAFETY: the exclusive reference covers the 32 bytes that are written, and the store needs no
    // alignment.
    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
}
