//! Rectangles: float32 (4,), left, top, right, bottom.

use super::super::operation::{Operation, Parameter, Run};
use super::super::types::Type;
use super::arguments::check_number;
use super::points::put;
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[Operation {
    name: "MakeRectangle",
    family: "geometry.rectangle",
    summary: "A rectangle of four numbers: float32 (4,).",
    parameters: &[
        Parameter::new("x1", "its left"),
        Parameter::new("y1", "its top"),
        Parameter::new("x2", "its right"),
        Parameter::new("y2", "its bottom"),
    ],
    infer: |types| {
        types.iter().try_for_each(check_number)?;
        Ok(Type::array(Dtype::Float32, vec![Some(4)]))
    },
    run: Run::Pure(|inputs, out| {
        let mut sides = [0.0; 4];
        for (side, input) in sides.iter_mut().zip(inputs.iter()) {
            *side = input.double()?;
        }
        put(out, &[4], sides)
    }),
}];
