//! Pixels of three bytes, for processors with AVX2.

use std::arch::x86_64::*;

use super::Pixels;
use crate::simd::{Avx2, load_both, load_half, load_twice, store, transpose as transpose_words};

/// Bytes of 16 pixels.
const BLOCK: usize = 48;

/// Writes what it can of a row from right to left, and returns how many bytes that is.
#[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
pub(super) fn mirror(_: Avx2, row: &[u8], target: &mut [u8]) -> usize {
    let (blocks, targets) = (row.as_rchunks().1, target.as_chunks_mut().0);
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { mirror_blocks(blocks, targets) }
    blocks.len() * BLOCK
}

#[target_feature(enable = "avx2")]
fn mirror_blocks(blocks: &[[u8; BLOCK]], targets: &mut [[u8; BLOCK]]) {
    let order = |to: usize, from: usize| load_half(&ORDERS[to][from]);
    // They are read in the order in which they lie in memory, which processors foresee.
    for (block, target) in blocks.iter().zip(targets.iter_mut().rev()) {
        let vectors = block.as_chunks().0;
        let [first, second, third] = [0, 1, 2].map(|at| load_half::<[u8; 16]>(&vectors[at]));
        let found = [
            _mm_or_si128(
                _mm_shuffle_epi8(second, order(0, 1)),
                _mm_shuffle_epi8(third, order(0, 2)),
            ),
            _mm_or_si128(
                _mm_shuffle_epi8(second, order(1, 1)),
                _mm_or_si128(
                    _mm_shuffle_epi8(first, order(1, 0)),
                    _mm_shuffle_epi8(third, order(1, 2)),
                ),
            ),
            _mm_or_si128(
                _mm_shuffle_epi8(first, order(2, 0)),
                _mm_shuffle_epi8(second, order(2, 1)),
            ),
        ];
        store(target, found);
    }
}

/// For each vector of a mirrored block, the shuffle that takes its bytes from each of the block.
const ORDERS: [[[u8; 16]; 3]; 3] = {
    let mut orders = [[[0x80; 16]; 3]; 3];
    let mut to = 0u8;
    while (to as usize) < BLOCK {
        let from = 45 - to / 3 * 3 + to % 3;
        orders[to as usize / 16][from as usize / 16][to as usize % 16] = from % 16;
        to += 1;
    }
    orders
};

/// Columns and rows that are read and written together.
const COLUMNS: usize = 4;
const ROWS: usize = 8;

/// Columns whose rows in the result are written side by side, so that they stay in the cache.
const TILE: usize = 64;

/// Writes the image whose rows are the columns of this one.
#[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
pub(super) fn transpose(_: Avx2, source: &Pixels<'_>, out: &mut [u8]) {
    let (width, height) = (source.width, source.height);
    // Four bytes more than a block's are read of each row.
    let whole_columns = width.saturating_sub(2) / COLUMNS * COLUMNS;
    let whole_rows = height / ROWS * ROWS;
    for first in (0..whole_columns).step_by(TILE) {
        let end = whole_columns.min(first + TILE);
        for top in (0..whole_rows).step_by(ROWS) {
            // SAFETY: an `Avx2` is proof that the processor has it.
            unsafe { turn(source, top, first..end, out) }
        }
    }
    for row in 0..height {
        let first = if row < whole_rows { whole_columns } else { 0 };
        for column in first..width {
            let from = &source.bytes[(row * width + column) * 3..][..3];
            out[(column * height + row) * 3..][..3].copy_from_slice(from);
        }
    }
}

/// Writes some columns of the rows from `top` on.
#[target_feature(enable = "avx2")]
fn turn(source: &Pixels<'_>, top: usize, columns: std::ops::Range<usize>, out: &mut [u8]) {
    const APART: [u8; 16] = [0, 1, 2, 0x80, 3, 4, 5, 0x80, 6, 7, 8, 0x80, 9, 10, 11, 0x80];
    const TOGETHER: [u8; 16] = [
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80,
    ];
    const NONE: &[u8; 16] = &[0; 16];
    let (apart, together) = (load_twice(&APART), load_twice(&TOGETHER));
    let (width, height) = (source.width, source.height);
    let rows: [&[u8]; ROWS] = std::array::from_fn(|row| {
        let start = (top + row) * width;
        &source.bytes[(start + columns.start) * 3..(start + width) * 3]
    });
    for (block, left) in columns.step_by(COLUMNS).enumerate() {
        let found = rows.map(|row| row[block * 12..].first_chunk().unwrap_or(NONE));
        let pixels = [0, 1, 2, 3]
            .map(|row| _mm256_shuffle_epi8(load_both(found[row], found[row + 4]), apart));
        for (by, turned) in transpose_words(pixels).into_iter().enumerate() {
            let turned = _mm256_shuffle_epi8(turned, together);
            let [low, high]: [[u8; 16]; 2] = bytemuck::cast(turned);
            let target = &mut out[((left + by) * height + top) * 3..];
            target[..16].copy_from_slice(&low);
            if top + ROWS + 1 < height {
                // The bytes after it are written later.
                target[12..28].copy_from_slice(&high);
            } else {
                target[12..24].copy_from_slice(&high[..12]);
            }
        }
    }
}
