//! Views: float32 (3, 3), matrices that map points of a source to points of what is seen of it, as
//! column vectors (x, y, 1).

use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::{check_elements, check_number, doubles};
use super::points::{A_RECTANGLE, RECTANGLE, check_points, points, put};
use crate::image::perspective::projection;
use crate::pixel::Dtype;

const FAMILY: &str = "geometry.view";

/// A matrix, row by row.
type Matrix = [f64; 9];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    of_numbers(
        "TranslateView",
        "A view that is moved.",
        &[
            Parameter::new("x", "how far to the right").or(Default::Float(0.0)),
            Parameter::new("y", "how far down").or(Default::Float(0.0)),
        ],
        |inputs, out| {
            let (x, y) = (inputs.get(0).double()?, inputs.get(1).double()?);
            put_view(out, translation(x, y))
        },
    ),
    of_numbers(
        "RotateView",
        "A view that is turned about (0, 0).",
        &[Parameter::new("angle", "by how much, in radians, from x to y").or(Default::Float(0.0))],
        |inputs, out| {
            let angle = inputs.get(0).double()?;
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            put_view(out, [cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0])
        },
    ),
    of_numbers(
        "ScaleView",
        "A view that is enlarged about (0, 0).",
        &[
            Parameter::new("x", "by which factor across").or(Default::Float(1.0)),
            Parameter::new("y", "by which factor down").or(Default::Float(1.0)),
        ],
        |inputs, out| {
            let (x, y) = (inputs.get(0).double()?, inputs.get(1).double()?);
            put_view(out, scale(x, y))
        },
    ),
    of_numbers(
        "IdentityView",
        "A view of everything as it is.",
        &[],
        |_, out| put_view(out, IDENTITY),
    ),
    Operation {
        name: "Chain",
        family: FAMILY,
        summary: "The product of views, from left to right: what the last one does comes first.",
        parameters: &[Parameter::new("inputs", "the views").or(Default::Any)],
        infer: |types| {
            if types.is_empty() {
                return Err("no views: at least one is needed".to_owned());
            }
            types.iter().try_for_each(check_view)?;
            Ok(view_type())
        },
        run: Run::Pure(|inputs, out| {
            let mut product = IDENTITY;
            for input in inputs.iter() {
                product = multiplied(&product, &view(input)?);
            }
            put_view(out, product)
        }),
    },
    Operation {
        name: "SameSize",
        family: FAMILY,
        summary: "A value, where an image and what belongs to it have the same size. Other samples are errors.",
        parameters: &[
            Parameter::new("source", "the value"),
            Parameter::new("width", "columns of the image"),
            Parameter::new("height", "its rows"),
            Parameter::new(
                "other_width",
                "columns of the mask, or of whatever belongs to it",
            ),
            Parameter::new("other_height", "its rows"),
        ],
        infer: |types| {
            types[1..].iter().try_for_each(check_number)?;
            Ok(types[0].clone())
        },
        run: Run::Pure(same_size),
    },
    Operation {
        name: "CenterView",
        family: FAMILY,
        summary: "A view with the center of a rectangle at (0, 0).",
        parameters: &[Parameter::new("source", RECTANGLE)],
        infer: |types| {
            check_elements(&types[0], 4, A_RECTANGLE)?;
            Ok(view_type())
        },
        run: Run::Pure(|inputs, out| {
            let [left, top, right, bottom] = doubles(inputs.get(0), A_RECTANGLE)?;
            put_view(
                out,
                translation((left + right) / -2.0, (top + bottom) / -2.0),
            )
        }),
    },
    Operation {
        name: "FocusView",
        family: FAMILY,
        summary: "A view that is enlarged about (0, 0) so that a rectangle has an area.",
        parameters: &[
            Parameter::new("source", RECTANGLE),
            Parameter::new("scale", "the area"),
        ],
        infer: |types| {
            check_elements(&types[0], 4, A_RECTANGLE)?;
            check_number(&types[1])?;
            Ok(view_type())
        },
        run: Run::Pure(focus),
    },
    Operation {
        name: "RegionView",
        family: FAMILY,
        summary: "The view in which a rectangle of whole pixels fills an image: its edges become those of the image, as where ImageCrop and Resize put it.",
        parameters: &[
            Parameter::new("source", RECTANGLE),
            Parameter::new("width", "columns of the image"),
            Parameter::new("height", "its rows"),
        ],
        infer: |types| {
            check_elements(&types[0], 4, A_RECTANGLE)?;
            types[1..].iter().try_for_each(check_number)?;
            Ok(view_type())
        },
        run: Run::Pure(region),
    },
    of_numbers(
        "FlipView",
        "The view in which Flip puts points of an image of a size.",
        &[
            Parameter::new("width", "columns of the image"),
            Parameter::new("height", "its rows"),
            Parameter::new("horizontal", "whether left and right change places"),
            Parameter::new("vertical", "whether top and bottom change places"),
        ],
        |inputs, out| {
            let along = |side: usize, flips: usize| {
                let last = inputs.get(side).double()? - 1.0;
                let flips = inputs.get(flips).is_true()?;
                Ok::<_, String>(if flips { (-1.0, last) } else { (1.0, 0.0) })
            };
            let ((x, right), (y, down)) = (along(0, 2)?, along(1, 3)?);
            put_view(out, [x, 0.0, right, 0.0, y, down, 0.0, 0.0, 1.0])
        },
    ),
    Operation {
        name: "PerspectiveView",
        family: FAMILY,
        summary: "The view that takes each of four points to another.",
        parameters: &[
            Parameter::new("startpoints", "the four points: an array of shape (4, 2)"),
            Parameter::new("endpoints", "where each is in the view"),
        ],
        infer: |types| {
            check_elements(&types[0], 8, FOUR_POINTS)?;
            check_elements(&types[1], 8, FOUR_POINTS)?;
            Ok(view_type())
        },
        run: Run::Pure(|inputs, out| {
            let [start, end] = [four(inputs.get(0))?, four(inputs.get(1))?];
            let found = projection(&start, &end);
            put_view(
                out,
                found.ok_or("four points of which three are on a line")?,
            )
        }),
    },
    Operation {
        name: "ViewPoints",
        family: FAMILY,
        summary: "Where points of the source are in a view.",
        parameters: &[
            Parameter::new("source", "points: an array of shape (N, 2), or one point"),
            Parameter::new("view", "the view"),
        ],
        infer: |types| {
            check_view(&types[1])?;
            let mut points = check_points(&types[0])?;
            points.dtype = Some(Dtype::Float32);
            Ok(Type::Array(points))
        },
        run: Run::Pure(view_points),
    },
];

fn same_size(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let side = |input: usize| inputs.get(input).integer();
    let (width, height) = (side(1)?, side(2)?);
    let (other_width, other_height) = (side(3)?, side(4)?);
    if (width, height) != (other_width, other_height) {
        return Err(format!(
            "the image is {width} pixels wide and {height} high, and what belongs to it \
             {other_width} wide and {other_height} high: they must have the same size"
        ));
    }
    out.clone_from(inputs.get(0));
    Ok(())
}

const fn of_numbers(
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters,
        infer: |types| {
            types.iter().try_for_each(check_number)?;
            Ok(view_type())
        },
        run: Run::Pure(function),
    }
}

fn view_type() -> Type {
    Type::array(Dtype::Float32, vec![Some(3), Some(3)])
}

/// Checks that values of a type may be views.
///
/// # Errors
/// What they are instead.
pub(super) fn check_view(of: &Type) -> Result<(), String> {
    check_elements(of, 9, A_VIEW)
}

const A_VIEW: &str = "the 3 x 3 numbers of a view";

/// A view, row by row.
///
/// # Errors
/// What the value is instead.
pub(super) fn view(value: &Value) -> Result<Matrix, String> {
    doubles(value, A_VIEW)
}

const FOUR_POINTS: &str = "four points";

fn four(value: &Value) -> Result<[[f64; 2]; 4], String> {
    let numbers: [f64; 8] = doubles(value, FOUR_POINTS)?;
    Ok([0, 2, 4, 6].map(|place| [numbers[place], numbers[place + 1]]))
}

fn put_view(out: &mut Value, view: Matrix) -> Result<(), String> {
    put(out, &[3, 3], view)
}

fn translation(x: f64, y: f64) -> Matrix {
    [1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0]
}

fn scale(x: f64, y: f64) -> Matrix {
    [x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0]
}

fn multiplied(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|place| {
        let (row, column) = (place / 3, place % 3);
        (0..3).map(|k| a[3 * row + k] * b[3 * k + column]).sum()
    })
}

fn focus(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let [left, top, right, bottom] = doubles(inputs.get(0), A_RECTANGLE)?;
    let factor = libm::sqrt(inputs.get(1).double()? / ((bottom - top) * (right - left)));
    if !factor.is_finite() {
        return Err(format!(
            "({left}, {top}, {right}, {bottom}), a rectangle without an area that can be scaled"
        ));
    }
    put_view(out, scale(factor, factor))
}

fn region(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let [left, top, right, bottom] = doubles(inputs.get(0), A_RECTANGLE)?;
    let (width, height) = (inputs.get(1).double()?, inputs.get(2).double()?);
    let (x, y) = (width / (right - left), height / (bottom - top));
    if !(x.is_finite() && y.is_finite()) {
        return Err(format!(
            "({left}, {top}, {right}, {bottom}), a rectangle without an area"
        ));
    }
    // Edges are half a pixel away from the middles of pixels.
    let along = |scale: f64, start: f64| scale * (0.5 - start) - 0.5;
    put_view(
        out,
        [x, 0.0, along(x, left), 0.0, y, along(y, top), 0.0, 0.0, 1.0],
    )
}

/// Where a view has a point; (0, 0) where that is infinitely far away.
fn seen(view: &Matrix, [x, y]: [f64; 2]) -> [f64; 2] {
    let row = |row: usize| view[3 * row] * x + view[3 * row + 1] * y + view[3 * row + 2];
    let depth = row(2);
    if depth == 0.0 {
        [0.0; 2]
    } else {
        [row(0) / depth, row(1) / depth]
    }
}

fn view_points(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0);
    let view = view(inputs.get(1))?;
    let shape = source.array()?.shape();
    let moved = points(source)?.flat_map(|point| seen(&view, point));
    put(out, shape.axes(), moved)
}
