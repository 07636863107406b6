//! Memory to vectors and back. Nothing needs to be aligned.

use std::arch::x86_64::*;

use bytemuck::Pod;

/// 32 bytes of numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load<T: Pod>(from: &T) -> __m256i {
    const { assert!(size_of::<T>() == 32) }
    bytemuck::cast(*from)
}

/// 16 bytes of numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_half<T: Pod>(from: &T) -> __m128i {
    const { assert!(size_of::<T>() == 16) }
    bytemuck::cast(*from)
}

/// 8 bytes, in the lower half.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_eight(from: [u8; 8]) -> __m128i {
    _mm_cvtsi64_si128(i64::from_le_bytes(from))
}

/// 16 bytes of numbers in the lower lane, and 16 in the upper.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_both<T: Pod>(low: &T, high: &T) -> __m256i {
    _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(load_half(low)), load_half(high))
}

/// 16 bytes, in both lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_twice(from: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(load_half(from))
}

/// A vector, or half of one, to as many bytes of numbers.
#[inline]
pub(crate) fn store<V: Pod, T: Pod>(to: &mut T, vector: V) {
    const { assert!(size_of::<T>() == size_of::<V>()) }
    *to = bytemuck::cast(vector);
}
