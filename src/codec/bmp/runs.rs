//! Run-length encoded indices.

use super::palette::Palette;
use super::{Bitmap, Fault};

/// Codes on their way into an image.
pub(super) struct Runs<'a> {
    codes: &'a [u8],
    /// Bits of an index, 4 or 8.
    bits: u32,
    palette: &'a Palette,
    out: &'a mut [[u8; 3]],
    width: usize,
    height: usize,
    /// Where the next pixel comes; rows count from the bottom.
    x: usize,
    y: usize,
}

impl<'a> Runs<'a> {
    /// Pixels that are left out have the first colour.
    pub(super) fn new(
        bitmap: &'a Bitmap,
        palette: &'a Palette,
        out: &'a mut [[u8; 3]],
    ) -> Result<Self, Fault> {
        out.fill(palette.color(0)?);
        Ok(Self {
            codes: bitmap.data,
            bits: bitmap.info.bits,
            palette,
            out,
            width: bitmap.info.size.width as usize,
            height: bitmap.info.size.height as usize,
            x: 0,
            y: 0,
        })
    }

    pub(super) fn decode(mut self) -> Result<(), Fault> {
        while self.y < self.height {
            match self.pair() {
                Some([0, 0]) => (self.x, self.y) = (0, self.y + 1),
                // The end, marked or not: too early, it is what damage looks like.
                Some([0, 1]) | None if (self.x, self.y + 1) == (self.width, self.height) => break,
                Some([0, 1]) | None => return Err(self.cut()),
                Some([0, 2]) => self.skip()?,
                Some([0, count]) => self.literal(usize::from(count))?,
                Some([count, indices]) => self.run(usize::from(count), &[indices])?,
            }
        }
        Ok(())
    }

    fn cut(&self) -> Fault {
        let (row, rows) = (self.y + 1, self.height);
        Fault::RunsCut { row, rows }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        self.codes.split_off(..count)
    }

    fn pair(&mut self) -> Option<[u8; 2]> {
        self.take(2)?.try_into().ok()
    }

    /// Goes on further to the right and up.
    fn skip(&mut self) -> Result<(), Fault> {
        let [right, up] = self.pair().ok_or_else(|| self.cut())?.map(usize::from);
        (self.x, self.y) = (self.x + right, self.y + up);
        if self.x > self.width || self.y > self.height {
            return Err(Fault::RunsOutside);
        }
        Ok(())
    }

    /// So many indices one by one, filled up to an even number of bytes.
    fn literal(&mut self, count: usize) -> Result<(), Fault> {
        let len = (count * self.bits as usize).div_ceil(8);
        let indices = self.take(len).ok_or_else(|| self.cut())?;
        // The last byte of a file may be missing.
        self.codes = self.codes.get(len % 2..).unwrap_or_default();
        self.run(count, indices)
    }

    /// So many pixels of these indices, over and over.
    fn run(&mut self, count: usize, indices: &[u8]) -> Result<(), Fault> {
        let (row, rows) = (self.y + 1, self.height);
        let line = &mut self.out[self.width * (rows - row)..][..self.width];
        let Some(out) = line.get_mut(self.x..self.x + count) else {
            return Err(Fault::RunOutside { count, row, rows });
        };
        let each = 8 / self.bits as usize;
        let mask = u8::MAX >> (8 - self.bits);
        let values = indices
            .iter()
            .cycle()
            .flat_map(|byte| [byte >> 4, *byte].into_iter().skip(2 - each));
        for (pixel, value) in out.iter_mut().zip(values) {
            *pixel = self.palette.color(value & mask)?;
        }
        self.x += count;
        Ok(())
    }
}
