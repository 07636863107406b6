//! Lists a directory tree: in parallel, without a `stat` per file, names in one block of memory per
//! directory.
//!
//! What is listed does not depend on the order in which the system or the threads come upon it.
//! Symbolic links to directories are followed wherever they lead, so a directory that several lead
//! to is listed as often; but not back to a directory that was entered on the way there, so circles
//! end.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, open, statat};

use super::names::is_clutter;
use super::parallel::in_pool;
use crate::error::{Error, Result};

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

/// Identity of a directory: device and inode.
type Identity = (u64, u64);

/// A directory that waits to be read. It is not open yet, since a data set may have more of them
/// than a process may have open files.
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

/// What one directory holds, as it is read.
#[derive(Default)]
struct Contents {
    files: Names,
    others: Names,
    special: Names,
    folders: Vec<CString>,
    links: Vec<CString>,
}

/// Names as they come, in one block.
#[derive(Default)]
struct Names {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

/// Lists the files under `root`, those whose names `wanted` accepts and the others, on up to
/// `threads` threads. Names that start with a dot, and everything in directories so named or that
/// are [clutter](is_clutter), are left out.
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
    let first = || Pending {
        path: Vec::new(),
        parent: None,
        link: false,
    };
    let walked = in_pool(threads, |pool| {
        pool.scope(|scope| walk.spread(&first(), scope));
    });
    if walked.is_none() {
        let mut pending = vec![first()];
        while let Some(next) = pending.pop() {
            pending.extend(walk.list(&next));
        }
    }
    let listed = walk.listed.into_inner();
    let mut folders = listed.unwrap_or_else(PoisonError::into_inner)?;
    folders.sort_unstable_by(|a, b| {
        a.path
            .split(|c| *c == b'/')
            .cmp(b.path.split(|c| *c == b'/'))
    });
    Ok(Listing { folders })
}

impl Walk<'_> {
    fn full(&self, path: &[u8]) -> PathBuf {
        if path.is_empty() {
            self.root.to_path_buf()
        } else {
            self.root.join(OsStr::from_bytes(path))
        }
    }

    fn error(&self, path: &[u8], source: impl Into<io::Error>) -> Error {
        Error::Io {
            path: self.full(path),
            source: source.into(),
        }
    }

    /// Opens a directory, unless it was entered on the way to it.
    fn opened(&self, pending: &Pending) -> Result<Option<(OwnedFd, Arc<Entered>)>> {
        let fail = |error: rustix::io::Errno| self.error(&pending.path, error);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let flags = if pending.link || pending.parent.is_none() {
            flags
        } else {
            flags | OFlags::NOFOLLOW
        };
        let directory = open(
            self.root.join(OsStr::from_bytes(&pending.path)),
            flags,
            Mode::empty(),
        )
        .map_err(fail)?;
        let stat = fstat(&directory).map_err(fail)?;
        #[expect(
            clippy::useless_conversion,
            reason = "the types differ between systems"
        )]
        let identity = (u64::from(stat.st_dev), u64::from(stat.st_ino));
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
        Ok(Some((
            directory,
            Arc::new(Entered {
                identity,
                parent,
                links,
            }),
        )))
    }

    /// Lists a directory, and each of those in it as a task of its own.
    fn spread<'scope>(&'scope self, pending: &Pending, scope: &Scope<'scope>) {
        for below in self.list(pending) {
            scope.spawn(move |scope| self.spread(&below, scope));
        }
    }

    /// Lists a directory, unless another one could not be; returns those in it.
    fn list(&self, pending: &Pending) -> Vec<Pending> {
        let lock = || self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().is_err() {
            return Vec::new();
        }
        let read = self.read(pending);
        match (&mut *lock(), read) {
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
        let Some((directory, entered)) = self.opened(pending)? else {
            return Ok(None);
        };
        let mut contents = Contents::default();
        entries(&directory, |name, kind| {
            self.sort_in(&directory, name, kind, &mut contents)
        })
        .map_err(|error| self.error(&pending.path, error))?;
        let folders = contents.folders.iter().map(|name| (name, false));
        let links = contents.links.iter().map(|name| (name, true));
        let below = |(name, link): (&CString, bool)| Pending {
            path: joined(&pending.path, name),
            parent: Some(Arc::clone(&entered)),
            link,
        };
        let below = folders.chain(links).map(below).collect();
        let files = contents.files.starts.len();
        let [names, others, special] = [contents.files, contents.others, contents.special]
            .map(|names| sorted(&names.bytes, &names.starts));
        let folder = Folder {
            path: pending.path.clone(),
            names,
            files,
            others,
            special,
        };
        Ok(Some((folder, below)))
    }

    /// Takes one directory entry down as what it is.
    fn sort_in(
        &self,
        directory: &OwnedFd,
        name: &CStr,
        kind: FileType,
        contents: &mut Contents,
    ) -> io::Result<()> {
        if name.to_bytes().starts_with(b".") {
            return Ok(());
        }
        let mut kind = kind;
        if kind == FileType::Unknown {
            kind = kind_of(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        if kind == FileType::Directory {
            if !is_clutter(name.to_bytes()) {
                contents.folders.push(name.to_owned());
            }
            return Ok(());
        }
        if kind == FileType::Symlink {
            match kind_of(directory, name, AtFlags::empty()) {
                Ok(FileType::Directory) => {
                    if !is_clutter(name.to_bytes()) {
                        contents.links.push(name.to_owned());
                    }
                    return Ok(());
                }
                Ok(target) => kind = target,
                // A link to nothing is listed: reading it names the file, leaving it out would lose
                // it silently.
                Err(_) => kind = FileType::RegularFile,
            }
        }
        match (
            kind == FileType::RegularFile,
            (self.wanted)(name.to_bytes()),
        ) {
            (true, true) => contents.files.add(name),
            (true, false) => contents.others.add(name),
            (false, true) => contents.special.add(name),
            (false, false) => Ok(()),
        }
    }
}

/// A directory, the one it was found in, and so on up to the root.
fn on_the_way(last: Option<&Arc<Entered>>) -> impl Iterator<Item = &Entered> {
    std::iter::successors(last.map(Arc::as_ref), |entered| entered.parent.as_deref())
}

impl Names {
    fn add(&mut self, name: &CStr) -> io::Result<()> {
        self.starts
            .push(u32::try_from(self.bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?);
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
        Ok(())
    }
}

fn kind_of(directory: &OwnedFd, name: &CStr, flags: AtFlags) -> io::Result<FileType> {
    Ok(FileType::from_raw_mode(
        statat(directory, name, flags)?.st_mode,
    ))
}

fn joined(folder: &[u8], name: &CStr) -> Vec<u8> {
    let mut path = PathBuf::from(OsStr::from_bytes(folder));
    path.push(OsStr::from_bytes(name.to_bytes()));
    path.into_os_string().into_vec()
}

/// The names in order. The first eight bytes, big-endian, decide nearly every comparison without
/// touching the names.
fn sorted(names: &[u8], starts: &[u32]) -> Vec<u8> {
    let name = |start: u32| {
        let rest = &names[start as usize..];
        &rest[..=rest.iter().position(|b| *b == 0).unwrap_or(rest.len() - 1)]
    };
    let common = starts.first().map_or(0, |&first| {
        let first = name(first);
        starts.iter().fold(first.len(), |common, &s| {
            first[..common]
                .iter()
                .zip(name(s))
                .take_while(|(a, b)| a == b)
                .count()
        })
    });
    let key = |start: u32| {
        let mut head = [0; 8];
        let tail = &name(start)[common..];
        let len = tail.len().min(8);
        head[..len].copy_from_slice(&tail[..len]);
        u64::from_be_bytes(head)
    };
    let mut order: Vec<(u64, u32)> = starts.iter().map(|&s| (key(s), s)).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(name(b.1))));
    let mut out = Vec::with_capacity(names.len());
    for (_, start) in order {
        out.extend_from_slice(name(start));
    }
    out
}

/// Calls `each` with every entry of a directory, by large reads of the raw entries: nothing is
/// allocated per entry.
#[cfg(target_os = "linux")]
fn entries(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr, FileType) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(256 << 10);
    let mut raw = rustix::fs::RawDir::new(directory.as_fd(), buffer.spare_capacity_mut());
    while let Some(entry) = raw.next() {
        let entry = entry?;
        each(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}

/// Calls `each` with every entry of a directory.
#[cfg(not(target_os = "linux"))]
fn entries(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr, FileType) -> io::Result<()>,
) -> io::Result<()> {
    for entry in rustix::fs::Dir::read_from(directory.as_fd())? {
        let entry = entry?;
        each(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn touch(root: &Path, name: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }

    fn listed(root: &Path, threads: usize) -> Vec<String> {
        let listing = scan(root, threads, &|name| name.ends_with(b".x")).unwrap();
        let path = |folder: &Folder, name: &[u8]| {
            format!(
                "{}/{}",
                String::from_utf8_lossy(&folder.path),
                String::from_utf8_lossy(name)
            )
        };
        let mut all = Vec::new();
        for folder in &listing.folders {
            let names: Vec<_> = folder
                .names
                .split(|b| *b == 0)
                .filter(|n| !n.is_empty())
                .collect();
            assert_eq!(names.len(), folder.files);
            all.extend(names.iter().map(|name| path(folder, name)));
        }
        all
    }

    #[test]
    fn the_order_is_of_names_not_of_creation() {
        let names = [
            "b/2.x",
            "b/10.x",
            "a/z.x",
            "a/sub/1.x",
            "a b/3.x",
            "top.x",
            "a/é.x",
            "a/longer-name-2.x",
            "a/longer-name-10.x",
        ];
        let mut orders = Vec::new();
        for reverse in [false, true] {
            let root = tempfile::tempdir().unwrap();
            let mut names = names.to_vec();
            if reverse {
                names.reverse();
            }
            for name in &names {
                touch(root.path(), name);
            }
            orders.push(listed(root.path(), 1));
            orders.push(listed(root.path(), 4));
        }
        assert!(orders.iter().all(|order| *order == orders[0]), "{orders:?}");
        assert_eq!(orders[0].len(), names.len());
        assert_eq!(orders[0][0], "/top.x");
    }

    #[test]
    fn hidden_files_other_names_and_special_files_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/1.x", "a/.2.x", ".git/3.x", "a/readme"] {
            touch(root.path(), name);
        }
        for name in ["a/pipe.x", "a/pipe"] {
            rustix::fs::mknodat(
                rustix::fs::CWD,
                root.path().join(name),
                FileType::Fifo,
                Mode::RUSR,
                0,
            )
            .unwrap();
        }
        symlink("pipe", root.path().join("a/link.x")).unwrap();
        assert_eq!(listed(root.path(), 2), ["a/1.x"]);
        let listing = scan(root.path(), 2, &|name| name.ends_with(b".x")).unwrap();
        assert_eq!(
            listing.folders[1].special, b"link.x\0pipe.x\0",
            "and wanted ones are told"
        );
    }

    #[test]
    fn other_files_are_listed_too_in_order() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/1.x", "a/z", "a/b.tif", "a/.hidden", "y"] {
            touch(root.path(), name);
        }
        for threads in [1, 4] {
            let listing = scan(root.path(), threads, &|name| name.ends_with(b".x")).unwrap();
            let others: Vec<&[u8]> = listing
                .folders
                .iter()
                .map(|folder| folder.others.as_slice())
                .collect();
            assert_eq!(others, [&b"y\0"[..], b"b.tif\0z\0"]);
        }
    }

    #[test]
    fn folders_that_programs_make_for_themselves_are_not_walked() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "__MACOSX/a/1.x",
            "a/@eaDir/2.x/2.x",
            "lost+found/3.x",
            ".ipynb_checkpoints/4.x",
            "a/5.x",
        ] {
            touch(root.path(), name);
        }
        symlink(root.path().join("a"), root.path().join("#recycle")).unwrap();
        assert_eq!(listed(root.path(), 2), ["a/5.x"]);
        assert_eq!(
            listed(&root.path().join("lost+found"), 2),
            ["/3.x"],
            "unless it is asked for"
        );
    }

    #[test]
    fn links_are_followed_but_not_in_circles() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("root");
        touch(&root, "a/1.x");
        touch(above.path(), "outside/2.x");
        symlink(&root, root.join("a/circle")).unwrap();
        symlink(above.path(), root.join("b")).unwrap();
        symlink("1.x", root.join("a/same.x")).unwrap();
        symlink("nowhere", root.join("a/broken.x")).unwrap();
        for threads in [1, 4] {
            assert_eq!(
                listed(&root, threads),
                ["a/1.x", "a/broken.x", "a/same.x", "b/outside/2.x"]
            );
        }
    }

    #[test]
    fn a_directory_that_a_second_link_led_to_was_left_out() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["a/1.x", "b/2.x"] {
            touch(root.path(), name);
        }
        touch(outside.path(), "sub/3.x");
        for (target, link) in [("a", "b/a"), ("b", "a/b"), ("a", "c")] {
            symlink(root.path().join(target), root.path().join(link)).unwrap();
        }
        symlink(outside.path(), root.path().join("d")).unwrap();
        symlink(outside.path().join("sub"), root.path().join("e")).unwrap();
        for threads in [1, 4] {
            // From `a` to `b`, but not from there to `a` again.
            let expected = [
                "a/1.x",
                "a/b/2.x",
                "b/2.x",
                "b/a/1.x",
                "c/1.x",
                "c/b/2.x",
                "d/sub/3.x",
                "e/3.x",
            ];
            assert_eq!(listed(root.path(), threads), expected);
        }
    }

    #[test]
    fn links_from_everywhere_to_everywhere_end_in_an_error() {
        let root = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        for name in &names {
            touch(root.path(), &format!("{name}/1.x"));
            for other in names.iter().filter(|other| *other != name) {
                symlink(
                    root.path().join(other),
                    root.path().join(name).join(format!("to-{other}")),
                )
                .unwrap();
            }
        }
        for threads in [1, 4] {
            let error = scan(root.path(), threads, &|_| true)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(": behind more than 8 links to directories"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_root_that_is_not_there_is_named() {
        let error = scan(Path::new("/no/such/root"), 1, &|_| true).unwrap_err();
        assert!(error.to_string().starts_with("/no/such/root: "), "{error}");
    }

    #[test]
    fn more_directories_than_open_files_were_too_many() {
        let root = tempfile::tempdir().unwrap();
        for class in 0..300 {
            touch(root.path(), &format!("{class}/1.x"));
        }
        let before = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let open = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        let few = rustix::process::Rlimit {
            current: Some(open + 100),
            ..before
        };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, few).unwrap();
        let found = scan(root.path(), 4, &|_| true);
        rustix::process::setrlimit(rustix::process::Resource::Nofile, before).unwrap();
        assert_eq!(found.unwrap().folders.len(), 301);
    }
}
