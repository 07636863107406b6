//! Writes a file of records, one after the other.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Framing, Span, index, recordio, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Appender, check_free, write_whole};

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
#[derive(Debug, Default)]
struct Index {
    path: PathBuf,
    spans: Vec<Span>,
    keys: Vec<u64>,
    used: HashSet<u64>,
}

impl Writer {
    /// Begins a file, with `index` also an index file beside it (see [`index`]). With `overwrite`
    /// existing files are replaced.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Write`].
    pub fn create(path: &Path, framing: Framing, index: bool, overwrite: bool) -> Result<Self> {
        let index = index.then(|| Index {
            path: index::path_of(path, framing),
            ..Index::default()
        });
        if index.as_ref().is_some_and(|index| index.path == path) {
            let allowed = "another name than that of its index";
            return Err(Error::argument("path", path.display(), allowed));
        }
        let paths = [Some(path), index.as_ref().map(|index| &*index.path)];
        for path in paths.into_iter().flatten() {
            check_free(path, overwrite, false)?;
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
    /// [`Error::Record`] for a record that is too long for its framing. After an error the record
    /// is not in the file.
    pub fn append(&mut self, payload: &[u8], key: Option<u64>) -> Result<()> {
        let key = self.key(key)?;
        let offset = self.file.len();
        let out = self.file.buffer()?;
        match self.framing {
            Framing::TfRecord => {
                out.extend_from_slice(&tfrecord::header(payload.len() as u64));
                out.extend_from_slice(payload);
                out.extend_from_slice(&tfrecord::footer(payload));
            }
            Framing::RecordIo => recordio::frame(payload, out)
                .map_err(|reason| Error::record(self.file.path(), offset, reason))?,
        }
        if let Some(index) = &mut self.index {
            let len = self.file.len() - offset;
            index.spans.push(Span { offset, len });
            index.keys.extend(key);
            index.used.extend(key);
        }
        self.records += 1;
        Ok(())
    }

    /// The key of the next record in the index, if that has keys.
    fn key(&self, key: Option<u64>) -> Result<Option<u64>> {
        let number = key.unwrap_or(self.records);
        let wrong = |allowed| Err(Error::argument("key", number, allowed));
        match &self.index {
            Some(index) if self.framing == Framing::RecordIo => {
                if index.used.contains(&number) {
                    return wrong("a number that is not yet the key of a record");
                }
                Ok(Some(number))
            }
            _ if key.is_some() => wrong("None, since there is no index to keep it in"),
            _ => Ok(None),
        }
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
                let offsets = index.spans.iter().map(|span| span.offset);
                let entries: Vec<_> = index.keys.iter().copied().zip(offsets).collect();
                index::recordio_lines(&entries)
            }
        };
        write_whole(&index.path, text.as_bytes(), replace)
    }
}
