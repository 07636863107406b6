//! Images for tests, made when they are needed: a data set on disk, and the bytes of single
//! files.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs;
use std::path::Path;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Something like a photograph: smooth, with edges and a little noise, another one for each `seed`.
pub(crate) fn pixels(width: usize, height: usize, channels: usize, seed: u64) -> Vec<u8> {
    let mut noise = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let phase = usize::try_from(seed % 97).expect("below 97");
    let mut pixel = |x: usize, y: usize, c: usize| {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        let wave = (x * (c + 2) + y * 3 + phase * 11) % 256;
        let edge = if (x / 37 + y / 29 + phase).is_multiple_of(2) {
            40
        } else {
            0
        };
        let grain = usize::try_from(noise % 16).expect("below 16");
        u8::try_from((wave.min(255 - wave) + edge + grain).min(255)).expect("clipped")
    };
    let mut out = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        for x in 0..width {
            out.extend((0..channels).map(|c| pixel(x, y, c)));
        }
    }
    out
}

/// A JPEG file of such an image.
pub(crate) fn jpeg(width: u16, height: u16, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let pixels = pixels(usize::from(width), usize::from(height), 3, seed);
    encoder
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("an image is encoded");
    out
}

/// Writes a Keras-layout set of `files` images in each of `classes` directories, of varied sizes.
pub(crate) fn data_set(root: &Path, classes: usize, files: usize) {
    for class in 0..classes {
        let folder = root.join(format!("class-{class}"));
        fs::create_dir_all(&folder).expect("a class directory");
        for file in 0..files {
            let seed = class * files + file;
            let (width, height) = (40 + 7 * (seed % 13), 30 + 5 * (seed % 17));
            let side = |side: usize| u16::try_from(side).expect("a small side");
            let bytes = jpeg(side(width), side(height), seed as u64);
            fs::write(folder.join(format!("{file}.jpg")), bytes).expect("a file is written");
        }
    }
}
