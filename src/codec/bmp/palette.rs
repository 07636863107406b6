//! Palettes, and indices into them.

use super::Fault;

/// Colours of up to 256 indices.
pub(super) struct Palette {
    colors: [[u8; 3]; 256],
    len: usize,
}

impl Palette {
    /// Of the colours in `table`, `entry` bytes each, those that a pixel of `bits` can mean.
    pub(super) fn new(table: &[u8], entry: usize, bits: u32) -> Self {
        let mut colors = [[0; 3]; 256];
        let stored = table.chunks_exact(entry).take(1 << bits);
        let len = stored.len();
        for (color, stored) in colors.iter_mut().zip(stored) {
            *color = [stored[2], stored[1], stored[0]];
        }
        Self { colors, len }
    }

    pub(super) fn color(&self, index: u8) -> Result<[u8; 3], Fault> {
        if usize::from(index) < self.len {
            return Ok(self.colors[usize::from(index)]);
        }
        let colors = self.len;
        Err(Fault::Color { index, colors })
    }

    /// Indices of 1, 2, 4 or 8 bits, the first in the highest bits of a byte.
    pub(super) fn unpack(&self, row: &[u8], bits: u32, out: &mut [[u8; 3]]) -> Result<(), Fault> {
        let each = 8 / bits;
        for (out, byte) in out.chunks_mut(each as usize).zip(row) {
            for (i, pixel) in (1..).zip(out) {
                let index = u32::from(*byte) >> (8 - bits * i) & ((1 << bits) - 1);
                *pixel = self.color(index.to_le_bytes()[0])?;
            }
        }
        Ok(())
    }
}
