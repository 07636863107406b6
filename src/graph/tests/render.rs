//! Ramps and masks.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [ramps(), polygons(), points()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

fn ramps() -> Vec<Case> {
    let ramp = |width, height, low: f32, high: f32, is_flipped| {
        [
            int(width),
            int(height),
            float(low),
            float(high),
            truth(is_flipped),
        ]
    };
    vec![
        case(
            "LinearImage",
            &ramp(3, 2, 1.0, 50.0, false),
            shaped(&[1f32, 25.5, 50.0, 1.0, 25.5, 50.0], &[2, 3]),
        ),
        case(
            "LinearImage",
            &ramp(2, 3, 1.0, 50.0, true),
            shaped(&[1f32, 1.0, 25.5, 25.5, 50.0, 50.0], &[3, 2]),
        ),
        case(
            "LinearImage",
            &ramp(1, 2, 1.0, 50.0, false),
            shaped(&[1f32, 1.0], &[2, 1]),
        ),
        fails(
            "LinearImage",
            &ramp(1, 0, 1.0, 50.0, false),
            "a side of 0 pixels, not from 1 to 1048576",
        ),
    ]
}

/// A mask of which the pixels that are not dots are white.
fn mask(rows: &[&str]) -> Value {
    let pixels: Vec<u8> = rows
        .concat()
        .bytes()
        .map(|x| if x == b'.' { 0 } else { 255 })
        .collect();
    shaped(&pixels, &[rows.len(), rows[0].len()])
}

fn polygons() -> Vec<Case> {
    let of =
        |points: Value, width, height, thickness| [points, int(width), int(height), int(thickness)];
    let square = || shaped(&[1f32, 0.6, 3.4, 1.0, 2.5, 3.0, 1.0, 3.0], &[4, 2]);
    let far = shaped(&[1e10f32, 0.0], &[1, 2]);
    vec![
        case(
            "PolygonMask",
            &of(square(), 5, 4, 0),
            mask(&[".....", ".###.", ".##..", ".##.."]),
        ),
        case(
            "PolygonMask",
            &of(shaped(&[1i32, 0, 1, 2], &[2, 2]), 2, 2, 1),
            mask(&[".#", ".#"]),
        ),
        case(
            "PolygonMask",
            &of(vector(&[1f32, 1.0]), 5, 3, 2),
            mask(&[".#...", "###..", ".#..."]),
        ),
        fails(
            "PolygonMask",
            &of(shaped::<f32>(&[], &[0, 2]), 5, 3, 0),
            "no points, which make no polygon",
        ),
        fails(
            "PolygonMask",
            &of(square(), 5, 4, -1),
            "a thickness of -1 pixels, not from 0 to 1024",
        ),
        fails(
            "PolygonMask",
            &of(far, 5, 4, 0),
            "a point at (10000000000, 0), not within 536870912 pixels",
        ),
        fails(
            "PolygonMask",
            &of(vector(&[1f32, 2.0, 3.0]), 5, 4, 0),
            "float32 (3), not points",
        ),
    ]
}

fn points() -> Vec<Case> {
    let of = |points: Value, size| [points, int(5), int(3), int(size)];
    let two = || shaped(&[0f32, 0.5, 3.5, 1.0], &[2, 2]);
    vec![
        case(
            "PointsMask",
            &of(two(), 0),
            mask(&["#....", "....#", "....."]),
        ),
        case(
            "PointsMask",
            &of(two(), 1),
            mask(&["##..#", "#..##", "....#"]),
        ),
        case(
            "PointsMask",
            &of(shaped::<f32>(&[], &[0, 2]), 1),
            mask(&[".....", ".....", "....."]),
        ),
        fails(
            "PointsMask",
            &of(two(), -1),
            "a size of -1 pixels, not from 0 to 1048576",
        ),
    ]
}
