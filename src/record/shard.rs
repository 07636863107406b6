//! A file of records with random access.

use std::collections::HashSet;
use std::path::Path;

use super::index::{self, Table};
use super::inflate::Compression;
use super::{Framing, Reason, Span, recordio, suspect, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Foreign, Map};

/// How a file of records is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The framing it must have. Default: found by looking, and where that does not help, by the file's name.
    pub framing: Option<Framing>,
    /// Checksums must be right. Default: true.
    pub check: bool,
    /// An index file beside it is used if it fits. Default: true.
    pub use_index: bool,
    /// A file that is damaged is opened all the same: from damage to the next place where a record begins is a record that
    /// cannot be read. Default: false.
    pub salvage: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { framing: None, check: true, use_index: true, salvage: false }
    }
}

/// A file of records with random access. Memory is eight bytes a record, sixteen where records have keys, and for a
/// compressed file all that it holds.
#[derive(Debug)]
pub struct Shard {
    map: Map,
    framing: Framing,
    compression: Option<Compression>,
    check: bool,
    table: Table,
    ignored_index: Option<String>,
}

/// Entries of an index that are held against the file.
const SPOT_CHECKS: usize = 16;

/// Places looked at between two looks at whether the file is still as long as it was.
const TURNS_PER_LOOK: u64 = 1024;

/// Memory that records are copied to, used again for the next one.
#[derive(Debug, Default)]
pub struct Room {
    framed: Vec<u8>,
    joined: Vec<u8>,
}

impl Shard {
    /// Opens the file of records at `path`: maps it, or, where it is compressed (GZIP, ZLIB), inflates it into memory. Where
    /// its records are says the index file beside it (see [`index`]), or, without one that fits, a pass over their
    /// framing.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Record`] for a file that is not of that kind, or damaged, or ends inside a record.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        let mut map = Map::open(path)?;
        if Compression::of(map.bytes()?).is_some() {
            // Inflating takes longer than the file should be trusted to stay as it is.
            map = Map::read(path)?;
        }
        let index = |framing| {
            let index = index::path_of(path, framing);
            // What is there and cannot be read is told; a shard named x.idx is not its own index.
            (options.use_index && index != path && index.exists()).then(|| Map::read(&index))
        };
        Self::with_index(map, options, index)
    }

    /// Reads records from bytes; `index` is the text of an index file.
    ///
    /// # Errors
    /// As [`Shard::open`].
    pub fn new(map: Map, index: Option<Vec<u8>>, options: Options) -> Result<Self> {
        let path = map.path().to_owned();
        Self::with_index(map, options, |_| index.map(|text| Ok(Map::in_memory(path, text))))
    }

    fn with_index(map: Map, options: Options, index: impl FnOnce(Framing) -> Option<Result<Map>>) -> Result<Self> {
        let compression = match options.framing {
            Some(Framing::RecordIo) => None,
            _ => Compression::of(map.bytes()?),
        };
        let map = match compression {
            Some(compression) => inflated(&map, compression)?,
            None => map,
        };
        let framing = match options.framing {
            Some(framing) => framing,
            None => match Framing::of(map.bytes()?) {
                Some(framing) => framing,
                None => suspect::framing(map.path(), map.bytes()?),
            },
        };
        let mut shard =
            Self { map, framing, compression, check: options.check, table: Table::default(), ignored_index: None };
        if let Some(index) = index(framing) {
            match shard.indexed(index)? {
                Ok(table) => {
                    shard.table = table;
                    return Ok(shard);
                }
                Err(reason) => shard.ignored_index = Some(reason.0),
            }
        }
        shard.table = shard.scanned(options.salvage)?;
        Ok(shard)
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
        Span { offset, len: end - offset }
    }

    /// The key of record `index`, where it is from a RecordIO file with an index.
    #[must_use]
    pub fn key(&self, index: u64) -> Option<u64> {
        usize::try_from(index).ok().and_then(|index| self.table.keys.get(index)).copied()
    }

    /// Why the index file beside it was not used, for a warning.
    #[must_use]
    pub fn ignored_index(&self) -> Option<&str> {
        self.ignored_index.as_deref()
    }

    /// The payload of record `index`, where it lies; one that lies in several parts is put together in `scratch`, without
    /// allocating once that has grown.
    ///
    /// # Errors
    /// [`Error::Record`] for one that is damaged, or in a file that has changed since it was opened.
    ///
    /// # Panics
    /// If there is no such record.
    pub fn get<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.payload(index, scratch, self.check)
    }

    /// As [`Shard::get`], but what a checksum says of the data is left alone, so that only those bytes are touched that the
    /// caller looks at.
    ///
    /// # Errors
    /// As [`Shard::get`], but for the checksum of the data.
    ///
    /// # Panics
    /// As [`Shard::get`].
    pub fn peek<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8]> {
        self.payload(index, scratch, false)
    }

    /// The payload of record `index`, copied to `room`: to be used for as long as is wanted, whatever becomes of the file.
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
        let framed = self.map.copy(place(span.offset)..place(span.offset + span.len), framed)?;
        self.unframed(framed, span, joined, self.check)
    }

    fn payload<'a>(&'a self, index: u64, scratch: &'a mut Vec<u8>, check: bool) -> Result<&'a [u8]> {
        let span = self.span(index);
        // The table reaches as far as the map, which is in memory.
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        self.unframed(&self.map.bytes()?[place(span.offset)..], span, scratch, check)
    }

    /// The payload of the record at `span`, whose bytes `rest` starts with.
    fn unframed<'a>(&self, rest: &'a [u8], span: Span, scratch: &'a mut Vec<u8>, check: bool) -> Result<&'a [u8]> {
        let len = usize::try_from(span.len).unwrap_or(usize::MAX);
        let payload = match self.framing {
            Framing::TfRecord => tfrecord::payload(rest, len, check),
            Framing::RecordIo => recordio::payload(rest, len, scratch),
        };
        payload.map_err(|reason| Error::record(self.path(), span.offset, reason))
    }

    /// What an index file says, if it fits.
    fn indexed(&self, index: Result<Map>) -> Result<Result<Table, Reason>> {
        let index = match index {
            Ok(index) => index,
            Err(error) => return Ok(Err(Reason::new(error.reason()))),
        };
        let table = match Table::parse(index.bytes()?, self.framing, self.map.len() as u64) {
            Ok(table) => table,
            unfit => return Ok(unfit),
        };
        let bytes = self.map.bytes()?;
        let records = table.starts.len().saturating_sub(1);
        let checks = records.min(SPOT_CHECKS);
        for check in 0..checks {
            // The first, the last, and others between them.
            let record = check * (records - 1) / (checks - 1).max(1);
            let (start, end) = (table.starts[record], table.starts[record + 1]);
            let rest = &bytes[usize::try_from(start).unwrap_or(bytes.len())..];
            if self.framing.measure(rest, self.check).map(|len| len as u64) != Ok(end - start) {
                return Ok(Err(Reason::new(format!("no record lies from byte {start} to byte {end}"))));
            }
        }
        Ok(Ok(table))
    }

    /// Where the records are, by a pass over their framing; with `salvage` damage, up to the next place where a record
    /// begins, is one too.
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
                starts.push(at as u64);
            }
            damaged = measured.is_err();
            at += match measured {
                Ok(len) => len,
                Err(_) if salvage => self.framing.alignment(),
                Err(reason) => return Err(Error::record(self.path(), at as u64, self.explained(at, bytes, reason))),
            };
        }
        if !starts.is_empty() {
            starts.push(bytes.len() as u64);
        }
        starts.shrink_to_fit();
        Ok(Table { starts, keys: Vec::new() })
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

fn inflated(map: &Map, compression: Compression) -> Result<Map> {
    let bytes = compression.inflate(map.bytes()?);
    let name = compression.name();
    let bytes = bytes.map_err(|error| Error::record(map.path(), 0, format!("as a {name} stream: {error}")))?;
    Ok(Map::in_memory(map.path().to_owned(), bytes))
}
