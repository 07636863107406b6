//! Graphs in files: what a `.pipe` file holds, and how it is written and read.
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `\x89PIPE\r\n\x1a` |
//! | 4 | version of the format: 1 |
//! | 4 | CRC-32 (ISO-HDLC) of all that follows |
//! | 8 | length of the content |
//! | … | the content, as a zlib stream |
//!
//! The content is a seed (8 bytes), the nodes and the outputs. A number of things, and the number
//! of a node, takes 4 bytes; a text is its length and its UTF-8. A node is its name, its origin, a
//! byte for its kind, and what that needs: 0, a constant: a value; 1, paths: a value; 2, an
//! operation: its name, and the nodes it takes. An output is a node and a label. A value is a byte
//! for its kind, and: 0, an array: the type of its elements as a text, the number of axes, 8 bytes
//! for each, and the elements; 1, a text; 2, bytes: 8 for their number, and themselves; 3, a list:
//! 8 bytes for its length, and its values.
//!
//! Paths are relative to the file unless they are to stay absolute. What is read is checked as any
//! graph is: a file cannot make a cycle, and how much memory it takes is bounded: by its content,
//! which has 2 GiB at most, and by the numbers of nodes and of values in lists.

mod read;
mod write;

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::description::{Description, Kind};
use super::list::DEEPEST;
use crate::error::{Error, Fault, Result};
use crate::file;
use crate::random::hash_bytes;

const MAGIC: [u8; 8] = *b"\x89PIPE\r\n\x1a";
const VERSION: u32 = 1;
/// Bytes before the content.
const HEADER: usize = 24;
/// The most bytes of content: more than anybody's constants, and less than fills a machine.
const LARGEST: u64 = 2 << 30;

/// A graph with the seed of its random numbers.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The graph.
    pub graph: Description,
    /// The seed.
    pub seed: u64,
}

impl Saved {
    /// Writes the graph to a file, whole or not at all; with `replace`, in place of one that is
    /// there.
    ///
    /// With `relocatable`, paths of files are written as they are seen from the file's directory,
    /// so that both can be moved together.
    ///
    /// # Errors
    /// [`Error::Graph`] for a node that cannot be saved, [`Error::Exists`] for a file that is there,
    /// [`Error::Write`] for one that cannot be written, [`Error::Dataset`] for what is no regular
    /// file.
    pub fn save(&self, path: &Path, relocatable: bool, replace: bool) -> Result<()> {
        if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(Error::dataset(path, "not a regular file"));
        }
        let home = relocatable.then(|| directory(path)).transpose()?;
        let bytes = write::file(self, home.as_deref())?;
        file::write_whole(path, &bytes, replace)
    }

    /// The bytes of a file, in which paths are absolute.
    ///
    /// # Errors
    /// [`Error::Graph`] for a node that cannot be saved.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        write::file(self, None)
    }

    /// The graph in such bytes.
    ///
    /// # Errors
    /// Why there is none.
    pub fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, String> {
        read::file(bytes, Path::new("/"))
    }

    /// Reads a file that [`Saved::save`] has written.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::Dataset`] for one that is cut short,
    /// damaged, no graph, or of a later version.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = content_of(path)?;
        let home = directory(path)?;
        read::file(&bytes, &home).map_err(|reason| Error::dataset(path, reason))
    }
}

impl Saved {
    /// The graph in the content of a file that lies in `home`: what the fuzzer asks, for which a
    /// checksum is too hard to guess.
    ///
    /// # Errors
    /// Why it is none.
    #[doc(hidden)]
    pub fn of_content(content: &[u8], home: &Path) -> std::result::Result<Self, String> {
        read::graph(content, home)
    }
}

impl Description {
    /// 64 bits that tell it from graphs of other samples. Where nodes were made, and in which
    /// directory their files lie, is no part of it.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        hash_bytes(&write::identity(self))
    }

    /// The first node that cannot be saved.
    fn check_savable(&self) -> Result<(), Fault> {
        let foreign = |kind: &Kind| matches!(kind, Kind::Foreign { .. });
        match self.nodes.iter().find(|node| foreign(&node.kind)) {
            Some(node) => Err(node.fault("a function of your own cannot be saved or pickled")),
            None => Ok(()),
        }
    }
}

/// The bytes of a file that begins as those of graphs do, and is no longer than they can be.
fn content_of(path: &Path) -> Result<Vec<u8>> {
    // Before it is opened, which may wait for another process where it is a pipe.
    let about = std::fs::metadata(path).map_err(Error::at(path))?;
    if !about.is_file() {
        return Err(Error::dataset(path, "not a regular file"));
    }
    let file = std::fs::File::open(path).map_err(Error::at(path))?;
    let mut bytes = Vec::new();
    let begin = MAGIC.len() as u64;
    let read = (&file).take(begin).read_to_end(&mut bytes);
    read.map_err(Error::at(path))?;
    // What follows is looked at only if it can be a graph; zlib makes nothing much longer.
    if bytes == MAGIC {
        let most = LARGEST + LARGEST / 1000 + 4096;
        let read = (&file).take(most).read_to_end(&mut bytes);
        read.map_err(Error::at(path))?;
    }
    Ok(bytes)
}

/// The directory that a file is in, from the root, without `..`.
fn directory(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).map_err(Error::at(path))?;
    let mut whole = PathBuf::new();
    for part in absolute.components() {
        if part == Component::ParentDir {
            // What is above a link is above where it leads to.
            whole = whole.canonicalize().unwrap_or(whole);
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    whole.pop();
    Ok(whole)
}

#[cfg(test)]
mod tests;
