//! Lists one after the other.

use super::super::operation::{Given, Inputs};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::elements::{element, element_of, len, length_of, part_of, reset_like};
use crate::error::counted;

/// The type of lists one after the other.
///
/// # Errors
/// Why they cannot be joined.
pub(super) fn infer_concatenate(types: &Given<'_>) -> Result<Type, String> {
    if types.len() < 2 {
        let lists = counted(types.len() as u64, "list");
        return Err(format!("{lists}: at least two are needed"));
    }
    let lengths = types.iter().map(length_of).collect::<Result<Vec<_>, _>>()?;
    let length = lengths.into_iter().sum::<Option<usize>>();
    let elements = types
        .iter()
        .map(element_of)
        .collect::<Result<Vec<_>, _>>()?;
    for other in &elements {
        check_alike(&elements[0], other)?;
    }
    let is_array = |of: &Type| matches!(of, Type::Array(_));
    if types.contains(&Type::Anything) {
        return Ok(Type::Anything);
    }
    if types.iter().all(is_array) {
        let parts = types.iter().map(|of| part_of(of, length));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        return Ok(parts
            .into_iter()
            .reduce(|a, b| a.common(&b))
            .unwrap_or_default());
    }
    let element = elements.into_iter().reduce(|a, b| a.common(&b));
    Ok(Type::list(element.unwrap_or_default(), length))
}

/// Checks that two lists may have elements of these types and be joined.
fn check_alike(a: &Type, b: &Type) -> Result<(), String> {
    let refuse = || {
        Err(format!(
            "lists of {a} and of {b}: convert one of them first"
        ))
    };
    match (a, b) {
        (Type::Anything, _) | (_, Type::Anything) => Ok(()),
        (Type::Array(first), Type::Array(second)) => {
            let differ = |(a, b): (crate::pixel::Dtype, _)| a != b;
            if first.dtype.zip(second.dtype).is_some_and(differ) {
                return refuse();
            }
            Ok(())
        }
        _ if a.common(b) == Type::Anything => refuse(),
        _ => Ok(()),
    }
}

/// Writes lists one after the other.
///
/// # Errors
/// Why they cannot be joined.
pub(super) fn concatenate(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let arrays = inputs
        .iter()
        .filter(|input| matches!(input, Value::Array(_)));
    if arrays.count() == inputs.len() {
        return join_arrays(inputs, out);
    }
    let lengths = inputs.iter().map(len).sum::<Result<usize, String>>()?;
    let mut elements: Vec<Value> = Vec::new();
    if elements.try_reserve_exact(lengths).is_err() {
        return Err(format!("no memory for a list of {lengths} elements"));
    }
    for input in inputs.iter() {
        for place in 0..len(input)? {
            let mut value = Value::default();
            element(input, place, &mut value)?;
            elements.push(value);
        }
    }
    if let Some((first, others)) = elements.split_first() {
        let first = Type::of(first);
        for other in others {
            check_alike(&first, &Type::of(other))?;
        }
    }
    *out = Value::List(elements.into());
    Ok(())
}

fn join_arrays(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let first = inputs.get(0).array()?;
    let mut length = 0;
    for input in inputs.iter() {
        let array = input.array()?;
        length += len(input)?;
        let same = array.dtype() == first.dtype()
            && array.shape().axes()[1..] == first.shape().axes()[1..];
        if !same {
            let (first, other) = (ArrayType::of(first), ArrayType::of(array));
            return Err(format!(
                "{first} and {other}: they must be of one type and shape"
            ));
        }
    }
    let mut target = reset_like(out, first, length)?.bytes_mut();
    for input in inputs.iter() {
        let source = input.array()?.bytes();
        let (part, rest) = target.split_at_mut(source.len());
        part.copy_from_slice(source);
        target = rest;
    }
    Ok(())
}
