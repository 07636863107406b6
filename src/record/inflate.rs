//! Compressed files of records, recognized by their first bytes and inflated into memory.

use std::io::{self, Read};

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use flate2::{Decompress, FlushDecompress, Status};

use super::tfrecord;
use crate::error::counted;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zlib,
}

/// Bytes that a buffer is enlarged by at a time.
const STEP: usize = 64 << 10;

impl Compression {
    /// The compression of a file that starts with `bytes`; `None` if a record starts there.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            _ if tfrecord::begins(bytes) => None,
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // Deflate, a window of at most 32 KiB, no dictionary, and a check of the two bytes.
            [method, flags, ..]
                if method & 0x8f == 8
                    && flags & 0x20 == 0
                    && u16::from_be_bytes([method, flags]).is_multiple_of(31) =>
            {
                Some(Self::Zlib)
            }
            _ => None,
        }
    }

    /// TensorFlow's name for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "GZIP",
            Self::Zlib => "ZLIB",
        }
    }

    /// Whether a file that starts with `start` inflates to a record at the beginning; `None` if
    /// `start` is too short to tell.
    pub(super) fn begins(self, start: &[u8]) -> Option<bool> {
        let mut head = [0; tfrecord::HEADER];
        let mut len = 0;
        let mut stream: Box<dyn Read + '_> = match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(start)),
            Self::Zlib => Box::new(ZlibDecoder::new(start)),
        };
        while len < head.len() {
            match stream.read(&mut head[len..]) {
                // No record is so short; an empty file may be one of records.
                Ok(0) => return (len > 0).then_some(false),
                Ok(read) => len += read,
                Err(_) => return None,
            }
        }
        Some(tfrecord::begins(&head))
    }

    /// Appends the inflated bytes to `out`, in case of damage those before it. Memory grows with
    /// the output, whatever a header says.
    pub(super) fn inflate(self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Gzip => MultiGzDecoder::new(bytes).read_to_end(out).map(drop),
            Self::Zlib => zlib(bytes, out),
        }
    }
}

/// Not with flate2's reader, which takes a truncated stream for one that has ended.
fn zlib(bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let mut stream = Decompress::new(true);
    let mut rest = bytes;
    loop {
        if out.len() == out.capacity() {
            out.try_reserve(STEP)
                .map_err(|_| io::ErrorKind::OutOfMemory)?;
        }
        let before = (stream.total_in(), stream.total_out());
        let status = stream.decompress_vec(rest, out, FlushDecompress::None)?;
        // No more than there are.
        rest = &rest[usize::try_from(stream.total_in() - before.0).unwrap_or(rest.len())..];
        match status {
            Status::StreamEnd if rest.is_empty() => return Ok(()),
            Status::StreamEnd => {
                let more = counted(rest.len() as u64, "byte");
                let reason = format!("after its end there is more: {more}");
                return Err(io::Error::other(reason));
            }
            _ if before == (stream.total_in(), stream.total_out()) => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression as Level;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn inflated(kind: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        kind.inflate(bytes, &mut out).map(|()| out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflated(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Level::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_compressed_comes_back() {
        for len in [0, 1, 1000, 300_000] {
            let bytes: Vec<u8> = (0..len)
                .map(|i: u64| u8::try_from(i * i % 251).unwrap())
                .collect();
            for level in [0, 1, 6, 9] {
                let zlib = deflated(&bytes, level);
                assert_eq!(
                    Compression::of(&zlib),
                    Some(Compression::Zlib),
                    "{len} {level}"
                );
                assert_eq!(inflated(Compression::Zlib, &zlib).unwrap(), bytes);
            }
            let two = [gzip(&bytes), gzip(b"and more")].concat();
            assert_eq!(Compression::of(&two), Some(Compression::Gzip));
            assert_eq!(
                inflated(Compression::Gzip, &two).unwrap(),
                [&bytes, &b"and more"[..]].concat()
            );
        }
    }

    #[test]
    fn cut_short_or_continued_is_an_error() {
        let bytes: Vec<u8> = (0..2000u32)
            .map(|i| u8::try_from(i * i % 251).unwrap())
            .collect();
        for (kind, whole) in [
            (Compression::Gzip, gzip(&bytes)),
            (Compression::Zlib, deflated(&bytes, 6)),
        ] {
            for end in 0..whole.len() {
                // Of no gzip member at all, there is nothing to say.
                let cut = inflated(kind, &whole[..end]);
                assert!(
                    cut.is_err() || (end == 0 && cut.unwrap().is_empty()),
                    "{kind:?} of {end} bytes"
                );
            }
            assert!(
                inflated(kind, &[&whole[..], b"rest"].concat()).is_err(),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn what_is_compressed_is_looked_into() {
        let record = [&tfrecord::header(40)[..], &[7; 44]].concat();
        for (kind, compress) in [
            (Compression::Gzip, gzip as fn(&[u8]) -> Vec<u8>),
            (Compression::Zlib, |b| deflated(b, 6)),
        ] {
            assert_eq!(kind.begins(&compress(&record)), Some(true));
            assert_eq!(kind.begins(&compress(b"filename,class\n")), Some(false));
            assert_eq!(kind.begins(&compress(b"short")), Some(false));
            assert_eq!(kind.begins(&compress(b"")), None);
            assert_eq!(kind.begins(&compress(&record)[..8]), None);
        }
    }

    #[test]
    fn a_record_is_taken_for_a_record() {
        // A length that looks like the start of a gzip file, and one that looks like that of a zlib
        // stream.
        for len in [0x08_8b1f, 0x0178, 0x9c78] {
            let header = tfrecord::header(len);
            assert_eq!(Compression::of(&header), None);
            assert!(Compression::of(&[&header[..3], &[0; 9]].concat()).is_some());
        }
        assert_eq!(Compression::of(b""), None);
        assert_eq!(Compression::of(b"\x0a\x23\xd7\xce\0\0\0\0"), None);
    }
}
