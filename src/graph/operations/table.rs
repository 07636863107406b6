//! Tables of all bytes, which take the place of operations that look at one byte at a time.

use super::super::operation::{Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::pixels::{image, infer_like, like};
use crate::image::point::{Table, look_up};
use crate::pixel::Dtype;

/// What operations take that make one byte of one byte, whatever its place is, as their first input
/// is an image of them: 1 is about 15 millionths of a second for an image of 500 by 375 pixels.
const COSTS: [(&str, u32); 8] = [
    ("AdjustBrightness", 6),
    ("Equals", 1),
    ("ImageBrightness", 1),
    ("ImageSolarize", 1),
    ("Invert", 1),
    ("Posterize", 1),
    ("Solarize", 1),
    ("Threshold", 1),
];

/// What the operation of this name takes, if it is one of those.
pub(in super::super) fn cost_of_bytes(name: &str) -> Option<u32> {
    let found = COSTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, cost)| *cost)
}

/// An image of bytes, each of which is looked up.
pub(in super::super) static LOOK_UP: Operation = Operation {
    name: "LookUp",
    family: "image.processing",
    summary: "What a table has for each byte of an image.",
    parameters: &[
        Parameter::new("source", "an image of uint8"),
        Parameter::new("table", "256 bytes, as an image"),
    ],
    infer: |given| {
        infer_like(given)?;
        let ArrayType { shape, .. } = given[0].as_array()?;
        let dtype = Some(Dtype::Uint8);
        Ok(Type::Array(ArrayType { dtype, shape }))
    },
    run: Run::Pure(run),
};

fn run(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, table) = (image(inputs)?, inputs.get(1).array()?.bytes());
    let table = <&Table>::try_from(table).map_err(|_| "a table that is not of all bytes")?;
    if source.dtype() != Dtype::Uint8 {
        return Err(format!("{}, not of bytes", ArrayType::of(source)));
    }
    let out = like(source, out);
    look_up(table, source.bytes(), out.bytes_mut());
    Ok(())
}
