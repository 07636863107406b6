//! PNG, lightly compressed by the `png` crate: 8-bit RGB, not interlaced, no chunks but the
//! necessary ones.

use std::io::{self, Write};

use png::{BitDepth, ColorType, DeflateCompression, EncodingError, Filter};

use super::super::reserve;
use super::{Reason, Strips};
use crate::pixel::Size;

/// Bytes of compressed data that go into one chunk.
const CHUNK: usize = 256 << 10;

pub(super) fn encode(size: Size, strips: Strips<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    out.clear();
    let mut encoder = png::Encoder::new(Growing(out), size.width, size.height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(1));
    encoder.set_filter(Filter::Adaptive);
    let written = encoder
        .write_header()
        .and_then(|writer| write(writer, strips));
    written.map_err(|error| match error {
        EncodingError::IoError(error) => error.downcast().unwrap_or_else(Reason::new),
        error => Reason::new(error),
    })
}

fn write(
    mut writer: png::Writer<Growing<'_>>,
    mut strips: Strips<'_>,
) -> Result<(), EncodingError> {
    let mut stream = writer.stream_writer_with_size(CHUNK)?;
    while let Some(strip) = strips.next().map_err(io::Error::other)? {
        stream.write_all(strip)?;
    }
    stream.finish()?;
    writer.finish()
}

/// A vector that says so where there is no memory for it.
struct Growing<'a>(&'a mut Vec<u8>);

impl Write for Growing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        reserve(self.0, bytes.len()).map_err(io::Error::other)?;
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
