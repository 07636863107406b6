//! Components, distances and moments.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [components(), distances(), moments()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

/// The same image with elements of every type.
fn of_every_type(pixels: &[u8], axes: &[usize]) -> Vec<Value> {
    let image = shaped(pixels, axes);
    let array = image.array().expect("an array");
    let types = [
        Dtype::Bool,
        Dtype::Uint8,
        Dtype::Int16,
        Dtype::Uint16,
        Dtype::Int32,
        Dtype::Int64,
        Dtype::Float32,
        Dtype::Float64,
    ];
    types.map(|dtype| array.converted(dtype).into()).to_vec()
}

fn components() -> Vec<Case> {
    let pixels = [0u8, 7, 0, 0, 1, 9, 0, 0, 0, 2, 1, 0, 1, 0, 3];
    let labels = [0u16, 1, 0, 0, 2, 1, 0, 0, 0, 2, 1, 0, 3, 0, 2];
    let single = shaped(&labels, &[3, 5, 1]);
    let images = of_every_type(&pixels, &[3, 5]);
    let mut cases: Vec<_> = images
        .into_iter()
        .map(|image| case("ConnectedComponents", &[image], shaped(&labels, &[3, 5])))
        .collect();
    cases.push(case(
        "ConnectedComponents",
        &[shaped(&pixels, &[3, 5, 1])],
        single,
    ));
    cases.push(fails(
        "ConnectedComponents",
        &[shaped(&[0u8; 12], &[2, 2, 3])],
        "an image of 3 channels, not of one",
    ));
    cases.push(fails(
        "ConnectedComponents",
        &[shaped::<u8>(&[], &[2, 0])],
        "uint8 (2, 0), an image without pixels",
    ));
    cases
}

fn distances() -> Vec<Case> {
    let pixels = [1u8, 1, 1, 1, 1, 0, 1, 1, 1, 5, 1, 1];
    let (two, five) = (2f32.sqrt(), 5f32.sqrt());
    let distances = [two, 1.0, two, five, 1.0, 0.0, 1.0, 2.0, two, 1.0, two, five];
    let images = of_every_type(&pixels, &[3, 4]);
    let mut cases: Vec<_> = images
        .into_iter()
        .map(|image| case("DistanceTransform", &[image], shaped(&distances, &[3, 4])))
        .collect();
    let single = |pixel: u8| [shaped(&[pixel], &[1, 1, 1])];
    let is = |distance: f32| shaped(&[distance], &[1, 1, 1]);
    cases.push(case("DistanceTransform", &single(0), is(0.0)));
    cases.push(case("DistanceTransform", &single(1), is(f32::INFINITY)));
    cases.push(fails(
        "DistanceTransform",
        &[shaped(&[0u8; 12], &[2, 2, 3])],
        "an image of 3 channels, not of one",
    ));
    cases
}

fn moments() -> Vec<Case> {
    // Of pixels at (1, 0) and (0, 1), and at (0, 0) and (1, 1).
    let pixels = [4u8, 1, 1, 4];
    let sums = shaped(
        &[
            2f64, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
            1.0, 1.0, 1.0,
        ],
        &[2, 10],
    );
    let images = of_every_type(&pixels, &[2, 2]).into_iter();
    let whole = images.filter(|image| {
        let dtype = image.array().expect("an array").dtype();
        !matches!(dtype, Dtype::Bool | Dtype::Float32 | Dtype::Float64)
    });
    let mut cases: Vec<_> = whole
        .map(|image| case("Moments", &[image], sums.clone()))
        .collect();
    let truths = shaped(&[0u8, 1, 1, 0], &[2, 2]);
    let truths = truths.array().expect("an array").converted(Dtype::Bool);
    let sums = sums.array().expect("an array");
    let (first, second) = sums.as_slice::<f64>().split_at(10);
    let swapped = shaped(&[second, first].concat(), &[2, 10]);
    cases.push(case("Moments", &[truths.into()], swapped));
    cases.push(fails(
        "Moments",
        &[shaped(&[1f32], &[1, 1])],
        "float32 (1, 1), not whole numbers",
    ));
    cases.push(fails(
        "Moments",
        &[shaped(&[0u8; 12], &[2, 2, 3])],
        "an image of 3 channels, not of one",
    ));
    cases
}
