use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn made<T: Level>(source: &[T], of: impl Fn(&[T], &mut [T])) -> Vec<T> {
    let mut out = vec![T::default(); source.len()];
    of(source, &mut out);
    out
}

#[test]
fn bytes_are_solarized_and_posterized() {
    let all: Vec<u8> = (0..=255).collect();
    let inverted = made(&all, invert);
    assert!(all.iter().zip(&inverted).all(|(a, b)| a ^ b == 255));
    let solarized = made(&all, |from, to| solarize(from, 127.5, to));
    assert_eq!(
        (solarized[127], solarized[128], solarized[255]),
        (127, 127, 0)
    );
    assert_eq!(made(&all, |from, to| solarize(from, 256.0, to)), all);
    assert_eq!(made(&all, |from, to| posterize(from, 8, to)), all);
    let coarse = made(&all, |from, to| posterize(from, 3, to));
    assert!(all.iter().zip(&coarse).all(|(a, b)| a & 0b1110_0000 == *b));
}

#[test]
fn a_channel_of_one_level_is_not_stretched() {
    let source = [7u8, 10, 0, 7, 20, 255, 7, 15, 128];
    let found = made(&source, |from, to| autocontrast(from, 3, to));
    // A difference of 10, divided by 10 / 255 in single precision, is a little less than 255.
    assert_eq!(found, [7, 0, 0, 7, 254, 255, 7, 127, 128]);
    let floats = made(&[0.25f32, 0.5, 0.75], |from, to| autocontrast(from, 1, to));
    assert_eq!(floats, [0.0, 0.5, 1.0]);
}

/// Pillow's rule, step by step.
fn pillow(counts: &[u32; 256]) -> Vec<u8> {
    let found: Vec<u32> = counts.iter().copied().filter(|count| *count > 0).collect();
    let step = (found.iter().sum::<u32>() - found.last().unwrap_or(&0)) / 255;
    if found.len() <= 1 || step == 0 {
        return (0..=255).collect();
    }
    let mut below = step / 2;
    let entry = |count: &u32| {
        let entry = u8::try_from(below / step).unwrap_or(255);
        below += count;
        entry
    };
    counts.iter().map(entry).collect()
}

proptest! {
    #[test]
    fn images_are_equalized_as_pillow_does(
        source in vec(any::<u8>(), 1..4000), low in 1u8..=255, channels in 1usize..5,
    ) {
        let source: Vec<_> = source.iter().map(|byte| byte % low).collect();
        let whole = source.len() / channels * channels;
        let source = &source[..whole];
        let found = made(source, |from, to| equalize(from, channels, to));
        for channel in 0..channels {
            let mut counts = [0; 256];
            for byte in source.iter().skip(channel).step_by(channels) {
                counts[usize::from(*byte)] += 1;
            }
            let table = pillow(&counts);
            let pixels = source.iter().zip(&found).skip(channel).step_by(channels);
            for (from, to) in pixels {
                prop_assert_eq!(table[usize::from(*from)], *to);
            }
        }
    }

    #[test]
    fn bounds_are_those_of_all_pixels(source in vec(any::<i16>(), 1..600), channels in 1usize..6) {
        let whole = source.len() / channels * channels;
        for (channel, (least, most)) in bounds(&source[..whole], channels).into_iter().enumerate() {
            let own = source[..whole].iter().skip(channel).step_by(channels);
            if let Some(expected) = own.clone().min() {
                prop_assert_eq!((least, most), (*expected, *own.max().unwrap()));
            }
        }
    }
}
