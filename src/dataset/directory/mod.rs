//! Image directories: `root/class-name/**/x.jpg` as Keras has them, or a flat directory, or files
//! named one by one.
//!
//! A class is a directory below a root that holds images somewhere; images that lie beside such
//! directories are left out, as by Keras. Roots whose images all lie in them themselves, and files
//! named one by one, are of one class without a name; where they come from directories of several
//! names, these are the classes, as `photos/class-*` and `photos/*/*.jpg` are meant.
//!
//! Samples are sorted by class, then root, directory and file name, compared as bytes.

mod notes;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::left_out::LeftOut;
use super::tree::{Tree, each_name, looked_for};
use super::{Files, Options, Split};
use crate::error::{Error, Result};
use crate::file::{Folder, or_here};
use crate::random::hash_bytes;
pub(super) use notes::note_on_bare;

/// The images of one directory.
struct Images {
    /// Full path of the directory.
    folder: Vec<u8>,
    /// Path within the class, for the split.
    within: Vec<u8>,
    names: Vec<u8>,
}

/// The files of all roots by class: classes of one name are one class.
#[derive(Default)]
struct Found {
    classes: BTreeMap<OsString, Vec<Images>>,
    /// The classes are the names of the roots, or of the files' own directories.
    named_by_folder: bool,
    /// Roots without images that could not have been classes.
    bare: Vec<PathBuf>,
    /// The roots, if the classes are folders in several that lie side by side: they may have been
    /// meant as the classes.
    beside: Vec<PathBuf>,
    left_out: LeftOut,
}

impl Files {
    /// The images in a directory, listed on `threads` threads.
    ///
    /// # Errors
    /// [`Error::Io`] for what is not there or cannot be read, [`Error::Dataset`] where no images
    /// are.
    pub fn in_directory(root: &Path, threads: usize) -> Result<Self> {
        let kind = std::fs::metadata(root).map_err(Error::at(root))?;
        if !kind.is_dir() {
            return Err(Error::dataset(root, "neither a directory nor a file"));
        }
        let tree = Tree::list(root, threads)?;
        if !tree.has_images() {
            let reason = format!("no images in it or below it; looked for {}", looked_for());
            return Err(Error::dataset(root, reason));
        }
        Self::in_trees(vec![tree], &[], &Options::default())
    }

    /// The images in directories, all of which have some; `bare` are others that were given and
    /// hold none.
    ///
    /// # Errors
    /// [`Error::Dataset`] for images of two layouts; [`Error::Argument`] for classes that are not
    /// there.
    pub(super) fn in_trees(trees: Vec<Tree>, bare: &[PathBuf], options: &Options) -> Result<Self> {
        let first = trees.first().map(|tree| tree.root.clone());
        by_class(trees, bare)?.chosen(&first.unwrap_or_default(), options)
    }

    /// Image files named one by one, in the order of their paths: of one class without a name, or
    /// of those that their directories name.
    ///
    /// # Errors
    /// [`Error::Argument`] for classes that are not there.
    pub(super) fn one_by_one(files: &[PathBuf], options: &Options) -> Result<Self> {
        let first = files.first().cloned().unwrap_or_default();
        single_files(files).chosen(&first, options)
    }
}

impl Found {
    /// The files of the classes and the side that are asked for, and no more than are.
    fn chosen(mut self, path: &Path, options: &Options) -> Result<Files> {
        let mut files = Files::default();
        files.notes = self.settle(options);
        let names: Vec<OsString> = self.classes.keys().cloned().collect();
        let limit = usize::try_from(options.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        for class in options.chosen(&names, "class directories found")? {
            let name = &names[class];
            let all = self.classes.remove(name).unwrap_or_default();
            let wanted = |split: Split| split.of_class(keys(split, name, &all)).into_iter();
            let mut wanted = options.split.map(wanted);
            for images in &all {
                let on_side = |_: &&[u8]| {
                    wanted
                        .as_mut()
                        .is_none_or(|wanted| wanted.next().unwrap_or_default())
                };
                let names = each_name(&images.names).filter(on_side);
                let names = names.take(limit - files.len());
                files.add_folder(&images.folder, files.classes.len(), names);
            }
            files.classes.push(name.clone());
        }
        if files.is_empty() {
            let looked_for = looked_for();
            let otherwise = format!("no images in the classes asked for; looked for {looked_for}");
            return Err(Error::dataset(path, options.nothing_left(&otherwise)));
        }
        Ok(files)
    }

    /// Puts a directory's images into their class: that of a flat root is `flat`.
    fn add(&mut self, root: &Path, folder: Folder, flat: Option<&OsString>) {
        let mut parts = folder.path.splitn(2, |b| *b == b'/');
        let first = OsStr::from_bytes(parts.next().unwrap_or_default());
        if first.is_empty() != flat.is_some() {
            return;
        }
        let class = flat.cloned().unwrap_or_else(|| first.to_os_string());
        let within = parts.next().unwrap_or_default().to_vec();
        let all = self.classes.entry(class).or_default();
        if folder.files > 0 {
            let full = root.join(OsStr::from_bytes(&folder.path));
            all.push(Images {
                folder: full.into_os_string().into_vec(),
                within,
                names: folder.names,
            });
        }
    }
}

/// What the files of a class are ranked by in a split, in their order.
fn keys<'a>(split: Split, class: &'a OsStr, all: &'a [Images]) -> impl Iterator<Item = u64> + 'a {
    all.iter().flat_map(move |images| {
        let folder = hash_bytes(&images.within);
        let names = images.names.split_inclusive(|byte| *byte == 0);
        names.map(move |name| split.key(class, [folder, hash_bytes(name)]))
    })
}

/// Image files named one by one.
fn single_files(files: &[PathBuf]) -> Found {
    let mut folders: BTreeMap<&Path, Vec<&[u8]>> = BTreeMap::new();
    for file in files {
        let folder = file.parent().unwrap_or(Path::new(""));
        let name = file.file_name().unwrap_or_default();
        folders.entry(folder).or_default().push(name.as_bytes());
    }
    let names = names_of(folders.keys().copied());
    let mut found = Found {
        named_by_folder: names.is_some(),
        ..Found::default()
    };
    let mut names = names.unwrap_or_default().into_iter();
    for (folder, mut files) in folders {
        files.sort_unstable();
        let with_nul = |name: &&[u8]| [*name, b"\0"].concat();
        let images = Images {
            folder: folder.as_os_str().as_bytes().to_vec(),
            within: Vec::new(),
            names: files.iter().flat_map(with_nul).collect(),
        };
        let class = names.next().unwrap_or_default();
        found.classes.entry(class).or_default().push(images);
    }
    found
}

/// What directories are called, if not all of them alike.
fn names_of<'a>(folders: impl Iterator<Item = &'a Path>) -> Option<Vec<OsString>> {
    let name = |folder: &Path| folder.file_name().map(OsStr::to_os_string);
    let real = |folder| or_here(folder).canonicalize().ok();
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
    let roots: Vec<PathBuf> = trees.iter().map(|tree| tree.root.clone()).collect();
    let names = names_of(roots.iter().chain(bare).map(PathBuf::as_path));
    let flat = are_flat(&trees)?;
    let mut found = Found {
        named_by_folder: flat && names.is_some(),
        ..Found::default()
    };
    for (place, tree) in trees.into_iter().enumerate() {
        tree.left_out(&mut found.left_out);
        if !flat {
            tree.left_out_beside(&mut found.left_out);
        }
        let class = names.as_ref().map(|names| names[place].clone());
        let class = flat.then(|| class.unwrap_or_default());
        for folder in tree.listing.folders {
            found.add(&tree.root, folder, class.as_ref());
        }
    }
    match names {
        Some(names) if flat => {
            let bare = names.into_iter().skip(roots.len());
            bare.for_each(|name| _ = found.classes.entry(name).or_default());
        }
        names => {
            found.bare = bare.to_vec();
            let are_beside = roots.iter().all(|root| root.parent() == roots[0].parent());
            if !flat && names.is_some() && are_beside {
                found.beside = roots;
            }
        }
    }
    Ok(found)
}

/// Whether the images of each tree all lie in it itself, and not in class directories.
fn are_flat(trees: &[Tree]) -> Result<bool> {
    let mut pairs = trees.windows(2).map(|pair| (&pair[0], &pair[1]));
    let Some(pair) = pairs.find(|(one, other)| one.is_flat() != other.is_flat()) else {
        return Ok(trees.first().is_some_and(Tree::is_flat));
    };
    let (flat, layered) = match pair {
        (one, other) if one.is_flat() => (one, other),
        (one, other) => (other, one),
    };
    let reason = format!(
        "holds images, and {} holds class directories: give one kind, or the directory that both \
         are in",
        layered.root.display()
    );
    Err(Error::dataset(&*flat.root, reason))
}
