//! Truth values.

use super::super::array::Array;
use super::super::elementwise::{Binary, binary_as, infer_pair};
use super::super::number::Number;
use super::super::operation::{Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use crate::pixel::Dtype;

const FAMILY: &str = "numbers.logic";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    of_two(
        "LogicalAnd",
        "Whether both hold, as in `a & b`.",
        |i, out| both(i, &And, out),
    ),
    of_two(
        "LogicalOr",
        "Whether one of two holds, as in `a | b`.",
        |i, out| both(i, &Or, out),
    ),
    Operation {
        name: "LogicalNot",
        family: FAMILY,
        summary: "Whether it does not hold, as in `~a`.",
        parameters: &[Parameter::new("a", "truth values")],
        infer: |types| {
            let ArrayType { shape, .. } = truth(&types[0])?;
            let dtype = Some(Dtype::Bool);
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        run: Run::Pure(|inputs, out| {
            let a = truths(inputs.get(0))?;
            out.array_mut().reset(Dtype::Bool, a.shape());
            for (target, value) in out.array_mut().bytes_mut().iter_mut().zip(a.bytes()) {
                *target = u8::from(*value == 0);
            }
            Ok(())
        }),
    },
];

const fn of_two(
    name: &'static str,
    summary: &'static str,
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters: const {
            &[
                Parameter::new("a", "truth values"),
                Parameter::new("b", "others; the two are broadcast as NumPy does"),
            ]
        },
        infer: |types| {
            truth(&types[0])?;
            truth(&types[1])?;
            let ArrayType { shape, .. } = infer_pair(&types[0], &types[1])?;
            let dtype = Some(Dtype::Bool);
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        run: Run::Pure(function),
    }
}

/// The type of truth values.
fn truth(of: &Type) -> Result<ArrayType, String> {
    let array = of.as_array()?;
    match array.dtype {
        Some(dtype) if dtype != Dtype::Bool => Err(not_truth(dtype)),
        _ => Ok(array),
    }
}

fn not_truth(dtype: Dtype) -> String {
    format!(
        "elements of type {}, not truth values: compare them with a number",
        dtype.name()
    )
}

fn truths(value: &Value) -> Result<&Array, String> {
    let array = value.array()?;
    match array.dtype() {
        Dtype::Bool => Ok(array),
        other => Err(not_truth(other)),
    }
}

fn both(inputs: Inputs<'_>, function: &impl Binary, out: &mut Value) -> Result<(), String> {
    let (a, b) = (truths(inputs.get(0))?, truths(inputs.get(1))?);
    binary_as(a, b, Dtype::Bool, function, out.array_mut())
}

struct And;
struct Or;

impl Binary for And {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(if a <= b { a } else { b })
    }
}

impl Binary for Or {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(if a >= b { a } else { b })
    }
}
