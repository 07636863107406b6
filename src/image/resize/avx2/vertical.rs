//! The vertical pass: 32 bytes of every row of a window at a time, whatever the bytes are.
//!
//! Two rows are interleaved byte by byte and widened, so that one `pmaddwd` takes a sample of both
//! with their weights, and the 32-bit sums are exact. It costs as many instructions as `pmulhrsw`
//! on each row (16 for two rows of 32 bytes), which rounds every product.

use super::STRIP;
use crate::image::resize::axis::Axis;
use crate::image::resize::plan::{Axes, Track};
use crate::simd::{load, store};
use std::arch::x86_64::*;

/// Samples computed together.
pub(super) const CHUNK: usize = 32;

/// Rows of a strip after the vertical pass.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// `STRIP` rows of `pitch` chunks.
    chunks: Vec<[[i16; 16]; 2]>,
    pitch: usize,
    /// The last chunk of each row of a window that ends where the plane ends.
    tail: Vec<[u8; CHUNK]>,
    sums: Vec<Sums>,
}

/// Sums of a chunk that are not complete, in the order of `add`.
type Sums = [[i32; 8]; 4];

/// The rows that an output row is made of, from the first chunk that is computed.
#[derive(Clone, Copy)]
struct Window<'a> {
    source: &'a [u8],
    stride: usize,
    /// Number of rows.
    count: usize,
    axis: &'a Axis,
    /// The output row.
    i: usize,
    shift: u32,
}

impl Rows {
    /// Row `r` of the strip.
    pub(super) fn row(&self, r: usize) -> &[i16] {
        self.chunks[r * self.pitch..][..self.pitch]
            .as_flattened()
            .as_flattened()
    }

    /// Computes `rows` rows of the strip that begins with output row `top`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn fill(&mut self, track: &Track<'_>, top: usize, rows: usize) {
        let Axes {
            rows: axis,
            columns,
        } = track.axes;
        let chunks = ((columns.end - columns.first) * track.channels).div_ceil(CHUNK);
        // One more: the transposition reads past the end of the last pixel.
        self.pitch = chunks + 1;
        if self.chunks.len() < STRIP * self.pitch {
            self.chunks.resize(STRIP * self.pitch, [[0; 16]; 2]);
        }
        let stride = track.plane.stride;
        let shift = track.axes.vertical();
        for r in 0..rows {
            let i = top + r;
            let start = (axis.first + axis.start(i)) * stride + columns.first * track.channels;
            let source = &track.plane.data[start..];
            let window = Window {
                source,
                stride,
                count: axis.count(i),
                axis,
                i,
                shift,
            };
            let to = &mut self.chunks[r * self.pitch..][..chunks];
            window.fill(to, &mut self.tail, &mut self.sums);
        }
    }
}

impl Window<'_> {
    /// Computes all chunks, those that reach over the end of the plane from a copy.
    #[target_feature(enable = "avx2,fma")]
    fn fill(&self, to: &mut [[[i16; 16]; 2]], tail: &mut Vec<[u8; CHUNK]>, sums: &mut Vec<Sums>) {
        let last = &self.source[(self.count - 1) * self.stride..];
        let inside = (last.len() / CHUNK).min(to.len());
        let (whole, rest) = to.split_at_mut(inside);
        self.sums(whole, sums);
        if rest.is_empty() {
            return;
        }
        // At most one chunk is left, and all of its samples are there: the slice ends behind the
        // last of them.
        tail.clear();
        tail.resize(self.count, [0; CHUNK]);
        let from = inside * CHUNK;
        let length = last.len() - from;
        for (k, row) in tail.iter_mut().enumerate() {
            row[..length].copy_from_slice(&self.source[k * self.stride + from..][..length]);
        }
        Window {
            source: tail.as_flattened(),
            stride: CHUNK,
            ..*self
        }
        .sums(rest, sums);
    }

    /// Chunks that lie inside the source.
    ///
    /// Many rows are taken eight at a time over the whole width: down a column, each of the rows
    /// would be in a page of its own.
    #[target_feature(enable = "avx2,fma")]
    fn sums(&self, to: &mut [[[i16; 16]; 2]], sums: &mut Vec<Sums>) {
        let pairs = self.count.div_ceil(2);
        if pairs <= 4 {
            return match pairs {
                1 => self.block::<1, true, true>(0, to, &mut []),
                2 => self.block::<2, true, true>(0, to, &mut []),
                3 => self.block::<3, true, true>(0, to, &mut []),
                _ => self.block::<4, true, true>(0, to, &mut []),
            };
        }
        if sums.len() < to.len() {
            sums.resize(to.len(), [[0; 8]; 4]);
        }
        self.block::<4, true, false>(0, to, sums);
        let mut p = 4;
        while p + 4 < pairs {
            self.block::<4, false, false>(p, to, sums);
            p += 4;
        }
        match pairs - p {
            1 => self.block::<1, false, true>(p, to, sums),
            2 => self.block::<2, false, true>(p, to, sums),
            3 => self.block::<3, false, true>(p, to, sums),
            _ => self.block::<4, false, true>(p, to, sums),
        }
    }

    /// `to.len()` chunks of row `k`. The second row of a last pair without one has weight zero: any
    /// row will do.
    #[inline]
    fn row(&self, k: usize, chunks: usize) -> &[[u8; CHUNK]] {
        &self.source[k.min(self.count - 1) * self.stride..]
            .as_chunks()
            .0[..chunks]
    }

    /// Adds `N` pairs of rows from pair `first` on, their weights kept in registers, to `sums`
    /// (nothing if `FIRST`), and leaves them there or, if `LAST`, finished in `to`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn block<const N: usize, const FIRST: bool, const LAST: bool>(
        &self,
        first: usize,
        to: &mut [[[i16; 16]; 2]],
        sums: &mut [Sums],
    ) {
        let shift = _mm_cvtsi32_si128(self.shift.cast_signed());
        let mut rows = [[&[][..]; 2]; N];
        let mut weights = [_mm256_setzero_si256(); N];
        for p in 0..N {
            let k = 2 * (first + p);
            rows[p] = [self.row(k, to.len()), self.row(k + 1, to.len())];
            weights[p] = _mm256_set1_epi32(self.axis.pair(self.i, first + p).cast_signed());
        }
        for (c, to) in to.iter_mut().enumerate() {
            let mut all = [_mm256_setzero_si256(); 4];
            if !FIRST {
                for (all, sum) in all.iter_mut().zip(&sums[c]) {
                    *all = load(sum);
                }
            }
            for p in 0..N {
                all = add(all, load(&rows[p][0][c]), load(&rows[p][1][c]), weights[p]);
            }
            if LAST {
                finish(all, shift, to);
            } else {
                for (all, sum) in all.iter().zip(&mut sums[c]) {
                    store(sum, *all);
                }
            }
        }
    }
}

/// Adds two rows times their weights; the four sums hold samples 0-3 and 16-19, 4-7 and 20-23, and
/// so on.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn add(sums: [__m256i; 4], first: __m256i, second: __m256i, weight: __m256i) -> [__m256i; 4] {
    let zero = _mm256_setzero_si256();
    let low = _mm256_unpacklo_epi8(first, second);
    let high = _mm256_unpackhi_epi8(first, second);
    let a = _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), weight);
    let b = _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), weight);
    let c = _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), weight);
    let d = _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), weight);
    [
        _mm256_add_epi32(sums[0], a),
        _mm256_add_epi32(sums[1], b),
        _mm256_add_epi32(sums[2], c),
        _mm256_add_epi32(sums[3], d),
    ]
}

/// Shifts and saturates sums to 16 bits, in the order of the samples.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn finish(sums: [__m256i; 4], shift: __m128i, to: &mut [[i16; 16]; 2]) {
    let [a, b, c, d] = sums;
    let even = _mm256_packs_epi32(_mm256_sra_epi32(a, shift), _mm256_sra_epi32(b, shift));
    let odd = _mm256_packs_epi32(_mm256_sra_epi32(c, shift), _mm256_sra_epi32(d, shift));
    store(&mut to[0], _mm256_permute2x128_si256::<0x20>(even, odd));
    store(&mut to[1], _mm256_permute2x128_si256::<0x31>(even, odd));
}
