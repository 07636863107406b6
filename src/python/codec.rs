//! Images in memory to arrays.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::arguments::bytes;
use super::batch::PyTensor;
use super::config::decoding;
use super::detached::Detached;
use super::loader::PyLoader;
use crate::codec::Reason;
use crate::codec::encode::{Encoder, Encoding};
use crate::error::Error;
use crate::loader::Loader;
use crate::pixel::Size;
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

/// RGB pixels as a JPEG file.
#[pyfunction]
pub(super) fn jpeg(
    py: Python<'_>,
    pixels: Vec<u8>,
    width: u32,
    height: u32,
    quality: u8,
) -> PyResult<Bound<'_, PyBytes>> {
    let size = Size::new(width, height);
    if pixels.len() as u64 != 3 * size.pixels() {
        let given = format!("{} bytes", pixels.len());
        let allowed = format!("the RGB bytes of an image of {size}");
        return Err(Error::argument("pixels", given, allowed).into());
    }
    let file = py.detach(move || {
        let mut file = Vec::new();
        Encoder::new()?.image(Encoding::Jpeg { quality }, size, &pixels, &mut file)?;
        Ok::<_, Reason>(file)
    });
    let refuse = |reason: Reason| Error::argument("pixels", size, reason);
    Ok(PyBytes::new(py, &file.map_err(refuse)?))
}
