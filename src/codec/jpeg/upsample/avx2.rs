//! Upsampling and colour conversion for processors with AVX2, 32 pixels at a time.
//!
//! Interpolation is linear, so its two directions can change places: each row of chroma is first
//! made wide, without rounding, once for the three or four rows of pixels that it has a part in; a
//! row of pixels is then a sum of two wide rows, divided, and goes on to colour in the same
//! registers. Of a block of 32 pixels, one vector of words holds every second one from the first
//! on, another the rest: so interpolation makes them, and only the shuffles that interleave the
//! channels, which are needed in any case, bring them together.

use super::{Method, Track, full_rows};
use crate::codec::Window;
use crate::simd::{Avx2, factors, interleave, load, load_half, store};
use std::arch::x86_64::*;

/// Pixels of a block.
const BLOCK: usize = 32;

/// Words of a block of 32 pixels: pixels 0, 2 and so on, then pixels 1, 3 and so on.
type Wide = [[i16; 16]; 2];

/// The same in vectors.
type Words = [__m256i; 2];

/// Two wide rows of each chroma component, and which rows they are.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rows: [[Vec<Wide>; 2]; 2],
    held: [[Option<u32>; 2]; 2],
}

/// All rows of a window that begins at column `left`, each with its number.
#[expect(unsafe_code, reason = "instructions beyond the baseline")]
pub(super) fn rgb<'o>(
    _: Avx2,
    scratch: &mut Scratch,
    rooms: &mut [Vec<u8>; 3],
    tracks: &[Track<'_>; 3],
    left: u32,
    rows: impl Iterator<Item = (&'o mut [u8], u32)>,
) {
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { convert_rows(scratch, rooms, tracks, left, rows) }
}

#[target_feature(enable = "avx2")]
fn convert_rows<'o>(
    scratch: &mut Scratch,
    rooms: &mut [Vec<u8>; 3],
    tracks: &[Track<'_>; 3],
    left: u32,
    rows: impl Iterator<Item = (&'o mut [u8], u32)>,
) {
    scratch.held = [[None; 2]; 2];
    for (out, y) in rows {
        match tracks.each_ref().map(|track| track.method) {
            [Method::Same, Method::Both, Method::Both] => both(scratch, tracks, (left, y), out),
            [Method::Same, Method::Across, Method::Across] => {
                across(scratch, tracks, (left, y), out);
            }
            _ => bytes(rooms, tracks, (left, y), out),
        }
    }
}

/// A row of 4:2:0.
#[target_feature(enable = "avx2")]
fn both(scratch: &mut Scratch, tracks: &[Track<'_>; 3], (left, y): (u32, u32), out: &mut [u8]) {
    let blocks = (out.len() / 3).div_ceil(BLOCK);
    let (near, far) = tracks[1].nearest(y);
    for (component, track) in tracks[1..].iter().enumerate() {
        for row in [near, far] {
            scratch.hold(component, track, row, left, out.len() / 3);
        }
    }
    let wide = |component: usize, row: u32| &scratch.rows[component][row as usize % 2][..blocks];
    let (blue, red) = ([wide(0, near), wide(0, far)], [wide(1, near), wide(1, far)]);
    // The mean of 16 parts less 128; rounded up at even columns, down at odd ones.
    let bias = alternating(left, 8 - 16 * 128, 7 - 16 * 128);
    let mean = |[near, far]: [&[Wide]; 2], b: usize, half: usize| {
        let (near, far) = (load(&near[b][half]), load(&far[b][half]));
        let three = _mm256_add_epi16(_mm256_add_epi16(near, near), near);
        _mm256_srai_epi16::<4>(_mm256_add_epi16(_mm256_add_epi16(three, far), bias[half]))
    };
    let chroma = |b: usize| {
        [
            [mean(blue, b, 0), mean(blue, b, 1)],
            [mean(red, b, 0), mean(red, b, 1)],
        ]
    };
    colour(tracks[0].from(y, left), chroma, out);
}

/// A row of 4:2:2.
#[target_feature(enable = "avx2")]
fn across(scratch: &mut Scratch, tracks: &[Track<'_>; 3], (left, y): (u32, u32), out: &mut [u8]) {
    let blocks = (out.len() / 3).div_ceil(BLOCK);
    for (component, track) in tracks[1..].iter().enumerate() {
        scratch.hold(component, track, y, left, out.len() / 3);
    }
    let wide = |component: usize| &scratch.rows[component][y as usize % 2][..blocks];
    let (blue, red) = (wide(0), wide(1));
    let bias = alternating(left, 1 - 4 * 128, 2 - 4 * 128);
    let mean = |wide: &[Wide], b: usize, half: usize| {
        _mm256_srai_epi16::<2>(_mm256_add_epi16(load(&wide[b][half]), bias[half]))
    };
    let chroma = |b: usize| {
        [
            [mean(blue, b, 0), mean(blue, b, 1)],
            [mean(red, b, 0), mean(red, b, 1)],
        ]
    };
    colour(tracks[0].from(y, left), chroma, out);
}

/// A row of components of full size, or made so.
#[target_feature(enable = "avx2")]
fn bytes(rooms: &mut [Vec<u8>; 3], tracks: &[Track<'_>; 3], (left, y): (u32, u32), out: &mut [u8]) {
    let width = u32::try_from(out.len() / 3).unwrap_or(u32::MAX);
    let window = Window {
        left,
        top: y,
        width,
        height: 1,
    };
    let [luma, blue, red] = full_rows(tracks, rooms, window, y);
    let middle = _mm256_set1_epi16(-128);
    let words =
        |row: &[u8], b: usize| widened(block(row, b)).map(|words| _mm256_add_epi16(words, middle));
    colour(luma, |b| [words(blue, b), words(red, b)], out);
}

/// A word for even columns of the image and one for odd ones, for a block that begins in column
/// `left`.
#[target_feature(enable = "avx2")]
fn alternating(left: u32, even: i16, odd: i16) -> Words {
    let is_even = left.is_multiple_of(2);
    let (first, second) = if is_even { (even, odd) } else { (odd, even) };
    [_mm256_set1_epi16(first), _mm256_set1_epi16(second)]
}

impl Scratch {
    /// Sees that a row of a chroma component is there, wide, for `width` pixels from column `left`
    /// on.
    #[target_feature(enable = "avx2")]
    fn hold(&mut self, component: usize, track: &Track<'_>, row: u32, left: u32, width: usize) {
        let slot = row as usize % 2;
        if self.held[component][slot].replace(row) != Some(row) {
            let wide = &mut self.rows[component][slot];
            let blocks = width.div_ceil(BLOCK);
            if wide.len() < blocks {
                wide.resize(blocks, [[0; 16]; 2]);
            }
            expand(track, row, left, width, &mut wide[..blocks]);
        }
    }
}

/// Makes a row of samples twice as wide: each pixel has three parts of its own sample and one of
/// the sample it is next to.
#[target_feature(enable = "avx2")]
fn expand(track: &Track<'_>, row: u32, left: u32, width: usize, wide: &mut [Wide]) {
    let start = (row - track.cut.top) as usize * track.cut.stride as usize
        + (left / 2 - track.cut.left) as usize;
    let odd = !left.is_multiple_of(2);
    let three = |x: __m256i| _mm256_add_epi16(_mm256_add_epi16(x, x), x);
    for (b, wide) in wide.iter_mut().enumerate() {
        let [before, own, after] = neighbours(track.data, start + b * BLOCK / 2);
        let (first, second) = if odd {
            (
                _mm256_add_epi16(three(own), after),
                _mm256_add_epi16(three(after), own),
            )
        } else {
            (
                _mm256_add_epi16(three(own), before),
                _mm256_add_epi16(three(own), after),
            )
        };
        store(&mut wide[0], first);
        store(&mut wide[1], second);
    }
    repeat_edges(track, row, left, width, wide);
}

/// The outermost columns of the image have no neighbours but themselves.
fn repeat_edges(track: &Track<'_>, row: u32, left: u32, width: usize, wide: &mut [Wide]) {
    let row = track.row(row);
    let mut set = |pixel: usize, sample: u8| {
        wide[pixel / BLOCK][pixel % 2][pixel % BLOCK / 2] = 4 * i16::from(sample);
    };
    if left == 0 {
        set(0, row[0]);
    }
    let last = (track.cut.whole.width * 2 - 1 - left) as usize;
    if last < width {
        set(last, row[row.len() - 1]);
    }
}

/// Sixteen samples from `at` on, with those before and behind each; zeros where there are none.
#[inline]
#[target_feature(enable = "avx2")]
fn neighbours(data: &[u8], at: usize) -> [__m256i; 3] {
    let first = at.checked_sub(1);
    let samples = first.and_then(|first| data.get(first..)?.first_chunk::<18>());
    let samples = match samples {
        Some(samples) => samples,
        None => &std::array::from_fn(|i| {
            let sample = (at + i).checked_sub(1).and_then(|at| data.get(at));
            sample.copied().unwrap_or(0)
        }),
    };
    [0, 1, 2].map(|from| {
        let sixteen = samples[from..].first_chunk::<16>();
        sixteen.map_or_else(
            || _mm256_setzero_si256(),
            |sixteen| _mm256_cvtepu8_epi16(load_half(sixteen)),
        )
    })
}

/// Converts a row; `chroma` yields Cb and Cr, less 128, of a block of 32 pixels.
#[inline]
#[target_feature(enable = "avx2")]
fn colour(luma: &[u8], chroma: impl Fn(usize) -> [Words; 2], out: &mut [u8]) {
    let (blocks, rest) = out.as_chunks_mut::<{ 3 * BLOCK }>();
    let count = blocks.len();
    for (b, out) in blocks.iter_mut().enumerate() {
        pixels(block(luma, b), chroma(b), out);
    }
    if !rest.is_empty() {
        let mut last = [0; 3 * BLOCK];
        pixels(block(luma, count), chroma(count), &mut last);
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// 32 bytes of a row; those behind its end are of no account.
#[inline]
#[target_feature(enable = "avx2")]
fn block(row: &[u8], b: usize) -> __m256i {
    let row = &row[b * BLOCK..];
    if let Some(bytes) = row.first_chunk::<BLOCK>() {
        return load(bytes);
    }
    let mut bytes = [0; BLOCK];
    bytes[..row.len()].copy_from_slice(row);
    load(&bytes)
}

/// Bytes to words.
#[inline]
#[target_feature(enable = "avx2")]
fn widened(bytes: __m256i) -> Words {
    [
        _mm256_and_si256(bytes, _mm256_set1_epi16(0xff)),
        _mm256_srli_epi16::<8>(bytes),
    ]
}

/// 32 pixels.
#[inline]
#[target_feature(enable = "avx2")]
fn pixels(luma: __m256i, [blue, red]: [Words; 2], out: &mut [u8; 3 * BLOCK]) {
    let luma = widened(luma);
    let first = convert(luma[0], blue[0], red[0]);
    let second = convert(luma[1], blue[1], red[1]);
    let pack = |c: usize| _mm256_packus_epi16(first[c], second[c]);
    // Each lane of these holds a third of 16 pixels.
    let [a, b, c] = interleave::<true>([pack(0), pack(1), pack(2)]);
    let vectors = [
        _mm256_permute2x128_si256::<0x20>(a, b),
        _mm256_permute2x128_si256::<0x30>(c, a),
        _mm256_permute2x128_si256::<0x31>(b, c),
    ];
    for (to, vector) in out.as_chunks_mut::<BLOCK>().0.iter_mut().zip(vectors) {
        store(to, vector);
    }
}

/// Red, green and blue of 16 pixels, not yet limited to bytes.
///
/// libjpeg rounds each colour's difference to luma once, from factors with 16 bits of fraction.
/// Those of red and blue come out the same with 14 bits, for all 256 values. That of green has two
/// parts, and only 32 bits hold their sum.
#[inline]
#[target_feature(enable = "avx2")]
fn convert(luma: __m256i, blue: __m256i, red: __m256i) -> [__m256i; 3] {
    let (blue, red) = (_mm256_slli_epi16::<1>(blue), _mm256_slli_epi16::<1>(red));
    let times = |twice, factor| _mm256_mulhrs_epi16(twice, _mm256_set1_epi16(factor));
    let green = factors(GREEN_BLUE, GREEN_RED);
    let half = _mm256_set1_epi32(1 << 15);
    let sum =
        |pair| _mm256_srai_epi32::<16>(_mm256_add_epi32(_mm256_madd_epi16(pair, green), half));
    let green = _mm256_packs_epi32(
        sum(_mm256_unpacklo_epi16(blue, red)),
        sum(_mm256_unpackhi_epi16(blue, red)),
    );
    [
        _mm256_add_epi16(luma, times(red, RED)),
        _mm256_add_epi16(luma, green),
        _mm256_add_epi16(luma, times(blue, BLUE)),
    ]
}

/// 1.402 / 2 of 2^15.
const RED: i16 = 22970;
/// 1.772 / 2 of 2^15.
const BLUE: i16 = 29033;
/// -0.34414 / 2 of 2^16.
const GREEN_BLUE: i16 = -11277;
/// -0.71414 / 2 of 2^16.
const GREEN_RED: i16 = -23401;
