//! The greater and the lower of numbers, and whole numbers near others.

use super::super::elementwise::{Binary, Unary, binary_as, infer_pair, unary};
use super::super::number::Number;
use super::super::operation::{Inputs, Operation, Parameter, Run};
use super::super::types::{Type, promoted};
use super::super::value::Value;
use super::arithmetic::TERMS;

const FAMILY: &str = "numbers.rounding";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    of_two("Maximum", "The greater of two numbers.", |i, out| {
        both(i, &Greater, out)
    }),
    of_two(
        "Max",
        "The greater of two numbers; the same as `Maximum`.",
        |i, out| both(i, &Greater, out),
    ),
    of_two("Minimum", "The lower of two numbers.", |i, out| {
        both(i, &Lower, out)
    }),
    of_two(
        "Min",
        "The lower of two numbers; the same as `Minimum`.",
        |i, out| both(i, &Lower, out),
    ),
    of_one(
        "Round",
        "The nearest whole number; halves away from 0.",
        |i, out| each(i, &Nearest, out),
    ),
    of_one(
        "Floor",
        "The greatest whole number that is not greater.",
        |i, out| each(i, &Below, out),
    ),
    of_one(
        "Ceil",
        "The least whole number that is not lower.",
        |i, out| each(i, &Above, out),
    ),
];

type Function = fn(Inputs<'_>, &mut Value) -> Result<(), String>;

const fn of_two(name: &'static str, summary: &'static str, function: Function) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters: &TERMS,
        infer: |types| Ok(Type::Array(infer_pair(&types[0], &types[1])?)),
        run: Run::Pure(function),
    }
}

const fn of_one(name: &'static str, summary: &'static str, function: Function) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters: const {
            &[Parameter::new(
                "source",
                "an array of numbers, whose type the result has",
            )]
        },
        infer: |types| Ok(Type::Array(types[0].as_array()?)),
        run: Run::Pure(function),
    }
}

fn both(inputs: Inputs<'_>, function: &impl Binary, out: &mut Value) -> Result<(), String> {
    let (a, b) = (inputs.get(0).array()?, inputs.get(1).array()?);
    let dtype = promoted(a.dtype(), b.dtype());
    binary_as(a, b, dtype, function, out.array_mut())
}

fn each(inputs: Inputs<'_>, function: &impl Unary, out: &mut Value) -> Result<(), String> {
    unary(inputs.get(0).array()?, function, out.array_mut());
    Ok(())
}

struct Greater;
struct Lower;
struct Nearest;
struct Below;
struct Above;

impl Binary for Greater {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(if a >= b { a } else { b })
    }
}

impl Binary for Lower {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(if a <= b { a } else { b })
    }
}

impl Unary for Nearest {
    fn of<T: Number>(&self, a: T) -> T {
        a.rounded(f64::round)
    }
}

impl Unary for Below {
    fn of<T: Number>(&self, a: T) -> T {
        a.rounded(f64::floor)
    }
}

impl Unary for Above {
    fn of<T: Number>(&self, a: T) -> T {
        a.rounded(f64::ceil)
    }
}
