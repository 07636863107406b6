//! Writes a file of records, one after the other.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Framing, Span, index, recordio, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Appender, a_directory, write_whole};

/// A file of records that is being written. It appears under its name when it is finished, and not
/// at all if it is dropped before.
#[derive(Debug)]
pub struct Writer {
    file: Appender,
    framing: Framing,
    overwrite: bool,
    records: u64,
    index: Option<Index>,
}

/// What the index file will say.
#[derive(Debug)]
struct Index {
    path: PathBuf,
    spans: Vec<Span>,
    keys: Vec<u64>,
    used: HashSet<u64>,
}

impl Writer {
    /// Begins a file; `index`: with an index file beside it (see [`index`]). With `overwrite` files
    /// that are there give way.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`].
    pub fn create(path: &Path, framing: Framing, index: bool, overwrite: bool) -> Result<Self> {
        let index = index.then(|| Index {
            path: index::path_of(path, framing),
            spans: Vec::new(),
            keys: Vec::new(),
            used: HashSet::new(),
        });
        if index.as_ref().is_some_and(|index| index.path == path) {
            return Err(Error::argument(
                "path",
                path.display(),
                "another name than that of its index",
            ));
        }
        for path in [Some(path), index.as_ref().map(|index| index.path.as_path())]
            .into_iter()
            .flatten()
        {
            match path.symlink_metadata() {
                Ok(found) if found.is_dir() => return Err(a_directory(path)),
                Ok(_) if !overwrite => {
                    return Err(Error::Exists {
                        path: path.to_owned(),
                        resumable: false,
                    });
                }
                _ => {}
            }
        }
        Ok(Self {
            file: Appender::create(path)?,
            framing,
            overwrite,
            records: 0,
            index,
        })
    }

    /// Number of records so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.records
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Appends a record. `key` is for the index of a RecordIO file; default: the record's number.
    ///
    /// # Errors
    /// [`Error::Write`]; [`Error::Argument`] for a key that is used already or that nothing keeps;
    /// [`Error::Record`] for a record that is too long for its framing. The record is not in the
    /// file then.
    pub fn append(&mut self, payload: &[u8], key: Option<u64>) -> Result<()> {
        let number = key.unwrap_or(self.records);
        let keyed = self.framing == Framing::RecordIo && self.index.is_some();
        match &self.index {
            Some(index) if keyed && index.used.contains(&number) => {
                return Err(Error::argument(
                    "key",
                    number,
                    "a number that no record before has as its key",
                ));
            }
            _ if key.is_some() && !keyed => {
                return Err(Error::argument(
                    "key",
                    number,
                    "None where there is no index that keeps it",
                ));
            }
            _ => {}
        }
        let offset = self.file.len();
        let room = self.file.room()?;
        match self.framing {
            Framing::TfRecord => {
                room.extend_from_slice(&tfrecord::header(payload.len() as u64));
                room.extend_from_slice(payload);
                room.extend_from_slice(&tfrecord::footer(payload));
            }
            Framing::RecordIo => {
                recordio::frame(payload, room)
                    .map_err(|reason| Error::record(self.file.path(), offset, reason))?;
            }
        }
        if let Some(index) = &mut self.index {
            index.spans.push(Span {
                offset,
                len: self.file.len() - offset,
            });
            if keyed {
                index.keys.push(number);
                index.used.insert(number);
            }
        }
        self.records += 1;
        Ok(())
    }

    /// Gives the file its name, and after it the index.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`].
    pub fn finish(self) -> Result<()> {
        let replace = self.overwrite;
        self.file.commit(true, replace)?;
        let Some(index) = self.index else {
            return Ok(());
        };
        let text = match self.framing {
            Framing::TfRecord => index::tfrecord_lines(&index.spans),
            Framing::RecordIo => {
                let entries: Vec<_> = index
                    .keys
                    .iter()
                    .copied()
                    .zip(index.spans.iter().map(|span| span.offset))
                    .collect();
                index::recordio_lines(&entries)
            }
        };
        write_whole(&index.path, text.as_bytes(), replace)
    }
}
