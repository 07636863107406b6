//! Images that are moved several times over: they are moved once, by the product of the matrices.
//!
//! Samples differ from those of the graph as it is: nothing is smoothed twice, and what a step has
//! cut off is seen again where a later step moves it back. An image and its mask must still agree,
//! although they have different interpolations. So these decide only whether a `Resize` is fused,
//! and no chain goes on beyond a `Resize` or an `ImageCrop` after something has been cut off.

use std::collections::HashMap;

use super::super::array::Array;
use super::super::check::check;
use super::super::description::{Description, Kind, Node, Output};
use super::super::operations::{named, samples_points};
use super::super::types::Type;
use super::super::value::Value;
use crate::error::Fault;
use crate::pixel::Dtype;

/// The graph with chains of steps that move images done as one.
///
/// `ViewImage`, `Flip`, `Resize` and `ImageCrop`, and a `Conditional` of an image with and without
/// such a step, become one `ViewImage` of the first image, if there are two of them or more, among
/// them a `ViewImage` that is in every sample.
///
/// # Errors
/// What is wrong with the graph.
pub fn fuse_geometry(graph: &Description) -> Result<Description, Fault> {
    let known = check(graph)?;
    known.first_fault(graph)?;
    let mut made = Made {
        old: graph,
        types: &known.types,
        nodes: Vec::new(),
        places: Vec::new(),
        moved: Vec::new(),
        sides: HashMap::new(),
    };
    for place in 0..graph.nodes.len() {
        made.add(place);
    }
    let output = |output: &Output| Output {
        node: made.places[output.node],
        ..output.clone()
    };
    let outputs = graph.outputs.iter().map(output).collect();
    let nodes = made.nodes;
    Ok(needed(&Description { nodes, outputs }))
}

/// An image as another one that has been moved. Numbers are places in the new graph.
#[derive(Clone, Debug)]
struct Moved {
    source: usize,
    /// Where points of the source are, the last step first.
    views: Vec<usize>,
    width: usize,
    height: usize,
    /// Of the last step that has some.
    interpolation: Option<usize>,
    border: Option<usize>,
    steps: usize,
    /// Whether there is a `ViewImage` in every sample.
    is_warped: bool,
    /// Whether something of the source may have been cut off.
    is_cut: bool,
    end: End,
}

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Anything,
    /// Only a `Resize`, after which nothing may.
    Resize,
    Nothing,
}

struct Made<'a> {
    old: &'a Description,
    types: &'a [Type],
    nodes: Vec<Node>,
    /// Of each old node, its place.
    places: Vec<usize>,
    /// Of each old node that moves an image, how.
    moved: Vec<Option<Moved>>,
    /// Width and height of images, by their places.
    sides: HashMap<usize, (usize, usize)>,
}

impl Made<'_> {
    fn add(&mut self, place: usize) {
        let node = &self.old.nodes[place];
        let moved = self.step(place);
        let sides = self.side_of_moved(node);
        self.places.push(0);
        self.places[place] = match (&moved, sides) {
            (_, Some(side)) => side,
            (Some(moved), None) if moved.steps > 1 && moved.is_warped => self.view(place, moved),
            _ => self.copy(node),
        };
        self.moved.push(moved);
    }

    /// A node as it was.
    fn copy(&mut self, node: &Node) -> usize {
        self.nodes.push(node.moved(&self.places));
        self.nodes.len() - 1
    }

    fn push(&mut self, node: &Node, kind: Kind) -> usize {
        self.nodes.push(node.of_kind(kind));
        self.nodes.len() - 1
    }

    fn constant(&mut self, node: &Node, value: impl Into<Value>) -> usize {
        self.push(node, Kind::Constant(value.into()))
    }

    /// What an operation makes, in place of a node.
    fn made(&mut self, node: &Node, operation: &str, inputs: &[usize]) -> usize {
        let inputs = inputs.to_vec();
        let kind = match named(operation) {
            Some(operation) => Kind::Operation { operation, inputs },
            None => unreachable!("{operation} is an operation"),
        };
        self.push(node, kind)
    }

    /// The image in one step.
    fn view(&mut self, place: usize, moved: &Moved) -> usize {
        let node = &self.old.nodes[place];
        let view = self.product(node, &moved.views);
        let [height, width] = self.known_sides(place);
        let width = self.side_or(node, width, moved.width);
        let height = self.side_or(node, height, moved.height);
        let inputs = [
            Some(moved.source),
            Some(view),
            Some(width),
            Some(height),
            moved.interpolation,
            moved.border,
        ];
        let inputs: Vec<_> = inputs.into_iter().flatten().collect();
        self.made(node, "ViewImage", &inputs)
    }

    fn product(&mut self, node: &Node, views: &[usize]) -> usize {
        match views {
            [] => self.made(node, "IdentityView", &[]),
            [view] => *view,
            views => self.made(node, "Chain", views),
        }
    }

    /// Rows and columns, as far as they are known before any sample.
    fn known_sides(&self, place: usize) -> [Option<usize>; 2] {
        let known = self.types[place].as_array().ok().and_then(|it| it.shape);
        match known.as_deref() {
            Some([height, width, ..]) => [*height, *width],
            _ => [None; 2],
        }
    }

    fn side_or(&mut self, node: &Node, known: Option<usize>, otherwise: usize) -> usize {
        match known.and_then(|side| i32::try_from(side).ok()) {
            Some(side) => self.constant(node, Array::scalar(side)),
            None => otherwise,
        }
    }

    /// The side of an image that has been moved, if it is what a node gives.
    fn side_of_moved(&mut self, node: &Node) -> Option<usize> {
        let (name, inputs) = called(node)?;
        let moved = self.moved[*inputs.first()?].as_ref()?;
        match name {
            "ImageWidth" => Some(moved.width),
            "ImageHeight" => Some(moved.height),
            _ => None,
        }
    }

    /// How a node moves an image, if it does.
    fn step(&mut self, place: usize) -> Option<Moved> {
        let node = &self.old.nodes[place];
        let (name, inputs) = called(node)?;
        match name {
            "ViewImage" => {
                let before = self.before(inputs[0], End::Anything);
                let [view, .., interpolation, border] = self.inputs(node)[1..] else {
                    return None;
                };
                Some(Moved {
                    views: [&[view], &before.views[..]].concat(),
                    width: self.whole(node, inputs[2]),
                    height: self.whole(node, inputs[3]),
                    interpolation: Some(interpolation),
                    border: Some(border),
                    steps: before.steps + 1,
                    is_warped: true,
                    is_cut: true,
                    ..before
                })
            }
            "Flip" => {
                let before = self.before(inputs[0], End::Anything);
                let [_, horizontal, vertical] = self.inputs(node)[..] else {
                    return None;
                };
                let sides = [before.width, before.height, horizontal, vertical];
                let view = self.made(node, "FlipView", &sides);
                Some(before.then(view))
            }
            "Resize" => self.resized(node),
            "ImageCrop" => self.cropped(node),
            "Conditional" => self.chosen(node),
            _ => None,
        }
    }

    fn inputs(&self, node: &Node) -> Vec<usize> {
        let inputs = node.inputs().iter().map(|input| self.places[*input]);
        inputs.collect()
    }

    fn resized(&mut self, node: &Node) -> Option<Moved> {
        let inputs = node.inputs();
        let Kind::Constant(interpolation) = &self.old.nodes[inputs[3]].kind else {
            return None;
        };
        if !samples_points(interpolation) {
            return None;
        }
        let before = self.before(inputs[0], End::Resize);
        let zero = self.constant(node, Array::scalar(0i32));
        let rectangle = [zero, zero, before.width, before.height];
        let rectangle = self.made(node, "MakeRectangle", &rectangle);
        let (width, height) = (self.whole(node, inputs[1]), self.whole(node, inputs[2]));
        let view = self.made(node, "RegionView", &[rectangle, width, height]);
        let end = if before.is_cut {
            End::Nothing
        } else {
            End::Anything
        };
        Some(Moved {
            width,
            height,
            interpolation: Some(self.places[inputs[3]]),
            end,
            ..before.then(view)
        })
    }

    /// A part of what has been warped: nothing else is then computed. Of another image, it is where
    /// a chain begins.
    fn cropped(&mut self, node: &Node) -> Option<Moved> {
        let before = self.before(node.inputs()[0], End::Anything);
        if !before.is_warped {
            return None;
        }
        let sides = [&[before.width, before.height], &self.inputs(node)[1..]].concat();
        let region = self.made(node, "CropRegion", &sides);
        let edges = [0, 1, 2, 3].map(|edge: i32| {
            let edge = self.constant(node, Array::scalar(edge));
            self.made(node, "GetElement", &[region, edge])
        });
        let [width, height] = [0, 1].map(|axis| {
            let wraps = self.constant(node, Array::boolean(false));
            let side = self.made(node, "Subtract", &[edges[axis + 2], edges[axis], wraps]);
            self.integer(node, side)
        });
        let view = self.made(node, "RegionView", &[region, width, height]);
        Some(Moved {
            width,
            height,
            end: End::Resize,
            ..before.then(view)
        })
    }

    /// One of two images that are the same one, moved in two ways.
    fn chosen(&mut self, node: &Node) -> Option<Moved> {
        let [first, second, condition] = node.inputs()[..] else {
            return None;
        };
        let condition = self.places[condition];
        let (a, b) = self.of_one_source(first, second)?;
        let mut choice = |a: usize, b: usize| {
            if a == b {
                a
            } else {
                self.made(node, "Conditional", &[a, b, condition])
            }
        };
        let mut either = |a: Option<usize>, b: Option<usize>| match (a, b) {
            (Some(a), Some(b)) => Some(choice(a, b)),
            (a, b) => a.or(b),
        };
        let interpolation = either(a.interpolation, b.interpolation);
        let border = either(a.border, b.border);
        let (width, height) = (choice(a.width, b.width), choice(a.height, b.height));
        let [first, second] = [&a, &b].map(|one| self.product(node, &one.views));
        let view = self.made(node, "Conditional", &[first, second, condition]);
        Some(Moved {
            source: a.source,
            views: vec![view],
            width,
            height,
            interpolation,
            border,
            steps: a.steps.max(b.steps),
            is_warped: a.is_warped && b.is_warped,
            is_cut: a.is_cut || b.is_cut,
            end: End::Anything,
        })
    }

    /// Two images as one that is moved in two ways.
    fn of_one_source(&mut self, first: usize, second: usize) -> Option<(Moved, Moved)> {
        let is_open = |moved: &&Moved| moved.end == End::Anything;
        let moved = |place: usize| self.moved[place].as_ref().filter(is_open).cloned();
        let (a, b) = (moved(first), moved(second));
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) if a.source == b.source => (a, b),
            (Some(a), _) if a.source == self.places[second] => (a, self.begun(second)),
            (_, Some(b)) if b.source == self.places[first] => (self.begun(first), b),
            _ => return None,
        };
        Some((a, b))
    }

    /// An image that may have been moved before, if it may still be moved.
    fn before(&mut self, place: usize, step: End) -> Moved {
        let is_open = |moved: &&Moved| moved.end == End::Anything || moved.end == step;
        match self.moved[place].as_ref().filter(is_open) {
            Some(moved) => moved.clone(),
            None => self.begun(place),
        }
    }

    /// An image that has not been moved yet.
    fn begun(&mut self, place: usize) -> Moved {
        let (node, source) = (&self.old.nodes[place], self.places[place]);
        let known = self.sides.get(&source).copied();
        let (width, height) = known.unwrap_or_else(|| {
            let width = self.made(node, "ImageWidth", &[source]);
            (width, self.made(node, "ImageHeight", &[source]))
        });
        self.sides.insert(source, (width, height));
        Moved {
            source,
            views: Vec::new(),
            width,
            height,
            interpolation: None,
            border: None,
            steps: 0,
            is_warped: false,
            is_cut: false,
            end: End::Anything,
        }
    }

    /// A number of pixels as the same type as that of any image.
    fn whole(&mut self, node: &Node, place: usize) -> usize {
        let side = self.places[place];
        if self.types[place] == Type::scalar(Dtype::Int32) {
            return side;
        }
        self.integer(node, side)
    }

    fn integer(&mut self, node: &Node, number: usize) -> usize {
        let dtype = self.constant(node, Value::Text("int32".into()));
        self.made(node, "Convert", &[number, dtype])
    }
}

impl Moved {
    /// The same, moved once more.
    fn then(self, view: usize) -> Self {
        Self {
            views: [&[view], &self.views[..]].concat(),
            steps: self.steps + 1,
            ..self
        }
    }
}

/// The name and inputs of an operation.
fn called(node: &Node) -> Option<(&'static str, &[usize])> {
    match &node.kind {
        Kind::Operation { operation, inputs } => Some((operation.name, inputs)),
        _ => None,
    }
}

/// The graph without nodes that no output needs.
fn needed(graph: &Description) -> Description {
    let mut is_needed = vec![false; graph.nodes.len()];
    for output in &graph.outputs {
        is_needed[output.node] = true;
    }
    for (place, node) in graph.nodes.iter().enumerate().rev() {
        if is_needed[place] {
            node.inputs()
                .iter()
                .for_each(|input| is_needed[*input] = true);
        }
    }
    let mut places = vec![0; graph.nodes.len()];
    let mut nodes = Vec::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        if is_needed[place] {
            places[place] = nodes.len();
            nodes.push(node.moved(&places));
        }
    }
    let output = |output: &Output| Output {
        node: places[output.node],
        ..output.clone()
    };
    let outputs = graph.outputs.iter().map(output).collect();
    Description { nodes, outputs }
}
