//! Runs that write data sets: arguments in, progress and signals while they last, counts out.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::PATIENCE;
use super::arguments::Arguments;
use crate::write::{
    Convert, Depth, Existing, Labels, OnError, Options, Order, Run, Skipped, Split, Tensorize,
    Written, index, recordio, stratified, tensors, tfrecords,
};

/// Files, records, bytes, files found finished, what was left out and why, and what the user should
/// know.
pub(super) type Counts = (u64, u64, u64, u64, Vec<(OsString, String)>, Vec<String>);

const WHOLE: &str = "a whole number, at least 1";
const YES_OR_NO: &str = "True or False";

/// Files into TFRecords.
#[pyfunction]
pub(super) fn create_tfrecords(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let request = convert(&Arguments(arguments))?;
    drive(arguments.py(), || tfrecords(&request), progress)
}

/// Files into RecordIO.
#[pyfunction]
pub(super) fn create_recordio(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let request = convert(&Arguments(arguments))?;
    drive(arguments.py(), || recordio(&request), progress)
}

/// Pictures into TFRecords of pixels.
#[pyfunction]
pub(super) fn create_tensor_records(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let request = Tensorize {
        source: a.get("input_dir", "a path")?,
        folder: a.get("output_dir", "a path")?,
        images: a.get("num_images", "a whole number, at least 1, or -1 for all")?,
        shards: a.get("num_shards", WHOLE)?,
        side: a.get("img_size", "a number of pixels")?,
        seed: a.get("seed", "a whole number from 0 to 2**64 - 1")?,
        labels: a.get("labels", "None, or a .json or .json.gz file of labels")?,
        texts: a.get("texts", "texts of classes by name")?,
        order: a.choice("order", &[("HWC", Order::Hwc), ("CHW", Order::Chw)])?,
        options: options(&a, "num_workers")?,
    };
    drive(arguments.py(), || tensors(&request), progress)
}

/// Pictures into TFRecords by a stratified split.
#[pyfunction]
pub(super) fn split(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let request = Split {
        source: a.get("image_path", "a path")?,
        listing: a.get("image2class_file", "a path, or None")?,
        ids: a.get("class2id_file", "a path, or None")?,
        name: a.get("dataset_name", "a text")?,
        validation: a.get("val_size", "a share between 0 and 1")?,
        test: a.get("test_size", "a share between 0 and 1")?,
        shards: a.get("num_shards", WHOLE)?,
        seed: a.get("seed", "a whole number from 0 to 2**64 - 1")?,
        folder: a.get("output_dir", "a path")?,
        options: options(&a, "workers")?,
    };
    drive(arguments.py(), || stratified(&request), progress)
}

/// Index files for TFRecord shards.
#[pyfunction]
pub(super) fn create_index(
    arguments: &Bound<'_, PyDict>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let a = Arguments(arguments);
    let shards: Vec<PathBuf> = a.get("paths", "a path, a list of paths, or a glob")?;
    let workers = a.get("workers", "a whole number, at least 1, or None")?;
    drive(arguments.py(), || index(&shards, workers), progress)
}

fn convert(a: &Arguments<'_, '_>) -> PyResult<Convert> {
    let labels = a.value("labels")?;
    Ok(Convert {
        source: a.get("source_path", "a path")?,
        folder: a.get("dest_path", "a path")?,
        name: a.get("name", "a text")?,
        per_file: a.get("img_per_file", WHOLE)?,
        labels: if labels.is_none() {
            Labels::Zero
        } else if labels
            .extract::<&str>()
            .is_ok_and(|word| word == "directory")
        {
            Labels::Directory
        } else {
            Labels::Listed(
                a.get::<PathBuf>("labels", "\"directory\", None, or the path of a CSV file")?,
            )
        },
        metadata: a.get("metadata", YES_OR_NO)?,
        options: options(a, "workers")?,
    })
}

fn options(a: &Arguments<'_, '_>, workers: &'static str) -> PyResult<Options> {
    Ok(Options {
        existing: existing(a)?,
        workers: a.get(workers, "a whole number, at least 1, or None")?,
        index: a.get("index", YES_OR_NO)?,
        manifest: a.get("manifest", YES_OR_NO)?,
        check: a.choice(
            "check",
            &[("decode", Depth::Decode), ("headers", Depth::Headers)],
        )?,
        on_error: a.choice(
            "on_error",
            &[("raise", OnError::Raise), ("skip", OnError::Skip)],
        )?,
        allow_outside: a.get("allow_outside", YES_OR_NO)?,
    })
}

/// What `overwrite` and `resume` say together.
pub(super) fn existing(a: &Arguments<'_, '_>) -> PyResult<Existing> {
    match (a.get("overwrite", YES_OR_NO)?, a.get("resume", YES_OR_NO)?) {
        (true, true) => Err(PyValueError::new_err(
            "resume=True is not valid: not together with overwrite=True",
        )),
        (true, false) => Ok(Existing::Replace),
        (false, true) => Ok(Existing::Resume),
        (false, false) => Ok(Existing::Refuse),
    }
}

/// Begins a run and sees it to its end; calls `progress` with what is done and what there is to do,
/// and hears signals.
pub(super) fn drive(
    py: Python<'_>,
    start: impl FnOnce() -> crate::error::Result<Box<dyn Run>> + Send,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Counts> {
    let mut run = py.detach(start)?;
    let outcome = attend(py, run.as_mut(), progress);
    // Waiting for the workers must not keep other Python threads waiting.
    py.detach(|| drop(run));
    let Written {
        files,
        records,
        bytes,
        kept,
        skipped,
        notes,
    } = outcome?;
    let skipped = skipped
        .into_iter()
        .map(|Skipped { path, reason }| (path.into_os_string(), reason))
        .collect();
    Ok((files, records, bytes, kept, skipped, notes))
}

fn attend(
    py: Python<'_>,
    run: &mut dyn Run,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Written> {
    let mut told = None;
    loop {
        let written = py.detach(|| run.wait(PATIENCE))?;
        py.check_signals()?;
        let now = run.progress();
        if let Some(progress) = progress
            && told.replace(now) != Some(now)
        {
            progress.call1((now.done, now.total))?;
        }
        if let Some(written) = written {
            return Ok(written);
        }
    }
}
