//! Functions that write datasets: arguments in, progress and signals meanwhile, counts out.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arguments::{Arguments, FLAG, PATH, PATHS, SEED, THREADS, WHOLE, wrong_value};
use super::inspect::watched;
use crate::engine::Watch;
use crate::error::Result;
use crate::write::{
    Convert, Existing, Labels, Options, Skipped, Split, Tensorize, Written, index, recordio,
    stratified, tensors, tfrecords,
};

/// Files, records, bytes, files found finished, what was left out and why, and what the user should
/// know.
pub(super) type Counts = (u64, u64, u64, u64, Vec<(OsString, String)>, Vec<String>);

/// Files into TFRecords.
#[pyfunction]
pub(super) fn create_tfrecords(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let request = convert(&Arguments(arguments))?;
    drive(arguments.py(), progress, |watch| tfrecords(&request, watch))
}

/// Files into RecordIO.
#[pyfunction]
pub(super) fn create_recordio(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let request = convert(&Arguments(arguments))?;
    drive(arguments.py(), progress, |watch| recordio(&request, watch))
}

/// Images into TFRecords of pixels.
#[pyfunction]
pub(super) fn create_tensor_records(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let request = Tensorize {
        source: a.get("input_dir", PATH)?,
        folder: a.get("output_dir", PATH)?,
        images: images(&a)?,
        shards: a.get("num_shards", WHOLE)?,
        side: a.get("img_size", "a number of pixels")?,
        seed: a.get("seed", SEED)?,
        labels: a.get("labels", "None, or a .json or .json.gz file of labels")?,
        texts: a.get("texts", "texts of classes by name")?,
        order: a.word("order")?,
        options: options(&a, "num_workers")?,
    };
    drive(arguments.py(), progress, |watch| tensors(&request, watch))
}

/// Images into TFRecords by a stratified split.
#[pyfunction]
pub(super) fn split(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let request = Split {
        source: a.get("image_path", PATH)?,
        listing: a.get("image2class_file", "a path, or None")?,
        ids: a.get("class2id_file", "a path, or None")?,
        name: a.get("dataset_name", "a text")?,
        validation: a.get("val_size", "a share between 0 and 1")?,
        test: a.get("test_size", "a share between 0 and 1")?,
        shards: a.get("num_shards", WHOLE)?,
        seed: a.get("seed", SEED)?,
        folder: a.get("output_dir", PATH)?,
        options: options(&a, "workers")?,
    };
    drive(arguments.py(), progress, |watch| {
        stratified(&request, watch)
    })
}

/// Index files for TFRecord shards.
#[pyfunction]
pub(super) fn create_index(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let shards: Vec<PathBuf> = a.get("paths", PATHS)?;
    let workers = a.get("workers", THREADS)?;
    drive(arguments.py(), progress, |watch| {
        index(&shards, workers, watch)
    })
}

fn convert(a: &Arguments<'_, '_>) -> PyResult<Convert> {
    Ok(Convert {
        source: a.get("source_path", PATH)?,
        folder: a.get("dest_path", PATH)?,
        name: a.get("name", "a text")?,
        per_file: a.get("img_per_file", WHOLE)?,
        labels: labels(a)?,
        metadata: a.get("metadata", FLAG)?,
        options: options(a, "workers")?,
    })
}

fn labels(a: &Arguments<'_, '_>) -> PyResult<Labels> {
    if a.value("labels")?.extract::<&str>().ok() == Some("directory") {
        return Ok(Labels::Directory);
    }
    let listed = a.get("labels", "\"directory\", None, or the path of a CSV file")?;
    Ok(Option::map_or(listed, Labels::Zero, Labels::Listed))
}

/// A number of images, of which -1 is all.
fn images(a: &Arguments<'_, '_>) -> PyResult<Option<u64>> {
    let (name, allowed) = ("num_images", "a whole number, at least 1, or -1 for all");
    match a.get::<i64>(name, allowed)? {
        -1 => Ok(None),
        count => match u64::try_from(count) {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(wrong_value(name, &a.value(name)?, allowed)),
        },
    }
}

fn options(a: &Arguments<'_, '_>, workers: &'static str) -> PyResult<Options> {
    Ok(Options {
        existing: existing(a)?,
        workers: a.get(workers, THREADS)?,
        index: a.get("index", FLAG)?,
        manifest: a.get("manifest", FLAG)?,
        check: a.word("check")?,
        on_error: a.word("on_error")?,
        allow_outside: a.get("allow_outside", FLAG)?,
    })
}

/// What `overwrite` and `resume` say together.
pub(super) fn existing(a: &Arguments<'_, '_>) -> PyResult<Existing> {
    match (a.get("overwrite", FLAG)?, a.get("resume", FLAG)?) {
        (true, true) => Err(PyValueError::new_err(
            "resume=True is not valid: not together with overwrite=True",
        )),
        (true, false) => Ok(Existing::Replace),
        (false, true) => Ok(Existing::Resume),
        (false, false) => Ok(Existing::Refuse),
    }
}

/// Does a job; calls `progress` with what is done and what there is to do after every step of it,
/// and hears signals.
pub(super) fn drive(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    job: impl FnOnce(Watch<'_>) -> Result<Option<Written>> + Send,
) -> PyResult<Counts> {
    let progress = progress.map(|progress| progress.clone().unbind());
    let Written {
        files,
        records,
        bytes,
        kept,
        skipped,
        notes,
    } = watched(py, progress, Duration::ZERO, job)?;
    let skipped = skipped
        .into_iter()
        .map(|Skipped { path, reason }| (path.into_os_string(), reason))
        .collect();
    Ok((files, records, bytes, kept, skipped, notes))
}
