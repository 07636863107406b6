//! A file's bytes as one slice: mapped, or held in memory.
//!
//! Shards of records are mapped where images are read (see `read.rs`): they are large and opened
//! once, and records are taken from them in any order. A dataset may have more shards than a
//! process may have files, so only some maps keep a descriptor open; the others use the path.
//!
//! A mapped file that is cut short kills the process that touches what is gone (SIGBUS). So
//! [`Map::copy`] does not touch the map: it reads, and a file that is cut short is an error;
//! records are used from copies. [`Map::bytes`] hands out the map itself, for what is looked at
//! here and there, such as the framing and the labels of records, and looks at the file's size
//! before, so it is meant to be called anew for each record. What is left is a file that shrinks
//! between that look and the use.
#![expect(unsafe_code, reason = "mapping a file")]

mod kept;

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rustix::fs::{Advice, Stat, fadvise, fstat, stat};
use rustix::io::{pread, retry_on_intr};

use super::regular::{Identity, Stamp, open_regular};
use crate::error::{Error, Result, counted};
use kept::Kept;

/// A file's bytes, mapped read-only, or held in memory.
#[derive(Debug)]
pub struct Map {
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Mapped(Mapped),
    Held(Vec<u8>),
}

#[derive(Debug)]
struct Mapped {
    map: Mmap,
    file: Identity,
    stamp: Stamp,
    kept: Option<Kept>,
}

/// A file that is read here and there: what lies around is not read ahead.
#[derive(Debug)]
pub struct RandomAccess(File);

impl RandomAccess {
    /// Fills `buffer` with what the file holds from byte `offset` on; false where that is not
    /// enough, or cannot be read.
    #[must_use]
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> bool {
        usize::try_from(offset).is_ok_and(|offset| {
            read_from(&self.0, offset, buffer).is_ok_and(|read| read == buffer.len())
        })
    }
}

impl Mapped {
    fn new(file: File) -> io::Result<Self> {
        let status = fstat(&file)?;
        // SAFETY: nothing writes through the map. Another process may write to the file: those who
        // read it take every length from it once and compare it with the slice, so that other bytes
        // are a damaged record and no more; a file that shrinks is found by `bytes`.
        let map = unsafe { Mmap::map(&file) }?;
        // Looking here and there must not bring in megabytes around each place.
        let _ = map.advise(memmap2::Advice::Random);
        let stamp = Stamp {
            len: map.len() as u64,
            ..Stamp::in_status(&status)
        };
        Ok(Self {
            map,
            file: Identity::in_status(&status),
            stamp,
            kept: Kept::of(file),
        })
    }

    fn is(&self, status: &Stat) -> bool {
        self.file == Identity::in_status(status)
    }
}

impl Map {
    /// Maps the file at `path`, which may be empty.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn open(path: &Path) -> Result<Self> {
        let mapped = open_regular(path).and_then(Mapped::new);
        Ok(Self {
            path: path.to_owned(),
            content: Content::Mapped(mapped.map_err(Error::at(path))?),
        })
    }

    /// Reads the file at `path` into memory: for files that are looked at once.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn read(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = open_regular(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(Error::at(path))?;
        Ok(Self::in_memory(path.to_owned(), bytes))
    }

    /// Bytes that came from the file at `path`: what a compressed file held, for one.
    #[must_use]
    pub fn in_memory(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self {
            path,
            content: Content::Held(bytes),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn mapped(&self) -> Option<&Mapped> {
        match &self.content {
            Content::Mapped(mapped) => Some(mapped),
            Content::Held(_) => None,
        }
    }

    /// Number of bytes when it was opened.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Mapped(mapped) => mapped.map.len(),
            Content::Held(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the file was like when it was opened; `None` for bytes in memory.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.mapped().map(|mapped| mapped.stamp)
    }

    /// Says whether the bytes are to be read from the first to the last now, or here and there, as
    /// they are at first.
    pub fn expect_all(&self, all: bool) {
        let advice = if all {
            memmap2::Advice::Normal
        } else {
            memmap2::Advice::Random
        };
        // Without it, reading is slower, and no more.
        let _ = self.mapped().map(|mapped| mapped.map.advise(advice));
    }

    /// The file, to be read here and there; `None` for bytes in memory, and where another file has
    /// its name by now.
    #[must_use]
    pub fn random_access(&self) -> Option<RandomAccess> {
        let file = self.reopened(self.mapped()?)?;
        // Where it cannot be asked for, reading ahead is slower, and no more.
        let _ = fadvise(&file, 0, None, Advice::Random);
        Some(RandomAccess(file))
    }

    /// The mapped file, opened anew; `None` where that cannot be, or another one has its name.
    fn reopened(&self, mapped: &Mapped) -> Option<File> {
        let opened = open_regular(&self.path).ok()?;
        let same = fstat(&opened).is_ok_and(|now| mapped.is(&now));
        same.then_some(opened)
    }

    /// The bytes. A file that was removed, or whose name another file has now, is no harm: the map
    /// keeps the old one.
    ///
    /// # Errors
    /// [`Error::Record`] where the file has changed its size since it was opened.
    pub fn bytes(&self) -> Result<&[u8]> {
        match &self.content {
            Content::Held(bytes) => Ok(bytes),
            Content::Mapped(mapped) => {
                let now = match &mapped.kept {
                    Some(Kept(file)) => fstat(file).ok(),
                    None => stat(&*self.path).ok().filter(|now| mapped.is(now)),
                };
                self.check_size(now.as_ref())?;
                Ok(&mapped.map)
            }
        }
    }

    /// Copies the bytes in `range`, which ends where the file does or before, to the front of
    /// `buffer`, which grows as needed. The map is not touched while the file has its name.
    ///
    /// # Errors
    /// As [`Map::bytes`]; [`Error::Io`] for what cannot be read.
    pub fn copy<'a>(&self, range: Range<usize>, buffer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        if buffer.len() < range.len() {
            buffer.resize(range.len(), 0);
        }
        let buffer = &mut buffer[..range.len()];
        let mapped = self.mapped();
        if let Some(Kept(file)) = mapped.and_then(|mapped| mapped.kept.as_ref()) {
            self.read_at(file, range.start, buffer)?;
        } else if let Some(file) = mapped.and_then(|mapped| self.reopened(mapped)) {
            self.read_at(&file, range.start, buffer)?;
        } else {
            // Nobody who has no map of it can cut it short any more, unless it only cannot be
            // opened.
            buffer.copy_from_slice(&self.bytes()?[range]);
        }
        Ok(buffer)
    }

    /// Fills `buffer` with what the mapped file, open as `file`, holds from byte `start` on.
    fn read_at(&self, file: &File, start: usize, buffer: &mut [u8]) -> Result<()> {
        self.check_size(fstat(file).ok().as_ref())?;
        let read = read_from(file, start, buffer).map_err(Error::at(&self.path))?;
        if read < buffer.len() {
            // How long it is can only be asked now: a read that is cut short may have ended before.
            self.check_size(fstat(file).ok().as_ref())?;
            return Err(self.changed((start + read) as u64));
        }
        Ok(())
    }

    fn check_size(&self, now: Option<&Stat>) -> Result<()> {
        match now.and_then(|now| u64::try_from(now.st_size).ok()) {
            Some(len) if len != self.len() as u64 => Err(self.changed(len)),
            _ => Ok(()),
        }
    }

    fn changed(&self, len: u64) -> Error {
        let before = self.len() as u64;
        let bytes = counted(before, "byte");
        let reason = format!("the file had {bytes} when it was opened, and has {len} now");
        Error::record(&*self.path, len.min(before), reason)
    }
}

/// Reads from byte `start` of a file until `buffer` is full or the file ends; returns how many
/// bytes that were.
fn read_from(file: &File, start: usize, buffer: &mut [u8]) -> io::Result<usize> {
    let mut at = 0;
    while at < buffer.len() {
        match retry_on_intr(|| pread(file, &mut buffer[at..], (start + at) as u64))? {
            0 => break,
            read => at += read,
        }
    }
    Ok(at)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests;
