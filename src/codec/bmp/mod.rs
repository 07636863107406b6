//! BMP: uncompressed, run-length encoded or with bit masks, converted to RGB; alpha is dropped, as
//! Pillow's `convert("RGB")` drops it.
//!
//! The format has no checksums and many dialects, so everything that decides where a pixel lies or
//! what it means is checked against the rest of the header, and what is left open is refused: a
//! wrong image has no other symptom.

mod info;
mod palette;
mod runs;

use super::{Format, Header, Orientation, Reason, grow};
use crate::pixel::Size;
use info::{Coding, Info};
use palette::Palette;
use runs::Runs;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file ends within its header")]
    HeaderCut,
    #[error("the file ends within its palette")]
    PaletteCut,
    #[error("the file is cut short: {found} of {needed} bytes of pixels are there")]
    PixelsCut { found: usize, needed: u64 },
    #[error("the file is cut short: the run lengths end in row {row} of {rows}")]
    RunsCut { row: usize, rows: usize },
    #[error("a BMP with a header of {0} bytes: 12, 40, 52, 56, 64, 108 and 124 are known")]
    Info(usize),
    #[error("a BMP that is {0} pixels wide")]
    Width(i32),
    #[error("a BMP of {0} planes")]
    Planes(u32),
    #[error("a BMP with {0}")]
    Unsupported(&'static str),
    #[error("a run-length encoded BMP from the top down")]
    TopDownRuns,
    #[error("a BMP of {bits} bits a pixel with compression {compression}")]
    Compression { bits: u32, compression: u32 },
    #[error("a BMP that does not say where its pixels start")]
    NoStart,
    #[error("a BMP whose pixels are said to start at byte {0}, within its header")]
    StartInHeader(usize),
    #[error("a BMP whose palette of {colors} colours reaches into the pixels at byte {start}")]
    StartInPalette { colors: usize, start: usize },
    #[error("a pixel of colour {index}, where the palette has {colors}")]
    Color { index: u8, colors: usize },
    #[error(
        "a BMP of {bits} bits a pixel with the masks {:#x}, {:#x} and {:#x}",
        .masks[0], .masks[1], .masks[2]
    )]
    Masks { bits: u32, masks: [u32; 3] },
    #[error("run lengths that leave the image")]
    RunsOutside,
    #[error("a run of {count} pixels that leaves row {row} of {rows}")]
    RunOutside {
        count: usize,
        row: usize,
        rows: usize,
    },
}

/// A file whose header makes sense.
struct Bitmap<'a> {
    info: Info,
    storage: Storage,
    /// The file from the first pixel on.
    data: &'a [u8],
}

/// How a pixel is stored.
enum Storage {
    /// As an index into a palette.
    Indices(Palette),
    /// The same in runs.
    Runs(Palette),
    /// As 2, 3 or 4 bytes, of which these are red, green and blue.
    Bytes([usize; 3]),
    /// As bits of a little-endian number.
    Masks([Mask; 3]),
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, Fault> {
    Ok(Header {
        format: Format::Bmp,
        size: Bitmap::parse(bytes)?.info.size,
        orientation: Orientation::default(),
    })
}

/// Decodes into the front of `pixels`; returns the channels, which are 3.
pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let bitmap = Bitmap::parse(bytes)?;
    let count = usize::try_from(bitmap.info.size.pixels()).ok();
    let len = count.and_then(|count| count.checked_mul(3));
    let out = grow(pixels, len.ok_or(Reason::TooLarge)?)?;
    match &bitmap.storage {
        Storage::Runs(palette) => Runs::new(&bitmap, palette, out.as_chunks_mut().0)?.decode()?,
        _ => bitmap.rows(out)?,
    }
    Ok(3)
}

impl<'a> Bitmap<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let info = Info::parse(bytes)?;
        let (storage, start) = match info.coding()? {
            Coding::Indices => {
                let (palette, start) = info.palette(bytes)?;
                (Storage::Indices(palette), start)
            }
            Coding::Runs => {
                let (palette, start) = info.palette(bytes)?;
                (Storage::Runs(palette), start)
            }
            Coding::Colors => (colors(info.bits), info.start_behind(0)?),
            Coding::Masks => (masks(bytes, info.bits)?, info.start_behind(info.masks())?),
        };
        let data = bytes.get(start..).unwrap_or_default();
        let bitmap = Self {
            info,
            storage,
            data,
        };
        bitmap.check_length()?;
        Ok(bitmap)
    }

    /// Bytes that the pixels of a row take, and those from one row to the next.
    fn row(&self) -> (u64, u64) {
        let bits = u64::from(self.info.size.width) * u64::from(self.info.bits);
        (bits.div_ceil(8), bits.div_ceil(32) * 4)
    }

    /// Checks that all pixels are there, before memory is taken for them. The last row may lack
    /// what fills it up to four bytes.
    fn check_length(&self) -> Result<(), Fault> {
        let Size { height, .. } = self.info.size;
        if matches!(self.storage, Storage::Runs(_)) || self.info.size.pixels() == 0 {
            return Ok(());
        }
        let (row, stride) = self.row();
        let needed = stride
            .saturating_mul(u64::from(height - 1))
            .saturating_add(row);
        let found = self.data.len();
        if (found as u64) < needed {
            return Err(Fault::PixelsCut { found, needed });
        }
        Ok(())
    }

    /// Rows that are not compressed.
    fn rows(&self, out: &mut [u8]) -> Result<(), Reason> {
        let Info { size, bits, .. } = self.info;
        let (width, height) = (size.width as usize, size.height as usize);
        let stride = usize::try_from(self.row().1).map_err(|_| Reason::TooLarge)?;
        for (y, row) in self.data.chunks(stride.max(1)).take(height).enumerate() {
            let y = if self.info.top_down {
                y
            } else {
                height - 1 - y
            };
            let out = out[3 * width * y..][..3 * width].as_chunks_mut().0;
            match &self.storage {
                Storage::Indices(palette) | Storage::Runs(palette) => {
                    palette.unpack(row, bits, out)?;
                }
                Storage::Bytes(order) => pick(row, bits, *order, out),
                Storage::Masks(masks) => mask(row, bits, masks, out),
            }
        }
        Ok(())
    }
}

/// How pixels of `bits` are stored where no masks say it: 5 bits a colour, or bytes.
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

    fn is_byte(self) -> bool {
        self.most == 255 && self.shift.is_multiple_of(8)
    }

    /// Rounded down, as Pillow does it.
    #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
    fn value(self, pixel: u32) -> u8 {
        ((pixel >> self.shift & self.most) * 255 / self.most) as u8
    }
}

/// What the masks of a file say.
fn masks(bytes: &[u8], bits: u32) -> Result<Storage, Fault> {
    let masks = info::masks_at(bytes)?;
    // Some programs write this, and mean that there are no masks.
    if masks == [0; 3] && bits == 32 {
        return Ok(colors(bits));
    }
    let [red, green, blue] = masks;
    let apart = red & green == 0 && red & blue == 0 && green & blue == 0;
    let within = (red | green | blue).checked_shr(bits).unwrap_or(0) == 0;
    match masks.map(Mask::new) {
        [Some(red), Some(green), Some(blue)] if apart && within => {
            let masks = [red, green, blue];
            Ok(if masks.into_iter().all(Mask::is_byte) {
                Storage::Bytes(masks.map(|mask| mask.shift as usize / 8))
            } else {
                Storage::Masks(masks)
            })
        }
        _ => Err(Fault::Masks { bits, masks }),
    }
}

fn mask(row: &[u8], bits: u32, masks: &[Mask; 3], out: &mut [[u8; 3]]) {
    for (pixel, stored) in out.iter_mut().zip(row.chunks_exact(bits as usize / 8)) {
        let bytes = stored.iter().rev();
        let stored = bytes.fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        *pixel = masks.map(|mask| mask.value(stored));
    }
}
