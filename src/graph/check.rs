//! What can be known of a graph before it is run.

use super::description::{Description, Kind, Node, Output};
use super::operation::{Given, Operation};
use super::types::Type;
use super::value::Value;
use crate::error::Fault;

/// The most nodes of a graph: what is more is a mistake, or malice.
const MOST_NODES: usize = 1 << 20;

/// What is known of all nodes.
pub(super) struct Known {
    pub(super) types: Vec<Type>,
    /// Nodes that cannot work, and why.
    pub(super) failing: Vec<(usize, String)>,
}

impl Known {
    /// The first node that cannot work.
    pub(super) fn first_fault(&self, graph: &Description) -> Result<(), Fault> {
        match self.failing.first() {
            Some((node, reason)) => Err(graph.nodes[*node].fault(reason)),
            None => Ok(()),
        }
    }
}

/// Checks a graph; what it cannot know of a node that cannot work is left open.
///
/// # Errors
/// What is wrong with the graph as a whole, or with the inputs of a node.
pub(super) fn check(graph: &Description) -> Result<Known, Fault> {
    check_whole(graph)?;
    let mut types = Vec::with_capacity(graph.nodes.len());
    let mut failing = Vec::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        check_inputs(place, node)?;
        let found = match &node.kind {
            Kind::Constant(value) | Kind::Files(value) => Ok(Type::of(value)),
            Kind::Given(found) => Ok(found.clone()),
            Kind::Operation { operation, inputs } => (operation.infer)(&Given {
                types: &known(&types, inputs),
                constants: &constants(graph, inputs),
            }),
            Kind::Foreign { function, inputs } => function.infer(&known(&types, inputs)),
        };
        let found = found.and_then(|found| found.check_depth().map(|()| found));
        types.push(found.unwrap_or_else(|reason| {
            failing.push((place, reason));
            Type::Anything
        }));
    }
    Ok(Known { types, failing })
}

fn known(types: &[Type], nodes: &[usize]) -> Vec<Type> {
    let known = |node: &usize| types.get(*node).cloned().unwrap_or_default();
    nodes.iter().map(known).collect()
}

fn constants<'a>(graph: &'a Description, nodes: &[usize]) -> Vec<Option<&'a Value>> {
    let constant = |node: &usize| match &graph.nodes[*node].kind {
        Kind::Constant(value) | Kind::Files(value) => Some(value),
        Kind::Operation { .. } | Kind::Foreign { .. } | Kind::Given(_) => None,
    };
    nodes.iter().map(constant).collect()
}

fn check_whole(graph: &Description) -> Result<(), Fault> {
    let nodes = graph.nodes.len();
    if nodes > MOST_NODES {
        return Err(Fault::of_graph(format!(
            "it has {nodes} nodes, more than {MOST_NODES}"
        )));
    }
    if graph.outputs.is_empty() {
        return Err(Fault::of_graph("the graph has no output: add Output(node)"));
    }
    let is_missing = |output: &&Output| output.node >= nodes;
    match graph.outputs.iter().find(is_missing) {
        Some(output) => Err(Fault::of_graph(format!(
            "output \"{}\" is of a node that the graph does not have",
            output.label
        ))),
        None => Ok(()),
    }
}

fn check_inputs(place: usize, node: &Node) -> Result<(), Fault> {
    if node.inputs().iter().any(|input| *input >= place) {
        return Err(node.fault("it takes its own value, or that of a node made later: a cycle"));
    }
    let Kind::Operation { operation, inputs } = &node.kind else {
        return Ok(());
    };
    if operation.takes(inputs.len()) {
        return Ok(());
    }
    Err(node.fault(format!(
        "it has {} inputs, and {} takes {}",
        inputs.len(),
        operation.name,
        operation.parameters.len()
    )))
}

impl Operation {
    /// Whether it takes this number of inputs.
    #[must_use]
    pub fn takes(&self, inputs: usize) -> bool {
        if self.is_variadic() {
            inputs + 1 >= self.parameters.len()
        } else {
            inputs == self.parameters.len()
        }
    }
}
