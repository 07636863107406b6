//! Keyword arguments to core types, each failure naming the argument, what was given, and what is
//! allowed.

use std::any::TypeId;

use pyo3::buffer::PyBuffer;
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyMapping, PySequence, PyTuple};

use crate::dataset::{Bytes, Keys};
use crate::pixel::{Size, Words};

/// What is allowed, where that is the same for several arguments.
pub(super) const FLAG: &str = "True or False";
pub(super) const PATH: &str = "a path";
pub(super) const PATHS: &str = "a path, a list of paths, or a glob";
pub(super) const SEED: &str = "a whole number from 0 to 2**64 - 1";
pub(super) const THREADS: &str = "a whole number, at least 1, or None";
pub(super) const WHOLE: &str = "a whole number, at least 1";

/// Characters of a value that a message shows.
const LONGEST_SHOWN: usize = 100;

/// The arguments of a call, by name; every one that is asked for must be there.
pub(super) struct Arguments<'a, 'py>(pub(super) &'a Bound<'py, PyDict>);

impl<'py> Arguments<'_, 'py> {
    pub(super) fn value(&self, name: &'static str) -> PyResult<Bound<'py, PyAny>> {
        self.0
            .get_item(name)?
            .ok_or_else(|| PyTypeError::new_err(format!("{name} is missing")))
    }

    /// The value of an argument as a `T`.
    pub(super) fn get<T>(&self, name: &'static str, allowed: &str) -> PyResult<T>
    where
        T: FromPyObjectOwned<'py> + 'static,
    {
        let value = self.value(name)?;
        // Python's True is a number too, but is not meant as one.
        let is_misplaced =
            value.is_instance_of::<PyBool>() && TypeId::of::<T>() != TypeId::of::<bool>();
        if is_misplaced {
            return Err(wrong_type(name, &value, allowed));
        }
        value
            .extract::<T>()
            .map_err(|error| wrong(name, &value, allowed, &error.into()))
    }

    /// The variant that an argument names.
    pub(super) fn word<T: Words>(&self, name: &'static str) -> PyResult<T> {
        one_of(name, &self.value(name)?, T::WORDS, "")
    }

    /// The same of an argument that may be None.
    pub(super) fn word_or_none<T: Words>(&self, name: &'static str) -> PyResult<Option<T>> {
        let value = self.value(name)?;
        if value.is_none() {
            return Ok(None);
        }
        one_of(name, &value, T::WORDS, ", or None").map(Some)
    }

    /// Names of features; those that are not given keep their defaults.
    pub(super) fn keys(&self) -> PyResult<Keys> {
        let allowed = "names of features by \"image\", \"label\", \"text\" and \"filename\"; None \
        for one that is not there";
        let mut keys = Keys::default();
        let Some(Named(given)) = self.get("keys", allowed)? else {
            return Ok(keys);
        };
        for (name, key) in given {
            match (name.as_str(), key) {
                ("image", Some(key)) => keys.image = key,
                ("label", key) => keys.label = key,
                ("text", key) => keys.text = key,
                ("filename", key) => keys.filename = key,
                _ => {
                    let message = format!("keys with {name:?} is not valid: {allowed}");
                    return Err(PyValueError::new_err(message));
                }
            }
        }
        Ok(keys)
    }
}

/// The one of `words` that a value is; `otherwise` is what else is allowed.
pub(super) fn one_of<T: Copy>(
    name: &str,
    value: &Bound<'_, PyAny>,
    words: &[(&str, T)],
    otherwise: &str,
) -> PyResult<T> {
    let given = value.extract::<String>();
    if let Ok(given) = &given
        && let Some((_, variant)) = words.iter().find(|(word, _)| word == given)
    {
        return Ok(*variant);
    }
    let words: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
    let allowed = format!("one of {}{otherwise}", words.join(", "));
    Err(match given {
        Ok(_) => wrong_value(name, value, &allowed),
        Err(_) => wrong_type(name, value, &allowed),
    })
}

/// The error for a value that could not be extracted, of the same kind as `error`.
pub(super) fn wrong(name: &str, value: &Bound<'_, PyAny>, allowed: &str, error: &PyErr) -> PyErr {
    if error.is_instance_of::<PyTypeError>(value.py()) {
        wrong_type(name, value, allowed)
    } else {
        wrong_value(name, value, allowed)
    }
}

pub(super) fn wrong_type(name: &str, value: &Bound<'_, PyAny>, allowed: &str) -> PyErr {
    PyTypeError::new_err(not_valid(name, value, allowed))
}

pub(super) fn wrong_value(name: &str, value: &Bound<'_, PyAny>, allowed: &str) -> PyErr {
    PyValueError::new_err(not_valid(name, value, allowed))
}

fn not_valid(name: &str, value: &Bound<'_, PyAny>, allowed: &str) -> String {
    format!("{name}={} is not valid: {allowed}", shown(value))
}

/// What a value looks like, cut where it is long.
fn shown(value: &Bound<'_, PyAny>) -> String {
    let text = value
        .repr()
        .map_or_else(|_| "?".to_owned(), |text| text.to_string());
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Two values: a tuple or, which is what JSON and YAML have for one, a list.
pub(super) struct Pair<A, B>(pub(super) A, pub(super) B);

impl<'py, A, B> FromPyObject<'_, 'py> for Pair<A, B>
where
    A: FromPyObjectOwned<'py>,
    B: FromPyObjectOwned<'py>,
{
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let pair = match value.cast::<PyList>() {
            Ok(list) => list.to_tuple(),
            Err(_) => value.cast::<PyTuple>()?.to_owned(),
        };
        let (first, second): (Bound<'py, PyAny>, Bound<'py, PyAny>) = pair.extract()?;
        let first = first.extract().map_err(Into::into)?;
        Ok(Self(first, second.extract().map_err(Into::into)?))
    }
}

/// Height and width: two numbers, or one for both.
pub(super) struct Sides(pub(super) Size);

impl<'py> FromPyObject<'_, 'py> for Sides {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let is_pair = value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyList>();
        let (Side(height), Side(width)) = if is_pair {
            let Pair(height, width) = value.extract()?;
            (height, width)
        } else {
            let side: Side = value.extract()?;
            (side, side)
        };
        Ok(Self(Size::new(width, height)))
    }
}

/// A number of pixels, which True is not.
#[derive(Clone, Copy)]
struct Side(u32);

impl<'py> FromPyObject<'_, 'py> for Side {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(()));
        }
        value.extract().map(Self)
    }
}

/// A list of any length. Space is taken for what comes, not for what its length is said to be.
pub(super) struct Each<T>(pub(super) Vec<T>);

impl<'py, T: FromPyObjectOwned<'py>> FromPyObject<'_, 'py> for Each<T> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<pyo3::types::PyString>() || value.is_instance_of::<PyBytes>() {
            return Err(PyTypeError::new_err(()));
        }
        let mut all = Vec::new();
        for item in value.cast::<PySequence>()?.try_iter()? {
            all.push(item?.extract().map_err(Into::into)?);
        }
        Ok(Self(all))
    }
}

/// Texts, or None, by name: any mapping.
struct Named(Vec<(String, Option<String>)>);

impl<'py> FromPyObject<'_, 'py> for Named {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        value.cast::<PyMapping>()?.items()?.extract().map(Self)
    }
}

/// The bytes of an object, which is `what`: `bytes` as they are, since nobody can change them;
/// others copied.
pub(super) fn bytes(name: &str, data: &Bound<'_, PyAny>, what: &str) -> PyResult<Bytes> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(Box::new(PyBackedBytes::from(bytes.clone())));
    }
    let copied = PyBuffer::<u8>::get(data).and_then(|buffer| buffer.to_vec(data.py()));
    copied.map(|bytes| Box::new(bytes) as Bytes).map_err(|_| {
        let kind = data
            .get_type()
            .name()
            .map_or_else(|_| "?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "{name} of type {kind} is not valid: {what}, as bytes or anything with a buffer of \
             uint8"
        ))
    })
}
