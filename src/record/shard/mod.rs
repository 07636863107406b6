//! A file of records with random access.

mod find;

use std::io;
use std::path::Path;

use super::index::{self, Table};
use super::inflate::Compression;
use super::{Framing, Span, recordio, suspect, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Map, Stamp};

/// How a file of records is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The framing it must have. Default: found by the first bytes, or else by the file's name.
    pub framing: Option<Framing>,
    /// Checksums must be right. Default: true.
    pub check: bool,
    /// An index file beside it is used if it fits. Default: true.
    pub use_index: bool,
    /// A damaged file is opened all the same: the bytes from the damage to the beginning of the
    /// next record are a record that cannot be read. Default: false.
    pub salvage: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            framing: None,
            check: true,
            use_index: true,
            salvage: false,
        }
    }
}

/// A file of records with random access. It takes eight bytes a record, sixteen if records have
/// keys, and for a compressed file all of its contents.
#[derive(Debug)]
pub struct Shard {
    map: Map,
    framing: Framing,
    compression: Option<Compression>,
    check: bool,
    table: Table,
    ignored_index: Option<String>,
    /// Its records were found by scanning.
    scanned: bool,
    /// Some of them are damaged.
    salvaged: bool,
    /// Why it could not be inflated to its end; the last record stands for what is missing.
    torn: Option<String>,
}

/// Tells where the records of a file with a certain stamp begin, and where the last one ends.
pub type Known<'a> = dyn Fn(Stamp) -> Option<Vec<u64>> + Sync + 'a;

/// Memory that records are copied to, used again for the next one.
#[derive(Debug, Default)]
pub struct Scratch {
    framed: Vec<u8>,
    joined: Vec<u8>,
}

impl Shard {
    /// Opens the file of records at `path`: maps it or, if it is compressed (GZIP, ZLIB), inflates
    /// it into memory. Its records are found by the index file beside it (see [`index`]) or, if
    /// there is none that fits, by scanning.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Record`] for a file that is not of that kind, or damaged, or ends
    /// inside a record.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        Self::open_known(path, options, &|_| None)
    }

    /// The same; a file without an index is not scanned if `known` gives the places of its records.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub fn open_known(path: &Path, options: Options, known: &Known<'_>) -> Result<Self> {
        let mut map = Map::open(path)?;
        if Compression::of(map.bytes()?).is_some() {
            // Inflating takes longer than the file should be trusted to stay as it is.
            map = Map::read(path)?;
        }
        let index = |framing| {
            let index = index::path_of(path, framing);
            // An index that cannot be read is an error; a shard named x.idx is not its own index.
            let is_there = options.use_index && index != path && index.exists();
            (is_there && !index::is_of_namesake(path, framing)).then(|| Map::read(&index))
        };
        Self::with_index(map, options, index, known)
    }

    /// Reads records from bytes; `index` is the text of an index file.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub fn new(map: Map, index: Option<Vec<u8>>, options: Options) -> Result<Self> {
        let path = map.path().to_owned();
        let index = |_| index.map(|text| Ok(Map::in_memory(path, text)));
        Self::with_index(map, options, index, &|_| None)
    }

    fn with_index(
        map: Map,
        options: Options,
        index: impl FnOnce(Framing) -> Option<Result<Map>>,
        known: &Known<'_>,
    ) -> Result<Self> {
        let mut shard = Self::mapped(map, options)?;
        let index = index(shard.framing).filter(|_| shard.torn.is_none());
        if !shard.take_index(index)? && !shard.take_known(known) {
            shard.pass_over(options.salvage)?;
        }
        Ok(shard)
    }

    /// A file whose records are yet to be found.
    fn mapped(map: Map, options: Options) -> Result<Self> {
        let compression = match options.framing {
            Some(Framing::RecordIo) => None,
            _ => Compression::of(map.bytes()?),
        };
        let (map, torn) = match compression {
            Some(compression) => inflated(&map, compression, options.salvage)?,
            None => (map, None),
        };
        let bytes = map.bytes()?;
        let framing = options.framing.or_else(|| Framing::of(bytes));
        Ok(Self {
            framing: framing.unwrap_or_else(|| suspect::framing(map.path(), bytes)),
            map,
            compression,
            check: options.check,
            table: Table::default(),
            ignored_index: None,
            scanned: false,
            salvaged: torn.is_some(),
            torn,
        })
    }

    /// The stamp by which to tell whether the file was written to; `None` if it is in memory.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.map.stamp()
    }

    /// Whether its records were found by scanning, and the framing is sound.
    #[must_use]
    pub fn was_scanned(&self) -> bool {
        self.scanned && !self.salvaged
    }

    /// Whether its framing is sound, as far as it was looked at.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.salvaged
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.map.path()
    }

    /// How its records are framed.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// How it is compressed: `GZIP` or `ZLIB`.
    #[must_use]
    pub fn compression(&self) -> Option<&'static str> {
        self.compression.map(Compression::name)
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.table.starts.len().saturating_sub(1) as u64
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where record `index` lies.
    ///
    /// # Panics
    /// If there is no such record.
    #[must_use]
    pub fn span(&self, index: u64) -> Span {
        let index = usize::try_from(index).unwrap_or(usize::MAX - 1);
        let (offset, end) = (self.table.starts[index], self.table.starts[index + 1]);
        let len = end - offset;
        Span { offset, len }
    }

    /// The key of record `index`, where it is from a RecordIO file with an index.
    #[must_use]
    pub fn key(&self, index: u64) -> Option<u64> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.table.keys.get(index))
            .copied()
    }

    /// Why the index file beside it was not used, for a warning.
    #[must_use]
    pub fn ignored_index(&self) -> Option<&str> {
        self.ignored_index.as_deref()
    }

    /// The payload of record `index`, not copied; a record of several parts is put together in
    /// `scratch`, without allocating once that has grown.
    ///
    /// # Errors
    /// [`Error::Record`] for one that is damaged, or in a file that has changed since it was
    /// opened.
    ///
    /// # Panics
    /// If there is no such record.
    pub fn get<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.payload(index, scratch, true)
    }

    /// As [`Shard::get`], but without verifying the checksum of the data, so that only those bytes
    /// are read that the caller looks at. The checksum of the length is verified.
    ///
    /// # Errors
    /// As [`Shard::get`], but for the checksum of the data.
    ///
    /// # Panics
    /// As [`Shard::get`].
    pub fn peek<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.payload(index, scratch, false)
    }

    /// The payload of record `index`, copied to `scratch`, so that it stays valid whatever happens
    /// to the file.
    ///
    /// # Errors
    /// As [`Shard::get`]; [`Error::Io`] for a file that cannot be read.
    ///
    /// # Panics
    /// As [`Shard::get`].
    pub fn read<'a>(&self, index: u64, scratch: &'a mut Scratch) -> Result<&'a [u8]> {
        let span = self.span(index);
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        let Scratch { framed, joined } = scratch;
        let framed = self
            .map
            .copy(place(span.offset)..place(span.offset + span.len), framed)?;
        self.unframed(framed, span, joined, true)
    }

    fn payload<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>, data: bool) -> Result<&'a [u8]> {
        let span = self.span(index);
        // The table reaches as far as the map, which is in memory.
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        self.unframed(
            &self.map.bytes()?[place(span.offset)..],
            span,
            scratch,
            data,
        )
    }

    /// The payload of the record at `span`, whose bytes `rest` starts with; the checksum of the
    /// data is verified only with `data`.
    fn unframed<'a>(
        &self,
        rest: &'a [u8],
        span: Span,
        scratch: &'a mut Vec<u8>,
        data: bool,
    ) -> Result<&'a [u8]> {
        let len = usize::try_from(span.len).unwrap_or(usize::MAX);
        let payload = match self.framing {
            Framing::TfRecord => tfrecord::payload(rest, len, self.check, self.check && data),
            Framing::RecordIo => recordio::payload(rest, len, scratch),
        };
        payload.map_err(|reason| {
            let is_last = span.offset + span.len == self.map.len() as u64;
            let torn = self.torn.clone().filter(|_| is_last);
            let reason = torn.unwrap_or_else(|| reason.to_string());
            Error::record(self.path(), span.offset, reason)
        })
    }
}

/// The contents of a compressed file. With `salvage`, a damaged file has those before the damage,
/// if any, and the reason why they are not all.
fn inflated(map: &Map, compression: Compression, salvage: bool) -> Result<(Map, Option<String>)> {
    let mut bytes = Vec::new();
    let end = compression.inflate(map.bytes()?, &mut bytes);
    let torn = match end {
        // Nothing is wrong with the file.
        Err(source) if source.kind() == io::ErrorKind::OutOfMemory => {
            return Err(Error::at(map.path())(source));
        }
        end => end.err(),
    };
    let torn = torn.map(|error| format!("as a {} stream: {error}", compression.name()));
    match torn {
        Some(reason) if !salvage || bytes.is_empty() => Err(Error::record(map.path(), 0, reason)),
        torn => Ok((Map::in_memory(map.path().to_owned(), bytes), torn)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::write_whole;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Files in memory are not hopped over.
        #[test]
        fn a_file_of_long_records_is_found_to_be_what_it_is(
            lens in prop::collection::vec(16_384usize..40_000, 1..6),
            flip in prop::option::of((any::<prop::sample::Index>(), 0u8..8)),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = Vec::new();
            let mut starts = Vec::new();
            for len in lens {
                starts.push(bytes.len());
                bytes.extend_from_slice(&tfrecord::header(len as u64));
                bytes.resize(bytes.len() + len + 4, 7);
            }
            if let Some((record, bit)) = flip {
                let at = starts[record.index(starts.len())] + usize::from(bit);
                bytes[at] ^= 1 << bit;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            write_whole(&path, &bytes, false).unwrap();
            for salvage in [false, true] {
                let options = Options { salvage, ..Options::default() };
                let found = Shard::open(&path, options);
                let map = Map::in_memory(path.clone(), bytes.clone());
                let expected = Shard::new(map, None, options);
                match (found, expected) {
                    (Ok(found), Ok(expected)) => {
                        prop_assert_eq!(found.table.starts, expected.table.starts);
                    }
                    (found, expected) => {
                        let [found, expected] =
                            [found, expected].map(|shard| shard.err().map(|e| e.to_string()));
                        prop_assert_eq!(found, expected);
                    }
                }
            }
        }
    }
}
