//! What a picture is like as a whole.

use super::leaves::Style;
use crate::pixel::Size;
use crate::random::Stream;

/// What a picture is made with.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) style: Style,
    /// Strengths of the octaves, the finest first: of the texture, of the light, of the hue.
    pub(super) texture: Vec<u8>,
    pub(super) light: Vec<u8>,
    pub(super) hue: Vec<u8>,
}

/// Strengths of the texture's three finest octaves in pictures of [`SMALL_SIDE`] pixels. Chosen so that JPEGs of quality 75
/// come near to photographs of that size in bytes a pixel and in time to decode (`cargo bench --bench generate`).
const SMALL: [i32; 3] = [250, 160, 100];
/// The same for pictures of [`LARGE_SIDE`] pixels.
const LARGE: [i32; 3] = [100, 120, 100];
/// Strength of the texture's other octaves.
const REST: u8 = 60;

/// The side of a square of as many pixels.
const SMALL_SIDE: u32 = 410;
/// The same for the larger size that is known.
const LARGE_SIDE: u32 = 1735;

/// Pixels of the smallest cells in which there is a leaf.
const SMALLEST: u32 = 10;

impl Scene {
    pub(super) fn new(stream: &mut Stream, size: Size) -> Self {
        let longest = size.width.max(size.height);
        let octaves = (longest.ilog2() as usize).saturating_sub(1).max(3);
        let mut between = |from: i16, to: i16| {
            let drawn = stream.below(u64::from(from.abs_diff(to)));
            from + i16::try_from(drawn).unwrap_or_default()
        };
        let busy = between(550, 1950);
        let warm = between(-110, 160);
        let look = [between(90, 170), busy, 1024 + warm, 1024 - warm + between(-60, 60)];
        let spread = [between(110, 190), 0, 250, 320];
        let crowd = u8::try_from(between(50, 190)).unwrap_or_default();
        let cells = ((longest / 8 * 5).max(SMALLEST), SMALLEST.max(longest / 40));
        let strengths = |of: &dyn Fn(usize) -> u8| (0..octaves).map(of).collect();
        let finest = finest(size);
        Self {
            style: Style { cells, crowd, look, spread },
            texture: strengths(&|octave| finest.get(octave).copied().unwrap_or(REST)),
            light: strengths(&|octave| if octave + 4 < octaves { 0 } else { 150 }),
            hue: strengths(&|octave| if octave == 0 { 0 } else { 100 }),
        }
    }
}

/// Strengths of the finest octaves: between those that are known by the logarithm of the size, and a little beyond.
fn finest(size: Size) -> [u8; 3] {
    let square = u32::try_from(size.pixels().isqrt()).unwrap_or(u32::MAX).max(1);
    let (here, small, large) = (logarithm(square), logarithm(SMALL_SIDE), logarithm(LARGE_SIDE));
    [0, 1, 2].map(|octave| {
        let (a, b) = (SMALL[octave], LARGE[octave]);
        let strength = a + (b - a) * (here - small) / (large - small);
        u8::try_from(strength.clamp(b / 2, a)).unwrap_or_default()
    })
}

/// 64 times the logarithm to base 2, straight between powers of 2.
fn logarithm(x: u32) -> i32 {
    let whole = x.ilog2();
    let part = (u64::from(x) << 6 >> whole) & 63;
    i32::try_from(u64::from(64 * whole) + part).unwrap_or(i32::MAX)
}
