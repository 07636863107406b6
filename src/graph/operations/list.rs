//! Lists, and arrays taken as lists along their first axis.

use super::super::array::Array;
use super::super::list::{List, TextList};
use super::super::number::of_number;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter};
use super::super::types::{Type, promoted};
use super::super::value::Value;
use super::arguments::{count, infer_count, shape, shape_with_axis, with_axis};
use super::elements::{element, element_of, gather, len, length_of, part, part_of, place};
use super::join::{concatenate, infer_concatenate};
use crate::pixel::Dtype;

const FAMILY: &str = "list";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "MakeList",
        FAMILY,
        "A list of values of any types; of numbers, an array.",
        &[Parameter::new("inputs", "the values").or(Default::Any)],
        |types| Ok(infer_list(types)),
        make_list,
    ),
    Operation::pure(
        "Length",
        FAMILY,
        "How many elements a list has, or an array along its first axis.",
        &[PARENT],
        |types| {
            length_of(&types[0])?;
            Ok(Type::scalar(Dtype::Int32))
        },
        |inputs, out| {
            let length = len(inputs.get(0))?;
            let length = i32::try_from(length).map_err(|_| format!("{length} elements"))?;
            out.array_mut().put_scalar(length);
            Ok(())
        },
    ),
    Operation::pure(
        "GetElement",
        FAMILY,
        "An element of a list, or of an array along its first axis.",
        &[PARENT, INDEX],
        |types| {
            types[1].check_condition()?;
            element_of(&types[0])
        },
        |inputs, out| {
            let parent = inputs.get(0);
            let place = place(inputs.get(1).integer()?, len(parent)?)?;
            element(parent, place, out)
        },
    ),
    Operation::pure(
        "Sublist",
        FAMILY,
        "The elements from one to another, both included.",
        &[
            PARENT,
            Parameter::new("begin", "the number of the first one"),
            Parameter::new("end", "the number of the last one"),
        ],
        |types| {
            let length = infer_sublist(types)?;
            part_of(&types[0], length)
        },
        |inputs, out| {
            let (parent, ends) = (inputs.get(0), [inputs.get(1), inputs.get(2)]);
            let (first, count) = span(ends, len(parent)?)?;
            part(parent, first, count, out)
        },
    ),
    Operation::pure(
        "Remap",
        FAMILY,
        "The elements with these numbers, in their order.",
        &[
            Parameter::new("source", "a list, or an array along its first axis"),
            Parameter::new(
                "indices",
                "numbers of elements, from 0; from the end if negative",
            ),
        ],
        |types| {
            let length = length_of(&types[1])?;
            types[1].as_array()?;
            part_of(&types[0], length)
        },
        |inputs, out| {
            let (source, indices) = (inputs.get(0), inputs.get(1).array()?);
            let length = len(source)?;
            let at = |number| place(indices.integer_at(number)?, length);
            gather(source, indices.shape().elements(), at, out)
        },
    ),
    Operation::pure(
        "Filter",
        FAMILY,
        "The elements for which a truth value holds.",
        &[
            PARENT,
            Parameter::new("filter", "a truth value for each element"),
        ],
        |types| {
            types[1].as_array()?;
            match (length_of(&types[0])?, length_of(&types[1])?) {
                (Some(length), Some(kept)) if kept != length => Err(lengths_differ(kept, length)),
                _ => part_of(&types[0], None),
            }
        },
        filter,
    ),
    Operation::pure(
        "ListAsTable",
        FAMILY,
        "A list as a list of rows of one length.",
        &[
            PARENT,
            Parameter::new(
                "row",
                "how many elements a row has, of which the list has a multiple",
            ),
        ],
        infer_table,
        table,
    ),
    Operation::pure(
        "Repeat",
        FAMILY,
        "An array or list of one value many times.",
        &[
            Parameter::new("source", "the value"),
            Parameter::new("length", "how many times, at least once"),
        ],
        |types| {
            let count = infer_count(types, 1, 1)?;
            Ok(match &types[0] {
                Type::Anything => Type::Anything,
                Type::Array(array) => Type::Array(with_axis(array, count)),
                other => Type::list(other.clone(), count),
            })
        },
        repeat,
    ),
    Operation::pure(
        "Concatenate",
        FAMILY,
        "Lists, or arrays along their first axis, one after the other.",
        &[Parameter::new("inputs", "the lists, two at least, of the same type").or(Default::Any)],
        infer_concatenate,
        concatenate,
    ),
];

const PARENT: Parameter = Parameter::new("parent", "a list, or an array along its first axis");

const INDEX: Parameter = Parameter::new("index", "its number, from 0; from the end if negative");

fn infer_list(types: &[Type]) -> Type {
    let is_number = |of: &Type| match of {
        Type::Anything => None,
        Type::Array(array) => array.shape.as_ref().map(Vec::is_empty),
        _ => Some(false),
    };
    let length = Some(types.len());
    let element = || types.iter().cloned().reduce(|a, b| a.common(&b));
    if types.is_empty() || types.iter().any(|of| is_number(of) == Some(false)) {
        return Type::list(element().unwrap_or_default(), length);
    }
    if types.iter().any(|of| is_number(of).is_none()) {
        return Type::Anything;
    }
    let dtypes = types.iter().map(|of| of.as_array().ok()?.dtype);
    let dtype = dtypes.reduce(|a, b| Some(promoted(a?, b?))).flatten();
    Type::Array(super::super::types::ArrayType {
        dtype,
        shape: Some(vec![length]),
    })
}

/// The number that a value is.
fn number(value: &Value) -> Option<&Array> {
    let array = value.array().ok()?;
    array.shape().axes().is_empty().then_some(array)
}

fn make_list(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let dtypes = inputs.iter().map(|input| Some(number(input)?.dtype()));
    let Some(dtype) = dtypes.reduce(|a, b| Some(promoted(a?, b?))).flatten() else {
        *out = Value::List(inputs.iter().cloned().collect());
        return Ok(());
    };
    let out = out.array_mut();
    out.reset(dtype, shape(&[inputs.len()])?);
    of_number!(dtype, T => {
        let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
        for (target, number) in target.iter_mut().zip(inputs.iter().filter_map(number)) {
            *target = number.number_at(0);
        }
    });
    Ok(())
}

/// The first element and the number of elements from one to another.
fn span([begin, end]: [&Value; 2], length: usize) -> Result<(usize, usize), String> {
    let (begin, end) = (begin.integer()?, end.integer()?);
    let (first, last) = (place(begin, length)?, place(end, length)?);
    let count = (last + 1).checked_sub(first).filter(|count| *count > 0);
    let count =
        count.ok_or_else(|| format!("elements from {begin} to {end}, which comes before it"));
    Ok((first, count?))
}

fn infer_sublist(types: &Given<'_>) -> Result<Option<usize>, String> {
    types[1].check_condition()?;
    types[2].check_condition()?;
    match (length_of(&types[0])?, types.constant(1), types.constant(2)) {
        (Some(length), Some(begin), Some(end)) => {
            // What is out of range may be in a branch that is never taken.
            Ok(span([begin, end], length).ok().map(|(_, count)| count))
        }
        _ => Ok(None),
    }
}

fn lengths_differ(kept: usize, length: usize) -> String {
    format!("{kept} truth values for {length} elements")
}

fn filter(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (parent, kept) = (inputs.get(0), inputs.get(1).array()?);
    let length = len(parent)?;
    if kept.shape().elements() != length {
        return Err(lengths_differ(kept.shape().elements(), length));
    }
    let is_kept = |place: &usize| kept.double_at(*place) != 0.0;
    let places: Vec<_> = (0..length).filter(is_kept).collect();
    gather(parent, places.len(), |number| Ok(places[number]), out)
}

/// How many rows of this length there are.
fn row_count(length: usize, row: usize) -> Result<usize, String> {
    if length.is_multiple_of(row) {
        Ok(length / row)
    } else {
        Err(format!("{length} elements, not a multiple of {row}"))
    }
}

fn infer_table(types: &Given<'_>) -> Result<Type, String> {
    let (length, row) = (length_of(&types[0])?, infer_count(types, 1, 1)?);
    let rows = length.zip(row).map(|(length, row)| row_count(length, row));
    let rows = rows.transpose()?;
    Ok(match part_of(&types[0], row)? {
        Type::Array(array) => Type::Array(with_axis(&array, rows)),
        Type::Anything => Type::Anything,
        list => Type::list(list, rows),
    })
}

fn table(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (parent, row) = (inputs.get(0), count(inputs.get(1), 1)?);
    let rows = row_count(len(parent)?, row)?;
    match parent {
        Value::Array(array) => {
            let own = shape_with_axis(row, &array.shape().axes()[1..])?;
            let shape = shape_with_axis(rows, own.axes())?;
            let out = out.array_mut();
            out.reset(array.dtype(), shape);
            out.bytes_mut().copy_from_slice(array.bytes());
        }
        Value::List(values) => {
            let one = |number| Value::List(values.at(number * row..(number + 1) * row));
            *out = Value::List((0..rows).map(one).collect());
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

/// The most elements of a list that repeats a value.
const MOST_REPEATED: usize = 1 << 20;

fn repeat(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, count) = (inputs.get(0), count(inputs.get(1), 1)?);
    match source {
        Value::Array(array) => {
            let shape = shape_with_axis(count, array.shape().axes())?;
            let out = out.array_mut();
            out.reset(array.dtype(), shape);
            let bytes = array.bytes().len().max(1);
            for target in out.bytes_mut().chunks_exact_mut(bytes) {
                target.copy_from_slice(array.bytes());
            }
        }
        Value::Text(text) => {
            let one = List::from(std::iter::once(&**text).collect::<TextList>());
            *out = Value::List(one.at((0..count).map(|_| 0)));
        }
        _ if count > MOST_REPEATED => {
            return Err(format!(
                "{} {count} times, more than {MOST_REPEATED}",
                source.kind()
            ));
        }
        _ => *out = Value::List(std::iter::repeat_n(source.clone(), count).collect()),
    }
    Ok(())
}
