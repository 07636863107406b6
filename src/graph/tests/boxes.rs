//! Boxes in views, views of four points, and random parts of images.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [seen(), perspectives()].into_iter().flatten().collect()
}

#[test]
fn values() {
    check(cases());
}

fn view(numbers: [f32; 9]) -> Value {
    shaped(&numbers, &[3, 3])
}

fn seen() -> Vec<Case> {
    let identity = view([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    // An image of 10 columns, mirrored: pixel 0 goes to pixel 9.
    let mirrored = view([-1.0, 0.0, 9.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let quarter = view([0.0, -1.0, 7.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let slanted = view([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let nowhere = view([0.0; 9]);
    let two = [0f32, 0.0, 1.0, 1.0, 2.0, 3.0, 6.0, 4.5];
    let boxes = shaped(&two, &[2, 4]);
    let none = shaped::<f32>(&[], &[0, 4]);
    let whole = vector(&[2u8, 3, 6, 4]);
    let sides = |sides: [f32; 4]| vector(&sides);
    vec![
        case("ViewBoxes", &[boxes.clone(), identity], boxes.clone()),
        case(
            "ViewBoxes",
            &[boxes, mirrored.clone()],
            shaped(&[9f32, 0.0, 10.0, 1.0, 4.0, 3.0, 8.0, 4.5], &[2, 4]),
        ),
        case(
            "ViewBoxes",
            &[whole.clone(), quarter],
            sides([4.0, 2.0, 5.0, 6.0]),
        ),
        case(
            "ViewBoxes",
            &[whole.clone(), slanted],
            sides([4.5, 3.0, 9.5, 4.0]),
        ),
        case("ViewBoxes", &[whole, nowhere], sides([0.5; 4])),
        case("ViewBoxes", &[none.clone(), mirrored.clone()], none),
        fails(
            "ViewBoxes",
            &[vector(&[1, 2, 3]), mirrored.clone()],
            "int32 (3), not boxes",
        ),
        fails(
            "ViewBoxes",
            &[text("x"), mirrored],
            "text, not an array of numbers",
        ),
    ]
}

fn perspectives() -> Vec<Case> {
    let square = shaped(&[0, 0, 4, 0, 4, 4, 0, 4], &[4, 2]);
    let moved = shaped(&[1f32, 2.0, 9.0, 2.0, 9.0, 10.0, 1.0, 10.0], &[4, 2]);
    let flat = shaped(&[0, 0, 4, 0, 8, 0, 0, 4], &[4, 2]);
    // Its upper side is half as long as the lower one, and twice as far away.
    let away = shaped(&[1, 0, 3, 0, 4, 4, 0, 4], &[4, 2]);
    let far = view([0.5, -0.25, 1.0, 0.0, 0.5, 0.0, 0.0, -0.125, 1.0]);
    let on_a_line = "four points of which three are on a line";
    vec![
        case(
            "PerspectiveView",
            &[square.clone(), moved],
            view([2.0, 0.0, 1.0, 0.0, 2.0, 2.0, 0.0, 0.0, 1.0]),
        ),
        case("PerspectiveView", &[square.clone(), away], far),
        fails(
            "PerspectiveView",
            &[square.clone(), flat.clone()],
            on_a_line,
        ),
        fails("PerspectiveView", &[flat, square.clone()], on_a_line),
        fails(
            "PerspectiveView",
            &[square, vector(&[1, 2])],
            "int32 (2), not four points",
        ),
    ]
}

/// Inputs of `RandomCropRegion`.
pub(super) fn region(width: i32, height: i32, seed: Value) -> Vec<Value> {
    let mut inputs = parameters(width, height, (0.08, 1.0), (0.75, 4.0 / 3.0));
    inputs.push(seed);
    inputs
}

fn parameters(width: i32, height: i32, scale: (f32, f32), ratio: (f32, f32)) -> Vec<Value> {
    vec![
        int(width),
        int(height),
        vector(&[scale.0, scale.1]),
        vector(&[ratio.0, ratio.1]),
    ]
}

#[test]
fn random_regions_are_inside_and_as_large_and_wide_as_they_may_be() {
    let inputs = parameters(400, 300, (0.1, 0.5), (0.5, 2.0));
    let (mut area, mut logarithm, mut count) = (0.0, 0.0, 0.0);
    for value in random::drawn("RandomCropRegion", &inputs).take(10_000) {
        let sides = value.array().unwrap();
        let [left, top, right, bottom] = std::array::from_fn(|side| sides.double_at(side));
        assert!(left >= 0.0 && top >= 0.0 && right <= 400.0 && bottom <= 300.0);
        assert!(
            [left, top, right, bottom]
                .iter()
                .all(|side| side.fract() == 0.0)
        );
        let (width, height) = (right - left, bottom - top);
        let share = width * height / 120_000.0;
        assert!((0.098..0.503).contains(&share), "{share}");
        assert!((0.49..2.04).contains(&(width / height)));
        area += share;
        logarithm += (width / height).ln();
        count += 1.0;
    }
    // Uniform, but that wide parts fit less often the larger they are.
    assert!((0.27..0.30).contains(&(area / count)), "{}", area / count);
    assert!((logarithm / count).abs() < 0.05, "{}", logarithm / count);
}

#[test]
fn where_nothing_fits_the_middle_is_taken() {
    let seed = || Value::from(Array::scalar(5i64));
    let taken = |width, height| apply("RandomCropRegion", &region(width, height, seed()));
    assert_eq!(taken(1000, 3), Ok(vector(&[498f32, 0.0, 502.0, 3.0])));
    assert_eq!(taken(1, 1), Ok(vector(&[0f32, 0.0, 1.0, 1.0])));
}

#[test]
fn regions_that_cannot_be_are_refused() {
    let seed = || Value::from(Array::scalar(5i64));
    let of = |scale, ratio| {
        let mut inputs = parameters(4, 3, scale, ratio);
        inputs.push(seed());
        apply("RandomCropRegion", &inputs).unwrap_err()
    };
    let shares = "shares of the area are above 0 and at most 1, the least first";
    assert_eq!(
        of((0.0, 1.0), (1.0, 1.0)),
        format!("a scale from 0 to 1: {shares}")
    );
    assert_eq!(
        of((0.5, 2.0), (1.0, 1.0)),
        format!("a scale from 0.5 to 2: {shares}")
    );
    assert_eq!(
        of((0.5, 1.0), (2.0, 1.0)),
        "a ratio from 2 to 1: ratios are above 0, the least first"
    );
    let none = apply("RandomCropRegion", &region(0, 3, seed())).unwrap_err();
    assert_eq!(none, "a side of 0 pixels, not from 1 to 1048576");
}
