//! CSV files that name pictures, relative to the file's directory and inside it, and their classes.
//!
//! The first line names the columns: `filename` and `class`, among others, or whatever the first
//! two are called. White space around cells does not count, but for what is in quotes. Samples are
//! the rows, in their order. Where all classes are whole numbers, these are the labels. Everything
//! that can be wrong is found when the table is opened, and named with the line: a picture that is
//! not there, a picture named twice, a cell without a value. Where samples that cannot be read are
//! borne, pictures that are not there are too, unless none is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use rustix::fs::{FileType, stat};

use super::classes::{checked_cell, numbered};
use super::{ByClass, Content, Dataset, Location, Options, Sample, Scratch, Wanted};
use crate::error::{Error, Result, said};
use crate::file::{
    Base, Columns, Csv, check_inside, each, is_image, line_error, name_hint, path_identity, quoted,
};
use crate::random::{hash_bytes, mix};
use crate::record::Reason;

/// How many files are looked for at a time.
const CHUNK: usize = 4096;

/// A data set of image files that tables name.
#[derive(Debug)]
pub struct Table {
    classes: Vec<OsString>,
    by_class: ByClass,
    /// The directory of each table, and its first sample.
    folders: Vec<(Vec<u8>, usize)>,
    /// What the tables call the files, a NUL behind each.
    names: Vec<u8>,
    /// Where each sample's name starts.
    starts: Vec<u64>,
    labels: Vec<u32>,
    notes: Vec<String>,
    base: Base,
}

/// The rows of all tables.
#[derive(Default)]
struct Rows {
    names: Vec<u8>,
    all: Vec<Row>,
    /// In the order they are met in.
    classes: Vec<String>,
    known: HashMap<Vec<u8>, u32>,
    notes: Vec<String>,
}

/// A row: where its name starts, the number of its class, and its line.
#[derive(Clone, Copy)]
struct Row {
    name: u64,
    class: u32,
    line: u64,
}

impl Table {
    /// Reads the tables at `paths`, and looks on `threads` threads whether the files they name are
    /// there.
    ///
    /// # Errors
    /// [`Error::Io`] for a table that cannot be read; [`Error::Dataset`] for one that lacks
    /// columns, or has a row that is no good, naming its line; [`Error::Argument`] for classes that
    /// are not there.
    pub fn open(paths: &[PathBuf], options: &Options, threads: usize) -> Result<Self> {
        let mut rows = Rows::default();
        let (mut ends, mut hints) = (Vec::new(), Vec::new());
        for path in paths {
            hints.push(rows.read(path, options.allow_outside)?);
            ends.push(rows.all.len());
        }
        let number_of = |row: usize| ends.partition_point(|end| *end <= row);
        let table_of = |row: usize| paths[number_of(row)].as_path();
        rows.check_unique(&table_of, &|row| {
            if is_image(rows.name(row)) {
                ""
            } else {
                &hints[number_of(row)]
            }
        })?;
        let (mut data, chosen) = rows.choose(options, &table_of)?;
        data.notes = std::mem::take(&mut rows.notes);
        if data.starts.is_empty() {
            let otherwise =
                "no samples: no row below the first line, or none of the classes asked for";
            return Err(Error::dataset(
                paths[0].as_path(),
                options.nothing_left(otherwise),
            ));
        }
        data.check(options.gaps, threads, &|sample, reason| {
            let row = chosen[sample];
            line_error(
                table_of(row),
                rows.all[row].line,
                format!("{reason}{}", hints[number_of(row)]),
            )
        })?;
        data.base = Base::of(data.folders.iter().map(|(folder, _)| &**folder));
        Ok(data)
    }

    fn add(&mut self, folder: &[u8], name: &[u8], label: u32) {
        if self.folders.last().is_none_or(|(last, _)| last != folder) {
            self.folders.push((folder.to_vec(), self.starts.len()));
        }
        self.starts.push(self.names.len() as u64);
        self.names.extend_from_slice(name);
        self.names.push(0);
        self.labels.push(label);
    }

    /// The directory of a sample's file, and its name there.
    fn name(&self, sample: usize) -> (&[u8], &[u8]) {
        let name = name_at(&self.names, self.starts[sample]);
        if name.starts_with(b"/") {
            return (b"", name);
        }
        (
            &self.folders[self.folders.partition_point(|(_, first)| *first <= sample) - 1].0,
            name,
        )
    }

    /// Looks whether every file is there; if `gaps` are borne, whether any is.
    fn check(
        &self,
        gaps: bool,
        threads: usize,
        error: &(dyn Fn(usize, String) -> Error + Sync),
    ) -> Result<()> {
        let all = self.starts.len();
        let missing = each(all.div_ceil(CHUNK), threads, &|chunk| {
            let (mut scratch, mut missing) = (Scratch::default(), 0);
            for sample in chunk * CHUNK..all.min((chunk + 1) * CHUNK) {
                let (folder, name) = self.name(sample);
                match is_file(scratch.join([folder, name, b""])) {
                    Ok(()) => {}
                    Err(_) if gaps => missing += 1,
                    Err(reason) => {
                        return Err(error(
                            sample,
                            format!("{}: {reason}{}", quoted(name), name_hint(name)),
                        ));
                    }
                }
            }
            Ok(missing)
        })?;
        // A table of another directory, or of other columns.
        if gaps && missing.into_iter().sum::<usize>() == all {
            self.check(false, threads, error)
        } else {
            Ok(())
        }
    }
}

impl Dataset for Table {
    fn len(&self) -> u64 {
        self.starts.len() as u64
    }

    fn classes(&self) -> Result<&[OsString]> {
        Ok(&self.classes)
    }

    fn by_class(&self) -> Result<ByClass> {
        Ok(self.by_class.clone())
    }

    fn location(&self, index: u64) -> Location {
        let (folder, name) = self.name(place(index));
        Location::file(Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name)))
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn kind(&self) -> &'static str {
        "CSV of image files"
    }

    fn read<'a>(&'a self, index: u64, scratch: &'a mut Scratch) -> Result<Sample<'a>> {
        let (folder, name) = self.name(place(index));
        match scratch.read(&self.base, [folder, name, b""]) {
            Ok(bytes) => Ok(Sample {
                content: Content::Encoded(bytes),
                label: self.labels[place(index)] as usize,
            }),
            Err(source) => Err(Error::Io {
                path: self.location(index).path,
                source,
            }),
        }
    }

    fn fingerprint(&self) -> Result<u64> {
        let mut hash = self
            .classes
            .iter()
            .fold(0, |hash, class| mix(hash ^ hash_bytes(class.as_bytes())));
        for (sample, label) in self.labels.iter().enumerate() {
            let path = self.location(sample as u64).path;
            let size = self
                .base
                .len_of(&path)
                .map_err(|source| Error::Io { path, source })?;
            hash = mix(hash.wrapping_add(hash_bytes(self.name(sample).1))
                ^ mix(size ^ u64::from(*label) << 48));
        }
        Ok(hash)
    }
}

fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// Why a path is not a file that can be there.
fn is_file(path: &CStr) -> std::result::Result<(), String> {
    let status = stat(path).map_err(|error| said(&error.into()))?;
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => Err("is a directory".to_owned()),
        _ => Ok(()),
    }
}

fn folder(table: &Path) -> Vec<u8> {
    table
        .parent()
        .unwrap_or(Path::new(""))
        .as_os_str()
        .as_bytes()
        .to_vec()
}

fn name_at(names: &[u8], start: u64) -> &[u8] {
    let rest = &names[usize::try_from(start).unwrap_or(usize::MAX)..];
    rest.split(|byte| *byte == 0).next().unwrap_or_default()
}

impl Rows {
    /// Reads a table; returns what may be why a file in it is not there.
    fn read(&mut self, path: &Path, allow_outside: bool) -> Result<String> {
        let mut csv = Csv::open(path)?;
        let columns = csv.columns()?;
        let mut row = ByteRecord::new();
        while let Some(line) = csv.next(&mut row)? {
            let inside = if allow_outside {
                Ok(())
            } else {
                check_inside(&row[columns.filename])
            };
            inside
                .and_then(|()| self.add(&row, columns, line))
                .map_err(|reason| csv.error(line, reason))?;
        }
        self.notes.extend(csv.note(columns));
        Ok(csv.hint(columns))
    }

    fn add(
        &mut self,
        row: &ByteRecord,
        columns: Columns,
        line: u64,
    ) -> std::result::Result<(), String> {
        let (name, class) = (&row[columns.filename], &row[columns.class]);
        if name.is_empty() {
            return Err("no filename".to_owned());
        }
        if class.is_empty() {
            return Err("no class".to_owned());
        }
        if name.contains(&0) {
            return Err("a filename with a NUL byte in it".to_owned());
        }
        let class = if let Some(known) = self.known.get(class) {
            *known
        } else {
            let new =
                u32::try_from(self.classes.len()).map_err(|_| "too many classes".to_owned())?;
            let text =
                str::from_utf8(class).map_err(|error| format!("not UTF-8: the class: {error}"))?;
            self.classes.push(text.to_owned());
            self.known.insert(class.to_vec(), new);
            new
        };
        self.all.push(Row {
            name: self.names.len() as u64,
            class,
            line,
        });
        self.names.extend_from_slice(name);
        self.names.push(0);
        Ok(())
    }
}

impl Rows {
    /// What a row calls its file.
    fn name(&self, row: usize) -> &[u8] {
        name_at(&self.names, self.all[row].name)
    }

    /// Looks whether a file is named twice; `table_of` says which table a row is in, and `hint`
    /// what may be why.
    fn check_unique<'a>(
        &self,
        table_of: &dyn Fn(usize) -> &'a Path,
        hint: &dyn Fn(usize) -> &'a str,
    ) -> Result<()> {
        let mut met: HashMap<u64, usize> = HashMap::with_capacity(self.all.len());
        for (number, row) in self.all.iter().enumerate() {
            let name = self.name(number);
            let folder = table_of(number).parent().unwrap_or(Path::new(""));
            match met.entry(path_identity(folder, name)) {
                Entry::Vacant(place) => _ = place.insert(number),
                Entry::Occupied(first) => {
                    let (table, line) = (
                        table_of(*first.get()).display(),
                        self.all[*first.get()].line,
                    );
                    let reason = format!(
                        "{} is named before, in {table}, line {line}{}",
                        quoted(name),
                        hint(number)
                    );
                    return Err(line_error(table_of(number), row.line, reason));
                }
            }
        }
        Ok(())
    }

    /// The error of the first row of a class.
    fn class_error<'a>(
        &self,
        class: usize,
        reason: Reason,
        table_of: &dyn Fn(usize) -> &'a Path,
    ) -> Error {
        let row = self
            .all
            .iter()
            .position(|row| row.class as usize == class)
            .unwrap_or_default();
        line_error(table_of(row), self.all[row].line, reason)
    }

    /// The names of all classes by label, and the label of each class that is met. Where all are
    /// whole numbers, these are the labels; else they are sorted. Where labels come from elsewhere,
    /// any number may be a name.
    fn numbered<'a>(
        &self,
        options: &Options,
        table_of: &dyn Fn(usize) -> &'a Path,
    ) -> Result<(Vec<OsString>, Vec<u32>)> {
        let classes: Vec<&str> = self.classes.iter().map(String::as_str).collect();
        let numbers = match numbered(&classes) {
            Err(_) if options.labels == Wanted::Never || options.classes.is_some() => None,
            numbers => {
                numbers.map_err(|(class, reason)| self.class_error(class, reason, table_of))?
            }
        };
        let Some(numbers) = numbers else {
            let mut order: Vec<u32> = (0..).take(self.classes.len()).collect();
            order.sort_unstable_by_key(|class| &self.classes[*class as usize]);
            let mut labels = vec![0; order.len()];
            for (label, class) in (0..).zip(&order) {
                labels[*class as usize] = label;
            }
            return Ok((
                order
                    .into_iter()
                    .map(|class| self.classes[class as usize].as_str().into())
                    .collect(),
                labels,
            ));
        };
        let mut labels = Vec::with_capacity(numbers.len());
        for (class, number) in numbers.into_iter().enumerate() {
            let label = checked_cell(
                usize::try_from(number).unwrap_or(usize::MAX),
                &self.classes[class],
                self.all.len(),
            );
            labels.push(label.map_err(|reason| self.class_error(class, reason, table_of))?);
        }
        let names = labels
            .iter()
            .max()
            .map_or(0..0, |most| 0..most + 1)
            .map(|label| label.to_string().into());
        Ok((names.collect(), labels))
    }

    /// The samples among the rows, and the row of each.
    fn choose<'a>(
        &self,
        options: &Options,
        table_of: &dyn Fn(usize) -> &'a Path,
    ) -> Result<(Table, Vec<usize>)> {
        let (names, labels) = self.numbered(options, table_of)?;
        let numbers = options.chosen(&names, "classes found")?;
        let chosen_labels: HashMap<usize, u32> = numbers.iter().copied().zip(0..).collect();
        let mut data = Table {
            by_class: ByClass::of(&[], 0),
            classes: numbers
                .iter()
                .map(|number| names[*number].clone())
                .collect(),
            folders: Vec::new(),
            names: Vec::new(),
            starts: Vec::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            base: Base::default(),
        };
        let limit = usize::try_from(options.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let new_label = |row: &Row| {
            chosen_labels
                .get(&(labels[row.class as usize] as usize))
                .copied()
        };
        let mut chosen: Vec<usize> = (0..self.all.len())
            .filter(|row| new_label(&self.all[*row]).is_some())
            .collect();
        if let Some(split) = options.split {
            let label = |place: usize| new_label(&self.all[chosen[place]]).unwrap_or_default();
            let labels: Vec<u32> = (0..chosen.len()).map(label).collect();
            let wanted = split.of_all(&labels, data.classes.len(), |place| {
                let name = name_at(&self.names, self.all[chosen[place]].name);
                split.key(
                    &data.classes[labels[place] as usize],
                    [b"", name].map(hash_bytes),
                )
            });
            let mut wanted = wanted.into_iter();
            chosen.retain(|_| wanted.next().unwrap_or_default());
        }
        chosen.truncate(limit);
        for number in &chosen {
            let row = &self.all[*number];
            let label = new_label(row).unwrap_or_default();
            data.add(
                &folder(table_of(*number)),
                name_at(&self.names, row.name),
                label,
            );
        }
        data.by_class = ByClass::of(&data.labels, data.classes.len());
        Ok((data, chosen))
    }
}
