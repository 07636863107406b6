//! Batches of small graphs.

use super::super::array::Array;
use super::super::description::{Description, Kind, Node, Output};
use super::super::operations;
use super::*;
use crate::error::Error;
use crate::pixel::{Conversion, Dtype, Layout, Linear};

fn operation(name: &str, inputs: &[usize]) -> Kind {
    Kind::Operation {
        operation: operations::named(name).expect("an operation"),
        inputs: inputs.to_vec(),
    }
}

fn constant(value: impl Into<Value>) -> Kind {
    Kind::Constant(value.into())
}

fn program(kinds: Vec<Kind>, outputs: &[(usize, &str)]) -> Arc<Program> {
    let node = |(place, kind)| Node {
        name: format!("node {place}").into(),
        origin: "".into(),
        kind,
    };
    let graph = Description {
        nodes: kinds.into_iter().enumerate().map(node).collect(),
        outputs: outputs
            .iter()
            .map(|(node, label)| Output {
                node: *node,
                label: (*label).into(),
            })
            .collect(),
    };
    Arc::new(Program::new(&graph).expect("a program"))
}

/// The index, and a random number.
fn numbers() -> Arc<Program> {
    let kinds = vec![
        operation("SampleIndex", &[]),
        constant(Value::Text("draw".into())),
        operation("RandomSeed", &[1]),
    ];
    program(kinds, &[(0, "index"), (2, "draw")])
}

/// The quotient of 60 and (index - 3), which sample 3 does not have.
fn quotients() -> Arc<Program> {
    let kinds = vec![
        operation("SampleIndex", &[]),
        constant(Array::scalar(3i64)),
        constant(Array::boolean(false)),
        operation("Subtract", &[0, 1, 2]),
        constant(Array::scalar(60i64)),
        operation("Divide", &[4, 3, 2]),
    ];
    program(kinds, &[(5, "quotient")])
}

/// One divided by the index halved less 1: samples 2 and 3 fail.
fn hollow() -> Arc<Program> {
    let kinds = vec![
        operation("SampleIndex", &[]),
        constant(Array::scalar(2i64)),
        constant(Array::scalar(1i64)),
        constant(Array::boolean(false)),
        operation("Divide", &[0, 1, 3]),
        operation("Subtract", &[4, 2, 3]),
        operation("Divide", &[2, 5, 3]),
    ];
    program(kinds, &[(6, "quotient")])
}

/// As many zeros as the index says.
fn growing() -> Arc<Program> {
    let kinds = vec![
        operation("SampleIndex", &[]),
        constant(Array::scalar(1i64)),
        constant(Array::boolean(false)),
        operation("Add", &[0, 1, 2]),
        constant(Array::scalar(0i32)),
        operation("Repeat", &[4, 3]),
    ];
    program(kinds, &[(5, "zeros")])
}

fn config(batch_size: usize) -> Config {
    Config {
        batch_size,
        workers: Some(3),
        seed: 7,
        ..Config::default()
    }
}

fn words(batch: &Batch, output: usize) -> Vec<u64> {
    let Column { field, .. } = column(batch, output);
    let bytes = |slot| batch.lease.bytes(field, slot);
    let words = (0..batch.len()).flat_map(|slot| bytes(slot).chunks_exact(8));
    words
        .map(|word| u64::from_ne_bytes(word.try_into().expect("8 bytes")))
        .collect()
}

struct Column {
    field: usize,
    dtype: Dtype,
}

fn column(batch: &Batch, output: usize) -> Column {
    let columns::Column::Stacked { field, .. } = batch.columns.column(output) else {
        panic!("an array")
    };
    Column {
        field: *field,
        dtype: batch.lease.fields()[*field].dtype,
    }
}

fn taken(stream: &Stream, start: u64, count: u64) -> Vec<Batch> {
    let batches = stream.batches(start, Some(count)).expect("batches");
    batches.map(|batch| batch.expect("a batch")).collect()
}

fn draws(stream: &Stream, start: u64, count: u64) -> Vec<u64> {
    let batches = taken(stream, start, count);
    batches.iter().flat_map(|batch| words(batch, 1)).collect()
}

#[test]
fn samples_are_the_same_whoever_makes_them() {
    let open = |config| Stream::open(numbers(), config, 0).expect("a stream");
    let expected = draws(&open(config(60)), 0, 1);
    for (size, workers) in [(1, 1), (7, 2), (20, 8)] {
        let stream = open(Config {
            workers: Some(workers),
            ..config(size)
        });
        let count = 60u64.div_ceil(size as u64);
        assert_eq!(draws(&stream, 0, count)[..60], expected);
        // From any sample on, near the end of the numbers too.
        assert_eq!(draws(&stream, 30, 1)[0], expected[30]);
        let batches = taken(&stream, u64::MAX, 1);
        assert_eq!(words(&batches[0], 0)[0], u64::MAX);
        assert_eq!(batches[0].after, size as u64 - 1);
    }
}

#[test]
fn ranks_share_the_samples() {
    let of = |rank| {
        let config = Config {
            shard: (rank, 3),
            ..config(2)
        };
        let stream = Stream::open(numbers(), config, 0).expect("a stream");
        let batches = taken(&stream, 12, 2);
        assert_eq!(batches[1].after, 24);
        let indices = batches.into_iter().flat_map(|batch| batch.indices);
        indices.collect::<Vec<_>>()
    };
    assert_eq!(of(0), [12, 13, 18, 19]);
    assert_eq!(of(2), [16, 17, 22, 23]);
}

#[test]
fn a_sample_that_fails_is_an_error_of_its_batch() {
    let stream = Stream::open(quotients(), config(2), 0).expect("a stream");
    let batches: Vec<_> = stream.batches(0, None).expect("batches").collect();
    assert_eq!(batches.len(), 2, "none after the error");
    let error = batches[1].as_ref().unwrap_err();
    assert!(
        matches!(error, Error::Graph { index: Some(3), .. }),
        "{error}"
    );
    let at_start = Stream::open(quotients(), config(2), 3).unwrap_err();
    assert_eq!(at_start.to_string(), error.to_string());
}

#[test]
fn a_sample_that_fails_is_left_out() {
    let config = Config {
        on_error: OnError::Skip,
        ..config(3)
    };
    let stream = Stream::open(quotients(), config, 3).expect("a stream");
    let batches = taken(&stream, 0, 3);
    assert_eq!(batches[1].indices, [4, 5]);
    assert_eq!(words(&batches[1], 0), [60, 30]);
    assert_eq!(batches[1].failures[0].index, 3);
    assert_eq!(batches[2].indices, [6, 7, 8]);
    assert_eq!(stream.errors().len(), 1);
    assert_eq!(stream.stats().errors, 1);
}

#[test]
fn a_batch_that_loses_all_samples_has_another_one() {
    let of = |workers| {
        let config = Config {
            on_error: OnError::Skip,
            workers: Some(workers),
            ..config(2)
        };
        let stream = Stream::open(hollow(), config, 0).expect("a stream");
        let batches = taken(&stream, 0, 3);
        let indices: Vec<_> = batches.iter().map(|batch| batch.indices.clone()).collect();
        assert_eq!(batches[1].failures[0].index, 2);
        indices
    };
    let indices = of(1);
    let [first, second, third] = &indices[..] else {
        panic!("three batches")
    };
    assert_eq!((&first[..], &third[..]), (&[0, 1][..], &[4, 5][..]));
    assert!(second.len() == 1 && ![2, 3].contains(&second[0]));
    for workers in [2, 3, 3, 3] {
        assert_eq!(of(workers), indices, "chosen by the seed alone");
    }
}

#[test]
fn another_sample_stands_in_for_one_that_fails() {
    let of = |workers| {
        let config = Config {
            on_error: OnError::Replace,
            workers: Some(workers),
            ..config(5)
        };
        let stream = Stream::open(quotients(), config, 0).expect("a stream");
        let batch = taken(&stream, 0, 1).remove(0);
        (batch.indices.clone(), words(&batch, 0))
    };
    let (indices, quotients) = of(1);
    assert_eq!(indices[..3], [0, 1, 2]);
    assert_ne!(indices[3], 3);
    let expected = 60i64 / (indices[3].cast_signed() - 3);
    assert_eq!(quotients[3].cast_signed(), expected);
    assert_eq!(of(4), (indices, quotients), "chosen by the seed alone");
}

#[test]
fn too_many_failures_end_the_run() {
    let config = Config {
        on_error: OnError::Skip,
        max_errors: Some(0),
        ..config(4)
    };
    let stream = Stream::open(quotients(), config, 0).expect("a stream");
    let first = stream.batches(0, None).expect("batches").next();
    assert!(matches!(
        first,
        Some(Err(Error::TooManyErrors { count: 1, .. }))
    ));
}

#[test]
fn samples_of_several_shapes_need_lists() {
    let stream = Stream::open(growing(), config(2), 0).expect("a stream");
    let error = stream
        .batches(0, None)
        .expect("batches")
        .next()
        .expect("a result")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample 1: output \"zeros\" is int32 (2), and int32 (1) in sample 0: the samples of a \
         batch have one type and shape: resize or crop them, or use ragged=True for a list"
    );
    let ragged = Config {
        ragged: true,
        ..config(3)
    };
    let stream = Stream::open(growing(), ragged, 0).expect("a stream");
    let batch = taken(&stream, 4, 1).remove(0);
    let Values::Each(values) = batch.output(0) else {
        panic!("a list")
    };
    let lengths: Vec<_> = values
        .iter()
        .map(|value| value.array().unwrap().shape().axes()[0])
        .collect();
    assert_eq!(lengths, [5, 6, 7]);
}

#[test]
fn pictures_are_converted_and_laid_out() {
    let shape = crate::graph::Shape::new(&[2, 1, 3]).expect("a shape");
    let mut picture = Array::zeros(Dtype::Uint8, shape);
    picture.bytes_mut().copy_from_slice(&[0, 51, 255, 1, 2, 3]);
    let one = program(vec![constant(picture)], &[(0, "image")]);
    let of = |conversion, layout| {
        let config = Config {
            layout,
            conversion,
            ..config(1)
        };
        let stream = Stream::open(Arc::clone(&one), config, 0).expect("a stream");
        let batch = taken(&stream, 0, 1).remove(0);
        let Column { field, dtype } = column(&batch, 0);
        let axes = batch.lease.fields()[field].shape.clone();
        (dtype, axes, batch.lease.bytes(field, 0).to_vec())
    };
    let bytes = of(Conversion::Uint8, Layout::Nchw);
    assert_eq!(
        bytes,
        (Dtype::Uint8, vec![3, 2, 1], vec![0, 1, 51, 2, 255, 3])
    );
    let linear = Box::new(Linear::new([2.0; 3], [1.0, 0.0, 0.0]));
    let (dtype, axes, floats) = of(Conversion::Float32(linear), Layout::Nchw);
    assert_eq!((dtype, axes), (Dtype::Float32, vec![3, 2, 1]));
    let floats = floats.chunks_exact(4);
    let floats: Vec<f32> = floats.map(bytemuck::pod_read_unaligned).collect();
    assert_eq!(floats, [1.0, 3.0, 102.0, 4.0, 510.0, 6.0]);
}
