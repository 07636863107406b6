//! CSV files of images, relative to the file's directory and inside it, and their classes.
//!
//! Samples are the rows, in their order. If all classes are whole numbers, these are the labels;
//! otherwise the classes are sorted. A missing image is an error when the table is opened, unless
//! samples that cannot be read are tolerated and some images are there.

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, stat};

use super::classes::checked_cell;
use super::{Files, Options, Scratch, Split, Wanted};
use crate::error::{Error, Result, said};
use crate::file::{each, name_hint, quoted};
use crate::random::hash_bytes;

/// How many files are looked for at a time.
const CHUNK: usize = 4096;

/// The place of a class that was not chosen.
const NOT_CHOSEN: u32 = u32::MAX;

impl Files {
    /// The images that the CSV files at `paths` list; looks on `threads` threads whether they are
    /// there.
    ///
    /// # Errors
    /// As [`Files::listed`]; [`Error::Argument`] for classes that are not there.
    pub(super) fn in_tables(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Self> {
        let lists = paths
            .iter()
            .map(|path| (&**path, path.parent().unwrap_or(Path::new(""))));
        let mut files = Self::listed(lists, options.allow_outside)?;
        files.number_classes(options)?;
        let files = files.chosen(options)?;
        if files.is_empty() {
            let reason = options.nothing_left("no samples: no row is of the classes asked for");
            return Err(Error::dataset(&*paths[0], reason));
        }
        files.check_there(options.gaps, threads)?;
        Ok(files)
    }

    /// Sorts the classes by their labels. If labels come from elsewhere, any number may be a name.
    fn number_classes(&mut self, options: &Options) -> Result<()> {
        let numbers = match self.numbers() {
            Err(_) if options.labels == Wanted::Never || options.classes.is_some() => None,
            numbers => numbers?,
        };
        let Some(numbers) = numbers else {
            self.sort_classes();
            return Ok(());
        };
        let label = |(class, number): (usize, u64)| {
            let cell = self.classes[class].display();
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            checked_cell(number, &cell, self.len()).map_err(|error| self.class_error(class, error))
        };
        let labels = numbers.into_iter().enumerate().map(label);
        let labels = labels.collect::<Result<Vec<u32>>>()?;
        let classes = labels.iter().max().map_or(0..0, |most| 0..most + 1);
        self.reclassify(
            classes.map(|label| label.to_string().into()).collect(),
            &labels,
        );
        Ok(())
    }

    /// The files of the classes and the side that are asked for, and no more than are.
    fn chosen(mut self, options: &Options) -> Result<Self> {
        let chosen = options.chosen(&self.classes, "classes found")?;
        let mut new = vec![NOT_CHOSEN; self.classes.len()];
        (0..)
            .zip(&chosen)
            .for_each(|(label, class)| new[*class] = label);
        let mut files: Vec<usize> = (0..self.len()).collect();
        files.retain(|file| new[self.class(*file)] != NOT_CHOSEN);
        let classes = chosen.iter().map(|class| self.classes[*class].clone());
        self.reclassify(classes.collect(), &new);
        if let Some(split) = options.split {
            let mut wanted = self.on_side(split, &files).into_iter();
            files.retain(|_| wanted.next().unwrap_or_default());
        }
        files.truncate(usize::try_from(options.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX));
        Ok(if files.len() < self.len() {
            self.arranged(&files)
        } else {
            self
        })
    }

    /// Which of `files` are on the side of a split.
    fn on_side(&self, split: Split, files: &[usize]) -> Vec<bool> {
        let class = |place: usize| self.class(files[place]);
        let label = |place| u32::try_from(class(place)).unwrap_or(u32::MAX);
        let labels: Vec<u32> = (0..files.len()).map(label).collect();
        split.of_all(&labels, self.classes.len(), |place| {
            let names = [b"", self.name(files[place])].map(hash_bytes);
            split.key(&self.classes[class(place)], names)
        })
    }

    /// Checks that every file is there; if `gaps` are tolerated, that any is.
    fn check_there(&self, gaps: bool, threads: usize) -> Result<()> {
        let chunks = self.len().div_ceil(CHUNK);
        let missing = each(chunks, threads, |chunk| {
            let (mut scratch, mut missing) = (Scratch::default(), 0);
            for file in chunk * CHUNK..self.len().min((chunk + 1) * CHUNK) {
                match self.check_file(file, &mut scratch) {
                    Err(_) if gaps => missing += 1,
                    there => there?,
                }
            }
            Ok(missing)
        })?;
        // The table is probably of another directory, or has other columns.
        if gaps && missing.into_iter().sum::<usize>() == self.len() {
            self.check_there(false, threads)
        } else {
            Ok(())
        }
    }

    fn check_file(&self, file: usize, scratch: &mut Scratch) -> Result<()> {
        let (folder, name) = self.parts(file);
        is_file(scratch.join([folder, name, b""])).map_err(|reason| {
            let hint = self.listing(file).map_or("", |(list, _)| &list.hint);
            let name = (quoted(name), name_hint(name));
            self.error(file, format!("{}: {reason}{}{hint}", name.0, name.1))
        })
    }
}

/// Why a path is not a file that can be there.
fn is_file(path: &CStr) -> std::result::Result<(), String> {
    let status = stat(path).map_err(|error| said(&error.into()))?;
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => Err("is a directory".to_owned()),
        _ => Ok(()),
    }
}
