//! What becomes of each element of an image by itself: as a function, or by a table of all bytes.

mod elements;
mod level;
#[cfg(target_arch = "x86_64")]
mod look_up;
mod planes;

pub use elements::{blend, convert, equals, shift, standardize, stretch, threshold};
pub use level::Level;

pub(super) use level::clipped;
pub(super) use planes::{OfLevels, OfPixels, ToOne, by_levels, by_pixels, repeat, split, to_one};

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// What becomes of each byte.
pub type Table = [u8; 256];

/// The table of a function.
#[must_use]
pub fn table(of: impl Fn(u8) -> u8) -> Table {
    let mut table = [0; 256];
    for (byte, entry) in (0..=255).zip(&mut table) {
        *entry = of(byte);
    }
    table
}

/// Writes what becomes of each byte.
pub fn look_up(table: &Table, source: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    let done = Avx2::detect().map_or(0, |avx2| look_up::look_up(avx2, table, source, out));
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    for (byte, target) in source.iter().zip(out).skip(done) {
        *target = table[usize::from(*byte)];
    }
}

/// Writes what becomes of each byte of pixels, by a table for each of their channels.
///
/// # Panics
/// If there are no tables.
pub fn look_up_channels(tables: &[Table], source: &[u8], out: &mut [u8]) {
    match tables {
        [one] => look_up(one, source, out),
        [red, green, blue] => {
            #[cfg(target_arch = "x86_64")]
            let done = Avx2::detect().map_or(0, |avx2| {
                look_up::look_up_pixels(avx2, [red, green, blue], source, out)
            });
            #[cfg(not(target_arch = "x86_64"))]
            let done = 0;
            let pixels = source[done..].as_chunks::<3>().0.iter();
            for (pixel, target) in pixels.zip(out[done..].as_chunks_mut::<3>().0) {
                let [r, g, b] = pixel.map(usize::from);
                *target = [red[r], green[g], blue[b]];
            }
        }
        _ => {
            let pixels = source.chunks_exact(tables.len());
            for (pixel, target) in pixels.zip(out.chunks_exact_mut(tables.len())) {
                for ((byte, target), table) in pixel.iter().zip(target).zip(tables) {
                    *target = table[usize::from(*byte)];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
