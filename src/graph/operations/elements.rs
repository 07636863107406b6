//! The elements of lists, and of arrays along their first axis.

use super::super::array::Array;
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{shape, shape_with_axis};

/// How many elements a value has.
///
/// # Errors
/// That it is no list.
pub(super) fn len(value: &Value) -> Result<usize, String> {
    match value {
        Value::List(values) => Ok(values.len()),
        Value::Array(array) => match array.shape().axes().first() {
            Some(length) => Ok(*length),
            None => Err("one number, not a list".to_owned()),
        },
        other => Err(format!("{}, not a list", other.kind())),
    }
}

/// How many elements values of a type have, if that is known.
///
/// # Errors
/// That they are no lists.
pub(super) fn length_of(of: &Type) -> Result<Option<usize>, String> {
    match of {
        Type::Anything => Ok(None),
        Type::List { length, .. } => Ok(*length),
        Type::Array(array) => match array.shape.as_deref() {
            Some([]) => Err(format!("{of}, not a list")),
            Some([length, ..]) => Ok(*length),
            None => Ok(None),
        },
        other => Err(format!("{other}, not a list")),
    }
}

/// The type of the elements of a list.
///
/// # Errors
/// As `length_of`.
pub(super) fn element_of(of: &Type) -> Result<Type, String> {
    length_of(of)?;
    Ok(match of {
        Type::List { element, .. } => (**element).clone(),
        Type::Array(array) => Type::Array(ArrayType {
            dtype: array.dtype,
            shape: array.shape.as_ref().map(|axes| axes[1..].to_vec()),
        }),
        _ => Type::Anything,
    })
}

/// The type of this many elements of a list.
///
/// # Errors
/// As `length_of`.
pub(super) fn part_of(of: &Type, length: Option<usize>) -> Result<Type, String> {
    length_of(of)?;
    Ok(match of {
        Type::List { element, .. } => Type::list((**element).clone(), length),
        Type::Array(array) => {
            let mut array = array.clone();
            if let Some([first, ..]) = array.shape.as_deref_mut() {
                *first = length;
            }
            Type::Array(array)
        }
        other => other.clone(),
    })
}

/// The place of the element of this number, which counts from the end if it is negative.
///
/// # Errors
/// That there is none.
pub(super) fn place(number: i64, length: usize) -> Result<usize, String> {
    let from_start = if number < 0 {
        number.saturating_add(i64::try_from(length).unwrap_or(i64::MAX))
    } else {
        number
    };
    usize::try_from(from_start)
        .ok()
        .filter(|place| *place < length)
        .ok_or_else(|| format!("index {number} is out of range for {length} elements"))
}

/// Writes an element of a list.
///
/// # Errors
/// That it is no list.
pub(super) fn element(parent: &Value, place: usize, out: &mut Value) -> Result<(), String> {
    match parent {
        Value::List(values) => *out = values.get(place),
        Value::Array(array) => {
            let rest = shape(&array.shape().axes()[1..])?;
            let out = out.array_mut();
            out.reset(array.dtype(), rest);
            out.bytes_mut().copy_from_slice(rows(array, place, 1));
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

/// The bytes of some elements of an array, one after the other.
pub(super) fn rows(array: &Array, first: usize, count: usize) -> &[u8] {
    let bytes = row_bytes(array);
    &array.bytes()[first * bytes..][..count * bytes]
}

/// Bytes that each element of an array takes.
pub(super) fn row_bytes(array: &Array) -> usize {
    array.shape().axes()[1..].iter().product::<usize>() * array.dtype().bytes()
}

/// Makes `out` an array of this many elements as those of another one; any at first.
///
/// # Errors
/// That it is too large.
pub(super) fn reset_like<'a>(
    out: &'a mut Value,
    array: &Array,
    count: usize,
) -> Result<&'a mut Array, String> {
    let shape = shape_with_axis(count, &array.shape().axes()[1..])?;
    let out = out.array_mut();
    out.reset(array.dtype(), shape);
    Ok(out)
}

/// Writes the elements from `first` on.
///
/// # Errors
/// That it is no list.
pub(super) fn part(
    parent: &Value,
    first: usize,
    count: usize,
    out: &mut Value,
) -> Result<(), String> {
    match parent {
        Value::List(values) => *out = Value::List(values.at(first..first + count)),
        Value::Array(array) => {
            let out = reset_like(out, array, count)?;
            out.bytes_mut().copy_from_slice(rows(array, first, count));
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

/// Writes `count` elements, each at the place that a function gives.
///
/// # Errors
/// That it is no list, or the function's.
pub(super) fn gather(
    parent: &Value,
    count: usize,
    place: impl Fn(usize) -> Result<usize, String>,
    out: &mut Value,
) -> Result<(), String> {
    match parent {
        Value::List(values) => {
            let places = (0..count).map(place).collect::<Result<Vec<_>, _>>()?;
            *out = Value::List(values.at(places.into_iter()));
        }
        Value::Array(array) => {
            let bytes = row_bytes(array);
            let out = reset_like(out, array, count)?.bytes_mut();
            for number in 0..count {
                let source = rows(array, place(number)?, 1);
                out[number * bytes..][..bytes].copy_from_slice(source);
            }
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}
