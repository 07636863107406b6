//! Graph streams: what a sample of numbers costs, and patches of photographs against the Loader.
//!
//! * numbers: 20 nodes, of which each draws a number or computes with others; one thread, no
//!   batches. `as it is`: the same without what makes graphs smaller before they are run.
//! * patches: a random photograph, a random part of 200x200 of it, batches of 64 on all cores;
//!   against the Loader that cuts and decodes the same files to the same size, as exactly.

mod support;

use std::path::Path;
use std::sync::Arc;

use imagepipe::graph::batches::{Config as Batching, Stream};
use imagepipe::graph::{
    Array, Description, Kind, Node, Output, Program, Sample, TextList, Value, operations,
};
use imagepipe::loader::{Config, Loader};
use imagepipe::pixel::{Fit, Size};
use imagepipe::transform::Options;
use support::{Case, compare, paths, photos, rounds};

/// Samples of the graph of numbers in a round.
const SAMPLES: u64 = 200_000;

/// A side of a patch.
const SIDE: u32 = 200;

#[derive(Default)]
struct Graph(Description);

impl Graph {
    fn push(&mut self, kind: Kind) -> usize {
        let place = self.0.nodes.len();
        self.0.nodes.push(Node {
            name: format!("node {place}").into(),
            origin: "".into(),
            kind,
        });
        place
    }

    fn constant(&mut self, value: impl Into<Value>) -> usize {
        self.push(Kind::Constant(value.into()))
    }

    fn node(&mut self, operation: &str, inputs: &[usize]) -> usize {
        let operation = operations::named(operation).expect("an operation");
        let inputs = inputs.to_vec();
        self.push(Kind::Operation { operation, inputs })
    }

    fn draw(&mut self, low: usize, high: usize) -> usize {
        let name = format!("draw {}", self.0.nodes.len());
        let identity = self.constant(Value::Text(name.into()));
        let seed = self.node("RandomSeed", &[identity]);
        self.node("SampleUniform", &[low, high, seed])
    }

    fn described(mut self, node: usize) -> Description {
        self.0.outputs.push(Output {
            node,
            label: "default".into(),
        });
        self.0
    }
}

/// Twenty operations: four draws, each of a seed of its own, and twelve computations with them.
fn numbers() -> Description {
    let mut graph = Graph::default();
    let wraps = graph.constant(Array::boolean(false));
    let (low, high) = (
        graph.constant(Array::scalar(1f32)),
        graph.constant(Array::scalar(2f32)),
    );
    let draws = [(); 4].map(|()| graph.draw(low, high));
    let mut last = draws[0];
    for step in 0..12 {
        let other = draws[(step + 1) % 4];
        last = match step % 4 {
            0 => graph.node("Add", &[last, other, wraps]),
            1 => graph.node("Multiply", &[last, other, wraps]),
            2 => graph.node("Subtract", &[last, other, wraps]),
            _ => graph.node("Maximum", &[last, other]),
        };
    }
    graph.described(last)
}

fn run<'a>(name: &str, program: Program) -> Case<'a> {
    let mut registers = program.registers();
    let mut start = 0;
    let samples = usize::try_from(SAMPLES).expect("a small number");
    Case::new(name, samples, move || {
        for index in start..start + SAMPLES {
            program
                .run(Sample { seed: 1, index }, &mut registers)
                .expect("a sample");
        }
        start += SAMPLES;
    })
}

/// A random part of a random photograph.
fn patches(folder: &Path) -> Description {
    let mut graph = Graph::default();
    let files: TextList = paths(folder)
        .iter()
        .map(|path| path.to_string_lossy())
        .collect();
    let count = paths(folder).len();
    let files = graph.push(Kind::Files(Value::List(files.into())));
    let wraps = graph.constant(Array::boolean(false));
    let zero = graph.constant(Array::scalar(0f32));
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = graph.constant(Array::scalar(count as f32));
    let drawn = graph.draw(zero, count);
    let (integer, index) = (graph.constant(Value::Text("Integer".into())), drawn);
    let index = graph.node("Convert", &[index, integer]);
    let file = graph.node("GetElement", &[files, index]);
    let bytes = graph.node("ReadFile", &[file]);
    let words = ["Char", "RGB", "Linear", "ConstantLow"];
    let [depth, channels, linear, border] =
        words.map(|word| graph.constant(Value::Text(word.into())));
    let normalize = graph.constant(Array::boolean(true));
    let image = graph.node("DecodeImage", &[bytes, depth, channels, normalize]);
    let side = graph.constant(Array::scalar(i32::try_from(SIDE).expect("a small number")));
    let corner = ["ImageWidth", "ImageHeight"].map(|side_of| {
        let length = graph.node(side_of, &[image]);
        let most = graph.node("Subtract", &[length, side, wraps]);
        let drawn = graph.draw(zero, most);
        let whole = graph.node("Floor", &[drawn]);
        graph.node("Subtract", &[zero, whole, wraps])
    });
    let view = graph.node("TranslateView", &corner);
    let patch = graph.node("ViewImage", &[image, view, side, side, linear, border]);
    graph.described(patch)
}

/// The batches of a stream that has no end: as many as an epoch of `samples` has.
fn stream<'a>(name: &str, program: Program, samples: usize) -> Case<'a> {
    let config = Batching {
        batch_size: 64,
        seed: 1,
        ..Batching::default()
    };
    let stream = Stream::open(Arc::new(program), config, 0).expect("a stream");
    let steps = samples.div_ceil(64) as u64;
    let mut start = 0;
    Case::new(name, samples, move || {
        for batch in stream.batches(start, Some(steps)).expect("batches") {
            assert_eq!(batch.expect("a batch").len(), 64);
        }
        start += 64 * steps;
    })
}

fn loader<'a>(folder: &Path, fit: Fit, name: &str) -> Case<'a> {
    let config = Config {
        paths: vec![folder.to_path_buf()],
        batch_size: 64,
        seed: 1,
        image: Options {
            size: Some(Size::new(SIDE, SIDE)),
            fit,
            exact: true,
            ..Options::default()
        },
        ..Config::default()
    };
    let loader = Loader::open(&config).expect("a loader");
    let count = usize::try_from(loader.len()).expect("a small number");
    let mut epoch = 0;
    Case::new(name, count, move || {
        for batch in loader.epoch(epoch).expect("an epoch") {
            batch.expect("a batch");
        }
        epoch += 1;
    })
}

fn main() {
    let graph = numbers();
    let cases = vec![
        run("20 nodes", Program::new(&graph).expect("a program")),
        run(
            "20 nodes as it is",
            Program::plain(&graph).expect("a program"),
        ),
    ];
    compare("numbers, one thread", rounds(5), cases);

    let folder = photos("small");
    let graph = patches(&folder);
    let count = paths(&folder).len();
    let cases = vec![
        loader(&folder, Fit::RandomCrop, "Loader, random crops"),
        loader(&folder, Fit::Stretch, "Loader, whole pictures"),
        stream("patches", Program::new(&graph).expect("a program"), count),
        stream(
            "patches, whole pictures decoded",
            Program::plain(&graph).expect("a program"),
            count,
        ),
    ];
    compare("patches of 200x200, small set", rounds(5), cases);
}
