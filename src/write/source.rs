//! What is converted: files and their classes, in the order of their records.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::dataset::{Files, LABELS, Numbering, listed_names, records_below};
use crate::error::{Error, Result, said};
use crate::file::{LARGEST_NUMBER, Stamp, append_file, name_hint, quoted};

/// Labelled files. Records are numbered by their place among them.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) files: Files,
    /// What names are relative to.
    pub(super) root: PathBuf,
    /// The classes, in the order of those of the files.
    pub(super) classes: Vec<Class>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) label: u64,
}

/// The error of a directory that holds records, and so no images.
fn records_in(root: &Path, threads: usize) -> Option<Error> {
    let path = records_below(root, threads)?;
    Some(Error::dataset(
        root,
        format!("holds records, such as {}: {OF_IMAGES}", path.display()),
    ))
}

/// What to say about a source that holds records.
pub(super) const OF_IMAGES: &str =
    "records are made from image files, in a directory or listed in a CSV";

impl Source {
    /// The images of a flat directory (one class without a name, label 0) or of a class directory
    /// (labels by the sorted names), class by class, in each in natural order.
    pub(super) fn directory(root: &Path, threads: usize) -> Result<Self> {
        let files = Files::in_directory(root, threads)
            .map_err(|error| records_in(root, threads).unwrap_or(error))?;
        let mut files = files.below(root);
        let odd = files.classes.iter().find(|name| name.to_str().is_none());
        files.notes.extend(odd.map(|name| {
            let name = quoted(name.as_bytes());
            format!(
                "the class name {name} is not UTF-8: lists and records of class names hold it with \
                 replacement characters"
            )
        }));
        Ok(Self::new(files, root, 0..))
    }

    /// The images that a CSV file lists, with names relative to `root`, and inside it unless
    /// `allow_outside`.
    pub(super) fn listed(
        list: &Path,
        root: &Path,
        numbering: &Numbering,
        allow_outside: bool,
    ) -> Result<Self> {
        let mut files = Files::listed([(list, root)], allow_outside)?;
        let labels = files.label_classes(numbering)?;
        Ok(Self::new(files, root, labels))
    }

    fn new(files: Files, root: &Path, labels: impl IntoIterator<Item = u64>) -> Self {
        let names = files
            .classes
            .iter()
            .map(|name| name.to_string_lossy().into_owned());
        let classes = names.zip(labels).map(|(name, label)| Class { name, label });
        Self {
            classes: classes.collect(),
            root: root.to_owned(),
            files,
        }
    }

    /// The directories that the files lie in.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        let folder = |record| {
            let name = self.name(record);
            let end = name.iter().rposition(|byte| *byte == b'/');
            &name[..end.unwrap_or_default()]
        };
        let names: HashSet<&[u8]> = (0..self.len()).map(folder).collect();
        let names = names.into_iter().map(OsStr::from_bytes);
        names.map(|name| self.root.join(name)).collect()
    }

    /// The same files in another order, or some of them.
    pub(super) fn arranged(self, order: &[usize]) -> Self {
        Self {
            files: self.files.arranged(order),
            ..self
        }
    }

    /// The same files, all of label 0.
    pub(super) fn unlabelled(mut self) -> Self {
        for class in &mut self.classes {
            class.label = 0;
        }
        self
    }

    /// Number of records.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// The file of a record, as it is listed.
    pub(super) fn name(&self, record: usize) -> &[u8] {
        self.files.name(record)
    }

    /// The last part of that.
    pub(super) fn base_name(&self, record: usize) -> &[u8] {
        let mut parts = self.name(record).rsplit(|byte| *byte == b'/');
        parts.next().unwrap_or_default()
    }

    /// The file of a record.
    pub(super) fn path(&self, record: usize) -> PathBuf {
        self.files.path(record)
    }

    /// The class of a record.
    pub(super) fn class(&self, record: usize) -> &Class {
        &self.classes[self.files.class(record)]
    }

    /// The name of each class, and its records.
    pub(super) fn by_class(&self) -> impl Iterator<Item = (&str, Vec<usize>)> {
        let mut members = vec![Vec::new(); self.classes.len()];
        (0..self.len()).for_each(|record| members[self.files.class(record)].push(record));
        let names = self.classes.iter().map(|class| class.name.as_str());
        names.zip(members)
    }

    /// Notes a list of class names in `folder` that has one of the classes at another number: a
    /// Loader would use it for these records, though it is of others.
    pub(super) fn note_other_names(&mut self, folder: &Path) {
        let Some(listed) = listed_names(folder) else {
            return;
        };
        let number = |class: &Class| {
            let number = listed.iter().position(|name| *name == *class.name)?;
            Some(number as u64)
        };
        let other = |class: &&Class| {
            !class.name.is_empty() && number(class).is_some_and(|number| number != class.label)
        };
        if let Some(Class { name, label }) = self.classes.iter().find(other) {
            self.files.notes.push(format!(
                "{}: a Loader takes the names of classes from it, but there {name:?} has another \
                 number than {label}, its label in these records",
                folder.join(LABELS).display(),
            ));
        }
    }

    /// Refuses labels above `most`; `why` says what keeps records from having them.
    pub(super) fn check_labels(&self, most: u64, why: &str) -> Result<()> {
        let Some(class) = self.classes.iter().find(|class| class.label > most) else {
            return Ok(());
        };
        // Greater numbers in a list are read as this one.
        let more = if class.label == LARGEST_NUMBER {
            " or more"
        } else {
            ""
        };
        let reason = format!("the label {}{more} is beyond {most}: {why}", class.label);
        let list = self.files.list().map(|list| &list.path);
        Err(Error::dataset(list.unwrap_or(&self.root), reason))
    }

    /// An operating system's error about a record's file, with the line that lists it.
    pub(super) fn io_error(&self, record: usize, source: io::Error) -> Error {
        let (kind, text) = (source.kind(), said(&source));
        let plain = Error::at(self.path(record))(source);
        let Some((list, line)) = self.files.listing(record) else {
            return plain;
        };
        if plain.is_of_the_machine() {
            return plain;
        }
        let hints = match kind {
            io::ErrorKind::NotFound => [name_hint(self.name(record)), &list.hint].concat(),
            _ => String::new(),
        };
        let list = list.path.display();
        let text = format!("{text}, listed in {list}, line {line}{hints}");
        Error::at(self.path(record))(io::Error::new(kind, text))
    }

    /// Appends a record's file, which had `stamp` when it was looked at.
    pub(super) fn append(&self, record: usize, stamp: Stamp, out: &mut Vec<u8>) -> Result<()> {
        let path = self.path(record);
        let now = append_file(&path, stamp, out).map_err(|source| self.io_error(record, source))?;
        if now == stamp {
            return Ok(());
        }
        let how = match (now.len, stamp.len) {
            (len, before) if len != before => {
                format!("has {len} bytes, and had {before} when this run began")
            }
            _ => "was changed since this run began".to_owned(),
        };
        Err(Error::dataset(
            path,
            format!("{how}: it is being written to"),
        ))
    }
}
