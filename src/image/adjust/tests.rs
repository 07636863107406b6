use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn made<T: Level>(source: &[T], of: impl Fn(&[T], &mut [T])) -> Vec<T> {
    let mut out = vec![T::default(); source.len()];
    of(source, &mut out);
    out
}

/// A sum of a product of singles, rounded once: products of singles are doubles.
fn fused(a: f32, b: f32, sum: f32) -> f32 {
    single(f64::from(a) * f64::from(b) + f64::from(sum))
}

fn gray_of([red, green, blue]: [f32; 3]) -> f32 {
    fused(blue, 0.114, fused(green, 0.587, red * 0.2989))
}

fn blended(level: f32, with: f32, factor: f64) -> f32 {
    fused(with, single(1.0 - factor), level * single(factor))
}

fn byte(value: f32) -> u8 {
    u8::cut(value.clamp(0.0, 255.0))
}

fn pixels(source: &[u8]) -> impl Iterator<Item = [f32; 3]> {
    let pixels = source.as_chunks::<3>().0.iter();
    pixels.map(|pixel| pixel.map(f32::from))
}

fn sources() -> impl Strategy<Value = Vec<u8>> {
    let pixel = prop_oneof![any::<[u8; 3]>(), any::<u8>().prop_map(|gray| [gray; 3])];
    vec(pixel, 1..300).prop_map(|pixels| pixels.as_flattened().to_vec())
}

proptest! {
    #[test]
    fn levels_are_multiplied(source in sources(), factor in 0f64..3.0) {
        let found = made(&source, |from, to| brightness(from, factor, to));
        let expected = source.iter().map(|level| byte(f32::from(*level) * single(factor)));
        prop_assert_eq!(found, expected.collect::<Vec<_>>());
    }

    #[test]
    fn levels_are_blended_with_their_mean(source in sources(), factor in 0f64..3.0) {
        let found = made(&source, |from, to| contrast(from, 3, factor, to));
        let (mut sum, mut count) = (0.0, 0.0);
        for pixel in pixels(&source) {
            sum += f64::from(gray_of(pixel).floor());
            count += 1.0;
        }
        let mean = single(sum / count);
        let expected = source.iter().map(|level| byte(blended(f32::from(*level), mean, factor)));
        prop_assert_eq!(found, expected.collect::<Vec<_>>());
    }

    #[test]
    fn levels_are_blended_with_their_gray(source in sources(), factor in 0f64..3.0) {
        let found = made(&source, |from, to| saturation(from, 3, factor, to));
        let expected = pixels(&source).flat_map(|pixel| {
            let gray = gray_of(pixel).floor();
            pixel.map(|level| byte(blended(level, gray, factor)))
        });
        prop_assert_eq!(found, expected.collect::<Vec<_>>());
    }

    #[test]
    fn gray_is_written_to_every_channel(source in sources()) {
        let expected: Vec<_> = pixels(&source).map(|pixel| byte(gray_of(pixel))).collect();
        for channels in 1..=4 {
            let mut found = vec![0; expected.len() * channels];
            grayscale(&source, channels, &mut found);
            for (pixel, gray) in found.chunks(channels).zip(&expected) {
                prop_assert!(pixel.iter().all(|level| level == gray));
            }
        }
    }

    #[test]
    fn a_third_of_a_turn_exchanges_channels(source in sources()) {
        let found = made(&source, |from, to| hue(from, 3, 1.0 / 3.0, to));
        for (from, to) in source.as_chunks::<3>().0.iter().zip(found.as_chunks::<3>().0) {
            let [red, green, blue] = *from;
            for (wanted, found) in [blue, red, green].into_iter().zip(to) {
                prop_assert!(wanted.abs_diff(*found) <= 1, "{from:?} {to:?}");
            }
        }
    }
}

#[test]
fn hues_are_turned_in_every_sector() {
    let source = [
        255u8, 0, 0, 200, 100, 50, 10, 200, 30, 7, 7, 7, 0, 0, 0, 255, 255, 255,
    ];
    let half = made(&source, |from, to| hue(from, 3, 0.5, to));
    assert_eq!(
        half,
        [
            0, 255, 255, 50, 150, 200, 200, 10, 180, 7, 7, 7, 0, 0, 0, 255, 255, 255
        ]
    );
    assert_eq!(made(&source, |from, to| hue(from, 3, -0.5, to)), half);
}

#[test]
fn white_stays_white_in_every_type() {
    assert_eq!(
        made(&[i16::MAX; 3], |from, to| hue(from, 3, 0.2, to)),
        [i16::MAX; 3]
    );
    assert_eq!(
        made(&[u16::MAX; 3], |from, to| hue(from, 3, 0.2, to)),
        [u16::MAX; 3]
    );
    assert_eq!(made(&[1f32; 3], |from, to| hue(from, 3, 0.2, to)), [1.0; 3]);
}

#[test]
fn gray_images_have_no_saturation_and_no_hue() {
    let source = [1u8, 2, 3, 4, 5, 6];
    assert_eq!(
        made(&source, |from, to| saturation(from, 1, 2.0, to)),
        source
    );
    assert_eq!(made(&source, |from, to| hue(from, 1, 0.2, to)), source);
    assert_eq!(made(&source, |from, to| contrast(from, 1, 0.0, to)), [3; 6]);
}
