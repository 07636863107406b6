//! The kernels for processors with AVX2.
//!
//! The two 128-bit lanes of a vector belong to two blocks, so nothing crosses lanes until the
//! finished samples are stored. A kernel takes as many blocks as give rows of 16 samples: two of
//! 8x8, four of 4x4, eight of 2x2.
//!
//! One thread against calls of libjpeg-turbo's functions in the same run, rows of 62 blocks,
//! everything in the first-level cache (Zen 5 at 3.9 GHz; `cargo test --release idct::tests::speed
//! -- --ignored --nocapture`):
//!
//! | | nanoseconds a block | libjpeg-turbo | |
//! | --- | --- | --- | --- |
//! | 8x8 | 11.8 (46 cycles) | 22.5 | 1.9x |
//! | 4x4 | 5.5 | 11.2 | 2.0x |
//! | 2x2 | 2.0 | 4.9 | 2.5x |
//! | 1x1 | 0.2 | 0.6 (portable code) | 3x |
//!
//! What paid for 8x8: one call of the kernel, so that it is compiled into its loop, and one check
//! of the room for all of its stores, 13.1 to 11.8 together with fewer instructions that move words
//! in the second pass.
#![expect(unsafe_code, reason = "SIMD loads and stores go through pointers")]

mod full;
mod reduced;

use super::{Block, Quant};
use crate::simd::Avx2;
use std::arch::x86_64::*;

/// Samples of a row that a group of blocks yields.
const TILE: usize = 16;

/// Turns consecutive blocks of a component into `block` by `block` samples each (8, 4, 2 or 1),
/// side by side: row `r` of block `n` goes to `out[r * stride + n * block..]`.
///
/// # Panics
///
/// If `out` is shorter than `(block - 1) * stride` and a row of all blocks.
pub(in super::super) fn run(
    _: Avx2,
    coefficients: &[Block],
    quant: &Quant,
    block: u32,
    out: &mut [u8],
    stride: usize,
) {
    let side = block as usize;
    let length = side.saturating_sub(1) * stride + coefficients.len() * side;
    assert!(out.len() >= length, "room for the samples");
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { transform(coefficients, quant, block, &mut out[..length], stride) }
}

#[target_feature(enable = "avx2")]
fn transform(coefficients: &[Block], quant: &Quant, block: u32, out: &mut [u8], stride: usize) {
    match block {
        8 => groups(coefficients, out, stride, |blocks: &[Block; 2]| {
            full::two(blocks, quant)
        }),
        4 => groups(coefficients, out, stride, |blocks: &[Block; 4]| {
            reduced::four(blocks, quant)
        }),
        2 => groups(coefficients, out, stride, |blocks: &[Block; 8]| {
            reduced::eight(blocks, quant)
        }),
        1 => reduced::means(coefficients, quant, out),
        _ => unreachable!("blocks become 8, 4, 2 or 1 samples wide"),
    }
}

/// Runs a kernel over blocks `COUNT` at a time. It gives `PAIRS` pairs of rows of 16 samples, one
/// row in each lane: rows `r` and `r + PAIRS`.
///
/// Blocks that are left over go through the same loop, from and to memory of their own: a second
/// call of the kernel keeps it from becoming part of the loop, which costs 10 %.
#[target_feature(enable = "avx2")]
fn groups<const COUNT: usize, const PAIRS: usize>(
    coefficients: &[Block],
    out: &mut [u8],
    stride: usize,
    kernel: impl Fn(&[Block; COUNT]) -> [__m256i; PAIRS],
) {
    let (groups, rest) = coefficients.as_chunks::<COUNT>();
    let (mut padded, mut tile) = ([[0; 64]; COUNT], [0; 8 * TILE]);
    padded[..rest.len()].copy_from_slice(rest);
    for n in 0..coefficients.len().div_ceil(COUNT) {
        let (blocks, to, stride) = match groups.get(n) {
            Some(blocks) => (blocks, &mut out[n * TILE..], stride),
            None => (&padded, &mut tile[..], TILE),
        };
        store_rows(to, stride, kernel(blocks));
    }
    let width = rest.len() * 2 * PAIRS;
    if width > 0 {
        for (r, row) in tile.chunks_exact(TILE).take(2 * PAIRS).enumerate() {
            out[r * stride + groups.len() * TILE..][..width].copy_from_slice(&row[..width]);
        }
    }
}

/// Stores rows of 16 samples, `stride` apart: the lower lanes, then the upper lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn store_rows<const PAIRS: usize>(to: &mut [u8], stride: usize, pairs: [__m256i; PAIRS]) {
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
