//! Keyword arguments to core types, each failure naming the argument, what was given, and what is
//! allowed.

use std::any::TypeId;
use std::collections::BTreeMap;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyBytes, PyDict};

use crate::codec::Backend;
use crate::dataset::{Bytes, Keys, Side};
use crate::loader::{Config, Labels, OnError, Sampling};
use crate::pixel::{Channels, Dtype, Fit, Interpolation, Layout, Size};
use crate::sampler::LastBatch;
use crate::transform::Options;

/// Characters of a value that a message shows.
const LONGEST_SHOWN: usize = 100;

/// Arguments by name; every one that is asked for must be there.
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
        T: for<'a> FromPyObject<'a, 'py> + 'static,
    {
        let value = self.value(name)?;
        // Python's True is a number too, but who gives it means no number.
        let is_misplaced =
            value.is_instance_of::<PyBool>() && TypeId::of::<T>() != TypeId::of::<bool>();
        let error: PyErr = match T::extract(value.as_borrowed()) {
            _ if is_misplaced => PyTypeError::new_err(()),
            Ok(value) => return Ok(value),
            Err(error) => error.into(),
        };
        let message = format!("{name}={} is not valid: {allowed}", shown(&value));
        Err(if error.is_instance_of::<PyTypeError>(value.py()) {
            PyTypeError::new_err(message)
        } else {
            PyValueError::new_err(message)
        })
    }

    /// The one of `choices` that an argument names.
    pub(super) fn choice<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> PyResult<T> {
        self.one_of(name, choices, "")
    }

    /// The same of an argument that may be None.
    fn choice_or_none<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> PyResult<Option<T>> {
        if self.value(name)?.is_none() {
            Ok(None)
        } else {
            self.one_of(name, choices, ", or None").map(Some)
        }
    }

    fn one_of<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
        otherwise: &str,
    ) -> PyResult<T> {
        let value = self.value(name)?;
        let given = value.extract::<String>().ok();
        if let Some((_, choice)) = choices
            .iter()
            .find(|(text, _)| Some(*text) == given.as_deref())
        {
            return Ok(*choice);
        }
        let names: Vec<_> = choices
            .iter()
            .map(|(text, _)| format!("{text:?}"))
            .collect();
        let message = format!(
            "{name}={} is not valid: one of {}{otherwise}",
            shown(&value),
            names.join(", ")
        );
        Err(if given.is_some() {
            PyValueError::new_err(message)
        } else {
            PyTypeError::new_err(message)
        })
    }
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

/// The configuration in a dictionary of arguments, as `imagepipe_rs.Loader` fills it.
pub(super) fn config(arguments: &Bound<'_, PyDict>) -> PyResult<Config> {
    let a = Arguments(arguments);
    let whole = "a whole number, at least 1";
    Ok(Config {
        paths: a.get("paths", "a path, a list of paths, or a glob")?,
        batch_size: a.get("batch_size", whole)?,
        image: Options {
            resize_short: a.get("resize_short", "a number of pixels, or None")?,
            scale: a.get("scale", "two numbers, (low, high)")?,
            ratio: a.get("ratio", "two numbers, (low, high)")?,
            fill: a.get("fill", "a number in 0..255, or one for each channel")?,
            flip: a.get("flip", "True or False")?,
            mean: a.get("mean", "None, \"imagenet\", or three numbers")?,
            rescale: a.get("rescale", "a number, or None")?,
            std: a.get("std", "None, \"imagenet\", or three numbers")?,
            exif: a.get("exif", "True or False")?,
            max_pixels: a.get("max_pixels", whole)?,
            interpolation: interpolation(&a)?,
            layout: a.choice("layout", &[("NHWC", Layout::Nhwc), ("NCHW", Layout::Nchw)])?,
            dtype: a.choice(
                "dtype",
                &[
                    ("uint8", Dtype::Uint8),
                    ("float32", Dtype::Float32),
                    ("float16", Dtype::Float16),
                    ("bfloat16", Dtype::Bfloat16),
                ],
            )?,
            ..image(&a, &[FITS, &[("random_crop", Fit::RandomCrop)]].concat())?
        },
        weights: a.get("weights", "numbers, one per sample or per class, or None")?,
        shuffle: a.get("shuffle", "True or False")?,
        seed: a.get("seed", "a whole number from 0 to 2**64 - 1")?,
        shard: a.get("shard", "None, \"auto\", or (rank, world)")?,
        repeat: a.get("repeat", "True or False")?,
        limit: a.get("limit", "a whole number, or None")?,
        split: split(&a)?,
        split_seed: a.get("split_seed", "a whole number from 0 to 2**64 - 1")?,
        classes: a.get("classes", "a list of class names, or None")?,
        keys: keys(&a)?,
        allow_outside: a.get("allow_outside", "True or False")?,
        places: a.get("places", "a directory, or None")?,
        max_errors: a.get("max_errors", "a whole number, or None")?,
        workers: a.get("workers", "a whole number, at least 1, or None")?,
        prefetch: a.get("prefetch", whole)?,
        ragged: a.get("ragged", "True or False")?,
        ..choices(&a)?
    })
}

/// How an image without chance is brought to its size.
const FITS: &[(&str, Fit)] = &[
    ("stretch", Fit::Stretch),
    ("crop", Fit::Crop),
    ("pad", Fit::Pad),
];

/// What is made of images in memory, in a dictionary of arguments as `imagepipe_rs.decode` fills it.
pub(super) fn image_options(arguments: &Bound<'_, PyDict>) -> PyResult<Options> {
    image(&Arguments(arguments), FITS)
}

fn image(a: &Arguments<'_, '_>, fits: &[(&str, Fit)]) -> PyResult<Options> {
    let size: Option<(u32, u32)> = a.get("size", "a number of pixels, (height, width), or None")?;
    Ok(Options {
        size: size.map(|(height, width)| Size::new(width, height)),
        fit: a.choice("fit", fits)?,
        exact: a.get("exact", "True or False")?,
        decoder: a.choice(
            "decoder",
            &[("auto", Backend::Auto), ("turbo", Backend::Turbo)],
        )?,
        channels: channels(a)?,
        ..Options::default()
    })
}

fn channels(a: &Arguments<'_, '_>) -> PyResult<Channels> {
    a.choice(
        "channels",
        &[
            ("RGB", Channels::Rgb),
            ("BGR", Channels::Bgr),
            ("GRAY", Channels::Gray),
        ],
    )
}

/// The arguments that are one of a few words and not about pixels; the others at their defaults.
fn choices(a: &Arguments<'_, '_>) -> PyResult<Config> {
    Ok(Config {
        labels: labels(a)?,
        sampling: a.choice(
            "sampling",
            &[("epoch", Sampling::Epoch), ("balanced", Sampling::Balanced)],
        )?,
        last_batch: a.choice(
            "last_batch",
            &[
                ("keep", LastBatch::Keep),
                ("drop", LastBatch::Drop),
                ("pad", LastBatch::Pad),
            ],
        )?,
        on_error: a.choice(
            "on_error",
            &[
                ("raise", OnError::Raise),
                ("skip", OnError::Skip),
                ("replace", OnError::Replace),
            ],
        )?,
        ..Config::default()
    })
}

/// The filter; `floor` is no name of one, but what `ImagePipe`'s call has instead of `nearest`.
fn interpolation(a: &Arguments<'_, '_>) -> PyResult<Interpolation> {
    if a.get("floor", "True or False")? {
        return Ok(Interpolation::Floor);
    }
    a.choice(
        "interpolation",
        &[
            ("bilinear", Interpolation::Bilinear),
            ("nearest", Interpolation::Nearest),
            ("bicubic", Interpolation::Bicubic),
            ("lanczos", Interpolation::Lanczos),
            ("area", Interpolation::Area),
        ],
    )
}

fn labels(a: &Arguments<'_, '_>) -> PyResult<Labels> {
    let found = a.choice_or_none(
        "labels",
        &[("int", Labels::Int), ("one_hot", Labels::OneHot)],
    )?;
    Ok(found.unwrap_or(Labels::None))
}

/// Names of features; those that are not given keep their defaults.
pub(super) fn keys(a: &Arguments<'_, '_>) -> PyResult<Keys> {
    let allowed = "names of features by \"image\", \"label\", \"text\" and \"filename\"; None for one that is not there";
    let given: BTreeMap<String, Option<String>> = a.get("keys", allowed)?;
    let mut keys = Keys::default();
    for (name, key) in given {
        match (name.as_str(), key) {
            ("image", Some(key)) => keys.image = key,
            ("label", key) => keys.label = key,
            ("text", key) => keys.text = key,
            ("filename", key) => keys.filename = key,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "keys with {name:?} is not valid: {allowed}"
                )));
            }
        }
    }
    Ok(keys)
}

fn split(a: &Arguments<'_, '_>) -> PyResult<Option<(Side, f64)>> {
    let allowed = "None, (\"train\", fraction), or (\"validation\", fraction)";
    let Some((side, fraction)) = a.get::<Option<(String, f64)>>("split", allowed)? else {
        return Ok(None);
    };
    match side.as_str() {
        "train" => Ok(Some((Side::Train, fraction))),
        "validation" => Ok(Some((Side::Validation, fraction))),
        _ => Err(PyValueError::new_err(format!(
            "split=({side:?}, {fraction}) is not valid: {allowed}"
        ))),
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
        let kind = data.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "{name} of type {kind} is not valid: {what}, as bytes or anything with a buffer of uint8"
        ))
    })
}
