//! Rows of CSV files (RFC 4180), each with its line. White space around cells is stripped; what is
//! in quotes is kept.
//!
//! Cells are separated by commas, semicolons or tabs, as the first line shows: by the one that is
//! there, or, where several are, by the one that makes columns `filename` and `class` of it. A line
//! `sep=;` before it, as Excel reads and writes it, says so outright.

mod columns;
mod syntax;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use crate::error::{Error, Result, counted};
pub use columns::Columns;
pub use syntax::may_be_csv;
use syntax::{
    BYTE_ORDER_MARK, behind_quotes, check_text, empty_lines, first_line, is_open, is_text,
    said_separator, separator_of, unquoted,
};

/// A CSV file, in memory; its first line names the columns.
#[derive(Debug)]
pub struct Csv {
    path: PathBuf,
    header: ByteRecord,
    /// The line of the header, from 1.
    line: u64,
    separator: u8,
    reader: Reader<Cursor<Vec<u8>>>,
}

impl Csv {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] for one that cannot be read, [`Error::Dataset`] for one without a first line.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(Error::at(path))?;
        Self::new(path, text)
    }

    /// Reads a text that is in memory; `path` is what errors name.
    ///
    /// # Errors
    /// [`Error::Dataset`] for one without a first line, or where that leaves open what separates
    /// cells; for what is no text.
    pub fn new(path: &Path, mut text: Vec<u8>) -> Result<Self> {
        check_text(&text).map_err(|reason| Error::dataset(path, reason))?;
        if text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        let separator = match said_separator(&mut text) {
            Some(separator) => separator,
            None => separator_of(&text).map_err(|reason| line_error(path, 1, reason))?,
        };
        if is_open(first_line(&text), separator) {
            let reason = "a quote that is opened in the first line is never closed";
            return Err(line_error(path, 1, reason));
        }
        let reader = ReaderBuilder::new()
            .delimiter(separator)
            .from_reader(Cursor::new(text));
        let mut csv = Self {
            path: path.to_owned(),
            header: ByteRecord::new(),
            line: 1,
            separator,
            reader,
        };
        csv.read_header()?;
        Ok(csv)
    }

    fn read_header(&mut self) -> Result<()> {
        let header = self.reader.byte_headers().cloned();
        let mut header = header.map_err(|error| self.failure(error))?;
        self.strip(&mut header, &Position::new());
        header.trim();
        self.line = header.position().map_or(1, |at| self.line_at(at));
        self.header = header;
        // Quotes within cells hide the end of the first line from a look at the text alone.
        if !self.header.iter().all(is_text) {
            let reason = "not a CSV file, but a file that is not text";
            return Err(Error::dataset(&*self.path, reason));
        }
        if self.header.is_empty() {
            let reason = "empty: a first line that names the columns is needed";
            return Err(Error::dataset(&*self.path, reason));
        }
        let is_list = self.path.extension().is_some_and(|ending| ending == "lst");
        if is_list && self.header.iter().any(|cell| whole_number(cell).is_some()) {
            return Err(self.header_error(
                "an im2rec list, which is not read: convert it to a CSV of filename and class",
            ));
        }
        Ok(())
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

    /// Reads the next row, which has as many cells as there are columns, into `row`; returns its
    /// line, counted from 1, or `None` at the end. Empty lines are passed over, and those of blanks
    /// alone.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a row of another length.
    pub fn next(&mut self, row: &mut ByteRecord) -> Result<Option<u64>> {
        let (start, more) = self.read(row);
        // What is open at the end has swallowed every row behind it.
        let is_last = self.rest(self.reader.position()).is_empty();
        if is_last && is_open(self.rest(&start), self.separator) {
            let reason = "a quote that is opened in this row is never closed";
            return Err(self.error(self.line_at(&start), reason));
        }
        let more = more.map_err(|error| self.failure(error))?;
        self.strip(row, &start);
        Ok(more.then(|| row.position().map_or(0, |position| self.line_at(position))))
    }

    /// Reads a row that is no line of blanks alone; says where it starts, and whether there was
    /// one.
    fn read(&mut self, row: &mut ByteRecord) -> (Position, csv::Result<bool>) {
        loop {
            let start = self.reader.position().clone();
            let more = self.reader.read_byte_record(row);
            let is_uneven = more
                .as_ref()
                .is_err_and(|error| matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }));
            let mut line = first_line(self.rest(&start)).iter();
            if !is_uneven || !line.all(|byte| b" \t".contains(byte)) {
                return (start, more);
            }
        }
    }

    /// What is wrong with the first line that is not empty.
    #[must_use]
    pub fn header_error(&self, reason: impl std::fmt::Display) -> Error {
        self.error(self.line, reason)
    }

    /// What is wrong with a line.
    #[must_use]
    pub fn error(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        line_error(&self.path, line, reason)
    }

    /// Strips white space that is around the cells of a row, and not in quotes; the row begins
    /// behind `start`.
    fn strip(&self, row: &mut ByteRecord, start: &Position) {
        if row.iter().all(|cell| cell.trim_ascii().len() == cell.len()) {
            return;
        }
        let mut stripped = ByteRecord::new();
        let behind_quotes = behind_quotes(self.rest(start), self.separator, row.len());
        for (cell, behind) in row.iter().zip(behind_quotes) {
            match behind {
                None => stripped.push_field(&unquoted(cell.trim_ascii())),
                Some(behind) => {
                    let quoted = cell.len().saturating_sub(behind);
                    stripped.push_field(&cell[..quoted + cell[quoted..].trim_ascii_end().len()]);
                }
            }
        }
        stripped.set_position(row.position().cloned());
        *row = stripped;
    }

    /// The text from a position on.
    fn rest(&self, position: &Position) -> &[u8] {
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let text = self.reader.get_ref().get_ref();
        text.get(start..).unwrap_or_default()
    }

    /// The line of a row: the reader's position is before the empty lines above it.
    fn line_at(&self, position: &Position) -> u64 {
        let above = empty_lines(self.rest(position));
        let breaks = above.iter().filter(|byte| **byte == b'\n');
        position.line() + breaks.count() as u64
    }

    /// What may be why the row at a position has too many cells.
    fn quotes_hint(&self, position: &Position) -> &'static str {
        let line = first_line(self.rest(position).trim_ascii_start());
        let late = [self.separator, b' ', b'"'];
        if line.windows(3).any(|three| three == late) {
            "; a quote counts only at the very beginning of a cell, without a blank before it"
        } else {
            ""
        }
    }

    fn failure(&self, error: csv::Error) -> Error {
        let position = error.position();
        let line = position.map_or(1, |position| self.line_at(position));
        let hint = position.map_or("", |position| self.quotes_hint(position));
        let reason = match error.into_kind() {
            csv::ErrorKind::Io(source) => return Error::at(&self.path)(source),
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => {
                let cells = counted(len, "cell");
                format!("{cells}, where the first line has {expected_len}{hint}")
            }
            kind => format!("not a row of CSV: {kind:?}"),
        };
        self.error(line, reason)
    }
}

/// The greatest [`whole_number`], 2^63 - 1, which stands for all above it.
pub const LARGEST_NUMBER: u64 = u64::MAX >> 1;

/// The whole number in a cell: digits, and what other programs make of them (`3.0`, as tables with
/// gaps are saved; blanks around them in quotes); `None` for anything else.
#[must_use]
pub fn whole_number(cell: &[u8]) -> Option<u64> {
    let cell = cell.trim_ascii();
    let digits = cell.strip_suffix(b".0").unwrap_or(cell);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX);
    is_number.then_some(number.min(LARGEST_NUMBER))
}

/// What is wrong with a line of a file.
pub fn line_error(path: &Path, line: u64, reason: impl std::fmt::Display) -> Error {
    Error::dataset(path, format!("line {line}: {reason}"))
}

#[cfg(test)]
mod tests;
