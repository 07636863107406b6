//! The horizontal pass, vectorised across the 16 rows of a strip.
//!
//! The strip is transposed by pairs of columns, so that one `pmaddwd` takes two samples of eight
//! rows with the same two weights: no horizontal additions (taps along a row with `phaddd` took
//! twice the time in the prototype), and each output's weights are broadcast as they lie in the
//! table. Interleaved channels are taken apart in the transposition by one shuffle a load.

use super::STRIP;
use super::vertical::Rows;
use crate::image::resize::axis::Axis;
use crate::image::resize::filter::LANES;
use crate::simd::{load, load_both, load_twice, store, transpose};
use std::arch::x86_64::*;

/// Two columns of a strip: rows 0-3 and 8-11 in the first half, 4-7 and 12-15 in the second, a pair
/// of samples a row.
pub(super) type Pair = [[i16; 16]; 2];

/// Transposes a strip whose rows hold `samples` samples of one channel.
#[target_feature(enable = "avx2,fma")]
pub(super) fn turn(rows: &Rows, samples: usize, pairs: &mut Vec<Pair>, slack: usize) {
    let blocks = samples.div_ceil(8);
    reserve(pairs, 4 * blocks + slack);
    let mut all = [&[][..]; STRIP];
    for (r, row) in all.iter_mut().enumerate() {
        *row = &rows.row(r).as_chunks::<8>().0[..blocks];
    }
    for (b, pairs) in pairs.as_chunks_mut::<4>().0[..blocks]
        .iter_mut()
        .enumerate()
    {
        for half in 0..2 {
            let load = |r: usize| load_both(&all[4 * half + r][b], &all[4 * half + r + 8][b]);
            let columns = transpose([load(0), load(1), load(2), load(3)]);
            for p in 0..4 {
                store(&mut pairs[p][half], columns[p]);
            }
        }
    }
}

/// Transposes a strip of `pixels` interleaved pixels of three channels.
#[target_feature(enable = "avx2,fma")]
pub(super) fn turn_three(rows: &Rows, pixels: usize, channels: &mut [Vec<Pair>; 3], slack: usize) {
    /// Words 0 and 3, 1 and 4, 2 and 5: two pixels channel by channel.
    const APART: [u8; 16] = [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 12, 13, 14, 15];
    let count = pixels.div_ceil(2);
    for pairs in channels.iter_mut() {
        reserve(pairs, count + slack);
    }
    let [red, green, blue] = channels.each_mut().map(|pairs| &mut pairs[..count]);
    let apart = load_twice(&APART);
    let mut all = [&[][..]; STRIP];
    for (r, row) in all.iter_mut().enumerate() {
        *row = &rows.row(r)[..6 * count + 2];
    }
    for p in 0..count {
        let (red, green, blue) = (&mut red[p], &mut green[p], &mut blue[p]);
        for half in 0..2 {
            let eight = |r: usize| all[4 * half + r][6 * p..].first_chunk::<8>();
            let load = |r: usize| match (eight(r), eight(r + 8)) {
                (Some(low), Some(high)) => _mm256_shuffle_epi8(load_both(low, high), apart),
                _ => apart,
            };
            let columns = transpose([load(0), load(1), load(2), load(3)]);
            store(&mut red[half], columns[0]);
            store(&mut green[half], columns[1]);
            store(&mut blue[half], columns[2]);
        }
    }
}

/// Makes room for `length` pairs; what is in the last ones only ever meets weights of zero.
fn reserve(pairs: &mut Vec<Pair>, length: usize) {
    if pairs.len() < length {
        pairs.resize(length, [[0; 16]; 2]);
    }
}

/// All outputs of a strip: 16 rows of each output column.
#[target_feature(enable = "avx2,fma")]
pub(super) fn sums(pairs: &[Pair], axis: &Axis, (from, shift): (i32, u32), out: &mut [[i16; 16]]) {
    match axis.pairs {
        1 => columns::<1>(pairs, axis, from, shift, out),
        2 => columns::<2>(pairs, axis, from, shift, out),
        3 => columns::<3>(pairs, axis, from, shift, out),
        4 => columns::<4>(pairs, axis, from, shift, out),
        5 => columns::<5>(pairs, axis, from, shift, out),
        _ => columns::<0>(pairs, axis, from, shift, out),
    }
}

/// `N` pairs of taps; 0 takes the number from the plan.
#[target_feature(enable = "avx2,fma")]
fn columns<const N: usize>(
    pairs: &[Pair],
    axis: &Axis,
    from: i32,
    shift: u32,
    out: &mut [[i16; 16]],
) {
    let taps = if N == 0 { axis.pairs } else { N };
    let (from, shift) = (
        _mm256_set1_epi32(from),
        _mm_cvtsi32_si128(shift.cast_signed()),
    );
    for ((starts, weights), out) in axis.groups().zip(out[..axis.outputs].chunks_mut(LANES)) {
        let weights = &weights[..taps];
        for (l, out) in out.iter_mut().enumerate() {
            let samples = &pairs[starts[l % LANES] as usize / 2..][..taps];
            let (mut first, mut second) = (from, from);
            for p in 0..taps {
                let weight = _mm256_set1_epi32(weights[p][l % LANES].cast_signed());
                first = _mm256_add_epi32(first, _mm256_madd_epi16(load(&samples[p][0]), weight));
                second = _mm256_add_epi32(second, _mm256_madd_epi16(load(&samples[p][1]), weight));
            }
            store(
                out,
                _mm256_packs_epi32(
                    _mm256_sra_epi32(first, shift),
                    _mm256_sra_epi32(second, shift),
                ),
            );
        }
    }
}
