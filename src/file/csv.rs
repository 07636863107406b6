//! Rows of CSV files (RFC 4180), each with its line, white space around cells stripped.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Position, Reader, ReaderBuilder, Trim};

use super::names::is_image;
use crate::error::{Error, Result};

/// The mark that some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A CSV file, in memory; its first line names the columns.
#[derive(Debug)]
pub struct Csv {
    path: PathBuf,
    header: ByteRecord,
    reader: Reader<Cursor<Vec<u8>>>,
}

/// Where in the rows of a list of files is what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The file's name.
    pub filename: usize,
    /// Its class.
    pub class: usize,
}

impl Csv {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] for one that cannot be read, [`Error::Dataset`] for one without a first line.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Self::new(path, text)
    }

    /// Reads a text that is in memory; `path` is what errors name.
    ///
    /// # Errors
    /// [`Error::Dataset`] for one without a first line.
    pub fn new(path: &Path, mut text: Vec<u8>) -> Result<Self> {
        if text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        let reader = ReaderBuilder::new().trim(Trim::All).from_reader(Cursor::new(text));
        let mut csv = Self { path: path.to_owned(), header: ByteRecord::new(), reader };
        let header = csv.reader.byte_headers().cloned();
        csv.header = header.map_err(|error| csv.failure(error))?;
        if csv.header.is_empty() {
            return Err(Error::dataset(path, "empty: a first line that names the columns is needed"));
        }
        Ok(csv)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the columns.
    #[must_use]
    pub fn header(&self) -> &ByteRecord {
        &self.header
    }

    /// The columns of a list of files: those called `filename` and `class`, in any case, where both are there; else the
    /// first two.
    ///
    /// # Errors
    /// [`Error::Dataset`] for less than two columns, or a first line that names a picture instead of a column.
    pub fn columns(&self) -> Result<Columns> {
        let find = |name: &[u8]| self.header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        if let (Some(filename), Some(class)) = (find(b"filename"), find(b"class")) {
            return Ok(Columns { filename, class });
        }
        if self.header.len() < 2 {
            return Err(self.error(1, "two columns are needed, with a header"));
        }
        if is_image(&self.header[0]) {
            let name = String::from_utf8_lossy(&self.header[0]);
            return Err(self.error(1, format!("{name:?} is a file, where the first line names the columns")));
        }
        Ok(Columns { filename: 0, class: 1 })
    }

    /// Reads the next row, which has as many cells as there are columns, into `row`; returns its line, counted from 1, or
    /// `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a row of another length.
    pub fn next(&mut self, row: &mut ByteRecord) -> Result<Option<u64>> {
        let more = self.reader.read_byte_record(row).map_err(|error| self.failure(error))?;
        Ok(more.then(|| row.position().map_or(0, |position| self.line_at(position))))
    }

    /// What is wrong with a line.
    #[must_use]
    pub fn error(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        line_error(&self.path, line, reason)
    }

    /// The line of a row: the reader's position is before the empty lines above it.
    fn line_at(&self, position: &Position) -> u64 {
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let rest = self.reader.get_ref().get_ref().get(start..).unwrap_or_default();
        let above = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
        position.line() + above as u64
    }

    fn failure(&self, error: csv::Error) -> Error {
        let line = error.position().map_or(1, |position| self.line_at(position));
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Error::Io { path: self.path.clone(), source },
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.error(line, format!("{len} cells, where the first line has {expected_len}"))
            }
            kind => self.error(line, format!("not a row of CSV: {kind:?}")),
        }
    }
}

/// The whole number in a cell: digits, and what other programs make of them (`3.0`, as tables with gaps are saved);
/// `None` for anything else, and from 2^63 on.
#[must_use]
pub fn whole_number(cell: &[u8]) -> Option<u64> {
    let digits = cell.strip_suffix(b".0").unwrap_or(cell);
    let digits = str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse::<i64>().ok()?.try_into().ok()
}

/// What is wrong with a line of a file.
pub fn line_error(path: &Path, line: u64, reason: impl std::fmt::Display) -> Error {
    Error::dataset(path, format!("line {line}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
        let mut csv = Csv::new(Path::new("list.csv"), text.into())?;
        let (mut row, mut all) = (ByteRecord::new(), Vec::new());
        while let Some(line) = csv.next(&mut row)? {
            all.push((line, row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()));
        }
        Ok(all)
    }

    fn row(line: u64, cells: [&str; 2]) -> (u64, Vec<String>) {
        (line, cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn cells_are_stripped_and_quotes_undone() {
        let csv = Csv::new(Path::new("list.csv"), "\u{feff} filename , class\r\n".into()).unwrap();
        assert_eq!(csv.header(), vec!["filename", "class"]);
        let text = "a,b\r\n 1.jpg , cat \n\"a,b.jpg\",\"a \"\"dog\"\"\"";
        assert_eq!(rows(text).unwrap(), [row(2, ["1.jpg", "cat"]), row(3, ["a,b.jpg", "a \"dog\""])]);
    }

    #[test]
    fn columns_are_found_by_name_else_by_place() {
        let columns = |text: &str| {
            let found = Csv::new(Path::new("list.csv"), text.into()).unwrap().columns();
            found.map(|columns| (columns.filename, columns.class)).map_err(|error| error.reason())
        };
        assert_eq!(columns("filename,width,class"), Ok((0, 2)));
        assert_eq!(columns(" CLASS , x,\"Filename\""), Ok((2, 0)));
        assert_eq!(columns("image,label"), Ok((0, 1)));
        assert_eq!(columns("class,label,file"), Ok((0, 1)));
        assert_eq!(columns("filename"), Err("line 1: two columns are needed, with a header".to_owned()));
        let reason = "line 1: \"a/0.JPG\" is a file, where the first line names the columns";
        assert_eq!(columns("a/0.JPG,cat"), Err(reason.to_owned()));
    }

    #[test]
    fn whole_numbers_are_digits() {
        let numbers = ["0", "01", "12.0", "9223372036854775807"].map(|cell| whole_number(cell.as_bytes()));
        assert_eq!(numbers, [Some(0), Some(1), Some(12), Some(i64::MAX as u64)]);
        for cell in ["", ".0", "-1", "+1", "1.5", "1.00", "1e3", "1 ", "9223372036854775808", "\u{661}"] {
            assert_eq!(whole_number(cell.as_bytes()), None, "{cell}");
        }
    }

    #[test]
    fn lines_are_counted_with_empty_ones_and_those_in_cells() {
        let text = "a,b\n\n\n1,2\n\"x\ny\",3\r\n\r\n4,5\n\n";
        assert_eq!(rows(text).unwrap(), [row(4, ["1", "2"]), row(5, ["x\ny", "3"]), row(8, ["4", "5"])]);
    }

    #[test]
    fn a_row_of_another_length_names_its_line() {
        let reason = |text| rows(text).unwrap_err().to_string();
        assert_eq!(reason("a,b\n1,2\n\n3\n"), "list.csv: line 4: 1 cells, where the first line has 2");
        assert_eq!(reason("a,b\n1,2,3\n"), "list.csv: line 2: 3 cells, where the first line has 2");
        assert_eq!(reason(""), "list.csv: empty: a first line that names the columns is needed");
    }
}
