//! Numbers: arithmetic, comparison, rounding, functions of real numbers, truth values.

use super::*;
use crate::random;

pub(super) fn cases() -> Vec<Case> {
    [
        arithmetic(),
        mixed(),
        comparison(),
        rounding(),
        logic(),
        flow(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn values() {
    check(cases());
}

fn arithmetic() -> Vec<Case> {
    let of = |operation, a: Value, b: Value, saturates: bool, expected: Value| {
        case(operation, &[a, b, truth(saturates)], expected)
    };
    let byte = |value: u8| Value::from(Array::scalar(value));
    let short = |value: i16| Value::from(Array::scalar(value));
    let mut cases = vec![
        of("Add", int(6), int(3), false, int(9)),
        of("Subtract", int(6), int(3), false, int(3)),
        of("Multiply", int(6), int(3), false, int(18)),
        of("Divide", int(6), int(3), false, int(2)),
        of("Divide", int(-7), int(2), false, int(-3)),
        of("Divide", float(-7.0), int(2), false, float(-3.5)),
        of("Divide", short(i16::MIN), short(-1), false, short(i16::MIN)),
        of("Divide", short(i16::MIN), short(-1), true, short(i16::MAX)),
        of("Divide", float(1.0), int(0), true, float(f32::INFINITY)),
        of("Add", truth(true), truth(true), false, int(2)),
        of("Add", int(i32::MAX), int(1), false, int(i32::MIN)),
        of("Add", int(i32::MAX), int(1), true, int(i32::MAX)),
        of("Multiply", short(300), short(-300), true, short(i16::MIN)),
        fails(
            "Divide",
            &[int(1), int(0), truth(false)],
            "an integer is divided by zero",
        ),
        case("Modulo", &[int(6), int(3)], int(0)),
        case("Modulo", &[int(-7), int(3)], int(-1)),
        case("Modulo", &[float(7.5), int(2)], float(1.5)),
        case("Modulo", &[int(i32::MIN), int(-1)], int(0)),
        fails("Modulo", &[int(1), int(0)], "an integer is divided by zero"),
        case("Power", &[int(6), int(3)], float(216.0)),
        case("Power", &[float(2.0), int(-2)], float(0.25)),
        case(
            "Power",
            &[Array::scalar(2f64).into(), int(70)],
            Array::scalar(2f64.powi(70)),
        ),
        case("SquareRoot", &[int(2)], float(2f32.sqrt())),
    ];
    for (operation, wrapped, clipped) in [
        ("Add", 1, 255),
        ("Subtract", 253, 253),
        ("Multiply", 254, 255),
        ("Divide", 127, 127),
    ] {
        cases.push(of(operation, byte(255), byte(2), false, byte(wrapped)));
        cases.push(of(operation, byte(255), byte(2), true, byte(clipped)));
    }
    cases
}

/// Types and shapes that differ.
fn mixed() -> Vec<Case> {
    let add = |a: Value, b: Value, expected: Value| case("Add", &[a, b, truth(false)], expected);
    let many: Vec<u8> = (0..1000u16)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect();
    let halves: Vec<f32> = many.iter().map(|byte| f32::from(*byte) + 0.5).collect();
    let column = shaped(&[1i16, 2], &[2, 1]);
    let sums = shaped(&[11f32, 21.0, 31.0, 12.0, 22.0, 32.0], &[2, 3]);
    vec![
        add(vector(&[1u8]), vector(&[2i16, -3]), vector(&[3i16, -2])),
        // A negative number becomes the least one of the wider type, which has none.
        add(vector(&[-5i16]), vector(&[7u16]), vector(&[7u16])),
        add(vector(&[1u16]), int(70_000), vector(&[70_001])),
        add(
            int(1),
            Array::scalar(1i64 << 40).into(),
            Array::scalar((1i64 << 40) + 1).into(),
        ),
        add(
            int(1),
            Array::scalar(0.25f64).into(),
            Array::scalar(1.25f64).into(),
        ),
        add(column, vector(&[10f32, 20.0, 30.0]), sums),
        add(vector(&many), float(0.5), vector(&halves)),
        add(
            shaped(&many, &[10, 100]),
            shaped(&[0.5f32; 100], &[1, 100]),
            shaped(&halves, &[10, 100]),
        ),
        add(vector::<u8>(&[]), int(1), vector::<i32>(&[])),
        fails(
            "Add",
            &[vector(&[1, 2, 3]), vector(&[1, 2]), truth(false)],
            "3 and 2 elements along one axis",
        ),
        fails(
            "Add",
            &[text("x"), int(1), truth(false)],
            "text, not an array of numbers",
        ),
    ]
}

fn comparison() -> Vec<Case> {
    let (a, b) = (vector(&[0, 1, 1]), vector(&[2, 0, 1]));
    let pair = [a, b];
    let nothing = [float(f32::NAN), float(f32::NAN)];
    vec![
        case("Greater", &pair, truths(&[false, true, false])),
        case("GreaterEqual", &pair, truths(&[false, true, true])),
        case("Lower", &pair, truths(&[true, false, false])),
        case("LowerEqual", &pair, truths(&[true, false, true])),
        case("Equal", &pair, truths(&[false, false, true])),
        case("NotEqual", &pair, truths(&[true, true, false])),
        case(
            "LowerEqual",
            &[vector(&[2, 0]), float(1.5)],
            truths(&[false, true]),
        ),
        case("Equal", &[truth(true), truth(true)], truth(true)),
        case("Equal", &nothing, truth(false)),
        case("NotEqual", &nothing, truth(true)),
        case("GreaterEqual", &nothing, truth(false)),
        case("Maximum", &pair, vector(&[2, 1, 1])),
        case("Max", &pair, vector(&[2, 1, 1])),
        case("Minimum", &pair, vector(&[0, 0, 1])),
        case("Min", &[int(3), float(2.5)], float(2.5)),
        case("Maximum", &[truth(false), truth(true)], truth(true)),
    ]
}

fn rounding() -> Vec<Case> {
    let numbers = vector(&[3.6f32, -3.6, 2.5, -2.5, 0.0]);
    let real = |operation, value: f32, function: fn(f64) -> f64| {
        #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
        let expected = function(f64::from(value)) as f32;
        case(operation, &[float(value)], float(expected))
    };
    vec![
        case(
            "Floor",
            std::slice::from_ref(&numbers),
            vector(&[3f32, -4.0, 2.0, -3.0, 0.0]),
        ),
        case(
            "Round",
            std::slice::from_ref(&numbers),
            vector(&[4f32, -4.0, 3.0, -3.0, 0.0]),
        ),
        case("Ceil", &[numbers], vector(&[4f32, -3.0, 3.0, -2.0, 0.0])),
        case("Floor", &[int(3)], int(3)),
        case("Round", &[Array::scalar(7u8).into()], Array::scalar(7u8)),
        case("Ceil", &[Array::scalar(0.5f64).into()], Array::scalar(1f64)),
        real("Sin", 0.5, f64::sin),
        real("Cos", 0.5, f64::cos),
        real("Tan", 0.5, f64::tan),
        real("ArcSin", 0.5, f64::asin),
        real("ArcCos", 0.5, f64::acos),
        real("ArcTan", 0.5, f64::atan),
        case("Cos", &[int(0)], float(1.0)),
        case(
            "ArcTan2",
            &[float(1.0), float(-1.0)],
            float(0.75 * std::f32::consts::PI),
        ),
    ]
}

fn logic() -> Vec<Case> {
    let pair = [
        truths(&[true, false, true, false]),
        truths(&[true, true, false, false]),
    ];
    let refused = "elements of type int32, not truth values: compare them with a number";
    vec![
        case("LogicalAnd", &pair, truths(&[true, false, false, false])),
        case("LogicalOr", &pair, truths(&[true, true, true, false])),
        case(
            "LogicalNot",
            &pair[..1],
            truths(&[false, true, false, true]),
        ),
        case(
            "LogicalAnd",
            &[truths(&[true, false]), truth(true)],
            truths(&[true, false]),
        ),
        fails("LogicalAnd", &[int(1), truth(true)], refused),
        fails("LogicalNot", &[int(1)], refused),
    ]
}

fn flow() -> Vec<Case> {
    let seed = random::keyed(3, 0, random::hash_bytes(b"x")).cast_signed();
    vec![
        case("Conditional", &[int(1), int(2), truth(true)], int(1)),
        case("Conditional", &[int(1), float(2.0), int(0)], float(2.0)),
        case(
            "Conditional",
            &[text("a"), text("b"), float(0.5)],
            text("a"),
        ),
        fails(
            "Conditional",
            &[int(1), int(2), vector(&[1, 0])],
            "a condition that is int32 (2), not one number",
        ),
        case("SampleIndex", &[], Array::scalar(0i64)),
        case("RandomSeed", &[text("x")], Array::scalar(seed)),
    ]
}
