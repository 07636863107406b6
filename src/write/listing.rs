//! CSV files that list pictures and classes: a header, then the cells of a row, white space around
//! them stripped, but for what is in quotes.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Place;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use super::source::{Class, Entry, Source};
use csv::{ByteRecord, QuoteStyle};

use crate::dataset::numbered;
use crate::error::{Error, Result};
use crate::file::{Columns, Csv, check_inside, line_error, path_identity, quoted, whole_number};

/// Two columns of a CSV file: `filename` and `class`, or else the first two.
#[derive(Debug)]
pub(super) struct Listing {
    path: PathBuf,
    /// Names of the columns.
    pub(super) header: [String; 2],
    rows: Vec<Row>,
    /// What may be why a file in it is not there.
    hint: String,
    /// What the user should know of the columns.
    note: Option<String>,
}

#[derive(Debug)]
struct Row {
    line: u64,
    /// Names of files need not be text.
    first: Box<[u8]>,
    second: String,
}

/// How classes that a listing names get their numbers.
pub(super) enum Numbering<'a> {
    /// Whole numbers are their own; names by their place in order.
    Sorted,
    /// The same, but for labels that come from elsewhere: any number may be a name.
    Unused,
    /// The same, but names by when they first come up (image2tfrecords').
    FirstSeen,
    /// As another listing says.
    Listed(&'a Listing),
}

impl Listing {
    /// Reads a CSV file of files and classes. No cell of the two columns may be empty, and the
    /// second is text.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let csv = Csv::open(path)?;
        let columns = csv.columns()?;
        let note = csv.note(columns);
        Ok(Self {
            note,
            ..Self::of(csv, columns)?
        })
    }

    /// Reads a CSV file of classes and their numbers: its first two columns, whatever they are
    /// called.
    pub(super) fn ids(path: &Path) -> Result<Self> {
        let csv = Csv::open(path)?;
        let columns = csv.first_two()?;
        Self::of(csv, columns)
    }

    fn of(mut csv: Csv, columns: Columns) -> Result<Self> {
        let path = csv.path().to_owned();
        let header = [columns.filename, columns.class]
            .map(|at| str::from_utf8(&csv.header()[at]).map(str::to_owned));
        let [first, second] = header
            .map(|cell| cell.map_err(|error| csv.header_error(format!("not UTF-8: {error}"))));
        let header = [first?, second?];
        let (mut rows, mut row) = (Vec::new(), ByteRecord::new());
        while let Some(line) = csv.next(&mut row)? {
            rows.push(Row::of(&csv, line, &row, columns, &header)?);
        }
        if rows.is_empty() {
            return Err(Error::dataset(path, "no rows under its header"));
        }
        Ok(Self {
            path,
            header,
            rows,
            hint: csv.hint(columns),
            note: None,
        })
    }

    fn error(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        line_error(&self.path, line, reason)
    }

    /// The files of the first column, relative to `root`, in classes of the second. No file may
    /// come twice, and none may lie outside of `root`, unless that is allowed.
    pub(super) fn source(
        &self,
        root: &Path,
        numbering: &Numbering<'_>,
        allow_outside: bool,
    ) -> Result<Source> {
        for row in self.rows.iter().filter(|_| !allow_outside) {
            check_inside(&row.first).map_err(|reason| self.error(row.line, reason))?;
        }
        self.check_unique(|row| path_identity(root, &row.first))?;
        let names = self.class_names(numbering)?;
        let classes = self.classes(&names, numbering)?;
        let places: HashMap<&str, u32> = classes
            .iter()
            .map(|class| class.name.as_str())
            .zip(0..)
            .collect();
        let entry = |(row, class): (&Row, &Cow<'_, str>)| Entry {
            name: row.first.clone(),
            class: places.get(class.as_ref()).copied().unwrap_or_default(),
            line: row.line,
        };
        let entries = self.rows.iter().zip(&names).map(entry).collect();
        let listing = Some((self.path.clone(), self.hint.clone()));
        Ok(Source {
            root: root.to_owned(),
            entries,
            classes,
            listing,
            notes: self.note.iter().cloned().collect(),
        })
    }

    /// Refuses a row whose first cell means the same as another's.
    fn check_unique<'a, K: Eq + Hash>(&'a self, meaning: impl Fn(&'a Row) -> K) -> Result<()> {
        let mut seen = HashMap::with_capacity(self.rows.len());
        for row in &self.rows {
            match seen.entry(meaning(row)) {
                Place::Occupied(first) => {
                    let (name, first) = (quoted(&row.first), first.get());
                    return Err(self.error(
                        row.line,
                        format!("{name} was listed in line {first} before"),
                    ));
                }
                Place::Vacant(free) => free.insert(row.line),
            };
        }
        Ok(())
    }

    /// The class of each row: where labels are numbers, `01` and `1.0` are `1`.
    fn class_names(&self, numbering: &Numbering<'_>) -> Result<Vec<Cow<'_, str>>> {
        let mut known = HashSet::new();
        let first: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| known.insert(row.second.as_str()))
            .collect();
        let classes: Vec<&str> = first.iter().map(|row| row.second.as_str()).collect();
        let numbers = match (numbering, numbered(&classes)) {
            (Numbering::Sorted | Numbering::FirstSeen, Err((class, reason))) => {
                return Err(self.error(first[class].line, reason));
            }
            (Numbering::Listed(_), _) => None,
            (_, numbers) => numbers.unwrap_or_default(),
        };
        let numbers: HashMap<&str, u64> = classes
            .into_iter()
            .zip(numbers.unwrap_or_default())
            .collect();
        let name = |row: &Row| {
            numbers
                .get(row.second.as_str())
                .map(|number| Cow::Owned(number.to_string()))
        };
        Ok(self
            .rows
            .iter()
            .map(|row| name(row).unwrap_or(Cow::Borrowed(row.second.as_str())))
            .collect())
    }

    /// The classes, whose names the rows have.
    fn classes(&self, names: &[Cow<'_, str>], numbering: &Numbering<'_>) -> Result<Vec<Class>> {
        if let Numbering::Listed(ids) = numbering {
            return self.listed_classes(ids);
        }
        let mut label = 0..;
        let mut seen = HashMap::new();
        for name in names {
            seen.entry(name.as_ref())
                .or_insert_with(|| label.next().unwrap_or(u64::MAX));
        }
        let mut classes: Vec<Class> = seen
            .into_iter()
            .map(|(name, label)| Class {
                name: name.to_owned(),
                label,
            })
            .collect();
        let first_seen = matches!(numbering, Numbering::FirstSeen);
        if !first_seen {
            classes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            for (class, place) in classes.iter_mut().zip(0..) {
                class.label = place;
            }
        }
        let numbers: Option<Vec<u64>> = classes
            .iter()
            .map(|class| whole_number(class.name.as_bytes()))
            .collect();
        for (class, number) in classes.iter_mut().zip(numbers.unwrap_or_default()) {
            class.label = number;
        }
        if first_seen {
            classes.sort_unstable_by_key(|class| class.label);
        }
        Ok(classes)
    }

    /// The classes as `ids` numbers them, which may have more of them.
    fn listed_classes(&self, ids: &Listing) -> Result<Vec<Class>> {
        let mut classes = Vec::with_capacity(ids.rows.len());
        let mut numbered = HashMap::new();
        for Row {
            line,
            first,
            second: id,
        } in &ids.rows
        {
            let name = str::from_utf8(first)
                .map_err(|error| ids.error(*line, format!("not UTF-8: {error}")))?;
            let Some(label) = whole_number(id.as_bytes()) else {
                return Err(ids.error(
                    *line,
                    format!("the id of {name:?}, {id:?}, is not a whole number from 0 on"),
                ));
            };
            if let Some(first) = numbered.insert(label, *line) {
                return Err(ids.error(
                    *line,
                    format!("the id {label} is another class's, in line {first}"),
                ));
            }
            classes.push(Class {
                name: name.to_owned(),
                label,
            });
        }
        ids.check_unique(|row| &row.first)?;
        let known: HashSet<&str> = classes.iter().map(|class| class.name.as_str()).collect();
        if let Some(row) = self
            .rows
            .iter()
            .find(|row| !known.contains(row.second.as_str()))
        {
            let reason = format!(
                "the class {:?} has no id in {}",
                row.second,
                ids.path.display()
            );
            return Err(self.error(row.line, reason));
        }
        Ok(classes)
    }
}

impl Row {
    fn of(
        csv: &Csv,
        line: u64,
        row: &ByteRecord,
        columns: Columns,
        header: &[String; 2],
    ) -> Result<Self> {
        let cells = [&row[columns.filename], &row[columns.class]];
        if let Some(empty) = cells.iter().position(|cell| cell.is_empty()) {
            return Err(csv.error(line, format!("nothing under {:?}", header[empty])));
        }
        Ok(Self {
            line,
            first: cells[0].into(),
            second: text(csv, line, cells[1])?,
        })
    }
}

fn text(csv: &Csv, line: u64, cell: &[u8]) -> Result<String> {
    let text =
        str::from_utf8(cell).map_err(|error| csv.error(line, format!("not UTF-8: {error}")))?;
    Ok(text.to_owned())
}

/// Rows as CSV: cells are quoted where they must be.
pub(super) fn to_csv<'a>(rows: impl IntoIterator<Item = [&'a str; 2]>) -> String {
    let mut text = Vec::new();
    for row in rows {
        // Blanks around a cell without quotes are stripped by whoever reads it here.
        let padded = row.iter().any(|cell| cell.trim_ascii().len() < cell.len());
        let quotes = if padded {
            QuoteStyle::Always
        } else {
            QuoteStyle::Necessary
        };
        let mut writer = csv::WriterBuilder::new()
            .quote_style(quotes)
            .from_writer(&mut text);
        // Writing to memory does not fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(text).unwrap_or_default()
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
        let source = listing(text)
            .unwrap()
            .source(Path::new("root"), numbering, false)
            .unwrap();
        source
            .classes
            .into_iter()
            .map(|class| (class.name, class.label))
            .collect()
    }

    fn reason(text: &str) -> String {
        let listing = listing(text);
        listing
            .and_then(|listing| listing.source(Path::new("root"), &Numbering::Sorted, false))
            .unwrap_err()
            .reason()
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        assert_eq!(
            reason("a,b\n1.jpg,cat\n2.jpg,\n"),
            "line 3: nothing under \"b\""
        );
        assert_eq!(
            reason("a,b\n1.jpg,cat\n\n 1.jpg,dog\n"),
            "line 4: \"1.jpg\" was listed in line 2 before"
        );
        assert_eq!(
            reason("a,b\n1.jpg,cat\n.//1.jpg,dog\n"),
            "line 3: \".//1.jpg\" was listed in line 2 before"
        );
        assert_eq!(
            reason("a\n1.jpg\n"),
            "line 1: two columns are needed, with a header"
        );
        assert_eq!(reason("a,b\n"), "no rows under its header");
        assert!(
            reason("a,b\n1.jpg,10\n2.jpg,-1\n3.jpg,2\n")
                .starts_with("line 3: the class is \"-1\", where other")
        );
    }

    #[test]
    fn names_of_files_need_not_be_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        crate::file::write_whole(&path, b"f,c\n\xff.jpg,cat\n", false).unwrap();
        let source = Listing::read(&path)
            .unwrap()
            .source(folder.path(), &Numbering::Sorted, false)
            .unwrap();
        assert_eq!(source.name(0), b"\xff.jpg");
        crate::file::write_whole(&path, b"f,c\n\xff.jpg,c\xe9t\n", true).unwrap();
        assert!(
            Listing::read(&path)
                .unwrap_err()
                .reason()
                .starts_with("line 2: not UTF-8")
        );
    }

    #[test]
    fn the_columns_of_files_and_classes_are_found_by_name() {
        let listing = listing("class,width,filename\ncat,640,1.jpg\n").unwrap();
        assert_eq!(listing.header, ["filename", "class"]);
        assert_eq!(
            (&*listing.rows[0].first, listing.rows[0].second.as_str()),
            (&b"1.jpg"[..], "cat")
        );
    }

    #[test]
    fn classes_are_numbered_as_asked() {
        let text = "f,c\n1,dog\n2,cat\n3,dog\n";
        let named = |pairs: &[(&str, u64)]| {
            pairs
                .iter()
                .map(|(n, l)| ((*n).to_owned(), *l))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            classes(text, &Numbering::Sorted),
            named(&[("cat", 0), ("dog", 1)])
        );
        assert_eq!(
            classes(text, &Numbering::FirstSeen),
            named(&[("dog", 0), ("cat", 1)])
        );
        assert_eq!(
            classes("f,c\n1,10\n2,9\n", &Numbering::Sorted),
            named(&[("10", 10), ("9", 9)])
        );
        assert_eq!(
            classes("f,c\n1,01\n2,1\n3,1.0\n", &Numbering::Sorted),
            named(&[("1", 1)])
        );
        assert_eq!(
            classes("f,c\n1,01\n2,x\n3,1\n", &Numbering::Sorted),
            named(&[("01", 0), ("1", 1), ("x", 2)])
        );
        assert_eq!(
            classes("f,c\n1,7\n2,3\n3,07\n", &Numbering::FirstSeen),
            named(&[("3", 3), ("7", 7)])
        );
        let ids = listing("class,id\ncat,7\ndog,2.0\nowl,0\n").unwrap();
        assert_eq!(
            classes(text, &Numbering::Listed(&ids)),
            named(&[("cat", 7), ("dog", 2), ("owl", 0)])
        );
    }

    #[test]
    fn a_class_without_a_good_id_is_named() {
        let images = listing("f,c\n1,dog\n2,cat\n").unwrap();
        let error = |ids: &str| {
            images
                .source(
                    Path::new(""),
                    &Numbering::Listed(&listing(ids).unwrap()),
                    false,
                )
                .unwrap_err()
                .reason()
        };
        assert!(error("c,id\ndog,1\n").starts_with("line 3: the class \"cat\" has no id in "));
        assert_eq!(
            error("c,id\ndog,1\ncat,-1\n"),
            "line 3: the id of \"cat\", \"-1\", is not a whole number from 0 on"
        );
        assert_eq!(
            error("c,id\ndog,1\ncat,2\ndog,3\n"),
            "line 4: \"dog\" was listed in line 2 before"
        );
        let other_path = listing("c,id\ncat,1\n./cat,2\ndog,3\n").unwrap();
        assert!(
            images
                .source(Path::new(""), &Numbering::Listed(&other_path), false)
                .is_ok(),
            "classes are no paths"
        );
    }

    #[test]
    fn written_cells_can_be_read() {
        let rows = [
            ["class", "id"],
            ["a,b", "0"],
            ["quote \"", "1"],
            ["two\r\nlines", "2"],
            ["a\u{2028}b\u{85}c\u{b}d", "3"],
            [" padded\t", "4"],
        ];
        let listing = listing(&to_csv(rows)).unwrap();
        for (read, [first, second]) in listing.rows.iter().zip(&rows[1..]) {
            assert_eq!(
                (&*read.first, read.second.as_str()),
                (first.as_bytes(), *second)
            );
        }
    }
}
