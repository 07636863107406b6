//! Truth values.

use super::super::array::Array;
use super::super::elementwise::{Binary, binary, infer_binary};
use super::super::number::Number;
use super::super::operation::{Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type, name};
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
        infer: |types| truth(&types[0]).map(Type::Array),
        run: Run::Pure(|inputs, out| {
            let a = inputs.get(0).array()?;
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
            let ArrayType { shape, .. } = infer_binary(&types[0], &types[1])?;
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
        name(dtype)
    )
}

fn both(inputs: Inputs<'_>, function: &impl Binary, out: &mut Value) -> Result<(), String> {
    let [a, b] = [0, 1].map(|input| inputs.get(input).array());
    let (a, b): (&Array, &Array) = (a?, b?);
    for array in [a, b] {
        if array.dtype() != Dtype::Bool {
            return Err(not_truth(array.dtype()));
        }
    }
    let out = out.array_mut();
    let mut numbers = Array::boolean(false);
    binary(a, b, function, &mut numbers)?;
    numbers.convert_into(Dtype::Bool, out);
    Ok(())
}

struct And;
struct Or;

impl Binary for And {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(a.multiply(b))
    }
}

impl Binary for Or {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(if a >= b { a } else { b })
    }
}
