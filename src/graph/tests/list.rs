//! Lists, and arrays taken as lists.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [elements(), parts(), joined(), ranges()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

fn numbers() -> Value {
    vector(&[1, 2, 3, 4, 5, 6])
}

fn words() -> Value {
    let words = ["a", "bc", "", "d"];
    Value::List(words.into_iter().collect::<TextList>().into())
}

fn elements() -> Vec<Case> {
    let rows = shaped(&[1u8, 2, 3, 4, 5, 6], &[3, 2]);
    let mixed = list(&[int(1), text("x")]);
    vec![
        case("MakeList", &[], list(&[])),
        case("MakeList", &[int(1), int(2)], vector(&[1, 2])),
        case("MakeList", &[int(1), float(2.5)], vector(&[1f32, 2.5])),
        case(
            "MakeList",
            &[truth(true), truth(false)],
            truths(&[true, false]),
        ),
        case("MakeList", &[int(1), text("x")], mixed.clone()),
        case(
            "MakeList",
            &[vector(&[1]), vector(&[2])],
            list(&[vector(&[1]), vector(&[2])]),
        ),
        case("Length", &[numbers()], int(6)),
        case("Length", &[words()], int(4)),
        fails("Length", &[int(1)], "one int32, not a list"),
        fails("Length", &[text("x")], "text, not a list"),
        case("GetElement", &[numbers(), int(0)], int(1)),
        case("GetElement", &[numbers(), int(-1)], int(6)),
        case("GetElement", &[numbers(), float(2.0)], int(3)),
        case("GetElement", &[rows, int(1)], vector(&[3u8, 4])),
        case("GetElement", &[words(), int(1)], text("bc")),
        case("GetElement", &[mixed, int(1)], text("x")),
        fails(
            "GetElement",
            &[numbers(), int(6)],
            "index 6 is out of range for 6 elements",
        ),
        fails(
            "GetElement",
            &[words(), int(-5)],
            "index -5 is out of range for 4 elements",
        ),
        fails(
            "GetElement",
            &[numbers(), float(0.5)],
            "0.5, not a whole number",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn parts() -> Vec<Case> {
    let sublist = |begin, end| [numbers(), int(begin), int(end)];
    let kept = truths(&[true, false, false, true]);
    vec![
        case("Sublist", &sublist(2, 3), vector(&[3, 4])),
        case("Sublist", &sublist(-2, -1), vector(&[5, 6])),
        case("Sublist", &sublist(4, 4), vector(&[5])),
        case(
            "Sublist",
            &[words(), int(0), int(1)],
            list(&[text("a"), text("bc")]),
        ),
        fails(
            "Sublist",
            &sublist(3, 6),
            "index 6 is out of range for 6 elements",
        ),
        fails(
            "Sublist",
            &sublist(3, 2),
            "elements from 3 to 2, which comes before it",
        ),
        case(
            "Remap",
            &[numbers(), vector(&[5, 0, 0, -1])],
            vector(&[6, 1, 1, 6]),
        ),
        case(
            "Remap",
            &[words(), vector(&[3, 1])],
            list(&[text("d"), text("bc")]),
        ),
        case(
            "Remap",
            &[numbers(), vector::<i32>(&[])],
            vector::<i32>(&[]),
        ),
        fails(
            "Remap",
            &[numbers(), vector(&[6])],
            "index 6 is out of range for 6 elements",
        ),
        case(
            "Filter",
            &[vector(&[1f32, 2.0, 3.0, 4.0]), kept.clone()],
            vector(&[1f32, 4.0]),
        ),
        case(
            "Filter",
            &[words(), kept.clone()],
            list(&[text("a"), text("d")]),
        ),
        case(
            "Filter",
            &[words(), vector(&[0f32, 0.5, 0.0, 0.0])],
            list(&[text("bc")]),
        ),
        fails(
            "Filter",
            &[numbers(), kept],
            "4 truth values for 6 elements",
        ),
        case(
            "ListAsTable",
            &[numbers(), int(3)],
            shaped(&[1, 2, 3, 4, 5, 6], &[2, 3]),
        ),
        case(
            "ListAsTable",
            &[words(), int(2)],
            list(&[list(&[text("a"), text("bc")]), list(&[text(""), text("d")])]),
        ),
        fails(
            "ListAsTable",
            &[numbers(), int(4)],
            "6 elements, not a multiple of 4",
        ),
        fails(
            "ListAsTable",
            &[numbers(), int(0)],
            "a length of 0, not from 1 to 268435456",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn joined() -> Vec<Case> {
    vec![
        case("Repeat", &[int(7), int(3)], vector(&[7, 7, 7])),
        case(
            "Repeat",
            &[vector(&[1u8, 2]), int(2)],
            shaped(&[1u8, 2, 1, 2], &[2, 2]),
        ),
        case(
            "Repeat",
            &[text("x"), int(2)],
            list(&[text("x"), text("x")]),
        ),
        case(
            "Repeat",
            &[list(&[int(1)]), int(1)],
            list(&[list(&[int(1)])]),
        ),
        fails(
            "Repeat",
            &[int(7), int(0)],
            "a length of 0, not from 1 to 268435456",
        ),
        case(
            "Concatenate",
            &[vector(&[1, 2]), vector(&[3])],
            vector(&[1, 2, 3]),
        ),
        case(
            "Concatenate",
            &[shaped(&[1u8, 2], &[1, 2]), shaped(&[3u8, 4, 5, 6], &[2, 2])],
            shaped(&[1u8, 2, 3, 4, 5, 6], &[3, 2]),
        ),
        case(
            "Concatenate",
            &[words(), list(&[text("e")]), list(&[])],
            list(&[text("a"), text("bc"), text(""), text("d"), text("e")]),
        ),
        fails(
            "Concatenate",
            &[vector(&[1])],
            "1 list: at least two are needed",
        ),
        fails(
            "Concatenate",
            &[vector(&[1]), vector(&[1f32])],
            "lists of one int32 and of one float32: convert one of them first",
        ),
        fails(
            "Concatenate",
            &[words(), vector(&[1])],
            "lists of text and of one int32: convert one of them first",
        ),
        fails(
            "Concatenate",
            &[shaped(&[1, 2], &[1, 2]), vector(&[1])],
            "int32 (1, 2) and int32 (1): they must be of one type and shape",
        ),
    ]
}

fn ranges() -> Vec<Case> {
    let range = |end, length, rounds| [int(0), int(end), int(length), truth(rounds)];
    let halves: Vec<f32> = (0..10u8).map(|i| f32::from(i) / 2.0).collect();
    let far = 20_000_001;
    let last: Vec<i32> = (0..far).collect();
    vec![
        case("Range", &range(6, 6, true), vector(&[0, 1, 2, 3, 4, 5])),
        case("Range", &range(5, 10, false), vector(&halves)),
        case("Range", &range(-3, 2, true), vector(&[0, -1])),
        case("Range", &range(1, 0, true), vector::<i32>(&[])),
        // Not rounded to float32 in between.
        case("Range", &range(far, far, true), vector(&last)),
        fails(
            "Range",
            &range(5, -1, false),
            "a length of -1, not from 0 to 268435456",
        ),
    ]
}
