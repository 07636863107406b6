//! Which kind of data set some paths are: found out by looking, never by being told.
//!
//! A directory with pictures in it or below it is an image directory. Of other files the first bytes say what they are, so
//! that a file of records may have any name: `train-00000-of-00010` and `photos0` are as good as `photos0.tfrecord`.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::{Tree, looked_for};
use super::{Dataset, Directory, Options, Shards, Table};
use crate::error::{Error, Result};
use crate::file::{self, Folder, Listing, is_image};
use crate::record::{Framing, is_compressed};

/// How many bytes decide what a file is.
const START: u64 = 512;

/// How many of the other files in an image directory are looked at: enough to find records that were put there.
const FEW: usize = 16;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Records, compressed or not.
    Records,
    /// A table of files.
    Table,
    /// Nothing.
    Empty,
    /// None of these.
    Unknown,
}

/// What the paths are, by kind.
#[derive(Default)]
struct Found {
    /// Files that are nothing else are taken for damaged files of records.
    salvage: bool,
    trees: Vec<Tree>,
    images: Vec<PathBuf>,
    shards: Vec<PathBuf>,
    tables: Vec<PathBuf>,
    /// What lies beside records and is none.
    beside: Vec<PathBuf>,
    /// Files without a byte, which may be shards that got no record.
    empty: Vec<PathBuf>,
}

/// Opens the data set that `paths` are: image directories, image files, files of records or directories of them, or CSV
/// files of `filename,class`; on `threads` threads.
///
/// # Errors
/// [`Error::Io`] for what is not there or cannot be read; [`Error::Record`] for a file of records that is damaged;
/// [`Error::Dataset`] for paths of two kinds or of none, and where there are no samples; [`Error::Argument`] for classes
/// that are not there.
pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Arc<dyn Dataset>> {
    let mut found = Found { salvage: options.salvage, ..Found::default() };
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|source| Error::Io { path: path.clone(), source })?;
        match (kind.is_dir(), kind.is_file()) {
            (true, _) => found.add_directory(path, threads)?,
            (_, true) => found.add_file(path)?,
            _ => return Err(Error::dataset(path.as_path(), "neither a directory nor a file")),
        }
    }
    found.settle()?;
    found.open(paths, options, threads)
}

impl Found {
    fn add_file(&mut self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().as_bytes();
        if is_image(name) {
            self.images.push(path.to_path_buf());
        } else if is_beside(name) {
            self.beside.push(path.to_path_buf());
        } else {
            self.sort_in(path, look(path)?)?;
        }
        Ok(())
    }

    fn sort_in(&mut self, path: &Path, look: Look) -> Result<()> {
        let kind = match look {
            Look::Records => &mut self.shards,
            Look::Table => &mut self.tables,
            Look::Empty => &mut self.empty,
            Look::Unknown if self.salvage => &mut self.shards,
            Look::Unknown => {
                let reason =
                    format!("no image, record file or CSV; looked for directories of images, {}", looked_for());
                return Err(Error::dataset(path, reason));
            }
        };
        kind.push(path.to_path_buf());
        Ok(())
    }

    /// An image directory if there is any image in it or below it, else the record files that lie in it.
    fn add_directory(&mut self, root: &Path, threads: usize) -> Result<()> {
        let mut images = Listing::default();
        let mut others = Vec::new();
        for folder in file::scan(root, threads, &|_| true)?.folders {
            let (folder, names) = divided(folder);
            others.extend(names.into_iter().map(|name| root.join(OsStr::from_bytes(&folder.path)).join(name)));
            images.folders.push(folder);
        }
        let here: Vec<&PathBuf> = others
            .iter()
            .filter(|path| path.parent() == Some(root) && !is_beside(path.file_name().unwrap_or_default().as_bytes()))
            .collect();
        if images.folders.iter().any(|folder| folder.files > 0) {
            self.trees.push(Tree { root: root.to_path_buf(), listing: images });
            let records = here.into_iter().take(FEW).find(|path| matches!(look(path), Ok(Look::Records)));
            self.shards.extend(records.cloned());
            return Ok(());
        }
        let looks = file::each(here.len(), threads, &|i| look(here[i]))?;
        let mut strangers = Vec::new();
        for (path, look) in here.iter().zip(looks) {
            match look {
                Look::Records => self.shards.push((*path).clone()),
                Look::Empty => self.empty.push((*path).clone()),
                Look::Table | Look::Unknown => strangers.push(*path),
            }
        }
        self.add_damaged(&strangers)?;
        if here.iter().any(|path| self.shards.contains(path)) {
            return Ok(());
        }
        let below = others.iter().filter(|path| path.parent() != Some(root)).take(FEW);
        let reason = match below.into_iter().find(|path| matches!(look(path), Ok(Look::Records))) {
            Some(path) => {
                let folder = path.parent().unwrap_or(root).display();
                format!("no images and no record files in it, but there are records in {folder}: give that directory")
            }
            None => format!("no images in it or below it, and no record files; looked for {}", looked_for()),
        };
        Err(Error::dataset(root, reason))
    }

    /// A file that is called as files of records beside it are, but for its number, is not left out silently.
    fn add_damaged(&mut self, files: &[&PathBuf]) -> Result<()> {
        for path in files {
            let Some(sibling) = self.shards.iter().find(|shard| are_siblings(shard, path)) else { continue };
            if !self.salvage {
                let reason = format!("damaged, or no file of records, which {} beside it is", sibling.display());
                return Err(Error::dataset(path.as_path(), reason));
            }
            self.shards.push((*path).clone());
        }
        Ok(())
    }

    /// Decides about files that mean something together with others only.
    fn settle(&mut self) -> Result<()> {
        if !self.shards.is_empty() {
            self.shards.append(&mut self.empty);
            return Ok(());
        }
        if let Some(path) = self.empty.first() {
            return Err(Error::dataset(path.as_path(), "the file is empty"));
        }
        for path in std::mem::take(&mut self.beside) {
            self.sort_in(&path, look(&path)?)?;
        }
        Ok(())
    }

    fn open(self, paths: &[PathBuf], options: &Options, threads: usize) -> Result<Arc<dyn Dataset>> {
        let kinds = [
            ("an image directory", self.trees.first().map(|tree| &tree.root)),
            ("an image file", self.images.first()),
            ("a file of records", self.shards.first()),
            ("a CSV file", self.tables.first()),
        ];
        let mut kinds = kinds.iter().filter_map(|(kind, first)| first.map(|path| (kind, path)));
        if let (Some((one, first)), Some((other, path))) = (kinds.next(), kinds.next()) {
            let reason = format!("is {other}, and {} is {one}: give one kind", first.display());
            return Err(Error::dataset(path.as_path(), reason));
        }
        if !self.trees.is_empty() {
            return Ok(Arc::new(Directory::of_trees(self.trees, options)?));
        }
        if !self.images.is_empty() {
            return Ok(Arc::new(Directory::of_files(&self.images, options)?));
        }
        if !self.tables.is_empty() {
            return Ok(Arc::new(Table::open(&self.tables, options, threads)?));
        }
        if !self.shards.is_empty() {
            return Ok(Arc::new(Shards::open(self.shards, options, threads)?));
        }
        Err(Error::dataset(paths.first().cloned().unwrap_or_default(), "nothing to load"))
    }
}

/// The images of a directory, and the names of its other files.
fn divided(folder: Folder) -> (Folder, Vec<std::ffi::OsString>) {
    let names = folder.names.split_inclusive(|byte| *byte == 0);
    if names.clone().all(|name| is_image(&name[..name.len() - 1])) {
        return (folder, Vec::new());
    }
    let mut images = Folder { path: folder.path.clone(), names: Vec::new(), files: 0 };
    let mut others = Vec::new();
    for name in names {
        let bare = &name[..name.len() - 1];
        if is_image(bare) {
            images.names.extend_from_slice(name);
            images.files += 1;
        } else {
            others.push(OsStr::from_bytes(bare).to_os_string());
        }
    }
    (images, others)
}

/// Whether a file is known by its name to lie beside records without being records.
fn is_beside(name: &[u8]) -> bool {
    name.ends_with(b".idx") || name == b"manifest.jsonl" || name == b"labels.csv" || name.ends_with(b"_summary.json")
}

/// Whether two files lie in one directory, and their names differ in numbers only.
fn are_siblings(one: &Path, other: &Path) -> bool {
    let letters = |path: &Path| -> Vec<u8> {
        let name = path.file_name().unwrap_or_default().as_bytes();
        name.iter().copied().filter(|byte| !byte.is_ascii_digit()).collect()
    };
    one.parent() == other.parent() && letters(one) == letters(other)
}

/// Looks at the first bytes of a file.
fn look(path: &Path) -> Result<Look> {
    let io = |source| Error::Io { path: path.to_path_buf(), source };
    let mut start = Vec::new();
    std::fs::File::open(path).map_err(io)?.take(START).read_to_end(&mut start).map_err(io)?;
    let named_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    Ok(match start.as_slice() {
        [] if named_csv => Look::Table,
        [] => Look::Empty,
        start if Framing::of(start).is_some() => Look::Records,
        start if named_csv || is_table(start) => Look::Table,
        start if is_compressed(start) && !start.is_ascii() => Look::Records,
        _ => Look::Unknown,
    })
}

/// Whether a file starts with a line of text with a comma in it.
fn is_table(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.contains(&b',') && line.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\r' | b'\t'))
}
