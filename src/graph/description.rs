//! A graph as it is described: nodes, what they take, and which are outputs.

use std::fmt;
use std::sync::Arc;

use super::operation::{Inputs, Operation};
use super::types::Type;
use super::value::Value;
use crate::error::{Cause, Fault};

/// A graph. Every input of a node comes from a node before it.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What each sample has, in order.
    pub outputs: Vec<Output>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is called in messages.
    pub name: Arc<str>,
    /// Where in the user's source it was made, such as `train.py:12`; empty if that is not known.
    pub origin: Arc<str>,
    /// What it gives.
    pub kind: Kind,
}

/// What a node gives.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Always the same.
    Constant(Value),
    /// Paths of files, as a list of text: always the same, and written relative to the file that a
    /// graph is saved in.
    Files(Value),
    /// What whoever runs the graph has put into the register, of this type. It cannot be saved.
    Given(Type),
    /// What a function of the caller's own makes of other nodes' values. It cannot be saved.
    Foreign {
        /// The function.
        function: Arc<dyn Foreign>,
        /// The nodes, in the order of the function's arguments.
        inputs: Vec<usize>,
    },
    /// What an operation makes of other nodes' values.
    Operation {
        /// The operation.
        operation: &'static Operation,
        /// The nodes, one for each parameter.
        inputs: Vec<usize>,
    },
}

/// A function that is not one of the operations.
pub trait Foreign: fmt::Debug + Send + Sync {
    /// The type of what it gives for inputs of these types.
    ///
    /// # Errors
    /// Why it cannot take them.
    fn infer(&self, inputs: &[Type]) -> Result<Type, String>;

    /// Writes what it gives over an earlier value.
    ///
    /// # Errors
    /// Why there is none.
    fn run(&self, inputs: Inputs<'_>, out: &mut Value) -> Result<(), Failed>;
}

/// Why a function gives nothing.
#[derive(Clone, Debug)]
pub struct Failed {
    /// In words.
    pub reason: String,
    /// What it was caused by.
    pub cause: Option<Cause>,
}

impl From<String> for Failed {
    fn from(reason: String) -> Self {
        Self {
            reason,
            cause: None,
        }
    }
}

/// An output of a graph.
#[derive(Clone, Debug)]
pub struct Output {
    /// Which node's value.
    pub node: usize,
    /// What it is called, empty if it has no label; several may share one.
    pub label: Arc<str>,
}

impl Node {
    /// What is wrong with this node.
    #[must_use]
    pub fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            node: Arc::clone(&self.name),
            origin: Arc::clone(&self.origin),
            reason: reason.into(),
            cause: None,
        }
    }

    /// The nodes whose values it takes.
    #[must_use]
    pub fn inputs(&self) -> &[usize] {
        match &self.kind {
            Kind::Constant(_) | Kind::Files(_) | Kind::Given(_) => &[],
            Kind::Operation { inputs, .. } | Kind::Foreign { inputs, .. } => inputs,
        }
    }
}
