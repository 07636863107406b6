//! Opening regular files, and what tells them apart.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Stat, fstat, openat};
use rustix::path::Arg;

use super::Base;

/// What tells whether a file was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Its length in bytes.
    pub len: u64,
    /// When it was written to last, in nanoseconds since 1970.
    pub modified: i64,
}

/// Which file it is, whatever its name: device and inode.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Stamp {
    /// That of a file that is open.
    pub(super) fn of(file: impl AsFd) -> io::Result<Self> {
        Ok(Self::in_status(&fstat(file)?))
    }

    pub(super) fn in_status(status: &Stat) -> Self {
        let nanoseconds = i64::try_from(status.st_mtime_nsec).unwrap_or_default();
        let seconds = status.st_mtime.saturating_mul(1_000_000_000);
        Self {
            len: u64::try_from(status.st_size).unwrap_or_default(),
            modified: seconds.saturating_add(nanoseconds),
        }
    }
}

impl Identity {
    pub(super) fn in_status(status: &Stat) -> Self {
        Self(status.st_dev, status.st_ino)
    }
}

/// Opens what may be no regular file.
pub(super) fn opened(base: &Base, path: impl Arg) -> rustix::io::Result<OwnedFd> {
    // A pipe under the name of an image must not block; regular files do not care.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    openat(base, path, flags, Mode::empty())
}

/// Opens a regular file.
pub(super) fn open_regular(path: &Path) -> io::Result<File> {
    let file = File::from(opened(&Base::default(), path)?);
    let kind = file.metadata()?;
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(not_regular());
    }
    Ok(file)
}

pub(super) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}
