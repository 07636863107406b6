//! Policies of augmentation: the same as those of a Loader.

use super::*;
use crate::augment::{Applied, Image, Memory, Moving, Policy, Published, Sampling};
use crate::pixel::Size;
use crate::random::Identity;

/// What draws, and is tested here.
pub(super) const DRAWN: [&str; 4] = ["RandAugment", "TrivialAugmentWide", "AutoAugment", "AugMix"];

/// Numbers of policies that are not their defaults, and what a Loader takes for them.
fn policies() -> [(&'static str, Vec<Value>, Policy); 4] {
    [
        (
            DRAWN[0],
            vec![int(4), int(17), int(21)],
            Policy::RandAugment {
                num_ops: 4,
                magnitude: 17,
                num_magnitude_bins: 21,
            },
        ),
        (
            DRAWN[1],
            vec![int(5)],
            Policy::TrivialAugmentWide {
                num_magnitude_bins: 5,
            },
        ),
        (
            DRAWN[2],
            vec![text("svhn")],
            Policy::AutoAugment {
                policy: Published::Svhn,
            },
        ),
        (
            DRAWN[3],
            vec![int(10), int(2), int(-1), float(0.5), truth(false)],
            Policy::AugMix {
                severity: 10,
                mixture_width: 2,
                chain_depth: None,
                alpha: 0.5,
                all_ops: false,
            },
        ),
    ]
}

/// An image of 9 columns and 7 rows.
fn picture(channels: usize) -> Vec<u8> {
    let byte = |place: usize| u8::try_from(place * place / 3 % 256).unwrap();
    (0..9 * 7 * channels).map(byte).collect()
}

/// A policy's inputs for an image.
pub(super) fn inputs(numbers: &[Value], channels: usize, seed: i64) -> Vec<Value> {
    let mut inputs = vec![shaped(&picture(channels), &[7, 9, channels])];
    inputs.extend_from_slice(numbers);
    inputs.extend([text("Linear"), int(7), Array::scalar(seed).into()]);
    inputs
}

/// Inputs of each policy, for files that are kept.
pub(super) fn kept() -> Vec<(&'static str, Vec<Value>)> {
    let kept = policies().map(|(name, numbers, _)| (name, inputs(&numbers, 3, 5)));
    kept.into()
}

#[test]
fn a_node_does_what_a_loader_does_with_its_seed() {
    let mut memory = Memory::default();
    for (name, numbers, policy) in policies() {
        for (seed, channels) in (0i64..60).flat_map(|seed| [(seed - 3, 1), (seed - 3, 3)]) {
            let mut pixels = picture(channels);
            let image = Image {
                pixels: &mut pixels,
                size: Size::new(9, 7),
                channels,
            };
            let identity = Identity {
                seed: seed.cast_unsigned(),
                ..Identity::default()
            };
            let moving = Moving {
                sampling: Sampling::Linear,
                fill: [7; 3],
            };
            memory
                .change(Applied { policy, moving }, image, identity, &mut Vec::new())
                .unwrap();
            let (found, known) = made(name, &inputs(&numbers, channels, seed)).unwrap();
            assert_eq!(found, shaped(&pixels, &[7, 9, channels]), "{name} {seed}");
            assert_eq!(known, Type::of(&found));
        }
    }
}

#[test]
fn images_without_an_axis_of_channels_stay_what_they_are() {
    for (name, numbers, _) in policies() {
        let mut flat = inputs(&numbers, 1, 11);
        let expected = apply(name, &flat).unwrap();
        let expected = expected.array().unwrap().bytes().to_vec();
        flat[0] = shaped(&picture(1), &[7, 9]);
        assert_eq!(apply(name, &flat), Ok(shaped(&expected, &[7, 9])), "{name}");
    }
}

/// Inputs that a policy shares with the others.
fn shared() -> [Value; 3] {
    [text("Nearest"), int(0), Array::scalar(1i64).into()]
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let image = shaped(&picture(3), &[7, 9, 3]);
    let of = |numbers: &[Value]| [std::slice::from_ref(&image), numbers, &shared()].concat();
    let rand = |ops, magnitude, bins| of(&[int(ops), int(magnitude), int(bins)]);
    let mix = |depth, alpha| of(&[int(3), int(3), int(depth), float(alpha), truth(true)]);
    check(vec![
        fails(
            "RandAugment",
            &rand(0, 9, 31),
            "num_ops is 0, not a whole number from 1 to 16",
        ),
        fails(
            "RandAugment",
            &rand(2, 31, 31),
            "magnitude is 31, not a whole number from 0 to 30",
        ),
        fails(
            "RandAugment",
            &rand(2, -1, 31),
            "magnitude is -1, not a whole number from 0",
        ),
        fails(
            "AutoAugment",
            &of(&[text("mnist")]),
            "\"mnist\" is no policy: one of imagenet, cifar10, svhn",
        ),
        fails(
            "AugMix",
            &mix(0, 1.0),
            "chain_depth is 0, not a whole number from 1 to 16",
        ),
        fails(
            "AugMix",
            &mix(2, 0.0),
            "alpha is 0, not a number above 0, at most 1,000,000",
        ),
    ]);
}

#[test]
fn images_and_ways_to_move_them_that_cannot_be_are_refused() {
    let of = |image, [sampling, fill, seed]: [Value; 3]| [image, int(31), sampling, fill, seed];
    let moved = |sampling, fill| {
        let [.., seed] = shared();
        of(shaped(&picture(3), &[7, 9, 3]), [sampling, fill, seed])
    };
    let name = "TrivialAugmentWide";
    check(vec![
        fails(
            name,
            &moved(text("Cubic"), int(0)),
            "\"Cubic\" is no interpolation: one of Nearest, Linear",
        ),
        fails(
            name,
            &moved(text("Linear"), int(256)),
            "fill is not a number from 0 to 255, or three of them",
        ),
        fails(
            name,
            &of(shaped(&[0.5f32; 12], &[2, 2, 3]), shared()),
            "float32 (2, 2, 3), not an image of uint8: ConvertDepth(image, \"uint8\") makes one",
        ),
        fails(
            name,
            &of(shaped(&[5u8; 16], &[2, 2, 4]), shared()),
            "uint8 (2, 2, 4), not an image of 1 or 3 channels: DecodeImage(file, \
             channels=\"RGB\") makes one",
        ),
    ]);
}
