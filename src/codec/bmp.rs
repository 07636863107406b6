//! BMP: uncompressed, run-length encoded or with bit masks, brought to RGB; alpha is dropped, as
//! Pillow's `convert("RGB")` drops it.
//!
//! The format has no checksums and many dialects, so everything that decides where a pixel lies or
//! what it means is checked against the rest of the header, and what is left open is refused: a
//! wrong picture has no other symptom.

use super::{Format, Header, Orientation, Reason, grow};
use crate::pixel::Size;

/// Length of the file header, which the information header follows.
const FILE_HEADER: usize = 14;
/// Where masks stand: inside the longer headers, behind the one of 40 bytes.
const MASKS: usize = FILE_HEADER + 40;

/// A file whose header makes sense.
struct Bitmap<'a> {
    size: Size,
    top_down: bool,
    bits: u32,
    storage: Storage,
    /// The file from the first pixel on.
    data: &'a [u8],
}

/// What stands for a pixel.
enum Storage {
    /// An index into a palette.
    Indices(Palette),
    /// Runs of such indices.
    Runs(Palette),
    /// Three bytes, of which these are red, green and blue, in every 2, 3 or 4.
    Bytes([usize; 3]),
    /// Bits of a little-endian number.
    Masks([Mask; 3]),
}

/// The information header.
struct Info {
    /// Its own length.
    len: usize,
    size: Size,
    top_down: bool,
    bits: u32,
    compression: u32,
    /// Colours of the palette, where the header says how many.
    colors: Option<usize>,
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, Reason> {
    let size = Bitmap::parse(bytes)?.size;
    Ok(Header {
        format: Format::Bmp,
        size,
        orientation: Orientation::default(),
    })
}

/// Decodes into the front of `pixels`; returns the channels, which are 3.
pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let bitmap = Bitmap::parse(bytes)?;
    let count = usize::try_from(bitmap.size.pixels())
        .ok()
        .and_then(|count| count.checked_mul(3));
    let out = grow(
        pixels,
        count.ok_or_else(|| Reason::new("too large for this machine's memory"))?,
    )?;
    match &bitmap.storage {
        Storage::Runs(palette) => Runs::new(&bitmap, palette, out.as_chunks_mut().0)?.decode()?,
        _ => bitmap.rows(out)?,
    }
    Ok(3)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Reason> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found
        .copied()
        .ok_or_else(|| Reason::new("the file ends within its header"))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u32, Reason> {
    number(bytes, at).map(|bytes| u32::from(u16::from_le_bytes(bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Reason> {
    number(bytes, at).map(u32::from_le_bytes)
}

/// A length or a place in the file; one that no memory could hold lies behind the end of every
/// file.
fn place_at(bytes: &[u8], at: usize) -> Result<usize, Reason> {
    u32_at(bytes, at).map(|value| usize::try_from(value).unwrap_or(usize::MAX))
}

impl Info {
    fn parse(bytes: &[u8]) -> Result<Self, Reason> {
        let len = place_at(bytes, FILE_HEADER)?;
        let at = |offset: usize| FILE_HEADER + offset;
        match len {
            12 => Ok(Self {
                len,
                size: Size::new(u16_at(bytes, at(4))?, u16_at(bytes, at(6))?),
                top_down: false,
                bits: u16_at(bytes, at(10))?,
                compression: 0,
                colors: None,
            }),
            40 | 52 | 56 | 64 | 108 | 124 => {
                let [width, height] =
                    [4, 8].map(|offset| number(bytes, at(offset)).map(i32::from_le_bytes));
                let (width, height) = (width?, height?);
                let planes = u16_at(bytes, at(12))?;
                let Ok(columns) = u32::try_from(width) else {
                    return Err(Reason::new(format!("a BMP that is {width} pixels wide")));
                };
                if planes > 1 {
                    return Err(Reason::new(format!("a BMP of {planes} planes")));
                }
                Ok(Self {
                    len,
                    size: Size::new(columns, height.unsigned_abs()),
                    top_down: height < 0,
                    bits: u16_at(bytes, at(14))?,
                    compression: u32_at(bytes, at(16))?,
                    colors: Some(place_at(bytes, at(32))?).filter(|&colors| colors > 0),
                })
            }
            _ => Err(Reason::new(format!(
                "a BMP with a header of {len} bytes: 12, 40, 52, 56, 64, 108 and 124 are known"
            ))),
        }
    }

    /// How the pixels are stored.
    fn coding(&self) -> Result<Coding, Reason> {
        // In OS/2's header, 3 and 4 mean something else than in that of Windows.
        let compression = match (self.compression, self.len) {
            (3, 64) => return Err(Reason::new("a BMP with Huffman compression")),
            (4, 64) => return Err(Reason::new("a BMP with 24-bit run lengths")),
            (4, _) => return Err(Reason::new("a BMP with JPEG compression")),
            (5, _) => return Err(Reason::new("a BMP with PNG compression")),
            (compression, _) => compression,
        };
        match (compression, self.bits) {
            (0, 1 | 2 | 4 | 8) => Ok(Coding::Indices),
            (1, 8) | (2, 4) if self.top_down => {
                Err(Reason::new("a BMP of run lengths from the top down"))
            }
            (1, 8) | (2, 4) => Ok(Coding::Runs),
            (0, 16 | 24 | 32) => Ok(Coding::Colors),
            (3 | 6, 16 | 24 | 32) => Ok(Coding::Masks),
            (compression, bits) => Err(Reason::new(format!(
                "a BMP of {bits} bits a pixel with compression {compression}"
            ))),
        }
    }
}

enum Coding {
    Indices,
    Runs,
    Colors,
    Masks,
}

impl<'a> Bitmap<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Reason> {
        let info = Info::parse(bytes)?;
        let start = place_at(bytes, 10)?;
        let end = FILE_HEADER + info.len;
        let (storage, data) =
            match info.coding()? {
                Coding::Indices => indexed(bytes, &info, start)
                    .map(|(palette, at)| (Storage::Indices(palette), at))?,
                Coding::Runs => indexed(bytes, &info, start)
                    .map(|(palette, at)| (Storage::Runs(palette), at))?,
                Coding::Colors => (colors(info.bits), unindexed(&info, start, end)?),
                Coding::Masks => {
                    let behind = match (info.len, info.compression) {
                        (40, 3) => 12,
                        (40, _) => 16,
                        _ => 0,
                    };
                    (
                        masks(bytes, info.bits)?,
                        unindexed(&info, start, end + behind)?,
                    )
                }
            };
        let data = bytes.get(data..).unwrap_or_default();
        let bitmap = Self {
            size: info.size,
            top_down: info.top_down,
            bits: info.bits,
            storage,
            data,
        };
        bitmap.check_length()?;
        Ok(bitmap)
    }

    /// Bytes that the pixels of a row take, and those from one row to the next.
    fn row(&self) -> (u64, u64) {
        let bits = u64::from(self.size.width) * u64::from(self.bits);
        (bits.div_ceil(8), bits.div_ceil(32) * 4)
    }

    /// That all pixels are there, before memory is taken for them. The last row may lack what fills
    /// it up to four bytes.
    fn check_length(&self) -> Result<(), Reason> {
        if matches!(self.storage, Storage::Runs(_)) || self.size.pixels() == 0 {
            return Ok(());
        }
        let (row, stride) = self.row();
        let (needed, len) = (
            u128::from(stride) * u128::from(self.size.height - 1) + u128::from(row),
            self.data.len(),
        );
        if (len as u128) < needed {
            return Err(Reason::new(format!(
                "the file is cut short: {len} of {needed} bytes of pixels are there"
            )));
        }
        Ok(())
    }

    /// Rows that are not compressed.
    fn rows(&self, out: &mut [u8]) -> Result<(), Reason> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (_, stride) = self.row();
        let Ok(stride) = usize::try_from(stride) else {
            return Err(Reason::new("too large for this machine's memory"));
        };
        for (y, row) in self.data.chunks(stride.max(1)).take(height).enumerate() {
            let y = if self.top_down { y } else { height - 1 - y };
            let out = out[3 * width * y..][..3 * width].as_chunks_mut().0;
            match &self.storage {
                Storage::Indices(palette) | Storage::Runs(palette) => {
                    unpack(row, self.bits, palette, out)?;
                }
                Storage::Bytes(order) => pick(row, self.bits, *order, out),
                Storage::Masks(masks) => mask(row, self.bits, masks, out),
            }
        }
        Ok(())
    }
}

/// The palette, and where the pixels start.
fn indexed(bytes: &[u8], info: &Info, start: usize) -> Result<(Palette, usize), Reason> {
    let entry = if info.len == 12 { 3 } else { 4 };
    let first = FILE_HEADER + info.len;
    let colors = info.colors.unwrap_or(1 << info.bits);
    let end = first.saturating_add(entry * colors.min(1 << 24));
    // Some writers leave the offset out, or do not count the palette in it.
    let start = if start == 0 || start == first {
        end
    } else {
        start
    };
    if start < first {
        return Err(Reason::new(format!(
            "a BMP whose pixels are said to start at byte {start}, within its header"
        )));
    }
    if start < end && info.colors.is_some() {
        return Err(Reason::new(format!(
            "a BMP whose palette of {colors} colours reaches into the pixels at byte {start}"
        )));
    }
    // Where the header does not say how many colours there are, those before the pixels are meant.
    let table = bytes
        .get(first..end.min(start))
        .ok_or_else(|| Reason::new("the file ends within its palette"))?;
    Ok((Palette::new(table, entry, info.bits), start))
}

/// Where pixels without a palette start, if all before them ends at `end`.
fn unindexed(info: &Info, start: usize, end: usize) -> Result<usize, Reason> {
    match (start, info.colors) {
        // Not said, and there are colours for poorer screens in between: perhaps.
        (0, Some(_)) => Err(Reason::new(
            "a BMP that does not say where its pixels start",
        )),
        (0, None) => Ok(end),
        _ if start < end => Err(Reason::new(format!(
            "a BMP whose pixels are said to start at byte {start}, within its header"
        ))),
        _ => Ok(start),
    }
}

/// Colours of up to 256 indices.
struct Palette {
    colors: [[u8; 3]; 256],
    len: usize,
}

impl Palette {
    /// Of the colours in `table`, `entry` bytes each, those that a pixel of `bits` can mean.
    fn new(table: &[u8], entry: usize, bits: u32) -> Self {
        let mut palette = Self {
            colors: [[0; 3]; 256],
            len: 0,
        };
        for (color, stored) in palette
            .colors
            .iter_mut()
            .zip(table.chunks_exact(entry))
            .take(1 << bits)
        {
            *color = [stored[2], stored[1], stored[0]];
            palette.len += 1;
        }
        palette
    }

    fn color(&self, index: u8) -> Result<[u8; 3], Reason> {
        if usize::from(index) < self.len {
            return Ok(self.colors[usize::from(index)]);
        }
        Err(Reason::new(format!(
            "a pixel of colour {index}, where the palette has {}",
            self.len
        )))
    }
}

/// Indices of 1, 2, 4 or 8 bits, the first in the highest bits of a byte.
fn unpack(row: &[u8], bits: u32, palette: &Palette, out: &mut [[u8; 3]]) -> Result<(), Reason> {
    let each = 8 / bits;
    for (out, byte) in out.chunks_mut(each as usize).zip(row) {
        for (i, pixel) in (1..).zip(out) {
            let index = u32::from(*byte) >> (8 - bits * i) & ((1 << bits) - 1);
            *pixel = palette.color(index.to_le_bytes()[0])?;
        }
    }
    Ok(())
}

/// What pixels of so many bits mean where no masks say it: 5 bits a colour, or bytes.
fn colors(bits: u32) -> Storage {
    if bits == 16 {
        return Storage::Masks([10, 5, 0].map(|shift| Mask { shift, most: 31 }));
    }
    Storage::Bytes([2, 1, 0])
}

fn pick(row: &[u8], bits: u32, [red, green, blue]: [usize; 3], out: &mut [[u8; 3]]) {
    for (pixel, stored) in out.iter_mut().zip(row.chunks_exact(bits as usize / 8)) {
        *pixel = [stored[red], stored[green], stored[blue]];
    }
}

/// Up to eight bits side by side.
#[derive(Clone, Copy)]
struct Mask {
    shift: u32,
    /// The largest value they can have.
    most: u32,
}

impl Mask {
    fn new(mask: u32) -> Option<Self> {
        let shift = mask.trailing_zeros();
        let most = mask.checked_shr(shift)?;
        (most <= 255 && (most + 1).is_power_of_two()).then_some(Self { shift, most })
    }

    /// Rounded down, as Pillow does it.
    #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
    fn value(self, pixel: u32) -> u8 {
        ((pixel >> self.shift & self.most) * 255 / self.most) as u8
    }
}

/// What the masks of a file say.
fn masks(bytes: &[u8], bits: u32) -> Result<Storage, Reason> {
    let [red, green, blue] = [0, 4, 8].map(|offset| u32_at(bytes, MASKS + offset));
    let stored = [red?, green?, blue?];
    // Written by some programs, and meant as without masks.
    if stored == [0; 3] && bits == 32 {
        return Ok(colors(bits));
    }
    let [red, green, blue] = stored;
    let apart = red & green == 0 && red & blue == 0 && green & blue == 0;
    let within = (red | green | blue).checked_shr(bits).unwrap_or(0) == 0;
    match stored.map(Mask::new) {
        [Some(red), Some(green), Some(blue)] if apart && within => {
            let masks = [red, green, blue];
            let whole = masks
                .iter()
                .all(|mask| mask.most == 255 && mask.shift % 8 == 0);
            Ok(if whole {
                Storage::Bytes(masks.map(|mask| mask.shift as usize / 8))
            } else {
                Storage::Masks(masks)
            })
        }
        _ => Err(Reason::new(format!(
            "a BMP of {bits} bits a pixel with the masks {red:#x}, {green:#x} and {blue:#x}"
        ))),
    }
}

fn mask(row: &[u8], bits: u32, masks: &[Mask; 3], out: &mut [[u8; 3]]) {
    for (pixel, stored) in out.iter_mut().zip(row.chunks_exact(bits as usize / 8)) {
        let stored = stored
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        *pixel = masks.map(|mask| mask.value(stored));
    }
}

/// Run-length encoded indices on their way into a picture.
struct Runs<'a> {
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
    fn new(
        bitmap: &'a Bitmap,
        palette: &'a Palette,
        out: &'a mut [[u8; 3]],
    ) -> Result<Self, Reason> {
        out.fill(palette.color(0)?);
        let (width, height) = (bitmap.size.width as usize, bitmap.size.height as usize);
        Ok(Self {
            codes: bitmap.data,
            bits: bitmap.bits,
            palette,
            out,
            width,
            height,
            x: 0,
            y: 0,
        })
    }

    fn decode(mut self) -> Result<(), Reason> {
        while self.y < self.height {
            match self.pair() {
                Some([0, 0]) => (self.x, self.y) = (0, self.y + 1),
                // The end, marked or not: too early, it is what damage looks like.
                Some([0, 1]) | None if (self.x, self.y + 1) == (self.width, self.height) => {
                    return Ok(());
                }
                Some([0, 1]) | None => return Err(self.short()),
                Some([0, 2]) => self.skip()?,
                Some([0, count]) => self.literal(usize::from(count))?,
                Some([count, indices]) => self.run(usize::from(count), &[indices])?,
            }
        }
        Ok(())
    }

    fn short(&self) -> Reason {
        Reason::new(format!(
            "the file is cut short: the run lengths end in row {} of {}",
            self.y + 1,
            self.height
        ))
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.codes.split_at_checked(count)?;
        self.codes = rest;
        Some(taken)
    }

    fn pair(&mut self) -> Option<[u8; 2]> {
        self.take(2)?.try_into().ok()
    }

    /// Goes on further to the right and up.
    fn skip(&mut self) -> Result<(), Reason> {
        let [right, up] = self.pair().ok_or_else(|| self.short())?.map(usize::from);
        (self.x, self.y) = (self.x + right, self.y + up);
        if self.x > self.width || self.y > self.height {
            return Err(Reason::new("run lengths that leave the picture"));
        }
        Ok(())
    }

    /// So many indices one by one, filled up to an even number of bytes.
    fn literal(&mut self, count: usize) -> Result<(), Reason> {
        let len = (count * self.bits as usize).div_ceil(8);
        let indices = self.take(len).ok_or_else(|| self.short())?;
        // The last byte of a file may be missing.
        self.codes = self.codes.get(len % 2..).unwrap_or_default();
        self.run(count, indices)
    }

    /// So many pixels of these indices, over and over.
    fn run(&mut self, count: usize, indices: &[u8]) -> Result<(), Reason> {
        let row = self.width * (self.height - 1 - self.y);
        let Some(out) = self.out[row..][..self.width].get_mut(self.x..self.x + count) else {
            return Err(Reason::new(format!(
                "a run of {count} pixels that leaves row {} of {}",
                self.y + 1,
                self.height
            )));
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
