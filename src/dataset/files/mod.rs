//! Image files with a class each: what directories hold, and what CSV files list.
//!
//! All names are kept in one block. A file takes its name with a NUL and four bytes, or twelve if a
//! list names it; a directory takes a few words.

mod listed;
mod numbering;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{ByClass, Content, Dataset, Location, Sample, Scratch};
use crate::error::{Error, Result};
use crate::file::{Base, natural_order};
use crate::random::{hash_bytes, mix};

pub use listed::List;
pub use numbering::{Ids, Numbering};

/// Image files in order, and the class of each.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Names of the classes.
    pub classes: Vec<OsString>,
    /// What a user should know, a line each.
    pub notes: Vec<String>,
    origins: Vec<Origin>,
    groups: Vec<Group>,
    names: Vec<u8>,
    /// Where each file's name starts, counted from its group's first byte.
    starts: Vec<u32>,
    /// The row of each file in its list; empty if the files are not from lists.
    rows: Vec<Row>,
}

/// What names are relative to.
#[derive(Clone, Debug)]
struct Origin {
    folder: Vec<u8>,
    /// The class of its files, unless their rows have it.
    class: u32,
    /// The list that names the files.
    list: Option<Box<List>>,
}

/// Consecutive files of one origin.
#[derive(Clone, Copy, Debug)]
struct Group {
    origin: usize,
    first: usize,
    names: usize,
}

/// A file's class, and the line it is listed in, counted from 1.
#[derive(Clone, Copy, Debug)]
struct Row {
    class: u32,
    line: u32,
}

impl Files {
    /// Adds the files called `names` in a directory.
    pub(super) fn add_folder<'a>(
        &mut self,
        folder: &[u8],
        class: usize,
        names: impl Iterator<Item = &'a [u8]>,
    ) {
        let mut names = names.peekable();
        if names.peek().is_some() {
            self.origins.push(Origin {
                folder: folder.to_vec(),
                class: u32::try_from(class).unwrap_or(u32::MAX),
                list: None,
            });
            names.for_each(|name| self.push(self.origins.len() - 1, name));
        }
    }

    fn push(&mut self, origin: usize, name: &[u8]) {
        let (first, names) = (self.starts.len(), self.names.len());
        let start = match self.groups.last() {
            Some(last) if last.origin == origin => u32::try_from(names - last.names).ok(),
            _ => None,
        };
        if start.is_none() {
            self.groups.push(Group {
                origin,
                first,
                names,
            });
        }
        self.starts.push(start.unwrap_or_default());
        self.names.extend_from_slice(name);
        self.names.push(0);
    }

    /// The files at these places, in this order.
    #[must_use]
    pub fn arranged(&self, order: &[usize]) -> Self {
        let mut arranged = self.emptied(self.origins.clone());
        for &file in order {
            arranged.push(self.group(file).origin, self.name(file));
            arranged.rows.extend(self.rows.get(file));
        }
        arranged
    }

    /// The files of a directory with names relative to it, those of each class in natural order.
    #[must_use]
    pub fn below(&self, root: &Path) -> Self {
        let mut below = self.emptied(vec![Origin {
            folder: root.as_os_str().as_bytes().to_vec(),
            class: 0,
            list: None,
        }]);
        let name = |file| {
            let path = self.path(file);
            let name = path.strip_prefix(root).unwrap_or(&path).as_os_str();
            name.as_bytes().to_vec()
        };
        let mut first = 0;
        for (class, count) in (0..).zip(self.counts()) {
            let mut names: Vec<Vec<u8>> = (first..first + count).map(name).collect();
            names.sort_unstable_by(|a, b| natural_order(a, b));
            first += count;
            for name in names {
                below.push(0, &name);
                below.rows.push(Row { class, line: 0 });
            }
        }
        below
    }

    /// The same without its files.
    fn emptied(&self, origins: Vec<Origin>) -> Self {
        Self {
            classes: self.classes.clone(),
            notes: self.notes.clone(),
            origins,
            ..Self::default()
        }
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    fn group(&self, file: usize) -> &Group {
        &self.groups[self.groups.partition_point(|group| group.first <= file) - 1]
    }

    fn origin(&self, file: usize) -> &Origin {
        &self.origins[self.group(file).origin]
    }

    /// What a file is called in its directory, or in the list that names it.
    #[must_use]
    pub fn name(&self, file: usize) -> &[u8] {
        let rest = &self.names[self.group(file).names + self.starts[file] as usize..];
        rest.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// The directory that a file's name is relative to, and the name.
    pub(super) fn parts(&self, file: usize) -> (&[u8], &[u8]) {
        let name = self.name(file);
        if name.starts_with(b"/") {
            return (b"", name);
        }
        (&self.origin(file).folder, name)
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, file: usize) -> PathBuf {
        let (folder, name) = self.parts(file);
        Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name))
    }

    /// The place of a file's class among the classes.
    #[must_use]
    pub fn class(&self, file: usize) -> usize {
        let row = self.rows.get(file);
        row.map_or_else(|| self.origin(file).class, |row| row.class) as usize
    }

    /// How many files of each class there are, by their directories.
    fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        let ends = self.groups.iter().skip(1).map(|group| group.first);
        for (group, end) in self.groups.iter().zip(ends.chain([self.len()])) {
            counts[self.origins[group.origin].class as usize] += end - group.first;
        }
        counts
    }

    fn by_class(&self) -> ByClass {
        if self.rows.is_empty() {
            ByClass::sorted(self.counts())
        } else {
            ByClass::of(self.rows.iter().map(|row| row.class), self.classes.len())
        }
    }
}

/// A dataset of image files.
#[derive(Debug)]
pub struct ImageFiles {
    files: Files,
    by_class: ByClass,
    base: Base,
}

impl ImageFiles {
    /// The dataset of `files`.
    #[must_use]
    pub fn new(mut files: Files) -> Self {
        files.names.shrink_to_fit();
        files.starts.shrink_to_fit();
        Self {
            by_class: files.by_class(),
            base: Base::of(files.origins.iter().map(|origin| &*origin.folder)),
            files,
        }
    }
}

impl Dataset for ImageFiles {
    fn len(&self) -> u64 {
        self.files.len() as u64
    }

    fn classes(&self) -> Result<&[OsString]> {
        Ok(&self.files.classes)
    }

    fn by_class(&self) -> Result<ByClass> {
        Ok(self.by_class.clone())
    }

    fn location(&self, index: u64) -> Location {
        Location::file(self.files.path(place(index)))
    }

    fn notes(&self) -> &[String] {
        &self.files.notes
    }

    fn kind(&self) -> &'static str {
        if self
            .files
            .origins
            .iter()
            .any(|origin| origin.list.is_some())
        {
            "CSV of image files"
        } else if self.files.classes.iter().all(|class| class.is_empty()) {
            "image files (no classes)"
        } else {
            "image directory (a folder for each class)"
        }
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>> {
        let (folder, name) = self.files.parts(place(index));
        match scratch.read(&self.base, [folder, name, b""]) {
            Ok(bytes) => Ok(Sample {
                content: Content::Encoded(bytes),
                label: self.files.class(place(index)),
            }),
            Err(source) => Err(Error::Io {
                path: self.files.path(place(index)),
                source,
            }),
        }
    }

    fn fingerprint(&self) -> Result<u64> {
        let classes = self.files.classes.iter();
        let mut hash = classes.fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for file in 0..self.files.len() {
            let path = self.files.path(file);
            let size = self.base.len_of(&path);
            let size = size.map_err(Error::at(path))?;
            hash = mix(hash.wrapping_add(hash_bytes(self.files.name(file)))
                ^ mix(size ^ (self.files.class(file) as u64) << 48));
        }
        Ok(hash)
    }
}

fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
