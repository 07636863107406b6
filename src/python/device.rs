//! Arrays on a GPU as Python objects, and what there is of GPUs.

use std::sync::Mutex;

use pyo3::exceptions::{PyAttributeError, PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyTuple};

use super::PATIENCE;
use super::batch::{PyTensor, interface};
use super::capsule::capsule;
use crate::cuda::{self, Consumer};
use crate::dlpack::{self, Array};
use crate::loader::DeviceArray;
use crate::pixel::Dtype;
use crate::sync::lock;

/// A dense array in the memory of a batch on a GPU.
#[pyclass(name = "DeviceTensor", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyDeviceTensor {
    array: DeviceArray,
    /// Whether the streams that it is handed to live as long as the process.
    streams_last: bool,
    /// The hold of whoever read the address.
    read: Mutex<Option<Array>>,
}

/// The device of the CPU's memory, as `DLPack` has it.
const ON_CPU: (i32, i32) = (1, 0);

impl PyDeviceTensor {
    pub(super) fn new(array: DeviceArray) -> Self {
        Self {
            array,
            streams_last: false,
            read: Mutex::default(),
        }
    }

    fn dtype(&self) -> Dtype {
        self.array.array().dtype()
    }
}

#[pymethods]
impl PyDeviceTensor {
    /// Elements along each axis.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.array.array().shape())
    }

    /// Type of the elements, as a word.
    #[getter(dtype)]
    fn dtype_word(&self) -> &'static str {
        self.dtype().name()
    }

    fn __repr__(&self) -> String {
        let (shape, (_, ordinal)) = (self.array.array().shape(), self.__dlpack_device__());
        format!(
            "<DeviceTensor of {} {shape:?} on cuda:{ordinal}>",
            self.dtype().name()
        )
    }

    /// Refuses to become a `NumPy` array unasked: without this, `np.asarray` makes one of a single
    /// object.
    #[pyo3(signature = (dtype=None, *, copy=None))]
    fn __array__(&self, dtype: Option<Py<PyAny>>, copy: Option<bool>) -> PyResult<Py<PyAny>> {
        let _ = (dtype, copy);
        Err(self.refusal("is not converted to a NumPy array implicitly"))
    }

    /// Refuses to be pickled, and says what can be.
    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(self.refusal("cannot be pickled or copied"))
    }

    /// A copy in the CPU's memory.
    fn to_cpu(&self, py: Python<'_>) -> PyResult<PyTensor> {
        self.wait(py, None)?;
        Ok(PyTensor(py.detach(|| self.array.to_host(None))?))
    }

    /// The same array for a consumer whose streams live as long as the process.
    fn on_lasting_streams(&self) -> Self {
        Self {
            array: self.array.clone(),
            streams_last: true,
            read: Mutex::default(),
        }
    }

    /// What consumers without `DLPack` need; the array is there when this returns.
    #[getter]
    fn __cuda_array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if self.dtype() == Dtype::Bfloat16 {
            let message = "__cuda_array_interface__ has no bfloat16: use DLPack";
            return Err(PyAttributeError::new_err(message));
        }
        self.wait(py, None)?;
        let array = py.detach(|| self.array.hand_to(Consumer::Now))?;
        let interface = interface(py, &array)?;
        interface.set_item("strides", py.None())?;
        interface.set_item("stream", py.None())?;
        lock(&self.read).get_or_insert(array);
        Ok(interface)
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
        let stream = stream.map(number_of).transpose()?;
        let versioned = max_version.is_some_and(|(major, _)| major >= 1);
        let device = dl_device.unwrap_or_else(|| self.__dlpack_device__());
        if device == ON_CPU && copy != Some(false) {
            let stream = stream.and_then(|number| u64::try_from(number).ok());
            self.wait(py, stream)?;
            return capsule(py, &py.detach(|| self.array.to_host(stream))?, versioned);
        }
        if device != self.__dlpack_device__() || copy == Some(true) {
            return Err(PyBufferError::new_err(
                "the array is handed over as it is on its device, or copied to the CPU \
                 (dl_device=(1, 0)): make other copies with the framework that takes it",
            ));
        }
        let consumer = self.consumer(stream);
        if consumer == Consumer::Now {
            self.wait(py, None)?;
        }
        capsule(py, &py.detach(|| self.array.hand_to(consumer))?, versioned)
    }

    fn __dlpack_device__(&self) -> (i32, i32) {
        dlpack::dl_device(self.array.array().device())
    }
}

impl PyDeviceTensor {
    /// Waits until the array is there, and the stream of this number, if any, has done what it was
    /// asked to so far. What a signal's handler raises ends the wait.
    fn wait(&self, py: Python<'_>, stream: Option<u64>) -> PyResult<()> {
        let end = py.detach(|| self.array.end_on(stream))?;
        while !py.detach(|| end.is_over(PATIENCE))? {
            py.check_signals()?;
        }
        Ok(())
    }

    fn refusal(&self, what: &str) -> PyErr {
        let (_, ordinal) = self.__dlpack_device__();
        PyTypeError::new_err(format!(
            "an array on cuda:{ordinal} {what}: use np.asarray(array.to_cpu()), a copy"
        ))
    }

    fn consumer(&self, stream: Option<i64>) -> Consumer {
        match stream {
            None => Consumer::Now,
            Some(-1) => Consumer::Unordered,
            Some(number) => Consumer::Stream {
                number: number.cast_unsigned(),
                lasts: self.streams_last,
            },
        }
    }
}

/// The number of a stream, as `__dlpack__` takes it.
fn number_of(stream: &Bound<'_, PyAny>) -> PyResult<i64> {
    let allowed = "None, -1, 1 (the legacy default stream), 2 (the default stream of the thread), \
                   or the address of a stream";
    let Ok(number) = stream.extract::<i64>() else {
        let message = format!("stream={} is not valid: {allowed}", stream.repr()?);
        return Err(PyTypeError::new_err(message));
    };
    if number == 0 || number < -1 {
        let message = format!("stream={number} is not valid: {allowed}");
        return Err(PyValueError::new_err(message));
    }
    Ok(number)
}

/// The newest CUDA version that the driver supports, and what there is of each visible device.
///
/// # Errors
/// `DeviceError` where there is no driver that can be used.
#[pyfunction]
pub(super) fn cuda_devices(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let version = py.detach(cuda::driver_version)?;
    let devices = py.detach(cuda::devices)?;
    let found = PyDict::new(py);
    let devices = devices.into_iter().map(|device| {
        let row = PyDict::new(py);
        row.set_item("name", device.name)?;
        row.set_item("memory", device.memory)?;
        row.set_item("capability", device.capability)?;
        row.set_item("bus_id", device.bus_id)?;
        Ok(row)
    });
    found.set_item("driver", version)?;
    found.set_item("devices", devices.collect::<PyResult<Vec<_>>>()?)?;
    Ok(found)
}

/// Forbids driver calls from now on, and waits for those that are under way.
#[pyfunction]
pub(super) fn close_cuda(py: Python<'_>) {
    py.detach(cuda::close);
}
