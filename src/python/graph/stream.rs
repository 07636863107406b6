//! Streams cut into batches, as Python objects.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::super::arguments::{Arguments, FLAG, Pair, SEED, THREADS, WHOLE};
use super::super::batch::PyTensor;
use super::super::config;
use super::super::detached::Detached;
use super::super::device::PyDeviceTensor;
use super::super::iterating::{self, Held};
use super::super::loader::stage;
use super::PyGraph;
use super::values::python;
use crate::engine::{Next, usable_cores};
use crate::error::Result;
use crate::graph::batches::{Batch, Batches, Config, Stream, Values};
use crate::transform::{Options, conversion};

/// A graph that is cut into batches.
#[pyclass(name = "GraphBatching", module = "imagepipe_rs._native", frozen)]
pub(in super::super) struct PyStream(Detached<Stream>);

/// An iterator over batches of a graph.
#[pyclass(name = "GraphBatches", module = "imagepipe_rs._native", frozen)]
pub(in super::super) struct PyStreamBatches(Held<Batches>);

/// A finished batch of a graph.
#[pyclass(name = "GraphBatch", module = "imagepipe_rs._native", frozen)]
pub(in super::super) struct PyStreamBatch(Batch);

impl iterating::Batches for Batches {
    type Batch = Batch;

    fn wait(&mut self, patience: Duration) -> Result<Next<Batch>> {
        Batches::wait(self, patience)
    }
}

/// The configuration in the arguments of `Stream.batches`.
fn configuration(arguments: &Bound<'_, PyDict>) -> PyResult<Config> {
    let a = Arguments(arguments);
    let Pair(rank, world) = a.get("shard", "None, \"auto\", or (rank, world)")?;
    let [mean, std] = config::moments(&a)?;
    let options = Options {
        dtype: a.word("dtype")?,
        mean,
        std,
        rescale: a.get("rescale", "a number, or None")?,
        ..Options::default()
    };
    Ok(Config {
        batch_size: a.get("batch_size", WHOLE)?,
        seed: a.get("seed", SEED)?,
        shard: (rank, world),
        layout: a.word("layout")?,
        conversion: conversion(&options)?,
        ragged: a.get("ragged", FLAG)?,
        on_error: a.word("on_error")?,
        max_errors: a.get("max_errors", "a whole number, or None")?,
        workers: a.get("workers", THREADS)?,
        prefetch: a.get("prefetch", WHOLE)?,
        device: config::device(a.get("cuda_device", "a device's number, or None")?),
    })
}

#[pymethods]
impl PyStream {
    /// A graph cut into batches; a sample near `start` shows which shapes there are.
    #[new]
    fn new(
        py: Python<'_>,
        graph: &Bound<'_, PyGraph>,
        arguments: &Bound<'_, PyDict>,
        start: u64,
    ) -> PyResult<Self> {
        let config = configuration(arguments)?;
        let program = graph.get().program();
        let stream = py.detach(|| Stream::open(program, config, start))?;
        Ok(Self(Detached::new(stream)))
    }

    /// The batches from a sample of all ranks on: `count` of them, or without end.
    #[pyo3(signature = (start, count=None))]
    fn batches(&self, py: Python<'_>, start: u64, count: Option<u64>) -> PyResult<PyStreamBatches> {
        let batches = py.detach(|| self.0.batches(start, count))?;
        Ok(PyStreamBatches(Held::new(batches)))
    }

    /// Why memory could not be pinned for a GPU, if it could not.
    fn device_note(&self, py: Python<'_>) -> Option<String> {
        py.detach(|| self.0.device_note())
    }

    /// The samples that failed last: number and reason.
    fn errors(&self) -> Vec<(u64, String)> {
        self.0.errors()
    }

    /// Counts over all iterators.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.0.stats();
        let all = PyDict::new(py);
        let (run, wait) = (stage(py, stats.run)?, stage(py, stats.waiting)?);
        let deliver = stage(py, stats.delivered)?;
        // Running and waiting move no bytes, and handing over takes no time.
        run.del_item("bytes")?;
        wait.del_item("bytes")?;
        deliver.del_item("seconds")?;
        all.set_item("run", run)?;
        all.set_item("wait", wait)?;
        all.set_item("deliver", deliver)?;
        all.set_item("idle_seconds", stats.worker_time.idle.as_secs_f64())?;
        all.set_item("errors", stats.errors)?;
        all.set_item("bottleneck", stats.bottleneck(usable_cores()))?;
        Ok(all)
    }
}

#[pymethods]
impl PyStreamBatches {
    /// The next batch, or `None` at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<PyStreamBatch>> {
        Ok(self.0.next(py)?.map(PyStreamBatch))
    }

    /// The first sample after what was handed over; nothing of an iterator that was stopped.
    fn place(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        Ok(self.0.ask(py, Batches::place)?)
    }

    /// Batches that wait to be taken, and batches that are begun.
    fn load(&self, py: Python<'_>) -> (usize, usize) {
        let load = self.0.ask(py, Batches::load).ok().flatten().flatten();
        load.map_or((0, 0), |load| (load.ready, load.begun))
    }

    /// Ends the iterator and its workers; in a fork, where it has none, nothing happens.
    fn stop(&self, py: Python<'_>) {
        self.0.stop(py);
    }
}

#[pymethods]
impl PyStreamBatch {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// The numbers of the samples.
    #[getter]
    fn indices(&self) -> Vec<u64> {
        self.0.indices.clone()
    }

    /// The first sample of the next batch of all ranks.
    #[getter]
    fn after(&self) -> u64 {
        self.0.after
    }

    /// Samples that failed: number and reason.
    fn failures(&self) -> Vec<(u64, String)> {
        let failures = self.0.failures.iter();
        failures
            .map(|failure| (failure.index, failure.error.reason()))
            .collect()
    }

    /// What it has of an output: a tensor, or a list of values.
    fn output<'py>(&self, py: Python<'py>, output: usize) -> PyResult<Bound<'py, PyAny>> {
        match self.0.output(output) {
            Values::Stacked(array) => Ok(PyTensor(array).into_pyobject(py)?.into_any()),
            Values::OnDevice(array) => Ok(PyDeviceTensor::new(array).into_pyobject(py)?.into_any()),
            Values::Each(values) => {
                let values = values.into_iter().map(|value| python(py, value));
                Ok(PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any())
            }
        }
    }
}
