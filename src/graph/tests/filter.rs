//! Filters, derivatives and edges.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [kernels(), means(), others(), derived(), refused()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

/// A row of pixels of each type.
fn rows(values: &[u8]) -> [Value; 4] {
    images(values, &[1, values.len()])
}

/// An image of each type.
fn images(values: &[u8], axes: &[usize]) -> [Value; 4] {
    fn of<T: Element + From<u8>>(values: &[u8], axes: &[usize]) -> Value {
        let values: Vec<_> = values.iter().copied().map(T::from).collect();
        shaped(&values, axes)
    }
    [
        of::<u8>(values, axes),
        of::<i16>(values, axes),
        of::<u16>(values, axes),
        of::<f32>(values, axes),
    ]
}

/// A case for each type.
fn of_all(
    operation: &'static str,
    images: [Value; 4],
    others: &[Value],
    expected: [Value; 4],
) -> impl Iterator<Item = Case> {
    images
        .into_iter()
        .zip(expected)
        .map(move |(image, expected)| {
            let inputs = [&[image], others].concat();
            case(operation, &inputs, expected)
        })
}

fn kernels() -> Vec<Case> {
    vec![
        case(
            "GaussianKernel",
            &[int(3)],
            shaped(&[0.25f32, 0.5, 0.25], &[3, 1]),
        ),
        case("UniformKernel", &[int(1)], shaped(&[1f32], &[1, 1])),
        case(
            "UniformKernel",
            &[int(5)],
            shaped(&[0.2f32, 0.2, 0.2, 0.2, 0.2], &[1, 5]),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn means() -> Vec<Case> {
    let along = |border: &str| [int(3), int(1), text(border)];
    let spot = || rows(&[0, 0, 16, 0, 0]);
    let kernel = shaped(&[1f32, 2.0, 3.0], &[1, 3]);
    let linear = |border: &str| [kernel.clone(), text(border)];
    let narrow = [vector(&[3i32, 1]), float(0.5)];
    let blurred = rows(&[0, 11, 79, 11, 0]);
    let sharp = |factor: f32| [float(factor)];
    let middle = |value: u8| images(&[0, 0, 0, 0, value, 0, 0, 0, 0], &[3, 3, 1]);
    // Floats are not rounded, and their white is 1.
    let whole = |values: [Value; 4]| values.into_iter().take(3);
    let mut cases = Vec::new();
    cases.extend(of_all(
        "LinearFilter",
        rows(&[0, 0, 1, 0, 0]),
        &linear("Reflect"),
        rows(&[0, 3, 2, 1, 0]),
    ));
    cases.extend(of_all(
        "LinearFilter",
        rows(&[1, 1]),
        &linear("Replicate"),
        rows(&[6, 6]),
    ));
    cases.extend(of_all(
        "GaussianFilter",
        spot(),
        &along("Reflect"),
        rows(&[0, 4, 8, 4, 0]),
    ));
    cases.extend(of_all(
        "GaussianFilter",
        rows(&[16, 0, 0, 8]),
        &along("Wrap"),
        rows(&[10, 4, 2, 8]),
    ));
    cases.extend(of_all(
        "AverageFilter",
        rows(&[0, 0, 9, 0, 0]),
        &along("Reflect"),
        rows(&[0, 3, 3, 3, 0]),
    ));
    cases.extend(of_all(
        "AverageFilter",
        rows(&[9, 0, 0]),
        &along("ConstantLow"),
        rows(&[3, 3, 0]),
    ));
    for (image, expected) in whole(rows(&[0, 0, 100, 0, 0])).zip(whole(blurred)) {
        cases.push(case(
            "GaussianBlur",
            &[&[image], &narrow[..]].concat(),
            expected,
        ));
    }
    cases.extend(of_all(
        "GaussianBlur",
        spot(),
        &[int(1), float(0.0)],
        spot(),
    ));
    for (image, expected) in whole(middle(130)).zip(whole(middle(50))) {
        cases.push(case(
            "AdjustSharpness",
            &[&[image], &sharp(0.0)[..]].concat(),
            expected,
        ));
    }
    cases.extend(of_all("AdjustSharpness", middle(1), &sharp(1.0), middle(1)));
    cases
}

fn others() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(of_all(
        "MedianBlur",
        rows(&[1, 9, 3, 4, 5]),
        &[int(3)],
        rows(&[1, 3, 4, 4, 5]),
    ));
    cases.extend(of_all(
        "MedianBlur",
        rows(&[1, 9, 3]),
        &[int(7)],
        rows(&[1, 3, 3]),
    ));
    let bilateral = [int(5), float(1.0), float(2.0)];
    cases.extend(of_all(
        "BilateralFilter",
        rows(&[8, 8, 8]),
        &bilateral,
        rows(&[8, 8, 8]),
    ));
    let step = shaped(&[0u8, 0, 100, 100], &[1, 4]);
    cases.push(case(
        "BilateralFilter",
        &[std::slice::from_ref(&step), &bilateral[..]].concat(),
        step,
    ));
    let equalized =
        |image: Value, expected: Value| case("CLAHE", &[image, float(0.0), int(1)], expected);
    let half = 32768.0 / 65535.0;
    cases.extend([
        equalized(shaped(&[0u8, 255], &[1, 2]), shaped(&[128u8, 255], &[1, 2])),
        equalized(
            shaped(&[i16::MIN, i16::MAX], &[1, 2]),
            shaped(&[0, i16::MAX], &[1, 2]),
        ),
        equalized(
            shaped(&[0, u16::MAX], &[1, 2]),
            shaped(&[32768, u16::MAX], &[1, 2]),
        ),
        equalized(
            shaped(&[0f32, 1.0], &[1, 2]),
            shaped(&[half, 1f32], &[1, 2]),
        ),
    ]);
    cases
}

fn derived() -> Vec<Case> {
    let floats = |values: &[f32], axes: &[usize]| std::array::from_fn(|_| shaped(values, axes));
    let numbers = [0, 1, 3, 7];
    let step = [0u8, 0, 0, 255, 255, 255].repeat(3);
    let edge = [0u8, 0, 255, 0, 0, 0].repeat(3);
    let edges = std::array::from_fn(|_| shaped(&edge, &[3, 6, 1]));
    let thresholds = [float(0.0), float(100.0)];
    let mut cases = Vec::new();
    cases.extend(of_all(
        "DerivativeX",
        rows(&numbers),
        &[],
        floats(&[0.0, 12.0, 24.0, 0.0], &[1, 4]),
    ));
    cases.extend(of_all(
        "DerivativeY",
        images(&numbers, &[4, 1, 1]),
        &[],
        floats(&[0.0, 12.0, 24.0, 0.0], &[4, 1, 1]),
    ));
    cases.extend(of_all(
        "Laplacian",
        rows(&numbers),
        &[],
        floats(&[2.0, 1.0, 2.0, -8.0], &[1, 4]),
    ));
    cases.extend(of_all(
        "Edges",
        images(&step, &[3, 6, 1]),
        &thresholds,
        edges,
    ));
    cases
}

fn refused() -> Vec<Case> {
    let bytes = || shaped(&[0u8; 12], &[2, 2, 3]);
    vec![
        fails(
            "MedianBlur",
            &[bytes(), int(4)],
            "a size of 4, not an odd number from 1 to 1023",
        ),
        fails(
            "MedianBlur",
            &[vector(&[1u8, 2]), int(3)],
            "uint8 (2), not an image",
        ),
        fails(
            "Laplacian",
            &[shaped(&[0u8; 0], &[0, 2])],
            "uint8 (0, 2), an image without pixels",
        ),
        fails(
            "AdjustSharpness",
            &[bytes(), float(-1.0)],
            "a factor of -1, not a number from 0",
        ),
    ]
}
