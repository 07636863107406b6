//! The directory that relative paths start from, for as long as they are used: the process may go
//! elsewhere.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, open, statat};

/// A directory that is kept; by default none, and relative paths start from wherever the process
/// is.
#[derive(Debug, Default)]
pub struct Base(Option<OwnedFd>);

impl Base {
    /// The current directory, if any of `paths` is relative to it and it can be kept.
    pub fn of<'a>(mut paths: impl Iterator<Item = &'a [u8]>) -> Self {
        let here = || {
            open(
                ".",
                OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
                Mode::empty(),
            )
            .ok()
        };
        Self(if paths.any(|path| !path.starts_with(b"/")) {
            here()
        } else {
            None
        })
    }

    /// The length of a file.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn len_of(&self, path: &Path) -> io::Result<u64> {
        let status = statat(self, path, AtFlags::empty())?;
        Ok(u64::try_from(status.st_size).unwrap_or_default())
    }
}

impl AsFd for Base {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().map_or(CWD, AsFd::as_fd)
    }
}
