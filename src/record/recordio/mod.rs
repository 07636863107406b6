//! RecordIO framing as MXNet has it.
//!
//! A record is one part or several, each `u32` magic, `u32` flag and length, the data, and zeros up
//! to a multiple of four bytes, all little-endian; the upper three bits of the second word are the
//! flag (0: a whole record; 1, 2, 3: the first, a middle, the last part), the lower 29 the length.
//! A payload that holds the magic at a multiple of four is split there, and the magic between two
//! parts is left out, so that a magic at such a place is always the start of a part
//! (dmlc/recordio.h).

mod header;

use std::collections::HashSet;

use crate::error::counted;
pub use header::{Header, Labels};

/// Why bytes are not a RecordIO record. Parts are given by where in the record they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file ends inside a part's header or padding.
    #[error("the file ends inside the {0}{part}", part = of_part(*.1))]
    Ends(&'static str, usize),
    /// The file ends inside a part's data, of which so many bytes of so many are there.
    #[error("the file ends inside the data{part}: {1} of {2} bytes are there", part = of_part(*.0))]
    Cut(usize, usize, usize),
    /// A part starts with something else than the magic number.
    #[error("the magic number{part} is wrong: {1:02x?}", part = of_part(*.0))]
    Magic(usize, [u8; 4]),
    /// A part is none of those there are.
    #[error("the flag{part} is none of 0 to 3", part = of_part(*.0))]
    Flag(usize),
    /// The first part is none that a record begins with.
    #[error("it starts with {0}")]
    Starts(&'static str),
    /// Something that is no further part follows.
    #[error("its last part is missing: {0} follows at byte {1} of it")]
    Follows(&'static str, usize),
    /// No last part follows.
    #[error("its last part is missing")]
    Unfinished,
    /// The payload is longer than [`LARGEST`].
    #[error("{0} bytes are more than a RecordIO record holds: {LARGEST}")]
    TooLong(usize),
    /// The payload is shorter than the header of an image record.
    #[error(
        "{} {verb} too few for an image record: its header has {needed}",
        counted(*len as u64, "byte"),
        verb = if *len == 1 { "is" } else { "are" }
    )]
    Header {
        /// Bytes of the payload.
        len: usize,
        /// Bytes of the header.
        needed: u64,
    },
}

fn of_part(at: usize) -> String {
    match at {
        0 => String::new(),
        at => format!(" of the part at byte {at} of it"),
    }
}

/// What every part starts with.
const MAGIC: [u8; 4] = 0xced7_230au32.to_le_bytes();

/// Bytes of a part before its data.
const HEADER: usize = 8;

/// The longest payload: lengths have 29 bits.
pub const LARGEST: usize = (1 << 29) - 1;

/// Which part of a record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Flag {
    Whole,
    First,
    Middle,
    Last,
}

/// A part of a record: its data, and where in the file's rest the next one starts.
struct Part<'a> {
    flag: Flag,
    data: &'a [u8],
    end: usize,
}

/// Whether a file that starts with `bytes` is of this framing.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first_chunk::<HEADER>().is_some_and(|header| {
        header.starts_with(&MAGIC) && matches!(flag(*header).0, Some(Flag::Whole | Flag::First))
    })
}

/// Appends a record to `out`: all its parts, padded.
///
/// # Errors
/// A payload of more than [`LARGEST`] bytes; `out` is as before.
pub fn frame(payload: &[u8], out: &mut Vec<u8>) -> Result<(), Reason> {
    if payload.len() > LARGEST {
        return Err(Reason::TooLong(payload.len()));
    }
    let (mut start, mut flag) = (0, Flag::First);
    for split in splits(payload) {
        put_part(flag, &payload[start..split], out);
        (start, flag) = (split + MAGIC.len(), Flag::Middle);
    }
    let last = if start == 0 { Flag::Whole } else { Flag::Last };
    put_part(last, &payload[start..], out);
    Ok(())
}

/// Where a payload holds the magic at a multiple of four.
fn splits(payload: &[u8]) -> impl Iterator<Item = usize> {
    let (words, _) = payload.as_chunks::<4>();
    // The compiler makes vectors of this; the places are looked for only where there are any.
    let holds_magic = |words: &[[u8; 4]]| {
        let found = words.iter().map(|word| u32::from(*word == MAGIC));
        found.fold(0, |all, one| all | one) > 0
    };
    let blocks = words.chunks(BLOCK).enumerate();
    let blocks = blocks.filter(move |(_, words)| holds_magic(words));
    blocks.flat_map(|(block, words)| {
        let found = words.iter().enumerate().filter(|(_, word)| **word == MAGIC);
        found.map(move |(place, _)| (block * BLOCK + place) * 4)
    })
}

/// Words that are searched at once.
const BLOCK: usize = 64;

fn put_part(flag: Flag, data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    // The payload as a whole is no longer than LARGEST.
    let len = u32::try_from(data.len()).unwrap_or_default();
    out.extend_from_slice(&((flag as u32) << 29 | len).to_le_bytes());
    out.extend_from_slice(data);
    out.resize(out.len() + padding(data.len()), 0);
}

/// Zeros after `len` bytes of data.
fn padding(len: usize) -> usize {
    len.wrapping_neg() % 4
}

/// The length, framing included, of the record that `rest`, the rest of a file, starts with.
pub(super) fn measure(rest: &[u8]) -> Result<usize, Reason> {
    parts(rest, |_| Ok(()))
}

/// As [`measure`], of the record at byte `at` of a damaged file, where many places may look like
/// the beginning of one: what was followed from part to part once, and led to no last part, is not
/// followed again.
pub(super) fn measure_once(
    bytes: &[u8],
    at: usize,
    followed: &mut HashSet<usize>,
) -> Result<usize, Reason> {
    parts(&bytes[at..], |part| match part.flag {
        Flag::First | Flag::Middle if !followed.insert(at + part.end) => Err(Reason::Unfinished),
        _ => Ok(()),
    })
}

/// The payload of the record that `rest`, the rest of a file, starts with, and that is `len` bytes
/// long, framing included; several parts are put together in `scratch`.
pub(super) fn payload<'a>(
    rest: &'a [u8],
    len: usize,
    scratch: &'a mut Vec<u8>,
) -> Result<&'a [u8], super::Reason> {
    let changed = |found| super::Reason::Changed {
        found,
        expected: len,
    };
    let mut whole = None;
    scratch.clear();
    let end = parts(rest, |part| {
        match part.flag {
            // No further than the record was said to go, or one record might take all of the file.
            _ if part.end > len => return Err(changed(part.end)),
            Flag::Whole => whole = Some(part.data),
            Flag::First => scratch.extend_from_slice(part.data),
            Flag::Middle | Flag::Last => {
                scratch.extend_from_slice(&MAGIC);
                scratch.extend_from_slice(part.data);
            }
        }
        Ok(())
    })?;
    if end == len {
        Ok(whole.unwrap_or(scratch))
    } else {
        Err(changed(end))
    }
}

/// Calls `each` with the parts of the record that `rest` starts with; returns where it ends.
fn parts<'a, E: From<Reason>>(
    rest: &'a [u8],
    mut each: impl FnMut(&Part<'a>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    loop {
        let part = part(rest, at)?;
        match (part.flag, at) {
            (Flag::Whole | Flag::First, 0) | (Flag::Middle | Flag::Last, 1..) => each(&part)?,
            (flag, 0) => return Err(Reason::Starts(flag.name()).into()),
            (flag, _) => return Err(Reason::Follows(flag.name(), at).into()),
        }
        if matches!(part.flag, Flag::Whole | Flag::Last) {
            return Ok(part.end);
        }
        at = part.end;
    }
}

/// The part at byte `at` of `rest`.
fn part(rest: &[u8], at: usize) -> Result<Part<'_>, Reason> {
    let header = rest[at..].first_chunk::<HEADER>();
    let header = header.ok_or(Reason::Ends("header", at))?;
    let (magic, _) = header.split_first_chunk().unwrap_or((&MAGIC, &[]));
    if *magic != MAGIC {
        return Err(Reason::Magic(at, *magic));
    }
    let (flag, len) = flag(*header);
    let flag = flag.ok_or(Reason::Flag(at))?;
    let (start, end) = (at + HEADER, at + HEADER + len);
    let data = rest.get(start..end);
    let data = data.ok_or(Reason::Cut(at, rest.len() - start, len))?;
    let end = end + padding(len);
    if end > rest.len() {
        return Err(Reason::Ends("padding", at));
    }
    Ok(Part { flag, data, end })
}

/// Flag and length in a header.
fn flag(header: [u8; HEADER]) -> (Option<Flag>, usize) {
    let (words, _) = header.as_chunks::<4>();
    let word = u32::from_le_bytes(words[1]);
    let flags = [Flag::Whole, Flag::First, Flag::Middle, Flag::Last];
    let flag = flags.get((word >> 29) as usize).copied();
    (flag, (word & 0x1fff_ffff) as usize)
}

impl Flag {
    fn name(self) -> &'static str {
        match self {
            Self::Whole => "a whole record",
            Self::First => "a first part",
            Self::Middle => "a middle part",
            Self::Last => "a last part",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        frame(payload, &mut out).unwrap();
        out
    }

    fn with_magic(parts: &[&[u8]]) -> Vec<u8> {
        parts.join(&MAGIC[..])
    }

    #[test]
    fn known_bytes() {
        assert_eq!(framed(b"abc"), b"\x0a\x23\xd7\xce\x03\0\0\0abc\0");
        assert_eq!(
            framed(&with_magic(&[b"wxyz", b"tail!"])),
            b"\x0a\x23\xd7\xce\x04\0\0\x20wxyz\x0a\x23\xd7\xce\x05\0\0\x60tail!\0\0\0"
        );
        assert_eq!(
            framed(&with_magic(&[b"", b"1234", b""])),
            b"\x0a\x23\xd7\xce\0\0\0\x20\x0a\x23\xd7\xce\x04\0\0\x401234\x0a\x23\xd7\xce\0\0\0\x60"
        );
    }

    #[test]
    fn payloads_come_back_wherever_the_magic_is() {
        let mut scratch = Vec::new();
        for before in 0..9 {
            for between in 0..6 {
                for after in 0..6 {
                    let payload =
                        with_magic(&[&vec![1; before], &vec![2; between], &vec![3; after]]);
                    let record = framed(&payload);
                    assert_eq!(record.len() % 4, 0);
                    assert_eq!(measure(&record).unwrap(), record.len());
                    assert_eq!(
                        super::payload(&record, record.len(), &mut scratch).unwrap(),
                        payload
                    );
                    let words = record
                        .as_chunks::<4>()
                        .0
                        .iter()
                        .filter(|word| **word == MAGIC)
                        .count();
                    assert_eq!(
                        words,
                        1 + usize::from(before % 4 == 0) + usize::from((before + between) % 4 == 0)
                    );
                }
            }
        }
        let far = with_magic(&[&vec![1; 4 * BLOCK], &vec![2; 12 * BLOCK + 4], b""]);
        assert_eq!(
            super::payload(&framed(&far), framed(&far).len(), &mut scratch).unwrap(),
            far
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut scratch = Vec::new();
        let mut named = |bytes: &[u8]| {
            let payload = payload(bytes, bytes.len(), &mut scratch);
            payload.unwrap_err().to_string()
        };
        let word = |flag: u32, len: u32| [MAGIC, (flag << 29 | len).to_le_bytes()].concat();
        assert_eq!(named(b""), "the file ends inside the header");
        assert_eq!(
            named(b"\x0a\x23\xd7\xcd\0\0\0\0"),
            "the magic number is wrong: [0a, 23, d7, cd]"
        );
        assert_eq!(named(&word(7, 0)), "the flag is none of 0 to 3");
        assert_eq!(named(&word(2, 0)), "it starts with a middle part");
        assert_eq!(named(&word(3, 0)), "it starts with a last part");
        assert_eq!(
            named(&[word(1, 0), word(0, 0)].concat()),
            "its last part is missing: a whole record follows at byte 8 of it"
        );
        assert_eq!(
            named(&word(1, 0)),
            "the file ends inside the header of the part at byte 8 of it"
        );
        assert_eq!(
            named(&word(0, 5)),
            "the file ends inside the data: 0 of 5 bytes are there"
        );
        assert_eq!(
            named(&[word(0, 1), vec![9, 0, 0]].concat()),
            "the file ends inside the padding"
        );
        assert_eq!(
            named(&[word(0, 0), word(0, 0)].concat()),
            "it is 8 bytes long, but 16 in its index, or in the file when it was opened"
        );
    }
}
