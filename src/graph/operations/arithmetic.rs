//! Sums, differences, products, quotients and remainders.

use super::super::elementwise::{Binary, binary, infer_binary};
use super::super::number::Number;
use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::Type;
use super::super::value::Value;

const FAMILY: &str = "numbers.arithmetic";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    of("Add", "The sum, as in `a + b`.", |i, out| {
        run(i, &Add, &AddClipped, out)
    }),
    of("Subtract", "The difference, as in `a - b`.", |i, out| {
        run(i, &Subtract, &SubtractClipped, out)
    }),
    of("Multiply", "The product, as in `a * b`.", |i, out| {
        run(i, &Multiply, &MultiplyClipped, out)
    }),
    of(
        "Divide",
        "The quotient, of integers towards zero, as in `a / b`.",
        |i, out| run(i, &Divide, &DivideClipped, out),
    ),
    Operation {
        parameters: &TERMS,
        infer: |types| Ok(Type::Array(infer_binary(&types[0], &types[1])?)),
        ..of(
            "Modulo",
            "The remainder, with the sign of `a`, as in `a % b`.",
            |i, out| {
                binary(
                    i.get(0).array()?,
                    i.get(1).array()?,
                    &Remainder,
                    out.array_mut(),
                )
            },
        )
    },
];

/// Two arrays, element by element.
pub(super) const TERMS: [Parameter; 2] = [
    Parameter::new("a", "an array of numbers"),
    Parameter::new("b", "another one; the two are broadcast as NumPy does"),
];

const PARAMETERS: [Parameter; 3] = {
    let [a, b] = TERMS;
    let clips = "whether integers are clipped to the range of their type, not wrapped around";
    [
        a,
        b,
        Parameter::new("saturate", clips).or(Default::Boolean(false)),
    ]
};

const fn of(
    name: &'static str,
    summary: &'static str,
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters: &PARAMETERS,
        infer: |types| {
            types[2].check_condition()?;
            Ok(Type::Array(infer_binary(&types[0], &types[1])?))
        },
        run: Run::Pure(function),
    }
}

fn run(
    inputs: Inputs<'_>,
    wrapping: &impl Binary,
    clipping: &impl Binary,
    out: &mut Value,
) -> Result<(), String> {
    let (a, b) = (inputs.get(0).array()?, inputs.get(1).array()?);
    if inputs.get(2).is_true()? {
        binary(a, b, clipping, out.array_mut())
    } else {
        binary(a, b, wrapping, out.array_mut())
    }
}

macro_rules! functions {
    ($($name:ident: |$a:ident, $b:ident| $value:expr;)*) => {
        $(struct $name;

        impl Binary for $name {
            fn of<T: Number>(&self, $a: T, $b: T) -> Result<T, &'static str> {
                $value
            }
        })*
    };
}

functions! {
    Add: |a, b| Ok(a.add(b));
    AddClipped: |a, b| Ok(a.add_clipped(b));
    Subtract: |a, b| Ok(a.subtract(b));
    SubtractClipped: |a, b| Ok(a.subtract_clipped(b));
    Multiply: |a, b| Ok(a.multiply(b));
    MultiplyClipped: |a, b| Ok(a.multiply_clipped(b));
    Divide: |a, b| a.divide(b).ok_or("an integer is divided by zero");
    DivideClipped: |a, b| a.divide_clipped(b).ok_or("an integer is divided by zero");
    Remainder: |a, b| a.remainder(b).ok_or("an integer is divided by zero");
}
