//! Batches and arrays as Python objects.

use std::ffi::OsString;

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyTuple};

use super::augment;
use super::capsule::capsule;
use super::device::PyDeviceTensor;
use crate::dataset::Location;
use crate::dlpack::{self, Array};
use crate::loader::{Arrays, Batch};
use crate::pixel::Dtype;

/// A dense array in the memory of a batch.
#[pyclass(name = "Tensor", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyTensor(pub(super) Array);

/// A finished batch.
#[pyclass(name = "Batch", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyBatch(pub(super) Batch);

/// What NumPy calls a type on a little-endian machine; bfloat16, which it lacks, is uint16.
fn typestr(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Bool => "|b1",
        Dtype::Uint8 => "|u1",
        Dtype::Uint16 | Dtype::Bfloat16 => "<u2",
        Dtype::Int16 => "<i2",
        Dtype::Int32 => "<i4",
        Dtype::Int64 => "<i8",
        Dtype::Float16 => "<f2",
        Dtype::Float32 => "<f4",
        Dtype::Float64 => "<f8",
    }
}

/// What `NumPy`'s array interface and the one of CUDA have in common.
pub(super) fn interface<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyDict>> {
    let interface = PyDict::new(py);
    interface.set_item("version", 3)?;
    interface.set_item("shape", PyTuple::new(py, array.shape())?)?;
    interface.set_item("typestr", typestr(array.dtype()))?;
    interface.set_item("data", (array.address(), false))?;
    Ok(interface)
}

#[pymethods]
impl PyTensor {
    /// Elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.shape())
    }

    /// Type of the elements, as a word.
    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.dtype().name()
    }

    /// What NumPy needs to make an array of the memory; bfloat16, which NumPy lacks, as uint16.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        interface(py, &self.0)
    }

    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<&Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        if stream.is_some() {
            return Err(PyBufferError::new_err(
                "stream must be None: the array is in the CPU's memory",
            ));
        }
        if dl_device.is_some_and(|device| device != dlpack::dl_device(self.0.device())) {
            return Err(PyBufferError::new_err(
                "dl_device must be None or (1, 0): the array is in the CPU's memory",
            ));
        }
        let versioned = max_version.is_some_and(|(major, _)| major >= 1);
        match copy {
            Some(true) => capsule(py, &py.detach(|| self.0.copied())?, versioned),
            _ => capsule(py, &self.0, versioned),
        }
    }

    fn __dlpack_device__(&self) -> (i32, i32) {
        dlpack::dl_device(self.0.device())
    }
}

#[pymethods]
impl PyBatch {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// The epoch the batch belongs to.
    #[getter]
    fn epoch(&self) -> u32 {
        self.0.epoch
    }

    /// Epoch and position of all ranks once the batch is consumed.
    #[getter]
    fn after(&self) -> (u32, u64) {
        (self.0.after.epoch, self.0.after.position)
    }

    /// A field by its name: a tensor, or a list of them if ragged; `None` if there is none. The
    /// position is a tensor, too.
    fn field(&self, py: Python<'_>, name: &str) -> PyResult<Option<Py<PyAny>>> {
        let arrays = match name {
            "position" => Some(Arrays::Stacked(self.0.position()?)),
            _ => self.0.field(name),
        };
        let object = match arrays {
            None => return Ok(None),
            Some(Arrays::Stacked(array)) => PyTensor(array).into_pyobject(py)?.into_any(),
            Some(Arrays::OnDevice(array)) => {
                PyDeviceTensor::new(array).into_pyobject(py)?.into_any()
            }
            Some(Arrays::Each(arrays)) => {
                let tensors = arrays.into_iter().map(PyTensor);
                tensors.collect::<Vec<_>>().into_pyobject(py)?.into_any()
            }
        };
        Ok(Some(object.unbind()))
    }

    /// What was done to the pixels of each sample by chance: names and magnitudes.
    fn ops(&self) -> Option<Vec<Vec<augment::Pair>>> {
        augment::steps(&self.0)
    }

    /// How samples were mixed: the word, the share of each sample in itself, and the area that is
    /// of the one before.
    fn mixed(&self) -> Option<(&'static str, f64, Option<augment::Edges>)> {
        augment::mixed(&self.0)
    }

    fn paths(&self, py: Python<'_>) -> Vec<OsString> {
        py.detach(|| self.0.locations().iter().map(Location::text).collect())
    }

    /// Samples that failed and were not met before: path and reason.
    fn failures(&self) -> Vec<(OsString, String)> {
        self.0
            .failures
            .iter()
            .map(|failure| (failure.location.text(), failure.error.reason()))
            .collect()
    }
}
