//! Records: how they are framed in files, and what is in them.
//!
//! Two framings, [`tfrecord`] and [`recordio`], behind one [`Shard`] that reads and one [`Writer`]
//! that writes; [`index`] files beside them; and [`example`], the message that most TFRecords hold.
//! Lengths in a file are compared with the file before they are used: nothing is allocated or
//! sliced beyond its end.

pub mod example;
pub mod index;
mod inflate;
mod places;
pub mod recordio;
mod shard;
mod suspect;
pub mod tfrecord;
mod writer;

use std::fmt;

pub use places::Places;
pub use shard::{Known, Options, Scratch, Shard};
pub use suspect::{damaged, named};
pub use writer::Writer;

/// Why bytes are not a record; the caller knows the file, and where in it the record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is not a TFRecord.
    #[error(transparent)]
    TfRecord(#[from] tfrecord::Reason),
    /// It is not a RecordIO record.
    #[error(transparent)]
    RecordIo(#[from] recordio::Reason),
    /// Its length has changed.
    #[error(
        "it is {found} bytes long, but {expected} in its index, or in the file when it was opened"
    )]
    Changed {
        /// Its length.
        found: usize,
        /// The length that it had.
        expected: usize,
    },
}

/// How records are stored in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// TensorFlow's: every record has two checksums.
    TfRecord,
    /// MXNet's RecordIO: no checksums.
    RecordIo,
}

/// What a compressed file seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflated {
    /// Records.
    Records,
    /// No records.
    Other,
    /// The first bytes do not tell.
    Unclear,
}

/// What a file that starts with `start` holds, if it is compressed; text may look compressed too.
#[must_use]
pub fn inflated(start: &[u8]) -> Option<Inflated> {
    let compression = inflate::Compression::of(start)?;
    Some(match compression.begins(start) {
        Some(true) => Inflated::Records,
        Some(false) => Inflated::Other,
        None => Inflated::Unclear,
    })
}

impl Framing {
    /// Every framing.
    pub const ALL: [Self; 2] = [Self::TfRecord, Self::RecordIo];

    /// The framing of an uncompressed file, by its first 12 bytes. `None` if it has none, and for
    /// an empty file.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|framing| framing.begins(start))
    }

    /// Whether a record seems to begin where `rest` does.
    fn begins(self, rest: &[u8]) -> bool {
        match self {
            Self::TfRecord => tfrecord::begins(rest),
            Self::RecordIo => recordio::begins(rest),
        }
    }

    /// Bytes of the shortest record.
    fn shortest(self) -> u64 {
        match self {
            Self::TfRecord => tfrecord::OVERHEAD,
            Self::RecordIo => 8,
        }
    }

    /// The length, framing included, of the record that `rest`, the rest of a file, starts with.
    fn measure(self, rest: &[u8], check: bool) -> Result<usize, Reason> {
        match self {
            Self::TfRecord => Ok(tfrecord::measure(rest, check)?),
            Self::RecordIo => Ok(recordio::measure(rest)?),
        }
    }

    /// Records begin at multiples of this.
    fn alignment(self) -> usize {
        match self {
            Self::TfRecord => 1,
            Self::RecordIo => 4,
        }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TfRecord => "TFRecord",
            Self::RecordIo => "RecordIO",
        })
    }
}

/// Where a record lies in its file, once that is inflated: its framing included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u64,
}
