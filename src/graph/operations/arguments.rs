//! What operations read of their inputs: numbers, words, points, images.

use super::super::array::{MOST_AXES, Shape};
use super::super::operation::Given;
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use crate::pixel::Dtype;

/// The words for a choice. Each has a number too, which `PixelPipes` has for it.
pub(super) struct Words<T: 'static> {
    /// What is chosen.
    pub(super) what: &'static str,
    /// Word, number and meaning; several words may mean the same.
    pub(super) words: &'static [(&'static str, i64, T)],
}

impl<T: Copy> Words<T> {
    /// What a value means.
    ///
    /// # Errors
    /// That it is none of the words.
    pub(super) fn read(&self, value: &Value) -> Result<T, String> {
        let wanted = match value {
            Value::Text(text) => Err(&**text),
            number => Ok(number.integer()?),
        };
        let is_it = |(word, number, _): &&(&str, i64, T)| match wanted {
            Err(text) => *word == text,
            Ok(wanted) => *number == wanted,
        };
        if let Some((.., meaning)) = self.words.iter().find(is_it) {
            return Ok(*meaning);
        }
        let shown = wanted.map_or_else(|text| format!("{text:?}"), |number| number.to_string());
        let words: Vec<_> = self.words.iter().map(|(word, ..)| *word).collect();
        let words = words.join(", ");
        Err(format!("{shown} is no {}: one of {words}", self.what))
    }

    /// What an input means, if it is constant.
    ///
    /// # Errors
    /// That it cannot be one of the words.
    pub(super) fn infer(&self, given: &Given<'_>, input: usize) -> Result<Option<T>, String> {
        if let Some(value) = given.constant(input) {
            return self.read(value).map(Some);
        }
        if given[input] != Type::Text {
            check_number(&given[input])?;
        }
        Ok(None)
    }
}

/// Checks that values of a type may be one number.
///
/// # Errors
/// What they are instead.
pub(super) fn check_number(of: &Type) -> Result<(), String> {
    check_elements(of, 1, "one number")
}

/// Checks that values of a type may be arrays of this many elements.
pub(super) fn check_elements(of: &Type, wanted: usize, what: &str) -> Result<(), String> {
    let known = of.as_array()?.shape.map(|axes| {
        let known: Option<Vec<_>> = axes.into_iter().collect();
        known.map(|axes| axes.iter().product::<usize>())
    });
    match known.flatten() {
        Some(elements) if elements != wanted => Err(format!("{of}, not {what}")),
        _ => Ok(()),
    }
}

/// A type of elements, by `PixelPipes`' words or `NumPy`'s.
pub(super) const DTYPE: Words<Dtype> = Words {
    what: "type of elements",
    words: &[
        ("Boolean", 0, Dtype::Bool),
        ("Char", 1, Dtype::Uint8),
        ("Short", 2, Dtype::Int16),
        ("UnsignedShort", 3, Dtype::Uint16),
        ("Integer", 4, Dtype::Int32),
        ("Float", 5, Dtype::Float32),
        ("bool", 0, Dtype::Bool),
        ("uint8", 1, Dtype::Uint8),
        ("int16", 2, Dtype::Int16),
        ("uint16", 3, Dtype::Uint16),
        ("int32", 4, Dtype::Int32),
        ("float32", 5, Dtype::Float32),
        ("int64", 6, Dtype::Int64),
        ("float64", 7, Dtype::Float64),
    ],
};

/// The elements of an array of this many, as doubles.
///
/// # Errors
/// What the value is instead.
pub(super) fn doubles<const N: usize>(value: &Value, what: &str) -> Result<[f64; N], String> {
    let array = value.array()?;
    if array.shape().elements() != N {
        return Err(format!("{}, not {what}", ArrayType::of(array)));
    }
    Ok(std::array::from_fn(|place| array.double_at(place)))
}

/// The number of elements of one thing that a value says: not below `least`.
///
/// # Errors
/// What it says instead.
pub(super) fn count(value: &Value, least: usize) -> Result<usize, String> {
    let number = value.integer()?;
    usize::try_from(number)
        .ok()
        .filter(|count| (least..=MOST).contains(count))
        .ok_or_else(|| format!("a length of {number}, not from {least} to {MOST}"))
}

/// The most elements that a node makes of a number.
const MOST: usize = 1 << 28;

/// The same of a constant input, as far as it is known.
///
/// # Errors
/// That it cannot be such a number.
pub(super) fn infer_count(
    given: &Given<'_>,
    input: usize,
    least: usize,
) -> Result<Option<usize>, String> {
    check_number(&given[input])?;
    given
        .constant(input)
        .map(|value| count(value, least))
        .transpose()
}

/// The shape with these axes.
///
/// # Errors
/// That no array has it.
pub(super) fn shape(axes: &[usize]) -> Result<Shape, String> {
    Shape::new(axes).ok_or_else(|| format!("an array of shape {axes:?} is too large"))
}

/// The shape of an array with another axis in front.
pub(super) fn shape_with_axis(length: usize, own: &[usize]) -> Result<Shape, String> {
    let mut axes = [length; MOST_AXES + 1];
    axes[1..=own.len()].copy_from_slice(own);
    shape(&axes[..=own.len()])
}

/// The type of an array with an axis of this length in front.
pub(super) fn with_axis(array: &ArrayType, length: Option<usize>) -> ArrayType {
    let shape = array.shape.as_ref();
    ArrayType {
        dtype: array.dtype,
        shape: shape.map(|axes| [&[length], axes.as_slice()].concat()),
    }
}

/// The elements of a type.
pub(super) fn known(axes: &[usize]) -> Vec<Option<usize>> {
    axes.iter().copied().map(Some).collect()
}
