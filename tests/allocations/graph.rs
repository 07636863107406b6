//! Graphs: every sample is made in the memory of the one before.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use imagepipe::graph::{Array, Program, Registers, Sample, Shape};
use imagepipe::pixel::Dtype;

use super::graphs::{self, Graph};
use super::{COUNT, TURN, corpus};

/// Reads an image, and does what patches are made by; returns what each sample has.
fn patches(graph: &mut Graph, path: &str) -> Vec<usize> {
    let [linear, border, depth, channels] =
        ["Linear", "Reflect", "Char", "RGB"].map(|word| graph.text(word));
    let [path, identity] = [path, "a"].map(|word| graph.text(word));
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
fn lists(graph: &mut Graph) -> Vec<usize> {
    let identity = graph.text("b");
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
    let mut graph = Graph::default();
    let mut wanted = patches(&mut graph, path.to_str().expect("a path"));
    wanted.extend(lists(&mut graph));
    let outputs: Vec<_> = wanted.into_iter().map(|node| (node, "default")).collect();
    let description = graph.described(&outputs);
    let program = Program::new(&description).expect("a program");
    let mut registers = program.registers();
    assert_ne!(allocations(&program, &mut registers, 0..20), 0);
    assert_eq!(allocations(&program, &mut registers, 20..60), 0);
}

#[test]
fn warm_patches_allocate_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let root = tempfile::tempdir().expect("a directory");
    corpus::data_set(root.path(), 4, 60);
    let graph = graphs::patches(&paths(root.path()), 16);
    for program in [Program::new(&graph), Program::plain(&graph)] {
        let program = program.expect("a program");
        let mut registers = program.registers();
        // Until it has met the largest image.
        allocations(&program, &mut registers, 0..400);
        assert_eq!(allocations(&program, &mut registers, 0..400), 0);
    }
}

/// Allocations that samples take.
fn allocations(program: &Program, registers: &mut Registers, samples: Range<u64>) -> usize {
    let before = COUNT.load(Ordering::Relaxed);
    for index in samples {
        let sample = Sample { seed: 1, index };
        program.run(sample, registers).expect("a sample");
    }
    COUNT.load(Ordering::Relaxed) - before
}

/// All files of a set, in order.
fn paths(root: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.collect::<Vec<_>>()
    };
    let mut paths: Vec<_> = entries(root)
        .iter()
        .flat_map(|class| entries(class))
        .collect();
    paths.sort();
    paths
}
