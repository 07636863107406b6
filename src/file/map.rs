//! A file's bytes as one slice: mapped, or held in memory.
//!
//! Shards of records are mapped where pictures are read (see `read.rs`): they are large and opened
//! once, and records are taken from them in any order. A data set may have more shards than a
//! process may have files, so only some maps keep a descriptor open; the others use the path.
//!
//! A mapped file that is cut short kills the process that touches what is gone (SIGBUS). So
//! [`Map::copy`] does not touch the map: it reads, and a file that is cut short is an error;
//! records are used from copies. [`Map::bytes`] hands out the map itself, for what is looked at
//! here and there, such as the framing and the labels of records, and looks at the file's size
//! before, so it is meant to be called anew for each record. What is left is a file that shrinks
//! between that look and the use.
#![expect(unsafe_code, reason = "mapping a file")]

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;
use rustix::fd::AsFd;
use rustix::fs::{Advice, Mode, OFlags, Stat, fadvise, fstat, open, stat};
use rustix::io::{Errno, pread};
use rustix::process::{Resource, getrlimit};

use crate::error::{Error, Result, counted};

/// A file's bytes, mapped read-only, or held in memory.
#[derive(Debug)]
pub struct Map {
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Mapped {
        map: Mmap,
        file: Identity,
        stamp: Stamp,
        kept: Option<Kept>,
    },
    Held(Vec<u8>),
}

/// Which file it is, whatever its name: device and inode.
#[derive(Debug, PartialEq, Eq)]
struct Identity(u64, u64);

/// What tells whether a file was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Its length in bytes.
    pub len: u64,
    /// When it was written to last, in nanoseconds since 1970.
    pub modified: i64,
}

/// A file that is read here and there: what lies around is not read ahead.
#[derive(Debug)]
pub struct Hops(File);

impl Hops {
    /// Fills `room` with what the file holds from byte `offset` on; false where that is not enough,
    /// or cannot be read.
    #[must_use]
    pub fn read(&self, offset: u64, room: &mut [u8]) -> bool {
        usize::try_from(offset)
            .is_ok_and(|offset| read_from(&self.0, offset, room) == Ok(room.len()))
    }
}

/// How many maps may keep their files open, at most.
const MOST_KEPT: u64 = 256;

/// What part of the files that this process may open maps may keep, at most.
const SHARE: u64 = 4;

/// How many do.
static KEPT: AtomicU64 = AtomicU64::new(0);

/// A file that is kept open.
#[derive(Debug)]
struct Kept(File);

impl Kept {
    /// Keeps a file open, if not too many are.
    fn of(file: File) -> Option<Self> {
        // The limit can be changed while the process runs.
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = MOST_KEPT.min(limit / SHARE);
        let free = KEPT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| {
            (kept < most).then_some(kept + 1)
        });
        free.is_ok().then(|| Self(file))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Map {
    /// Maps the file at `path`, which may be empty.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn open(path: &Path) -> Result<Self> {
        let mapped = open_regular(path).and_then(|file| {
            let status = fstat(&file)?;
            // SAFETY: nothing writes through the map. Another process may write to the file: those
            // who read it take every length from it once and compare it with the slice, so that
            // other bytes are a damaged record and no more; a file that shrinks is found by
            // `bytes`.
            let map = unsafe { Mmap::map(&file) }?;
            // Looking here and there must not bring in megabytes around each place.
            let _ = map.advise(memmap2::Advice::Random);
            let stamp = Stamp {
                len: map.len() as u64,
                modified: modified(&status),
            };
            Ok(Content::Mapped {
                map,
                file: Identity(status.st_dev, status.st_ino),
                stamp,
                kept: Kept::of(file),
            })
        });
        let content = mapped.map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            content,
        })
    }

    /// Reads the file at `path` into memory: for files that are looked at once.
    ///
    /// # Errors
    /// [`Error::Io`], for what is no regular file too.
    pub fn read(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = open_regular(path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
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

    /// What the file was like when it was opened; `None` for bytes in memory.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        match &self.content {
            Content::Mapped { stamp, .. } => Some(*stamp),
            Content::Held(_) => None,
        }
    }

    /// Says whether the bytes are to be read from the first to the last now, or here and there, as
    /// they are at first.
    pub fn expect_all(&self, all: bool) {
        if let Content::Mapped { map, .. } = &self.content {
            // Without it, reading is slower, and no more.
            let _ = map.advise(if all {
                memmap2::Advice::Normal
            } else {
                memmap2::Advice::Random
            });
        }
    }

    /// The file, to be read here and there; `None` for bytes in memory, and where another file has
    /// its name by now.
    #[must_use]
    pub fn hops(&self) -> Option<Hops> {
        let Content::Mapped { file, .. } = &self.content else {
            return None;
        };
        let opened = open_regular(&self.path).ok()?;
        let same = fstat(&opened).is_ok_and(|now| file.is(&now));
        // Where it cannot be asked for, reading ahead is slower, and no more.
        let _ = fadvise(&opened, 0, None, Advice::Random);
        same.then_some(Hops(opened))
    }

    /// The bytes. A file that was removed, or whose name another file has now, is no harm: the map
    /// keeps the old one.
    ///
    /// # Errors
    /// [`Error::Record`] where the file has changed its size since it was opened.
    pub fn bytes(&self) -> Result<&[u8]> {
        match &self.content {
            Content::Held(bytes) => Ok(bytes),
            Content::Mapped {
                map, file, kept, ..
            } => {
                let now = match kept {
                    Some(Kept(kept)) => fstat(kept).ok(),
                    None => stat(&*self.path).ok().filter(|now| file.is(now)),
                };
                self.check_size(map, now.as_ref())?;
                Ok(map)
            }
        }
    }

    /// Copies the bytes in `range`, which ends where the file does or before, to the front of
    /// `room`, which grows as needed. The map is not touched while the file has its name.
    ///
    /// # Errors
    /// As [`Map::bytes`]; [`Error::Io`] for what cannot be read.
    pub fn copy<'a>(&self, range: Range<usize>, room: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        if room.len() < range.len() {
            room.resize(range.len(), 0);
        }
        let room = &mut room[..range.len()];
        let (map, file) = match &self.content {
            Content::Held(bytes) => {
                room.copy_from_slice(&bytes[range]);
                return Ok(room);
            }
            Content::Mapped {
                map,
                kept: Some(Kept(file)),
                ..
            } => (map, file),
            Content::Mapped {
                map,
                file,
                kept: None,
                ..
            } => {
                let own = |opened: &File| fstat(opened).is_ok_and(|now| file.is(&now));
                let Some(opened) = open_regular(&self.path).ok().filter(own) else {
                    // Nobody who has no map of it can cut it short any more, unless it only cannot
                    // be opened.
                    room.copy_from_slice(&self.bytes()?[range]);
                    return Ok(room);
                };
                (map, &{ opened })
            }
        };
        self.check_size(map, fstat(file).ok().as_ref())?;
        let read = read_from(file, range.start, room);
        let read = read.map_err(|source| Error::Io {
            path: self.path.clone(),
            source: source.into(),
        })?;
        if read < room.len() {
            Err(self.changed(map, (range.start + read) as u64))
        } else {
            Ok(room)
        }
    }

    fn check_size(&self, map: &Mmap, now: Option<&Stat>) -> Result<()> {
        match now.and_then(|now| u64::try_from(now.st_size).ok()) {
            Some(len) if len != map.len() as u64 => Err(self.changed(map, len)),
            _ => Ok(()),
        }
    }

    fn changed(&self, map: &Mmap, len: u64) -> Error {
        let reason = format!(
            "the file had {} when it was opened, and has {len} now",
            counted(map.len() as u64, "byte")
        );
        Error::record(&*self.path, len.min(map.len() as u64), reason)
    }
}

impl Identity {
    fn is(&self, status: &Stat) -> bool {
        *self == Self(status.st_dev, status.st_ino)
    }
}

impl Stamp {
    /// That of a file that is open.
    pub(super) fn of(file: impl AsFd) -> io::Result<Self> {
        let status = fstat(file)?;
        Ok(Self {
            len: u64::try_from(status.st_size).unwrap_or_default(),
            modified: modified(&status),
        })
    }
}

fn modified(status: &Stat) -> i64 {
    let nanoseconds = i64::try_from(status.st_mtime_nsec).unwrap_or_default();
    status
        .st_mtime
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

/// Reads from byte `start` of a file until `room` is full or the file ends; returns how many bytes
/// that were.
fn read_from(file: &File, start: usize, room: &mut [u8]) -> rustix::io::Result<usize> {
    let mut at = 0;
    while at < room.len() {
        match pread(file, &mut room[at..], (start + at) as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

fn open_regular(path: &Path) -> io::Result<File> {
    // Opening a pipe must not block; regular files do not care.
    let file = File::from(open(
        path,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
    )?);
    let kind = file.metadata()?;
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
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
                assert_eq!(
                    (map.bytes().unwrap(), map.len(), map.is_empty()),
                    (bytes, bytes.len(), bytes.is_empty())
                );
                assert_eq!(map.path(), path);
            }
        }
    }

    #[test]
    fn copies_are_the_files_bytes_whatever_becomes_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let bytes: Vec<u8> = (0..100_000u32).map(|i| i.to_le_bytes()[1]).collect();
        for keep in [true, false] {
            std::fs::write(&path, &bytes).unwrap();
            let mut map = Map::open(&path).unwrap();
            if let (Content::Mapped { kept, .. }, false) = (&mut map.content, keep) {
                *kept = None;
            }
            let mut room = Vec::new();
            for range in [0..100_000, 99_999..100_000, 5..5, 300..70_000] {
                assert_eq!(map.copy(range.clone(), &mut room).unwrap(), &bytes[range]);
            }
            std::fs::write(folder.path().join("y"), b"another").unwrap();
            std::fs::rename(folder.path().join("y"), &path).unwrap();
            assert_eq!(map.copy(7..9, &mut room).unwrap(), &bytes[7..9]);
            std::fs::remove_file(&path).unwrap();
            assert_eq!(map.copy(7..9, &mut room).unwrap(), &bytes[7..9]);
        }
    }

    #[test]
    fn a_copy_of_what_was_cut_off_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, vec![7; 100_000]).unwrap();
        let map = Map::open(&path).unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(10)
            .unwrap();
        let error = map.copy(50_000..60_000, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::Record { offset: 10, .. }), "{error}");
        let Content::Mapped { map: mapped, .. } = &map.content else {
            panic!("it was mapped")
        };
        // Between the look at the size and the reading.
        assert_eq!(
            read_from(&File::open(&path).unwrap(), 4, &mut [0; 100]),
            Ok(6)
        );
        assert!(matches!(map.changed(mapped, 10), Error::Record { .. }));
    }

    #[test]
    fn more_maps_than_files_may_be_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, b"abc").unwrap();
        let maps: Vec<Map> = (0..MOST_KEPT + 50)
            .map(|_| Map::open(&path).unwrap())
            .collect();
        assert!(KEPT.load(Ordering::Relaxed) <= MOST_KEPT);
        assert!(
            maps.iter()
                .all(|map| map.copy(1..3, &mut Vec::new()).unwrap() == b"bc")
        );
    }

    #[test]
    fn a_file_that_changes_its_size_is_an_error_and_one_that_is_replaced_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("x"), folder.path().join("y"));
        for (len, offset) in [(10_000, 10_000), (200_000, 100_000)] {
            std::fs::write(&path, vec![1; 100_000]).unwrap();
            let map = Map::open(&path).unwrap();
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(len)
                .unwrap();
            let error = map.bytes().unwrap_err();
            assert!(
                matches!(&error, Error::Record { offset: found, .. } if *found == offset),
                "{error}"
            );
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
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        for path in [
            pipe.as_path(),
            folder.path(),
            &folder.path().join("nothing"),
        ] {
            assert!(matches!(Map::open(path), Err(Error::Io { path: named, .. }) if named == path));
            assert!(matches!(Map::read(path), Err(Error::Io { path: named, .. }) if named == path));
        }
    }
}
