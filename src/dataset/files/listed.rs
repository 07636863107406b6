//! Files that CSV files list, with their classes: a header, then a row for each file.
//!
//! The first line names the columns: `filename` and `class`, among others, or whatever the first
//! two are called. White space around cells is ignored, except in quotes. Errors in a row are found
//! when it is read, and give its line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Files, Origin, Row};
use crate::dataset::classes::numbered;
use crate::dataset::rows::{self, Rows};
use crate::error::{Error, Result};
use crate::file::{Csv, check_inside, is_image, line_error, path_identity, quoted};

/// A CSV file that lists files.
#[derive(Clone, Debug)]
pub struct List {
    /// The CSV file.
    pub path: PathBuf,
    /// What the columns of files and classes are called.
    pub header: [Vec<u8>; 2],
    /// What to append to the error of a missing file: a possible reason.
    pub hint: String,
}

/// The number of each class, in the order they first occur in.
type Known = HashMap<Vec<u8>, u32>;

impl Files {
    /// The files that CSV files list, in the order of their rows. Each list comes with the
    /// directory that its names are relative to; they must stay inside it, unless `allow_outside`.
    /// Classes are in the order they first occur in.
    ///
    /// # Errors
    /// [`Error::Io`] for a list that cannot be read; [`Error::Dataset`], with the line, for one
    /// that lacks columns or has an invalid row.
    pub fn listed<'a>(
        lists: impl IntoIterator<Item = (&'a Path, &'a Path)>,
        allow_outside: bool,
    ) -> Result<Self> {
        let (mut files, mut known) = (Self::default(), Known::new());
        for (list, folder) in lists {
            files.read(list, folder, allow_outside, &mut known)?;
        }
        if let (true, Some(list)) = (files.is_empty(), files.list()) {
            return Err(Error::dataset(&*list.path, "no rows under its header"));
        }
        files.check_unique()?;
        Ok(files)
    }

    fn read(
        &mut self,
        list: &Path,
        folder: &Path,
        allow_outside: bool,
        known: &mut Known,
    ) -> Result<()> {
        let csv = Csv::open(list)?;
        let columns = csv.columns()?;
        self.notes.extend(csv.note(columns));
        let hint = csv.hint(columns);
        let mut rows = Rows::new(csv, [columns.filename, columns.class]);
        self.origins.push(Origin {
            folder: folder.as_os_str().as_bytes().to_vec(),
            class: 0,
            list: Some(Box::new(List {
                path: list.to_owned(),
                header: rows.header().map(<[u8]>::to_vec),
                hint,
            })),
        });
        rows.each(|row| self.add(row, allow_outside, known))
    }

    fn add(
        &mut self,
        row: &rows::Row<'_>,
        allow_outside: bool,
        known: &mut Known,
    ) -> Result<(), String> {
        let (name, class) = (row.cell(0)?, row.cell(1)?);
        if !allow_outside {
            check_inside(name)?;
        }
        if name.contains(&0) {
            return Err("a filename with a NUL byte in it".to_owned());
        }
        let class = if let Some(class) = known.get(class) {
            *class
        } else {
            let new = u32::try_from(known.len()).unwrap_or(u32::MAX);
            self.classes.push(row.text(1)?.into());
            known.insert(class.to_vec(), new);
            new
        };
        self.push(self.origins.len() - 1, name);
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        self.rows.push(Row { class, line });
        Ok(())
    }

    /// The first list, if files are listed.
    #[must_use]
    pub fn list(&self) -> Option<&List> {
        self.origins.first()?.list.as_deref()
    }

    /// The list that a file is in, and the line there.
    #[must_use]
    pub fn listing(&self, file: usize) -> Option<(&List, u32)> {
        Some((
            self.origin(file).list.as_deref()?,
            self.rows.get(file)?.line,
        ))
    }

    /// An error about a file, with the line that lists it.
    pub(in crate::dataset) fn error(&self, file: usize, reason: impl fmt::Display) -> Error {
        match self.listing(file) {
            Some((list, line)) => line_error(&list.path, line.into(), reason),
            None => Error::dataset(self.path(file), reason.to_string()),
        }
    }

    /// An error about a class, with the line where it first occurs.
    pub(in crate::dataset) fn class_error(&self, class: usize, reason: impl fmt::Display) -> Error {
        let mut files = 0..self.len();
        let file = files.find(|file| self.class(*file) == class);
        self.error(file.unwrap_or_default(), reason)
    }

    /// Refuses a file that is listed twice.
    fn check_unique(&self) -> Result<()> {
        let mut met = HashMap::with_capacity(self.len());
        for file in 0..self.len() {
            let (folder, name) = self.parts(file);
            match met.entry(path_identity(Path::new(OsStr::from_bytes(folder)), name)) {
                Entry::Vacant(place) => _ = place.insert(file),
                Entry::Occupied(first) => return Err(self.repeated(file, *first.get())),
            }
        }
        Ok(())
    }

    fn repeated(&self, file: usize, first: usize) -> Error {
        let (Some((list, _)), Some((other, line))) = (self.listing(file), self.listing(first))
        else {
            return self.error(file, "listed twice");
        };
        let name = self.name(file);
        let hint = if is_image(name) { "" } else { &list.hint };
        let place = if list.path == other.path {
            String::new()
        } else {
            format!("{}, ", other.path.display())
        };
        self.error(
            file,
            listed_before(name, format_args!("{place}line {line}{hint}")),
        )
    }

    /// The classes as labels, if all are whole numbers.
    ///
    /// # Errors
    /// A number that cannot be a label, among others that can, with its line.
    pub(in crate::dataset) fn numbers(&self) -> Result<Option<Vec<u64>>> {
        numbered(&self.classes).map_err(|(class, reason)| self.class_error(class, reason))
    }

    /// Replaces the classes; `new` gives the place of each old class among the new ones.
    pub(in crate::dataset) fn reclassify(&mut self, classes: Vec<OsString>, new: &[u32]) {
        self.classes = classes;
        for row in &mut self.rows {
            row.class = new[row.class as usize];
        }
    }

    /// Sorts the classes by their names.
    pub(in crate::dataset) fn sort_classes(&mut self) {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_unstable_by_key(|class| &self.classes[*class]);
        let mut new = vec![0; order.len()];
        (0..)
            .zip(&order)
            .for_each(|(place, class)| new[*class] = place);
        let sorted = order.iter().map(|class| self.classes[*class].clone());
        self.reclassify(sorted.collect(), &new);
    }
}

/// The error of a row whose `name` an earlier row has.
pub(super) fn listed_before(name: &[u8], place: impl fmt::Display) -> String {
    format!("{} was listed before, in {place}", quoted(name))
}
