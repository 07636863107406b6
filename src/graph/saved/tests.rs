//! Graphs that are written and read back, and files that are not what they should be.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::array::Array;
use super::super::description::{Failed, Foreign, Node, Output};
use super::super::operation::Inputs;
use super::super::types::Type;
use super::super::value::Value;
use super::super::{Program, Sample, operations};
use super::*;

fn node(name: &str, kind: Kind) -> Node {
    Node {
        name: name.into(),
        origin: "train.py:3".into(),
        kind,
    }
}

fn operation(name: &str, inputs: &[usize]) -> Kind {
    Kind::Operation {
        operation: operations::named(name).expect("an operation"),
        inputs: inputs.to_vec(),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// A graph with a constant of each kind, and paths.
fn example(paths: &[&str]) -> Saved {
    let nodes = vec![
        node("seed", Kind::Constant(text("a draw"))),
        node("draw", operation("RandomSeed", &[0])),
        node("true", Kind::Constant(Array::boolean(true).into())),
        node(
            "bytes",
            Kind::Constant(Value::Bytes(Arc::new(vec![0, 255]))),
        ),
        node(
            "numbers",
            Kind::Constant(Array::vector(&[1.5f64, -0.0]).into()),
        ),
        node(
            "files",
            Kind::Files(Value::List(paths.iter().map(|path| text(path)).collect())),
        ),
        node("both", operation("MakeList", &[1, 2, 3, 4, 5])),
    ];
    let output = |(node, label): (usize, &str)| Output {
        node,
        label: label.into(),
    };
    Saved {
        graph: Description {
            nodes,
            outputs: [(6, "all"), (5, "files")].map(output).into(),
        },
        seed: 1 << 63,
    }
}

fn sample(Saved { graph, seed }: &Saved) -> Vec<Value> {
    let program = Program::new(graph).expect("a program");
    let mut registers = program.registers();
    let sample = Sample {
        seed: *seed,
        index: 7,
    };
    program.run(sample, &mut registers).expect("a sample");
    program.outputs(&registers).cloned().collect()
}

fn bytes(saved: &Saved) -> Vec<u8> {
    write::file(saved, None).expect("a file")
}

fn refused(bytes: &[u8]) -> String {
    read::file(bytes, Path::new("/")).expect_err("a reason")
}

#[test]
fn a_graph_is_read_as_it_was_written() {
    let saved = example(&["/data/a.jpg"]);
    let read = read::file(&bytes(&saved), Path::new("/elsewhere")).expect("a graph");
    assert_eq!(sample(&read), sample(&saved));
    assert_eq!(read.graph.fingerprint(), saved.graph.fingerprint());
    assert_eq!(&*read.graph.nodes[6].origin, "train.py:3");
    assert_eq!(&*read.graph.outputs[0].label, "all");
}

#[test]
fn files_are_found_when_both_are_moved() {
    let saved = example(&["/data/photos/a.jpg", "/data/b.jpg"]);
    let file = write::file(&saved, Some(Path::new("/data/graphs"))).expect("a file");
    let read = read::file(&file, Path::new("/moved/graphs")).expect("a graph");
    let Kind::Files(Value::List(paths)) = &read.graph.nodes[5].kind else {
        panic!("paths")
    };
    let found: Vec<_> = paths
        .iter()
        .map(|path| PathBuf::from(path.text().unwrap()))
        .collect();
    let resolved = |path: &Path| {
        path.components().fold(PathBuf::new(), |mut whole, part| {
            if part.as_os_str() == ".." {
                whole.pop();
            } else {
                whole.push(part);
            }
            whole
        })
    };
    let found: Vec<_> = found.iter().map(|path| resolved(path)).collect();
    assert_eq!(
        found,
        [Path::new("/moved/photos/a.jpg"), Path::new("/moved/b.jpg")]
    );
}

#[test]
fn a_function_of_the_callers_own_is_not_saved() {
    #[derive(Debug)]
    struct Mine;
    impl Foreign for Mine {
        fn infer(&self, _: &[Type]) -> Result<Type, String> {
            Ok(Type::Anything)
        }
        fn run(&self, _: Inputs<'_>, _: &mut Value) -> Result<(), Failed> {
            Ok(())
        }
    }
    let mut saved = example(&[]);
    saved.graph.nodes.push(node(
        "mine",
        Kind::Foreign {
            function: Arc::new(Mine),
            inputs: vec![],
        },
    ));
    let error = write::file(&saved, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "mine (train.py:3): a function of your own cannot be saved or pickled"
    );
}

#[test]
fn what_is_no_graph_is_said() {
    let good = bytes(&example(&["/a"]));
    assert_eq!(refused(b""), "not a saved graph");
    assert_eq!(
        refused(b"PK\x03\x04 and more that follows"),
        "not a saved graph"
    );
    assert_eq!(refused(&good[..20]), "the file is cut short");
    assert!(refused(&good[..good.len() - 1]).contains("checksum"));
    let mut newer = good.clone();
    newer[8] = 2;
    assert!(refused(&newer).contains("update imagepipe-rs"));
}

/// A file around content, with a checksum that is right.
fn around(content: &[u8], len: u64) -> Vec<u8> {
    let mut file = Vec::from(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend([0; 4]);
    file.extend(len.to_le_bytes());
    let mut packed = flate2::write::ZlibEncoder::new(file, flate2::Compression::default());
    std::io::Write::write_all(&mut packed, content).unwrap();
    let mut file = packed.finish().unwrap();
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &file[HEADER - 8..]);
    file[12..16].copy_from_slice(&sum.to_le_bytes()[..4]);
    file
}

#[test]
fn sizes_that_lie_take_no_memory() {
    let huge = 0xFFFF_FFFFu32.to_le_bytes();
    for content in [
        [&[0; 8][..], &huge].concat(),
        [&[0; 8][..], &1u32.to_le_bytes(), &huge].concat(),
        [
            &[0; 8][..],
            &1u32.to_le_bytes(),
            &[0; 8],
            &[0, 3],
            &[0xFF; 8],
        ]
        .concat(),
    ] {
        let len = content.len() as u64;
        assert!(refused(&around(&content, len)).contains("it ends too early"));
    }
    assert!(refused(&around(&[0; 64], u64::MAX)).contains("more than"));
    assert!(refused(&around(&[0; 64], 8)).contains("unpacked"));
}

/// A graph of one constant, which is `value`.
fn of_constant(value: &[u8]) -> Vec<u8> {
    [&[0; 8][..], &1u32.to_le_bytes(), &[0; 8], &[0], value].concat()
}

#[test]
fn what_takes_more_memory_than_it_is_long_is_bounded() {
    let empty_lists = |count: usize| {
        let count_bytes = (count as u64).to_le_bytes();
        let empty = [3, 0, 0, 0, 0, 0, 0, 0, 0];
        of_constant(&[&[3][..], &count_bytes, &empty.repeat(count)].concat())
    };
    let content = empty_lists((1 << 24) + 1);
    let reason = read::graph(&content, Path::new("/")).unwrap_err();
    assert_eq!(reason, "lists of more than 16777216 values");
    let nodes = (1u32 << 20) + 1;
    for (before, what) in [(&[][..], "nodes"), (&[0; 4], "outputs")] {
        let content = [&[0; 8], before, &nodes.to_le_bytes(), &vec![0; 1 << 21]].concat();
        let reason = read::graph(&content, Path::new("/")).unwrap_err();
        assert_eq!(
            reason,
            format!("a graph of 1048577 {what}, more than 1048576")
        );
    }
}

#[test]
fn lists_too_deep_are_refused() {
    let mut content = of_constant(&[]);
    for _ in 0..100_000 {
        content.push(3);
        content.extend(1u64.to_le_bytes());
    }
    let len = content.len() as u64;
    assert!(refused(&around(&content, len)).contains("no value"));
}

proptest! {
    #[test]
    fn a_changed_byte_is_found(at in 0usize..1000, change in 1u8..) {
        let mut file = bytes(&example(&["/a"]));
        let at = at % file.len();
        file[at] ^= change;
        prop_assert!(read::file(&file, Path::new("/")).is_err());
    }

    #[test]
    fn any_content_is_a_graph_or_refused(
        changes in proptest::collection::vec((0usize..400, any::<u8>()), 1..6),
    ) {
        let saved = example(&["/a"]);
        let file = bytes(&saved);
        let mut content = Vec::new();
        let mut packed = flate2::read::ZlibDecoder::new(&file[HEADER..]);
        std::io::Read::read_to_end(&mut packed, &mut content).unwrap();
        for (at, byte) in changes {
            let at = at % content.len();
            content[at] = byte;
        }
        let len = content.len() as u64;
        if let Ok(read) = read::file(&around(&content, len), Path::new("/"))
            && let Ok(program) = Program::new(&read.graph)
        {
            let mut registers = program.registers();
            let _ = program.run(Sample { seed: 0, index: 0 }, &mut registers);
        }
    }
}
