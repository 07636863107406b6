//! Writing a graph as bytes.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::description::{Description, Kind};
use super::super::value::Value;
use super::{HEADER, LARGEST, MAGIC, Saved, VERSION};
use crate::error::{Error, Result};

/// The bytes of a file; paths as they are seen from `home`, if they are to be relative.
pub(super) fn file(saved: &Saved, home: Option<&Path>) -> Result<Vec<u8>> {
    saved.graph.check_savable()?;
    let mut content = Content::default();
    content.long(saved.seed);
    content.graph(&saved.graph, &|path| seen_from(path, home));
    let content = content.0;
    let len = content.len() as u64;
    if len > LARGEST {
        let reason = format!("its constants take {len} bytes, more than {LARGEST}");
        return Err(Error::dataset("a graph that is saved", reason));
    }
    let mut file = Vec::from(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend([0; 4]);
    file.extend(len.to_le_bytes());
    let mut encoder = ZlibEncoder::new(file, Compression::default());
    let written = encoder.write_all(&content).and_then(|()| encoder.finish());
    let mut file = written.map_err(|source| Error::Internal {
        message: source.to_string(),
    })?;
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &file[HEADER - 8..]);
    file[HEADER - 12..HEADER - 8].copy_from_slice(&sum.to_le_bytes()[..4]);
    Ok(file)
}

/// What a graph's samples depend on, as bytes.
pub(super) fn identity(graph: &Description) -> Vec<u8> {
    let mut content = Content::default();
    let bare = |node: &super::super::description::Node| super::super::description::Node {
        name: "".into(),
        origin: "".into(),
        kind: node.kind.clone(),
    };
    let graph = Description {
        nodes: graph.nodes.iter().map(bare).collect(),
        outputs: graph.outputs.clone(),
    };
    content.graph(&graph, &|path| {
        let name = Path::new(path).file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    });
    content.0
}

/// A path as it is written.
fn seen_from(path: &str, home: Option<&Path>) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let seen = match home {
        Some(home) => relative(&whole, home),
        None => whole,
    };
    seen.to_string_lossy().into_owned()
}

/// A path as it is seen from a directory; both are from the root.
fn relative(path: &Path, home: &Path) -> PathBuf {
    let same = path
        .components()
        .zip(home.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = home.components().skip(same).map(|_| Component::ParentDir);
    up.chain(path.components().skip(same)).collect()
}

/// Bytes that are written one thing after the other.
#[derive(Default)]
struct Content(Vec<u8>);

impl Content {
    fn graph(&mut self, graph: &Description, path: &dyn Fn(&str) -> String) {
        self.count(graph.nodes.len());
        for node in &graph.nodes {
            self.text(&node.name);
            self.text(&node.origin);
            match &node.kind {
                Kind::Constant(value) => {
                    self.0.push(0);
                    self.value(value, &str::to_owned);
                }
                Kind::Files(value) => {
                    self.0.push(1);
                    self.value(value, path);
                }
                Kind::Operation { operation, inputs } => {
                    self.0.push(2);
                    self.text(operation.name);
                    self.inputs(inputs);
                }
                Kind::Given(_) => self.0.push(4),
                // Not in files, but in what tells graphs apart.
                Kind::Foreign { inputs, .. } => {
                    self.0.push(3);
                    self.inputs(inputs);
                }
            }
        }
        self.count(graph.outputs.len());
        for output in &graph.outputs {
            self.count(output.node);
            self.text(&output.label);
        }
    }

    fn inputs(&mut self, inputs: &[usize]) {
        self.count(inputs.len());
        for input in inputs {
            self.count(*input);
        }
    }

    fn value(&mut self, value: &Value, text: &dyn Fn(&str) -> String) {
        match value {
            Value::Array(array) => {
                self.0.push(0);
                self.text(array.dtype().name());
                self.count(array.shape().axes().len());
                for axis in array.shape().axes() {
                    self.long(*axis as u64);
                }
                self.0.extend(array.bytes());
            }
            Value::Text(one) => {
                self.0.push(1);
                self.text(&text(one));
            }
            Value::Bytes(bytes) => {
                self.0.push(2);
                self.long(bytes.len() as u64);
                self.0.extend(bytes.iter());
            }
            Value::List(values) => {
                self.0.push(3);
                self.long(values.len() as u64);
                values.iter().for_each(|value| self.value(&value, text));
            }
        }
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.0.extend(count.to_le_bytes());
    }

    fn long(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }
}
