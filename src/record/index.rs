//! Index files: where the records of a shard begin, as a text file beside it.
//!
//! For TFRecords `SHARD.idx`, a line `offset size` each, framing included, as DALI's `tfrecord2idx`
//! writes it; for a RecordIO file `x.rec` the file `x.idx`, a line `key TAB offset` each, in any
//! order, as MXNet does. An index that does not fit its shard is worse than none: it must cover the
//! file from the first byte to the last, and the reader compares some of its entries with the file.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{Framing, Span};
use crate::file::peek;

/// Why an index does not fit its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// The line is not shown: through a link, it may be of any file.
    #[error("line {0} is not two numbers")]
    Line(usize),
    #[error("record {0} does not begin where the one before it ends")]
    Gap(usize),
    #[error("a record would begin at byte {0} and end at byte {1}")]
    Short(u64, u64),
    #[error("its first record begins at byte {0} of the file")]
    Begins(u64),
    #[error("its last record ends at byte {0}, the file at byte {1}")]
    Ends(u64, u64),
    #[error("it is empty, and the file is not")]
    Empty,
    #[error("no record lies from byte {0} to byte {1}")]
    Elsewhere(u64, u64),
}

/// The index file of a shard.
#[must_use]
pub fn path_of(shard: &Path, framing: Framing) -> PathBuf {
    match framing {
        Framing::TfRecord => with_ending(shard, ".idx"),
        Framing::RecordIo => shard.with_extension("idx"),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The file of the other framing whose index has the same path: the RecordIO file `x.rec` for a
/// TFRecord shard `x`, and the other way round.
#[must_use]
pub fn namesake(shard: &Path, framing: Framing) -> PathBuf {
    match framing {
        Framing::TfRecord => with_ending(shard, ".rec"),
        Framing::RecordIo => shard.with_extension(""),
    }
}

/// Whether the file at the place of a shard's index exists and, by its first line, is the index of
/// its [`namesake`].
#[must_use]
pub fn is_of_namesake(shard: &Path, framing: Framing) -> bool {
    let mut start = Vec::new();
    namesake(shard, framing).is_file()
        && peek(&path_of(shard, framing), 64, &mut start).is_ok()
        && is_of_tfrecords(&start) != (framing == Framing::TfRecord)
}

fn is_of_tfrecords(start: &[u8]) -> bool {
    start
        .split(|byte| *byte == b'\n')
        .next()
        .is_some_and(|line| line.contains(&b' ') && !line.contains(&b'\t'))
}

/// The text of a TFRecord shard's index.
#[must_use]
pub fn tfrecord_lines(spans: &[Span]) -> String {
    spans.iter().fold(String::new(), |mut text, span| {
        let _ = writeln!(text, "{} {}", span.offset, span.len);
        text
    })
}

/// The text of a RecordIO file's index, from the key and the first byte of each record.
#[must_use]
pub fn recordio_lines(entries: &[(u64, u64)]) -> String {
    let mut text = String::new();
    for (key, offset) in entries {
        let _ = writeln!(text, "{key}\t{offset}");
    }
    text
}

/// Where the records of a file begin, in the file's order.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The first byte of each record, and the end of the last one.
    pub(super) starts: Vec<u64>,
    /// The key of each record, or none at all.
    pub(super) keys: Vec<u64>,
}

impl Table {
    /// Records without keys.
    pub(super) fn of(mut starts: Vec<u64>) -> Self {
        starts.shrink_to_fit();
        Self {
            starts,
            keys: Vec::new(),
        }
    }

    /// Reads an index of a file of `len` bytes.
    pub(super) fn parse(text: &[u8], framing: Framing, len: u64) -> Result<Self, Reason> {
        let table = match framing {
            Framing::TfRecord => Self::tfrecord(text)?,
            Framing::RecordIo => Self::recordio(text, len)?,
        };
        table.covering(framing, len)
    }

    /// The same, if it covers a file of `len` bytes, from the first to the last.
    pub(super) fn covering(self, framing: Framing, len: u64) -> Result<Self, Reason> {
        let mut spans = self.starts.windows(2);
        let is_short = |span: &&[u64]| span[1].saturating_sub(span[0]) < framing.shortest();
        if let Some(span) = spans.find(is_short) {
            return Err(Reason::Short(span[0], span[1]));
        }
        match (self.starts.first(), self.starts.last()) {
            (Some(&first), _) if first != 0 => Err(Reason::Begins(first)),
            (_, Some(&end)) if end != len => Err(Reason::Ends(end, len)),
            (None, _) if len > 0 => Err(Reason::Empty),
            _ => Ok(self),
        }
    }

    fn tfrecord(text: &[u8]) -> Result<Self, Reason> {
        let mut starts = Vec::new();
        for (line, words) in lines(text) {
            let (offset, size) = numbers(line, words)?;
            if starts.last().is_some_and(|end| *end != offset) {
                return Err(Reason::Gap(starts.len() - 1));
            }
            if starts.is_empty() {
                starts.push(offset);
            }
            starts.push(offset.checked_add(size).ok_or(Reason::Line(line))?);
        }
        Ok(Self::of(starts))
    }

    fn recordio(text: &[u8], len: u64) -> Result<Self, Reason> {
        let mut entries = lines(text)
            .map(|(line, words)| numbers(line, words))
            .collect::<Result<Vec<_>, _>>()?;
        if entries.is_empty() {
            return Ok(Self::default());
        }
        entries.sort_by_key(|(_, offset)| *offset);
        let starts = entries
            .iter()
            .map(|(_, offset)| *offset)
            .chain([len])
            .collect();
        Ok(Self {
            starts,
            keys: entries.iter().map(|(key, _)| *key).collect(),
        })
    }
}

/// Lines that are not empty, each with its number, counted from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    (1..)
        .zip(text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii))
        .filter(|(_, words)| !words.is_empty())
}

/// The two numbers in the words of a line.
fn numbers(line: usize, words: &[u8]) -> Result<(u64, u64), Reason> {
    let mut words = words
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    match (
        words.next().and_then(number),
        words.next().and_then(number),
        words.next(),
    ) {
        (Some(first), Some(second), None) => Ok((first, second)),
        _ => Err(Reason::Line(line)),
    }
}

fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, framing: Framing, len: u64) -> Result<(Vec<u64>, Vec<u64>), String> {
        Table::parse(text.as_bytes(), framing, len)
            .map(|table| (table.starts, table.keys))
            .map_err(|unfit| unfit.to_string())
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        let spans = [
            Span { offset: 0, len: 16 },
            Span {
                offset: 16,
                len: 1000,
            },
        ];
        assert_eq!(tfrecord_lines(&spans), "0 16\n16 1000\n");
        assert_eq!(
            parsed("0 16\n16 1000\n", Framing::TfRecord, 1016),
            Ok((vec![0, 16, 1016], vec![]))
        );
        assert_eq!(recordio_lines(&[(7, 12), (3, 0)]), "7\t12\n3\t0\n");
        assert_eq!(
            parsed("7\t12\n3\t0\n", Framing::RecordIo, 20),
            Ok((vec![0, 12, 20], vec![3, 7]))
        );
        for framing in [Framing::TfRecord, Framing::RecordIo] {
            assert_eq!(parsed("", framing, 0), Ok((vec![], vec![])));
        }
        assert_eq!(
            parsed(" 0  16 \r\n\n16 17", Framing::TfRecord, 33),
            Ok((vec![0, 16, 33], vec![]))
        );
    }

    #[test]
    fn what_does_not_fit_the_file_is_refused() {
        let refused = |text, framing, len| parsed(text, framing, len).unwrap_err();
        for (text, reason) in [
            ("", "it is empty, and the file is not"),
            (
                "0 16\n",
                "its last record ends at byte 16, the file at byte 33",
            ),
            (
                "0 33\n33 33\n",
                "its last record ends at byte 66, the file at byte 33",
            ),
            ("1 32\n", "its first record begins at byte 1 of the file"),
            (
                "0 16\n17 16\n",
                "record 1 does not begin where the one before it ends",
            ),
            (
                "16 17\n0 16\n",
                "record 1 does not begin where the one before it ends",
            ),
            (
                "0 15\n15 18\n",
                "a record would begin at byte 0 and end at byte 15",
            ),
            (
                "0 18446744073709551615\n18446744073709551615 34\n",
                "line 2 is not two numbers",
            ),
            ("0 -1\n", "line 1 is not two numbers"),
            ("\n0\n", "line 2 is not two numbers"),
            ("0 33 1\n", "line 1 is not two numbers"),
        ] {
            assert_eq!(refused(text, Framing::TfRecord, 33), reason);
        }
        for (text, reason) in [
            ("", "it is empty, and the file is not"),
            ("0\t8\n", "its first record begins at byte 8 of the file"),
            (
                "0\t0\n1\t0\n",
                "a record would begin at byte 0 and end at byte 0",
            ),
            (
                "0\t0\n1\t36\n",
                "a record would begin at byte 36 and end at byte 32",
            ),
            ("0\t0\na\t0\n", "line 2 is not two numbers"),
        ] {
            assert_eq!(refused(text, Framing::RecordIo, 32), reason);
        }
    }

    #[test]
    fn an_index_lies_beside_its_shard() {
        assert_eq!(
            path_of(Path::new("a/x.tfrecord"), Framing::TfRecord),
            Path::new("a/x.tfrecord.idx")
        );
        assert_eq!(
            path_of(Path::new("a/x.rec"), Framing::RecordIo),
            Path::new("a/x.idx")
        );
    }
}
