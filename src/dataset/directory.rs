//! Image directories: `root/class-name/**/x.jpg` as Keras has them, or a flat directory, or files
//! named one by one.
//!
//! A class is a directory below a root that holds images somewhere; images that lie beside such
//! directories are left out, as by Keras. Roots whose images all lie in them themselves, and files
//! named one by one, are of one class without a name; where they come from directories of several
//! names, these are the classes, as `photos/class-*` and `photos/*/*.jpg` are meant.
//!
//! Memory is the names (with a NUL each), four bytes a sample, and a few words per directory.
//! Samples are sorted by class, then root, directory and file name, compared as bytes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::left_out::{LeftOut, Why, may_be_folder};
use super::{ByClass, Content, Dataset, Location, Options, Sample, Scratch, Split, Wanted};
use crate::error::{Error, Result, counted, said};
use crate::file::{self, Base, Folder, IMAGE_ENDINGS, Listing, is_image};
use crate::random::{hash_bytes, mix};

/// A data set of image files.
#[derive(Debug)]
pub struct Directory {
    classes: Vec<OsString>,
    ranges: Arc<[Range<u64>]>,
    groups: Vec<Group>,
    names: Vec<u8>,
    /// Where each sample's name starts, counted from its group's first byte.
    starts: Vec<u32>,
    notes: Vec<String>,
    base: Base,
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

/// A directory that was listed: the files that [`is_image`] takes for images, and others.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) listing: Listing,
}

/// The files of all roots by class: classes of one name are one class.
#[derive(Default)]
struct Found {
    classes: BTreeMap<OsString, Vec<Source>>,
    /// The classes are the names of the roots, or of the files' own directories.
    named_by_folder: bool,
    /// Roots without images that could not have been classes.
    bare: Vec<PathBuf>,
    /// The roots, if the classes are folders in several that lie side by side: they may have been
    /// meant as the classes.
    beside: Vec<PathBuf>,
    left_out: LeftOut,
}

impl Directory {
    /// Lists `paths`, which are all directories, or all files, on `threads` threads.
    ///
    /// # Errors
    /// [`Error::Io`] for what is not there or cannot be read, [`Error::Dataset`] where no images
    /// are, or images of two layouts; [`Error::Argument`] for classes that are not there.
    pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Self> {
        let mut trees = Vec::new();
        let mut files = Vec::new();
        for path in paths {
            let kind = std::fs::metadata(path).map_err(|source| Error::Io {
                path: path.clone(),
                source,
            })?;
            if kind.is_dir() {
                trees.push(Tree::list(path, threads)?);
            } else {
                files.push(path.clone());
            }
        }
        match (trees.first(), files.first()) {
            (Some(tree), Some(file)) => {
                let reason = format!(
                    "is a file, and {} is a directory: give one kind",
                    tree.root.display()
                );
                Err(Error::dataset(file.as_path(), reason))
            }
            (None, Some(_)) => Self::of_files(&files, options),
            _ => Self::of_trees(trees, &[], options),
        }
    }

    /// The images in directories; `bare` are others that were given and hold none.
    pub(super) fn of_trees(trees: Vec<Tree>, bare: &[PathBuf], options: &Options) -> Result<Self> {
        let root = trees
            .first()
            .map(|tree| tree.root.clone())
            .unwrap_or_default();
        Self::assemble(&root, by_class(trees, bare)?, options)
    }

    /// Image files named one by one.
    pub(super) fn of_files(files: &[PathBuf], options: &Options) -> Result<Self> {
        let first = files.first().cloned().unwrap_or_default();
        Self::assemble(&first, single_files(files)?, options)
    }

    /// The same, with something more that a user should know.
    pub(super) fn noting(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }

    fn assemble(path: &Path, mut found: Found, options: &Options) -> Result<Self> {
        let notes = found.settle(options);
        let mut found = found.classes;
        let names: Vec<OsString> = found.keys().cloned().collect();
        let mut data = Self {
            notes,
            classes: Vec::new(),
            ranges: Arc::default(),
            groups: Vec::new(),
            names: Vec::new(),
            starts: Vec::new(),
            base: Base::default(),
        };
        let mut ranges = Vec::new();
        for class in options.chosen(&names, "class directories found")? {
            let (class, first) = (&names[class], data.starts.len() as u64);
            let label = u32::try_from(ranges.len())
                .map_err(|_| Error::argument("classes", ranges.len(), "fewer than 2^32"))?;
            let sources = found.remove(class).unwrap_or_default();
            let mut wanted = options
                .split
                .map(|split| split.of_class(keys(split, class, &sources)).into_iter());
            for source in &sources {
                data.add(source, label, options.limit, wanted.as_mut());
            }
            ranges.push(first..data.starts.len() as u64);
            data.classes.push(class.clone());
        }
        if data.starts.is_empty() {
            let otherwise = format!(
                "no images in the classes asked for; looked for {}",
                looked_for()
            );
            return Err(Error::dataset(path, options.nothing_left(&otherwise)));
        }
        data.base = Base::of(data.groups.iter().map(|group| &*group.folder));
        data.ranges = ranges.into();
        data.names.shrink_to_fit();
        data.starts.shrink_to_fit();
        Ok(data)
    }

    /// Adds the files of a directory; `wanted` says which, all of them if `None`.
    fn add(
        &mut self,
        source: &Source,
        label: u32,
        limit: Option<u64>,
        mut wanted: Option<&mut std::vec::IntoIter<bool>>,
    ) {
        let limit = limit.unwrap_or(u64::MAX);
        let base = self.names.len();
        let first = self.starts.len() as u64;
        for name in source.names.split_inclusive(|b| *b == 0) {
            if self.starts.len() as u64 >= limit {
                break;
            }
            if wanted
                .as_mut()
                .is_none_or(|wanted| wanted.next().unwrap_or_default())
            {
                // A directory's names fit 32 bits: the scan sees to it.
                self.starts
                    .push(u32::try_from(self.names.len() - base).unwrap_or(u32::MAX));
                self.names.extend_from_slice(name);
            }
        }
        if self.starts.len() as u64 > first {
            self.groups.push(Group {
                folder: source.folder.clone(),
                label,
                first,
                names: base,
            });
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

    fn path(&self, index: u64) -> PathBuf {
        let (group, name) = self.name(index);
        Path::new(OsStr::from_bytes(&group.folder)).join(OsStr::from_bytes(name))
    }
}

impl Dataset for Directory {
    fn len(&self) -> u64 {
        self.starts.len() as u64
    }

    fn classes(&self) -> Result<&[OsString]> {
        Ok(&self.classes)
    }

    fn by_class(&self) -> Result<ByClass> {
        Ok(ByClass {
            ranges: Arc::clone(&self.ranges),
            samples: None,
        })
    }

    fn location(&self, index: u64) -> Location {
        Location::file(self.path(index))
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn kind(&self) -> &'static str {
        if self.classes.iter().all(|class| class.is_empty()) {
            "image files (no classes)"
        } else {
            "image directory (a folder for each class)"
        }
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>> {
        let (group, name) = self.name(index);
        match scratch.read(&self.base, [&group.folder, name, b""]) {
            Ok(bytes) => Ok(Sample {
                content: Content::Encoded(bytes),
                label: group.label as usize,
            }),
            Err(source) => Err(Error::Io {
                path: self.path(index),
                source,
            }),
        }
    }

    fn fingerprint(&self) -> Result<u64> {
        let mut hash = self
            .classes
            .iter()
            .fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for index in 0..self.len() {
            let (group, name) = self.name(index);
            let path = self.path(index);
            let size = self
                .base
                .len_of(&path)
                .map_err(|source| Error::Io { path, source })?;
            hash =
                mix(hash.wrapping_add(hash_bytes(name)) ^ mix(size ^ u64::from(group.label) << 48));
        }
        Ok(hash)
    }
}

/// What the files of a class are ranked by in a split, in their order.
fn keys<'a>(
    split: Split,
    class: &'a OsStr,
    sources: &'a [Source],
) -> impl Iterator<Item = u64> + 'a {
    sources.iter().flat_map(move |source| {
        let folder = hash_bytes(&source.within);
        let names = source.names.split_inclusive(|byte| *byte == 0);
        names.map(move |name| split.key(class, [folder, hash_bytes(name)]))
    })
}

/// Refuses a link that leads nowhere.
fn check_link(path: PathBuf) -> Result<()> {
    let (Ok(target), Err(source)) = (path.read_link(), path.metadata()) else {
        return Ok(());
    };
    let why = match source.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        _ => format!("cannot be followed: {}", said(&source)),
    };
    let reason = format!("is a link to {}, which {why}", target.display());
    Err(Error::Io {
        path,
        source: io::Error::new(source.kind(), reason),
    })
}

pub(super) fn looked_for() -> String {
    format!("files named *.{}", IMAGE_ENDINGS.join(", *."))
}

impl Tree {
    /// Lists a directory on `threads` threads.
    ///
    /// # Errors
    /// What cannot be read; a link that was to be a folder and leads nowhere, since without it a
    /// class would be missing, and the labels of those behind it would be others.
    pub(super) fn list(root: &Path, threads: usize) -> Result<Self> {
        let tree = Self {
            root: root.to_path_buf(),
            listing: file::scan(root, threads, &is_image)?,
        };
        let folders = tree.others().filter(|(_, name)| may_be_folder(name));
        folders
            .map(|(folder, name)| tree.path(folder, name))
            .try_for_each(check_link)?;
        Ok(tree)
    }

    /// Whether there is any image in it or below it.
    pub(super) fn has_images(&self) -> bool {
        self.listing.folders.iter().any(|folder| folder.files > 0)
    }

    /// The other files that are in it or below it, in order: their directories, relative to the
    /// root, and names.
    pub(super) fn others(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let folders = self.listing.folders.iter();
        folders
            .flat_map(|folder| each_name(&folder.others).map(|name| (folder.path.as_slice(), name)))
    }

    /// The path of a file.
    pub(super) fn path(&self, folder: &[u8], name: &[u8]) -> PathBuf {
        self.root
            .join(OsStr::from_bytes(folder))
            .join(OsStr::from_bytes(name))
    }

    /// What of it is no image.
    pub(super) fn left_out(&self, into: &mut LeftOut) {
        for (folder, name) in self.others() {
            into.add(name, || self.path(folder, name));
        }
        for folder in &self.listing.folders {
            for name in each_name(&folder.special) {
                into.add_image(Why::Special, || self.path(&folder.path, name));
            }
        }
    }

    /// Whether all of its images lie in it itself, so that there are no classes in it.
    fn is_flat(&self) -> Result<bool> {
        let mut with_images = self
            .listing
            .folders
            .iter()
            .filter(|folder| folder.files > 0)
            .peekable();
        if with_images.peek().is_none() {
            let reason = format!("no images in it or below it; looked for {}", looked_for());
            return Err(Error::dataset(self.root.as_path(), reason));
        }
        Ok(with_images.all(|folder| folder.path.is_empty()))
    }

    /// The images that lie in it itself.
    fn loose(&self) -> impl Iterator<Item = &[u8]> {
        let here = self
            .listing
            .folders
            .iter()
            .filter(|folder| folder.path.is_empty());
        here.flat_map(|folder| each_name(&folder.names))
    }
}

impl Found {
    /// Leaves out classes without images, unless they are asked for by name; returns what a user
    /// should know.
    fn settle(&mut self, options: &Options) -> Vec<String> {
        let mut notes = Vec::new();
        if options.classes.is_none() {
            let (filled, empty) = std::mem::take(&mut self.classes)
                .into_iter()
                .partition(|(_, all)| !all.is_empty());
            self.classes = filled;
            notes.extend(note_on_empty(&empty));
            notes.extend(self.note_on_names(options));
            notes.extend(self.note_on_roots(options));
        }
        notes.extend(note_on_bare(&self.bare));
        notes.extend(self.left_out.notes());
        notes
    }

    /// Tells a user who may have meant the folders given as classes that those in them are.
    fn note_on_roots(&self, options: &Options) -> Option<String> {
        let parent = self
            .beside
            .first()
            .filter(|_| options.labels != Wanted::Never)?
            .parent()?;
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        let roots = self
            .beside
            .iter()
            .map(|root| root.file_name().unwrap_or_default().display().to_string());
        let classes = self.classes.keys().map(|class| class.display().to_string());
        Some(format!(
            "the classes are the folders in the {} that were given ({}), not those themselves ({}): for these give {}, and \
             to confirm the classes, classes=[...]",
            self.beside.len(),
            first_few(classes),
            first_few(roots),
            parent.display()
        ))
    }

    /// Tells a user who may not have meant classes which there are.
    fn note_on_names(&self, options: &Options) -> Option<String> {
        if !self.named_by_folder || options.labels == Wanted::Never {
            return None;
        }
        let count = |sources: &[Source]| {
            sources
                .iter()
                .map(|source| each_name(&source.names).count())
                .sum::<usize>()
        };
        let counted = self
            .classes
            .iter()
            .map(|(class, all)| format!("{} ({})", class.display(), count(all)));
        let classes = first_few(counted);
        Some(format!(
            "the images come from {} folders, so the name of each folder is a class: {classes}; if they are all one class, use \
             labels=None, and to confirm the classes, classes=[...]",
            self.classes.len()
        ))
    }
}

/// Says which of several directories hold nothing, as a glob may match one.
pub(super) fn note_on_bare(bare: &[PathBuf]) -> Option<String> {
    let folders = counted(bare.len() as u64, "folder");
    Some(format!(
        "{folders} without images or record files; the first is {}",
        bare.first()?.display()
    ))
}

/// Says which class directories hold no images.
fn note_on_empty(empty: &BTreeMap<OsString, Vec<Source>>) -> Option<String> {
    let names = first_few(empty.keys().map(|class| class.display().to_string()));
    match empty.len() {
        0 => None,
        1 => Some(format!(
            "1 folder has no images and is not a class: {names}"
        )),
        count => Some(format!(
            "{count} folders have no images and are not classes: {names}"
        )),
    }
}

/// The first of many, in a row.
fn first_few(all: impl ExactSizeIterator<Item = String>) -> String {
    const FEW: usize = 10;
    let more = if all.len() > FEW { ", ..." } else { "" };
    format!("{}{more}", all.take(FEW).collect::<Vec<_>>().join(", "))
}

/// The names in a block where each has a NUL behind it.
fn each_name(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names
        .split_inclusive(|byte| *byte == 0)
        .map(|name| &name[..name.len() - 1])
}

/// Files named one by one, in the order of their paths: one unnamed class, or those that their
/// directories name.
fn single_files(files: &[PathBuf]) -> Result<Found> {
    let mut folders: BTreeMap<&Path, Vec<&[u8]>> = BTreeMap::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().as_bytes();
        if !is_image(name) {
            return Err(Error::dataset(
                file.as_path(),
                format!(
                    "not an image directory or file; looked for {}",
                    looked_for()
                ),
            ));
        }
        folders
            .entry(file.parent().unwrap_or(Path::new("")))
            .or_default()
            .push(name);
    }
    let names = names_of(folders.keys().copied());
    let mut found = Found {
        named_by_folder: names.is_some(),
        ..Found::default()
    };
    for (place, (folder, mut files)) in folders.into_iter().enumerate() {
        files.sort_unstable();
        let joined = files
            .iter()
            .flat_map(|name| name.iter().copied().chain([0]))
            .collect();
        let source = Source {
            folder: folder.as_os_str().as_bytes().to_vec(),
            within: Vec::new(),
            names: joined,
        };
        let class = names
            .as_ref()
            .map(|names| names[place].clone())
            .unwrap_or_default();
        found.classes.entry(class).or_default().push(source);
    }
    Ok(found)
}

/// What directories are called, if not all of them alike.
fn names_of<'a>(folders: impl Iterator<Item = &'a Path>) -> Option<Vec<OsString>> {
    let name = |folder: &Path| folder.file_name().map(OsStr::to_os_string);
    let real = |folder: &Path| {
        if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        }
        .canonicalize()
        .ok()
    };
    let names: Vec<OsString> = folders
        .map(|folder| {
            name(folder)
                .or_else(|| name(&real(folder)?))
                .unwrap_or_default()
        })
        .collect();
    names.iter().any(|name| *name != names[0]).then_some(names)
}

/// The images of all roots by class.
fn by_class(trees: Vec<Tree>, bare: &[PathBuf]) -> Result<Found> {
    let roots = trees.iter().map(|tree| &tree.root).chain(bare);
    let names = names_of(roots.map(PathBuf::as_path));
    let mut found = Found::default();
    let mut flat: Option<PathBuf> = None;
    let mut layered: Option<PathBuf> = None;
    let roots: Vec<PathBuf> = trees.iter().map(|tree| tree.root.clone()).collect();
    for (place, tree) in trees.into_iter().enumerate() {
        tree.left_out(&mut found.left_out);
        if tree.is_flat()? {
            flat = Some(tree.root.clone());
        } else {
            layered = Some(tree.root.clone());
            tree.loose().for_each(|name| {
                found
                    .left_out
                    .add_image(Why::Loose, || tree.path(b"", name));
            });
        }
        if let (Some(flat), Some(layered)) = (&flat, &layered) {
            let reason = format!(
                "holds images, and {} holds class directories: give one kind, or the directory that both are in",
                layered.display()
            );
            return Err(Error::dataset(flat.as_path(), reason));
        }
        let class = names
            .as_ref()
            .map(|names| names[place].clone())
            .unwrap_or_default();
        for folder in tree.listing.folders {
            add_folder(
                &mut found.classes,
                &tree.root,
                folder,
                flat.as_ref().map(|_| &class),
            );
        }
    }
    if let (Some(names), true) = (&names, flat.is_some()) {
        for name in names.iter().rev().take(bare.len()) {
            found.classes.entry(name.clone()).or_default();
        }
    } else {
        found.bare = bare.to_vec();
    }
    found.named_by_folder = flat.is_some() && names.is_some();
    if layered.is_some()
        && names.is_some()
        && roots.iter().all(|root| root.parent() == roots[0].parent())
    {
        found.beside = roots;
    }
    Ok(found)
}

/// Puts a directory's images into their class: that of a flat root is `flat`.
fn add_folder(
    classes: &mut BTreeMap<OsString, Vec<Source>>,
    root: &Path,
    folder: Folder,
    flat: Option<&OsString>,
) {
    let mut parts = folder.path.splitn(2, |b| *b == b'/');
    let first = OsStr::from_bytes(parts.next().unwrap_or_default());
    if first.is_empty() != flat.is_some() {
        return;
    }
    let class = flat.cloned().unwrap_or_else(|| first.to_os_string());
    let within = parts.next().unwrap_or_default().to_vec();
    let sources = classes.entry(class).or_default();
    if folder.files > 0 {
        let full = root.join(OsStr::from_bytes(&folder.path));
        sources.push(Source {
            folder: full.as_os_str().as_bytes().to_vec(),
            within,
            names: folder.names,
        });
    }
}
