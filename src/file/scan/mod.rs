//! Lists a directory tree: in parallel, without a `stat` per file, names in one block of memory per
//! directory.
//!
//! What is listed does not depend on the order in which the system or the threads come upon it.
//! Symbolic links to directories are followed wherever they lead, so a directory that several lead
//! to is listed as often; but not back to a directory that was entered on the way there, so circles
//! end.

mod contents;

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, fstat, open};

use super::parallel::in_pool;
use super::regular::Identity;
use crate::error::{Error, Result};
use crate::sync::lock;
use contents::Contents;

/// The files of one directory.
#[derive(Debug)]
pub struct Folder {
    /// The directory, relative to the root; empty for the root itself.
    pub path: Vec<u8>,
    /// The names of its files, sorted by bytes, each with a NUL behind it.
    pub names: Vec<u8>,
    /// How many names those are.
    pub files: usize,
    /// The names of its other files, in the same way.
    pub others: Vec<u8>,
    /// The names of what is wanted by its name but is no regular file, nor a link to one: FIFOs,
    /// sockets, devices.
    pub special: Vec<u8>,
}

/// A listed tree.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every directory, with or without files, the root first, then by path: components compared as
    /// bytes.
    pub folders: Vec<Folder>,
}

/// A directory that waits to be read. It is not open yet, since a dataset may have more of them
/// than a process may have open files. By default it is the root.
#[derive(Default)]
struct Pending {
    path: Vec<u8>,
    /// The directory that it was found in; none of the root.
    parent: Option<Arc<Entered>>,
    /// Found as a link: otherwise one is not followed, should it have taken the directory's place.
    link: bool,
}

/// A directory that was entered, and those on the way to it.
struct Entered {
    identity: Identity,
    parent: Option<Arc<Entered>>,
    /// How many links lead here from the root.
    links: usize,
}

/// More links than this, each in a directory that the one before leads to, are an error:
/// directories that all link to each other have more paths through them than anybody could wait
/// for.
const MOST_LINKS: usize = 8;

struct Walk<'a> {
    root: &'a Path,
    wanted: &'a (dyn Fn(&[u8]) -> bool + Sync),
    /// What was listed so far, or what could not be.
    listed: Mutex<Result<Vec<Folder>>>,
}

/// Lists the files under `root`, those whose names `wanted` accepts and the others, on up to
/// `threads` threads. Names that start with a dot, and everything in directories so named or that
/// are [clutter](super::is_clutter), are left out.
///
/// # Errors
/// [`Error::Io`] for a directory that cannot be read; a file is not touched, so cannot fail.
/// [`Error::Dataset`] for one that is behind too many links.
pub fn scan(
    root: &Path,
    threads: usize,
    wanted: &(dyn Fn(&[u8]) -> bool + Sync),
) -> Result<Listing> {
    let walk = Walk {
        root,
        wanted,
        listed: Mutex::new(Ok(Vec::new())),
    };
    let walked = in_pool(threads, |pool| {
        pool.scope(|scope| walk.spread(&Pending::default(), scope));
    });
    if walked.is_none() {
        let mut pending = vec![Pending::default()];
        while let Some(next) = pending.pop() {
            pending.extend(walk.list(&next));
        }
    }
    let listed = walk.listed.into_inner();
    let mut folders = listed.unwrap_or_else(PoisonError::into_inner)?;
    folders.sort_unstable_by(|a, b| a.components().cmp(b.components()));
    Ok(Listing { folders })
}

impl Folder {
    fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.path.split(|byte| *byte == b'/')
    }
}

impl Walk<'_> {
    /// Lists a directory, and each of those in it as a task of its own.
    fn spread<'scope>(&'scope self, pending: &Pending, scope: &Scope<'scope>) {
        for below in self.list(pending) {
            scope.spawn(move |scope| self.spread(&below, scope));
        }
    }

    /// Lists a directory, unless another one could not be; returns those in it.
    fn list(&self, pending: &Pending) -> Vec<Pending> {
        if lock(&self.listed).is_err() {
            return Vec::new();
        }
        let read = self.read(pending);
        match (&mut *lock(&self.listed), read) {
            (Ok(folders), Ok(Some((folder, below)))) => {
                folders.push(folder);
                return below;
            }
            (listed @ Ok(_), Err(error)) => *listed = Err(error),
            _ => {}
        }
        Vec::new()
    }

    /// The files of a directory, and the directories in it; `None` if it leads back to where it was
    /// found.
    fn read(&self, pending: &Pending) -> Result<Option<(Folder, Vec<Pending>)>> {
        let Some((directory, entered)) = self.enter(pending)? else {
            return Ok(None);
        };
        let contents = Contents::read(&directory, self.wanted);
        let contents = contents.map_err(|source| self.error(pending, source))?;
        let folders = contents.folders.iter().map(|name| (name, false));
        let links = contents.links.iter().map(|name| (name, true));
        let below = |(name, link): (&CString, bool)| Pending {
            path: joined(&pending.path, name),
            parent: Some(Arc::clone(&entered)),
            link,
        };
        let below = folders.chain(links).map(below).collect();
        let folder = Folder {
            path: pending.path.clone(),
            names: contents.files.sorted(),
            files: contents.files.len(),
            others: contents.others.sorted(),
            special: contents.special.sorted(),
        };
        Ok(Some((folder, below)))
    }

    /// Opens a directory, unless it was entered on the way to it.
    fn enter(&self, pending: &Pending) -> Result<Option<(OwnedFd, Arc<Entered>)>> {
        let opened = self.open(pending);
        let (directory, identity) = opened.map_err(|source| self.error(pending, source))?;
        let parent = pending.parent.clone();
        if on_the_way(parent.as_ref()).any(|entered| entered.identity == identity) {
            return Ok(None);
        }
        let links = parent.as_ref().map_or(0, |parent| parent.links) + usize::from(pending.link);
        if links > MOST_LINKS {
            let reason =
                format!("behind more than {MOST_LINKS} links to directories, one inside another");
            return Err(Error::dataset(self.full(&pending.path), reason));
        }
        let entered = Entered {
            identity,
            parent,
            links,
        };
        Ok(Some((directory, Arc::new(entered))))
    }

    fn open(&self, pending: &Pending) -> rustix::io::Result<(OwnedFd, Identity)> {
        let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        flags.set(OFlags::NOFOLLOW, !pending.link && pending.parent.is_some());
        let path = self.root.join(OsStr::from_bytes(&pending.path));
        let directory = open(path, flags, Mode::empty())?;
        let identity = Identity::in_status(&fstat(&directory)?);
        Ok((directory, identity))
    }

    fn error(&self, pending: &Pending, source: impl Into<io::Error>) -> Error {
        Error::at(self.full(&pending.path))(source.into())
    }

    fn full(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() {
            self.root.to_path_buf()
        } else {
            self.root.join(OsStr::from_bytes(path))
        }
    }
}

/// A directory, the one it was found in, and so on up to the root.
fn on_the_way(last: Option<&Arc<Entered>>) -> impl Iterator<Item = &Entered> {
    std::iter::successors(last.map(Arc::as_ref), |entered| entered.parent.as_deref())
}

fn joined(folder: &[u8], name: &CStr) -> Vec<u8> {
    let mut path = PathBuf::from(OsStr::from_bytes(folder));
    path.push(OsStr::from_bytes(name.to_bytes()));
    path.into_os_string().into_vec()
}

#[cfg(test)]
mod tests;
