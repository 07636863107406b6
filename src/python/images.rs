//! Random images: arguments in, counts out.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::{Arguments, PATH, SEED, THREADS, WHOLE};
use super::write::{Counts, drive, existing};
use crate::pixel::Size;
use crate::write::images::{Request, create};

/// Writes random images.
#[pyfunction]
pub(super) fn create_images(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let pixels = "a number of pixels";
    let request = Request {
        folder: a.get("path", PATH)?,
        name: a.get("name", "a text")?,
        size: Size::new(a.get("width", pixels)?, a.get("height", pixels)?),
        count: a.get("count", WHOLE)?,
        format: a.word("image_format")?,
        seed: a.get("seed", SEED)?,
        quality: a.get("quality", "a whole number between 1 and 100")?,
        content: a.word("content")?,
        classes: a.get("classes", "a whole number, 0 for none")?,
        existing: existing(&a)?,
        workers: a.get("workers", THREADS)?,
    };
    drive(arguments.py(), progress, |watch| create(&request, watch))
}
