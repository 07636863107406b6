//! Index files for TFRecord shards that have none, as DALI's `tfrecord2idx` writes them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shards::refuse_shared_index;
use super::{Progress, Run, Written};
use crate::error::{Error, Result};
use crate::file::{each, write_whole};
use crate::record::{Framing, Options, Shard, Span, index as lines};

/// Begins to write `SHARD.idx` beside each of `shards`, one line of offset and size for each
/// record, in place of what is there. Shards are read anew, whatever an index says.
///
/// # Errors
/// [`Error::Argument`] for no shards, or a number of workers that cannot be. From the run
/// [`Error::Files`], with all shards that are damaged, or no plain TFRecord files; those before
/// have their index.
pub fn index(shards: &[PathBuf], workers: Option<usize>) -> Result<Box<dyn Run>> {
    let workers = super::workers("workers", workers)?;
    if shards.is_empty() {
        return Err(Error::argument("paths", "[]", "at least one shard"));
    }
    let written = Written::default();
    Ok(Box::new(Indexing {
        shards: shards.to_vec(),
        workers,
        next: 0,
        failures: Vec::new(),
        written,
    }))
}

/// Shards for each worker between two looks at whether the run is still wanted.
const TURN: usize = 4;

/// The run.
struct Indexing {
    shards: Vec<PathBuf>,
    workers: usize,
    next: usize,
    failures: Vec<Error>,
    written: Written,
}

impl Run for Indexing {
    fn wait(&mut self, _: Duration) -> Result<Option<Written>> {
        let left = &self.shards[self.next..];
        let turn = &left[..left.len().min(TURN * self.workers)];
        for outcome in each(turn.len(), self.workers, |shard| Ok(write(&turn[shard])))? {
            match outcome {
                Ok((records, bytes)) => {
                    self.written.files += 1;
                    self.written.records += records;
                    self.written.bytes += bytes;
                }
                Err(failure) => self.failures.push(failure),
            }
        }
        self.next += turn.len();
        if self.next < self.shards.len() {
            return Ok(None);
        }
        if self.failures.is_empty() {
            return Ok(Some(std::mem::take(&mut self.written)));
        }
        let (files, failures) = (self.shards.len(), std::mem::take(&mut self.failures));
        let outcome = if failures.len() == files {
            "no index was written"
        } else {
            "the others have their index"
        };
        Err(Error::Files {
            files,
            outcome,
            failures,
        })
    }

    fn progress(&self) -> Progress {
        Progress {
            done: self.next as u64,
            total: self.shards.len() as u64,
        }
    }
}

/// Writes the index of a shard; the number of its records, and the bytes of the index.
fn write(path: &Path) -> Result<(u64, u64)> {
    if path.is_dir() {
        return Err(Error::dataset(
            path,
            "is a directory: give the TFRecord files in it, one by one or by a glob",
        ));
    }
    let shard = Shard::open(
        path,
        Options {
            use_index: false,
            ..Options::default()
        },
    )?;
    if shard.framing() != Framing::TfRecord {
        let reason =
            "is a RecordIO file: its index has a key for each record, which only its writer knows";
        return Err(Error::dataset(path, reason));
    }
    if let Some(compression) = shard.compression() {
        let reason = format!(
            "is compressed ({compression}): an index needs the places of records in the file itself"
        );
        return Err(Error::dataset(path, reason));
    }
    let spans: Vec<Span> = (0..shard.len()).map(|record| shard.span(record)).collect();
    let text = lines::tfrecord_lines(&spans);
    let index = lines::path_of(path, Framing::TfRecord);
    refuse_shared_index(path, &index)?;
    write_whole(&index, text.as_bytes(), true)?;
    Ok((shard.len(), text.len() as u64))
}
