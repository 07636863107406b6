//! Sums of pixels along rows in single precision, for processors with AVX2: the same as those of
//! other processors, to the bit.

use std::arch::x86_64::*;

use super::{Columns, MOST, TOGETHER};
use crate::simd::{Avx2, load_half, store};

/// Sums of some pixels side by side.
type Sums = [f32; MOST * TOGETHER];

/// Computes pixels of `C` elements, three or four of them.
#[expect(unsafe_code, reason = "calls functions that are compiled for AVX2")]
pub(super) fn sum<const C: usize>(_: Avx2, columns: &Columns<'_, f32>, sums: &mut Sums) {
    // The numbers of pixels that are usual are known when it is compiled.
    let sum = match columns.taps {
        2 => sum_taps::<C, 2>,
        4 => sum_taps::<C, 4>,
        _ => sum_taps::<C, 0>,
    };
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { sum(columns, sums) }
}

#[target_feature(enable = "avx2")]
fn sum_taps<const C: usize, const N: usize>(columns: &Columns<'_, f32>, sums: &mut Sums) {
    let taps = if N == 0 { columns.taps } else { N };
    let weights = columns.weights.chunks_exact(taps);
    for (at, (start, weights)) in columns.starts.iter().zip(weights).enumerate() {
        let part = &columns.line[start * C..][..(taps - 1) * C + MOST];
        let mut sum = _mm_setzero_ps();
        for column in 0..taps {
            let Some(pixel) = part[column * C..].first_chunk::<MOST>() else {
                break;
            };
            let pixel = _mm_castsi128_ps(load_half(pixel));
            sum = _mm_add_ps(sum, _mm_mul_ps(pixel, _mm_set1_ps(weights[column])));
        }
        if let Some(target) = sums[at * C..].first_chunk_mut::<MOST>() {
            store(target, sum);
        }
    }
}
