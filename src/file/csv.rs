//! Rows of CSV files (RFC 4180), each with its line. White space around cells is stripped; what is
//! in quotes is kept.
//!
//! Cells are separated by commas, semicolons or tabs, as the first line shows: by the one that is
//! there, or, where several are, by the one that makes columns `filename` and `class` of it. A line
//! `sep=;` before it, as Excel reads and writes it, says so outright.

use std::borrow::Cow;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use super::names::{is_image, quoted};
use super::signature::Foreign;
use crate::error::{Error, Result, counted};

/// The mark that some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What may separate cells, and what several of it are called.
const SEPARATORS: [(u8, &str); 3] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];

/// What people separate cells by that is not understood.
const OTHERS: [u8; 3] = *b"|: ";

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

/// Where in the rows of a list of files is what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The file's name.
    pub filename: usize,
    /// Its class.
    pub class: usize,
    /// They are called so, and not merely the first two.
    pub named: bool,
}

impl Csv {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] for one that cannot be read, [`Error::Dataset`] for one without a first line.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
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
            return Err(line_error(
                path,
                1,
                "a quote that is opened in the first line is never closed",
            ));
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
        let header = csv.reader.byte_headers().cloned();
        let mut header = header.map_err(|error| csv.failure(error))?;
        csv.strip(&mut header, &Position::new());
        header.trim();
        csv.header = header;
        csv.line = csv
            .header
            .position()
            .map_or(1, |position| csv.line_at(position));
        // Quotes within cells hide the end of the first line from a look at the text alone.
        if !csv.header.iter().all(is_text) {
            return Err(Error::dataset(
                path,
                "not a CSV file, but a file that is no text",
            ));
        }
        if csv.header.is_empty() {
            return Err(Error::dataset(
                path,
                "empty: a first line that names the columns is needed",
            ));
        }
        if path.extension().is_some_and(|ending| ending == "lst")
            && csv.header.iter().any(|cell| whole_number(cell).is_some())
        {
            return Err(csv.header_error(
                "a list of im2rec's, which is not read: make it a CSV of filename and class",
            ));
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

    /// The columns of a list of files: those called `filename` and `class`, in any case, where both
    /// are there; else the first two.
    ///
    /// # Errors
    /// [`Error::Dataset`] for less than two columns, two that are called `filename` or `class`, or
    /// a first line that names a picture instead of a column.
    pub fn columns(&self) -> Result<Columns> {
        if let (Some(filename), Some(class)) = (self.only("filename")?, self.only("class")?) {
            return Ok(Columns {
                filename,
                class,
                named: true,
            });
        }
        self.first_two()
    }

    /// The column of a name, in any case.
    fn only(&self, name: &str) -> Result<Option<usize>> {
        let is_called = |cell: &[u8]| cell.eq_ignore_ascii_case(name.as_bytes());
        let mut found = (0..self.header.len()).filter(|column| is_called(&self.header[*column]));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(self.header_error(format!("two columns are called {name:?}"))),
            (column, None) => Ok(column),
        }
    }

    /// The first two columns, whatever they are called.
    ///
    /// # Errors
    /// [`Error::Dataset`] for less than two columns, or a first line that names a picture instead
    /// of a column.
    pub fn first_two(&self) -> Result<Columns> {
        self.check_width()?;
        if is_image(&self.header[0]) {
            let name = quoted(&self.header[0]);
            return Err(self.header_error(format!(
                "{name} is a file, where the first line names the columns"
            )));
        }
        Ok(Columns {
            filename: 0,
            class: 1,
            named: false,
        })
    }

    /// What may be why a file is not there that `columns` name: a text to put behind that.
    #[must_use]
    pub fn hint(&self, columns: Columns) -> String {
        if columns.named {
            String::new()
        } else {
            format!("; {}", self.taken(columns))
        }
    }

    /// What a user should know of `columns` that are taken by their place, where there are others
    /// that may be meant.
    #[must_use]
    pub fn note(&self, columns: Columns) -> Option<String> {
        let others = self.header.iter().skip(2).any(|name| !name.is_empty());
        (others && !columns.named)
            .then(|| format!("{}: {}", self.path.display(), self.taken(columns)))
    }

    fn taken(&self, columns: Columns) -> String {
        let [file, class] =
            [columns.filename, columns.class].map(|column| quoted(&self.header[column]));
        format!(
            "files and classes are taken from the first two columns, {file} and {class}: to choose others, call them \
             \"filename\" and \"class\""
        )
    }

    /// Refuses a table of less than two columns.
    ///
    /// # Errors
    /// [`Error::Dataset`], which says what seems to separate cells instead of what could.
    pub fn check_width(&self) -> Result<()> {
        if self.header.len() >= 2 {
            return Ok(());
        }
        let only = self.header.get(0).unwrap_or_default();
        let hint = match OTHERS.iter().find(|other| only.contains(other)) {
            Some(other) => {
                format!(
                    ", separated by commas, semicolons or tabs, where it has {:?}",
                    char::from(*other).to_string()
                )
            }
            None => String::new(),
        };
        Err(self.header_error(format!("two columns are needed, with a header{hint}")))
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
        if self.rest(&self.reader.position().clone()).is_empty()
            && is_open(self.rest(&start), self.separator)
        {
            return Err(self.error(
                self.line_at(&start),
                "a quote that is opened in this row is never closed",
            ));
        }
        let more = more.map_err(|error| self.failure(error))?;
        self.strip(row, &start);
        Ok(more.then(|| row.position().map_or(0, |position| self.line_at(position))))
    }

    /// Reads a row that is no line of blanks alone; says where it starts, or that there was none.
    fn read(&mut self, row: &mut ByteRecord) -> (Position, csv::Result<bool>) {
        loop {
            let start = self.reader.position().clone();
            let more = self.reader.read_byte_record(row);
            let is_short = more
                .as_ref()
                .is_err_and(|error| matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }));
            if !is_short
                || !first_line(self.rest(&start))
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'\t'))
            {
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
        for (cell, behind) in
            row.iter()
                .zip(behind_quotes(self.rest(start), self.separator, row.len()))
        {
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
        self.reader
            .get_ref()
            .get_ref()
            .get(start..)
            .unwrap_or_default()
    }

    /// The line of a row: the reader's position is before the empty lines above it.
    fn line_at(&self, position: &Position) -> u64 {
        let above = self
            .rest(position)
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .filter(|byte| **byte == b'\n')
            .count();
        position.line() + above as u64
    }

    /// What may be why the row at a position has too many cells.
    fn quotes_hint(&self, position: &Position) -> &'static str {
        let line = first_line(self.rest(position).trim_ascii_start());
        let is_late = line
            .windows(3)
            .any(|three| three == [self.separator, b' ', b'"']);
        if is_late {
            "; a quote counts at the very beginning of a cell, without a blank before it"
        } else {
            ""
        }
    }

    fn failure(&self, error: csv::Error) -> Error {
        let line = error
            .position()
            .map_or(1, |position| self.line_at(position));
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Error::Io {
                path: self.path.clone(),
                source,
            },
            csv::ErrorKind::UnequalLengths {
                expected_len,
                len,
                pos,
            } => {
                let hint = pos.map_or("", |pos| self.quotes_hint(&pos));
                self.error(
                    line,
                    format!(
                        "{}, where the first line has {expected_len}{hint}",
                        counted(len, "cell")
                    ),
                )
            }
            kind => self.error(line, format!("not a row of CSV: {kind:?}")),
        }
    }
}

/// Whether a file that starts with `start` may be a CSV file: a line of text with one of the
/// separators in it.
#[must_use]
pub fn may_be_csv(start: &[u8]) -> bool {
    let line = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    line.iter()
        .any(|byte| SEPARATORS.iter().any(|(separator, _)| separator == byte))
        && line
            .iter()
            .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\r' | b'\t'))
}

fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r' | b'\n'))
}

/// Refuses what is no text, by its first line, or is in an encoding that is not read.
fn check_text(text: &[u8]) -> std::result::Result<(), String> {
    if text.starts_with(b"\xff\xfe\0\0") || text.starts_with(b"\0\0\xfe\xff") {
        return Err("text in UTF-32: save it as UTF-8".to_owned());
    }
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err("text in UTF-16: save it as UTF-8".to_owned());
    }
    if is_text(first_line(text)) {
        return Ok(());
    }
    let instead = Foreign::of(text).map_or("a file that is no text", |foreign| foreign.name);
    Err(format!("not a CSV file, but {instead}"))
}

/// The separator that a first line `sep=;` says, which is made an empty line, so that lines are
/// counted as people do.
fn said_separator(text: &mut Vec<u8>) -> Option<u8> {
    let end = text
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(text.len());
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    let line = line
        .strip_prefix(b"\"")
        .and_then(|line| line.strip_suffix(b"\""))
        .unwrap_or(line);
    let (name, said) = line.split_at_checked(4)?;
    match said {
        [separator]
            if name.eq_ignore_ascii_case(b"sep=")
                && (separator.is_ascii_punctuation() || *separator == b'\t') =>
        {
            let separator = *separator;
            text.drain(..end);
            Some(separator)
        }
        _ => None,
    }
}

/// The separator that the first line shows.
fn separator_of(text: &[u8]) -> std::result::Result<u8, String> {
    let line = first_line(text);
    let there: Vec<(u8, &str)> = SEPARATORS
        .into_iter()
        .filter(|(separator, _)| cells(line, *separator).nth(1).is_some())
        .collect();
    let [(first, one), (second, other), ..] = there.as_slice() else {
        return Ok(there.first().map_or(b',', |(separator, _)| *separator));
    };
    let has = |separator: u8, name: &[u8]| {
        cells(line, separator).any(|cell| cell.eq_ignore_ascii_case(name))
    };
    let mut named = there
        .iter()
        .filter(|(separator, _)| has(*separator, b"filename") && has(*separator, b"class"));
    if let (Some((separator, _)), None) = (named.next(), named.next()) {
        return Ok(*separator);
    }
    let say = |separator: u8| {
        if separator == b'\t' {
            "\"sep=\" and a tab".to_owned()
        } else {
            format!("\"sep={}\"", char::from(separator))
        }
    };
    Err(format!(
        "both {one} and {other} are there, and either may separate the columns: say which by a line before it, {} or {}",
        say(*first),
        say(*second)
    ))
}

/// The first line that is not empty; a line break in quotes does not end it.
fn first_line(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))
        .unwrap_or(text.len());
    let mut inside = false;
    let end = text[start..].iter().position(|byte| {
        inside ^= *byte == b'"';
        !inside && matches!(byte, b'\r' | b'\n')
    });
    &text[start..end.map_or(text.len(), |end| start + end)]
}

/// Where in a row a byte stands.
#[derive(Clone, Copy)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

impl At {
    /// Where the next byte stands, if this one is `byte`.
    fn after(self, byte: u8, separator: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::Closed,
            // Two quotes in a row are one that is part of the cell.
            (Self::Start | Self::Closed, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, b'\r' | b'\n') => Self::Start,
            (_, byte) if byte == separator => Self::Start,
            _ => Self::Plain,
        }
    }
}

/// Whether a cell in quotes is not closed at the end of rows.
fn is_open(rows: &[u8], separator: u8) -> bool {
    let at = rows
        .iter()
        .fold(At::Start, |at, byte| at.after(*byte, separator));
    matches!(at, At::Quoted)
}

/// Of each of the first `cells` cells how many bytes stand behind its closing quote, if it is in
/// quotes.
fn behind_quotes(rows: &[u8], separator: u8, cells: usize) -> Vec<Option<usize>> {
    let above = rows
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let (mut found, mut cell, mut at) = (vec![None; cells], 0, At::Start);
    for byte in &rows[above..] {
        let Some(behind) = found.get_mut(cell) else {
            break;
        };
        let next = at.after(*byte, separator);
        match (at, next) {
            (At::Start, At::Quoted) => *behind = Some(0),
            (At::Closed | At::Plain, At::Plain) => *behind = behind.map(|bytes| bytes + 1),
            (_, At::Start) => cell += 1,
            _ => {}
        }
        at = next;
    }
    found
}

/// What to put behind the error of a file that is not there, if its name seems to be of another
/// system.
#[must_use]
pub fn name_hint(name: &[u8]) -> &'static str {
    if name.contains(&b'\\') {
        "; folders are separated by /, not by a backslash"
    } else {
        ""
    }
}

/// What is between the quotes of a cell that has white space before them.
fn unquoted(cell: &[u8]) -> Cow<'_, [u8]> {
    let Some(inside) = cell
        .strip_prefix(b"\"")
        .and_then(|cell| cell.strip_suffix(b"\""))
    else {
        return cell.into();
    };
    let mut rest = inside;
    let mut text = Vec::with_capacity(inside.len());
    while let Some((first, behind)) = rest.split_first() {
        text.push(*first);
        rest = if *first == b'"' {
            behind.strip_prefix(b"\"").unwrap_or(behind)
        } else {
            behind
        };
    }
    text.into()
}

/// The cells of a line, without quotes and white space around them.
fn cells(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut inside = false;
    let split = line.split(move |byte| {
        inside ^= *byte == b'"';
        !inside && *byte == separator
    });
    split.map(|cell| {
        let cell = cell.trim_ascii();
        cell.strip_prefix(b"\"")
            .and_then(|cell| cell.strip_suffix(b"\""))
            .unwrap_or(cell)
            .trim_ascii()
    })
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
    is_number
        .then(|| str::from_utf8(digits).ok()?.parse().ok())
        .map(|number| number.unwrap_or(u64::MAX).min(LARGEST_NUMBER))
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
            all.push((
                line,
                row.iter()
                    .map(|cell| String::from_utf8_lossy(cell).into_owned())
                    .collect(),
            ));
        }
        Ok(all)
    }

    fn row(line: u64, cells: [&str; 2]) -> (u64, Vec<String>) {
        (line, cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn cells_are_stripped_and_quotes_undone() {
        let csv = Csv::new(
            Path::new("list.csv"),
            "\u{feff} filename , class\r\n".into(),
        )
        .unwrap();
        assert_eq!(csv.header(), vec!["filename", "class"]);
        let text = "a,b\r\n 1.jpg , cat \n\"a,b.jpg\",\"a \"\"dog\"\"\"";
        assert_eq!(
            rows(text).unwrap(),
            [row(2, ["1.jpg", "cat"]), row(3, ["a,b.jpg", "a \"dog\""])]
        );
    }

    #[test]
    fn blanks_in_quotes_were_stripped() {
        let text = "a,b\n\" 1.jpg\", cat \n 2.jpg,\"\ta \"\"dog\"\" \"  \n\n\"3.jpg \" ,\" \"\n4 \" , \"x \"";
        let expected = [
            row(2, [" 1.jpg", "cat"]),
            row(3, ["2.jpg", "\ta \"dog\" "]),
            row(5, ["3.jpg ", " "]),
            row(6, ["4 \"", "x "]),
        ];
        assert_eq!(rows(text).unwrap(), expected);
        assert_eq!(rows(&text.replace('\n', "\r\n")).unwrap(), expected);
        assert_eq!(rows("a\tb\n\" 1\"\t 2\n").unwrap(), [row(2, [" 1", "2"])]);
        assert_eq!(rows("a,b\n, 2 \n").unwrap(), [row(2, ["", "2"])]);
    }

    #[test]
    fn quotes_behind_a_blank_were_part_of_the_cell() {
        let text = "filename, \"class\"\n1.jpg, \"cat\"\n2.jpg, \"a \"\"dog\"\"\"\n";
        assert_eq!(
            rows(text).unwrap(),
            [row(2, ["1.jpg", "cat"]), row(3, ["2.jpg", "a \"dog\""])]
        );
        assert!(
            Csv::new(Path::new("list.csv"), text.into())
                .unwrap()
                .columns()
                .unwrap()
                .named
        );
        let reason = rows("a,b\n1.jpg, \"cat, big\"\n").unwrap_err().to_string();
        assert!(
            reason.ends_with(
                "2; a quote counts at the very beginning of a cell, without a blank before it"
            ),
            "{reason}"
        );
    }

    #[test]
    fn columns_are_found_by_name_else_by_place() {
        let columns = |text: &str| {
            let found = Csv::new(Path::new("list.csv"), text.into())
                .unwrap()
                .columns();
            found
                .map(|columns| (columns.filename, columns.class))
                .map_err(|error| error.reason())
        };
        assert_eq!(columns("filename,width,class"), Ok((0, 2)));
        assert_eq!(columns(" CLASS , x,\"Filename\""), Ok((2, 0)));
        assert_eq!(columns("image,label"), Ok((0, 1)));
        assert_eq!(columns("class,label,file"), Ok((0, 1)));
        assert_eq!(
            columns("filename,class,CLASS"),
            Err("line 1: two columns are called \"class\"".to_owned())
        );
        assert_eq!(
            columns("filename"),
            Err("line 1: two columns are needed, with a header".to_owned())
        );
        let reason = "line 1: \"a/0.JPG\" is a file, where the first line names the columns";
        assert_eq!(columns("a/0.JPG,cat"), Err(reason.to_owned()));
    }

    #[test]
    fn lists_of_im2rec_were_read_as_tables() {
        let open = |name: &str| {
            Csv::new(
                Path::new(name),
                "0\t3.000000\tcat/1.jpg\n1\t3\tcat/2.jpg\n".into(),
            )
        };
        let reason = open("train.lst").unwrap_err().to_string();
        assert_eq!(
            reason,
            "train.lst: line 1: a list of im2rec's, which is not read: make it a CSV of filename and class"
        );
        open("train.csv").unwrap();
    }

    #[test]
    fn columns_that_may_be_meant_and_are_not_taken_are_told() {
        let note = |text: &str| {
            let csv = Csv::new(Path::new("list.csv"), text.into()).unwrap();
            csv.note(csv.columns().unwrap())
        };
        let expected = "list.csv: files and classes are taken from the first two columns, \"image\" and \"age\": to choose \
                        others, call them \"filename\" and \"class\"";
        assert_eq!(note("image,age,label").as_deref(), Some(expected));
        assert!(note(",image,label").is_some() && note("filename,cat,dog").is_some());
        for text in ["image,label", "image,label,", "x,class,filename"] {
            assert_eq!(note(text), None, "{text}");
        }
    }

    #[test]
    fn semicolons_and_tabs_separate_as_commas_do() {
        let expected = [row(2, ["1.jpg", "cat"]), row(3, ["a 2.jpg", "dog"])];
        for separator in [",", ";", "\t"] {
            let text = ["filename,class", " 1.jpg , cat ", "a 2.jpg,\"dog\""]
                .map(|line| line.replace(',', separator));
            assert_eq!(rows(&text.join("\r\n")).unwrap(), expected, "{separator:?}");
        }
        // What is in quotes separates nothing; a cell may hold the others.
        assert_eq!(rows("\"a;b\",c\n1;2,3\n").unwrap(), [row(2, ["1;2", "3"])]);
        assert_eq!(
            rows("filename;class\nx,y.jpg;3,0\n").unwrap(),
            [row(2, ["x,y.jpg", "3,0"])]
        );
        // Of several, the one that makes the columns of it.
        assert_eq!(rows("\"Class\" ;filename;a,b\n1;2;3\n").unwrap().len(), 1);
        assert_eq!(rows("filename,class,a;b\n1,2,3\n").unwrap().len(), 1);
    }

    #[test]
    fn a_line_before_the_header_says_the_separator() {
        for text in ["sep=;\na;b,c\n1;2\n", "\u{feff}SEP=;\r\na;b,c\r\n1;2\r\n"] {
            assert_eq!(rows(text).unwrap(), [row(3, ["1", "2"])], "{text:?}");
        }
        assert_eq!(
            rows("sep=\t\na\tb;c\n1\t2\n").unwrap(),
            [row(3, ["1", "2"])]
        );
        assert_eq!(
            rows("\"sep=;\"\na;b,c\n1;2\n").unwrap(),
            [row(3, ["1", "2"])],
            "in quotes"
        );
        assert_eq!(rows("sep=|\na|b\n1|2\n").unwrap(), [row(3, ["1", "2"])]);
        assert_eq!(
            rows("sep=;\n").unwrap_err().reason(),
            "empty: a first line that names the columns is needed"
        );
        let csv = Csv::new(Path::new("list.csv"), "sep=,\na\n1\n".into()).unwrap();
        assert_eq!(
            csv.columns().unwrap_err().reason(),
            "line 2: two columns are needed, with a header"
        );
    }

    #[test]
    fn a_separator_that_is_not_sure_or_not_known_is_named() {
        let reason = |text: &str| rows(text).unwrap_err().reason();
        assert_eq!(
            reason("image;path,label\n1,2\n"),
            "line 1: both commas and semicolons are there, and either may separate the columns: say which by a line before \
             it, \"sep=,\" or \"sep=;\""
        );
        assert!(reason("a;b\tc\n").contains("both semicolons and tabs"));
        let width = |text: &str| {
            Csv::new(Path::new("list.csv"), text.into())
                .unwrap()
                .columns()
                .unwrap_err()
                .reason()
        };
        assert_eq!(
            width("filename|class\n"),
            "line 1: two columns are needed, with a header, separated by commas, semicolons or tabs, where it has \"|\""
        );
    }

    #[test]
    fn what_is_no_text_is_said_and_not_shown() {
        let reason = |bytes: &[u8]| {
            Csv::new(Path::new("list.csv"), bytes.to_vec())
                .unwrap_err()
                .reason()
        };
        assert_eq!(
            reason(b"\xff\xfef\0i\0,\0"),
            "text in UTF-16: save it as UTF-8"
        );
        assert_eq!(
            reason(b"\xff\xfe\0\0f\0\0\0"),
            "text in UTF-32: save it as UTF-8"
        );
        assert_eq!(
            reason(b"\0\0\xfe\xff\0\0\0f"),
            "text in UTF-32: save it as UTF-8"
        );
        assert_eq!(
            reason(b"PK\x03\x04\x14\0\x06\0"),
            "not a CSV file, but a ZIP archive (.zip, .npz, .xlsx, .pt)"
        );
        assert_eq!(
            reason(b"\x7fELF\x02\x01\0\0,"),
            "not a CSV file, but a file that is no text"
        );
    }

    #[test]
    fn whole_numbers_are_digits() {
        let numbers = [
            "0",
            " 01",
            "12.0 ",
            "9223372036854775807",
            "99999999999999999999",
        ];
        let most = Some(i64::MAX as u64);
        assert_eq!(
            numbers.map(|cell| whole_number(cell.as_bytes())),
            [Some(0), Some(1), Some(12), most, most]
        );
        for cell in ["", ".0", "-1", "+1", "1.5", "1.00", "1e3", "1 1", "\u{661}"] {
            assert_eq!(whole_number(cell.as_bytes()), None, "{cell}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_was_a_row_of_too_few_cells() {
        let reason = |text| rows(text).unwrap_err().reason();
        let open =
            |line| format!("line {line}: a quote that is opened in this row is never closed");
        assert_eq!(reason("a,b\n1,2\n\n\"3,4\n5,6\n"), open(4));
        assert_eq!(
            reason("a,b\n1,\"2\n3,4\n"),
            open(2),
            "which took all rows below for its cell"
        );
        assert_eq!(reason("a,b\n1,\"2"), open(2));
        assert_eq!(
            reason("\"a,b\n1,2\n"),
            "line 1: a quote that is opened in the first line is never closed"
        );
        assert_eq!(
            rows("a,b\n1,5\" disk").unwrap(),
            [row(2, ["1", "5\" disk"])]
        );
        assert_eq!(
            rows("a,b\n1,\"5\"\" disk\"\n").unwrap(),
            [row(2, ["1", "5\" disk"])]
        );
    }

    #[test]
    fn lines_are_counted_with_empty_ones_and_those_in_cells() {
        let text = "a,b\n\n\n1,2\n\"x\ny\",3\r\n\r\n4,5\n\n";
        let expected = [
            row(4, ["1", "2"]),
            row(5, ["x\ny", "3"]),
            row(8, ["4", "5"]),
        ];
        assert_eq!(rows(text).unwrap(), expected);
        assert_eq!(
            rows("a,b\n  \n\t\n1,2\n\"x\ny\",3\r\n  \r\n4,5\n \n  ").unwrap(),
            expected,
            "of blanks alone"
        );
    }

    #[test]
    fn a_row_of_another_length_names_its_line() {
        let reason = |text| rows(text).unwrap_err().to_string();
        assert_eq!(
            reason("a,b\n1,2\n\n3\n"),
            "list.csv: line 4: 1 cell, where the first line has 2"
        );
        assert_eq!(
            reason("a,b\n1,2,3\n"),
            "list.csv: line 2: 3 cells, where the first line has 2"
        );
        assert_eq!(
            reason(""),
            "list.csv: empty: a first line that names the columns is needed"
        );
    }
}
