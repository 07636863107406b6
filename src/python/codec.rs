//! Pictures in memory to arrays.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};

use super::arguments::picture_config;
use super::batch::PyBatch;
use super::loader::PyLoader;
use crate::dataset::Bytes;
use crate::loader::{Codec, check_pictures as check, pictures};

/// Decodes pictures that are in memory, and keeps working memory from one to the next.
#[pyclass(name = "Codec", module = "imagepipe_rs._native", frozen)]
#[derive(Default)]
pub(super) struct PyCodec(Codec);

#[pymethods]
impl PyCodec {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// A batch of one picture, made on this thread.
    fn decode(&self, py: Python<'_>, data: &Bound<'_, PyAny>, arguments: &Bound<'_, PyDict>) -> PyResult<PyBatch> {
        let config = picture_config(arguments)?;
        let picture = bytes(data)?;
        Ok(PyBatch(py.detach(|| self.0.decode(&config, picture))?))
    }

    /// Raises what is wrong with the arguments.
    #[staticmethod]
    fn check(arguments: &Bound<'_, PyDict>) -> PyResult<()> {
        Ok(check(&picture_config(arguments)?)?)
    }

    /// A loader whose only batch is these pictures.
    #[staticmethod]
    fn loader(data: Vec<Bound<'_, PyAny>>, arguments: &Bound<'_, PyDict>) -> PyResult<PyLoader> {
        let config = picture_config(arguments)?;
        let data = data.into_iter().map(|data| bytes(&data)).collect::<PyResult<_>>()?;
        Ok(PyLoader(pictures(&config, data)?))
    }
}

/// The bytes of an object: `bytes` as they are, since nobody can change them; others copied.
fn bytes(data: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(Box::new(PyBackedBytes::from(bytes.clone())));
    }
    let copied = PyBuffer::<u8>::get(data).and_then(|buffer| buffer.to_vec(data.py()));
    copied.map(|bytes| Box::new(bytes) as Bytes).map_err(|_| {
        let kind = data.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "data of type {kind} is not valid: the bytes of an image file, as bytes or anything with a buffer of uint8"
        ))
    })
}
