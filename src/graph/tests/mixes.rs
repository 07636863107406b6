//! Two images that become one: the same as the samples of a Loader's batch.

use super::*;
use crate::augment::{Kind, Mixing};
use crate::pixel::Size;

/// What draws, and is tested here.
pub(super) const DRAWN: [&str; 2] = ["MixUpShare", "CutMixRegion"];

pub(super) fn cases() -> Vec<Case> {
    let bytes = |values: &[u8]| shaped(values, &[2, 2]);
    let floats = |values: &[f32]| shaped(values, &[1, 2, 1]);
    let (a, b) = (bytes(&[0, 1, 200, 255]), bytes(&[255, 2, 100, 255]));
    let sum = |share| [a.clone(), b.clone(), float(share)];
    let cut = |region: [f32; 4]| [a.clone(), b.clone(), vector(&region)];
    let other = |b| [a.clone(), b, float(0.5)];
    vec![
        // Half a level goes up.
        case("MixUpImages", &sum(0.5), bytes(&[128, 2, 150, 255])),
        case("MixUpImages", &sum(0.25), bytes(&[191, 2, 125, 255])),
        case("MixUpImages", &sum(1.0), a.clone()),
        case("MixUpImages", &sum(0.0), b.clone()),
        case(
            "MixUpImages",
            &[floats(&[0.5, -2.0]), floats(&[1.5, 2.0]), float(0.75)],
            floats(&[0.75, -1.0]),
        ),
        case(
            "CutMixImages",
            &cut([1.0, 0.0, 2.0, 2.0]),
            bytes(&[0, 2, 200, 255]),
        ),
        case("CutMixImages", &cut([0.0, 0.0, 9.0, 9.0]), b.clone()),
        case("CutMixImages", &cut([1.0, 1.0, 1.0, 2.0]), a.clone()),
        fails("MixUpImages", &sum(1.5), "a share of 1.5, not from 0 to 1"),
        fails(
            "MixUpImages",
            &other(shaped(&[1u8; 6], &[2, 3])),
            "uint8 (2, 2) and uint8 (2, 3): they must have one type and shape",
        ),
        fails(
            "MixUpImages",
            &[
                shaped(&[1i32; 4], &[2, 2]),
                shaped(&[1i32; 4], &[2, 2]),
                float(0.5),
            ],
            "int32 (2, 2), not an image of uint8 or float32: ConvertDepth(image, \"uint8\") makes \
             one",
        ),
        fails(
            "MixUpShare",
            &[float(0.0), int(1)],
            "alpha is 0, not a number above 0, at most 1,000,000",
        ),
    ]
}

#[test]
fn values() {
    check(cases());
}

/// Inputs of what draws, for files that are kept.
pub(super) fn kept() -> Vec<(&'static str, Vec<Value>)> {
    vec![(DRAWN[0], share(5)), (DRAWN[1], region(5))]
}

fn share(seed: i64) -> Vec<Value> {
    vec![float(0.5), Array::scalar(seed).into()]
}

/// Of an image of 40 columns and 50 rows.
fn region(seed: i64) -> Vec<Value> {
    let image = shaped(&[0u8; 2000], &[50, 40]);
    vec![image, float(0.5), Array::scalar(seed).into()]
}

#[test]
fn a_node_draws_what_a_loader_does_with_its_seed() {
    let drawn = |kind, seed: i64| {
        let mixing = Mixing::new(vec![(kind, 0.5)]).unwrap();
        mixing.draw(seed.cast_unsigned(), 0, 0, Size::new(40, 50))
    };
    for seed in -5..100 {
        let found = apply(DRAWN[0], &share(seed)).unwrap();
        let expected = drawn(Kind::MixUp, seed).share;
        assert!(found.double().unwrap().total_cmp(&expected).is_eq());
        let found = apply(DRAWN[1], &region(seed)).unwrap();
        let area = drawn(Kind::CutMix, seed).area.unwrap();
        #[expect(clippy::cast_precision_loss, reason = "sides of an image")]
        let expected = area.map(|edge| edge as f32);
        assert_eq!(found, vector(&expected));
    }
}
