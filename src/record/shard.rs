//! A file of records with random access.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::index::{self, Table};
use super::inflate::Compression;
use super::{Framing, Reason, Span, recordio, suspect, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Foreign, Map, Stamp};

/// How a file of records is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The framing it must have. Default: found by looking, and where that does not help, by the
    /// file's name.
    pub framing: Option<Framing>,
    /// Checksums must be right. Default: true.
    pub check: bool,
    /// An index file beside it is used if it fits. Default: true.
    pub use_index: bool,
    /// A file that is damaged is opened all the same: from damage to the next place where a record
    /// begins is a record that cannot be read. Default: false.
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

/// A file of records with random access. Memory is eight bytes a record, sixteen where records have
/// keys, and for a compressed file all that it holds.
#[derive(Debug)]
pub struct Shard {
    map: Map,
    framing: Framing,
    compression: Option<Compression>,
    check: bool,
    table: Table,
    ignored_index: Option<String>,
    /// Its records were found by a pass over their framing.
    scanned: bool,
    /// Some of them are damaged.
    salvaged: bool,
    /// Why it could not be inflated to its end; the last record is what is missing.
    torn: Option<Reason>,
}

/// Tells where the records of a file begin, and where the last one ends, by what the file is like.
pub type Known<'a> = dyn Fn(Stamp) -> Option<Vec<u64>> + Sync + 'a;

/// Entries of an index that are held against the file.
const SPOT_CHECKS: usize = 16;

/// Places that are known from an earlier run are held against the file fewer times: it has not been
/// written to since.
const FEW_CHECKS: usize = 4;

/// From this length on, what lies between two records is not read when a file is passed over.
const LONG: u64 = 16 << 10;

/// Places looked at between two looks at whether the file is still as long as it was.
const TURNS_PER_LOOK: u64 = 1024;

/// Memory that records are copied to, used again for the next one.
#[derive(Debug, Default)]
pub struct Room {
    framed: Vec<u8>,
    joined: Vec<u8>,
}

impl Shard {
    /// Opens the file of records at `path`: maps it, or, where it is compressed (GZIP, ZLIB),
    /// inflates it into memory. Where its records are says the index file beside it (see
    /// [`index`]), or, without one that fits, a pass over their framing.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Record`] for a file that is not of that kind, or damaged, or ends
    /// inside a record.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        Self::open_known(path, options, &|_| None)
    }

    /// The same; a file without an index is not passed over if `known` gives the places of its
    /// records.
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
            // What is there and cannot be read is told; a shard named x.idx is not its own index.
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
        Self::with_index(
            map,
            options,
            |_| index.map(|text| Ok(Map::in_memory(path, text))),
            &|_| None,
        )
    }

    fn with_index(
        map: Map,
        options: Options,
        index: impl FnOnce(Framing) -> Option<Result<Map>>,
        known: &Known<'_>,
    ) -> Result<Self> {
        let compression = match options.framing {
            Some(Framing::RecordIo) => None,
            _ => Compression::of(map.bytes()?),
        };
        let (map, torn) = match compression {
            Some(compression) => inflated(&map, compression, options.salvage)?,
            None => (map, None),
        };
        let framing = match options.framing {
            Some(framing) => framing,
            None => match Framing::of(map.bytes()?) {
                Some(framing) => framing,
                None => suspect::framing(map.path(), map.bytes()?),
            },
        };
        let mut shard = Self {
            map,
            framing,
            compression,
            check: options.check,
            table: Table::default(),
            ignored_index: None,
            scanned: false,
            salvaged: torn.is_some(),
            torn,
        };
        if let Some(index) = index(framing).filter(|_| shard.torn.is_none()) {
            match shard.indexed(index)? {
                Ok(table) => {
                    shard.table = table;
                    return Ok(shard);
                }
                Err(reason) => shard.ignored_index = Some(reason.0),
            }
        }
        if let Some(starts) = shard.stamp().and_then(known) {
            let table = Table {
                starts,
                keys: Vec::new(),
            }
            .covering(framing, shard.map.len() as u64);
            if let Some(table) = table
                .ok()
                .filter(|table| shard.agrees(table, FEW_CHECKS).is_ok_and(|fit| fit.is_ok()))
            {
                shard.table = table;
                return Ok(shard);
            }
        }
        shard.pass_over(options.salvage)?;
        Ok(shard)
    }

    /// Finds its records by a pass over their framing.
    fn pass_over(&mut self, salvage: bool) -> Result<()> {
        self.scanned = true;
        if let Some(table) = self.hopped()? {
            self.table = table;
            return Ok(());
        }
        self.map.expect_all(true);
        self.table = match self.scanned(false) {
            Err(_) if salvage => {
                self.salvaged = true;
                self.scanned(true)?
            }
            table => table?,
        };
        if self.torn.is_some() {
            self.end_torn();
        }
        self.map.expect_all(false);
        Ok(())
    }

    /// What tells whether the file was written to; `None` where its bytes are in memory.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.map.stamp()
    }

    /// Whether its records were found by a pass over their framing, which was not damaged.
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
        Span {
            offset,
            len: end - offset,
        }
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

    /// The payload of record `index`, where it lies; one that lies in several parts is put together
    /// in `scratch`, without allocating once that has grown.
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

    /// As [`Shard::get`], but what a checksum says of the data is left alone, so that only those
    /// bytes are touched that the caller looks at; that of the length is looked at, since the
    /// length is used.
    ///
    /// # Errors
    /// As [`Shard::get`], but for the checksum of the data.
    ///
    /// # Panics
    /// As [`Shard::get`].
    pub fn peek<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.payload(index, scratch, false)
    }

    /// The payload of record `index`, copied to `room`: to be used for as long as is wanted,
    /// whatever becomes of the file.
    ///
    /// # Errors
    /// As [`Shard::get`]; [`Error::Io`] for a file that cannot be read.
    ///
    /// # Panics
    /// As [`Shard::get`].
    pub fn read<'a>(&self, index: u64, room: &'a mut Room) -> Result<&'a [u8]> {
        let span = self.span(index);
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        let Room { framed, joined } = room;
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

    /// The payload of the record at `span`, whose bytes `rest` starts with; where checksums are
    /// checked, with `data` that of the data is too.
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
            let torn = self
                .torn
                .as_ref()
                .filter(|_| span.offset + span.len == self.map.len() as u64);
            Error::record(self.path(), span.offset, torn.unwrap_or(&reason))
        })
    }

    /// What an index file says, if it fits.
    fn indexed(&self, index: Result<Map>) -> Result<Result<Table, Reason>> {
        let index = match index {
            Ok(index) => index,
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(error) => return Ok(Err(Reason::new(error.reason()))),
        };
        let table = match Table::parse(index.bytes()?, self.framing, self.map.len() as u64) {
            Ok(table) => table,
            unfit => return Ok(unfit),
        };
        Ok(self.agrees(&table, SPOT_CHECKS)?.map(|()| table))
    }

    /// Holds some of the places in a table against the file.
    fn agrees(&self, table: &Table, checks: usize) -> Result<Result<(), Reason>> {
        let bytes = self.map.bytes()?;
        let records = table.starts.len().saturating_sub(1);
        let checks = records.min(checks);
        for check in 0..checks {
            // The first, the last, and others between them.
            let record = check * (records - 1) / (checks - 1).max(1);
            let (start, end) = (table.starts[record], table.starts[record + 1]);
            let rest = &bytes[usize::try_from(start).unwrap_or(bytes.len())..];
            if self.framing.measure(rest, self.check).map(|len| len as u64) != Ok(end - start) {
                return Ok(Err(Reason::new(format!(
                    "no record lies from byte {start} to byte {end}"
                ))));
            }
        }
        Ok(Ok(()))
    }

    /// Where the records are, by reading the first bytes of each: where records are long that is
    /// less than what mapping brings in. `None` where it is not, and for a file that needs a closer
    /// look.
    fn hopped(&self) -> Result<Option<Table>> {
        let bytes = self.map.bytes()?;
        let begun = |start: &[u8; tfrecord::HEADER]| tfrecord::begun(start, self.check);
        let first = if self.framing == Framing::TfRecord {
            bytes.first_chunk().and_then(begun)
        } else {
            None
        };
        let Some(hops) = first
            .filter(|len| *len >= LONG)
            .and_then(|_| self.map.hops())
        else {
            return Ok(None);
        };
        let len = bytes.len() as u64;
        let (mut starts, mut at) = (vec![0], 0);
        while at < len {
            let mut start = [0; tfrecord::HEADER];
            let record = if hops.read(at, &mut start) {
                begun(&start)
            } else {
                None
            };
            let Some(end) = record
                .and_then(|record| at.checked_add(record))
                .filter(|end| *end <= len)
            else {
                return Ok(None);
            };
            starts.push(end);
            at = end;
        }
        starts.shrink_to_fit();
        Ok(Some(Table {
            starts,
            keys: Vec::new(),
        }))
    }

    /// Where the records are, by a pass over their framing; with `salvage` damage, up to the next
    /// place where a record begins, is one too.
    fn scanned(&self, salvage: bool) -> Result<Table> {
        let mut starts = Vec::new();
        let mut bytes = self.map.bytes()?;
        let (mut at, mut turn, mut damaged, mut followed) = (0, 0u64, false, HashSet::new());
        while at < bytes.len() {
            turn += 1;
            if turn.is_multiple_of(TURNS_PER_LOOK) {
                bytes = self.map.bytes()?;
            }
            if damaged && !self.framing.begins(&bytes[at..]) {
                at += self.framing.alignment();
                continue;
            }
            let measured = match self.framing {
                Framing::RecordIo if salvage => recordio::measure_once(bytes, at, &mut followed),
                framing => framing.measure(&bytes[at..], self.check),
            };
            if measured.is_ok() || !damaged {
                let no_room = |_| Error::Io {
                    path: self.path().to_owned(),
                    source: io::ErrorKind::OutOfMemory.into(),
                };
                starts.try_reserve(1).map_err(no_room)?;
                starts.push(at as u64);
            }
            damaged = measured.is_err();
            at += match measured {
                Ok(len) => len,
                Err(_) if salvage => self.framing.alignment(),
                Err(reason) => {
                    return Err(Error::record(
                        self.path(),
                        at as u64,
                        self.explained(at, bytes, reason),
                    ));
                }
            };
        }
        if !starts.is_empty() {
            starts.push(bytes.len() as u64);
        }
        starts.shrink_to_fit();
        Ok(Table {
            starts,
            keys: Vec::new(),
        })
    }

    /// Sees to it that the last record is one that cannot be read, of no bytes if what was inflated
    /// ends where a record does.
    fn end_torn(&mut self) {
        let records = self.table.starts.len().saturating_sub(1);
        let end = self.map.len() as u64;
        let last = records.checked_sub(1).map(|last| self.table.starts[last]);
        let is_whole = last
            .and_then(|start| usize::try_from(start).ok())
            .is_none_or(|start| {
                self.map
                    .bytes()
                    .is_ok_and(|bytes| self.framing.measure(&bytes[start..], self.check).is_ok())
            });
        if is_whole {
            self.table.starts.push(end);
        }
    }

    /// A file whose first record is wrong may be none of records.
    fn explained(&self, at: usize, bytes: &[u8], reason: Reason) -> Reason {
        match Foreign::of(bytes) {
            _ if at > 0 => reason,
            Some(foreign) => Reason(format!("no {} file, but {foreign}", self.framing)),
            None => Reason(format!("{reason}: damaged, or no {} file", self.framing)),
        }
    }
}

/// What a compressed file holds. With `salvage` one that is damaged holds what comes before the
/// damage, if there is any, and there is a reason why that is not all.
fn inflated(map: &Map, compression: Compression, salvage: bool) -> Result<(Map, Option<Reason>)> {
    let mut bytes = Vec::new();
    let end = compression.inflate(map.bytes()?, &mut bytes);
    let torn = match end {
        // Nothing is wrong with the file.
        Err(source) if source.kind() == io::ErrorKind::OutOfMemory => {
            return Err(Error::Io {
                path: map.path().to_owned(),
                source,
            });
        }
        end => end.err(),
    };
    let torn = torn.map(|error| Reason(format!("as a {} stream: {error}", compression.name())));
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
                let expected = Shard::new(Map::in_memory(path.clone(), bytes.clone()), None, options);
                match (found, expected) {
                    (Ok(found), Ok(expected)) => prop_assert_eq!(found.table.starts, expected.table.starts),
                    (found, expected) => {
                        prop_assert_eq!(found.err().map(|e| e.to_string()), expected.err().map(|e| e.to_string()));
                    }
                }
            }
        }
    }
}
