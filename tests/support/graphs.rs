//! Graphs made by hand.
#![allow(dead_code, reason = "each of those who share it uses a part")]

use std::path::PathBuf;

use imagepipe::graph::{Array, Description, Kind, Node, Output, TextList, Value, operations};

/// A graph under construction.
#[derive(Default)]
pub(crate) struct Graph(Description);

impl Graph {
    pub(crate) fn push(&mut self, kind: Kind) -> usize {
        let place = self.0.nodes.len();
        self.0.nodes.push(Node {
            name: format!("node {place}").into(),
            origin: "".into(),
            kind,
        });
        place
    }

    pub(crate) fn constant(&mut self, value: impl Into<Value>) -> usize {
        self.push(Kind::Constant(value.into()))
    }

    pub(crate) fn text(&mut self, text: &str) -> usize {
        self.constant(Value::Text(text.into()))
    }

    pub(crate) fn node(&mut self, operation: &str, inputs: &[usize]) -> usize {
        let operation = operations::named(operation).expect("an operation");
        let inputs = inputs.to_vec();
        self.push(Kind::Operation { operation, inputs })
    }

    /// A number drawn from `[low, high)`.
    pub(crate) fn draw(&mut self, low: usize, high: usize) -> usize {
        let name = format!("draw {}", self.0.nodes.len());
        let identity = self.text(&name);
        let seed = self.node("RandomSeed", &[identity]);
        self.node("SampleUniform", &[low, high, seed])
    }

    pub(crate) fn described(mut self, outputs: &[(usize, &str)]) -> Description {
        let output = |(node, label): &(usize, &str)| Output {
            node: *node,
            label: (*label).into(),
        };
        self.0.outputs = outputs.iter().map(output).collect();
        self.0
    }
}

/// A random part of `side` times `side` pixels of a random one of some photographs, and where in it
/// the part begins.
pub(crate) fn patches(paths: &[PathBuf], side: i32) -> Description {
    let mut graph = Graph::default();
    let files: TextList = paths.iter().map(|path| path.to_string_lossy()).collect();
    let files = graph.push(Kind::Files(Value::List(files.into())));
    let length = graph.node("Length", &[files]);
    let which = graph.text("which");
    let which = graph.node("RandomSeed", &[which]);
    let index = graph.node("RandomIndex", &[length, which]);
    let file = graph.node("GetElement", &[files, index]);
    let bytes = graph.node("ReadFile", &[file]);
    let words = ["Char", "RGB", "Linear", "ConstantLow"];
    let [depth, channels, linear, border] = words.map(|word| graph.text(word));
    let normalize = graph.constant(Array::boolean(true));
    let image = graph.node("DecodeImage", &[bytes, depth, channels, normalize]);
    let side = graph.constant(Array::scalar(side));
    let (zero, wraps) = (
        graph.constant(Array::scalar(0f32)),
        graph.constant(Array::boolean(false)),
    );
    let corner = ["ImageWidth", "ImageHeight"].map(|length| {
        let length = graph.node(length, &[image]);
        let most = graph.node("Subtract", &[length, side, wraps]);
        let drawn = graph.draw(zero, most);
        let whole = graph.node("Floor", &[drawn]);
        graph.node("Subtract", &[zero, whole, wraps])
    });
    let view = graph.node("TranslateView", &corner);
    let patch = graph.node("ViewImage", &[image, view, side, side, linear, border]);
    let place = graph.node("Stack", &corner);
    graph.described(&[(patch, "patch"), (place, "place")])
}
