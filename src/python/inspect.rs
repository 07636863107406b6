//! What is in a dataset, as dictionaries; and contact sheets of it, as PNG files.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::Value;

use super::arguments::{Arguments, FLAG, PATHS, THREADS, wrong_value};
use super::loader::PyLoader;
use crate::engine::Stopwatch;
use crate::error::{Error, Result};
use crate::file;
use crate::inspect::bench::Span;
use crate::inspect::machine::Machine;
use crate::inspect::{self, Source, Watch, sheet as sheets};
use crate::pixel::Size;

/// How often progress is reported to Python, and its signal handlers run.
const PERIOD: Duration = Duration::from_millis(100);

/// An image on a sheet: pixels, width, height, class, label, note.
type Tile = (Vec<u8>, u32, u32, u64, String, String);

/// What this processor offers.
#[pyfunction]
pub(super) fn machine(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    dictionary(py, &Machine::look().json())
}

/// What a dataset is made of.
#[pyfunction]
pub(super) fn describe<'py>(
    arguments: &Bound<'py, PyDict>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, source) = (arguments.py(), source(arguments)?);
    let headers = Arguments(arguments).get("headers", "a whole number, or None for all")?;
    let headers = Option::unwrap_or(headers, u64::MAX);
    let found = watched(py, progress, PERIOD, |watch| {
        inspect::describe::describe(&source, headers, watch)
    })?;
    dictionary(py, &found.json())
}

/// One sample in full.
#[pyfunction]
pub(super) fn record<'py>(arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let (py, source) = (arguments.py(), source(arguments)?);
    let index = Arguments(arguments).get("record", "a whole number, from 0")?;
    let found = py.detach(|| inspect::record::entry(&source, index))?;
    dictionary(py, &found.json())
}

/// What of a dataset is damaged.
#[pyfunction]
pub(super) fn verify<'py>(
    arguments: &Bound<'py, PyDict>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, source) = (arguments.py(), source(arguments)?);
    let found = watched(py, progress, PERIOD, |watch| {
        inspect::verify::verify(&source, watch)
    })?;
    dictionary(py, &found.json())
}

fn source(arguments: &Bound<'_, PyDict>) -> PyResult<Source> {
    let a = Arguments(arguments);
    Ok(Source {
        paths: a.get("paths", PATHS)?,
        keys: a.keys()?,
        allow_outside: a.get("allow_outside", FLAG)?,
        workers: a.get("workers", THREADS)?,
    })
}

/// How fast a loader is.
#[pyfunction]
pub(super) fn bench<'py>(
    py: Python<'py>,
    loader: &PyLoader,
    arguments: &Bound<'py, PyDict>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let allowed = "a number of seconds, more than 0, up to 1e9";
    let a = Arguments(arguments);
    let seconds: f64 = a.get("seconds", allowed)?;
    if !(seconds > 0.0 && seconds <= 1e9) {
        return Err(wrong_value("seconds", &a.value("seconds")?, allowed));
    }
    let span = Span {
        time: Duration::from_secs_f64(seconds),
        batches: a.get("batches", THREADS)?,
    };
    let found = watched(py, progress, PERIOD, |watch| {
        inspect::bench::bench(&loader.0, span, watch)
    })?;
    dictionary(py, &found.json())
}

/// A contact sheet as a PNG file.
#[pyfunction]
pub(super) fn sheet<'py>(
    py: Python<'py>,
    heading: &str,
    below: &str,
    tiles: Vec<Tile>,
) -> PyResult<Bound<'py, PyBytes>> {
    let file = py.detach(|| {
        let tiles: Vec<_> = tiles.into_iter().map(tile).collect();
        let sheet = sheets::draw(heading, below, &tiles)?;
        sheets::png(sheet.size(), sheet.pixels())
    })?;
    Ok(PyBytes::new(py, &file))
}

fn tile((pixels, width, height, class, label, note): Tile) -> sheets::Tile {
    sheets::Tile {
        size: Size::new(width, height),
        pixels,
        class,
        label,
        note,
    }
}

/// RGB pixels as a PNG file.
#[pyfunction]
pub(super) fn png(
    py: Python<'_>,
    pixels: Vec<u8>,
    width: u32,
    height: u32,
) -> PyResult<Bound<'_, PyBytes>> {
    let file = py.detach(move || sheets::png(Size::new(width, height), &pixels))?;
    Ok(PyBytes::new(py, &file))
}

/// Writes a file whole or not at all; one of that name gives way.
#[pyfunction]
pub(super) fn write_whole(py: Python<'_>, path: PathBuf, data: &[u8]) -> PyResult<()> {
    Ok(py.detach(move || file::write_whole(&path, data, true))?)
}

fn dictionary<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?
        .call_method1("loads", (value.to_string(),))
}

/// Runs a job without the interpreter. Meanwhile, once in a `period` and at the end, this thread
/// calls `progress` with what is new, and handles signals.
pub(super) fn watched<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    period: Duration,
    job: impl FnOnce(Watch<'_>) -> Result<Option<T>> + Send,
) -> PyResult<T> {
    let mut raised = Ok(());
    let heard = &mut raised;
    let (mut clock, mut since, mut told) = (Stopwatch::start(), period, None);
    let mut watch = move |done, total| {
        since += clock.lap();
        if since < period && done < total {
            return ControlFlow::Continue(());
        }
        since = Duration::ZERO;
        let is_new = told.replace((done, total)) != Some((done, total));
        let progress = progress.as_ref().filter(|_| is_new);
        *heard = Python::attach(|py| tell(py, progress, done, total));
        if heard.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let found = py.detach(|| job(&mut watch));
    raised?;
    let message = "the job ended by itself".to_owned();
    Ok(found?.ok_or(Error::Internal { message })?)
}

fn tell(py: Python<'_>, progress: Option<&Py<PyAny>>, done: u64, total: u64) -> PyResult<()> {
    py.check_signals()?;
    progress.map_or(Ok(()), |progress| {
        progress.call1(py, (done, total)).map(drop)
    })
}
