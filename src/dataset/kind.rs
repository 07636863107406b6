//! Which kind of dataset some paths are, found out from the files themselves.
//!
//! A directory with images in it or below it is an image directory. Of other files the first bytes
//! say what they are, so that a file of records may have any name: `train-00000-of-00010` and
//! `photos0` are as good as `photos0.tfrecord`.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::directory::note_on_bare;
use super::left_out::LeftOut;
use super::look::{Look, is_beside, is_records, look};
use super::tree::{Tree, looked_for};
use super::{Dataset, Files, ImageFiles, Options, Shards, given_twice};
use crate::error::{Error, Result};
use crate::file::{self, is_clutter, is_image};
use crate::record;

/// How many of the other files in an image directory are looked at: enough to find records that
/// were put there.
const FEW: usize = 16;

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

/// Opens the dataset that `paths` are: image directories, image files, files of records or
/// directories of them, or CSV files of `filename,class`; on `threads` threads.
///
/// # Errors
/// [`Error::Io`] for what is not there or cannot be read; [`Error::Record`] for a file of records
/// that is damaged; [`Error::Dataset`] for paths of two kinds or of none, and where there are no
/// samples; [`Error::Argument`] for an empty path, and for classes that are not there.
pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Arc<dyn Dataset>> {
    if paths.iter().any(|path| path.as_os_str().is_empty()) {
        let allowed = "a directory, a file, a list of them, or a glob";
        return Err(Error::argument("path", "''", allowed));
    }
    let mut found = Found {
        salvage: options.salvage,
        ..Found::default()
    };
    let clean = paths.iter().any(|path| !is_in_clutter(path));
    // What a glob matches is not chosen one by one.
    for path in paths.iter().filter(|path| !clean || !is_in_clutter(path)) {
        found.add(path, threads)?;
    }
    found.settle()?;
    found.open(paths, options, threads)
}

impl Found {
    fn add(&mut self, path: &Path, threads: usize) -> Result<()> {
        let kind = std::fs::metadata(path).map_err(Error::at(path))?;
        if kind.is_dir() {
            self.add_directory(path, threads)
        } else if kind.is_file() {
            self.add_file(path)
        } else {
            Err(Error::dataset(path, "neither a directory nor a file"))
        }
    }

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
            Look::Table => &mut self.tables,
            Look::Empty => &mut self.empty,
            Look::Unknown => match record::damaged(path)? {
                Some(_) if self.salvage => &mut self.shards,
                Some(damage) => return Err(damage),
                None => return Err(look.fault(path)),
            },
            Look::Compressed | Look::Image | Look::Foreign(_) => return Err(look.fault(path)),
        };
        kind.push(path.to_path_buf());
        Ok(())
    }

    /// An image directory if there is any image in it or below it, else the record files that lie
    /// in it.
    fn add_directory(&mut self, root: &Path, threads: usize) -> Result<()> {
        let tree = Tree::list(root, threads)?;
        if tree.has_images() {
            let records = tree.here().take(FEW).find(|path| is_records(path));
            self.shards.extend(records);
            self.trees.push(tree);
        } else if !self.add_records(&tree, threads)? {
            self.bare.push(nothing_in(&tree));
        }
        Ok(())
    }

    /// The record files that lie in a directory; whether there are any.
    fn add_records(&mut self, tree: &Tree, threads: usize) -> Result<bool> {
        let here: Vec<PathBuf> = tree.here().collect();
        let looks = file::each(here.len(), threads, |i| look(&here[i]))?;
        let (before, mut others) = (self.shards.len(), Vec::new());
        for (path, look) in here.iter().zip(looks) {
            match look {
                Look::Records | Look::Unclear => self.shards.push(path.clone()),
                Look::Empty => self.empty.push(path.clone()),
                look => others.push((path.as_path(), look)),
            }
        }
        self.add_damaged(&others, before)?;
        if self.shards.len() > before {
            return Ok(true);
        }
        let mut below = tree.below().take(FEW);
        below.find(|path| is_records(path)).map_or(Ok(false), |path| {
            let folder = path.parent().unwrap_or(&tree.root).display();
            let reason = format!(
                "no images and no record files in it, but there are records in {folder}: give that \
                 directory"
            );
            Err(Error::dataset(&*tree.root, reason))
        })
    }

    /// A file that was meant to hold records, as its name says, or that of files of records beside
    /// it but for a number, is not left out silently; where there are none (the first of this
    /// directory would be number `before`), nor is one whose bytes say so.
    fn add_damaged(&mut self, others: &[(&Path, Look)], before: usize) -> Result<()> {
        let alone = self.shards.len() == before;
        for (place, (path, look)) in others.iter().enumerate() {
            let mut shards = self.shards[before..].iter();
            let sibling = shards.find(|shard| are_siblings(shard, path));
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
                    let sibling = sibling.display();
                    let reason =
                        format!("damaged, or not a file of records, although {sibling} is one");
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
        mut self,
        paths: &[PathBuf],
        options: &Options,
        threads: usize,
    ) -> Result<Arc<dyn Dataset>> {
        self.check_one_kind(paths)?;
        if !self.shards.is_empty() {
            let bare = self.bare();
            let shards = Shards::open(self.shards, options, threads)?;
            let shards = shards
                .noting(self.left_out.note())
                .noting(note_on_bare(&bare));
            return Ok(Arc::new(shards));
        }
        options.keys.check_unused()?;
        Ok(Arc::new(ImageFiles::new(self.files(options, threads)?)))
    }

    fn files(self, options: &Options, threads: usize) -> Result<Files> {
        let bare = self.bare();
        if !self.trees.is_empty() {
            let roots = self.trees.iter();
            let roots = sorted(roots.filter_map(|tree| tree.root.canonicalize().ok()));
            let mut files = Files::in_trees(self.trees, &bare, options)?;
            files.notes.extend(given_twice(&roots, "images"));
            return Ok(files);
        }
        if !self.images.is_empty() {
            let images = self.images.iter();
            let images = sorted(images.filter_map(|path| std::path::absolute(path).ok()));
            let mut files = Files::one_by_one(&self.images, options)?;
            files.notes.extend(given_twice(&images, "images"));
            files.notes.extend(note_on_bare(&bare));
            return Ok(files);
        }
        match self.bare.into_iter().next() {
            Some(error) => Err(error),
            None => Files::in_tables(&self.tables, options, threads),
        }
    }

    /// The directories that hold nothing.
    fn bare(&self) -> Vec<PathBuf> {
        let paths = self.bare.iter().filter_map(Error::path);
        paths.map(Path::to_owned).collect()
    }

    /// Refuses paths of two kinds, or of none.
    fn check_one_kind(&mut self, paths: &[PathBuf]) -> Result<()> {
        let trees = self.trees.first().map(|tree| &tree.root);
        let kinds = [
            ("an image directory", trees),
            ("an image file", self.images.first()),
            ("a file of records", self.shards.first()),
            ("a CSV file", self.tables.first()),
        ];
        let mut kinds = kinds
            .into_iter()
            .filter_map(|(kind, path)| Some((kind, path?)));
        match (kinds.next(), kinds.next()) {
            (Some((one, first)), Some((other, path))) => {
                let first = first.display();
                let reason = format!("is {other}, and {first} is {one}: give one kind");
                Err(Error::dataset(&**path, reason))
            }
            (None, _) if self.bare.is_empty() => {
                let path = paths.first().cloned().unwrap_or_default();
                Err(Error::dataset(path, "nothing to load"))
            }
            (None, _) => Err(self.bare.swap_remove(0)),
            _ => Ok(()),
        }
    }
}

/// What is wrong with a directory without images and records.
fn nothing_in(tree: &Tree) -> Error {
    let mut left_out = LeftOut::default();
    tree.left_out(&mut left_out);
    let there = left_out.list().map(|list| format!("; there are {list}"));
    let reason = format!(
        "no images in it or below it, and no record files; looked for {}{}",
        looked_for(),
        there.unwrap_or_default()
    );
    Error::dataset(&*tree.root, reason)
}

/// The first of a few files in a directory without images, or below it, that is a file of records.
#[must_use]
pub fn records_below(root: &Path, threads: usize) -> Option<PathBuf> {
    let tree = Tree::list(root, threads).ok()?;
    if tree.has_images() {
        return None;
    }
    let mut others = tree.others().filter(|(_, name)| !is_beside(name)).take(FEW);
    others.find_map(|(folder, name)| Some(tree.path(folder, name)).filter(|path| is_records(path)))
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

/// Whether two files lie in one directory, and their names differ in numbers only.
fn are_siblings(one: &Path, other: &Path) -> bool {
    let letters = |path| -> Vec<u8> {
        let mut name = file_name(path).to_vec();
        name.retain(|byte| !byte.is_ascii_digit());
        name
    };
    one.parent() == other.parent() && letters(one) == letters(other)
}
