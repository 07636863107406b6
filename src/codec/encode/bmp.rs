//! Windows bitmap: a file header, the oldest of the information headers, and rows of BGR, the last
//! one first, each filled up to a multiple of four bytes ("Bitmap Storage" in Microsoft's
//! documentation of the Windows API).

use super::{Fault, Reason, Strips, grow};
use crate::pixel::Size;

/// Bytes of both headers.
const HEADERS: u32 = 14 + 40;

/// Pixels a metre at 72 dpi.
const RESOLUTION: u32 = 2835;

/// How long a file is; `None` if that does not fit into its header.
pub(super) fn len(size: Size) -> Option<u32> {
    row(size).checked_mul(size.height)?.checked_add(HEADERS)
}

fn row(size: Size) -> u32 {
    (3 * size.width).next_multiple_of(4)
}

pub(super) fn encode(size: Size, mut strips: Strips<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let len = len(size).ok_or(Fault::LongBmp(size))?;
    let (width, row) = (3 * size.width as usize, row(size) as usize);
    // Every byte is written below: what is there need not be cleared.
    out.truncate(len as usize);
    let file = grow(out, len as usize)?;
    let (headers, pixels) = file.split_at_mut(HEADERS as usize);
    headers.copy_from_slice(&header(size, len));
    let mut lines = pixels.rchunks_exact_mut(row);
    while let Some(strip) = strips.next()? {
        for (source, line) in strip.chunks_exact(width).zip(&mut lines) {
            let (line, filling) = line.split_at_mut(width);
            for (rgb, bgr) in source
                .as_chunks::<3>()
                .0
                .iter()
                .zip(line.as_chunks_mut::<3>().0)
            {
                *bgr = [rgb[2], rgb[1], rgb[0]];
            }
            filling.fill(0);
        }
    }
    Ok(())
}

fn header(size: Size, len: u32) -> [u8; HEADERS as usize] {
    let mut header = [0; HEADERS as usize];
    header[..2].copy_from_slice(b"BM");
    let words = [
        (2, len),
        (10, HEADERS),
        (14, 40),
        (18, size.width),
        (22, size.height),
        // One plane, 24 bits a pixel.
        (26, 1 | 24 << 16),
        (34, len - HEADERS),
        (38, RESOLUTION),
        (42, RESOLUTION),
    ];
    for (at, word) in words {
        header[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    header
}
