//! Files of records, and what is in them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use super::arguments::bytes;
use crate::error::Error;
use crate::record::example::{self, Feature};
use crate::record::recordio::{Header, Labels};
use crate::record::{Framing, Options, Scratch, Shard, Writer};
use crate::sync::lock;

/// A file of records, open for reading.
#[pyclass(name = "RecordReader", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyRecordReader(Shard);

#[pymethods]
impl PyRecordReader {
    /// A file; `check`: checksums must be right.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "as it is extracted")]
    fn new(py: Python<'_>, path: PathBuf, framing: &str, check: bool) -> PyResult<Self> {
        let options = Options {
            framing: Some(framing_of(framing)?),
            check,
            ..Options::default()
        };
        Ok(Self(py.detach(|| Shard::open(&path, options))?))
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.0.len()).unwrap_or(usize::MAX)
    }

    /// The payload of a record that is there.
    fn get<'py>(&self, py: Python<'py>, index: u64) -> PyResult<Bound<'py, PyBytes>> {
        let mut scratch = Scratch::default();
        let payload = py.detach(|| self.0.read(index, &mut scratch))?;
        Ok(PyBytes::new(py, payload))
    }

    /// The key of a record, if there is an index that has keys.
    fn key(&self, index: u64) -> Option<u64> {
        self.0.key(index)
    }

    /// Why the index file was not used.
    #[getter]
    fn ignored_index(&self) -> Option<&str> {
        self.0.ignored_index()
    }
}

fn framing_of(name: &str) -> PyResult<Framing> {
    match name {
        "TFRecord" => Ok(Framing::TfRecord),
        "RecordIO" => Ok(Framing::RecordIo),
        other => Err(PyValueError::new_err(format!("{other:?} is no framing"))),
    }
}

/// A file of records that is being written; nothing of it is seen before it is finished.
#[pyclass(name = "RecordWriter", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyRecordWriter(Mutex<Option<Writer>>);

#[pymethods]
impl PyRecordWriter {
    /// A file that is not there yet, unless `overwrite`.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "as it is extracted")]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        framing: &str,
        index: bool,
        overwrite: bool,
    ) -> PyResult<Self> {
        let framing = framing_of(framing)?;
        let writer = py.detach(|| Writer::create(&path, framing, index, overwrite))?;
        Ok(Self(Mutex::new(Some(writer))))
    }

    /// Appends a record.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>, key: Option<u64>) -> PyResult<()> {
        let data = bytes("data", data, "the bytes of a record")?;
        let written = py.detach(|| {
            let mut writer = lock(&self.0);
            writer
                .as_mut()
                .map(|writer| writer.append((*data).as_ref(), key))
        });
        Ok(written.ok_or_else(|| PyValueError::new_err("the writer is closed"))??)
    }

    /// Gives the file its name, unless that is done or given up.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        Ok(py.detach(|| self.take().map_or(Ok(()), Writer::finish))?)
    }

    /// Gives the file up.
    fn abandon(&self, py: Python<'_>) {
        py.detach(|| drop(self.take()));
    }
}

impl PyRecordWriter {
    fn take(&self) -> Option<Writer> {
        lock(&self.0).take()
    }
}

/// The bytes of an Example of features: each the name of its kind, and values of that kind.
#[pyfunction]
pub(super) fn encode_example<'py>(
    py: Python<'py>,
    features: BTreeMap<String, (String, Bound<'py, PyList>)>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut lists = BTreeMap::new();
    for (name, (kind, values)) in features {
        let feature = match &*kind {
            "bytes" => Feature::Bytes(
                values
                    .extract::<Vec<Vec<u8>>>()?
                    .into_iter()
                    .map(Cow::Owned)
                    .collect(),
            ),
            "floats" => Feature::Floats(values.extract()?),
            "ints" => Feature::Ints(values.extract()?),
            _ => Feature::Empty,
        };
        lists.insert(name, feature);
    }
    Ok(PyBytes::new(py, &example::encode(&lists)))
}

/// The features of an Example: by name, a list of byte strings, of floats or of integers.
#[pyfunction]
pub(super) fn decode_example<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    let data = bytes("data", data, "the bytes of an Example")?;
    let features =
        example::decode((*data).as_ref()).map_err(|reason| Error::record("data", 0, reason))?;
    let all = PyDict::new(py);
    for (name, feature) in features {
        let list = match feature {
            Feature::Empty => PyList::empty(py),
            Feature::Bytes(values) => {
                PyList::new(py, values.iter().map(|value| PyBytes::new(py, value)))?
            }
            Feature::Floats(values) => PyList::new(py, values)?,
            Feature::Ints(values) => PyList::new(py, values)?,
        };
        all.set_item(name, list)?;
    }
    Ok(all)
}

/// An image record: header and image. `labels` takes the place of `label` unless it is empty.
#[pyfunction]
pub(super) fn pack_image<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyAny>,
    label: f32,
    labels: Vec<f32>,
    id: u64,
    id2: u64,
) -> PyResult<Bound<'py, PyBytes>> {
    let data = bytes("data", data, "the bytes of an image file")?;
    let many: Vec<_> = labels.into_iter().map(f32::to_le_bytes).collect();
    let labels = if many.is_empty() {
        Labels::One(label)
    } else {
        Labels::Many(&many)
    };
    let mut record = Vec::new();
    Header { labels, id, id2 }.encode(&mut record);
    record.extend_from_slice((*data).as_ref());
    Ok(PyBytes::new(py, &record))
}

/// Label, labels if there is a list of them, the two numbers, and the image.
type Unpacked<'py> = (f32, Vec<f32>, u64, u64, Bound<'py, PyBytes>);

/// The parts of an image record.
#[pyfunction]
pub(super) fn unpack_image<'py>(record: &Bound<'py, PyAny>) -> PyResult<Unpacked<'py>> {
    let py = record.py();
    let record = bytes("record", record, "the bytes of an image record")?;
    let (Header { labels, id, id2 }, image) =
        Header::decode((*record).as_ref()).map_err(|reason| Error::record("record", 0, reason))?;
    let (label, labels) = match labels {
        Labels::One(label) => (label, Vec::new()),
        Labels::Many(_) => (0.0, labels.values().collect()),
    };
    Ok((label, labels, id, id2, PyBytes::new(py, image)))
}
