#![expect(clippy::float_cmp, reason = "exactly these numbers")]

use proptest::prelude::*;

use super::*;

#[test]
fn tables_are_looked_up_by_channel() {
    let tables = [table(|byte| !byte), table(|byte| byte / 2), table(|_| 7)];
    let source: Vec<u8> = (0..=255).cycle().step_by(7).take(60 * 6).collect();
    for channels in 1..=3 {
        let mut out = vec![0; source.len()];
        look_up_channels(&tables[..channels], &source, &mut out);
        for (place, (from, to)) in source.iter().zip(&out).enumerate() {
            assert_eq!(*to, tables[place % channels][usize::from(*from)]);
        }
    }
}

struct Mixed;

impl OfLevels<u8> for Mixed {
    fn of_levels(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        [blue, red + 0.9, clipped(green - 100.0, 50.0)]
    }
}

proptest! {
    #[test]
    fn pixels_of_every_number_are_worked_on(pixels in 0usize..200) {
        let source: Vec<u8> = (0..=255).cycle().take(3 * pixels).collect();
        let mut out = vec![1; source.len()];
        by_levels(&source, &Mixed, &mut out);
        for (from, to) in source.as_chunks::<3>().0.iter().zip(out.as_chunks::<3>().0) {
            let [red, green, blue] = *from;
            let last = green.saturating_sub(100).min(50);
            prop_assert_eq!(*to, [blue, red, last]);
        }
    }
}

#[test]
fn levels_are_cut_inverted_and_compared() {
    assert_eq!([0.0, 0.99, 254.999, 255.0].map(u8::cut), [0, 0, 254, 255]);
    assert_eq!([0.5, 32766.9, 32767.0].map(i16::cut), [0, 32766, 32767]);
    assert_eq!([65534.5, 65535.0].map(u16::cut), [65534, 65535]);
    assert_eq!(
        [-5i16, 0, 1, i16::MAX].map(i16::inverted),
        [32767, 32767, 32766, 0]
    );
    assert_eq!([0u16, 7].map(u16::inverted), [65535, 65528]);
    let least = [-0.5, 0.1, 255.0, 255.1, f32::NAN].map(u8::least);
    assert_eq!(least, [Some(0), Some(1), Some(255), None, None]);
    assert_eq!([-1e9, -7.5].map(i16::least), [Some(i16::MIN), Some(-7)]);
    assert_eq!(
        [255u8, 129, 63].map(|byte| byte.coarse(Level::highest(2))),
        [192, 128, 0]
    );
    assert_eq!(
        [255u8, 129].map(|byte| byte.coarse(Level::highest(0))),
        [0, 0]
    );
    assert_eq!(
        [32767i16, 16384].map(|level| level.coarse(Level::highest(1))),
        [16384, 16384]
    );
    assert_eq!(
        [0.0, 0.49, 0.5, 1.0].map(|level: f32| level.coarse(Level::highest(1))),
        [0.0, 0.0, 0.5, 0.5]
    );
}

#[test]
fn every_byte_is_looked_up() {
    let odd = table(|byte| byte.wrapping_mul(77) ^ (byte >> 3));
    let source: Vec<u8> = (0..=255).cycle().skip(3).take(300).collect();
    for len in [0, 1, 31, 32, 33, 300] {
        let mut out = vec![0; len];
        look_up(&odd, &source[..len], &mut out);
        for (from, to) in source.iter().zip(&out) {
            assert_eq!(*to, odd[usize::from(*from)]);
        }
    }
}

#[test]
fn elements_are_compared_and_blended() {
    let mut out = [0; 4];
    threshold(&[0u8, 5, 6, 255], 5.0, &mut out);
    assert_eq!(out, [0, 0, 255, 255]);
    threshold(&[0u8, 5, 6, 255], 5.5, &mut out);
    assert_eq!(out, [0, 0, 255, 255]);
    threshold(&[0u8, 5, 6, 255], 255.0, &mut out);
    assert_eq!(out, [0; 4]);
    threshold(&[0u8, 5, 6, 255], -1.0, &mut out);
    assert_eq!(out, [255; 4]);
    let mut words = [0; 3];
    threshold(&[-7i16, -6, 9], -7.0, &mut words);
    assert_eq!(words, [0, 32767, 32767]);
    let mut floats = [0.0; 3];
    threshold(&[-0.0f32, 0.0, 1e-40], 0.0, &mut floats);
    assert_eq!(floats, [0.0, 0.0, 1.0]);
    equals(&[3u16, 4, 5], 4, &mut out[..3]);
    assert_eq!(out[..3], [0, 255, 0]);
    blend(&[10u8, 255, 0, 1], &[20, 255, 1, 0], 0.5, &mut out);
    assert_eq!(out, [15, 255, 0, 0]);
    shift(&[10u8, 250, 0, 1], 20, 0, &mut out);
    assert_eq!(out, [30, 255, 20, 21]);
    shift(&[10u8, 250, 0, 1], 0, 20, &mut out);
    assert_eq!(out, [0, 230, 0, 0]);
}

#[test]
fn black_and_white_are_the_same_in_every_type() {
    let bytes = [0u8, 1, 128, 255];
    let (mut words, mut signed, mut floats, mut back) = ([0u16; 4], [0i16; 4], [0f32; 4], [0u8; 4]);
    convert(&bytes, &mut words);
    assert_eq!(words, [0, 257, 32896, 65535]);
    convert(&bytes, &mut signed);
    assert_eq!(signed, [0, 128, 16448, 32767]);
    convert(&bytes, &mut floats);
    assert_eq!(floats, [0.0, 1.0 / 255.0, 128.0 / 255.0, 1.0]);
    convert(&words, &mut back);
    assert_eq!(back, bytes);
    convert(&signed, &mut back);
    assert_eq!(back, bytes);
    convert(&floats, &mut back);
    assert_eq!(back, bytes);
    convert(&[-3i16, -1, 7, 100], &mut words);
    assert_eq!(words, [0, 0, 14, 200]);
}

proptest! {
    #[test]
    fn levels_are_standardized_by_channel(pixels in 0usize..50, channels in 1usize..5) {
        let source: Vec<u8> = (0..=255).cycle().take(channels * pixels).collect();
        let means = &[0.5, 0.25, 0.1, 0.0][..channels];
        let deviations = &[0.5, 2.0, 0.3, 1.0][..channels];
        let mut out = vec![0.0; source.len()];
        standardize(&source, means, deviations, &mut out);
        for (place, (level, found)) in source.iter().zip(&out).enumerate() {
            let channel = place % channels;
            let share = f32::from(*level) * (1.0 / 255.0);
            let expected = (share - means[channel]) / deviations[channel];
            prop_assert!(found.total_cmp(&expected).is_eq());
        }
    }
}
