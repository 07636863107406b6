//! Which kind of data set some paths are: found out by looking, never by being told.
//!
//! A directory with pictures in it or below it is an image directory. Of other files the first
//! bytes say what they are, so that a file of records may have any name: `train-00000-of-00010` and
//! `photos0` are as good as `photos0.tfrecord`.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::directory::{Tree, looked_for, note_on_bare};
use super::left_out::LeftOut;
use super::{Dataset, Directory, LABELS, Options, Shards, Table, given_twice};
use crate::codec::Format;
use crate::error::{Error, Result};
use crate::file::{self, Foreign, is_clutter, is_image, may_be_csv};
use crate::record::{self, Framing, Inflated, inflated};

/// How many bytes decide what a file is.
const START: usize = file::SIGNATURE;

/// How many of the other files in an image directory are looked at: enough to find records that
/// were put there.
const FEW: usize = 16;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Records, compressed or not.
    Records,
    /// Compressed, and perhaps records.
    Unclear,
    /// Compressed, and no records.
    Compressed,
    /// A table of files.
    Table,
    /// Nothing.
    Empty,
    /// An image that is not named as one.
    Image,
    /// Something else that is known.
    Foreign(Foreign),
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
    /// What is wrong with directories that hold nothing, which is no error where others hold
    /// something.
    bare: Vec<Error>,
    /// What else lies in directories of records.
    left_out: LeftOut,
}

/// Opens the data set that `paths` are: image directories, image files, files of records or
/// directories of them, or CSV files of `filename,class`; on `threads` threads.
///
/// # Errors
/// [`Error::Io`] for what is not there or cannot be read; [`Error::Record`] for a file of records
/// that is damaged; [`Error::Dataset`] for paths of two kinds or of none, and where there are no
/// samples; [`Error::Argument`] for a path without a letter, and for classes that are not there.
pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Arc<dyn Dataset>> {
    if paths.iter().any(|path| path.as_os_str().is_empty()) {
        return Err(Error::argument(
            "path",
            "''",
            "a directory, a file, a list of them, or a glob",
        ));
    }
    let mut found = Found {
        salvage: options.salvage,
        ..Found::default()
    };
    let clean = paths.iter().any(|path| !is_in_clutter(path));
    // What a glob matches is not chosen one by one.
    for path in paths.iter().filter(|path| !clean || !is_in_clutter(path)) {
        let kind = std::fs::metadata(path).map_err(|source| Error::Io {
            path: path.clone(),
            source,
        })?;
        match (kind.is_dir(), kind.is_file()) {
            (true, _) => found.add_directory(path, threads)?,
            (_, true) => found.add_file(path)?,
            _ => {
                return Err(Error::dataset(
                    path.as_path(),
                    "neither a directory nor a file",
                ));
            }
        }
    }
    found.settle()?;
    found.open(paths, options, threads)
}

impl Found {
    fn add_file(&mut self, path: &Path) -> Result<()> {
        let name = file_name(path);
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
            Look::Records | Look::Unclear => &mut self.shards,
            // Damaged, then: what can be read of it is.
            Look::Compressed if record::named(path).is_some() => &mut self.shards,
            Look::Compressed => {
                let reason =
                    "a compressed file that holds no TFRecords, or damaged ones: unpack it to see";
                return Err(Error::dataset(path, reason));
            }
            Look::Table => &mut self.tables,
            Look::Empty => &mut self.empty,
            Look::Image => {
                return Err(Error::dataset(
                    path,
                    format!(
                        "an image, but its name does not end like one; looked for {}",
                        looked_for()
                    ),
                ));
            }
            Look::Foreign(foreign) => return Err(Error::dataset(path, foreign)),
            Look::Unknown => match record::damaged(path)? {
                Some(_) if self.salvage => &mut self.shards,
                Some(damage) => return Err(damage),
                None => {
                    let reason = format!(
                        "no image, record file or CSV; looked for directories of images, {}",
                        looked_for()
                    );
                    return Err(Error::dataset(path, reason));
                }
            },
        };
        kind.push(path.to_path_buf());
        Ok(())
    }

    /// An image directory if there is any image in it or below it, else the record files that lie
    /// in it.
    fn add_directory(&mut self, root: &Path, threads: usize) -> Result<()> {
        let tree = Tree::list(root, threads)?;
        let here = tree
            .others()
            .take_while(|(folder, _)| folder.is_empty())
            .filter(|(_, name)| !is_beside(name));
        let here = here.map(|(folder, name)| tree.path(folder, name));
        if tree.has_images() {
            let records = here.take(FEW).find(|path| is_records(path));
            self.shards.extend(records);
            self.trees.push(tree);
            return Ok(());
        }
        let here: Vec<PathBuf> = here.collect();
        let looks = file::each(here.len(), threads, &|i| look(&here[i]))?;
        let (before, mut strangers) = (self.shards.len(), Vec::new());
        for (path, look) in here.iter().zip(looks) {
            match look {
                Look::Records | Look::Unclear => self.shards.push(path.clone()),
                Look::Empty => self.empty.push(path.clone()),
                look => strangers.push((path.as_path(), look)),
            }
        }
        self.add_damaged(&strangers, before)?;
        if self.shards.len() > before {
            return Ok(());
        }
        let below = tree
            .others()
            .filter(|(folder, _)| !folder.is_empty())
            .take(FEW);
        if let Some(path) = below
            .map(|(folder, name)| tree.path(folder, name))
            .find(|path| is_records(path))
        {
            let folder = path.parent().unwrap_or(root).display();
            let reason = format!(
                "no images and no record files in it, but there are records in {folder}: give that directory"
            );
            return Err(Error::dataset(root, reason));
        }
        let mut left_out = LeftOut::default();
        tree.left_out(&mut left_out);
        let there = left_out
            .list()
            .map(|list| format!("; there are {list}"))
            .unwrap_or_default();
        let reason = format!(
            "no images in it or below it, and no record files; looked for {}{there}",
            looked_for()
        );
        self.bare.push(Error::dataset(root, reason));
        Ok(())
    }

    /// A file that was meant to hold records, as its name says, or that of files of records beside
    /// it but for a number, is not left out silently; where there are none (the first of this
    /// directory would be number `before`), nor is one whose bytes say so.
    fn add_damaged(&mut self, strangers: &[(&Path, Look)], before: usize) -> Result<()> {
        let alone = self.shards.len() == before;
        for (place, (path, look)) in strangers.iter().enumerate() {
            let sibling = self.shards[before..]
                .iter()
                .find(|shard| are_siblings(shard, path));
            let meant =
                sibling.is_some() || record::named(path).is_some() || (alone && place < FEW);
            let damage = if *look == Look::Unknown && meant {
                record::damaged(path)?
            } else {
                None
            };
            match (damage, sibling) {
                (Some(damage), _) if !self.salvage => return Err(damage),
                (None, Some(sibling)) if !self.salvage => {
                    let reason = format!(
                        "damaged, or no file of records, which {} beside it is",
                        sibling.display()
                    );
                    return Err(Error::dataset(*path, reason));
                }
                (None, None) => self.left_out.add(file_name(path), || path.to_path_buf()),
                _ => self.shards.push(path.to_path_buf()),
            }
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

    fn open(
        self,
        paths: &[PathBuf],
        options: &Options,
        threads: usize,
    ) -> Result<Arc<dyn Dataset>> {
        let kinds = [
            (
                "an image directory",
                self.trees.first().map(|tree| &tree.root),
            ),
            ("an image file", self.images.first()),
            ("a file of records", self.shards.first()),
            ("a CSV file", self.tables.first()),
        ];
        if kinds.iter().all(|(_, first)| first.is_none()) {
            let nothing = || {
                Error::dataset(
                    paths.first().cloned().unwrap_or_default(),
                    "nothing to load",
                )
            };
            return Err(self.bare.into_iter().next().unwrap_or_else(nothing));
        }
        let bare: Vec<PathBuf> = self
            .bare
            .iter()
            .filter_map(|error| error.path().map(Path::to_owned))
            .collect();
        let mut kinds = kinds
            .iter()
            .filter_map(|(kind, first)| first.map(|path| (kind, path)));
        if let (Some((one, first)), Some((other, path))) = (kinds.next(), kinds.next()) {
            let reason = format!(
                "is {other}, and {} is {one}: give one kind",
                first.display()
            );
            return Err(Error::dataset(path.as_path(), reason));
        }
        if self.shards.is_empty() {
            options.keys.check_unused()?;
        }
        if !self.trees.is_empty() {
            let roots = sorted(
                self.trees
                    .iter()
                    .filter_map(|tree| tree.root.canonicalize().ok()),
            );
            return Ok(Arc::new(
                Directory::of_trees(self.trees, &bare, options)?
                    .noting(given_twice(&roots, "images")),
            ));
        }
        if !self.images.is_empty() {
            let images = sorted(
                self.images
                    .iter()
                    .filter_map(|path| std::path::absolute(path).ok()),
            );
            return Ok(Arc::new(
                Directory::of_files(&self.images, options)?
                    .noting(given_twice(&images, "images"))
                    .noting(note_on_bare(&bare)),
            ));
        }
        if !self.tables.is_empty() {
            if let Some(error) = self.bare.into_iter().next() {
                return Err(error);
            }
            return Ok(Arc::new(Table::open(&self.tables, options, threads)?));
        }
        let shards = Shards::open(self.shards, options, threads)?;
        Ok(Arc::new(
            shards
                .noting(self.left_out.note())
                .noting(note_on_bare(&bare)),
        ))
    }
}

/// The first of a few files in a directory without images, or below it, that is a file of records.
#[must_use]
pub fn records_below(root: &Path, threads: usize) -> Option<PathBuf> {
    let tree = Tree::list(root, threads)
        .ok()
        .filter(|tree| !tree.has_images())?;
    let mut others = tree.others().filter(|(_, name)| !is_beside(name)).take(FEW);
    others.find_map(|(folder, name)| Some(tree.path(folder, name)).filter(|path| is_records(path)))
}

fn is_records(path: &Path) -> bool {
    matches!(look(path), Ok(Look::Records))
}

fn sorted(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort_unstable();
    paths
}

/// Whether a path is that of a folder that a program made for itself, or of something in it.
fn is_in_clutter(path: &Path) -> bool {
    let names = path.components().rev().take(2);
    names
        .into_iter()
        .any(|part| matches!(part, Component::Normal(name) if is_clutter(name.as_bytes())))
}

fn file_name(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_bytes()
}

/// Whether a file is known by its name to lie beside records without being records.
fn is_beside(name: &[u8]) -> bool {
    name.ends_with(b".idx")
        || name == b"manifest.jsonl"
        || name == LABELS.as_bytes()
        || name.ends_with(b"_summary.json")
}

/// Whether two files lie in one directory, and their names differ in numbers only.
fn are_siblings(one: &Path, other: &Path) -> bool {
    let letters = |path: &Path| -> Vec<u8> {
        let name = path.file_name().unwrap_or_default().as_bytes();
        name.iter()
            .copied()
            .filter(|byte| !byte.is_ascii_digit())
            .collect()
    };
    one.parent() == other.parent() && letters(one) == letters(other)
}

/// Looks at the first bytes of a file.
fn look(path: &Path) -> Result<Look> {
    let io = |source| Error::Io {
        path: path.to_path_buf(),
        source,
    };
    let mut start = Vec::new();
    std::fs::File::open(path)
        .map_err(io)?
        .take(START as u64)
        .read_to_end(&mut start)
        .map_err(io)?;
    let ending = path.extension().unwrap_or_default();
    let named_csv = ["csv", "tsv"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known));
    Ok(match start.as_slice() {
        [] if named_csv => Look::Table,
        [] => Look::Empty,
        start if Framing::of(start).is_some() => Look::Records,
        start if named_csv || (may_be_csv(start) && Foreign::of(start).is_none()) => Look::Table,
        start => match Foreign::of(start) {
            Some(foreign) => Look::Foreign(foreign),
            None if Format::of(start).is_some() => Look::Image,
            None if start.is_ascii() => Look::Unknown,
            None => match inflated(start) {
                Some(Inflated::Records) => Look::Records,
                Some(Inflated::Other) => Look::Compressed,
                Some(Inflated::Unclear) => Look::Unclear,
                None => Look::Unknown,
            },
        },
    })
}
