//! Reading a graph from bytes that may be anything.

use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use flate2::read::ZlibDecoder;

use super::super::array::{Array, Shape, dtype_named};
use super::super::description::{Description, Kind, Node, Output};
use super::super::list::{List, TextList};
use super::super::operations;
use super::super::value::Value;
use super::{DEEPEST, HEADER, LARGEST, MAGIC, Saved, VERSION};

/// What is wrong with a file that ends before its content does.
const CUT_SHORT: &str = "the file is cut short";

/// What is wrong with content that the checksum did not find.
const NO_GRAPH: &str = "what the file holds is no graph";

type Result<T> = std::result::Result<T, String>;

/// The graph in the bytes of a file that lies in `home`.
pub(super) fn file(bytes: &[u8], home: &Path) -> Result<Saved> {
    graph(&content(bytes)?, home)
}

/// The graph in the content of a file that lies in `home`.
pub(super) fn graph(content: &[u8], home: &Path) -> Result<Saved> {
    let mut reader = Reader {
        left: content,
        home,
        values: 0,
    };
    let seed = reader.long()?;
    let graph = reader.graph()?;
    if !reader.left.is_empty() {
        return Err(format!("{NO_GRAPH}: something follows its outputs"));
    }
    Ok(Saved { graph, seed })
}

/// The content of a file, checked and unpacked.
fn content(bytes: &[u8]) -> Result<Vec<u8>> {
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    if start != &MAGIC[..start.len()] || start.is_empty() {
        return Err("not a saved graph".to_owned());
    }
    let header = bytes.get(..HEADER).ok_or(CUT_SHORT)?;
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| header[at + byte]));
    let version = word(8);
    if version > VERSION {
        return Err(format!(
            "a graph of version {version} of the format, and this version of the package reads \
             version {VERSION}: update imagepipe-rs"
        ));
    }
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &bytes[HEADER - 8..]);
    if version == 0 || sum != u64::from(word(12)) {
        return Err("the file is damaged or cut short: its checksum is wrong".to_owned());
    }
    let len = u64::from(word(16)) | u64::from(word(20)) << 32;
    if len > LARGEST {
        return Err(format!("a graph of {len} bytes, more than {LARGEST}"));
    }
    let mut content = Vec::new();
    let unpacked = ZlibDecoder::new(&bytes[HEADER..])
        .take(len + 1)
        .read_to_end(&mut content);
    match unpacked {
        Ok(_) if content.len() as u64 == len => Ok(content),
        _ => Err(format!("{NO_GRAPH}: it cannot be unpacked")),
    }
}

/// The most nodes of a graph, and the most outputs.
const MOST_NODES: usize = 1 << 20;

/// The most values in lists, those of lists of text aside. In memory, a value takes many times the
/// bytes that it may take in a file.
const MOST_VALUES: usize = 1 << 24;

/// Content that is read one thing after the other.
struct Reader<'a> {
    left: &'a [u8],
    home: &'a Path,
    /// How many values of lists have been read.
    values: usize,
}

impl<'a> Reader<'a> {
    fn graph(&mut self) -> Result<Description> {
        let mut graph = Description::default();
        for place in 0..self.bounded("nodes")? {
            let node = self.node()?;
            if node.inputs().iter().any(|input| *input >= place) {
                return Err(format!(
                    "{NO_GRAPH}: node {place} takes one that follows it"
                ));
            }
            graph.nodes.push(node);
        }
        for _ in 0..self.bounded("outputs")? {
            let node = self.count()?;
            let label = self.text()?.into();
            graph.outputs.push(Output { node, label });
        }
        Ok(graph)
    }

    fn node(&mut self) -> Result<Node> {
        let (name, origin) = (self.text()?.into(), self.text()?.into());
        let kind = match self.byte()? {
            0 => Kind::Constant(self.value(DEEPEST)?),
            1 => Kind::Files(self.files()?),
            2 => self.operation()?,
            kind => return Err(format!("{NO_GRAPH}: a node of kind {kind}")),
        };
        Ok(Node { name, origin, kind })
    }

    fn operation(&mut self) -> Result<Kind> {
        let name = self.text()?;
        let operation = operations::named(name).ok_or_else(|| {
            format!("an operation that this version of the package does not have: {name:?}")
        })?;
        let count = self.count()?;
        let inputs: Result<_> = (0..count).map(|_| self.count()).collect();
        let inputs = inputs?;
        Ok(Kind::Operation { operation, inputs })
    }

    /// Paths as they are seen from here.
    fn files(&mut self) -> Result<Value> {
        let Value::List(paths) = self.value(1)? else {
            return Err(format!("{NO_GRAPH}: no list of paths"));
        };
        let mut found = TextList::default();
        for path in paths.iter() {
            found.push(&joined(self.home, Path::new(path.text()?)).to_string_lossy());
        }
        Ok(Value::List(found.into()))
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        match self.byte()? {
            0 => Ok(Value::Array(self.array()?)),
            1 => Ok(Value::Text(self.text()?.into())),
            2 => {
                let len = self.long()?;
                Ok(Value::Bytes(Arc::new(self.take(len)?.to_vec())))
            }
            3 if depth > 0 => Ok(Value::List(self.list(depth - 1)?)),
            _ => Err(format!("{NO_GRAPH}: no value")),
        }
    }

    /// A list; of text, in one piece.
    fn list(&mut self, depth: usize) -> Result<List> {
        // What there is decides how much space is taken, not the number.
        let count = self.long()?;
        let mut texts = TextList::default();
        for read in 0..count {
            if self.left.first() != Some(&1) {
                return self.mixed_list(&texts.into(), count - read, depth);
            }
            self.byte()?;
            texts.push(self.text()?);
        }
        match count {
            0 => Ok(Vec::new().into()),
            _ => Ok(texts.into()),
        }
    }

    /// A list that begins with some texts, and has more values.
    fn mixed_list(&mut self, texts: &List, more: u64, depth: usize) -> Result<List> {
        self.note_values(texts.len())?;
        let mut values: Vec<_> = texts.iter().collect();
        for _ in 0..more {
            self.note_values(1)?;
            values.push(self.value(depth)?);
        }
        Ok(values.into())
    }

    fn note_values(&mut self, count: usize) -> Result<()> {
        self.values += count;
        if self.values > MOST_VALUES {
            return Err(format!("lists of more than {MOST_VALUES} values"));
        }
        Ok(())
    }

    fn array(&mut self) -> Result<Array> {
        let refuse = || format!("{NO_GRAPH}: no array");
        let dtype = dtype_named(self.text()?).ok_or_else(refuse)?;
        let rank = self.count()?;
        let axes = (0..rank).map(|_| usize::try_from(self.long()?).map_err(|_| refuse()));
        let axes = axes.collect::<Result<Vec<_>>>()?;
        let shape = Shape::new(&axes).ok_or_else(refuse)?;
        let bytes = self.take((shape.elements() * dtype.bytes()) as u64)?;
        Array::of_bytes(dtype, shape, bytes).ok_or_else(refuse)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn count(&mut self) -> Result<usize> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A number of nodes or outputs.
    fn bounded(&mut self, what: &str) -> Result<usize> {
        match self.count()? {
            // An end that comes too early is told instead.
            count if count > MOST_NODES && count <= self.left.len() => {
                Err(format!("a graph of {count} {what}, more than {MOST_NODES}"))
            }
            count => Ok(count),
        }
    }

    fn long(&mut self) -> Result<u64> {
        let bytes = self.take(8)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&mut self) -> Result<&'a str> {
        let len = self.count()? as u64;
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| format!("{NO_GRAPH}: text that is not UTF-8"))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        let len = usize::try_from(len)
            .ok()
            .filter(|len| *len <= self.left.len());
        let len = len.ok_or_else(|| format!("{NO_GRAPH}: it ends too early"))?;
        let (taken, left) = self.left.split_at(len);
        self.left = left;
        Ok(taken)
    }
}

/// A path that was written as it is seen from `home`: the one that it was made of, without `..`.
fn joined(home: &Path, seen: &Path) -> PathBuf {
    let mut whole = home.to_path_buf();
    for part in seen.components() {
        if part == Component::ParentDir {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    whole
}
