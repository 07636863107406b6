//! Colours to pixels, by a lens that leaves corners darker, and a film with grain and a curve.

use super::canvas::Canvas;
use super::rng::{Rng, clamp, pixels};
use crate::pixel::Size;
use crate::random::{Bytes, Stream};

/// What an image is taken with.
#[derive(Debug)]
pub(super) struct Film {
    grains: Bytes,
    grain: f32,
    /// The factors of its curve.
    curve: [f32; 3],
    exposure: f32,
    /// How much darker the ends of rows and columns are than the middle.
    vignette: f32,
    /// One over half of the width, and of the height.
    half: [f32; 2],
    /// How many rows were made.
    rows: u64,
    /// Random bytes for a row.
    bytes: Vec<u8>,
    /// Its pixels, a word each.
    words: Vec<u32>,
}

/// The darkest level and how much brighter the brightest is: grain stays between 0 and 255.
const LEVELS: [f32; 2] = [8.0, 239.0];

impl Film {
    pub(super) fn new(rng: &mut Rng, stream: &mut Stream, size: Size, grain: f32) -> Self {
        Self {
            grains: Bytes::new(stream),
            grain: grain * rng.between(0.5, 1.5),
            curve: curve(rng.between(0.0, 0.6)),
            exposure: rng.between(0.95, 1.3),
            vignette: rng.between(0.0, 0.2),
            half: [size.width, size.height].map(|side| 2.0 / pixels(side)),
            rows: 0,
            bytes: Vec::new(),
            words: Vec::new(),
        }
    }

    /// Makes pixels of the next row, which is row `y`.
    pub(super) fn develop(&mut self, y: f32, canvas: &Canvas, out: &mut [u8]) {
        let width = canvas.columns.len();
        self.bytes.resize(width, 0);
        self.grains
            .fill(self.rows * width.div_ceil(8) as u64, &mut self.bytes);
        self.rows += 1;
        let (grain, curve, across) = (self.grain, self.curve, self.half[0]);
        let v = y * self.half[1] - 1.0;
        let middle = self.exposure * (1.0 - self.vignette * v * v);
        let side = self.exposure * self.vignette;
        let [red, green, blue] = &canvas.planes;
        let columns = canvas.columns.iter().zip(&self.bytes);
        let columns = columns.zip(red).zip(green).zip(blue);
        self.words.resize(width, 0);
        for (word, ((((x, byte), red), green), blue)) in self.words.iter_mut().zip(columns) {
            let u = x * across - 1.0;
            let light = middle - side * u * u;
            let noise = LEVELS[0] + grain * (f32::from(*byte) - 127.5);
            let level = |colour: &f32| level(colour * light, curve, noise);
            *word = level(red) | level(green) << 8 | level(blue) << 16;
        }
        pack(&self.words, out);
    }
}

/// Part of the way to the curve 3x^2 - 2x^3.
fn curve(contrast: f32) -> [f32; 3] {
    [1.0 - contrast, 3.0 * contrast, 2.0 * contrast].map(|part| LEVELS[1] * part)
}

/// Three bytes of each word.
fn pack(words: &[u32], out: &mut [u8]) {
    let ((words, rest), (pixels, last)) = (words.as_chunks::<4>(), out.as_chunks_mut::<12>());
    for (twelve, [a, b, c, d]) in pixels.iter_mut().zip(words) {
        let [low, middle, high] =
            [a | b << 24, b >> 8 | c << 16, c >> 16 | d << 8].map(u32::to_le_bytes);
        twelve[..4].copy_from_slice(&low);
        twelve[4..8].copy_from_slice(&middle);
        twelve[8..].copy_from_slice(&high);
    }
    for (pixel, word) in last.as_chunks_mut::<3>().0.iter_mut().zip(rest) {
        pixel.copy_from_slice(&word.to_le_bytes()[..3]);
    }
}

#[inline]
fn level(colour: f32, curve: [f32; 3], noise: f32) -> u32 {
    let x = clamp(colour);
    let level = x * (curve[0] + x * (curve[1] - x * curve[2])) + noise;
    // Added to so large a number, the nearest whole one is what its last bits say.
    (level + 8_388_608.0).to_bits() & 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grain_neither_wraps_nor_is_cut_off() {
        let most = 0.036 * 1.5 * 127.5;
        for contrast in [0.0, 0.3, 0.6] {
            let curve = curve(contrast);
            for colour in [-1.0, 0.0, 0.5, 1.0, 9.0] {
                let [dark, bright] =
                    [-most, most].map(|grain| level(colour, curve, LEVELS[0] + grain));
                assert!(
                    0 < dark && dark < bright && bright < 255,
                    "{colour}: {dark} to {bright}"
                );
            }
        }
    }

    #[test]
    fn words_become_pixels_whatever_their_number() {
        for width in 1..14 {
            let words: Vec<u32> = (0..width).map(|x| 0x0003_0201 * (x + 1)).collect();
            let mut pixels = vec![0; 3 * words.len()];
            pack(&words, &mut pixels);
            let expected: Vec<u8> = words
                .iter()
                .flat_map(|word| word.to_le_bytes()[..3].to_vec())
                .collect();
            assert_eq!(pixels, expected);
        }
    }
}
