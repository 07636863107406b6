//! Mirror images, and images whose columns become rows: pixels of any number of bytes.

use super::wide::widely;
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

#[cfg(target_arch = "x86_64")]
mod threes;

/// Pixels without gaps, whatever they are made of.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// Row by row.
    pub bytes: &'a [u8],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes of a pixel.
    pub size: usize,
}

/// Writes the mirror image: what is on the left becomes what is on the right, or what is at the top
/// what is at the bottom, or both.
///
/// # Panics
/// If `out` is not as long.
pub fn flip(source: &Pixels<'_>, horizontal: bool, vertical: bool, out: &mut [u8]) {
    assert_eq!(out.len(), source.bytes.len(), "a mirror image");
    let len = (source.width * source.size).max(1);
    let write = |(row, target): (&[u8], &mut [u8])| {
        if horizontal {
            mirror(row, source.size, target);
        } else {
            target.copy_from_slice(row);
        }
    };
    // Rows are read in the order in which they lie in memory, which processors foresee.
    let (rows, targets) = (source.bytes.chunks_exact(len), out.chunks_exact_mut(len));
    if vertical {
        rows.zip(targets.rev()).for_each(write);
    } else {
        rows.zip(targets).for_each(write);
    }
}

/// Writes a row from right to left.
fn mirror(row: &[u8], size: usize, target: &mut [u8]) {
    match size {
        1 => widely!(|| reverse::<1>(row, target)),
        2 => widely!(|| reverse::<2>(row, target)),
        3 => {
            let done = mirror_threes(row, target);
            reverse::<3>(&row[..row.len() - done], &mut target[done..]);
        }
        4 => widely!(|| reverse::<4>(row, target)),
        6 => reverse::<6>(row, target),
        8 => reverse::<8>(row, target),
        12 => reverse::<12>(row, target),
        16 => reverse::<16>(row, target),
        size => {
            let pixels = row.chunks_exact(size).rev();
            for (pixel, target) in pixels.zip(target.chunks_exact_mut(size)) {
                target.copy_from_slice(pixel);
            }
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]
#[inline(always)]
fn reverse<const P: usize>(row: &[u8], target: &mut [u8]) {
    let pixels = row.as_chunks::<P>().0.iter().rev();
    for (pixel, target) in pixels.zip(target.as_chunks_mut::<P>().0) {
        *target = *pixel;
    }
}

/// Writes what it can of a row of pixels of three bytes from right to left, and returns how many
/// bytes that is.
#[cfg(target_arch = "x86_64")]
fn mirror_threes(row: &[u8], target: &mut [u8]) -> usize {
    Avx2::detect().map_or(0, |avx2| threes::mirror(avx2, row, target))
}

#[cfg(not(target_arch = "x86_64"))]
fn mirror_threes(_: &[u8], _: &mut [u8]) -> usize {
    0
}

/// Writes the image whose rows are the columns of this one.
///
/// # Panics
/// If `out` is not as long.
pub fn transpose(source: &Pixels<'_>, out: &mut [u8]) {
    assert_eq!(out.len(), source.bytes.len(), "as many pixels");
    match source.size {
        1 => widely!(|| bytes_to_rows(source, out)),
        2 => to_rows::<2, 2>(source, out),
        3 => threes_to_rows(source, out),
        4 => to_rows::<4, 4>(source, out),
        6 => to_rows::<6, 8>(source, out),
        8 => to_rows::<8, 8>(source, out),
        12 => to_rows::<12, 16>(source, out),
        16 => to_rows::<16, 16>(source, out),
        size => {
            for (place, target) in out.chunks_exact_mut(size.max(1)).enumerate() {
                let (column, row) = (place / source.height, place % source.height);
                let from = (row * source.width + column) * size;
                target.copy_from_slice(&source.bytes[from..from + size]);
            }
        }
    }
}

/// Pixels of three bytes.
fn threes_to_rows(source: &Pixels<'_>, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::detect() {
        return threes::transpose(avx2, source, out);
    }
    to_rows::<3, 4>(source, out);
}

/// The side of a square of pixels that are read and written together.
const TILE: usize = 32;

/// The most bytes that are copied as one.
const WIDEST: usize = 16;

/// Pixels of `P` bytes, of which `L` are copied: those that are too many are written over.
fn to_rows<const P: usize, const L: usize>(source: &Pixels<'_>, out: &mut [u8]) {
    let (width, height) = (source.width, source.height);
    let mut lines = [[0; TILE * WIDEST]; TILE];
    for top in (0..height).step_by(TILE) {
        let rows = TILE.min(height - top);
        for left in (0..width).step_by(TILE) {
            let columns = TILE.min(width - left);
            for row in 0..rows {
                let found = &source.bytes[((top + row) * width + left) * P..];
                turn::<P, L>(found, row, &mut lines[..columns]);
            }
            for (column, line) in (left..).zip(&lines[..columns]) {
                let target = &mut out[(column * height + top) * P..][..rows * P];
                target.copy_from_slice(&line[..rows * P]);
            }
        }
    }
}

/// Writes pixels as those of a column.
fn turn<const P: usize, const L: usize>(
    mut pixels: &[u8],
    column: usize,
    lines: &mut [[u8; TILE * WIDEST]],
) {
    let place = column * P;
    for line in lines {
        match pixels.first_chunk::<L>() {
            Some(pixel) => line[place..place + L].copy_from_slice(pixel),
            None => line[place..place + P].copy_from_slice(&pixels[..P]),
        }
        pixels = &pixels[P..];
    }
}

/// Pixels of one byte: squares of eight by eight, as words.
#[inline(always)]
fn bytes_to_rows(source: &Pixels<'_>, out: &mut [u8]) {
    const SIDE: usize = 8;
    let (width, height) = (source.width, source.height);
    let (whole_columns, whole_rows) = (width - width % SIDE, height - height % SIDE);
    for top in (0..whole_rows).step_by(SIDE) {
        for left in (0..whole_columns).step_by(SIDE) {
            let mut words = [0; SIDE];
            for (row, word) in (top..).zip(&mut words) {
                let from = &source.bytes[row * width + left..][..SIDE];
                *word = u64::from_le_bytes(from.try_into().unwrap_or_default());
            }
            for (column, word) in (left..).zip(exchanged(words)) {
                out[column * height + top..][..SIDE].copy_from_slice(&word.to_le_bytes());
            }
        }
    }
    for row in 0..height {
        let first = if row < whole_rows { whole_columns } else { 0 };
        for column in first..width {
            out[column * height + row] = source.bytes[row * width + column];
        }
    }
}

/// Eight words of bytes whose first bytes become the first word: squares of four, of two and of one
/// change places with those across the diagonal.
#[inline(always)]
fn exchanged(mut words: [u64; 8]) -> [u64; 8] {
    const STEPS: [(usize, u64); 3] = [
        (4, 0x0000_0000_ffff_ffff),
        (2, 0x0000_ffff_0000_ffff),
        (1, 0x00ff_00ff_00ff_00ff),
    ];
    for (apart, mask) in STEPS {
        for at in (0..8).filter(|at| at & apart == 0) {
            let (upper, lower) = (words[at], words[at + apart]);
            let differ = ((upper >> (8 * apart)) ^ lower) & mask;
            words[at] = upper ^ (differ << (8 * apart));
            words[at + apart] = lower ^ differ;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: usize, height: usize, size: usize) {
        let bytes: Vec<u8> = (0..=250).cycle().take(width * height * size).collect();
        let source = Pixels {
            bytes: &bytes,
            width,
            height,
            size,
        };
        let pixel = |x: usize, y: usize| &bytes[(y * width + x) * size..][..size];
        let mut out = vec![0; bytes.len()];
        for (across, down) in [(false, false), (false, true), (true, false), (true, true)] {
            flip(&source, across, down, &mut out);
            for (place, found) in out.chunks(size).enumerate() {
                let (x, y) = (place % width, place / width);
                let x = if across { width - 1 - x } else { x };
                let y = if down { height - 1 - y } else { y };
                assert_eq!(found, pixel(x, y), "{width}x{height} of {size}: {place}");
            }
        }
        transpose(&source, &mut out);
        for (place, found) in out.chunks(size).enumerate() {
            let (x, y) = (place / height, place % height);
            assert_eq!(found, pixel(x, y), "{width}x{height} of {size}: {place}");
        }
    }

    #[test]
    fn every_pixel_goes_to_its_place() {
        for size in [1, 2, 3, 4, 5, 6, 8, 12, 16, 20] {
            for (width, height) in [
                (1, 1),
                (7, 1),
                (1, 9),
                (8, 8),
                (41, 35),
                (70, 16),
                (5, 67),
                (40, 17),
            ] {
                check(width, height, size);
            }
        }
    }
}
