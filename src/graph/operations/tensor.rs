//! Shapes and types of arrays.

use super::super::array::{Array, Shape};
use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use crate::pixel::Dtype;

const FAMILY: &str = "tensor";

const SOURCE: Parameter = Parameter::new("source", "an array");

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "Convert",
        family: FAMILY,
        summary: "The same numbers as elements of another type: clipped to its range, then \
                  truncated.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "dtype",
                "Boolean, Char, Short, UnsignedShort, Integer, Float, or \
                  a word as NumPy has it",
            )
            .or(Default::Text("Integer")),
        ],
        infer: |types| {
            // Which type is a constant, looked at when it runs.
            let ArrayType { shape, .. } = types[0].as_array()?;
            Ok(Type::Array(ArrayType { dtype: None, shape }))
        },
        run: Run::Pure(|inputs, out| {
            let dtype = element_type(inputs.get(1))?;
            inputs.get(0).array()?.convert_into(dtype, out.array_mut());
            Ok(())
        }),
    },
    Operation {
        name: "Stack",
        family: FAMILY,
        summary: "Arrays of one type and shape along a new first axis.",
        parameters: &[
            Parameter::new("first", "the first one"),
            Parameter::new("inputs", "those that follow").or(Default::Any),
        ],
        infer: |types| {
            let arrays = types
                .iter()
                .map(Type::as_array)
                .collect::<Result<Vec<_>, _>>()?;
            let count = arrays.len();
            let common = arrays
                .into_iter()
                .reduce(|a, b| a.common(&b))
                .unwrap_or_default();
            let shape = common
                .shape
                .map(|axes| [&[Some(count)], axes.as_slice()].concat());
            Ok(Type::Array(ArrayType { shape, ..common }))
        },
        run: Run::Pure(stack),
    },
    Operation {
        name: "Reshape",
        family: FAMILY,
        summary: "The same elements in another shape.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "shape",
                "elements along each axis; one of them -1 is what is left",
            ),
        ],
        infer: |types| {
            let ArrayType { dtype, .. } = types[0].as_array()?;
            Ok(Type::Array(ArrayType { dtype, shape: None }))
        },
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0).array()?;
            *out = source.reshaped(wanted(source, inputs.get(1))?).into();
            Ok(())
        }),
    },
    Operation {
        name: "Transpose",
        family: FAMILY,
        summary: "The axes in another order.",
        parameters: &[
            SOURCE,
            Parameter::new("axes", "the number of each, in the new order"),
        ],
        infer: |types| {
            let array = types[0].as_array()?;
            let shape = array.rank().map(|rank| vec![None; rank]);
            Ok(Type::Array(ArrayType { shape, ..array }))
        },
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0).array()?;
            transpose(source, &order(source, inputs.get(1))?, out.array_mut());
            Ok(())
        }),
    },
    Operation {
        name: "Squeeze",
        family: FAMILY,
        summary: "Without the axes that have one element.",
        parameters: &[SOURCE],
        infer: |types| {
            let array = types[0].as_array()?;
            let known = array.shape.filter(|axes| axes.iter().all(Option::is_some));
            let shape =
                known.map(|axes| axes.into_iter().filter(|axis| *axis != Some(1)).collect());
            Ok(Type::Array(ArrayType { shape, ..array }))
        },
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0).array()?;
            let axes = source.shape();
            let kept: Vec<_> = axes
                .axes()
                .iter()
                .copied()
                .filter(|axis| *axis != 1)
                .collect();
            *out = source
                .reshaped(Shape::new(&kept).unwrap_or(Shape::SCALAR))
                .into();
            Ok(())
        }),
    },
    Operation {
        name: "Unsqueeze",
        family: FAMILY,
        summary: "With another axis, of one element.",
        parameters: &[
            SOURCE,
            Parameter::new("axis", "its number among the new axes"),
        ],
        infer: |types| {
            let array = types[0].as_array()?;
            let shape = array.rank().map(|rank| vec![None; rank + 1]);
            Ok(Type::Array(ArrayType { shape, ..array }))
        },
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0).array()?;
            let mut axes = source.shape().axes().to_vec();
            let number = inputs.get(1).integer()?;
            let place = usize::try_from(number)
                .ok()
                .filter(|place| *place <= axes.len());
            let place = place.ok_or_else(|| format!("axis {number} of {}", axes.len() + 1))?;
            axes.insert(place, 1);
            let shape = Shape::new(&axes).ok_or("too many axes")?;
            *out = source.reshaped(shape).into();
            Ok(())
        }),
    },
];

/// The words for types of elements: `PixelPipes`' and NumPy's.
const TYPES: [(&str, Dtype); 15] = [
    ("Boolean", Dtype::Bool),
    ("Char", Dtype::Uint8),
    ("Short", Dtype::Int16),
    ("UnsignedShort", Dtype::Uint16),
    ("Integer", Dtype::Int32),
    ("Float", Dtype::Float32),
    ("bool", Dtype::Bool),
    ("uint8", Dtype::Uint8),
    ("int16", Dtype::Int16),
    ("uint16", Dtype::Uint16),
    ("int32", Dtype::Int32),
    ("int64", Dtype::Int64),
    ("float32", Dtype::Float32),
    ("float64", Dtype::Float64),
    ("UShort", Dtype::Uint16),
];

fn element_type(value: &Value) -> Result<Dtype, String> {
    let word = value.text()?;
    let found = TYPES.iter().find(|(name, _)| *name == word);
    let words = || TYPES.map(|(name, _)| name).join(", ");
    found
        .map(|(_, dtype)| *dtype)
        .ok_or_else(|| format!("{word:?} is no type of elements: one of {}", words()))
}

fn stack(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let first = inputs.get(0).array()?;
    let (dtype, own) = (first.dtype(), first.shape());
    let shape = Shape::new(&[&[inputs.len()], own.axes()].concat())
        .ok_or("an array that is too large, or of too many axes")?;
    let out = out.array_mut();
    out.reset(dtype, shape);
    let bytes = own.elements() * dtype.bytes();
    for (number, input) in inputs.iter().enumerate() {
        let array = input.array()?;
        if (array.dtype(), array.shape()) != (dtype, own) {
            return Err(format!(
                "{first:?} and {array:?}: they must have one type and shape"
            ));
        }
        out.bytes_mut()[number * bytes..][..bytes].copy_from_slice(array.bytes());
    }
    Ok(())
}

/// Whole numbers, as a shape or axes are given.
fn whole(value: &Value) -> Result<Vec<i64>, String> {
    Ok(value.array()?.converted(Dtype::Int64).as_slice().to_vec())
}

fn wanted(source: &Array, shape: &Value) -> Result<Shape, String> {
    let (given, elements) = (whole(shape)?, source.shape().elements());
    let refuse = || format!("shape {given:?} for {elements} elements");
    let known = given.iter().filter(|axis| **axis != -1);
    let product = known.clone().try_fold(1usize, |product, axis| {
        usize::try_from(*axis)
            .ok()
            .and_then(|axis| product.checked_mul(axis))
    });
    let product = product.ok_or_else(refuse)?;
    if given.len() - known.count() > 1 {
        return Err(refuse());
    }
    let rest = elements.checked_div(product).unwrap_or(0);
    let resolved = given.iter().map(|n| usize::try_from(*n).unwrap_or(rest));
    let axes: Vec<_> = resolved.collect();
    Shape::new(&axes)
        .filter(|shape| shape.elements() == elements)
        .ok_or_else(refuse)
}

fn order(source: &Array, axes: &Value) -> Result<Vec<usize>, String> {
    let (given, rank) = (whole(axes)?, source.shape().axes().len());
    let places: Option<Vec<usize>> = given
        .iter()
        .map(|axis| usize::try_from(*axis).ok())
        .collect();
    let is_order =
        |places: &Vec<usize>| places.len() == rank && (0..rank).all(|axis| places.contains(&axis));
    places
        .filter(is_order)
        .ok_or_else(|| format!("axes {given:?} of an array of {rank}: each once, from 0"))
}

fn transpose(source: &Array, order: &[usize], out: &mut Array) {
    let axes = source.shape();
    let axes = axes.axes();
    let shape: Vec<_> = order.iter().map(|axis| axes[*axis]).collect();
    out.reset(source.dtype(), Shape::new(&shape).unwrap_or(Shape::SCALAR));
    let bytes = source.dtype().bytes();
    let step = |axis: usize| axes[axis + 1..].iter().product::<usize>();
    let steps: Vec<_> = order.iter().map(|axis| step(*axis)).collect();
    for (number, target) in out.bytes_mut().chunks_exact_mut(bytes).enumerate() {
        let mut rest = number;
        let mut place = 0;
        for (len, step) in shape.iter().zip(&steps).rev() {
            place += rest % len * step;
            rest /= len;
        }
        target.copy_from_slice(&source.bytes()[place * bytes..][..bytes]);
    }
}
