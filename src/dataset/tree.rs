//! A listed directory tree.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::left_out::{LeftOut, Why, may_be_folder};
use super::look::is_beside;
use crate::error::{Error, Result, said};
use crate::file::{self, IMAGE_ENDINGS, Listing, is_image};

/// The files in a directory: those that [`is_image`] takes for images, and others.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) listing: Listing,
}

impl Tree {
    /// Lists a directory on `threads` threads.
    ///
    /// # Errors
    /// What cannot be read; a broken link that may be a class folder, since without it the labels
    /// of the classes after it would change.
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

    /// Whether all of its images are in the directory itself, so that there are no class folders.
    pub(super) fn is_flat(&self) -> bool {
        let mut folders = self.listing.folders.iter();
        folders.all(|folder| folder.path.is_empty() || folder.files == 0)
    }

    /// The other files that are in it or below it, in order: their directories, relative to the
    /// root, and names.
    pub(super) fn others(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let folders = self.listing.folders.iter();
        folders
            .flat_map(|folder| each_name(&folder.others).map(|name| (folder.path.as_slice(), name)))
    }

    /// The paths of the other files in the directory itself, except those that belong beside
    /// records.
    pub(super) fn here(&self) -> impl Iterator<Item = PathBuf> {
        self.others()
            .take_while(|(folder, _)| folder.is_empty())
            .filter(|(_, name)| !is_beside(name))
            .map(|(folder, name)| self.path(folder, name))
    }

    /// The paths of the other files that lie in directories in it.
    pub(super) fn below(&self) -> impl Iterator<Item = PathBuf> {
        self.others()
            .filter(|(folder, _)| !folder.is_empty())
            .map(|(folder, name)| self.path(folder, name))
    }

    /// The images that lie in it itself.
    fn loose(&self) -> impl Iterator<Item = &[u8]> {
        let folders = self.listing.folders.iter();
        folders
            .filter(|folder| folder.path.is_empty())
            .flat_map(|folder| each_name(&folder.names))
    }

    /// The path of a file.
    pub(super) fn path(&self, folder: &[u8], name: &[u8]) -> PathBuf {
        self.root
            .join(OsStr::from_bytes(folder))
            .join(OsStr::from_bytes(name))
    }

    /// Adds the files that are not images.
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

    /// Adds the images beside class folders.
    pub(super) fn left_out_beside(&self, into: &mut LeftOut) {
        for name in self.loose() {
            into.add_image(Why::Loose, || self.path(b"", name));
        }
    }
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
    Err(Error::at(path)(io::Error::new(source.kind(), reason)))
}

/// The names in a block where each has a NUL behind it.
pub(super) fn each_name(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names
        .split_inclusive(|byte| *byte == 0)
        .map(|name| &name[..name.len() - 1])
}

/// The names that images have, in words.
pub(super) fn looked_for() -> String {
    format!("files named *.{}", IMAGE_ENDINGS.join(", *."))
}
