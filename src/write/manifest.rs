//! `manifest.jsonl`: a line of JSON for each record of a run, with `shard` (file name), `record` (its number there, from 0),
//! `file` (its source), `label`, `offset` and `size` (bytes in the shard, framing included).

use std::path::Path;

use serde_json::json;

use super::shards::Shard;
use super::source::Source;
use crate::error::Result;
use crate::file::Appender;
use crate::record::Span;

/// The list, while it is written.
pub(super) struct Manifest(Appender);

impl Manifest {
    /// Begins the list that will be `path`.
    pub(super) fn create(path: &Path) -> Result<Self> {
        Ok(Self(Appender::create(path)?))
    }

    /// Adds the records of a shard.
    pub(super) fn add(&mut self, source: &Source, shard: &Shard, spans: &[Span]) -> Result<()> {
        let name = shard.path.file_name().unwrap_or_default().to_string_lossy();
        for (number, span) in spans.iter().enumerate() {
            let record = shard.first + number;
            let line = json!({
                "shard": name,
                "record": number,
                "file": String::from_utf8_lossy(source.name(record)),
                "label": source.class(record).label,
                "offset": span.offset,
                "size": span.len,
            });
            self.0.room()?.extend_from_slice(format!("{line}\n").as_bytes());
        }
        Ok(())
    }

    /// Gives the list its name.
    pub(super) fn commit(self, replace: bool) -> Result<()> {
        self.0.commit(true, replace)
    }
}
