//! Rows of CSV files, two cells of each, with the line they stand in.

use std::fmt;

use csv::ByteRecord;

use crate::error::{Error, Result};
use crate::file::{Csv, quoted};

/// Reads two columns of a CSV file.
pub(super) struct Rows {
    csv: Csv,
    columns: [usize; 2],
}

/// A row.
pub(super) struct Row<'a> {
    /// Counted from 1.
    pub(super) line: u64,
    header: [&'a [u8]; 2],
    cells: [&'a [u8]; 2],
}

impl Rows {
    pub(super) fn new(csv: Csv, columns: [usize; 2]) -> Self {
        Self { csv, columns }
    }

    /// What the columns are called.
    pub(super) fn header(&self) -> [&[u8]; 2] {
        self.columns.map(|column| &self.csv.header()[column])
    }

    /// Hands every row to `take`, whose error is given the line of its row.
    pub(super) fn each(
        &mut self,
        mut take: impl FnMut(&Row<'_>) -> Result<(), String>,
    ) -> Result<()> {
        let mut record = ByteRecord::new();
        while let Some(line) = self.csv.next(&mut record)? {
            let row = Row {
                line,
                header: self.header(),
                cells: self.columns.map(|column| &record[column]),
            };
            take(&row).map_err(|reason| self.error(line, reason))?;
        }
        Ok(())
    }

    /// What is wrong with a line.
    pub(super) fn error(&self, line: u64, reason: impl fmt::Display) -> Error {
        self.csv.error(line, reason)
    }

    /// What is wrong with the header.
    pub(super) fn header_error(&self, reason: impl fmt::Display) -> Error {
        self.csv.header_error(reason)
    }
}

impl<'a> Row<'a> {
    /// The cell of a column, which must not be empty.
    pub(super) fn cell(&self, column: usize) -> Result<&'a [u8], String> {
        match self.cells[column] {
            [] => Err(format!("nothing under {}", quoted(self.header[column]))),
            cell => Ok(cell),
        }
    }

    /// The cell of a column as text.
    pub(super) fn text(&self, column: usize) -> Result<&'a str, String> {
        str::from_utf8(self.cells[column])
            .map_err(|error| format!("not UTF-8 under {}: {error}", quoted(self.header[column])))
    }
}
