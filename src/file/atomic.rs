//! Files that appear under their name whole or not at all. The only place that creates, renames and
//! syncs files.
//!
//! On Linux a file is written without any name (`O_TMPFILE`) and linked to its final one when it is
//! finished: whatever ends the process before, the power included, leaves nothing behind. File
//! systems that cannot do that (NFS, some of FUSE's) get a temporary name, `.NAME.part`, which the
//! next run that writes the same file takes over.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FlockOperation, Mode, OFlags, fallocate, flock, fsync, linkat,
    open,
};
use rustix::io::{Errno, retry_on_intr};

use crate::error::{Error, Result};

/// A file that is being written.
#[derive(Debug)]
pub struct Output {
    file: OwnedFd,
    path: PathBuf,
    /// The temporary name, where the file has one.
    staged: Option<PathBuf>,
    /// How long the file will be, if that is known.
    len: Option<u64>,
}

impl Output {
    /// Begins the file that will be `path`, in a directory that is there. If its length is known,
    /// space for it is reserved at once: a full disk is found before anything is written.
    ///
    /// # Errors
    /// [`Error::Write`] when the directory cannot be written, or is full.
    pub fn create(path: &Path, len: Option<u64>) -> Result<Self> {
        let fail = |source: Errno| failure(path, len.unwrap_or(0), source);
        let (file, staged) = match unnamed(folder_of(path)) {
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {
                let staged = part_of(path);
                (named(&staged).map_err(fail)?, Some(staged))
            }
            file => (file.map_err(fail)?, None),
        };
        let output = Self {
            file,
            path: path.to_owned(),
            staged,
            len,
        };
        output.reserve(len.unwrap_or(0))?;
        Ok(output)
    }

    fn reserve(&self, len: u64) -> Result<()> {
        if len == 0 {
            return Ok(());
        }
        match fallocate(&self.file, FallocateFlags::empty(), 0, len) {
            // What cannot be reserved can still be written.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            Err(source) => Err(self.failure(len, source)),
        }
    }

    /// The name that the file will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `bytes` at `offset`; parts may come in any order, from any thread.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write_at(&self, mut bytes: &[u8], mut offset: u64) -> Result<()> {
        while !bytes.is_empty() {
            match retry_on_intr(|| rustix::io::pwrite(&self.file, bytes, offset)) {
                Ok(0) => return Err(self.failure(bytes.len() as u64, Errno::IO)),
                Ok(written) => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
                Err(source) => return Err(self.failure(bytes.len() as u64, source)),
            }
        }
        Ok(())
    }

    /// Gives the file its name; with `durable` when its bytes are on the disk. With `replace` a
    /// file of that name gives way, at one instant.
    ///
    /// # Errors
    /// [`Error::Exists`], or [`Error::Write`].
    pub fn commit(mut self, durable: bool, replace: bool) -> Result<()> {
        let outcome = self.publish(durable, replace);
        outcome.map_err(|source| match source {
            _ if self.path.is_dir() => a_directory(&self.path),
            Errno::EXIST => Error::Exists {
                path: self.path.clone(),
                resumable: false,
            },
            source => self.failure(0, source),
        })
    }

    fn publish(&mut self, durable: bool, replace: bool) -> rustix::io::Result<()> {
        if durable {
            fsync(&self.file)?;
        }
        match self.link(&self.path) {
            Err(Errno::EXIST) if replace => self.supplant()?,
            linked => linked?,
        }
        if !durable {
            return Ok(());
        }
        match fsync(directory(folder_of(&self.path))?) {
            // Some file systems have no way to sync a directory.
            Err(Errno::INVAL) => Ok(()),
            synced => synced,
        }
    }

    /// Gives the file one more name, which must be free.
    fn link(&self, to: &Path) -> rustix::io::Result<()> {
        if let Some(staged) = &self.staged {
            return linkat(CWD, staged, CWD, to, AtFlags::empty());
        }
        let descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, &*descriptor, CWD, to, AtFlags::SYMLINK_FOLLOW)
    }

    /// Takes the place of the file that has the name.
    #[expect(clippy::disallowed_methods, reason = "this is where files are renamed")]
    fn supplant(&mut self) -> rustix::io::Result<()> {
        // Others that replace the same file would take this one's temporary name.
        let folder = directory(folder_of(&self.path))?;
        let _held = flock(&folder, FlockOperation::LockExclusive);
        if self.staged.is_none() {
            let staged = part_of(&self.path);
            // A leftover of another run on a file system of another day.
            let _ = std::fs::remove_file(&staged);
            self.link(&staged)?;
            self.staged = Some(staged);
        }
        if let Some(staged) = &self.staged {
            std::fs::rename(staged, &self.path).map_err(errno)?;
        }
        self.staged = None;
        Ok(())
    }

    fn failure(&self, bytes: u64, source: Errno) -> Error {
        failure(&self.path, self.len.unwrap_or(bytes), source)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(staged) = &self.staged {
            // If it stays, the next run takes it over.
            let _ = std::fs::remove_file(staged);
        }
    }
}

/// Writes a small file as a whole.
///
/// # Errors
/// [`Error::Exists`] unless `replace`, [`Error::Write`].
pub fn write_whole(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let output = Output::create(path, Some(bytes.len() as u64))?;
    output.write_at(bytes, 0)?;
    output.commit(true, replace)
}

/// Looks whether a file can be written at `path`: with `replace` one that is there gives way, a
/// directory never. `resumable` as in [`Error::Exists`].
///
/// # Errors
/// [`Error::Exists`], [`Error::Dataset`].
pub fn check_free(path: &Path, replace: bool, resumable: bool) -> Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(a_directory(path)),
        Ok(_) if !replace => Err(Error::Exists {
            path: path.to_owned(),
            resumable,
        }),
        _ => Ok(()),
    }
}

/// The error of a file that is to take the place of a directory.
fn a_directory(path: &Path) -> Error {
    let reason = "is a directory, and a file of that name is to be written";
    Error::dataset(path, reason)
}

/// Makes a directory and those above it, unless it is there.
///
/// # Errors
/// [`Error::Write`]; [`Error::Dataset`] where something else is there.
pub fn make_directory(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let Err(source) = std::fs::create_dir_all(path) else {
        return Ok(());
    };
    if path.exists() {
        let reason = "is not a directory, and is to be written to";
        return Err(Error::dataset(path, reason));
    }
    if path.is_symlink() {
        let reason = "is a link to something that is not there, and is to be written to";
        return Err(Error::dataset(path, reason));
    }
    Err(Error::Write {
        path: path.to_owned(),
        bytes: 0,
        source,
    })
}

fn failure(path: &Path, bytes: u64, source: Errno) -> Error {
    Error::Write {
        path: path.to_owned(),
        bytes,
        source: io::Error::from(source),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn directory(path: &Path) -> rustix::io::Result<OwnedFd> {
    open(
        path,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// The temporary name of a file.
fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_else(|| OsStr::new("output")));
    name.push(".part");
    path.with_file_name(name)
}

/// What the process' mask makes of it is up to the user.
const MODE: Mode = Mode::from_raw_mode(0o666);

#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> rustix::io::Result<OwnedFd> {
    open(
        folder,
        OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
        MODE,
    )
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path) -> rustix::io::Result<OwnedFd> {
    Err(Errno::OPNOTSUPP)
}

/// A file with a temporary name, held against other processes that write the same output.
fn named(path: &Path) -> rustix::io::Result<OwnedFd> {
    let file = open(
        path,
        OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW,
        MODE,
    )?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let file = File::from(file);
    file.set_len(0).map_err(errno)?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    }

    /// Both ways of writing, whatever the file system here can do.
    fn outputs(path: &Path) -> Vec<Output> {
        let staged = part_of(path);
        let by_name = Output {
            file: named(&staged).unwrap(),
            path: path.to_owned(),
            staged: Some(staged),
            len: None,
        };
        vec![by_name, Output::create(path, Some(6)).unwrap()]
    }

    #[test]
    fn writers_of_one_file_do_not_fail_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_whole(&path, b"old", false).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| write_whole(&path, b"new", true).unwrap()));
            }
        });
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_file_appears_when_it_is_finished() {
        for way in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            let output = outputs(&path).swap_remove(way);
            output.write_at(b"def", 3).unwrap();
            assert!(!path.exists());
            output.write_at(b"abc", 0).unwrap();
            output.commit(true, false).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"abcdef");
            assert_eq!(names(folder.path()), ["x"]);
        }
    }

    #[test]
    fn what_is_there_stays_unless_it_is_to_be_replaced() {
        for way in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            write_whole(&path, b"first", false).unwrap();
            let error = outputs(&path)
                .swap_remove(way)
                .commit(false, false)
                .unwrap_err();
            assert!(
                matches!(&error, Error::Exists { path: named, .. } if *named == path),
                "{error}"
            );
            let output = outputs(&path).swap_remove(way);
            output.write_at(b"second", 0).unwrap();
            output.commit(true, true).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"second");
            assert_eq!(names(folder.path()), ["x"]);
        }
    }

    #[test]
    fn what_cannot_be_replaced_stays_alone() {
        for way in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            make_directory(&path.join("inside")).unwrap();
            let error = outputs(&path)
                .swap_remove(way)
                .commit(false, true)
                .unwrap_err();
            assert!(matches!(error, Error::Dataset { .. }), "{error}");
            assert_eq!(names(folder.path()), ["x"]);
        }
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for output in outputs(&folder.path().join("x")) {
            output.write_at(b"abc", 0).unwrap();
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_leftover_of_a_killed_run_is_taken_over_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let staged = folder.path().join(".x.part");
        let living = named(&staged).unwrap();
        assert_eq!(named(&staged).unwrap_err(), Errno::AGAIN);
        rustix::io::pwrite(&living, b"left over, and longer", 0).unwrap();
        drop(living);
        let output = outputs(&folder.path().join("x")).swap_remove(0);
        output.write_at(b"new", 0).unwrap();
        output.commit(true, false).unwrap();
        assert_eq!(std::fs::read(folder.path().join("x")).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["x"]);
    }

    #[test]
    fn no_such_directory_names_the_file() {
        let error = Output::create(Path::new("/no/such/folder/x"), Some(12)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/no/such/folder/x: cannot write 12 bytes: No such file or directory"
        );
    }
}
