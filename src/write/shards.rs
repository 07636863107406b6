//! The job that writes shards: a batch is a shard, a slot is a piece of it of a few megabytes.
//!
//! Where the lengths of records are known before they are made, every piece's place in its file is
//! known too: workers write pieces of one shard at once, in any order. Where they are not
//! (RecordIO, whose framing depends on the bytes), a shard is one piece, and workers share out the
//! shards.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Existing;
use super::source::Source;
use crate::engine::{self, Begun, FirstError};
use crate::error::{Error, Result};
use crate::file::{Output, write_whole};
use crate::record::{Framing, Span, index};
use crate::sync::lock;

/// Bytes per piece: many times what it takes to hand one over, and few enough that a shard of usual
/// size has several.
const PIECE: u64 = 4 << 20;

/// Bytes gathered before they are written: they stay in the second-level cache from reading to
/// writing.
const GATHER: usize = 512 << 10;

/// How records are made: functions of their number.
pub(super) trait Records: Send + Sync + 'static {
    /// What a worker keeps from record to record.
    type Scratch: Send + Default;

    /// Length of a record, its framing included, where that is known before it is made.
    fn len(&self, record: usize) -> Option<u64>;

    /// Appends a record with its framing.
    ///
    /// # Errors
    /// What is wrong with its source.
    fn append(&self, record: usize, scratch: &mut Self::Scratch, out: &mut Vec<u8>) -> Result<()>;

    /// Whether a framed record is this one, as far as all but its image tells; `None` if that
    /// cannot be said.
    fn resembles(&self, record: usize, framed: &[u8]) -> Option<bool>;

    /// The text of the index file of a shard whose first record is `first`.
    fn index(&self, first: usize, spans: &[Span]) -> String;

    /// What the records are made of, in their order.
    fn source(&self) -> &Source;
}

/// A shard that is to be there in the end.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    pub(super) path: PathBuf,
    /// Its index file, if it is to have one.
    pub(super) index: Option<PathBuf>,
    /// Number of its first record.
    pub(super) first: usize,
    /// How many records it has.
    pub(super) count: usize,
}

impl Shard {
    /// Its records.
    pub(super) fn records(&self) -> Range<usize> {
        self.first..self.first + self.count
    }

    /// The index that a shard which is to have none may have from an earlier run.
    pub(super) fn old_index(&self) -> Option<PathBuf> {
        let is_its_own =
            self.index.is_none() && !index::namesake(&self.path, Framing::TfRecord).is_file();
        is_its_own.then(|| index::path_of(&self.path, Framing::TfRecord))
    }
}

/// Refuses to replace the index of another file by that of a shard: the keys of a RecordIO file are
/// stored nowhere else.
///
/// # Errors
/// [`Error::Dataset`].
pub(super) fn refuse_shared_index(shard: &Path, index: &Path) -> Result<()> {
    let is_its = |framing: &Framing| index == index::path_of(shard, *framing);
    let Some(framing) = Framing::ALL.into_iter().find(is_its) else {
        return Ok(());
    };
    let other = index::namesake(shard, framing);
    let is_others = match framing {
        Framing::TfRecord => other.is_file(),
        Framing::RecordIo => index::is_of_namesake(shard, framing),
    };
    if !is_others {
        return Ok(());
    }
    let reason = format!(
        "is the index of {} too: write to another directory, or under another name",
        other.display()
    );
    Err(Error::dataset(index, reason))
}

/// The work.
pub(super) struct Write<R> {
    pub(super) records: Arc<R>,
    /// The shards that are to be written, in order.
    pub(super) shards: Vec<Shard>,
    pub(super) existing: Existing,
    pub(super) done: Arc<AtomicU64>,
}

/// A shard while it is written.
pub(super) struct Open {
    output: RwLock<Option<Output>>,
    pieces: Vec<Piece>,
    spans: Mutex<Vec<(usize, Vec<Span>)>>,
    failure: FirstError,
}

/// A shard that all records of are written, without its name.
pub(super) struct Filled {
    output: Option<Output>,
    spans: Vec<Span>,
}

/// A row of records.
#[derive(Clone, Copy, Debug)]
struct Piece {
    first: usize,
    count: usize,
    offset: u64,
}

/// What a worker keeps from piece to piece.
#[derive(Default)]
pub(super) struct Scratch<S> {
    out: Vec<u8>,
    records: S,
}

impl<R: Records> Write<R> {
    /// Cuts a shard into pieces; returns them and the length of the whole, if it is known.
    fn pieces(&self, shard: &Shard) -> (Vec<Piece>, Option<u64>) {
        let whole = Piece {
            first: shard.first,
            count: shard.count,
            offset: 0,
        };
        let lens = shard.records().map(|record| self.records.len(record));
        let Some(lens) = lens.collect::<Option<Vec<u64>>>() else {
            return (vec![whole], None);
        };
        let (mut pieces, mut offset) = (vec![Piece { count: 0, ..whole }], 0);
        for (first, len) in shard.records().zip(lens) {
            match pieces.last_mut() {
                Some(last) if offset - last.offset < PIECE => last.count += 1,
                _ => pieces.push(Piece {
                    first,
                    count: 1,
                    offset,
                }),
            }
            offset += len;
        }
        (pieces, Some(offset))
    }

    /// Makes and writes a piece; ends early once `stop` is set.
    fn write(
        &self,
        open: &Open,
        piece: Piece,
        scratch: &mut Scratch<R::Scratch>,
        stop: &AtomicBool,
    ) -> Result<Vec<Span>> {
        let output = open.output.read().unwrap_or_else(PoisonError::into_inner);
        let Some(output) = output.as_ref() else {
            return Ok(Vec::new());
        };
        let Scratch { out, records } = scratch;
        out.clear();
        let mut spans = Vec::with_capacity(piece.count);
        let mut offset = piece.offset;
        for record in piece.first..piece.first + piece.count {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let start = offset + out.len() as u64;
            self.records.append(record, records, out)?;
            let len = offset + out.len() as u64 - start;
            spans.push(Span { offset: start, len });
            if out.len() >= GATHER {
                output.write_at(out, offset)?;
                offset += out.len() as u64;
                out.clear();
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        output.write_at(out, offset)?;
        Ok(spans)
    }

    /// Gives a shard its name, and writes its index: in the order of the shards, so that what an
    /// interrupted run leaves is the first of them. Returns where its records are.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::Exists`].
    pub(super) fn publish(&self, shard: &Shard, filled: Filled) -> Result<Vec<Span>> {
        let Filled { output, spans } = filled;
        let Shard { index, first, .. } = shard;
        let replace = self.existing != Existing::Refuse;
        // There must never be an index beside a shard that it does not fit.
        if let (Some(old), true) = (index.clone().or_else(|| shard.old_index()), replace) {
            remove_stale(&old)?;
        }
        if let Some(output) = output {
            output.commit(true, replace)?;
        }
        if let Some(index) = index {
            write_whole(
                index,
                self.records.index(*first, &spans).as_bytes(),
                replace,
            )?;
        }
        Ok(spans)
    }
}

/// Removes a file that an earlier run may have left and that does not describe this one.
pub(super) fn remove_stale(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::Write {
            path: path.to_owned(),
            bytes: 0,
            source,
        }),
        _ => Ok(()),
    }
}

impl<R: Records> engine::Job for Write<R> {
    type Scratch = Scratch<R::Scratch>;
    type Batch = Open;
    type Output = Filled;

    fn scratch(&self) -> Self::Scratch {
        Scratch::default()
    }

    fn begin(&self, number: u64) -> Result<Begun<Open>> {
        let Some(shard) = usize::try_from(number)
            .ok()
            .and_then(|number| self.shards.get(number))
        else {
            return Ok(Begun::End);
        };
        let (pieces, len) = self.pieces(shard);
        let output = RwLock::new(Some(Output::create(&shard.path, len)?));
        let slots = pieces.len();
        let batch = Open {
            output,
            pieces,
            spans: Mutex::default(),
            failure: FirstError::default(),
        };
        Ok(Begun::Batch { batch, slots })
    }

    fn run(&self, open: &Open, slot: usize, scratch: &mut Self::Scratch, stop: &AtomicBool) {
        if open.failure.is_some() {
            return;
        }
        match self.write(open, open.pieces[slot], scratch, stop) {
            Ok(spans) => lock(&open.spans).push((slot, spans)),
            Err(error) => open.failure.note(slot, error),
        }
    }

    fn panicked(&self, open: &Open, slot: usize, message: String) {
        let path = self.records.source().path(open.pieces[slot].first);
        open.failure.note(slot, Error::Panic { path, message });
    }

    fn complete(&self, open: &Open) -> Result<Filled> {
        open.failure.take()?;
        let mut pieces = std::mem::take(&mut *lock(&open.spans));
        pieces.sort_unstable_by_key(|(piece, _)| *piece);
        let mut output = open.output.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Filled {
            output: output.take(),
            spans: pieces.into_iter().flat_map(|(_, spans)| spans).collect(),
        })
    }
}
