//! Decoding that is done with what follows it, where nothing else needs the whole image.

use std::collections::HashMap;

use super::super::description::{Description, Kind, Node};
use super::super::operation::Operation;
use super::super::operations::after_decoding;

/// Has views and parts of images, and questions for their sizes, decode for themselves, where that
/// is less than to decode the image.
pub(super) fn fuse(graph: &mut Description) {
    let uses = Uses::of(graph);
    for place in 0..graph.nodes.len() {
        let Kind::Operation { operation, inputs } = &graph.nodes[place].kind else {
            continue;
        };
        let Some(image) = inputs.first().filter(|image| uses.can_be_left_out(**image)) else {
            continue;
        };
        let Some(fused) = after_decoding(operation.name) else {
            continue;
        };
        let rest = inputs[1..].iter();
        let inputs = graph.nodes[*image].inputs().iter().chain(rest);
        let inputs = inputs.copied().collect();
        graph.nodes[place].kind = Kind::Operation {
            operation: fused,
            inputs,
        };
    }
}

/// How often images that are decoded are needed.
struct Uses(HashMap<usize, Needed>);

#[derive(Default)]
struct Needed {
    /// By what can decode for itself.
    parts: usize,
    /// By what needs all of it.
    wholes: usize,
}

impl Uses {
    fn of(graph: &Description) -> Self {
        let mut uses = Self(HashMap::new());
        let is_decoded = |node: &Node| called(node).is_some_and(|it| it.name == "DecodeImage");
        for (place, node) in graph.nodes.iter().enumerate() {
            if is_decoded(node) {
                uses.0.insert(place, Needed::default());
            }
        }
        for node in &graph.nodes {
            for (number, input) in node.inputs().iter().enumerate() {
                if let Some(needed) = uses.0.get_mut(input) {
                    needed.note(node, number);
                }
            }
        }
        for output in &graph.outputs {
            if let Some(needed) = uses.0.get_mut(&output.node) {
                needed.wholes += 1;
            }
        }
        uses
    }

    /// Whether decoding it by and by is less than decoding it at once.
    fn can_be_left_out(&self, image: usize) -> bool {
        let needed = self.0.get(&image);
        needed.is_some_and(|needed| needed.wholes == 0 && needed.parts <= 1)
    }
}

impl Needed {
    /// Notes that a node takes the image as its input of this number.
    fn note(&mut self, node: &Node, number: usize) {
        let fused = called(node).filter(|_| number == 0);
        match fused.and_then(|operation| after_decoding(operation.name)) {
            // A header is read in no time.
            Some(fused) if fused.name == "ImageWidth" || fused.name == "ImageHeight" => {}
            Some(_) => self.parts += 1,
            None => self.wholes += 1,
        }
    }
}

fn called(node: &Node) -> Option<&'static Operation> {
    match &node.kind {
        Kind::Operation { operation, .. } => Some(operation),
        _ => None,
    }
}
