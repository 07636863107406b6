//! Image directories: `root/class-name/**/x.jpg` as Keras has them, or a flat directory, or files named one by one.
//!
//! Memory is the names (with a NUL each), four bytes a sample, and a few words per directory. Samples are sorted by
//! class, then root, directory and file name, compared as bytes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Dataset, Scratch};
use crate::error::{Error, Result};
use crate::file::{self, Folder, Listing};
use crate::random::{Purpose, Stream, hash_bytes, mix};

/// What files are looked for: the endings of the formats that can be decoded, in any case.
const ENDINGS: [&str; 11] = ["jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "gif", "webp", "pjpeg", "pjp"];

/// One side of a stratified split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is left.
    Train,
    /// The fraction that is held out.
    Validation,
}

/// Which side of a split is wanted. A file's side depends on the seed, its class and its name in it alone, so files
/// that come or go move no other file to the other side.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// The side.
    pub side: Side,
    /// The share of each class that is validation, in 0..=1.
    pub fraction: f64,
    /// The seed.
    pub seed: u64,
}

/// Which of the files found are samples.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Class names: fixes label numbers, leaves other classes out. Default: all, sorted.
    pub classes: Option<Vec<OsString>>,
    /// One side of a split. Default: everything.
    pub split: Option<Split>,
    /// The first samples of the sorted list only. Default: all.
    pub limit: Option<u64>,
}

/// A data set of image files.
#[derive(Debug)]
pub struct Directory {
    classes: Vec<OsString>,
    ranges: Vec<Range<u64>>,
    groups: Vec<Group>,
    names: Vec<u8>,
    /// Where each sample's name starts, counted from its group's first byte.
    starts: Vec<u32>,
}

/// Samples that share a directory.
#[derive(Debug)]
struct Group {
    folder: Vec<u8>,
    label: u32,
    first: u64,
    names: usize,
}

/// A directory's files before they are samples.
struct Source {
    /// Full path of the directory.
    folder: Vec<u8>,
    /// Path within the class, for the split.
    within: Vec<u8>,
    names: Vec<u8>,
}

impl Directory {
    /// Lists `paths`, which are all directories, or all files, on `threads` threads.
    ///
    /// # Errors
    /// [`Error::Io`] for what is not there or cannot be read, [`Error::Dataset`] where no images are, or images of two
    /// layouts; [`Error::Argument`] for classes that are not there.
    pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Self> {
        let mut folders = Vec::new();
        let mut files = Vec::new();
        for path in paths {
            let kind = std::fs::metadata(path).map_err(|source| Error::Io { path: path.clone(), source })?;
            match (kind.is_dir(), kind.is_file()) {
                (true, _) => folders.push(path),
                (_, true) => files.push(path),
                _ => return Err(Error::dataset(path.as_path(), "neither a directory nor a file")),
            }
        }
        let classes = match (folders.first(), files.first()) {
            (Some(folder), Some(file)) => {
                let reason = format!("is a file, and {} is a directory: give one kind", folder.display());
                return Err(Error::dataset(file.as_path(), reason));
            }
            (None, Some(_)) => BTreeMap::from([(OsString::new(), single_files(&files)?)]),
            _ => by_class(&folders, threads)?,
        };
        let data = Self::assemble(classes, options)?;
        if data.starts.is_empty() {
            return Err(Error::dataset(paths.first().cloned().unwrap_or_default(), no_samples(options)));
        }
        Ok(data)
    }

    fn assemble(mut found: BTreeMap<OsString, Vec<Source>>, options: &Options) -> Result<Self> {
        let classes = chosen(&found, options)?;
        let mut data =
            Self { classes: Vec::new(), ranges: Vec::new(), groups: Vec::new(), names: Vec::new(), starts: Vec::new() };
        for (label, class) in classes.iter().enumerate() {
            let first = data.starts.len() as u64;
            let label =
                u32::try_from(label).map_err(|_| Error::argument("classes", classes.len(), "fewer than 2^32"))?;
            for source in found.remove(class).unwrap_or_default() {
                data.add(&source, class, label, options);
            }
            data.ranges.push(first..data.starts.len() as u64);
        }
        data.classes = classes;
        data.names.shrink_to_fit();
        data.starts.shrink_to_fit();
        Ok(data)
    }

    fn add(&mut self, source: &Source, class: &OsStr, label: u32, options: &Options) {
        let limit = options.limit.unwrap_or(u64::MAX);
        let base = self.names.len();
        let first = self.starts.len() as u64;
        for name in source.names.split_inclusive(|b| *b == 0) {
            if self.starts.len() as u64 >= limit {
                break;
            }
            if options.split.is_none_or(|split| split.keeps(class, &source.within, name)) {
                // A directory's names fit 32 bits: the scan sees to it.
                self.starts.push(u32::try_from(self.names.len() - base).unwrap_or(u32::MAX));
                self.names.extend_from_slice(name);
            }
        }
        if self.starts.len() as u64 > first {
            self.groups.push(Group { folder: source.folder.clone(), label, first, names: base });
        }
    }

    fn group(&self, index: u64) -> &Group {
        &self.groups[self.groups.partition_point(|group| group.first <= index) - 1]
    }

    fn name(&self, index: u64) -> (&Group, &[u8]) {
        let group = self.group(index);
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let rest = &self.names[group.names + self.starts[place] as usize..];
        (group, rest.split(|b| *b == 0).next().unwrap_or_default())
    }
}

impl Dataset for Directory {
    fn len(&self) -> u64 {
        self.starts.len() as u64
    }

    fn classes(&self) -> &[OsString] {
        &self.classes
    }

    fn class_range(&self, label: usize) -> Range<u64> {
        self.ranges[label].clone()
    }

    fn label(&self, index: u64) -> usize {
        self.group(index).label as usize
    }

    fn path(&self, index: u64) -> PathBuf {
        let (group, name) = self.name(index);
        Path::new(OsStr::from_bytes(&group.folder)).join(OsStr::from_bytes(name))
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<&'a [u8]> {
        let (group, name) = self.name(index);
        let mut bytes = std::mem::take(&mut scratch.bytes);
        let result = file::read_into(scratch.join([&group.folder, name, b""]), &mut bytes);
        scratch.bytes = bytes;
        match result {
            Ok(len) => Ok(&scratch.bytes[..len]),
            Err(source) => Err(Error::Io { path: self.path(index), source }),
        }
    }

    fn fingerprint(&self) -> Result<u64> {
        let mut hash = self.classes.iter().fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for index in 0..self.len() {
            let (group, name) = self.name(index);
            let path = self.path(index);
            let size = std::fs::metadata(&path).map_err(|source| Error::Io { path, source })?.len();
            hash = mix(hash.wrapping_add(hash_bytes(name)) ^ mix(size ^ u64::from(group.label) << 48));
        }
        Ok(hash)
    }
}

impl Split {
    /// Classes count too: where files are numbered in each, the same numbers must not fall on one side in all of them.
    fn keeps(&self, class: &OsStr, folder: &[u8], name: &[u8]) -> bool {
        let parts = [class.as_bytes(), folder, name];
        let identity = parts.iter().fold(0, |identity, part| mix(identity ^ hash_bytes(part)));
        let held_out = Stream::new(self.seed, 0, identity, Purpose::Split).unit() < self.fraction;
        held_out == (self.side == Side::Validation)
    }
}

/// Whether a file is looked at: by the ending of its name, so that listing opens no file. What it is, its bytes say.
fn is_image(name: &[u8]) -> bool {
    name.iter()
        .rposition(|b| *b == b'.')
        .is_some_and(|dot| ENDINGS.iter().any(|ending| name[dot + 1..].eq_ignore_ascii_case(ending.as_bytes())))
}

fn looked_for() -> String {
    format!("files named *.{}", ENDINGS.join(", *."))
}

fn no_samples(options: &Options) -> String {
    match (&options.split, options.limit) {
        (_, Some(0)) => "limit=0 leaves no samples".to_owned(),
        (Some(split), _) => format!("no samples on the {:?} side of a split at {}", split.side, split.fraction),
        _ => format!("no images in the classes asked for; looked for {}", looked_for()),
    }
}

/// The classes that count, in the order of their labels.
fn chosen(found: &BTreeMap<OsString, Vec<Source>>, options: &Options) -> Result<Vec<OsString>> {
    let Some(classes) = &options.classes else {
        return Ok(found.keys().cloned().collect());
    };
    for (i, class) in classes.iter().enumerate() {
        if !found.contains_key(class) {
            let known: Vec<_> = found.keys().take(10).map(|class| class.to_string_lossy()).collect();
            return Err(Error::argument(
                "classes",
                format!("{:?}", class.to_string_lossy()),
                format!("the class directories found: {}", known.join(", ")),
            ));
        }
        if classes[..i].contains(class) {
            return Err(Error::argument("classes", format!("{:?}", class.to_string_lossy()), "each class once"));
        }
    }
    Ok(classes.clone())
}

/// Files named one by one: one unnamed class, in the order of their paths.
fn single_files(files: &[&PathBuf]) -> Result<Vec<Source>> {
    let mut folders: BTreeMap<&Path, Vec<&[u8]>> = BTreeMap::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().as_bytes();
        if !is_image(name) {
            return Err(Error::dataset(
                file.as_path(),
                format!("not an image directory or file; looked for {}", looked_for()),
            ));
        }
        folders.entry(file.parent().unwrap_or(Path::new(""))).or_default().push(name);
    }
    Ok(folders
        .into_iter()
        .map(|(folder, mut names)| {
            names.sort_unstable();
            let names = names.iter().flat_map(|name| name.iter().copied().chain([0])).collect();
            Source { folder: folder.as_os_str().as_bytes().to_vec(), within: Vec::new(), names }
        })
        .collect())
}

/// The files of all roots by class: classes of one name are one class.
fn by_class(roots: &[&PathBuf], threads: usize) -> Result<BTreeMap<OsString, Vec<Source>>> {
    let mut classes: BTreeMap<OsString, Vec<Source>> = BTreeMap::new();
    let mut flat: Option<&Path> = None;
    let mut layered: Option<&Path> = None;
    for root in roots {
        let listing = file::scan(root, threads, &is_image)?;
        if is_flat(root, &listing)? {
            flat = Some(root);
        } else {
            layered = Some(root);
        }
        if let (Some(flat), Some(layered)) = (flat, layered) {
            let reason = format!("holds images, and {} holds class directories: give one kind", layered.display());
            return Err(Error::dataset(flat, reason));
        }
        for folder in listing.folders {
            add_folder(&mut classes, root, folder, flat.is_some());
        }
    }
    Ok(classes)
}

/// Whether images lie in the root itself rather than in class directories.
fn is_flat(root: &Path, listing: &Listing) -> Result<bool> {
    let mut with_files = listing.folders.iter().filter(|folder| folder.files > 0);
    let Some(first) = with_files.next() else {
        let reason = format!("no images in it or below it; looked for {}", looked_for());
        return Err(Error::dataset(root, reason));
    };
    let flat = first.path.is_empty();
    if let (true, Some(below)) = (flat, with_files.next()) {
        let inside = root.join(OsStr::from_bytes(&below.path));
        let reason = format!(
            "holds images itself ({}) and in directories ({}): put them into class directories, or give one of the two",
            String::from_utf8_lossy(first.names.split(|b| *b == 0).next().unwrap_or_default()),
            inside.display()
        );
        return Err(Error::dataset(root, reason));
    }
    Ok(flat)
}

fn add_folder(classes: &mut BTreeMap<OsString, Vec<Source>>, root: &Path, folder: Folder, flat: bool) {
    let mut parts = folder.path.splitn(2, |b| *b == b'/');
    let class = OsStr::from_bytes(parts.next().unwrap_or_default()).to_os_string();
    if class.is_empty() != flat {
        return;
    }
    let within = parts.next().unwrap_or_default().to_vec();
    let sources = classes.entry(class).or_default();
    if folder.files > 0 {
        let full = root.join(OsStr::from_bytes(&folder.path));
        sources.push(Source { folder: full.as_os_str().as_bytes().to_vec(), within, names: folder.names });
    }
}
