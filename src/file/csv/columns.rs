//! Which columns of a list of files hold what.

use super::Csv;
use crate::error::Result;
use crate::file::names::{is_image, quoted};

/// What people separate cells by that is not understood.
const OTHERS: [u8; 3] = *b"|: ";

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
    /// The columns of a list of files: those called `filename` and `class`, in any case, where both
    /// are there; else the first two.
    ///
    /// # Errors
    /// [`crate::error::Error::Dataset`] for less than two columns, two that are called `filename`
    /// or `class`, or a first line that names an image instead of a column.
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
    /// [`crate::error::Error::Dataset`] for less than two columns, or a first line that names an
    /// image instead of a column.
    pub fn first_two(&self) -> Result<Columns> {
        self.check_width()?;
        if is_image(&self.header[0]) {
            let name = quoted(&self.header[0]);
            let reason = format!("{name} is a file, where the first line names the columns");
            return Err(self.header_error(reason));
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
            "files and classes are taken from the first two columns, {file} and {class}: to \
             choose others, call them \
             \"filename\" and \"class\""
        )
    }

    /// Refuses a table of less than two columns.
    ///
    /// # Errors
    /// [`crate::error::Error::Dataset`], which says what seems to separate cells instead of what
    /// could.
    pub fn check_width(&self) -> Result<()> {
        if self.header.len() >= 2 {
            return Ok(());
        }
        let only = self.header.get(0).unwrap_or_default();
        let other = OTHERS.iter().find(|other| only.contains(other));
        let hint = other.map_or_else(String::new, |other| {
            let other = char::from(*other).to_string();
            format!(", separated by commas, semicolons or tabs, where it has {other:?}")
        });
        Err(self.header_error(format!("two columns are needed, with a header{hint}")))
    }
}
