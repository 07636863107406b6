//! The arguments of `imagepipe_rs.Loader` and of `imagepipe_rs.decode`.

use std::ffi::OsString;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyString};

use super::arguments::{Arguments, Each, FLAG, PATHS, Pair, SEED, Sides, THREADS, WHOLE};
use super::arguments::{one_of, wrong, wrong_type, wrong_value};
use super::augment;
use crate::dataset::Side;
use crate::loader::{Config, Labels};
use crate::pixel::{Channels, Fit, Interpolation, Size, Words};
use crate::tensor::Device;
use crate::transform::Options;

const RANGE: &str = "two numbers, (low, high)";

/// What ImageNet's red, green and blue are normalized with.
const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];

/// The configuration in the arguments of a Loader.
pub(super) fn config(arguments: &Bound<'_, PyDict>) -> PyResult<Config> {
    let a = Arguments(arguments);
    Ok(Config {
        paths: a.get("paths", PATHS)?,
        batch_size: a.get("batch_size", WHOLE)?,
        mix: augment::mixing(&a)?,
        labels: a.word_or_none("labels")?.unwrap_or(Labels::None),
        sampling: a.word("sampling")?,
        weights: a.get("weights", "numbers, one per sample or per class, or None")?,
        shuffle: a.get("shuffle", FLAG)?,
        seed: a.get("seed", SEED)?,
        last_batch: a.word("last_batch")?,
        shard: pair(a.get("shard", "None, \"auto\", or (rank, world)")?),
        repeat: a.get("repeat", FLAG)?,
        limit: a.get("limit", "a whole number, or None")?,
        split: split(&a)?,
        split_seed: a.get("split_seed", SEED)?,
        classes: classes(&a)?,
        keys: a.keys()?,
        allow_outside: a.get("allow_outside", FLAG)?,
        places: a.get("places", "a directory, or None")?,
        on_error: a.word("on_error")?,
        max_errors: a.get("max_errors", "a whole number, or None")?,
        workers: a.get("workers", THREADS)?,
        prefetch: a.get("prefetch", WHOLE)?,
        ragged: a.get("ragged", FLAG)?,
        device: device(a.get("cuda_device", "a device's number, or None")?),
        route: a.word("cuda_upload")?,
        image: options(&a)?,
    })
}

/// Where batches are delivered: on the CUDA device of this number, or on the CPU.
pub(super) fn device(ordinal: Option<u32>) -> Device {
    ordinal.map_or(Device::Cpu, Device::Cuda)
}

/// What becomes of each image.
fn options(a: &Arguments<'_, '_>) -> PyResult<Options> {
    let channels = a.word("channels")?;
    Ok(Options {
        size: size(a)?,
        fit: a.word("fit")?,
        resize_short: a.get("resize_short", "a number of pixels, or None")?,
        scale: pair(a.get("scale", RANGE)?),
        ratio: pair(a.get("ratio", RANGE)?),
        fill: fill(a, channels)?,
        interpolation: interpolation(a)?,
        flip: a.get("flip", FLAG)?,
        augment: augment::augmenter(a)?,
        layout: a.word("layout")?,
        dtype: a.word("dtype")?,
        mean: normalization(a, "mean", IMAGENET_MEAN, channels)?,
        std: normalization(a, "std", IMAGENET_STD, channels)?,
        rescale: a.get("rescale", "a number, or None")?,
        channels,
        exact: a.get("exact", FLAG)?,
        decoder: a.word("decoder")?,
        exif: a.get("exif", FLAG)?,
        max_pixels: a.get("max_pixels", WHOLE)?,
    })
}

/// What `imagepipe_rs.decode` makes of an image.
pub(super) fn decoding(arguments: &Bound<'_, PyDict>) -> PyResult<Options> {
    let a = &Arguments(arguments);
    // All but the last, which is for training.
    let fits = &Fit::WORDS[..3];
    Ok(Options {
        size: size(a)?,
        fit: one_of("fit", &a.value("fit")?, fits, "")?,
        exact: a.get("exact", FLAG)?,
        decoder: a.word("decoder")?,
        channels: a.word("channels")?,
        ..Options::default()
    })
}

fn size(a: &Arguments<'_, '_>) -> PyResult<Option<Size>> {
    let allowed = "a number of pixels, (height, width), or None";
    let size: Option<Sides> = a.get("size", allowed)?;
    Ok(size.map(|Sides(size)| size))
}

fn classes(a: &Arguments<'_, '_>) -> PyResult<Option<Vec<OsString>>> {
    let names: Option<Each<_>> = a.get("classes", "a list of class names, or None")?;
    Ok(names.map(|Each(names)| names))
}

fn pair<A, B>(Pair(first, second): Pair<A, B>) -> (A, B) {
    (first, second)
}

/// The filter; `floor` is no name of one, but what `ImagePipe`'s call has instead of `nearest`.
fn interpolation(a: &Arguments<'_, '_>) -> PyResult<Interpolation> {
    if a.get("floor", FLAG)? {
        return Ok(Interpolation::Floor);
    }
    a.word("interpolation")
}

fn split(a: &Arguments<'_, '_>) -> PyResult<Option<(Side, f64)>> {
    let allowed = "None, (\"train\", fraction), or (\"validation\", fraction)";
    let Some(Pair(word, fraction)) = a.get::<Option<Pair<String, f64>>>("split", allowed)? else {
        return Ok(None);
    };
    match Side::WORDS.iter().find(|(side, _)| *side == word) {
        Some((_, side)) => Ok(Some((*side, fraction))),
        None => Err(wrong_value("split", &a.value("split")?, allowed)),
    }
}

fn fill(a: &Arguments<'_, '_>, channels: Channels) -> PyResult<[u8; 3]> {
    let allowed = "a number in 0..255, or one for each channel";
    let value = a.value("fill")?;
    if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBool>() {
        return Err(wrong_type("fill", &value, allowed));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok([a.get("fill", allowed)?; 3]);
    }
    per_channel("fill", &value, channels, allowed)
}

/// The mean and the standard deviation of red, green and blue.
pub(super) fn moments(a: &Arguments<'_, '_>) -> PyResult<[Option<[f64; 3]>; 2]> {
    let of = |name, usual| normalization(a, name, usual, Channels::Rgb);
    Ok([of("mean", IMAGENET_MEAN)?, of("std", IMAGENET_STD)?])
}

/// A mean or a standard deviation for each channel; `usual` is ImageNet's, as RGB.
fn normalization(
    a: &Arguments<'_, '_>,
    name: &'static str,
    usual: [f64; 3],
    channels: Channels,
) -> PyResult<Option<[f64; 3]>> {
    let allowed = "None, \"imagenet\", or one number in 0..1 for each channel";
    let value = a.value(name)?;
    if value.is_none() {
        return Ok(None);
    }
    let Ok(word) = value.extract::<String>() else {
        return per_channel(name, &value, channels, allowed).map(Some);
    };
    let [red, green, blue] = usual;
    match (word.as_str(), channels) {
        ("imagenet", Channels::Rgb) => Ok(Some(usual)),
        ("imagenet", Channels::Bgr) => Ok(Some([blue, green, red])),
        _ => {
            let allowed = format!("{allowed}; imagenet with channels RGB or BGR");
            Err(wrong_value(name, &value, &allowed))
        }
    }
}

/// A number for each channel, of which gray has one, three times.
fn per_channel<'py, T>(
    name: &str,
    value: &Bound<'py, PyAny>,
    channels: Channels,
    allowed: &str,
) -> PyResult<[T; 3]>
where
    T: Copy + for<'a> FromPyObject<'a, 'py>,
{
    let count = channels.count();
    let given = match value.try_iter() {
        Ok(values) => values.take(count + 1).collect::<PyResult<_>>()?,
        Err(_) => vec![value.clone()],
    };
    if given.len() != count {
        let allowed = format!("{allowed}, which is {count}");
        return Err(wrong_value(name, value, &allowed));
    }
    let number = |place: usize| {
        let number = given[place % count].extract::<T>();
        number.map_err(|error| wrong(name, value, allowed, &error.into()))
    };
    Ok([number(0)?, number(1)?, number(2)?])
}
