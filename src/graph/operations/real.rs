//! Functions of real numbers: powers, roots, angles.
//!
//! They are computed in double precision by libm, which gives the same bits on every platform, and
//! rounded once where the result is float32.

use super::super::elementwise::{Binary, binary_as, infer_pair, infer_real, real, unary_real};
use super::super::number::Number;
use super::super::operation::{Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type, promoted};
use super::super::value::Value;

const ARITHMETIC: &str = "numbers.arithmetic";
const ANGLES: &str = "numbers.trigonometry";

/// The operations of these families.
pub(super) const ALL: &[Operation] = &[
    of_one("SquareRoot", ARITHMETIC, "The square root.", |i, out| {
        each(i, libm::sqrt, out)
    }),
    of_one(
        "Sin",
        ANGLES,
        "The sine of an angle in radians.",
        |i, out| each(i, libm::sin, out),
    ),
    of_one(
        "Cos",
        ANGLES,
        "The cosine of an angle in radians.",
        |i, out| each(i, libm::cos, out),
    ),
    of_one(
        "Tan",
        ANGLES,
        "The tangent of an angle in radians.",
        |i, out| each(i, libm::tan, out),
    ),
    of_one(
        "ArcSin",
        ANGLES,
        "The angle with this sine, in radians.",
        |i, out| each(i, libm::asin, out),
    ),
    of_one(
        "ArcCos",
        ANGLES,
        "The angle with this cosine, in radians.",
        |i, out| each(i, libm::acos, out),
    ),
    of_one(
        "ArcTan",
        ANGLES,
        "The angle with this tangent, in radians.",
        |i, out| each(i, libm::atan, out),
    ),
    of_two(
        "ArcTan2",
        ANGLES,
        "The angle of the point (b, a), in radians.",
        |i, out| both(i, &Real(libm::atan2), out),
    ),
    of_two(
        "Power",
        ARITHMETIC,
        "`a` raised to the power `b`, as in `a ** b`.",
        |i, out| both(i, &Real(libm::pow), out),
    ),
];

type Function = fn(Inputs<'_>, &mut Value) -> Result<(), String>;

const fn of_one(
    name: &'static str,
    family: &'static str,
    summary: &'static str,
    function: Function,
) -> Operation {
    Operation {
        name,
        family,
        summary,
        parameters: const {
            &[Parameter::new(
                "a",
                "an array of numbers; the result is of floats",
            )]
        },
        infer: |types| Ok(Type::Array(infer_real(&types[0])?)),
        run: Run::Pure(function),
    }
}

const fn of_two(
    name: &'static str,
    family: &'static str,
    summary: &'static str,
    function: Function,
) -> Operation {
    Operation {
        name,
        family,
        summary,
        parameters: const {
            &[
                Parameter::new("a", "an array of numbers; the result is of floats"),
                Parameter::new("b", "another one; the two are broadcast as NumPy does"),
            ]
        },
        infer: |types| {
            let ArrayType { dtype, shape } = infer_pair(&types[0], &types[1])?;
            let dtype = dtype.map(real);
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        run: Run::Pure(function),
    }
}

fn each(inputs: Inputs<'_>, function: fn(f64) -> f64, out: &mut Value) -> Result<(), String> {
    unary_real(inputs.get(0).array()?, function, out.array_mut());
    Ok(())
}

fn both(inputs: Inputs<'_>, function: &Real, out: &mut Value) -> Result<(), String> {
    let (a, b) = (inputs.get(0).array()?, inputs.get(1).array()?);
    let dtype = real(promoted(a.dtype(), b.dtype()));
    binary_as(a, b, dtype, function, out.array_mut())
}

/// A function of two real numbers.
struct Real(fn(f64, f64) -> f64);

impl Binary for Real {
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str> {
        Ok(T::from_double((self.0)(a.to_double(), b.to_double())))
    }
}
