//! Tables of all bytes looked up with AVX2: 16 parts of 16 bytes are shuffled by the lower half of
//! an index, and its upper bits select among them.

use std::arch::x86_64::*;

use super::planes::{join, split};
use crate::simd::{Avx2, load, load_twice, store};

/// Bytes of a vector.
const LEN: usize = 32;

/// Writes what becomes of bytes, as far as they fill vectors; returns how many these are.
#[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
pub(super) fn look_up(_: Avx2, table: &[u8; 256], source: &[u8], out: &mut [u8]) -> usize {
    let (blocks, targets) = (source.as_chunks().0, out.as_chunks_mut().0);
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { of_blocks(table, blocks, targets) }
    blocks.len().min(targets.len()) * LEN
}

/// The same of pixels of three channels, by a table for each of them; returns how many bytes they
/// have.
#[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
pub(super) fn look_up_pixels(
    _: Avx2,
    tables: [&[u8; 256]; 3],
    source: &[u8],
    out: &mut [u8],
) -> usize {
    let (pixels, target) = (source.as_chunks::<3>().0, out.as_chunks_mut::<3>().0);
    let (blocks, targets) = (pixels.as_chunks().0, target.as_chunks_mut().0);
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { of_pixels(tables, blocks, targets) }
    blocks.len().min(targets.len()) * 3 * LEN
}

#[target_feature(enable = "avx2")]
fn of_pixels(tables: [&[u8; 256]; 3], blocks: &[[[u8; 3]; LEN]], targets: &mut [[[u8; 3]; LEN]]) {
    let mut parts = [[_mm256_setzero_si256(); 16]; 3];
    for (part, table) in parts.iter_mut().zip(tables) {
        *part = vectors(table);
    }
    let mut planes = [[0; LEN]; 3];
    for (block, target) in blocks.iter().zip(targets) {
        split(block, &mut planes);
        for (plane, part) in planes.iter_mut().zip(&parts) {
            store(plane, of_vector(part, load(plane)));
        }
        join(&planes, target);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn vectors(table: &[u8; 256]) -> [__m256i; 16] {
    let mut vectors = [_mm256_setzero_si256(); 16];
    for (vector, part) in vectors.iter_mut().zip(table.as_chunks::<16>().0) {
        *vector = load_twice(part);
    }
    vectors
}

#[target_feature(enable = "avx2")]
fn of_blocks(table: &[u8; 256], blocks: &[[u8; LEN]], targets: &mut [[u8; LEN]]) {
    let vectors = vectors(table);
    for (block, target) in blocks.iter().zip(targets) {
        store(target, of_vector(&vectors, load(block)));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn of_vector(parts: &[__m256i; 16], bytes: __m256i) -> __m256i {
    let lower = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
    // The upper bits, each where a blend looks for it: at the top of its byte.
    let bits = [
        _mm256_slli_epi16::<3>(bytes),
        _mm256_slli_epi16::<2>(bytes),
        _mm256_slli_epi16::<1>(bytes),
        bytes,
    ];
    let mut found = *parts;
    for part in &mut found {
        *part = _mm256_shuffle_epi8(*part, lower);
    }
    let mut count = found.len();
    for bit in bits {
        count /= 2;
        for number in 0..count {
            found[number] = _mm256_blendv_epi8(found[2 * number], found[2 * number + 1], bit);
        }
    }
    found[0]
}
