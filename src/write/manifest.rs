//! `manifest.jsonl`: a line of JSON for each record of a run, with `shard` (file name), `record`
//! (its number there, from 0), `file` (its source), `label`, `offset` and `size` (bytes in the
//! shard, framing included). Then a line for each image that was left out, with `skipped` (the
//! reason), and null for the place. A name that is not UTF-8 has its bytes in `file_base64`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Value, json};

use super::Skipped;
use super::shards::Shard;
use super::source::Source;
use crate::error::{Error, Result};
use crate::file::Appender;
use crate::record::Span;

/// An image that is left out.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// Its file as it is listed.
    pub(super) name: Box<[u8]>,
    /// The label that its record would have had.
    pub(super) label: u64,
    pub(super) why: Skipped,
}

impl LeftOut {
    /// Of an input of `source`, which failed.
    pub(super) fn of(source: &Source, input: usize, failure: &Error) -> Self {
        Self {
            name: source.name(input).into(),
            label: source.class(input).label,
            why: Skipped {
                path: source.path(input),
                reason: failure.reason(),
            },
        }
    }
}

/// The list, while it is written.
pub(super) struct Manifest(Appender);

impl Manifest {
    /// Begins the list at `path`.
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
                "label": source.class(record).label,
                "offset": span.offset,
                "size": span.len,
            });
            self.line(line, source.name(record))?;
        }
        Ok(())
    }

    /// Adds images that were left out.
    pub(super) fn add_skipped(&mut self, skipped: &[LeftOut]) -> Result<()> {
        for LeftOut { name, label, why } in skipped {
            let line = json!({
                "shard": null,
                "record": null,
                "label": label,
                "offset": null,
                "size": null,
                "skipped": why.reason,
            });
            self.line(line, name)?;
        }
        Ok(())
    }

    /// Adds a line about a file.
    fn line(&mut self, mut line: Value, file: &[u8]) -> Result<()> {
        line["file"] = String::from_utf8_lossy(file).into();
        if str::from_utf8(file).is_err() {
            line["file_base64"] = base64(file).into();
        }
        self.0
            .buffer()?
            .extend_from_slice(format!("{line}\n").as_bytes());
        Ok(())
    }

    /// Gives the list its name.
    pub(super) fn commit(self, replace: bool) -> Result<()> {
        self.0.commit(true, replace)
    }
}

/// The shard of the first record in a list; `None` if there is no list, or it is none of ours.
pub(super) fn first_shard(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?)
        .read_line(&mut line)
        .ok()?;
    let record: Value = serde_json::from_str(&line).ok()?;
    record["shard"].as_str().map(str::to_owned)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - group.len()));
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= group.len() {
                DIGITS[value].into()
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\u{ff}", "w78="),
        ];
        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfb]), "//77");
    }
}
