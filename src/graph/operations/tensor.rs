//! Shapes and types of arrays.

use super::super::array::{Array, MOST_AXES, Shape};
use super::super::operation::{Default, Given, Inputs, Operation, Parameter};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{DTYPE, check_number, count, infer_count, known};
use super::arguments::{shape, shape_with_axis, with_axis};
use super::axes::{self, Axes};
use crate::pixel::Dtype;

const FAMILY: &str = "tensor";

const SOURCE: Parameter = Parameter::new("source", "an array");

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "Convert",
        FAMILY,
        "The same numbers as elements of another type: clipped to its range, then truncated.",
        &[
            SOURCE,
            Parameter::new(
                "dtype",
                "Boolean, Char (uint8), Short (int16), UnsignedShort (uint16), Integer (int32) \
                 or Float (float32), their numbers from 0 to 5, or a word as NumPy has it",
            )
            .or(Default::Text("Integer")),
        ],
        |types| {
            let ArrayType { shape, .. } = types[0].as_array()?;
            let dtype = DTYPE.infer(types, 1)?;
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        |inputs, out| {
            let dtype = DTYPE.read(inputs.get(1))?;
            inputs.get(0).array()?.convert_into(dtype, out.array_mut());
            Ok(())
        },
    ),
    Operation::pure(
        "OneHot",
        FAMILY,
        "A vector that is 1 in one place and 0 elsewhere: float32 (num_classes,).",
        &[
            Parameter::new(
                "label",
                "the place: a whole number from 0 to num_classes - 1",
            ),
            Parameter::new("num_classes", "how many elements there are"),
        ],
        |types| {
            check_number(&types[0])?;
            let classes = infer_count(types, 1, 1)?;
            let label = types.constant(0).map(Value::integer).transpose()?;
            label.zip(classes).map(class).transpose()?;
            Ok(Type::array(Dtype::Float32, vec![classes]))
        },
        |inputs, out| {
            let (label, classes) = (inputs.get(0).integer()?, count(inputs.get(1), 1)?);
            let class = class((label, classes))?;
            let out = out.array_mut();
            out.reset(Dtype::Float32, shape(&[classes])?);
            let elements: &mut [f32] = out.slice_mut();
            elements.fill(0.0);
            elements[class] = 1.0;
            Ok(())
        },
    ),
    Operation::pure(
        "Stack",
        FAMILY,
        "Arrays of one type and shape along a new first axis.",
        &[Parameter::new("inputs", "the arrays, one at least").or(Default::Any)],
        |types| infer_stack(types),
        stack,
    ),
    Operation::pure(
        "Reshape",
        FAMILY,
        "The same elements in another shape.",
        &[
            SOURCE,
            Parameter::new(
                "shape",
                "elements along each axis; one of them -1 is what is left",
            ),
        ],
        infer_reshape,
        |inputs, out| {
            let source = inputs.get(0).array()?;
            let axes = Axes::of(inputs.get(1))?;
            let shape = axes::reshaped(&axes, source.shape().elements())?;
            put(source, shape, out);
            Ok(())
        },
    ),
    Operation::pure(
        "Transpose",
        FAMILY,
        "The axes in another order.",
        &[
            SOURCE,
            Parameter::new("axes", "the number of each, in the new order"),
        ],
        infer_transpose,
        |inputs, out| {
            let source = inputs.get(0).array()?;
            let axes = Axes::of(inputs.get(1))?;
            let order = axes::order(&axes, source.shape().axes().len())?;
            axes::transpose(source, &order, out.array_mut());
            Ok(())
        },
    ),
    Operation::pure(
        "Squeeze",
        FAMILY,
        "Without the axes that have one element.",
        &[SOURCE],
        |types| {
            let array = types[0].as_array()?;
            let axes = array.shape.filter(|axes| axes.iter().all(Option::is_some));
            let kept = axes.map(|axes| axes.into_iter().filter(|axis| *axis != Some(1)).collect());
            let shape = kept;
            Ok(Type::Array(ArrayType { shape, ..array }))
        },
        |inputs, out| {
            let source = inputs.get(0).array()?;
            let (mut kept, mut rank) = ([0; MOST_AXES], 0);
            let own = source.shape();
            for axis in own.axes().iter().filter(|axis| **axis != 1) {
                kept[rank] = *axis;
                rank += 1;
            }
            put(source, shape(&kept[..rank])?, out);
            Ok(())
        },
    ),
    Operation::pure(
        "Unsqueeze",
        FAMILY,
        "With another axis, of one element.",
        &[
            SOURCE,
            Parameter::new(
                "axis",
                "its number among the new axes; from the end if negative",
            ),
        ],
        infer_unsqueeze,
        |inputs, out| {
            let source = inputs.get(0).array()?;
            let own = source.shape();
            let rank = own.axes().len();
            let place = axes::added(inputs.get(1).integer()?, rank)?;
            let mut axes = [1; MOST_AXES + 1];
            axes[..place].copy_from_slice(&own.axes()[..place]);
            axes[place + 1..=rank].copy_from_slice(&own.axes()[place..]);
            put(source, shape(&axes[..=rank])?, out);
            Ok(())
        },
    ),
];

/// A class, of so many.
fn class((label, classes): (i64, usize)) -> Result<usize, String> {
    let class = usize::try_from(label).ok();
    let class = class.filter(|class| *class < classes);
    class.ok_or_else(|| format!("class {label} of {classes}, which are numbered from 0"))
}

/// Writes the elements of an array in another shape: copied, because what two nodes share cannot be
/// written to again, and copying takes less time than new memory.
fn put(source: &Array, shape: Shape, out: &mut Value) {
    let out = out.array_mut();
    out.reset(source.dtype(), shape);
    out.bytes_mut().copy_from_slice(source.bytes());
}

fn infer_stack(types: &[Type]) -> Result<Type, String> {
    let Some((first, others)) = types.split_first() else {
        return Err("no arrays: at least one is needed".to_owned());
    };
    let mut common = first.as_array()?;
    for other in others {
        let array = other.as_array()?;
        let fits = |shape: &Option<Vec<_>>, other: &Option<Vec<_>>| match (shape, other) {
            (Some(a), Some(b)) => {
                let differ = |(a, b): (&Option<usize>, &Option<usize>)| {
                    a.zip(*b).is_some_and(|(a, b)| a != b)
                };
                a.len() == b.len() && !a.iter().zip(b).any(differ)
            }
            _ => true,
        };
        let same_type = common.dtype.zip(array.dtype).is_none_or(|(a, b)| a == b);
        if !same_type || !fits(&common.shape, &array.shape) {
            return Err(unlike(&common, &array));
        }
        common = common.common(&array);
    }
    Ok(Type::Array(with_axis(&common, Some(types.len()))))
}

fn unlike(a: &ArrayType, b: &ArrayType) -> String {
    format!("{a} and {b}: they must have one type and shape")
}

fn stack(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let first = inputs.get(0).array()?;
    let shape = shape_with_axis(inputs.len(), first.shape().axes())?;
    let out = out.array_mut();
    out.reset(first.dtype(), shape);
    let bytes = first.bytes().len();
    for (number, input) in inputs.iter().enumerate() {
        let array = input.array()?;
        if (array.dtype(), array.shape()) != (first.dtype(), first.shape()) {
            return Err(unlike(&ArrayType::of(first), &ArrayType::of(array)));
        }
        out.bytes_mut()[number * bytes..][..bytes].copy_from_slice(array.bytes());
    }
    Ok(())
}

fn infer_reshape(types: &Given<'_>) -> Result<Type, String> {
    let array = types[0].as_array()?;
    types[1].as_array()?;
    let Some(value) = types.constant(1) else {
        return Ok(Type::Array(ArrayType {
            shape: None,
            ..array
        }));
    };
    let axes = Axes::of(value)?;
    let elements = array.shape.as_deref().and_then(axes::elements);
    let shape = match elements {
        Some(elements) => known(axes::reshaped(&axes, elements)?.axes()),
        None => axes.iter().map(|axis| usize::try_from(axis).ok()).collect(),
    };
    let shape = Some(shape);
    Ok(Type::Array(ArrayType { shape, ..array }))
}

fn infer_transpose(types: &Given<'_>) -> Result<Type, String> {
    let array = types[0].as_array()?;
    types[1].as_array()?;
    let shape = match (&array.shape, types.constant(1)) {
        (Some(own), Some(value)) => {
            let order = axes::order(&Axes::of(value)?, own.len())?;
            Some(order.iter().map(|axis| own[axis]).collect())
        }
        (Some(own), None) => Some(vec![None; own.len()]),
        (None, _) => None,
    };
    Ok(Type::Array(ArrayType { shape, ..array }))
}

fn infer_unsqueeze(types: &Given<'_>) -> Result<Type, String> {
    let array = types[0].as_array()?;
    types[1].check_condition()?;
    let shape = match (&array.shape, types.constant(1)) {
        (Some(own), Some(value)) => {
            let mut axes = own.clone();
            axes.insert(axes::added(value.integer()?, own.len())?, Some(1));
            Some(axes)
        }
        (Some(own), None) => Some(vec![None; own.len() + 1]),
        (None, _) => None,
    };
    Ok(Type::Array(ArrayType { shape, ..array }))
}
