//! Which of two numbers is greater.

use std::cmp::Ordering;

use super::super::elementwise::{compare, infer_pair};
use super::super::operation::{Inputs, Operation, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arithmetic::TERMS;
use crate::pixel::Dtype;

/// The operations of this family. What is no number compares as in IEEE 754: it is not equal to
/// anything, and neither greater nor lower.
pub(super) const ALL: &[Operation] = &[
    of("Greater", "Whether `a > b`.", |i, out| {
        run(i, Ordering::is_gt, false, out)
    }),
    of("GreaterEqual", "Whether `a >= b`.", |i, out| {
        run(i, Ordering::is_ge, false, out)
    }),
    of("Lower", "Whether `a < b`.", |i, out| {
        run(i, Ordering::is_lt, false, out)
    }),
    of("LowerEqual", "Whether `a <= b`.", |i, out| {
        run(i, Ordering::is_le, false, out)
    }),
    of("Equal", "Whether `a == b`.", |i, out| {
        run(i, Ordering::is_eq, false, out)
    }),
    of("NotEqual", "Whether `a != b`.", |i, out| {
        run(i, Ordering::is_ne, true, out)
    }),
];

const fn of(
    name: &'static str,
    summary: &'static str,
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: "numbers.comparison",
        summary,
        parameters: &TERMS,
        infer: |types| {
            let ArrayType { shape, .. } = infer_pair(&types[0], &types[1])?;
            let dtype = Some(Dtype::Bool);
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        run: Run::Pure(function),
    }
}

fn run(
    inputs: Inputs<'_>,
    holds: fn(Ordering) -> bool,
    unordered: bool,
    out: &mut Value,
) -> Result<(), String> {
    let (a, b) = (inputs.get(0).array()?, inputs.get(1).array()?);
    compare(a, b, holds, unordered, out.array_mut())
}
