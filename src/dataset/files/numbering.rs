//! How the classes in lists get their labels.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Files;
use super::listed::listed_before;
use crate::dataset::rows::{Row, Rows};
use crate::error::{Error, Result};
use crate::file::{Csv, quoted, whole_number};

/// How the classes of listed files get their labels.
#[derive(Debug)]
pub enum Numbering {
    /// Whole numbers are the labels themselves; names are numbered in sorted order.
    Sorted,
    /// The same, but labels come from elsewhere, so that any number may be a name.
    Unused,
    /// As `Sorted`, but names are numbered in the order they first occur in.
    FirstSeen,
    /// By a CSV file of classes and ids.
    Listed(Ids),
}

/// A CSV file of classes and their ids: its first two columns, whatever they are called.
#[derive(Debug, Default)]
pub struct Ids {
    /// The CSV file.
    pub path: PathBuf,
    /// What the columns are called.
    pub header: [Vec<u8>; 2],
    classes: Vec<OsString>,
    labels: Vec<u64>,
}

impl Files {
    /// Sorts the classes by `numbering`, and returns the label of each. As labels, `01` and `1.0`
    /// are `1`.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a class that cannot have a label, naming its line.
    pub fn label_classes(&mut self, numbering: &Numbering) -> Result<Vec<u64>> {
        let numbers = match numbering {
            Numbering::Listed(ids) => return self.label_by(ids),
            Numbering::Unused => self.numbers().unwrap_or_default(),
            Numbering::Sorted | Numbering::FirstSeen => self.numbers()?,
        };
        if let Some(numbers) = numbers {
            let labels: BTreeSet<u64> = numbers.iter().copied().collect();
            let labels = Vec::from_iter(labels);
            let place = |number| labels.partition_point(|label| *label < number);
            let new = numbers
                .into_iter()
                .map(|n| u32::try_from(place(n)).unwrap_or(u32::MAX));
            let new: Vec<u32> = new.collect();
            let names = labels.iter().map(|label| label.to_string().into());
            self.reclassify(names.collect(), &new);
            return Ok(labels);
        }
        if !matches!(numbering, Numbering::FirstSeen) {
            self.sort_classes();
        }
        Ok((0..).take(self.classes.len()).collect())
    }

    /// Gives the classes the labels that `ids` lists, which may have more classes.
    fn label_by(&mut self, ids: &Ids) -> Result<Vec<u64>> {
        let places: HashMap<&OsStr, u32> = ids.classes.iter().map(|c| &**c).zip(0..).collect();
        let place = |(class, name): (usize, &OsString)| {
            places.get(&**name).copied().ok_or_else(|| {
                let (name, ids) = (quoted(name.as_bytes()), ids.path.display());
                self.class_error(class, format!("the class {name} has no id in {ids}"))
            })
        };
        let new = self.classes.iter().enumerate().map(place);
        let new = new.collect::<Result<Vec<u32>>>()?;
        self.reclassify(ids.classes.clone(), &new);
        Ok(ids.labels.clone())
    }
}

impl Ids {
    /// Reads a list of ids.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read; [`Error::Dataset`] for one that is no such
    /// list, naming the line.
    pub fn read(path: &Path) -> Result<Self> {
        let csv = Csv::open(path)?;
        csv.first_two()?;
        let mut rows = Rows::new(csv, [0, 1]);
        let mut ids = Self {
            path: path.to_owned(),
            header: rows.header().map(<[u8]>::to_vec),
            ..Self::default()
        };
        let (mut labels, mut names) = (HashMap::new(), HashMap::new());
        rows.each(|row| ids.add(row, &mut labels, &mut names))?;
        if ids.classes.is_empty() {
            return Err(Error::dataset(path, "no rows under its header"));
        }
        Ok(ids)
    }

    /// Adds a row; `labels` and `names` have the lines of those before it.
    fn add(
        &mut self,
        row: &Row<'_>,
        labels: &mut HashMap<u64, u64>,
        names: &mut HashMap<Vec<u8>, u64>,
    ) -> Result<(), String> {
        row.cell(0).and(row.cell(1))?;
        let (name, id) = (row.text(0)?, row.text(1)?);
        let label = whole_number(id.as_bytes()).ok_or_else(|| {
            format!("the id of {name:?}, {id:?}, is not a whole number from 0 on")
        })?;
        if let Some(line) = labels.insert(label, row.line) {
            return Err(format!("the id {label} is another class's, in line {line}"));
        }
        if let Some(line) = names.insert(name.into(), row.line) {
            return Err(listed_before(name.as_bytes(), format_args!("line {line}")));
        }
        self.classes.push(name.into());
        self.labels.push(label);
        Ok(())
    }
}
