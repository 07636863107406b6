//! Values and types of graphs as Python describes them.

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::super::batch::PyTensor;
use crate::dlpack;
use crate::graph::{Array, ArrayType, Shape, TextList, Type, Value, dtype_named};
use crate::pixel::Dtype;
use crate::tensor::Buffer;

/// A constant: text, bytes, a list, or an array as (type, shape, bytes).
pub(super) fn value(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Value::Text(text.to_str()?.into()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Value::Bytes(Arc::new(bytes.as_bytes().to_vec())));
    }
    if let Ok(values) = given.cast::<PyList>() {
        return list(values);
    }
    let (dtype, axes, bytes): (String, Vec<usize>, Vec<u8>) = given.extract()?;
    let refuse = || PyTypeError::new_err("not an array of a graph");
    let kind = dtype_named(&dtype).zip(Shape::new(&axes));
    let array = kind.and_then(|(dtype, shape)| Array::of_bytes(dtype, shape, &bytes));
    Ok(array.ok_or_else(refuse)?.into())
}

/// A constant that is a list.
fn list(given: &Bound<'_, PyList>) -> PyResult<Value> {
    if given.iter().all(|one| one.cast::<PyString>().is_ok()) {
        let mut texts = TextList::default();
        for one in given {
            texts.push(one.cast::<PyString>()?.to_str()?);
        }
        return Ok(Value::List(texts.into()));
    }
    let values: Vec<_> = given
        .iter()
        .map(|one| value(&one))
        .collect::<PyResult<_>>()?;
    Ok(Value::List(values.into()))
}

/// A value as a tensor, text, bytes or a list of them.
pub(super) fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Text(text) => Ok(PyString::new(py, text).into_any()),
        Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
        Value::List(values) => {
            let values = values.iter().map(|value| python(py, &value));
            Ok(PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
        Value::Array(array) => {
            let buffer = Buffer::copied(array.bytes())?;
            tensor(py, buffer, array.shape(), array.dtype())
        }
    }
}

/// A value as [`python`] gives it, with the memory of an array if that is large.
pub(super) fn handed_over<'py>(py: Python<'py>, value: &mut Value) -> PyResult<Bound<'py, PyAny>> {
    let Value::Array(array) = value else {
        return python(py, value);
    };
    let (shape, dtype) = (array.shape(), array.dtype());
    tensor(py, array.hand_over()?, shape, dtype)
}

fn tensor(
    py: Python<'_>,
    buffer: Buffer,
    shape: Shape,
    dtype: Dtype,
) -> PyResult<Bound<'_, PyAny>> {
    let array = dlpack::Array::of_buffer(buffer, shape.axes().to_vec(), dtype);
    Ok(PyTensor(array).into_pyobject(py)?.into_any())
}

/// A type as Python describes it: `None` for anything, "text", "bytes", ("list", element, length or
/// `None`), or ("array", type of elements or `None`, axes or `None`), where an axis may be `None`.
pub(super) fn type_of(given: &Bound<'_, PyAny>) -> PyResult<Type> {
    let refuse = || PyTypeError::new_err(format!("{given} is no type of a graph"));
    if given.is_none() {
        return Ok(Type::Anything);
    }
    if let Ok(word) = given.extract::<String>() {
        return match &*word {
            "text" => Ok(Type::Text),
            "bytes" => Ok(Type::Bytes),
            _ => Err(refuse()),
        };
    }
    let (kind, second, third): (String, Bound<'_, PyAny>, Bound<'_, PyAny>) = given.extract()?;
    match &*kind {
        "list" => Ok(Type::list(type_of(&second)?, third.extract()?)),
        "array" => {
            let name: Option<String> = second.extract()?;
            let dtype = name.map(|name| dtype_named(&name).ok_or_else(refuse));
            Ok(Type::Array(ArrayType {
                dtype: dtype.transpose()?,
                shape: third.extract()?,
            }))
        }
        _ => Err(refuse()),
    }
}

/// What [`type_of`] takes.
pub(super) fn python_type<'py>(py: Python<'py>, given: &Type) -> PyResult<Bound<'py, PyAny>> {
    match given {
        Type::Anything => Ok(py.None().into_bound(py)),
        Type::Text => Ok(PyString::new(py, "text").into_any()),
        Type::Bytes => Ok(PyString::new(py, "bytes").into_any()),
        Type::List { element, length } => {
            ("list", python_type(py, element)?, *length).into_bound_py_any(py)
        }
        Type::Array(ArrayType { dtype, shape }) => {
            ("array", dtype.map(Dtype::name), shape.clone()).into_bound_py_any(py)
        }
    }
}
