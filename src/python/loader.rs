//! The Loader as a Python object: arguments in, batches out, signals handled while waiting.

use std::ffi::OsString;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict};

use super::batch::PyBatch;
use super::config::config;
use super::detached::Detached;
use super::iterating::{self, Held};
use crate::dataset::Location;
use crate::engine::{Next, Reading, usable_cores};
use crate::error::Result;
use crate::loader::{Batch, Batches, Fault, Loader};
use crate::sampler::Place;

/// A dataset, ready to be iterated over.
#[pyclass(name = "Loader", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyLoader(pub(super) Detached<Loader>);

/// An iterator over batches.
#[pyclass(name = "Batches", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyBatches {
    held: Held<Batches>,
    loader: Py<PyLoader>,
}

impl iterating::Batches for Batches {
    type Batch = Batch;

    fn wait(&mut self, patience: Duration) -> Result<Next<Batch>> {
        Batches::wait(self, patience)
    }
}

#[pymethods]
impl PyLoader {
    #[new]
    fn new(py: Python<'_>, arguments: &Bound<'_, PyDict>) -> PyResult<Self> {
        let config = config(arguments)?;
        let loader = py.detach(|| Loader::open(&config))?;
        Ok(Self(Detached::new(loader)))
    }

    /// The batches from a position of an epoch on: to its end, or `count` of them.
    #[pyo3(signature = (epoch, position, count=None))]
    fn batches(
        this: Bound<'_, Self>,
        epoch: u32,
        position: u64,
        count: Option<u64>,
    ) -> PyResult<PyBatches> {
        let (loader, start) = (&this.get().0, Place { epoch, position });
        let batches = this.py().detach(|| match count {
            Some(count) => loader.next_batches(start, count),
            None => loader.batches(start),
        })?;
        Ok(PyBatches {
            held: Held::new(batches),
            loader: this.unbind(),
        })
    }

    /// Epoch and position after a number of batches from a position of an epoch on.
    fn after(&self, epoch: u32, position: u64, batches: u64) -> (u32, u64) {
        let Place { epoch, position } = self.0.after(Place { epoch, position }, batches);
        (epoch, position)
    }

    /// Batches in an epoch of this rank.
    #[getter]
    fn batches_per_epoch(&self) -> u64 {
        self.0.batches_per_epoch()
    }

    /// Samples in an epoch of all ranks.
    #[getter]
    fn num_samples(&self) -> u64 {
        self.0.len()
    }

    /// Positions in an epoch of all ranks.
    #[getter]
    fn positions(&self) -> u64 {
        self.0.positions()
    }

    /// Names of the classes, by label; reads all labels if they are not known otherwise.
    #[getter]
    fn classes(&self, py: Python<'_>) -> PyResult<Vec<OsString>> {
        Ok(py.detach(|| self.0.data().classes())?.to_vec())
    }

    /// How many samples each class has, by label; reads all labels if they are not known otherwise.
    #[getter]
    fn class_counts(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        Ok(py.detach(|| self.0.data().by_class())?.counts())
    }

    /// How many classes there are, if that is known already.
    #[getter]
    fn known_classes(&self) -> Option<usize> {
        self.0.data().known_classes().map(<[_]>::len)
    }

    /// The file of each sample; of a record, its file, `#`, and its number in it.
    fn paths(&self, py: Python<'_>) -> Vec<OsString> {
        let data = self.0.data();
        let path = |index| data.location(index).text();
        py.detach(|| (0..data.len()).map(path).collect())
    }

    /// What a user should know about the files, though it is no error.
    fn notes(&self) -> Vec<String> {
        self.0.data().notes().to_vec()
    }

    /// Why memory could not be pinned for a GPU, if it could not.
    fn device_note(&self, py: Python<'_>) -> Option<String> {
        py.detach(|| self.0.device_note())
    }

    /// 64 bits that depend on the files, their sizes and labels, in order.
    fn fingerprint(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(py.detach(|| self.0.data().fingerprint())?)
    }

    /// Every sample that failed: file, the record's first byte in it if the file holds many,
    /// reason.
    fn errors(&self) -> Vec<(OsString, Option<u64>, String)> {
        let row = |fault: Fault| {
            let Location { path, record } = fault.location;
            (path.into(), record.map(|spot| spot.offset), fault.reason)
        };
        self.0.errors().into_iter().map(row).collect()
    }

    /// Counts per stage.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.0.stats();
        let bottleneck = stats.bottleneck(usable_cores());
        let stage = |reading| stage(py, reading);
        let all = PyDict::new(py);
        all.set_item("read", stage(stats.read)?)?;
        all.set_item("decode", stage(stats.decode)?)?;
        all.set_item("resize", stage(stats.resize)?)?;
        all.set_item("augment", stage(stats.augment)?)?;
        // Waiting moves no bytes, and handing over takes no time.
        let (wait, deliver) = (stage(stats.waiting)?, stage(stats.delivered)?);
        wait.del_item("bytes")?;
        deliver.del_item("seconds")?;
        all.set_item("wait", wait)?;
        all.set_item("deliver", deliver)?;
        let jpeg = PyDict::new(py);
        jpeg.set_item("own", stats.jpeg_own)?;
        jpeg.set_item("libjpeg-turbo", stats.jpeg_turbo.into_py_dict(py)?)?;
        all.set_item("jpeg", jpeg)?;
        all.set_item("idle_seconds", stats.worker_time.idle.as_secs_f64())?;
        all.set_item("errors", stats.errors)?;
        all.set_item("bottleneck", bottleneck)?;
        Ok(all)
    }
}

#[pymethods]
impl PyBatches {
    /// The next batch, or `None` at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<PyBatch>> {
        Ok(self.held.next(py)?.map(PyBatch))
    }

    /// Epoch and position that were handed over; nothing of an iterator that was stopped.
    fn place(&self, py: Python<'_>) -> PyResult<Option<(u32, u64)>> {
        let loader = &self.loader.get().0;
        let place = self.held.ask(py, |batches| batches.place(loader))?;
        Ok(place.map(|place| (place.epoch, place.position)))
    }

    /// Batches that wait to be taken, and batches that are begun.
    fn load(&self, py: Python<'_>) -> (usize, usize) {
        let load = self.held.ask(py, Batches::load).ok().flatten().flatten();
        load.map_or((0, 0), |load| (load.ready, load.begun))
    }

    /// Ends the iterator and its workers; in a fork, where it has none, nothing happens.
    fn stop(&self, py: Python<'_>) {
        self.held.stop(py);
    }
}

/// What was counted of a stage.
pub(super) fn stage(
    py: Python<'_>,
    Reading { items, bytes, time }: Reading,
) -> PyResult<Bound<'_, PyDict>> {
    let stage = [("items", items), ("bytes", bytes)].into_py_dict(py)?;
    stage.set_item("seconds", time.as_secs_f64())?;
    Ok(stage)
}
