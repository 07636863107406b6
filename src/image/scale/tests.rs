//! Resizes against the same sums in doubles.

use proptest::prelude::*;

use super::*;

/// The weights of all pixels of the source for pixel `number` of `count`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
fn weights(taps: Taps, number: usize, len: usize, count: usize) -> Vec<f64> {
    let scale = len as f64 / count as f64;
    let mut weights = vec![0.0; len];
    match taps {
        Taps::Nearest => {
            let scale = 1.0 / (count as f64 / len as f64);
            weights[((number as f64 * scale).floor() as usize).min(len - 1)] = 1.0;
        }
        Taps::Area => {
            let (start, end) = (number as f64 * scale, (number + 1) as f64 * scale);
            for (at, weight) in weights.iter_mut().enumerate() {
                let covered = end.min(at as f64 + 1.0) - start.max(at as f64);
                *weight = covered.max(0.0) / scale;
            }
        }
        _ => {
            let place = (number as f64 + 0.5) * scale - 0.5;
            let below = place.floor();
            let t = place - below;
            let around = match taps {
                Taps::Linear => linear(t).to_vec(),
                Taps::Cubic => cubic(t).to_vec(),
                _ => lanczos(t).to_vec(),
            };
            let first = below as i64 - (around.len() as i64 / 2 - 1);
            for (at, weight) in (first..).zip(around) {
                weights[at.clamp(0, len as i64 - 1) as usize] += weight;
            }
        }
    }
    weights
}

fn taps() -> impl Strategy<Value = Taps> {
    prop_oneof![
        Just(Taps::Nearest),
        Just(Taps::Linear),
        Just(Taps::Area),
        Just(Taps::Cubic),
        Just(Taps::Lanczos)
    ]
}

type Size = (usize, usize);

fn check<T>(source: &Raster<'_, T>, taps: Taps, size: Size, range: (f64, f64), error: f64)
where
    T: Pixel + Into<f64>,
{
    let (width, height) = size;
    let channels = source.channels;
    let mut out = vec![T::default(); width * height * channels];
    resize(source, taps, size, &mut out, &mut Scaler::default());
    for (place, found) in out.iter().enumerate() {
        let (pixel, channel) = (place / channels, place % channels);
        let across = weights(taps, pixel % width, source.width, width);
        let down = weights(taps, pixel / width, source.height, height);
        let mut sum = 0.0;
        for (row, weight) in down.iter().enumerate() {
            for (column, other) in across.iter().enumerate() {
                let value: f64 = source.row(row)[column * channels + channel].into();
                sum += weight * other * value;
            }
        }
        let (found, expected): (f64, f64) = ((*found).into(), sum.clamp(range.0, range.1));
        assert!(
            (found - expected).abs() <= error,
            "{place}: {found}, not {expected}"
        );
    }
}

proptest! {
    #[test]
    fn resizes_are_sums_of_pixels(
        size in (1usize..14, 1usize..14, 1usize..6),
        wanted in (1usize..14, 1usize..14),
        taps in taps(),
        seed: u64,
    ) {
        let (width, height, channels) = size;
        let mut stream = crate::random::Stream::of_seed(seed);
        let words = (0..width * height * channels).map(|_| stream.next_u32());
        let words: Vec<u32> = words.collect();
        let bytes: Vec<u8> = words.iter().map(|word| word.to_le_bytes()[0]).collect();
        let source = Raster::packed(&bytes, width, height, channels);
        // OpenCV's whole numbers for `Linear` are within a level, of which half is for rounding.
        let error = if taps == Taps::Linear { 1.3 } else { 0.501 };
        check(&source, taps, wanted, (0.0, 255.0), error);
        let single: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte) / 256.0).collect();
        let source = Raster::packed(&single, width, height, channels);
        check(&source, taps, wanted, (-9.0, 9.0), 3e-6);
        let signed = words.iter().map(|word| u16::try_from(word >> 16).unwrap().cast_signed());
        let signed: Vec<i16> = signed.collect();
        let source = Raster::packed(&signed, width, height, channels);
        check(&source, taps, wanted, (-32768.0, 32767.0), 0.6);
    }

    #[test]
    fn one_colour_stays_the_same(
        size in (1usize..14, 1usize..14),
        wanted in (1usize..14, 1usize..14),
        taps in taps(),
        colour: [u8; 3],
    ) {
        let pixels = colour.repeat(size.0 * size.1);
        let source = Raster::packed(&pixels, size.0, size.1, 3);
        let mut out = vec![0; wanted.0 * wanted.1 * 3];
        resize(&source, taps, wanted, &mut out, &mut Scaler::default());
        prop_assert_eq!(out, colour.repeat(wanted.0 * wanted.1));
    }
}

/// The pixels that OpenCV has: of a row when it grows, and of a square when it shrinks.
#[test]
fn linear_sizes_of_bytes_are_opencvs() {
    let row = [0, 10, 20, 30, 255];
    let mut out = [0; 8];
    let source = Raster::packed(&row, 5, 1, 1);
    resize(
        &source,
        Taps::Linear,
        (8, 1),
        &mut out,
        &mut Scaler::default(),
    );
    assert_eq!(out, [0, 4, 11, 17, 23, 29, 157, 255]);
    let source = Raster::packed(&row[1..], 2, 2, 1);
    let mut out = [0];
    resize(
        &source,
        Taps::Linear,
        (1, 1),
        &mut out,
        &mut Scaler::default(),
    );
    assert_eq!(out, [79]);
}
