//! CSV files that list pictures and classes: a header, then two cells a row, whitespace around them stripped.

use std::collections::hash_map::Entry as Place;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::source::{Class, Entry, Source};
use csv::ByteRecord;

use crate::error::{Error, Result};
use crate::file::{Csv, line_error};

/// The first two columns of a CSV file.
#[derive(Debug)]
pub(super) struct Listing {
    path: PathBuf,
    /// Names of the columns.
    pub(super) header: [String; 2],
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    line: u64,
    cells: [String; 2],
}

/// How classes that a listing names get their numbers.
pub(super) enum Numbering<'a> {
    /// Whole numbers are their own; names by their place in order.
    Sorted,
    /// By when they first come up (image2tfrecords').
    FirstSeen,
    /// As another listing says.
    Listed(&'a Listing),
}

impl Listing {
    /// Reads a CSV file. No first cell may come twice, none be empty.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut csv = Csv::open(path)?;
        if csv.header().len() < 2 {
            return Err(csv.error(1, "two columns are needed, with a header"));
        }
        let header = texts(&csv, 1, csv.header())?;
        let (mut rows, mut seen, mut row) = (Vec::new(), HashMap::new(), ByteRecord::new());
        while let Some(line) = csv.next(&mut row)? {
            let cells = texts(&csv, line, &row)?;
            if let Some(empty) = cells.iter().position(String::is_empty) {
                return Err(csv.error(line, format!("nothing under {:?}", header[empty])));
            }
            match seen.entry(cells[0].clone()) {
                Place::Occupied(first) => {
                    return Err(csv.error(line, format!("{:?} was listed in line {} before", cells[0], first.get())));
                }
                Place::Vacant(free) => free.insert(line),
            };
            rows.push(Row { line, cells });
        }
        if rows.is_empty() {
            return Err(Error::dataset(path, "no rows under its header"));
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    fn error(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        line_error(&self.path, line, reason)
    }

    /// The files of the first column, relative to `root`, in classes of the second.
    pub(super) fn source(&self, root: &Path, numbering: &Numbering<'_>) -> Result<Source> {
        let classes = self.classes(numbering)?;
        let places: HashMap<&str, u32> = classes.iter().map(|class| class.name.as_str()).zip(0..).collect();
        let entry = |row: &Row| Entry {
            name: row.cells[0].as_bytes().into(),
            class: places.get(row.cells[1].as_str()).copied().unwrap_or_default(),
            line: row.line,
        };
        let entries = self.rows.iter().map(entry).collect();
        Ok(Source { root: root.to_owned(), entries, classes, listing: Some(self.path.clone()) })
    }

    fn classes(&self, numbering: &Numbering<'_>) -> Result<Vec<Class>> {
        if let Numbering::Listed(ids) = numbering {
            return self.listed_classes(ids);
        }
        let mut label = 0..;
        let mut seen = HashMap::new();
        for row in &self.rows {
            seen.entry(row.cells[1].as_str()).or_insert_with(|| label.next().unwrap_or(u64::MAX));
        }
        let mut classes: Vec<Class> =
            seen.into_iter().map(|(name, label)| Class { name: name.to_owned(), label }).collect();
        if matches!(numbering, Numbering::FirstSeen) {
            classes.sort_unstable_by_key(|class| class.label);
            return Ok(classes);
        }
        classes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let numbers: Option<Vec<u64>> = classes.iter().map(|class| whole(&class.name)).collect();
        let labels = numbers.unwrap_or_else(|| (0..classes.len() as u64).collect());
        for (class, label) in classes.iter_mut().zip(labels) {
            class.label = label;
        }
        Ok(classes)
    }

    /// The classes as `ids` numbers them, which may have more of them.
    fn listed_classes(&self, ids: &Listing) -> Result<Vec<Class>> {
        let mut classes = Vec::with_capacity(ids.rows.len());
        for Row { line, cells: [name, id] } in &ids.rows {
            let Some(label) = whole(id) else {
                return Err(ids.error(*line, format!("the id of {name:?}, {id:?}, is not a whole number from 0 on")));
            };
            classes.push(Class { name: name.clone(), label });
        }
        let known: HashSet<&str> = ids.rows.iter().map(|row| row.cells[0].as_str()).collect();
        if let Some(row) = self.rows.iter().find(|row| !known.contains(row.cells[1].as_str())) {
            let reason = format!("the class {:?} has no id in {}", row.cells[1], ids.path.display());
            return Err(self.error(row.line, reason));
        }
        Ok(classes)
    }
}

/// The first two cells of a row.
fn texts(csv: &Csv, line: u64, row: &ByteRecord) -> Result<[String; 2]> {
    let text = |at| std::str::from_utf8(row.get(at).unwrap_or_default()).map(str::to_owned);
    text(0).and_then(|first| Ok([first, text(1)?])).map_err(|error| csv.error(line, format!("not UTF-8: {error}")))
}

/// A label: digits, and what other programs make of them (`3.0`, as tables with gaps are saved).
fn whole(text: &str) -> Option<u64> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let label: u64 = digits.parse().ok()?;
    (i64::try_from(label).is_ok() && digits.bytes().all(|c| c.is_ascii_digit())).then_some(label)
}

/// Rows as CSV: cells are quoted where they must be.
pub(super) fn to_csv<'a>(rows: impl IntoIterator<Item = [&'a str; 2]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory does not fail, nor are these rows of different lengths.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        crate::file::write_whole(&path, text.as_bytes(), false).unwrap();
        Listing::read(&path)
    }

    fn classes(text: &str, numbering: &Numbering<'_>) -> Vec<(String, u64)> {
        let classes = listing(text).unwrap().classes(numbering).unwrap();
        classes.into_iter().map(|class| (class.name, class.label)).collect()
    }

    fn reason(text: &str) -> String {
        listing(text).unwrap_err().reason()
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        assert_eq!(reason("a,b\n1.jpg,cat\n2.jpg,\n"), "line 3: nothing under \"b\"");
        assert_eq!(reason("a,b\n1.jpg,cat\n\n 1.jpg,dog\n"), "line 4: \"1.jpg\" was listed in line 2 before");
        assert_eq!(reason("a\n1.jpg\n"), "line 1: two columns are needed, with a header");
        assert_eq!(reason("a,b\n"), "no rows under its header");
    }

    #[test]
    fn classes_are_numbered_as_asked() {
        let text = "f,c\n1,dog\n2,cat\n3,dog\n";
        let named = |pairs: &[(&str, u64)]| pairs.iter().map(|(n, l)| ((*n).to_owned(), *l)).collect::<Vec<_>>();
        assert_eq!(classes(text, &Numbering::Sorted), named(&[("cat", 0), ("dog", 1)]));
        assert_eq!(classes(text, &Numbering::FirstSeen), named(&[("dog", 0), ("cat", 1)]));
        assert_eq!(classes("f,c\n1,10\n2,9\n", &Numbering::Sorted), named(&[("10", 10), ("9", 9)]));
        let ids = listing("class,id\ncat,7\ndog,2.0\nowl,0\n").unwrap();
        assert_eq!(classes(text, &Numbering::Listed(&ids)), named(&[("cat", 7), ("dog", 2), ("owl", 0)]));
    }

    #[test]
    fn a_class_without_a_good_id_is_named() {
        let images = listing("f,c\n1,dog\n2,cat\n").unwrap();
        let error = |ids: &str| images.classes(&Numbering::Listed(&listing(ids).unwrap())).unwrap_err().reason();
        assert!(error("c,id\ndog,1\n").starts_with("line 3: the class \"cat\" has no id in "));
        assert_eq!(
            error("c,id\ndog,1\ncat,-1\n"),
            "line 3: the id of \"cat\", \"-1\", is not a whole number from 0 on"
        );
    }

    #[test]
    fn written_cells_can_be_read() {
        let rows = [["class", "id"], ["a,b", "0"], ["quote \"", "1"]];
        let text = to_csv(rows);
        let listing = listing(&text).unwrap();
        assert_eq!(listing.rows[1].cells, rows[2]);
    }
}
