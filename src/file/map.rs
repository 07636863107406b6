//! A file's bytes as one slice: mapped, or held in memory.
//!
//! Shards of records are mapped where pictures are read (see `read.rs`): they are large and opened once, records are taken
//! from them in any order, and a map keeps no descriptor open, so that a data set may have more shards than a process may
//! have files. What is asked for is used where the kernel has it, without a copy.
//!
//! A mapped file that is cut short kills the process that touches what is gone (SIGBUS). So [`Map::bytes`] looks at the
//! file's size before it hands the bytes out, which costs a microsecond, and is meant to be called anew for each record.
//! What is left is a file that shrinks in the instant between the look and the use, or that loses its name after it was
//! cut short.
#![expect(unsafe_code, reason = "mapping a file")]

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rustix::fs::{Mode, OFlags, fstat, open, stat};

use crate::error::{Error, Result};

/// A file's bytes, mapped read-only, or held in memory.
#[derive(Debug)]
pub struct Map {
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Mapped { map: Mmap, file: Identity },
    Held(Vec<u8>),
}

/// Which file it is, whatever its name: device and inode.
#[derive(Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Map {
    /// Maps the file at `path`, which may be empty.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn open(path: &Path) -> Result<Self> {
        let mapped = open_regular(path).and_then(|file| {
            let status = fstat(&file)?;
            // SAFETY: nothing writes through the map. Another process may write to the file: those who read it take every
            // length from it once and compare it with the slice, so that other bytes are a damaged record and no more;
            // a file that shrinks is found by `bytes`.
            let map = unsafe { Mmap::map(&file) }?;
            Ok(Content::Mapped { map, file: Identity(status.st_dev, status.st_ino) })
        });
        let content = mapped.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), content })
    }

    /// Reads the file at `path` into memory: for files that are looked at once.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn read(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = open_regular(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Ok(Self::in_memory(path.to_owned(), bytes))
    }

    /// Bytes that came from the file at `path`: what a compressed file held, for one.
    #[must_use]
    pub fn in_memory(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self { path, content: Content::Held(bytes) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of bytes when it was opened.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Mapped { map, .. } => map.len(),
            Content::Held(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes. A file that was removed, or whose name another file has now, is no harm: the map keeps the old one.
    ///
    /// # Errors
    /// [`Error::Record`] where the file has changed its size since it was opened.
    pub fn bytes(&self) -> Result<&[u8]> {
        match &self.content {
            Content::Held(bytes) => Ok(bytes),
            Content::Mapped { map, file } => {
                let now = stat(&*self.path).ok().filter(|now| Identity(now.st_dev, now.st_ino) == *file);
                match now.and_then(|now| u64::try_from(now.st_size).ok()) {
                    Some(len) if len != map.len() as u64 => {
                        let reason = format!("the file had {} bytes when it was opened, and has {len} now", map.len());
                        Err(Error::record(&*self.path, len.min(map.len() as u64), reason))
                    }
                    _ => Ok(map),
                }
            }
        }
    }
}

fn open_regular(path: &Path) -> io::Result<File> {
    // Opening a pipe must not block; regular files do not care.
    let file = File::from(open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?);
    let kind = file.metadata()?;
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for bytes in [&b""[..], b"abc", &vec![7; 100_000]] {
            std::fs::write(&path, bytes).unwrap();
            for map in [Map::open(&path).unwrap(), Map::read(&path).unwrap()] {
                assert_eq!((map.bytes().unwrap(), map.len(), map.is_empty()), (bytes, bytes.len(), bytes.is_empty()));
                assert_eq!(map.path(), path);
            }
        }
    }

    #[test]
    fn a_file_that_changes_its_size_is_an_error_and_one_that_is_replaced_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("x"), folder.path().join("y"));
        for (len, offset) in [(10_000, 10_000), (200_000, 100_000)] {
            std::fs::write(&path, vec![1; 100_000]).unwrap();
            let map = Map::open(&path).unwrap();
            File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
            let error = map.bytes().unwrap_err();
            assert!(matches!(&error, Error::Record { offset: found, .. } if *found == offset), "{error}");
        }
        std::fs::write(&path, b"before").unwrap();
        let map = Map::open(&path).unwrap();
        std::fs::write(&other, b"another file").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(map.bytes().unwrap(), b"before");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(map.bytes().unwrap(), b"before");
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        for path in [pipe.as_path(), folder.path(), &folder.path().join("nothing")] {
            assert!(matches!(Map::open(path), Err(Error::Io { path: named, .. }) if named == path));
            assert!(matches!(Map::read(path), Err(Error::Io { path: named, .. }) if named == path));
        }
    }
}
