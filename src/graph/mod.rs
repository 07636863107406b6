//! Graph streams: sample `i` described as a graph, checked, and run without Python.
//!
//! A [`Description`] has nodes and outputs; [`Program::new`] checks it and puts it in order;
//! [`Program::run`] makes a sample in [`Registers`] that are used again. Every sample is a function
//! of (graph, seed, index) alone.

mod array;
mod augmentation;
pub mod batches;
mod check;
mod compile;
mod description;
mod elementwise;
mod fuse;
mod list;
mod number;
mod operation;
pub mod operations;
mod profile;
mod program;
mod saved;
mod types;
mod value;

pub use crate::error::Fault;
pub use array::{Array, Element, MOST_AXES, Shape, dtype_named};
pub use description::{Description, Failed, Foreign, Kind, Node, Output};
pub use fuse::fuse_geometry;
pub use list::{List, Text, TextList};
pub use operation::{Default, Given, Inputs, Operation, Parameter, Run, Sample, Scratch};
pub use profile::{Profile, Spent};
pub use program::{Program, Registers};
pub use saved::Saved;
pub use types::{ArrayType, Type};
pub use value::Value;

#[cfg(test)]
mod tests;
