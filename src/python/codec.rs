//! Pictures in memory to arrays.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::{bytes, picture_config};
use super::batch::PyBatch;
use super::loader::PyLoader;
use crate::loader::{Codec, check_pictures as check, pictures};

/// What data is.
const PICTURE: &str = "the bytes of an image file";

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
    fn decode(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        arguments: &Bound<'_, PyDict>,
    ) -> PyResult<PyBatch> {
        let config = picture_config(arguments)?;
        let picture = bytes("data", data, PICTURE)?;
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
        let data = data
            .into_iter()
            .map(|data| bytes("data", &data, PICTURE))
            .collect::<PyResult<_>>()?;
        Ok(PyLoader(pictures(&config, data)?))
    }
}
