//! Graphs: every sample is made in the memory of the one before.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use imagepipe::graph::{Array, Description, Kind, Node, Output, Program, Sample, Shape};
use imagepipe::graph::{Value, operations};
use imagepipe::pixel::Dtype;

use super::{COUNT, TURN, corpus};

#[derive(Default)]
struct Maker(Vec<Node>);

impl Maker {
    fn push(&mut self, kind: Kind) -> usize {
        self.0.push(Node {
            name: "node".into(),
            origin: "".into(),
            kind,
        });
        self.0.len() - 1
    }

    fn constant(&mut self, value: impl Into<Value>) -> usize {
        self.push(Kind::Constant(value.into()))
    }

    fn word(&mut self, word: &str) -> usize {
        self.constant(Value::Text(word.into()))
    }

    fn node(&mut self, operation: &str, inputs: &[usize]) -> usize {
        let operation = operations::named(operation).expect("an operation");
        let inputs = inputs.to_vec();
        self.push(Kind::Operation { operation, inputs })
    }
}

/// Reads an image, and does what patches are made by; returns what each sample has.
fn patches(graph: &mut Maker, path: &str) -> Vec<usize> {
    let [linear, border, depth, channels] =
        ["Linear", "Reflect", "Char", "RGB"].map(|word| graph.word(word));
    let [path, identity] = [path, "a"].map(|word| graph.word(word));
    let [no, zero, far, side] = [
        graph.constant(Array::boolean(false)),
        graph.constant(Array::scalar(0)),
        graph.constant(Array::scalar(40)),
        graph.constant(Array::scalar(64)),
    ];
    let file = graph.node("ReadFile", &[path]);
    let image = graph.node("DecodeImage", &[file, depth, channels, no]);
    let seed = graph.node("RandomSeed", &[identity]);
    let moved = graph.node("SampleUniform", &[zero, far, seed]);
    let view = graph.node("TranslateView", &[moved, zero]);
    let turned = graph.node("RotateView", &[moved]);
    let chain = graph.node("Chain", &[view, turned]);
    let shifted = graph.node("ViewImage", &[image, view, side, side, linear, border]);
    let spun = graph.node("ViewImage", &[image, chain, side, side, linear, border]);
    let small = graph.node("Resize", &[image, side, side, linear]);
    let bright = graph.node("Multiply", &[shifted, moved, no]);
    let is_bright = graph.node("Greater", &[bright, small]);
    let condition = graph.node("Lower", &[moved, side]);
    let chosen = graph.node("Conditional", &[spun, small, condition]);
    vec![bright, is_bright, chosen]
}

/// What is done with lists and shapes.
fn lists(graph: &mut Maker) -> Vec<usize> {
    let identity = graph.word("b");
    let seed = graph.node("RandomSeed", &[identity]);
    let table = Array::zeros(Dtype::Float32, Shape::new(&[20, 30]).expect("a shape"));
    let table = graph.constant(table);
    let [one, nine, order, flat] = [
        graph.constant(Array::scalar(1)),
        graph.constant(Array::scalar(9)),
        graph.constant(Array::vector(&[1, 0])),
        graph.constant(Array::vector(&[-1])),
    ];
    let shuffled = graph.node("Permute", &[table, seed]);
    let places = graph.node("Permutation", &[nine, seed]);
    let some = graph.node("Remap", &[shuffled, places]);
    let turned = graph.node("Transpose", &[some, order]);
    let row = graph.node("GetElement", &[turned, one]);
    let part = graph.node("Sublist", &[turned, one, nine]);
    let both = graph.node("Concatenate", &[turned, part]);
    let numbers = graph.node("Reshape", &[both, flat]);
    let points = graph.node("RandomPoints", &[nine, seed]);
    let bounds = graph.node("PointsBounds", &[points]);
    let stack = graph.node("Stack", &[row, row]);
    vec![numbers, bounds, stack, places]
}

#[test]
fn a_warm_graph_allocates_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image.jpg");
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&path, corpus::jpeg(200, 150, 1)).expect("a file");
    let mut graph = Maker::default();
    let mut wanted = patches(&mut graph, path.to_str().expect("a path"));
    wanted.extend(lists(&mut graph));
    let output = |node| Output {
        node,
        label: "default".into(),
    };
    let description = Description {
        nodes: graph.0,
        outputs: wanted.into_iter().map(output).collect(),
    };
    let program = Program::new(&description).expect("a program");
    let mut registers = program.registers();
    let mut run = |samples: std::ops::Range<u64>| {
        let before = COUNT.load(Ordering::Relaxed);
        for index in samples {
            let sample = Sample { seed: 1, index };
            program.run(sample, &mut registers).expect("a sample");
        }
        COUNT.load(Ordering::Relaxed) - before
    };
    assert_ne!(run(0..20), 0);
    assert_eq!(run(20..60), 0);
}
