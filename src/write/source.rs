//! What is converted: files and their classes, in the order of their records.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, Directory, LABELS, Options, listed_names, records_below};
use crate::error::{Error, Result, said};
use crate::file::{LARGEST_NUMBER, Stamp, append_file, name_hint, natural_order, quoted};

/// A list of labelled files. Records are numbered by their place in it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// What the names are relative to.
    pub(super) root: PathBuf,
    pub(super) entries: Vec<Entry>,
    pub(super) classes: Vec<Class>,
    /// The CSV file that lists them, if there is one, and what may be why a file in it is not
    /// there.
    pub(super) listing: Option<(PathBuf, String)>,
    /// What the user should know of it, a sentence each.
    pub(super) notes: Vec<String>,
}

/// A file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its path as it is listed, relative to the root.
    pub(super) name: Box<[u8]>,
    /// The place of its class among the classes.
    pub(super) class: u32,
    /// Where it is listed, counted from 1.
    pub(super) line: u64,
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

/// What a source of records is told.
pub(super) const OF_IMAGES: &str =
    "records are written of image files, in a directory or listed in a CSV";

impl Source {
    /// The images of a flat directory (one class without a name, label 0) or of a class directory
    /// (labels by the sorted names), class by class, in each as people count.
    pub(super) fn directory(root: &Path, threads: usize) -> Result<Self> {
        let data = Directory::open(&[root.to_owned()], &Options::default(), threads)
            .map_err(|error| records_in(root, threads).unwrap_or(error))?;
        let (by_class, mut entries, mut classes) = (data.by_class()?, Vec::new(), Vec::new());
        let mut notes = data.notes().to_vec();
        notes.extend(data.classes()?.iter().find(|name| name.to_str().is_none()).map(|name| {
            format!(
                "the class name {} is not UTF-8: lists and records of class names hold it with replacement characters",
                quoted(name.as_bytes())
            )
        }));
        for (places, name) in by_class.ranges.iter().zip(data.classes()?) {
            let (class, first) = (
                u32::try_from(classes.len()).unwrap_or(u32::MAX),
                entries.len(),
            );
            classes.push(Class {
                name: name.to_string_lossy().into_owned(),
                label: u64::from(class),
            });
            entries.extend(places.clone().map(|place| {
                let path = data.location(by_class.sample(place)).path;
                let name = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .as_os_str()
                    .as_bytes()
                    .into();
                Entry {
                    name,
                    class,
                    line: 0,
                }
            }));
            entries[first..].sort_unstable_by(|a, b| natural_order(&a.name, &b.name));
        }
        Ok(Self {
            root: root.to_owned(),
            entries,
            classes,
            listing: None,
            notes,
        })
    }

    /// The directories that the files lie in.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        let folder = |entry: &Entry| {
            entry
                .name
                .iter()
                .rposition(|byte| *byte == b'/')
                .unwrap_or_default()
        };
        let names: HashSet<&[u8]> = self
            .entries
            .iter()
            .map(|entry| &entry.name[..folder(entry)])
            .collect();
        names
            .into_iter()
            .map(|name| self.root.join(OsStr::from_bytes(name)))
            .collect()
    }

    /// The same files in another order, or some of them.
    pub(super) fn arranged(mut self, order: &[usize]) -> Self {
        self.entries = order
            .iter()
            .map(|place| self.entries[*place].clone())
            .collect();
        self
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
        self.entries.len()
    }

    /// The file of a record, as it is listed.
    pub(super) fn name(&self, record: usize) -> &[u8] {
        &self.entries[record].name
    }

    /// The last part of that.
    pub(super) fn base_name(&self, record: usize) -> &[u8] {
        self.name(record)
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or_default()
    }

    /// The file of a record.
    pub(super) fn path(&self, record: usize) -> PathBuf {
        self.root.join(OsStr::from_bytes(self.name(record)))
    }

    /// The class of a record.
    pub(super) fn class(&self, record: usize) -> &Class {
        &self.classes[self.entries[record].class as usize]
    }

    /// Notes a list of class names in `folder` that has one of the classes at another number: it is
    /// of other records, and a Loader would take it for that of these.
    pub(super) fn note_other_names(&mut self, folder: &Path) {
        let Some(listed) = listed_names(folder) else {
            return;
        };
        let number = |class: &Class| {
            listed
                .iter()
                .position(|name| *name == *class.name)
                .map(|number| number as u64)
        };
        let other = |class: &&Class| {
            !class.name.is_empty() && number(class).is_some_and(|number| number != class.label)
        };
        if let Some(class) = self.classes.iter().find(other) {
            self.notes.push(format!(
                "{}: a Loader takes the names of classes from it, and it has {:?} at another number than {}, which it is in \
                 these records",
                folder.join(LABELS).display(),
                class.name,
                class.label
            ));
        }
    }

    /// Refuses labels above `most`; `why` says what keeps records from having them.
    pub(super) fn check_labels(&self, most: u64, why: &str) -> Result<()> {
        let Some(class) = self.classes.iter().find(|class| class.label > most) else {
            return Ok(());
        };
        // What a whole number in a table is at most stands for all above it.
        let more = if class.label == LARGEST_NUMBER {
            " or more"
        } else {
            ""
        };
        let reason = format!("the label {}{more} is beyond {most}: {why}", class.label);
        Err(Error::dataset(
            self.listing.as_ref().map_or(&self.root, |(list, _)| list),
            reason,
        ))
    }

    /// An error of the system's about a record's file, which says where that is listed.
    pub(super) fn io_error(&self, record: usize, source: io::Error) -> Error {
        let (kind, text) = (source.kind(), said(&source));
        let plain = Error::Io {
            path: self.path(record),
            source,
        };
        match &self.listing {
            Some((list, other)) if !plain.is_of_the_machine() => {
                let (line, list, hint) = (
                    self.entries[record].line,
                    list.display(),
                    name_hint(self.name(record)),
                );
                let hints = if kind == io::ErrorKind::NotFound {
                    [hint, other]
                } else {
                    [""; 2]
                };
                let text = format!("{text}, listed in {list}, line {line}{}", hints.concat());
                Error::Io {
                    path: self.path(record),
                    source: io::Error::new(kind, text),
                }
            }
            _ => plain,
        }
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
