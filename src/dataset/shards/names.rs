//! `labels.csv` beside files of records: a column of class names and one of class numbers.
//!
//! The first line is a header with any names. Numbers are in the second column, or in the first if
//! only that has nothing but whole numbers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::dataset::classes::checked_cell;
use crate::dataset::rows::Rows;
use crate::error::{Error, Result};
use crate::file::{Csv, is_image, whole_number};

/// The file that lists the names of classes beside records.
pub const LABELS: &str = "labels.csv";

/// The names of the classes by label, if all of `folders` have the same list. A number without a
/// name is named by its digits.
///
/// # Errors
/// [`Error::Io`] for a list that cannot be read,
/// [`Error::Dataset`], with the line, for one that is not valid, such as a list of images.
pub(super) fn beside(folders: &[PathBuf]) -> Result<Option<Vec<OsString>>> {
    let mut found: Option<Vec<OsString>> = None;
    for folder in folders {
        let path = folder.join(LABELS);
        if !path.exists() {
            return Ok(None);
        }
        if !path.is_file() {
            return Err(Error::dataset(path, "not a regular file"));
        }
        let names = read(&path)?;
        if found.as_ref().is_some_and(|before| *before != names) {
            return Ok(None);
        }
        found = Some(names);
    }
    Ok(found)
}

/// The names that a Loader gives to the classes of records in a directory, if it has a list.
#[must_use]
pub fn listed_names(folder: &Path) -> Option<Vec<OsString>> {
    beside(&[folder.to_owned()]).ok().flatten()
}

fn read(path: &Path) -> Result<Vec<OsString>> {
    let csv = Csv::open(path)?;
    csv.check_width()?;
    let (mut rows, mut all) = (Rows::new(csv, [0, 1]), Vec::new());
    rows.each(|row| {
        all.push((row.line, [row.text(0)?.to_owned(), row.text(1)?.to_owned()]));
        Ok(())
    })?;
    let numbers = |column: usize| all.iter().all(|(_, row)| number(&row[column]).is_some());
    let id = usize::from(numbers(1) || !numbers(0));
    if whole_number(rows.header()[id]).is_some() {
        let reason = "a class and its number, where the first line names the columns";
        return Err(rows.header_error(reason));
    }
    let mut names: Vec<Option<OsString>> = Vec::new();
    for (line, row) in &all {
        put(&mut names, &row[id], &row[1 - id], all.len())
            .map_err(|reason| rows.error(*line, reason))?;
    }
    if names.is_empty() {
        return Err(rows.header_error("no class below it"));
    }
    let digits = |id: usize| id.to_string().into();
    let names = (0..).zip(names);
    Ok(names
        .map(|(id, name)| name.unwrap_or_else(|| digits(id)))
        .collect())
}

/// Puts the name of class `id` in its place.
fn put(names: &mut Vec<Option<OsString>>, id: &str, name: &str, rows: usize) -> Result<(), String> {
    let number = number(id).ok_or("not a class and its number, 0 or more")?;
    let id = checked_cell(number, &id, rows)? as usize;
    if names.len() <= id {
        names.resize(id + 1, None);
    }
    if names[id].is_some() {
        return Err("the number of another class".to_owned());
    }
    if is_image(name.as_bytes()) {
        return Err("an image and its class".to_owned());
    }
    names[id] = Some(name.into());
    Ok(())
}

fn number(cell: &str) -> Option<usize> {
    whole_number(cell.as_bytes()).and_then(|number| usize::try_from(number).ok())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own files")]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<OsString>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LABELS), text).unwrap();
        beside(&[folder.path().to_path_buf()]).map(|names| names.expect("a list"))
    }

    #[test]
    fn classes_are_in_the_order_of_their_numbers() {
        assert_eq!(names("class,id\ndog, 1\n cat,0\n").unwrap(), ["cat", "dog"]);
        assert_eq!(
            names("id,class\n2,dog\n0,\"cat, tame\"\n").unwrap(),
            ["cat, tame", "1", "dog"]
        );
        assert_eq!(names("class,id\n7,1\n5,0\n").unwrap(), ["5", "7"]);
        assert_eq!(
            names("\u{feff}class,id\n\ncat,1.0\n\"a\nb\",0\n").unwrap(),
            ["a\nb", "cat"]
        );
        for (text, reason) in [
            (
                "class,id\ncat,0\ndog,0\n",
                "line 3: the number of another class",
            ),
            (
                "file,class\na.jpg,cat\n",
                "line 2: not a class and its number",
            ),
            ("class,id\n\ncat,99999999999\n", "line 3: a label of"),
            (
                "class,id\ncat,99999999999999999999\n",
                "1 sample, 99999999999999999999: classes",
            ),
            ("class,id\ncat\n", "line 2: 1 cell"),
            ("id\n3\n", "line 1: two columns are needed"),
            (
                "filename,class\n0.jpg,0\n",
                "line 2: an image and its class",
            ),
            ("class,id\n", "line 1: no class below it"),
            (
                "0,cat\n1,dog\n",
                "line 1: a class and its number, where the first line names the columns",
            ),
            ("cat,0\ndog,1\n", "line 1: a class and its number"),
            ("\n", "empty: "),
        ] {
            let error = names(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn lists_that_differ_are_no_list() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let paths = folders.each_ref().map(|folder| folder.path().to_path_buf());
        std::fs::write(paths[0].join(LABELS), "class,id\ncat,0\n").unwrap();
        assert_eq!(beside(&paths).unwrap(), None, "one of them has none");
        std::fs::write(paths[1].join(LABELS), "class,id\n cat , 0\n").unwrap();
        assert_eq!(beside(&paths).unwrap(), Some(vec!["cat".into()]));
        std::fs::write(paths[1].join(LABELS), "class,id\ndog,0\n").unwrap();
        assert_eq!(beside(&paths).unwrap(), None);
    }
}
