//! Images in memory to arrays.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::bytes;
use super::batch::PyTensor;
use super::config::decoding;
use super::detached::Detached;
use super::loader::PyLoader;
use crate::loader::Loader;
use crate::transform::{Codec, Recipe};

/// What data is.
const IMAGE: &str = "the bytes of an image file";

/// Decodes images that are in memory, and keeps working memory from one to the next.
#[pyclass(name = "Codec", module = "imagepipe_rs._native", frozen)]
#[derive(Default)]
pub(super) struct PyCodec(Codec);

#[pymethods]
impl PyCodec {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// An array of one image, made on this thread.
    fn decode(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        arguments: &Bound<'_, PyDict>,
    ) -> PyResult<PyTensor> {
        let options = decoding(arguments)?;
        let data = bytes("data", data, IMAGE)?;
        let recipe = Recipe::new(&options)?;
        Ok(PyTensor(
            py.detach(|| self.0.decode(&recipe, (*data).as_ref()))?,
        ))
    }

    /// Raises what is wrong with the arguments.
    #[staticmethod]
    fn check(arguments: &Bound<'_, PyDict>) -> PyResult<()> {
        Recipe::new(&decoding(arguments)?)?;
        Ok(())
    }

    /// A loader whose only batch is these images.
    #[staticmethod]
    fn loader(data: Vec<Bound<'_, PyAny>>, arguments: &Bound<'_, PyDict>) -> PyResult<PyLoader> {
        let options = decoding(arguments)?;
        let images = data.into_iter().map(|data| bytes("data", &data, IMAGE));
        let images = images.collect::<PyResult<_>>()?;
        let loader = Loader::of_images(options, images)?;
        Ok(PyLoader(Detached::new(loader)))
    }
}
