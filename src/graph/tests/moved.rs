//! Images whose pixels are in other places.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = [scales(), boxes(), remaps(), bent()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    cases.extend(of_type::<u8>());
    cases.extend(of_type::<i16>());
    cases.extend(of_type::<u16>());
    cases.extend(of_type::<i32>());
    cases.extend(of_type::<i64>());
    cases.extend(of_type::<f32>());
    cases.extend(of_type::<f64>());
    cases
}

#[test]
fn values() {
    check(cases());
}

/// Elements of a type.
fn numbers<T: Element + From<u8>>(values: &[u8], axes: &[usize]) -> Value {
    let values: Vec<T> = values.iter().copied().map(T::from).collect();
    shaped(&values, axes)
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn of_type<T: Element + From<u8>>() -> Vec<Case> {
    let gray = || numbers::<T>(&[1, 2, 3, 4, 5, 6], &[2, 3]);
    let pixels = || numbers::<T>(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &[2, 2, 3]);
    let flipped = |image, across, down| [image, truth(across), truth(down)];
    let places = |image, border: &str| {
        let x = shaped(&[1f32, 0.0, -1.0, 0.25], &[2, 2]);
        let y = shaped(&[0f32, 1.0, 0.0, 0.0], &[2, 2]);
        [image, x, y, text("Nearest"), text(border)]
    };
    let scaled = [gray(), int(2), text("Nearest")];
    let doubled = [
        1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6,
    ];
    vec![
        case("Scale", &scaled, numbers::<T>(&doubled, &[4, 6])),
        case(
            "Flip",
            &flipped(gray(), true, false),
            numbers::<T>(&[3, 2, 1, 6, 5, 4], &[2, 3]),
        ),
        case(
            "Flip",
            &flipped(pixels(), true, true),
            numbers::<T>(&[10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3], &[2, 2, 3]),
        ),
        case("Flip", &flipped(pixels(), false, false), pixels()),
        case(
            "Flip",
            &flipped(gray(), false, true),
            numbers::<T>(&[4, 5, 6, 1, 2, 3], &[2, 3]),
        ),
        case(
            "MaskBoundingBox",
            &[numbers::<T>(&[0, 0, 0, 0, 0, 9, 7, 0], &[2, 4])],
            vector(&[1f32, 1.0, 3.0, 2.0]),
        ),
        case(
            "ImageRemap",
            &places(gray(), "ConstantLow"),
            numbers::<T>(&[2, 4, 0, 1], &[2, 2]),
        ),
        case(
            "ImageRemap",
            &places(pixels(), "Wrap"),
            numbers::<T>(&[4, 5, 6, 7, 8, 9, 4, 5, 6, 1, 2, 3], &[2, 2, 3]),
        ),
        case(
            "Transpose",
            &[gray(), vector(&[1, 0])],
            numbers::<T>(&[1, 4, 2, 5, 3, 6], &[3, 2]),
        ),
        case(
            "Transpose",
            &[pixels(), vector(&[1, 0, 2])],
            numbers::<T>(&[1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12], &[2, 2, 3]),
        ),
    ]
}

fn scales() -> Vec<Case> {
    let row = |numbers: &[u8]| shaped(numbers, &[1, numbers.len()]);
    let by = |factor: f32| [row(&[0, 10, 20, 30]), float(factor), text("Linear")];
    vec![
        case("Scale", &by(0.5), row(&[5, 25])),
        // Sides of 6 and 1.5, which is as near to 2.
        case(
            "Scale",
            &[row(&[7; 4]), float(1.5), int(0)],
            shaped(&[7u8; 12], &[2, 6]),
        ),
        case("Scale", &by(0.01), row(&[15])),
        fails("Scale", &by(0.0), "a scale of 0, not a number above 0"),
        fails(
            "Scale",
            &by(1e9),
            "a side of 4 pixels becomes 4000000000, more than 1048576",
        ),
    ]
}

fn boxes() -> Vec<Case> {
    let colour = shaped(&[0f32, 0.0, 0.0, 0.0, 0.5, 0.0], &[1, 2, 3]);
    vec![
        case("MaskBoundingBox", &[colour], vector(&[1f32, 0.0, 2.0, 1.0])),
        case(
            "MaskBoundingBox",
            &[shaped(&[0u8; 6], &[2, 3])],
            vector(&[0f32, 0.0, 3.0, 2.0]),
        ),
        fails(
            "MaskBoundingBox",
            &[vector(&[1, 2])],
            "int32 (2), not an image",
        ),
    ]
}

fn remaps() -> Vec<Case> {
    let image = || shaped(&[10u8, 20, 30, 40], &[2, 2]);
    let at = |x: Value, y: Value| [image(), x, y, text("Linear"), int(1)];
    let place = |number: f64| shaped(&[number], &[1, 1]);
    vec![
        case(
            "ImageRemap",
            &at(place(0.5), place(0.5)),
            shaped(&[25u8], &[1, 1]),
        ),
        // Half of it is outside, which is black.
        case(
            "ImageRemap",
            &at(place(1.5), place(0.0)),
            shaped(&[10u8], &[1, 1]),
        ),
        case(
            "ImageRemap",
            &at(shaped(&[1i32, 0], &[1, 2]), shaped(&[0u8, 1], &[1, 2])),
            shaped(&[20u8, 30], &[1, 2]),
        ),
        fails(
            "ImageRemap",
            &at(place(0.0), shaped(&[0f32; 2], &[1, 2])),
            "columns float64 (1, 1) and rows float32 (1, 2), not one of each for each pixel",
        ),
        fails(
            "ImageRemap",
            &at(vector(&[0f32]), place(0.0)),
            "float32 (1), not a number for each pixel: (height, width)",
        ),
    ]
}

/// What is not moved stays what it is.
fn bent() -> Vec<Case> {
    let image = || shaped(&[10u8, 20, 30, 40, 50, 60], &[2, 3]);
    let seed = || Value::from(Array::scalar(5i64));
    let lattice = |amount: f32, points: i32| [image(), float(amount), int(points), seed()];
    let elastic = |alpha: f32, sigma: f32| {
        [
            image(),
            float(alpha),
            float(sigma),
            text("Linear"),
            text("Reflect"),
            seed(),
        ]
    };
    vec![
        case("ImagePiecewiseAffine", &lattice(0.0, 4), image()),
        case("ElasticTransform", &elastic(0.0, 5.0), image()),
        fails(
            "ImagePiecewiseAffine",
            &lattice(-1.0, 4),
            "amount is -1, not a number of pixels from 0 to 1000000",
        ),
        fails(
            "ImagePiecewiseAffine",
            &lattice(1.0, 1),
            "a subdivision of 1, not from 2 to 256",
        ),
        fails(
            "ElasticTransform",
            &elastic(f32::NAN, 5.0),
            "alpha is NaN, not a number up to 1000000",
        ),
        fails(
            "ElasticTransform",
            &elastic(1.0, -0.5),
            "sigma is -0.5, not a number of pixels from 0 to 256",
        ),
    ]
}
