//! Resized channels of a strip to bytes in the order of the output: colour, transposition back,
//! interleaving.
//!
//! It works on tiles of 16 columns and 16 rows. A finished strip is staged in the first-level
//! cache, because tiles written straight into a slot that is in no cache took twice the time of
//! writing it front to back (measured on the prototype).

use super::STRIP;
use crate::image::resize::plan::{Colour, Job, SAMPLE_BITS};
use crate::image::resize::portable::{BLUE_CB, GREEN_CB, GREEN_CR, RED_CR};
use crate::pixel::Layout;
use crate::simd::{factors, interleave, load, store};
use std::arch::x86_64::*;

/// 16 columns of 16 rows.
type Columns<'a> = &'a [[i16; 16]; 16];

/// A channel of a tile. Transposed: vector `r` has row `r` in its low lane and row `r + 8` in its
/// high one.
type Tile = [__m256i; 8];

/// The columns that are packed together, each with the one four further on, for `turn`.
const PACKED: [usize; 8] = [0, 1, 2, 3, 8, 9, 10, 11];

/// Bytes of a finished strip.
#[derive(Debug, Default)]
pub(super) struct Stage {
    bytes: Vec<u8>,
    /// Pixels of a row: those of the output, or 16 if that has fewer.
    pub(super) pitch: usize,
}

impl Stage {
    /// From row `r` of channel `c` on (planar), or from row `r` on (interleaved).
    pub(super) fn rows(&self, interleaved: usize, r: usize, c: usize) -> &[u8] {
        &self.bytes[(c * STRIP + r) * self.pitch * interleaved..]
    }

    /// Converts a strip; `channels` have at least 16 columns each.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn fill(&mut self, job: &Job<'_>, channels: &[Vec<[i16; 16]>; 3]) {
        self.pitch = job.width.max(16);
        let length = STRIP * self.pitch * job.channels;
        if self.bytes.len() < length {
            self.bytes.resize(length, 0);
        }
        for x in (0..self.pitch).step_by(16) {
            // The last tile overlaps the one before it.
            let x = x.min(self.pitch - 16);
            self.tile(job, channels, x);
        }
    }

    /// The tile at column `x`.
    #[target_feature(enable = "avx2,fma")]
    fn tile(&mut self, job: &Job<'_>, channels: &[Vec<[i16; 16]>; 3], x: usize) {
        let columns =
            |c: usize| -> Columns<'_> { channels[c][x..].first_chunk().expect("16 columns") };
        if job.channels == 1 {
            let mut tile = match job.colour {
                Colour::Weigh => {
                    weigh([narrow(columns(0)), narrow(columns(1)), narrow(columns(2))])
                }
                _ => narrow(columns(0)),
            };
            turn(&mut tile);
            return self.planar(&tile, 0, x);
        }
        let mut tiles = match job.colour {
            Colour::Repeat => [narrow(columns(0)); 3],
            Colour::Jfif => jfif(columns(0), columns(1), columns(2)),
            _ => [narrow(columns(0)), narrow(columns(1)), narrow(columns(2))],
        };
        if job.swap {
            tiles.swap(0, 2);
        }
        for tile in &mut tiles {
            turn(tile);
        }
        match job.layout {
            Layout::Nhwc => self.interleaved(&tiles, x),
            Layout::Nchw => {
                for (c, tile) in tiles.iter().enumerate() {
                    self.planar(tile, c, x);
                }
            }
        }
    }

    /// Stores a channel of a tile.
    #[target_feature(enable = "avx2,fma")]
    fn planar(&mut self, tile: &Tile, c: usize, x: usize) {
        let channel = &mut self.bytes[c * STRIP * self.pitch..][..STRIP * self.pitch];
        let (upper, lower) = channel.split_at_mut(8 * self.pitch);
        let rows = upper
            .chunks_exact_mut(self.pitch)
            .zip(lower.chunks_exact_mut(self.pitch));
        for (&vector, (upper, lower)) in tile.iter().zip(rows) {
            put(upper, x, vector, false);
            put(lower, x, vector, true);
        }
    }

    /// Stores three channels of a tile, interleaved.
    #[target_feature(enable = "avx2,fma")]
    fn interleaved(&mut self, tiles: &[Tile; 3], x: usize) {
        let (upper, lower) = self.bytes[..STRIP * self.pitch * 3].split_at_mut(8 * self.pitch * 3);
        let rows = upper
            .chunks_exact_mut(self.pitch * 3)
            .zip(lower.chunks_exact_mut(self.pitch * 3));
        for (r, (upper, lower)) in rows.enumerate() {
            let vectors = interleave::<false>([tiles[0][r], tiles[1][r], tiles[2][r]]);
            let (upper, lower) = (&mut upper[3 * x..][..48], &mut lower[3 * x..][..48]);
            for (q, vector) in vectors.into_iter().enumerate() {
                put(upper, 16 * q, vector, false);
                put(lower, 16 * q, vector, true);
            }
        }
    }
}

/// Stores a lane at `at`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn put(to: &mut [u8], at: usize, vector: __m256i, high: bool) {
    if let Some(to) = to[at..].first_chunk_mut::<16>() {
        if high {
            store(to, _mm256_extracti128_si256::<1>(vector));
        } else {
            store(to, _mm256_castsi256_si128(vector));
        }
    }
}

/// Cuts the fraction off and packs columns.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn narrow(columns: Columns<'_>) -> Tile {
    PACKED.map(|j| pack(load(&columns[j]), load(&columns[j + 4])))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn pack(a: __m256i, b: __m256i) -> __m256i {
    const CUT: i32 = SAMPLE_BITS.cast_signed();
    _mm256_packus_epi16(_mm256_srai_epi16::<CUT>(a), _mm256_srai_epi16::<CUT>(b))
}

/// Y, Cb, Cr to red, green, blue.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn jfif(y: Columns<'_>, cb: Columns<'_>, cr: Columns<'_>) -> [Tile; 3] {
    let factor = |k| _mm256_set1_epi16(k);
    let (red, blue) = (factor(RED_CR), factor(BLUE_CB));
    let (green_blue, green_red) = (factor(GREEN_CB), factor(GREEN_CR));
    let column = |j: usize| {
        let (y, cb, cr) = (load(&y[j]), load(&cb[j]), load(&cr[j]));
        let green = _mm256_adds_epi16(
            _mm256_mulhrs_epi16(cb, green_blue),
            _mm256_mulhrs_epi16(cr, green_red),
        );
        [
            _mm256_adds_epi16(_mm256_adds_epi16(y, cr), _mm256_mulhrs_epi16(cr, red)),
            _mm256_adds_epi16(y, green),
            _mm256_adds_epi16(_mm256_adds_epi16(y, cb), _mm256_mulhrs_epi16(cb, blue)),
        ]
    };
    let mut tiles = [[_mm256_setzero_si256(); 8]; 3];
    for (m, j) in PACKED.into_iter().enumerate() {
        let (a, b) = (column(j), column(j + 4));
        for c in 0..3 {
            tiles[c][m] = pack(a[c], b[c]);
        }
    }
    tiles
}

/// Red, green and blue to luma, in 32 bits; the factor of green is halved to fit into 16 bits and
/// counted twice.
#[target_feature(enable = "avx2,fma")]
fn weigh([red, green, blue]: [Tile; 3]) -> Tile {
    let zero = _mm256_setzero_si256();
    let (red_green, blue_green) = (factors(19595, 19235), factors(7471, 19235));
    let half = _mm256_set1_epi32(0x8000);
    let sum = |rg, bg| {
        let sum = _mm256_add_epi32(
            _mm256_madd_epi16(rg, red_green),
            _mm256_madd_epi16(bg, blue_green),
        );
        _mm256_srli_epi32::<16>(_mm256_add_epi32(sum, half))
    };
    let words = |r, g, b| {
        let low = sum(_mm256_unpacklo_epi16(r, g), _mm256_unpacklo_epi16(b, g));
        let high = sum(_mm256_unpackhi_epi16(r, g), _mm256_unpackhi_epi16(b, g));
        _mm256_packus_epi32(low, high)
    };
    let mut tile = [zero; 8];
    for m in 0..8 {
        let (r, g, b) = (red[m], green[m], blue[m]);
        let low = words(
            _mm256_unpacklo_epi8(r, zero),
            _mm256_unpacklo_epi8(g, zero),
            _mm256_unpacklo_epi8(b, zero),
        );
        let high = words(
            _mm256_unpackhi_epi8(r, zero),
            _mm256_unpackhi_epi8(g, zero),
            _mm256_unpackhi_epi8(b, zero),
        );
        tile[m] = _mm256_packus_epi16(low, high);
    }
    tile
}

/// Transposes packed columns to rows. Each stage shifts one bit of the column number in at the
/// bottom of the byte's place and the top bit of the place out to the vector's number.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn turn(tile: &mut Tile) {
    let low = |a, b| _mm256_unpacklo_epi8(a, b);
    let high = |a, b| _mm256_unpackhi_epi8(a, b);
    for distance in [4, 4, 2, 1] {
        let before = *tile;
        for q in (0..8).filter(|q| q & distance == 0) {
            tile[q] = low(before[q], before[q + distance]);
            tile[q + distance] = high(before[q], before[q + distance]);
        }
    }
}
