//! What a node can do: the table of operations.
//!
//! An operation is a plain function of its inputs, with the rule for its type beside it. From this
//! table come the nodes of the Python package: their names, parameters, defaults and descriptions.

use std::ops::Deref;

use super::array::Array;
use super::operations::{Decoding, Shapes};
use super::types::Type;
use super::value::Value;
use crate::{augment, image, transform};

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// Its name, which is also its node's in Python and in saved graphs.
    pub name: &'static str,
    /// What it belongs to, such as `numbers.arithmetic`.
    pub family: &'static str,
    /// What it gives, in a sentence.
    pub summary: &'static str,
    /// Its inputs, in order.
    pub parameters: &'static [Parameter],
    /// The type of what it gives.
    pub infer: fn(&Given<'_>) -> Result<Type, String>,
    /// What it does.
    pub run: Run,
}

/// An input of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What it is where it is not given.
    pub default: Default,
}

/// What stands for an input that is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// Nothing: it must be given.
    Required,
    /// Any number of inputs may be given, this one and those after it.
    Any,
    /// A number.
    Float(f32),
    /// A whole number.
    Integer(i32),
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(&'static str),
    /// A seed of its own.
    Seed,
}

/// The sample that is being made.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The seed of the stream.
    pub seed: u64,
    /// The number of the sample.
    pub index: u64,
}

/// Working memory of a thread that runs a graph.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What decodes and resizes.
    pub images: transform::Scratch,
    /// What resizes images of any type.
    pub(super) scaler: image::scale::Scaler,
    /// What bends images.
    pub(super) places: image::displace::Places,
    /// What warps images.
    pub(super) lines: image::raster::Lines,
    /// What finds edges.
    pub(super) edges: image::filter::canny::Canny,
    /// What equalises images.
    pub(super) clahe: image::filter::clahe::Clahe,
    /// An image between two steps of an operation.
    pub(super) spare: Array,
    /// What decodes images.
    pub(super) decoding: Decoding,
    /// What looks at masks.
    pub(super) shapes: Shapes,
    /// What policies of augmentation change images in.
    pub(super) policies: augment::Memory,
}

/// What is known of a node's inputs before any sample is made: their types, and the values of those
/// that are constant.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub(super) types: &'a [Type],
    pub(super) constants: &'a [Option<&'a Value>],
}

/// The inputs of a node.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub(super) registers: &'a [Value],
    pub(super) places: &'a [u32],
}

/// How an operation is run.
#[derive(Clone, Copy)]
pub enum Run {
    /// A function of its inputs, which writes what it gives over an earlier value.
    Pure(fn(Inputs<'_>, &mut Value) -> Result<(), String>),
    /// The same, with working memory; it may read files, so that it is never run before it must be.
    Heavy(fn(Inputs<'_>, &mut Scratch, &mut Value) -> Result<(), String>),
    /// The same, of the sample too.
    OfSample(fn(Inputs<'_>, Sample, &mut Value) -> Result<(), String>),
    /// The second or third input, by the first; only that one is computed.
    Select,
}

impl Parameter {
    /// An input that must be given.
    #[must_use]
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            summary,
            default: Default::Required,
        }
    }

    /// The same with a default.
    #[must_use]
    pub const fn or(self, default: Default) -> Self {
        Self { default, ..self }
    }
}

impl Operation {
    /// One that is a pure function of its inputs.
    pub(super) const fn pure(
        name: &'static str,
        family: &'static str,
        summary: &'static str,
        parameters: &'static [Parameter],
        infer: fn(&Given<'_>) -> Result<Type, String>,
        run: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
    ) -> Self {
        Self {
            name,
            family,
            summary,
            parameters,
            infer,
            run: Run::Pure(run),
        }
    }

    /// Whether its last parameter stands for any number of inputs.
    #[must_use]
    pub fn is_variadic(&self) -> bool {
        let last = self.parameters.last();
        last.is_some_and(|parameter| parameter.default == Default::Any)
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pure(_) => "Pure",
            Self::Heavy(_) => "Heavy",
            Self::OfSample(_) => "OfSample",
            Self::Select => "Select",
        })
    }
}

impl<'a> Given<'a> {
    /// The value of input `number`, if it is constant.
    #[must_use]
    pub fn constant(&self, number: usize) -> Option<&'a Value> {
        self.constants.get(number).copied().flatten()
    }
}

impl Deref for Given<'_> {
    type Target = [Type];

    fn deref(&self) -> &[Type] {
        self.types
    }
}

impl<'a> Inputs<'a> {
    /// Number of inputs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Input `number`.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn get(&self, number: usize) -> &'a Value {
        &self.registers[self.places[number] as usize]
    }

    /// The inputs from number `first` on.
    ///
    /// # Panics
    /// If there are not that many.
    #[must_use]
    pub fn after(&self, first: usize) -> Self {
        Self {
            places: &self.places[first..],
            ..*self
        }
    }

    /// All inputs, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let Self { registers, places } = *self;
        places.iter().map(move |place| &registers[*place as usize])
    }
}
