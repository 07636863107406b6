//! Shapes and types of arrays.

use proptest::prelude::*;

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [shapes(), types()].into_iter().flatten().collect()
}

#[test]
fn values() {
    check(cases());
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn shapes() -> Vec<Case> {
    let six = [1, 2, 3, 4, 5, 6];
    let square = shaped(&six, &[2, 3]);
    let stack = "int32 (1) and int32 (2): they must have one type and shape";
    vec![
        case("OneHot", &[int(2), int(4)], vector(&[0f32, 0.0, 1.0, 0.0])),
        case("OneHot", &[int(0), int(1)], vector(&[1f32])),
        fails(
            "OneHot",
            &[int(4), int(4)],
            "class 4 of 4, which are numbered from 0",
        ),
        fails(
            "OneHot",
            &[int(-1), int(4)],
            "class -1 of 4, which are numbered from 0",
        ),
        fails(
            "OneHot",
            &[int(0), int(0)],
            "a length of 0, not from 1 to 268435456",
        ),
        case("Reshape", &[vector(&six), vector(&[2, -1])], square.clone()),
        case("Reshape", &[square.clone(), int(-1)], vector(&six)),
        case("Reshape", &[vector(&[5]), vector::<i32>(&[])], int(5)),
        fails(
            "Reshape",
            &[vector(&six), vector(&[4, -1])],
            "shape [4, -1] for 6 elements",
        ),
        fails(
            "Reshape",
            &[vector(&six), vector(&[-1, -1])],
            "shape [-1, -1] for 6 elements",
        ),
        fails(
            "Reshape",
            &[vector(&six), vector(&[-2, -3])],
            "shape [-2, -3] for 6 elements",
        ),
        case(
            "Transpose",
            &[square.clone(), vector(&[1, 0])],
            shaped(&[1, 4, 2, 5, 3, 6], &[3, 2]),
        ),
        case(
            "Transpose",
            &[square.clone(), vector(&[0, 1])],
            square.clone(),
        ),
        fails(
            "Transpose",
            &[square.clone(), vector(&[0, 0])],
            "axes [0, 0] of an array of 2: each once, from 0",
        ),
        case("Squeeze", &[shaped(&six, &[1, 2, 1, 3])], square.clone()),
        case("Squeeze", &[vector(&[4u8])], Array::scalar(4u8)),
        case(
            "Unsqueeze",
            &[square.clone(), int(0)],
            shaped(&six, &[1, 2, 3]),
        ),
        case(
            "Unsqueeze",
            &[square.clone(), int(2)],
            shaped(&six, &[2, 3, 1]),
        ),
        case(
            "Unsqueeze",
            &[square.clone(), int(-1)],
            shaped(&six, &[2, 3, 1]),
        ),
        fails("Unsqueeze", &[square.clone(), int(3)], "axis 3 of 3"),
        case("Stack", &[int(1), int(2)], vector(&[1, 2])),
        case(
            "Stack",
            &[vector(&[1u8, 2]), vector(&[3u8, 4])],
            shaped(&[1u8, 2, 3, 4], &[2, 2]),
        ),
        fails("Stack", &[vector(&[1]), vector(&[1, 2])], stack),
        fails("Stack", &[], "no arrays: at least one is needed"),
    ]
}

fn types() -> Vec<Case> {
    let convert = |value: Value, dtype: Value| [value, dtype];
    let wrong = made("Convert", &[int(1), text("Byte")]).unwrap_err();
    assert!(wrong.starts_with("\"Byte\" is no type of elements: one of Boolean, Char, Short"));
    vec![
        case(
            "Convert",
            &convert(int(1000), text("Char")),
            Array::scalar(255u8),
        ),
        case(
            "Convert",
            &convert(int(-1000), text("uint8")),
            Array::scalar(0u8),
        ),
        case(
            "Convert",
            &convert(int(70_000), text("Short")),
            Array::scalar(i16::MAX),
        ),
        case(
            "Convert",
            &convert(int(-1), text("UnsignedShort")),
            Array::scalar(0u16),
        ),
        case("Convert", &convert(float(3.6), text("Integer")), int(3)),
        case("Convert", &convert(float(-3.6), int(4)), int(-3)),
        case("Convert", &convert(truth(true), text("Float")), float(1.0)),
        case(
            "Convert",
            &convert(float(0.5), text("Boolean")),
            truth(true),
        ),
        case(
            "Convert",
            &convert(int(3), text("float64")),
            Array::scalar(3f64),
        ),
        case(
            "Convert",
            &convert(Array::scalar(i64::MAX - 1).into(), text("int64")),
            Array::scalar(i64::MAX - 1),
        ),
        fails("Convert", &[int(1), text("Byte")], &wrong),
        fails(
            "Convert",
            &[text("1"), text("Float")],
            "text, not an array of numbers",
        ),
    ]
}

#[test]
fn words_and_shapes_that_are_constant_are_known_before() {
    let known = |operation, inputs: &[Value]| made(operation, inputs).unwrap().1;
    let array =
        |dtype, axes: &[usize]| Type::array(dtype, axes.iter().copied().map(Some).collect());
    let six = || vector(&[1u8, 2, 3, 4, 5, 6]);
    assert_eq!(
        known("Convert", &[int(1), text("Float")]),
        Type::scalar(Dtype::Float32)
    );
    assert_eq!(
        known("Reshape", &[six(), vector(&[-1, 2])]),
        array(Dtype::Uint8, &[3, 2])
    );
    let range = [int(0), int(5), int(7), truth(true)];
    assert_eq!(known("Range", &range), array(Dtype::Int32, &[7]));
    assert_eq!(
        known("Repeat", &[six(), int(4)]),
        array(Dtype::Uint8, &[4, 6])
    );
    assert_eq!(
        known("Sublist", &[six(), int(1), int(-1)]),
        array(Dtype::Uint8, &[5])
    );
    let square = shaped(&[0f32; 6], &[2, 3]);
    let turned = [square, vector(&[1, 0])];
    assert_eq!(known("Transpose", &turned), array(Dtype::Float32, &[3, 2]));
}

/// Any order of up to four axes, and their lengths.
fn orders() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    (0..5usize).prop_flat_map(|rank| {
        let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
        (order, proptest::collection::vec(0usize..5, rank))
    })
}

proptest! {
    #[test]
    fn transposed_elements_are_found_at_exchanged_places((order, lens) in orders(), wide: bool) {
        let count = lens.iter().product::<usize>();
        let numbers: Vec<f64> = (0..300u32).take(count).map(f64::from).collect();
        let source = match shaped(&numbers, &lens) {
            Value::Array(array) if !wide => array.converted(Dtype::Int16).into(),
            source => source,
        };
        let axes: Vec<i64> = order.iter().map(|axis| i64::try_from(*axis).unwrap()).collect();
        let turned = apply("Transpose", &[source.clone(), vector(&axes)]).unwrap();
        let mut back = vec![0i64; order.len()];
        for (place, axis) in order.iter().enumerate() {
            back[*axis] = i64::try_from(place).unwrap();
        }
        let exchanged: Vec<_> = order.iter().map(|axis| lens[*axis]).collect();
        let shape = turned.array().unwrap().shape();
        prop_assert_eq!(shape.axes(), &exchanged[..]);
        prop_assert_eq!(apply("Transpose", &[turned, vector(&back)]), Ok(source));
    }
}
