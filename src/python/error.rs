//! Turns errors into exceptions: the only place that knows Python's exception classes.
//!
//! The classes are written in Python (`imagepipe_rs/_errors.py`), because some have two bases: a
//! file that is not there is a `DatasetError` and a `FileNotFoundError`.

use std::io::ErrorKind;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::Error;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| exception(py, &error).unwrap_or_else(|failure| failure))
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
        // Whoever handles damaged pictures is to hear of them, whatever else is wrong.
        Error::Files { .. } => error_of(error).map_or("ImagePipeError", class_of),
        Error::Memory { .. } => "OutOfMemoryError",
        Error::TooManyErrors { .. }
        | Error::Panic { .. }
        | Error::Internal { .. }
        | Error::Forked { .. }
        | Error::Threads { .. } => "ImagePipeError",
    }
}

/// The failure that stands for all of several: the first picture that cannot be decoded, else the
/// first.
fn error_of(error: &Error) -> Option<&Error> {
    let Error::Files { failures, .. } = error else {
        return Some(error);
    };
    failures
        .iter()
        .find(|failure| matches!(failure, Error::Decode { .. }))
        .or(failures.first())
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = py
        .import("imagepipe_rs._errors")?
        .getattr(class_of(error))?;
    let facts = PyDict::new(py);
    match error_of(error) {
        Some(
            one @ (Error::Decode { path, .. }
            | Error::Dataset { path, .. }
            | Error::Io { path, .. }
            | Error::Write { path, .. }
            | Error::Exists { path, .. }),
        ) => {
            facts.set_item("path", path.as_os_str())?;
            facts.set_item("reason", one.reason())?;
            if let Error::Io { source, .. } | Error::Write { source, .. } = one
                && source.kind() != ErrorKind::OutOfMemory
            {
                facts.set_item("errno", source.raw_os_error())?;
            }
        }
        Some(Error::Record {
            path,
            offset,
            number,
            reason,
        }) => {
            let number = number.map(|number| format!("record {number}: "));
            facts.set_item("path", path.as_os_str())?;
            facts.set_item("offset", offset)?;
            facts.set_item("reason", number.unwrap_or_default() + reason)?;
        }
        _ => {}
    }
    if let Error::Files { failures, .. } = error
        && !facts.is_empty()
    {
        let damaged = |failure: &Error| {
            (
                failure.path().map(|path| path.as_os_str().to_owned()),
                failure.reason(),
            )
        };
        facts.set_item("damaged", failures.iter().map(damaged).collect::<Vec<_>>())?;
    }
    Ok(PyErr::from_value(class.call(
        (printable(py, &error.to_string())?,),
        Some(&facts),
    )?))
}

/// A message, line by line, as the command line and warnings show text.
fn printable(py: Python<'_>, message: &str) -> PyResult<String> {
    let notes = py.import("imagepipe_rs._notes")?;
    let lines = message.split('\n').map(|line| {
        notes
            .call_method1("printable", (line,))?
            .extract::<String>()
    });
    Ok(lines.collect::<PyResult<Vec<_>>>()?.join("\n"))
}
