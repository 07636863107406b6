//! PNG without compression, by hand: 8-bit RGB, not interlaced, no chunks but the necessary ones,
//! pixels in stored blocks (RFC 1950 and 1951). The `png` crate would hold all pixels, and twice
//! more while it encodes; here they go into the file as they come.

use crc_fast::{CrcAlgorithm, Digest};
use simd_adler32::Adler32;

use super::{Reason, Strips, reserve_exact};
use crate::pixel::Size;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What a chunk takes besides its data: a length, a name and a checksum.
const AROUND: usize = 4 + 4 + 4;

/// The longest data of a chunk.
const LONGEST: usize = (1 << 31) - 1;

/// The longest data of a stored block, and what stands before it.
const BLOCK: usize = 65_535;
const BLOCK_HEADER: usize = 5;

/// What stands before all blocks: deflate with a window of 32 KiB.
const ZLIB: [u8; 2] = [0x78, 0x01];

pub(super) fn encode(size: Size, strips: Strips<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    encode_in_chunks(size, strips, LONGEST, out)
}

fn encode_in_chunks(
    size: Size,
    mut strips: Strips<'_>,
    longest: usize,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let row = 3 * size.width as usize;
    let raw = (1 + row) * size.height as usize;
    let stream = ZLIB.len() + BLOCK_HEADER * raw.div_ceil(BLOCK) + raw + 4;
    let header = header(size);
    let chunks = AROUND + header.len() + AROUND * stream.div_ceil(longest) + stream + AROUND;
    out.clear();
    reserve_exact(out, SIGNATURE.len() + chunks)?;
    out.extend_from_slice(SIGNATURE);
    chunk(out, *b"IHDR", &header);
    let mut blocks = Blocks::new(Data::new(out, stream, longest), raw);
    while let Some(strip) = strips.next()? {
        for line in strip.chunks_exact(row) {
            // No filter.
            blocks.append(&[0]);
            blocks.append(line);
        }
        // While they are in the cache.
        blocks.data.add_up();
    }
    blocks.finish();
    chunk(out, *b"IEND", &[]);
    Ok(())
}

fn header(size: Size) -> [u8; 13] {
    let mut header = [0; 13];
    header[..4].copy_from_slice(&size.width.to_be_bytes());
    header[4..8].copy_from_slice(&size.height.to_be_bytes());
    // Bits a sample, and the number for RGB.
    header[8..10].copy_from_slice(&[8, 2]);
    header
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend_from_slice(&length(data.len()));
    let start = out.len();
    out.extend_from_slice(&kind);
    out.extend_from_slice(data);
    let mut sum = crc();
    sum.update(&out[start..]);
    out.extend_from_slice(&checksum(&sum));
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most that of the longest chunk"
)]
fn length(data: usize) -> [u8; 4] {
    (data as u32).to_be_bytes()
}

fn crc() -> Digest {
    Digest::new(CrcAlgorithm::Crc32IsoHdlc)
}

#[expect(clippy::cast_possible_truncation, reason = "a checksum of 32 bits")]
fn checksum(sum: &Digest) -> [u8; 4] {
    (sum.finalize() as u32).to_be_bytes()
}

/// Rows of pixels, in blocks.
struct Blocks<'a> {
    data: Data<'a>,
    /// Bytes that are in no block yet.
    left: usize,
    /// Bytes that the block has room for.
    room: usize,
    sum: Adler32,
}

impl<'a> Blocks<'a> {
    fn new(mut data: Data<'a>, len: usize) -> Self {
        data.append(&ZLIB);
        Self {
            data,
            left: len,
            room: 0,
            sum: Adler32::new(),
        }
    }

    fn finish(mut self) {
        let sum = self.sum.finish();
        self.data.append(&sum.to_be_bytes());
    }

    fn append(&mut self, mut bytes: &[u8]) {
        self.sum.write(bytes);
        while !bytes.is_empty() {
            if self.room == 0 {
                self.open();
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.room));
            self.data.append(now);
            self.room -= now.len();
            bytes = later;
        }
    }

    fn open(&mut self) {
        self.room = self.left.min(BLOCK);
        self.left -= self.room;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most that of the longest block"
        )]
        let len = self.room as u16;
        let ([low, high], [not_low, not_high]) = (len.to_le_bytes(), (!len).to_le_bytes());
        self.data
            .append(&[u8::from(self.left == 0), low, high, not_low, not_high]);
    }
}

/// The compressed data, in as few chunks as hold it.
struct Data<'a> {
    out: &'a mut Vec<u8>,
    longest: usize,
    /// Bytes that are in no chunk yet.
    left: usize,
    /// Bytes that the chunk has room for.
    room: usize,
    /// The checksum of the chunk up to a place of the file.
    sum: Digest,
    summed: usize,
}

impl<'a> Data<'a> {
    fn new(out: &'a mut Vec<u8>, len: usize, longest: usize) -> Self {
        Self {
            summed: out.len(),
            out,
            longest,
            left: len,
            room: 0,
            sum: crc(),
        }
    }

    fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.room == 0 {
                self.open();
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.room));
            self.out.extend_from_slice(now);
            self.room -= now.len();
            if self.room == 0 {
                self.close();
            }
            bytes = later;
        }
    }

    fn open(&mut self) {
        self.room = self.left.min(self.longest);
        self.left -= self.room;
        self.out.extend_from_slice(&length(self.room));
        (self.sum, self.summed) = (crc(), self.out.len());
        self.out.extend_from_slice(b"IDAT");
    }

    fn add_up(&mut self) {
        self.sum.update(&self.out[self.summed..]);
        self.summed = self.out.len();
    }

    fn close(&mut self) {
        self.add_up();
        self.out.extend_from_slice(&checksum(&self.sum));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn pixels(size: Size) -> Vec<u8> {
        (0..3 * size.pixels())
            .map(|i| (i * i % 251).to_le_bytes()[0])
            .collect()
    }

    fn file(size: Size, pixels: &[u8], longest: usize) -> Vec<u8> {
        let mut rest = pixels;
        let mut rows = |strip: &mut [u8]| {
            let (now, later) = rest.split_at(strip.len());
            strip.copy_from_slice(now);
            rest = later;
        };
        let (mut strip, stop, mut out) = (Vec::new(), AtomicBool::new(false), Vec::new());
        let strips = Strips {
            size,
            rows: &mut rows,
            stop: &stop,
            strip: &mut strip,
            done: 0,
        };
        encode_in_chunks(size, strips, longest, &mut out).unwrap();
        assert_eq!(out.capacity(), out.len(), "the length is known before");
        out
    }

    /// What the `png` crate writes, which is what files were before.
    fn expected(size: Size, pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, size.width, size.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_deflate_compression(png::DeflateCompression::NoCompression);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn the_files_are_those_of_the_png_crate() {
        // Of 65,535 bytes with their filters: one row, and several; and sizes around.
        for (width, height) in [
            (1, 1),
            (7, 3),
            (85, 257),
            (1456, 15),
            (21844, 1),
            (21845, 3),
            (5, 13107),
            (640, 480),
        ] {
            let size = Size::new(width, height);
            let pixels = pixels(size);
            assert!(
                file(size, &pixels, LONGEST) == expected(size, &pixels),
                "{size}"
            );
        }
    }

    #[test]
    fn what_is_too_long_for_a_chunk_is_in_several() {
        let size = Size::new(100, 50);
        let pixels = pixels(size);
        for longest in [1, 2, 7, 1000, 15_061, 15_060] {
            let file = file(size, &pixels, longest);
            let mut reader = png::Decoder::new(std::io::Cursor::new(&file))
                .read_info()
                .unwrap();
            let mut found = vec![0; pixels.len()];
            reader.next_frame(&mut found).unwrap();
            assert!(found == pixels, "chunks of {longest}");
        }
    }
}
