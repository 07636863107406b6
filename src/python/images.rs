//! Random images: arguments in, counts out.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::Arguments;
use super::write::{Counts, drive, existing};
use crate::codec::Format;
use crate::pixel::Size;
use crate::write::images::{Content, Request, create};

/// Writes random images.
#[pyfunction]
pub(super) fn create_images(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let pixels = "a number of pixels";
    let request = Request {
        folder: a.get("path", "a path")?,
        name: a.get("name", "a text")?,
        size: Size::new(a.get("width", pixels)?, a.get("height", pixels)?),
        count: a.get("count", "a whole number, at least 1")?,
        format: a.choice("image_format", &FORMATS)?,
        seed: a.get("seed", "a whole number from 0 to 2**64 - 1")?,
        quality: a.get("quality", "a whole number between 1 and 100")?,
        content: a.choice(
            "content",
            &[("noise", Content::Noise), ("natural", Content::Natural)],
        )?,
        classes: a.get("classes", "a whole number, 0 for none")?,
        existing: existing(&a)?,
        workers: a.get("workers", "a whole number, at least 1, or None")?,
    };
    drive(arguments.py(), || create(&request), progress)
}

const FORMATS: [(&str, Format); 5] = [
    ("jpg", Format::Jpeg),
    ("jpeg", Format::Jpeg),
    ("png", Format::Png),
    ("bmp", Format::Bmp),
    ("bitmap", Format::Bmp),
];
