//! TFRecord framing: length, checksum of the length, data, checksum of the data.
//!
//! A record is `u64` length, `u32` checksum of those eight bytes, the data, `u32` checksum of the
//! data, all little-endian; 16 bytes more than the data. A checksum is CRC-32C, rotated and offset,
//! so that a checksum of data that holds checksums is no weaker
//! (`tensorflow/core/lib/io/record_writer.h`).

use crc_fast::{CrcAlgorithm, Digest, crc32_iscsi};

/// Why bytes are not a TFRecord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file ends inside a part other than the data.
    #[error("the file ends inside the {0}")]
    Ends(&'static str),
    /// The file ends inside the data.
    #[error("the file ends inside the data: {found} of {len} bytes are there")]
    Cut {
        /// Bytes that are there.
        found: usize,
        /// Bytes that its length says.
        len: u64,
    },
    /// No file was ever that long.
    #[error("its length says {len} bytes, and the file has {found} more")]
    Length {
        /// Bytes that are there.
        found: usize,
        /// Bytes that its length says.
        len: u64,
    },
    /// A checksum does not match.
    #[error(
        "the checksum of the {part} does not match: {stored:#010x} is stored, {computed:#010x} is \
         that of the {part} as it is"
    )]
    Checksum {
        /// The part.
        part: &'static str,
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
}

/// Bytes of a record besides its data.
pub const OVERHEAD: u64 = (HEADER + FOOTER) as u64;

/// Bytes before the data.
pub(super) const HEADER: usize = 12;

/// Bytes after the data.
const FOOTER: usize = 4;

/// No file system has longer files, so a greater length is damage.
const LONGEST: u64 = 1 << 60;

/// The form in which a CRC-32C is stored.
#[must_use]
pub fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// What stands before `len` bytes of data.
#[must_use]
pub fn header(len: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&len.to_le_bytes());
    header[8..].copy_from_slice(&footer(&len.to_le_bytes()));
    header
}

/// What stands after the data.
#[must_use]
pub fn footer(data: &[u8]) -> [u8; FOOTER] {
    masked(crc32_iscsi(data)).to_le_bytes()
}

/// The checksum of data that comes in parts.
#[derive(Clone, Debug)]
pub struct Crc(Digest);

impl Crc {
    /// The checksum of no data.
    #[must_use]
    pub fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32Iscsi))
    }

    /// Takes the next part.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The checksum of all parts so far, as it is stored.
    #[must_use]
    pub fn masked(&self) -> u32 {
        masked(u32::try_from(self.0.finalize()).unwrap_or_default())
    }
}

impl Default for Crc {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a file that starts with `bytes` is of this framing.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<HEADER>()
        .is_some_and(|found| *found == header(length(found)))
}

/// The length, framing included, of the record that starts with `start`; `None` with a wrong
/// checksum under `check`, or for a length that cannot be.
pub(super) fn begun(start: &[u8; HEADER], check: bool) -> Option<u64> {
    (!check || start[8..] == footer(&start[..8]))
        .then(|| length(start).checked_add(OVERHEAD))
        .flatten()
}

/// The length, framing included, of the record that `rest`, the rest of a file, starts with. With
/// `check` the checksum of its length is right.
pub(super) fn measure(rest: &[u8], check: bool) -> Result<usize, Reason> {
    let Some(start) = rest.first_chunk::<HEADER>() else {
        let part = if rest.len() < 8 {
            "length"
        } else {
            "checksum of the length"
        };
        return Err(Reason::Ends(part));
    };
    if check {
        compare("length", &start[..8], &start[8..])?;
    }
    let len = length(start);
    let found = rest.len() - HEADER;
    match usize::try_from(len) {
        Ok(len) if found >= len && found - len >= FOOTER => Ok(HEADER + len + FOOTER),
        Ok(len) if found >= len => Err(Reason::Ends("checksum of the data")),
        _ if len > LONGEST => Err(Reason::Length { found, len }),
        _ => Err(Reason::Cut { found, len }),
    }
}

/// The data of the record that `rest`, the rest of a file, starts with, and that is `len` bytes
/// long, framing included.
pub(super) fn payload(
    rest: &[u8],
    len: usize,
    check_length: bool,
    check_data: bool,
) -> Result<&[u8], super::Reason> {
    let found = measure(rest, check_length)?;
    if found != len {
        let expected = len;
        return Err(super::Reason::Changed { found, expected });
    }
    let (data, stored) = rest[HEADER..len].split_at(len - HEADER - FOOTER);
    if check_data {
        compare("data", data, stored)?;
    }
    Ok(data)
}

fn length(header: &[u8; HEADER]) -> u64 {
    let (len, _) = header.as_chunks::<8>();
    u64::from_le_bytes(len[0])
}

/// Verifies the checksum of a part of a record.
fn compare(part: &'static str, bytes: &[u8], stored: &[u8]) -> Result<(), Reason> {
    let computed = footer(bytes);
    if stored == computed {
        return Ok(());
    }
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
    };
    Err(Reason::Checksum {
        part,
        stored: number(stored),
        computed: number(&computed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a whole record.
    fn record(data: &[u8]) -> Vec<u8> {
        [&header(data.len() as u64)[..], data, &footer(data)].concat()
    }

    #[test]
    fn known_bytes() {
        assert_eq!(
            record(b"abc"),
            b"\x03\0\0\0\0\0\0\0\xb0\x99\x49\x0eabc\x6e\x57\xf1\x21"
        );
        assert_eq!(
            record(b""),
            b"\0\0\0\0\0\0\0\0\x29\x03\x98\x07\xd8\xea\x82\xa2"
        );
    }

    #[test]
    fn data_in_parts_has_the_checksum_of_the_whole() {
        let data: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for split in [0, 1, 17, 256, 4999, 5000] {
            let mut crc = Crc::new();
            crc.update(&data[..split]);
            crc.update(&data[split..]);
            assert_eq!(crc.masked().to_le_bytes(), footer(&data));
        }
    }

    #[test]
    fn the_part_that_is_wrong_is_named() {
        let whole = record(b"abc");
        let named = |bytes: &[u8], check| {
            let payload = payload(bytes, whole.len(), check, check);
            payload.unwrap_err().to_string()
        };
        let ends = [
            (0..8, "length"),
            (8..12, "checksum of the length"),
            (12..15, "data"),
            (15..19, "checksum of the data"),
        ];
        for (range, part) in ends {
            for end in range {
                for check in [false, true] {
                    let text = named(&whole[..end], check);
                    assert!(
                        text.starts_with(&format!("the file ends inside the {part}")),
                        "{end}: {text}"
                    );
                }
            }
        }
        for (at, part) in [(0, "length"), (8, "length"), (12, "data"), (15, "data")] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            assert!(
                named(&bytes, true)
                    .starts_with(&format!("the checksum of the {part} does not match: 0x")),
                "{at}"
            );
        }
        let mut bytes = whole.clone();
        bytes[0] = 2;
        assert_eq!(
            named(&bytes, false),
            "it is 18 bytes long, but 19 in its index, or in the file when it was opened"
        );
        bytes[7] = 0xff;
        assert_eq!(
            named(&bytes, false),
            "its length says 18374686479671623682 bytes, and the file has 7 more"
        );
        bytes.clone_from(&whole);
        bytes[12] = b'x';
        assert_eq!(payload(&bytes, bytes.len(), true, false).unwrap(), b"xbc");
    }
}
