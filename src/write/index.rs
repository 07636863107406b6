//! Index files for TFRecord shards that have none, as DALI's `tfrecord2idx` writes them.

use std::path::{Path, PathBuf};

use super::Written;
use super::shards::refuse_shared_index;
use crate::engine::Watch;
use crate::error::{Error, Result};
use crate::file::{each, write_whole};
use crate::record::{Framing, Options, Shard, Span, index as lines};

/// Shards for each worker between two calls of the watch.
const TURN: usize = 4;

/// Writes `SHARD.idx` beside each of `shards`, one line of offset and size for each record, in
/// place of what is there. Shards are read anew, whatever an index says. `None` if `watch` ended it
/// before.
///
/// # Errors
/// [`Error::Argument`] for no shards, or a number of workers that cannot be; [`Error::Files`], with
/// all shards that are damaged, or no plain TFRecord files: the others have their index.
pub fn index(
    shards: &[PathBuf],
    workers: Option<usize>,
    watch: Watch<'_>,
) -> Result<Option<Written>> {
    let workers = super::workers("workers", workers)?;
    if shards.is_empty() {
        return Err(Error::argument("paths", "[]", "at least one shard"));
    }
    let (mut written, mut failures) = (Written::default(), Vec::new());
    for (turn, part) in shards.chunks(TURN * workers).enumerate() {
        if watch((turn * TURN * workers) as u64, shards.len() as u64).is_break() {
            return Ok(None);
        }
        for outcome in each(part.len(), workers, |shard| Ok(write(&part[shard])))? {
            match outcome {
                Ok((records, bytes)) => {
                    written.files += 1;
                    written.records += records;
                    written.bytes += bytes;
                }
                Err(failure) => failures.push(failure),
            }
        }
    }
    // It is too late to end the run.
    let _ = watch(shards.len() as u64, shards.len() as u64);
    match unusable(shards.len(), failures) {
        Some(error) => Err(error),
        None => Ok(Some(written)),
    }
}

/// The error of shards that cannot be used, if there are any.
fn unusable(files: usize, failures: Vec<Error>) -> Option<Error> {
    let outcome = match failures.len() {
        0 => return None,
        failed if failed == files => "no index was written",
        _ => "the others have their index",
    };
    Some(Error::Files {
        files,
        outcome,
        failures,
    })
}

/// Writes the index of a shard; the number of its records, and the bytes of the index.
fn write(path: &Path) -> Result<(u64, u64)> {
    if path.is_dir() {
        return Err(Error::dataset(
            path,
            "is a directory: give the TFRecord files in it, one by one or by a glob",
        ));
    }
    let options = Options {
        use_index: false,
        ..Options::default()
    };
    let shard = Shard::open(path, options)?;
    match shard.framing() {
        Framing::TfRecord => {}
        Framing::RecordIo => {
            let reason = "is a RecordIO file: its index has a key for each record, which only its \
                writer knows";
            return Err(Error::dataset(path, reason));
        }
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
