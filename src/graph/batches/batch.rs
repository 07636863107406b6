//! A finished batch of a stream.

use std::sync::Arc;

use super::super::value::Value;
use super::columns::{Column, Columns};
use crate::delivery::{DeviceArray, OnDevice};
use crate::dlpack::Array;
use crate::error::Error;
use crate::tensor::Lease;

/// A batch: an array, or a list of values, for each output of the graph.
#[derive(Debug)]
pub struct Batch {
    pub(super) lease: Arc<Lease>,
    /// The arrays, where they are on a device.
    pub(super) on_device: Option<OnDevice>,
    pub(super) columns: Arc<Columns>,
    /// Of each sample, the values that have no array.
    pub(super) each: Vec<Vec<Value>>,
    /// The numbers of the samples, in order.
    pub indices: Vec<u64>,
    /// Where all ranks stand once they have consumed it: the first sample of the next batch.
    pub after: u64,
    /// Samples that could not be made, in the order of their places; empty unless `on_error` is
    /// skip or replace.
    pub failures: Vec<Failure>,
}

/// A sample that could not be made.
#[derive(Debug)]
pub struct Failure {
    /// Its number.
    pub index: u64,
    /// Why.
    pub error: Error,
}

/// What a batch has of an output.
#[derive(Debug)]
pub enum Values<'a> {
    /// One array: the samples along its first axis.
    Stacked(Array),
    /// One array on a device.
    OnDevice(DeviceArray),
    /// A value for each sample.
    Each(Vec<&'a Value>),
}

impl Batch {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// What it has of output number `output`.
    ///
    /// # Panics
    /// If the graph has no such output.
    #[must_use]
    pub fn output(&self, output: usize) -> Values<'_> {
        match self.columns.column(output) {
            Column::Stacked { field, .. } => match &self.on_device {
                Some(arrays) => Values::OnDevice(arrays.nth(*field)),
                None => Values::Stacked(Array::of_field(&self.lease, *field)),
            },
            Column::Each(number) => {
                Values::Each(self.each.iter().map(|values| &values[*number]).collect())
            }
        }
    }

    /// Bytes of all arrays.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let sample: usize = self
            .columns
            .fields
            .iter()
            .map(crate::tensor::Field::bytes)
            .sum();
        sample * self.len()
    }
}
