//! Perspective: the projection that takes four points to four others, and what becomes of
//! rectangles in a projection.

use super::warp::{Matrix, inverse};

/// A point.
type Point = [f64; 2];

/// The matrix of the projection that takes each of four points to another; `None` if three of the
/// four, here or there, are on one line.
///
/// It goes through the unit square, as Heckbert describes it ("Fundamentals of Texture Mapping and
/// Image Warping", 1989, section 2.2.3).
#[must_use]
pub fn projection(from: &[Point; 4], to: &[Point; 4]) -> Option<Matrix> {
    let back = inverse(&from_square(from)?)?;
    let there = from_square(to)?;
    inverse(&there)?;
    let product: Matrix = std::array::from_fn(|place| {
        let (row, column) = (3 * (place / 3), place % 3);
        there[row] * back[column]
            + there[row + 1] * back[column + 3]
            + there[row + 2] * back[column + 6]
    });
    let scale = if product[8] == 0.0 { 1.0 } else { product[8] };
    let scaled = product.map(|number| number / scale);
    scaled
        .iter()
        .all(|number| number.is_finite())
        .then_some(scaled)
}

/// The projection of (0, 0), (1, 0), (1, 1) and (0, 1) to four points.
fn from_square(&[first, second, third, last]: &[Point; 4]) -> Option<Matrix> {
    let minus = |a: Point, b: Point| [a[0] - b[0], a[1] - b[1]];
    let cross = |a: Point, b: Point| a[0] * b[1] - a[1] * b[0];
    let (across, down) = (minus(second, third), minus(last, third));
    let area = cross(across, down);
    if area == 0.0 {
        return None;
    }
    let rest = minus(minus(first, second), minus(last, third));
    let depth = [cross(rest, down) / area, cross(across, rest) / area];
    let row = |axis: usize| {
        let start = first[axis];
        [
            second[axis] - start + depth[0] * second[axis],
            last[axis] - start + depth[1] * last[axis],
            start,
        ]
    };
    let last = [depth[0], depth[1], 1.0];
    let rows = [row(0), row(1), last];
    Some(std::array::from_fn(|place| rows[place / 3][place % 3]))
}

/// The bounds of a rectangle as a projection shows it: left, top, right, bottom.
///
/// Of a rectangle that reaches behind the viewer, they are those of the part in front, and are as
/// large as that is seen to be; all are 0 if none of it is.
#[must_use]
pub fn bounds(view: &Matrix, [left, top, right, bottom]: [f64; 4]) -> [f64; 4] {
    let at =
        |x: f64, y: f64| [0, 3, 6].map(|row| view[row] * x + view[row + 1] * y + view[row + 2]);
    let corners = [
        at(left, top),
        at(right, top),
        at(right, bottom),
        at(left, bottom),
    ];
    let mut found = Bounds::default();
    let is_whole = corners.iter().all(|[.., depth]| *depth > 0.0)
        || corners.iter().all(|[.., depth]| *depth < 0.0);
    if is_whole {
        for corner in corners {
            found.add(corner);
        }
        return found.get();
    }
    let farthest = corners
        .iter()
        .fold(0.0, |most: f64, [.., depth]| most.max(*depth));
    let near = farthest * NEAREST;
    for (place, corner) in corners.into_iter().enumerate() {
        let next = corners[(place + 1) % 4];
        if corner[2] > near {
            found.add(corner);
        }
        if (corner[2] > near) != (next[2] > near) {
            let share = (near - corner[2]) / (next[2] - corner[2]);
            let [x, y] = [0, 1].map(|axis| corner[axis] + share * (next[axis] - corner[axis]));
            found.add([x, y, near]);
        }
    }
    found.get()
}

/// How near to the viewer rectangles are seen, relative to their farthest corner.
const NEAREST: f64 = 1e-4;

/// The bounds of points.
#[derive(Default)]
struct Bounds(Option<[f64; 4]>);

impl Bounds {
    fn add(&mut self, [x, y, depth]: [f64; 3]) {
        let (x, y) = (x / depth, y / depth);
        let [left, top, right, bottom] = self.0.unwrap_or([x, y, x, y]);
        self.0 = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
    }

    fn get(self) -> [f64; 4] {
        self.0.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(view: &Matrix, [x, y]: Point) -> Point {
        let row = |row: usize| view[row] * x + view[row + 1] * y + view[row + 2];
        [row(0) / row(6), row(3) / row(6)]
    }

    fn is_near(found: &[f64], wanted: &[f64]) -> bool {
        found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    proptest! {
        #[test]
        fn four_points_go_to_four_others(
            moved in prop::array::uniform8(-20.0f64..20.0), size in 60.0f64..1000.0
        ) {
            let [a, b, c, d, e, f, g, h] = moved;
            let from = [[0.0, 0.0], [size, 0.0], [size, size], [0.0, size]];
            let to = [[a, b], [size + c, d], [size + e, size + f], [g, size + h]];
            for (from, to) in [(from, to), (to, from)] {
                let view = projection(&from, &to).unwrap();
                for (point, wanted) in from.into_iter().zip(to) {
                    prop_assert!(is_near(&seen(&view, point), &wanted));
                }
            }
        }
    }

    #[test]
    fn three_points_on_a_line_are_of_no_projection() {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        for place in 0..4 {
            let mut flat = square;
            flat[place] = [0.5, 0.5];
            assert_eq!(projection(&square, &flat), None, "{place}");
            assert_eq!(projection(&flat, &square), None, "{place}");
        }
        let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        assert_eq!(projection(&square, &square), Some(identity));
    }

    #[test]
    fn what_is_behind_the_viewer_is_not_seen() {
        // The depth is 1 - x / 10.
        let view = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.1, 0.0, 1.0];
        let front = bounds(&view, [0.0, 0.0, 5.0, 4.0]);
        assert!(is_near(&front, &[0.0, 0.0, 10.0, 8.0]), "{front:?}");
        let [left, top, right, bottom] = bounds(&view, [0.0, 2.0, 20.0, 4.0]);
        assert!(is_near(&[left, top], &[0.0, 2.0]));
        assert!(right > 1e4 && bottom > 1e4);
        let line = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(is_near(&bounds(&line, [0.0, 0.0, 5.0, 4.0]), &[0.0; 4]));
    }
}
