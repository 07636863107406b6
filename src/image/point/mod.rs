//! What becomes of each element of an image by itself: as a function, or by a table of all bytes.

mod level;
mod planes;

pub use level::Level;

pub(super) use level::clipped;
pub(super) use planes::{OfLevels, OfPixels, by_levels, by_pixels, split};

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
    for (byte, target) in source.iter().zip(out) {
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
            let pixels = source.as_chunks::<3>().0.iter();
            for (pixel, target) in pixels.zip(out.as_chunks_mut::<3>().0) {
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
