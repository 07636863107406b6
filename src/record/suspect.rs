//! Files of records that are damaged at their beginning.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{Framing, tfrecord};
use crate::error::{Error, Result};
use crate::file::Map;

/// How many bytes are searched for a record.
const SEARCHED: usize = 64 << 20;

/// What is wrong at the beginning of the file at `path`, if it seems to be a file of records: by
/// its name, because a record begins further on, or because it ends like a record.
///
/// # Errors
/// [`Error::Io`] for a file that cannot be read.
pub fn damaged(path: &Path) -> Result<Option<Error>> {
    let map = Map::open(path)?;
    let bytes = map.bytes()?;
    let next = next_record(bytes);
    let framing = match (named(path), &next) {
        (Some(framing), _) => framing,
        (None, Some((framing, _))) => *framing,
        (None, None) if ends_a_record(bytes) => Framing::TfRecord,
        (None, None) => return Ok(None),
    };
    let wrong = match framing.measure(bytes, true) {
        Err(reason) => reason.to_string(),
        Ok(_) => "no record begins there".to_owned(),
    };
    let rest = match next {
        Some((_, at)) => {
            format!("a sound record begins at byte {at}, and on_error=\"skip\" reads from there")
        }
        None if ends_a_record(bytes) => "its data are sound".to_owned(),
        None => "no sound record follows".to_owned(),
    };
    let reason = format!("a damaged {framing} file: {wrong}; {rest}");
    Ok(Some(Error::record(path, 0, reason)))
}

/// The framing of a file that does not start with a record, by its name and its bytes.
pub(super) fn framing(path: &Path, bytes: &[u8]) -> Framing {
    let next = || next_record(bytes).map(|(framing, _)| framing);
    named(path).or_else(next).unwrap_or(Framing::TfRecord)
}

/// The framing that a file's name suggests: `x.tfrecord`, `x.tfrecord-00000-of-00010`,
/// `x-00000-of-00010`, `x.rec`.
#[must_use]
pub fn named(path: &Path) -> Option<Framing> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .as_bytes()
        .to_ascii_lowercase();
    let has = |part: &[u8]| name.windows(part.len()).any(|window| window == part);
    if path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("rec"))
    {
        Some(Framing::RecordIo)
    } else if has(b".tfrec") || is_numbered(&name) {
        Some(Framing::TfRecord)
    } else {
        None
    }
}

/// Whether a name has five digits, `-of-`, and five more in it.
fn is_numbered(name: &[u8]) -> bool {
    const DIGITS: usize = 5;
    let of = b"-of-";
    let is_number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    name.windows(2 * DIGITS + of.len()).any(|window| {
        let (first, rest) = window.split_at(DIGITS);
        is_number(first) && rest.starts_with(of) && is_number(&rest[of.len()..])
    })
}

/// The first whole record behind the file's first byte, and its framing.
fn next_record(bytes: &[u8]) -> Option<(Framing, usize)> {
    (1..bytes.len().min(SEARCHED)).find_map(|at| {
        let rest = &bytes[at..];
        let is_record = |framing: &Framing| {
            at.is_multiple_of(framing.alignment())
                && framing.may_begin(rest)
                && framing.measure(rest, true).is_ok()
        };
        Framing::ALL
            .into_iter()
            .find(is_record)
            .map(|framing| (framing, at))
    })
}

/// Whether a file is one TFRecord with a wrong length: its last bytes are the checksum of its data.
fn ends_a_record(bytes: &[u8]) -> bool {
    let data = bytes
        .get(tfrecord::HEADER..)
        .filter(|rest| rest.len() <= SEARCHED);
    data.and_then(|rest| rest.split_last_chunk::<4>())
        .is_some_and(|(data, stored)| *stored == tfrecord::footer(data))
}

impl Framing {
    /// A quick look whether a record may begin where `rest` does, which rules out most places.
    fn may_begin(self, rest: &[u8]) -> bool {
        match self {
            // No record is of a terabyte.
            Self::TfRecord => rest.get(5..8) == Some(&[0; 3]) && self.begins(rest),
            Self::RecordIo => self.begins(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_promise_a_framing() {
        let of = |name: &str| named(Path::new(name));
        for name in [
            "x.tfrecord",
            "X.TFRecords",
            "x.tfrec",
            "x.tfrecord.gz",
            "x.tfrecord-00000-of-00010",
            "t-00001-of-00003",
        ] {
            assert_eq!(of(name), Some(Framing::TfRecord), "{name}");
        }
        assert_eq!(of("a/x.rec"), Some(Framing::RecordIo));
        for name in ["x", "x.tif", "1-of-3", "x-0001-of-0003", ".tfre"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn a_record_is_found_behind_damage_and_nowhere_else() {
        let record = |data: &[u8]| {
            [
                &tfrecord::header(data.len() as u64)[..],
                data,
                &tfrecord::footer(data),
            ]
            .concat()
        };
        let mut file = [record(&[7; 100]), record(&[8; 50])].concat();
        file[8] ^= 1;
        assert_eq!(next_record(&file), Some((Framing::TfRecord, 116)));
        assert!(!ends_a_record(&file));
        file.truncate(116);
        assert_eq!((next_record(&file), ends_a_record(&file)), (None, true));
        for other in [
            vec![0; 5000],
            (0..5000u32)
                .map(|i| u8::try_from(i * i % 251).unwrap())
                .collect(),
        ] {
            assert_eq!((next_record(&other), ends_a_record(&other)), (None, false));
        }
        let mut file = Vec::new();
        file.extend_from_slice(b"damaged.");
        file.extend_from_slice(b"\x0a\x23\xd7\xce\x04\0\0\0data");
        assert_eq!(next_record(&file), Some((Framing::RecordIo, 8)));
    }
}
