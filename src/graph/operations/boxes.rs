//! Boxes around pixels: float32 (N, 4), left, top, right and bottom of each. The first pixel is from
//! 0 to 1, so its edges are half a pixel away from its middle, which is the point (0, 0).

use super::super::operation::{Given, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{check_elements, check_number, doubles};
use super::picture::{infer_side, side};
use super::points::put;
use super::random::{SEED, stream};
use super::view::{check_view, view};
use crate::image::perspective::bounds;
use crate::pixel::{Dtype, Size};
use crate::transform::random_crop;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "ViewBoxes",
        family: FAMILY,
        summary: "Boxes as they are in a view: the bounds of what each covers, which may reach \
                  beyond the image.",
        parameters: &[
            Parameter::new(
                "source",
                "boxes: an array of shape (N, 4), or one box: left, top, right, bottom, between \
                 pixels, so that (0, 0, 1, 1) is around the upper left one",
            ),
            Parameter::new("view", "the view"),
        ],
        infer: |types| {
            check_view(&types[1])?;
            let mut boxes = check_boxes(&types[0])?;
            boxes.dtype = Some(Dtype::Float32);
            Ok(Type::Array(boxes))
        },
        run: Run::Pure(view_boxes),
    },
    Operation {
        name: "RandomCropRegion",
        family: FAMILY,
        summary: "A random part of an image, of whole pixels: its area is uniform, and its aspect \
                  ratio in its logarithm. Of ten tries, it is the first that fits; else the \
                  largest part in the middle whose ratio is allowed.",
        parameters: &[
            Parameter::new("width", "columns of the image"),
            Parameter::new("height", "rows of the image"),
            Parameter::new("scale", "least and greatest share of the area, from 0 to 1"),
            Parameter::new(
                "ratio",
                "least and greatest ratio of width to height, above 0",
            ),
            SEED,
        ],
        infer: infer_region,
        run: Run::Pure(region),
    },
];

const FAMILY: &str = "geometry.rectangle";

/// Checks that values of a type may be boxes.
fn check_boxes(of: &Type) -> Result<ArrayType, String> {
    let array = of.as_array()?;
    let are_boxes = match array.shape.as_deref() {
        Some([axis] | [_, axis]) => axis.is_none_or(|axis| axis == 4),
        Some(_) => false,
        None => true,
    };
    if are_boxes {
        Ok(array)
    } else {
        Err(format!("{of}, not boxes"))
    }
}

/// From the edge of a pixel to its middle.
const HALF: f64 = 0.5;

fn view_boxes(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let view = view(inputs.get(1))?;
    let shape = source.shape();
    let ([4] | [_, 4]) = shape.axes() else {
        return Err(format!("{}, not boxes", ArrayType::of(source)));
    };
    let sides = (0..shape.elements() / 4).flat_map(|place| {
        let sides = std::array::from_fn(|side| source.double_at(4 * place + side) - HALF);
        bounds(&view, sides).map(|side| side + HALF)
    });
    put(out, shape.axes(), sides)
}

const LOW_AND_HIGH: &str = "two numbers: the least and the greatest";

fn infer_region(types: &Given<'_>) -> Result<Type, String> {
    infer_side(types, 0)?;
    infer_side(types, 1)?;
    check_elements(&types[2], 2, LOW_AND_HIGH)?;
    check_elements(&types[3], 2, LOW_AND_HIGH)?;
    types.constant(2).map(scale).transpose()?;
    types.constant(3).map(ratio).transpose()?;
    check_number(&types[4])?;
    Ok(Type::array(Dtype::Float32, vec![Some(4)]))
}

fn scale(value: &Value) -> Result<(f64, f64), String> {
    let [low, high] = doubles(value, LOW_AND_HIGH)?;
    if low > 0.0 && low <= high && high <= 1.0 {
        return Ok((low, high));
    }
    Err(format!(
        "a scale from {low} to {high}: shares of the area are above 0 and at most 1, the least first"
    ))
}

pub(super) fn ratio(value: &Value) -> Result<(f64, f64), String> {
    let [low, high] = doubles(value, LOW_AND_HIGH)?;
    if low > 0.0 && low <= high && high.is_finite() {
        return Ok((low, high));
    }
    Err(format!(
        "a ratio from {low} to {high}: ratios are above 0, the least first"
    ))
}

fn region(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let length = |input| u32::try_from(side(inputs.get(input))?).map_err(|error| error.to_string());
    let source = Size::new(length(0)?, length(1)?);
    let (scale, ratio) = (scale(inputs.get(2))?, ratio(inputs.get(3))?);
    let part = random_crop(source, scale, ratio, &mut stream(inputs.get(4))?);
    let (right, bottom) = (part.left + part.width, part.top + part.height);
    put(out, &[4], [part.left, part.top, right, bottom])
}
