//! Image files as they are, each behind MXNet's image header in a RecordIO record.

use std::collections::HashSet;
use std::sync::Arc;

use super::check::Checked;
use super::shards::Records;
use super::source::Source;
use crate::error::{Error, Result};
use crate::record::recordio::{self, Header, Labels};
use crate::record::{Span, index};

/// The records.
pub(super) struct Images {
    source: Arc<Source>,
    checked: Vec<Checked>,
    keys: Keys,
}

/// The keys of records: the `id` in their header, and the key in the index.
#[derive(Debug, PartialEq, Eq)]
enum Keys {
    /// The first number in each file's name.
    OfNames(Vec<u64>),
    /// The record's number.
    Running,
}

impl Keys {
    /// The numbers in the names, if every name has one and no two have the same; else running
    /// numbers, and a note why. There is no note for files in several folders, where names usually
    /// have the same numbers in each.
    fn of(source: &Source) -> (Self, Option<String>) {
        let mut seen = HashSet::with_capacity(source.len());
        let mut keys = Vec::with_capacity(source.len());
        for record in 0..source.len() {
            let said = |why: &str| {
                let path = source.path(record);
                let note = format!(
                    "{}: {why}; all records are keyed by their running number instead",
                    path.display()
                );
                (Self::Running, (source.folders().len() < 2).then_some(note))
            };
            let Some(key) = first_number(source.base_name(record)) else {
                return said("no number in its name that could be a key");
            };
            if !seen.insert(key) {
                return said(&format!(
                    "the number in its name, {key}, is also in another file's"
                ));
            }
            keys.push(key);
        }
        (Self::OfNames(keys), None)
    }

    fn at(&self, record: usize) -> u64 {
        match self {
            Self::OfNames(keys) => keys[record],
            Self::Running => record as u64,
        }
    }
}

/// The first run of digits in a name; none if it is beyond 64 bits.
fn first_number(name: &[u8]) -> Option<u64> {
    let mut runs = name.split(|c| !c.is_ascii_digit());
    let digits = runs.find(|run| !run.is_empty())?;
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Single precision has whole numbers up to here.
const LARGEST_LABEL: u64 = 1 << 24;

impl Images {
    /// The records of `source`, and what the user should know of their keys.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a label that the format cannot hold.
    pub(super) fn new(source: Arc<Source>, checked: Vec<Checked>) -> Result<(Self, Vec<String>)> {
        source.check_labels(LARGEST_LABEL, "RecordIO holds labels as float32")?;
        let (keys, note) = Keys::of(&source);
        let images = Self {
            source,
            checked,
            keys,
        };
        Ok((images, note.into_iter().collect()))
    }

    fn header(&self, record: usize) -> Header<'_> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "labels were found to be small enough"
        )]
        let label = self.source.class(record).label as f32;
        Header {
            labels: Labels::One(label),
            id: self.keys.at(record),
            id2: 0,
        }
    }
}

impl Records for Images {
    type Scratch = Vec<u8>;

    /// Unknown: a payload is split where it contains the magic number.
    fn len(&self, _: usize) -> Option<u64> {
        None
    }

    fn append(&self, record: usize, payload: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<()> {
        payload.clear();
        self.header(record).encode(payload);
        self.source
            .append(record, self.checked[record].stamp, payload)?;
        recordio::frame(payload, out)
            .map_err(|reason| Error::dataset(self.source.path(record), reason))
    }

    fn resembles(&self, record: usize, framed: &[u8]) -> Option<bool> {
        let mut header = Vec::new();
        self.header(record).encode(&mut header);
        let payload = header.len() as u64 + self.checked[record].stamp.len;
        let (frame, rest) = framed.split_first_chunk::<8>()?;
        // The length of a record in several parts depends on its bytes.
        let whole =
            u64::from(u32::from_le_bytes([frame[4], frame[5], frame[6], frame[7]])) == payload;
        whole.then(|| rest.starts_with(&header))
    }

    fn index(&self, first: usize, spans: &[Span]) -> String {
        let records = spans.iter().zip(first..);
        let places = records.map(|(span, record)| (self.keys.at(record), span.offset));
        index::recordio_lines(&places.collect::<Vec<_>>())
    }

    fn source(&self) -> &Source {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_in_a_name_counts() {
        let cases: [(&str, Option<u64>); 6] = [
            ("image_12.jpg", Some(12)),
            ("0007", Some(7)),
            ("v2_13.jpg", Some(2)),
            ("none.jpg", None),
            ("99999999999999999999.jpg", None),
            ("18446744073709551615", Some(u64::MAX)),
        ];
        for (name, number) in cases {
            assert_eq!(first_number(name.as_bytes()), number, "{name}");
        }
    }
}
