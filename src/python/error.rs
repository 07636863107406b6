//! Turns errors into exceptions: the only place that knows Python's exception classes.
//!
//! The classes are written in Python (`imagepipe_rs/_errors.py`), because some have two bases: a file that is not there is
//! a `DatasetError` and a `FileNotFoundError`.

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
            _ => "DatasetOSError",
        },
        Error::Exists { .. } => "DatasetExistsError",
        Error::Record { .. } => "RecordError",
        Error::Decode { .. } => "DecodeError",
        Error::Memory { .. } => "OutOfMemoryError",
        Error::TooManyErrors { .. }
        | Error::Panic { .. }
        | Error::Internal { .. }
        | Error::Forked { .. }
        | Error::Threads { .. } => "ImagePipeError",
    }
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = py.import("imagepipe_rs._errors")?.getattr(class_of(error))?;
    let facts = PyDict::new(py);
    match error {
        Error::Decode { path, .. }
        | Error::Dataset { path, .. }
        | Error::Io { path, .. }
        | Error::Write { path, .. }
        | Error::Exists { path } => {
            facts.set_item("path", path.as_os_str())?;
            facts.set_item("reason", error.reason())?;
        }
        Error::Record { path, offset, reason } => {
            facts.set_item("path", path.as_os_str())?;
            facts.set_item("offset", offset)?;
            facts.set_item("reason", reason)?;
        }
        _ => {}
    }
    Ok(PyErr::from_value(class.call((error.to_string(),), Some(&facts))?))
}
