//! Points, rectangles, views.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [points(), views()].into_iter().flatten().collect()
}

#[test]
fn values() {
    check(cases());
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn points() -> Vec<Case> {
    let three = shaped(&[1f32, 5.0, -2.0, 3.0, 4.0, 1.0], &[3, 2]);
    let rectangle = vector(&[0f32, 10.0, 10.0, 20.0]);
    let corners = [0f32, 10.0, 10.0, 10.0, 10.0, 20.0, 0.0, 20.0];
    vec![
        case(
            "PointsBounds",
            std::slice::from_ref(&three),
            vector(&[-2f32, 1.0, 4.0, 5.0]),
        ),
        case(
            "PointsBounds",
            &[vector(&[3, 4])],
            vector(&[3f32, 4.0, 3.0, 4.0]),
        ),
        case(
            "PointsBounds",
            &[shaped(&corners, &[4, 2])],
            rectangle.clone(),
        ),
        fails(
            "PointsBounds",
            &[shaped::<f32>(&[], &[0, 2])],
            "no points, which have no bounds",
        ),
        fails(
            "PointsBounds",
            &[vector(&[1, 2, 3])],
            "int32 (3), not points",
        ),
        case("PointsCenter", &[three], vector(&[1f32, 3.0])),
        fails(
            "PointsCenter",
            &[shaped::<f32>(&[], &[0, 2])],
            "no points, which have no center",
        ),
        case("MakePoint", &[int(1), float(2.5)], vector(&[1f32, 2.5])),
        case(
            "MakePoints",
            &[int(1), int(2), float(3.5), int(4)],
            shaped(&[1f32, 2.0, 3.5, 4.0], &[2, 2]),
        ),
        case(
            "MakePoints",
            &[vector(&[1, 2, 3, 4])],
            shaped(&[1f32, 2.0, 3.0, 4.0], &[2, 2]),
        ),
        case("MakePoints", &[], shaped::<f32>(&[], &[0, 2])),
        fails(
            "MakePoints",
            &[int(1), int(2), int(3)],
            "3 numbers: each point has two",
        ),
        case(
            "PointsFromRectangle",
            &[rectangle],
            shaped(&corners, &[4, 2]),
        ),
        fails(
            "PointsFromRectangle",
            &[vector(&[1, 2, 3])],
            "int32 (3), not the four numbers of a rectangle",
        ),
        case(
            "MakeRectangle",
            &[int(0), float(1.5), int(10), int(20)],
            vector(&[0f32, 1.5, 10.0, 20.0]),
        ),
        fails(
            "MakeRectangle",
            &[int(0), int(0), int(1), vector(&[1, 2])],
            "int32 (2), not one number",
        ),
    ]
}

fn view(numbers: [f32; 9]) -> Value {
    shaped(&numbers, &[3, 3])
}

fn diagonal(x: f32, y: f32) -> Value {
    view([x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0])
}

fn moved(x: f32, y: f32) -> Value {
    view([1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0])
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn views() -> Vec<Case> {
    let identity = diagonal(1.0, 1.0);
    let (sin, cos) = 0.5f32.sin_cos();
    let turned = view([cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0]);
    let perspective = view([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5, 0.0, 1.0]);
    let square = vector(&[0, 0, 10, 10]);
    let flat = vector(&[0f32, 5.0, 10.0, 5.0]);
    vec![
        case("TranslateView", &[int(2), float(-1.5)], moved(2.0, -1.5)),
        case("RotateView", &[float(0.5)], turned.clone()),
        case("ScaleView", &[int(2), float(0.5)], diagonal(2.0, 0.5)),
        case("IdentityView", &[], diagonal(1.0, 1.0)),
        case(
            "Chain",
            &[moved(1.0, 2.0), diagonal(3.0, 4.0)],
            view([3.0, 0.0, 1.0, 0.0, 4.0, 2.0, 0.0, 0.0, 1.0]),
        ),
        case(
            "Chain",
            &[diagonal(3.0, 4.0), moved(1.0, 2.0)],
            view([3.0, 0.0, 3.0, 0.0, 4.0, 8.0, 0.0, 0.0, 1.0]),
        ),
        case("Chain", &[turned.clone(), identity], turned),
        fails("Chain", &[], "no views: at least one is needed"),
        fails(
            "Chain",
            &[vector(&[1, 2])],
            "int32 (2), not the 3 x 3 numbers of a view",
        ),
        case(
            "CenterView",
            &[vector(&[0, 10, 10, 30])],
            moved(-5.0, -20.0),
        ),
        case("FocusView", &[square, int(1)], diagonal(0.1, 0.1)),
        case(
            "FocusView",
            &[vector(&[0, 0, 2, 8]), int(64)],
            diagonal(2.0, 2.0),
        ),
        fails(
            "FocusView",
            &[flat.clone(), int(1)],
            "(0, 5, 10, 5), a rectangle without an area that can be scaled",
        ),
        case(
            "SameSize",
            &[flat.clone(), int(8), int(5), int(8), int(5)],
            flat.clone(),
        ),
        fails(
            "SameSize",
            &[flat.clone(), int(8), int(5), int(5), int(8)],
            "the image is 8 pixels wide and 5 high, and what belongs to it 5 wide and 8 high: they \
             must have the same size",
        ),
        // The middles of 4 and 2 pixels are where those of 8 and 1 are, half a pixel from edges.
        case(
            "RegionView",
            &[vector(&[3, 10, 7, 12]), int(8), int(1)],
            view([2.0, 0.0, -5.5, 0.0, 0.5, -5.25, 0.0, 0.0, 1.0]),
        ),
        fails(
            "RegionView",
            &[flat, int(8), int(8)],
            "(0, 5, 10, 5), a rectangle without an area",
        ),
        case(
            "FlipView",
            &[int(10), int(6), truth(true), truth(false)],
            view([-1.0, 0.0, 9.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        ),
        case(
            "FlipView",
            &[int(10), int(6), truth(false), truth(true)],
            view([1.0, 0.0, 0.0, 0.0, -1.0, 5.0, 0.0, 0.0, 1.0]),
        ),
        case(
            "ViewPoints",
            &[shaped(&[0, 0, 1, 2], &[2, 2]), moved(0.5, -1.0)],
            shaped(&[0.5f32, -1.0, 1.5, 1.0], &[2, 2]),
        ),
        case(
            "ViewPoints",
            &[vector(&[2f32, 6.0]), perspective.clone()],
            vector(&[1f32, 3.0]),
        ),
        // Infinitely far away.
        case(
            "ViewPoints",
            &[vector(&[-2f32, 6.0]), perspective],
            vector(&[0f32, 0.0]),
        ),
    ]
}
