//! Images that are drawn: ramps and masks.

use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::{check_number, shape};
use super::picture::{infer_side, side};
use super::points::{check_points, points};
use crate::image::draw::{Canvas, FARTHEST, Point};
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "LinearImage",
        family: FAMILY,
        summary: "An image whose elements grow evenly from the left to the right: float32 \
                  (height, width).",
        parameters: &[
            WIDTH,
            HEIGHT,
            Parameter::new("min", "the elements of the first column"),
            Parameter::new(
                "max",
                "the elements of the last column, if there is more than one",
            ),
            Parameter::new("flip", "whether they grow from the top to the bottom")
                .or(Default::Boolean(false)),
        ],
        infer: |types| {
            types[2..].iter().try_for_each(check_number)?;
            types[4].check_condition()?;
            infer_sides(types, 0, Dtype::Float32)
        },
        run: Run::Pure(linear_image),
    },
    Operation {
        name: "PolygonMask",
        family: FAMILY,
        summary: "An image that is white where a polygon is, and black elsewhere: uint8 (height, \
                  width).",
        parameters: &[
            Parameter::new(
                "source",
                "its corners, rounded to whole pixels: points, an array of shape (N, 2)",
            ),
            WIDTH,
            HEIGHT,
            Parameter::new(
                "thickness",
                "0 for the polygon with what is inside, or 1 for lines of single pixels, or up to \
                 1024 for sides that reach half of it, rounded up, to either side",
            )
            .or(Default::Integer(0)),
        ],
        infer: |types| infer_mask(types, MOST_THICKNESS, "a thickness"),
        run: Run::Pure(polygon_mask),
    },
    Operation {
        name: "PointsMask",
        family: FAMILY,
        summary: "An image that is white in discs about points, and black elsewhere: uint8 \
                  (height, width).",
        parameters: &[
            Parameter::new(
                "points",
                "their middles, rounded to whole pixels: points, an array of shape (N, 2)",
            ),
            WIDTH,
            HEIGHT,
            Parameter::new(
                "size",
                "their radius, from 0, for single pixels, to 1048576",
            )
            .or(Default::Integer(1)),
        ],
        infer: |types| infer_mask(types, MOST_RADIUS, "a size"),
        run: Run::Pure(points_mask),
    },
];

const FAMILY: &str = "image.render";

const WIDTH: Parameter = Parameter::new("width", "its columns, from 1 to 1,048,576");
const HEIGHT: Parameter = Parameter::new("height", "its rows, from 1 to 1,048,576");

/// The thickest line: its cost grows with it.
const MOST_THICKNESS: i64 = 1024;

const MOST_RADIUS: i64 = 1 << 20;

fn infer_sides(given: &Given<'_>, first: usize, dtype: Dtype) -> Result<Type, String> {
    let (width, height) = (infer_side(given, first)?, infer_side(given, first + 1)?);
    Ok(Type::array(dtype, vec![height, width]))
}

fn infer_mask(given: &Given<'_>, most: i64, what: &str) -> Result<Type, String> {
    check_points(&given[0])?;
    check_number(&given[3])?;
    let size = given.constant(3);
    size.map(|value| bounded(value, most, what)).transpose()?;
    infer_sides(given, 1, Dtype::Uint8)
}

fn bounded(value: &Value, most: i64, what: &str) -> Result<i64, String> {
    let number = value.integer()?;
    if (0..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{what} of {number} pixels, not from 0 to {most}"))
    }
}

fn linear_image(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (width, height) = (side(inputs.get(0))?, side(inputs.get(1))?);
    let (low, high) = (inputs.get(2).double()?, inputs.get(3).double()?);
    let is_flipped = inputs.get(4).is_true()?;
    let out = out.array_mut();
    out.reset(Dtype::Float32, shape(&[height, width])?);
    let mut rows = out.slice_mut::<f32>().chunks_exact_mut(width);
    if is_flipped {
        for (number, row) in rows.enumerate() {
            row.fill(step(number, height, low, high));
        }
    } else if let Some(first) = rows.next() {
        for (number, element) in first.iter_mut().enumerate() {
            *element = step(number, width, low, high);
        }
        rows.for_each(|row| row.copy_from_slice(first));
    }
    Ok(())
}

/// One of `count` numbers from one to another, in even steps.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "sides have few bits; the nearest"
)]
fn step(number: usize, count: usize, low: f64, high: f64) -> f32 {
    let last = count - 1;
    let found = if number == 0 {
        low
    } else if number == last {
        high
    } else {
        low + (high - low) * (number as f64 / last as f64)
    };
    found as f32
}

/// Points of whole pixels, of ties the even ones, as OpenCV rounds.
fn whole_points(value: &Value) -> Result<Vec<Point>, String> {
    let rounded = points(value)?.map(|[x, y]| {
        let (column, row) = (x.round_ties_even(), y.round_ties_even());
        #[expect(clippy::cast_precision_loss, reason = "a power of two")]
        let is_near = |number: f64| number.abs() <= FARTHEST as f64;
        if is_near(column) && is_near(row) {
            #[expect(clippy::cast_possible_truncation, reason = "whole numbers")]
            Ok([column as i64, row as i64])
        } else {
            Err(format!(
                "a point at ({x}, {y}), not within {FARTHEST} pixels"
            ))
        }
    });
    rounded.collect()
}

/// Makes a value a black image to draw in, of the sides that are its second and third input.
fn canvas<'o>(inputs: Inputs<'_>, out: &'o mut Value) -> Result<Canvas<'o>, String> {
    let (width, height) = (side(inputs.get(1))?, side(inputs.get(2))?);
    let out = out.array_mut();
    out.reset(Dtype::Uint8, shape(&[height, width])?);
    Ok(Canvas::clear(out.bytes_mut(), width, 255))
}

fn polygon_mask(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let polygon = whole_points(inputs.get(0))?;
    if polygon.is_empty() {
        return Err("no points, which make no polygon".to_owned());
    }
    let thickness = bounded(inputs.get(3), MOST_THICKNESS, "a thickness")?;
    let mut canvas = canvas(inputs, out)?;
    if thickness == 0 {
        canvas.fill(&polygon);
    } else {
        canvas.outline(&polygon, thickness);
    }
    Ok(())
}

fn points_mask(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let points = whole_points(inputs.get(0))?;
    let radius = bounded(inputs.get(3), MOST_RADIUS, "a size")?;
    let mut canvas = canvas(inputs, out)?;
    for point in points {
        canvas.disc(point, radius);
    }
    Ok(())
}
