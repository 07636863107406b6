//! Turns errors into exceptions: the only place that knows Python's exception classes.
//!
//! The classes are written in Python (`imagepipe_rs/_errors.py`), because some have two bases: a
//! file that is not there is a `DatasetError` and a `FileNotFoundError`.

use std::io::ErrorKind;
use std::path::Path;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Error;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| match cause(py, &error) {
            // An interrupt, or the wish to exit, is not for those who handle errors.
            Some(raised) if !raised.is_instance_of::<PyException>(py) => raised,
            _ => exception(py, &error).unwrap_or_else(|failure| failure),
        })
    }
}

/// The class an error becomes, by its name in `_errors.py`.
fn class_of(error: &Error) -> &'static str {
    match error {
        Error::Argument { .. } => "ArgumentError",
        Error::Dataset { .. } => "DatasetValueError",
        Error::Io { source, .. } | Error::Write { source, .. } => match source.kind() {
            ErrorKind::NotFound => "DatasetNotFoundError",
            ErrorKind::PermissionDenied => "DatasetPermissionError",
            ErrorKind::OutOfMemory => "OutOfMemoryError",
            _ => "DatasetOSError",
        },
        Error::Exists { .. } => "DatasetExistsError",
        Error::Record { .. } => "RecordError",
        Error::Decode { .. } => "DecodeError",
        // Whoever handles damaged images is to hear of them, whatever else is wrong.
        Error::Files { .. } => error_of(error).map_or("ImagePipeError", class_of),
        Error::Memory { .. } => "OutOfMemoryError",
        Error::Graph { .. } | Error::Augment { .. } => "GraphError",
        Error::Device { .. } => "DeviceError",
        Error::Captured => "StreamCaptureError",
        Error::TooManyErrors { .. }
        | Error::Panic { .. }
        | Error::Internal { .. }
        | Error::Forked { .. }
        | Error::Threads { .. } => "ImagePipeError",
    }
}

/// The failure that stands for all of several: the first image that cannot be decoded, else the
/// first.
fn error_of(error: &Error) -> Option<&Error> {
    let Error::Files { failures, .. } = error else {
        return Some(error);
    };
    let is_decode = |failure: &&Error| matches!(failure, Error::Decode { .. });
    failures.iter().find(is_decode).or(failures.first())
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let errors = py.import("imagepipe_rs._errors")?;
    let facts = error_of(error).map_or_else(|| Ok(PyDict::new(py)), |one| facts(py, one))?;
    if let Error::Files { failures, .. } = error
        && !facts.is_empty()
    {
        let damaged: Vec<_> = failures
            .iter()
            .map(|one| (one.path().map(Path::as_os_str), one.reason()))
            .collect();
        facts.set_item("damaged", damaged)?;
    }
    let message = printable(py, &error.to_string())?;
    let class = errors.getattr(class_of(error))?;
    let raised = PyErr::from_value(class.call((message,), Some(&facts))?);
    raised.set_cause(py, cause(py, error));
    Ok(raised)
}

/// What a function of the caller's own raised.
fn cause(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let cause = match error {
        Error::Graph { cause, .. } => cause,
        Error::Augment { fault, .. } => &fault.cause,
        _ => return None,
    };
    let raised = cause.as_ref()?.0.downcast_ref::<PyErr>();
    raised.map(|raised| raised.clone_ref(py))
}

/// What an exception keeps beside its message, by the name of the attribute.
fn facts<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let facts = PyDict::new(py);
    let path = match error {
        Error::Record { path, offset, .. } => {
            facts.set_item("offset", offset)?;
            path
        }
        Error::Io { path, source, .. } | Error::Write { path, source, .. } => {
            if source.kind() != ErrorKind::OutOfMemory {
                facts.set_item("errno", source.raw_os_error())?;
            }
            path
        }
        Error::Decode { path, .. } | Error::Dataset { path, .. } | Error::Exists { path, .. } => {
            path
        }
        Error::Graph {
            node,
            origin,
            index,
            ..
        } => {
            facts.set_item("node", &**node)?;
            facts.set_item("origin", &**origin)?;
            facts.set_item("index", index)?;
            return Ok(facts);
        }
        Error::Augment { fault, .. } => {
            facts.set_item("node", &*fault.node)?;
            facts.set_item("origin", &*fault.origin)?;
            return Ok(facts);
        }
        _ => return Ok(facts),
    };
    facts.set_item("path", path.as_os_str())?;
    let reason = match error {
        Error::Record { number, reason, .. } => {
            let number = number.map(|number| format!("record {number}: "));
            number.unwrap_or_default() + reason
        }
        _ => error.reason(),
    };
    facts.set_item("reason", reason)?;
    Ok(facts)
}

/// A message, line by line, as the command line and warnings show text.
fn printable(py: Python<'_>, message: &str) -> PyResult<String> {
    let names = py.import("imagepipe_rs._names")?;
    let lines = message
        .split('\n')
        .map(|line| names.call_method1("printable", (line,))?.extract());
    Ok(lines.collect::<PyResult<Vec<String>>>()?.join("\n"))
}
