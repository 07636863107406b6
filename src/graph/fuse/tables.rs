//! Chains of operations on bytes, each of which looks at one byte alone: they make a table of all
//! bytes, which is looked up once for each byte of the image.
//!
//! The table is what the operations themselves make of an image of all bytes, so that it is exactly
//! what they would make of each.

use super::super::array::{Array, Shape};
use super::super::description::{Description, Kind, Node};
use super::super::operation::{Inputs, Operation, Run};
use super::super::operations::{LOOK_UP, cost_of_bytes};
use super::super::types::Type;
use super::super::value::Value;
use crate::pixel::Dtype;

/// What looking up a byte takes, as [`cost_of_bytes`] counts.
const LOOKING_UP: u32 = 5;

/// Replaces chains of operations by their tables, and says where each node is then.
pub(super) fn fuse(graph: &mut Description, types: &[Type]) -> Vec<usize> {
    let chains = Chains::of(graph, types);
    if chains.sources.iter().all(Option::is_none) {
        return (0..graph.nodes.len()).collect();
    }
    let mut made = Made::default();
    for (place, node) in graph.nodes.iter().enumerate() {
        made.add(node, chains.parts[place], chains.sources[place]);
    }
    graph.nodes = made.nodes;
    for output in &mut graph.outputs {
        output.node = made.places[output.node];
    }
    made.places
}

/// What becomes of nodes.
struct Chains {
    /// Of a node whose value is not an image any more, but a table: whether it is the first one of
    /// its chain.
    parts: Vec<Option<bool>>,
    /// Of the last node of a chain, the image that is looked up.
    sources: Vec<Option<usize>>,
}

impl Chains {
    fn of(graph: &Description, types: &[Type]) -> Self {
        let count = graph.nodes.len();
        let uses = uses(graph);
        let costs: Vec<_> = (0..count).map(|place| cost(graph, types, place)).collect();
        let mut found = Self {
            parts: vec![None; count],
            sources: vec![None; count],
        };
        for last in (0..count).rev() {
            let Some(mut sum) = costs[last].filter(|_| found.parts[last].is_none()) else {
                continue;
            };
            let mut chain = Vec::new();
            let mut source = graph.nodes[last].inputs()[0];
            while let Some(cost) = costs[source].filter(|_| uses[source] == 1) {
                sum += cost;
                chain.push(source);
                source = graph.nodes[source].inputs()[0];
            }
            if sum <= LOOKING_UP {
                continue;
            }
            if let Some(first) = chain.pop() {
                for part in chain {
                    found.parts[part] = Some(false);
                }
                found.parts[first] = Some(true);
                found.sources[last] = Some(source);
            }
        }
        found
    }
}

fn uses(graph: &Description) -> Vec<usize> {
    let mut uses = vec![0; graph.nodes.len()];
    let inputs = graph.nodes.iter().flat_map(Node::inputs);
    let outputs = graph.outputs.iter().map(|output| &output.node);
    inputs.chain(outputs).for_each(|place| uses[*place] += 1);
    uses
}

/// What a node costs that makes bytes of bytes one by one.
fn cost(graph: &Description, types: &[Type], place: usize) -> Option<u32> {
    let Kind::Operation { operation, inputs } = &graph.nodes[place].kind else {
        return None;
    };
    let cost = cost_of_bytes(operation.name)?;
    let is_of_bytes = |place: usize| types[place].dtype() == Some(Dtype::Uint8);
    (is_of_bytes(place) && is_of_bytes(inputs[0])).then_some(cost)
}

/// The new graph.
#[derive(Default)]
struct Made {
    nodes: Vec<Node>,
    /// Of each old node, its place.
    places: Vec<usize>,
    /// The image of all bytes.
    all: Option<usize>,
}

impl Made {
    fn add(&mut self, node: &Node, part: Option<bool>, source: Option<usize>) {
        let (operation, inputs) = match &node.kind {
            Kind::Operation { operation, inputs } => (*operation, self.moved(inputs)),
            Kind::Foreign { function, inputs } => {
                let (function, inputs) = (function.clone(), self.moved(inputs));
                self.place(node.of_kind(Kind::Foreign { function, inputs }));
                return;
            }
            Kind::Constant(_) | Kind::Files(_) | Kind::Given(_) => {
                self.place(node.clone());
                return;
            }
        };
        if part.is_none() && source.is_none() {
            self.place(node.of_kind(Kind::Operation { operation, inputs }));
            return;
        }
        let mut inputs = inputs;
        if part == Some(true) {
            inputs[0] = self.all_bytes(node);
        }
        let table = self.table(operation, &inputs);
        let table = table.map_or(Kind::Operation { operation, inputs }, Kind::Constant);
        let table = node.of_kind(table);
        match source {
            None => self.place(table),
            Some(source) => {
                self.nodes.push(table);
                let inputs = vec![self.places[source], self.nodes.len() - 1];
                let operation = &LOOK_UP;
                self.place(node.of_kind(Kind::Operation { operation, inputs }));
            }
        }
    }

    fn place(&mut self, node: Node) {
        self.places.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn moved(&self, inputs: &[usize]) -> Vec<usize> {
        inputs.iter().map(|input| self.places[*input]).collect()
    }

    fn all_bytes(&mut self, node: &Node) -> usize {
        *self.all.get_or_insert_with(|| {
            let bytes: Vec<u8> = (0..=u8::MAX).collect();
            let row = Shape::new(&[1, bytes.len()]).unwrap_or(Shape::SCALAR);
            let image = Array::vector(&bytes).reshaped(row);
            self.nodes.push(node.of_kind(Kind::Constant(image.into())));
            self.nodes.len() - 1
        })
    }

    /// The table that an operation makes, if all its inputs are constants and it works.
    fn table(&self, operation: &Operation, inputs: &[usize]) -> Option<Value> {
        let Run::Pure(function) = operation.run else {
            return None;
        };
        let constant = |place: &usize| match &self.nodes[*place].kind {
            Kind::Constant(value) => Some(value.clone()),
            _ => None,
        };
        let values: Vec<_> = inputs.iter().map(constant).collect::<Option<_>>()?;
        let places: Vec<u32> = (0..).take(values.len()).collect();
        let inputs = Inputs {
            registers: &values,
            places: &places,
        };
        let mut made = Value::default();
        function(inputs, &mut made).ok()?;
        Some(made)
    }
}
