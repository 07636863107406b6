//! Graphs that earlier versions saved, one for each operation: this version loads and runs them.
//!
//! A file that is missing is written by hand, by the version that has the operation first:
//! `cargo test --lib kept -- --ignored`. Files that are there stay what they are.

use std::path::PathBuf;

use super::*;

/// Operations that draw, or are of the sample, with inputs.
#[expect(clippy::too_many_lines, reason = "a table of values")]
fn drawing() -> Vec<(&'static str, Vec<Value>)> {
    let seed = || Value::from(Array::scalar(5i64));
    let image = || {
        shaped(
            &std::array::from_fn::<_, 63, _>(|at| at.to_le_bytes()[0] * 4),
            &[7, 9],
        )
    };
    vec![
        ("SampleIndex", vec![]),
        ("RandomSeed", vec![text("an identity")]),
        ("SampleUniform", vec![float(-1.0), float(3.0), seed()]),
        ("SampleNormal", vec![float(1.0), float(2.0), seed()]),
        ("SampleBernoulli", vec![float(0.4), seed()]),
        ("SampleBinomial", vec![float(0.4), int(9), seed()]),
        ("RandomIndex", vec![int(1000), seed()]),
        ("RandomPoints", vec![int(3), seed()]),
        ("Permutation", vec![int(7), seed()]),
        ("Permute", vec![vector(&[1i32, 2, 3, 4]), seed()]),
        ("RandomCropRegion", boxes::region(90, 60, seed())),
        ("ImageDropout", vec![ones(), float(0.4), seed()]),
        (
            "ImageCoarseDropout",
            vec![ones(), float(0.4), float(0.25), seed()],
        ),
        (
            "ErasingRegion",
            vec![
                ones(),
                vector(&[0.1f32, 0.3]),
                vector(&[0.3f32, 3.3]),
                seed(),
            ],
        ),
        (
            "Erase",
            vec![
                ones(),
                vector(&[1f32, 2.0, 7.0, 6.0]),
                text("random"),
                seed(),
            ],
        ),
        (
            "ImagePiecewiseAffine",
            vec![image(), float(2.0), int(3), seed()],
        ),
        (
            "ElasticTransform",
            vec![
                image(),
                float(30.0),
                float(1.5),
                text("Cubic"),
                text("Wrap"),
                seed(),
            ],
        ),
        (
            "GaussianNoise",
            vec![int(300), int(2), float(1.0), float(2.0), seed()],
        ),
        (
            "UniformNoise",
            vec![int(300), int(2), float(-1.0), float(3.0), seed()],
        ),
        ("BinaryNoise", vec![int(30), int(2), float(0.4), seed()]),
        (
            "ImageNoise",
            vec![
                shaped(&[99u8; 12], &[2, 2, 3]),
                float(0.1),
                truth(false),
                seed(),
            ],
        ),
    ]
}

fn ones() -> Value {
    shaped(&[1u8; 8 * 10], &[8, 10])
}

/// A graph of each operation, whose inputs are constants.
fn graphs() -> Vec<(&'static str, Description)> {
    let works = cases().filter(|case| case.expected.is_ok());
    let mut all = drawing();
    all.extend(policies::kept());
    all.extend(mixes::kept());
    for Case {
        operation, inputs, ..
    } in works
    {
        // A file that a case reads is not there for ever.
        if operation != "ReadFile" && !all.iter().any(|(known, _)| *known == operation) {
            all.push((operation, inputs));
        }
    }
    all.into_iter()
        .map(|(name, inputs)| (name, graph(name, &inputs)))
        .collect()
}

fn graph(operation: &str, inputs: &[Value]) -> Description {
    let mut graph = Maker::default();
    let inputs: Vec<_> = inputs
        .iter()
        .map(|input| graph.constant(input.clone()))
        .collect();
    let node = graph.node(operation, &inputs);
    graph.0.outputs.push(Output {
        node,
        label: "made".into(),
    });
    graph.0
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pipes");
    folder.join(format!("{name}.pipe"))
}

fn samples(graph: &Description) -> Vec<Vec<Value>> {
    let program = Program::plain(graph).expect("a program");
    [0, 1, 1 << 40]
        .map(|index| run(&program, index).expect("a sample"))
        .into()
}

#[test]
fn what_was_saved_gives_the_same() {
    for (name, graph) in graphs() {
        let saved = Saved::load(&path(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(samples(&saved.graph), samples(&graph), "{name}");
        assert_eq!(saved.graph.fingerprint(), graph.fingerprint(), "{name}");
    }
}

#[test]
fn every_operation_has_a_file() {
    let missing = operations::all().filter(|operation| !path(operation.name).is_file());
    let missing: Vec<_> = missing.map(|operation| operation.name).collect();
    assert_eq!(missing, [operations::LOADER_IMAGE, "ReadFile"]);
}

#[test]
#[ignore = "writes files that are missing"]
fn write_what_is_missing() {
    for (name, graph) in graphs() {
        if !path(name).is_file() {
            let saved = Saved { graph, seed: 1 };
            saved.save(&path(name), true, false).expect("a file");
        }
    }
}
