//! Whether a shard of an earlier run is what this one would write.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::shards::{Records, Shard};
use crate::error::{Error, Result};
use crate::file::Map;
use crate::record::{self, Span};

/// Whether a shard is there, with its index. If it is, it must be what this run would write. This
/// compares its length, the framing, label and names of every record, and all bytes of the first
/// record, the last one, and those whose image was written to or moved later.
pub(super) fn is_finished<R: Records>(shard: &Shard, records: &R) -> Result<bool> {
    if shard.path.symlink_metadata().is_err() {
        return Ok(false);
    }
    check_length(shard, records)?;
    let spans = spans_of(&shard.path)?;
    if spans.len() != shard.count {
        let (found, count) = (spans.len(), shard.count);
        let what = format_args!("has {found} records, but this run writes {count}");
        return Err(other(shard, what));
    }
    check_records(shard, records, &spans)?;
    // A shard without a good index is written again.
    let is_good = |index: &PathBuf| {
        let lines = records.index(shard.first, &spans);
        std::fs::read(index).is_ok_and(|found| found == lines.as_bytes())
    };
    Ok(shard.index.as_ref().is_none_or(is_good))
}

/// The error of a shard that is not what this run would write.
fn other(shard: &Shard, what: impl fmt::Display) -> Error {
    let reason = format!(
        "{what}: it is damaged, or from a run with other inputs or options; remove it to have it \
         written again, or replace all with overwrite=True"
    );
    Error::dataset(&*shard.path, reason)
}

fn check_length<R: Records>(shard: &Shard, records: &R) -> Result<()> {
    let expected: Option<u64> = shard.records().map(|record| records.len(record)).sum();
    let found = length_of(&shard.path)?;
    match expected {
        Some(expected) if expected != found => {
            let what = format_args!("has {found} bytes, but this run writes {expected}");
            Err(other(shard, what))
        }
        _ => Ok(()),
    }
}

fn check_records<R: Records>(shard: &Shard, records: &R, spans: &[Span]) -> Result<()> {
    let written = modified(&shard.path, false)?;
    let file = Map::open(&shard.path)?;
    let (mut scratch, mut ours) = (R::Scratch::default(), Vec::new());
    for (record, span) in shard.records().zip(spans) {
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        let found = &file.bytes()?[place(span.offset)..place(span.offset + span.len)];
        let is_edge = record == shard.first || record + 1 == shard.first + shard.count;
        let is_newer = modified(&records.source().path(record), true)? >= written;
        let is_same = match records.resembles(record, found) {
            Some(false) => false,
            Some(true) if !is_edge && !is_newer => true,
            _ => {
                ours.clear();
                records.append(record, &mut scratch, &mut ours)?;
                found == ours
            }
        };
        if !is_same {
            let number = record - shard.first;
            let what = format_args!("has a record {number} that this run would not write");
            return Err(other(shard, what));
        }
    }
    Ok(())
}

/// Where the records of a shard are, by its framing alone.
pub(super) fn spans_of(path: &Path) -> Result<Vec<Span>> {
    let options = record::Options {
        use_index: false,
        ..record::Options::default()
    };
    let shard = record::Shard::open(path, options)?;
    Ok((0..shard.len()).map(|index| shard.span(index)).collect())
}

/// When a file was written to, or with `or_moved` moved to its place if that was later, in
/// nanoseconds since 1970.
fn modified(path: &Path, or_moved: bool) -> Result<i128> {
    let data = std::fs::metadata(path).map_err(Error::at(path))?;
    let at = |seconds: i64, nanoseconds: i64| {
        i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
    };
    let written = at(data.mtime(), data.mtime_nsec());
    let changed = at(data.ctime(), data.ctime_nsec());
    Ok(if or_moved {
        written.max(changed)
    } else {
        written
    })
}

/// Bytes of a file.
pub(super) fn length_of(path: &Path) -> Result<u64> {
    let data = std::fs::metadata(path).map_err(Error::at(path))?;
    Ok(data.len())
}
