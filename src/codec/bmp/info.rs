//! The headers: the file's own, and the information header behind it, in its dialects.

use super::Fault;
use super::palette::Palette;
use crate::pixel::Size;

/// Length of the file header, which the information header follows.
const FILE_HEADER: usize = 14;

/// Where masks stand: inside the longer headers, behind the one of 40 bytes.
const MASKS: usize = FILE_HEADER + 40;

/// What both headers say.
pub(super) struct Info {
    /// Length of the information header.
    len: usize,
    pub(super) size: Size,
    pub(super) top_down: bool,
    pub(super) bits: u32,
    compression: u32,
    /// Colours of the palette, where the header says how many.
    colors: Option<usize>,
    /// Where pixels are said to start.
    start: usize,
}

/// What pixels are.
pub(super) enum Coding {
    Indices,
    Runs,
    Colors,
    Masks,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Fault> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.copied().ok_or(Fault::HeaderCut)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    number(bytes, at).map(|bytes| u32::from(u16::from_le_bytes(bytes)))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    number(bytes, at).map(u32::from_le_bytes)
}

/// A length or an offset in the file; one that no memory could hold lies behind the end of every
/// file.
fn offset_at(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    u32_at(bytes, at).map(|value| usize::try_from(value).unwrap_or(usize::MAX))
}

/// The masks of red, green and blue.
pub(super) fn masks_at(bytes: &[u8]) -> Result<[u32; 3], Fault> {
    let [red, green, blue] = [0, 4, 8].map(|offset| u32_at(bytes, MASKS + offset));
    Ok([red?, green?, blue?])
}

impl Info {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        match offset_at(bytes, FILE_HEADER)? {
            12 => Self::oldest(bytes),
            len @ (40 | 52 | 56 | 64 | 108 | 124) => Self::current(bytes, len),
            len => Err(Fault::Info(len)),
        }
    }

    /// The first version, of 12 bytes.
    fn oldest(bytes: &[u8]) -> Result<Self, Fault> {
        let field = |offset: usize| u16_at(bytes, FILE_HEADER + offset);
        Ok(Self {
            len: 12,
            size: Size::new(field(4)?, field(6)?),
            top_down: false,
            bits: field(10)?,
            compression: 0,
            colors: None,
            start: offset_at(bytes, 10)?,
        })
    }

    fn current(bytes: &[u8], len: usize) -> Result<Self, Fault> {
        let at = |offset: usize| FILE_HEADER + offset;
        let width = i32::from_le_bytes(number(bytes, at(4))?);
        let height = i32::from_le_bytes(number(bytes, at(8))?);
        let planes = u16_at(bytes, at(12))?;
        let columns = u32::try_from(width).map_err(|_| Fault::Width(width))?;
        if planes > 1 {
            return Err(Fault::Planes(planes));
        }
        Ok(Self {
            len,
            size: Size::new(columns, height.unsigned_abs()),
            top_down: height < 0,
            bits: u16_at(bytes, at(14))?,
            compression: u32_at(bytes, at(16))?,
            colors: Some(offset_at(bytes, at(32))?).filter(|&colors| colors > 0),
            start: offset_at(bytes, 10)?,
        })
    }

    /// How the pixels are stored.
    pub(super) fn coding(&self) -> Result<Coding, Fault> {
        // In OS/2's header, 3 and 4 mean something else than in that of Windows.
        match (self.compression, self.bits) {
            (3, _) if self.len == 64 => Err(Fault::Unsupported("Huffman compression")),
            (4, _) if self.len == 64 => Err(Fault::Unsupported("24-bit run lengths")),
            (4, _) => Err(Fault::Unsupported("JPEG compression")),
            (5, _) => Err(Fault::Unsupported("PNG compression")),
            (0, 1 | 2 | 4 | 8) => Ok(Coding::Indices),
            (1, 8) | (2, 4) if self.top_down => Err(Fault::TopDownRuns),
            (1, 8) | (2, 4) => Ok(Coding::Runs),
            (0, 16 | 24 | 32) => Ok(Coding::Colors),
            (3 | 6, 16 | 24 | 32) => Ok(Coding::Masks),
            (compression, bits) => Err(Fault::Compression { bits, compression }),
        }
    }

    /// The palette, and where the pixels start.
    pub(super) fn palette(&self, bytes: &[u8]) -> Result<(Palette, usize), Fault> {
        let entry = if self.len == 12 { 3 } else { 4 };
        let first = FILE_HEADER + self.len;
        let colors = self.colors.unwrap_or(1 << self.bits);
        let end = first.saturating_add(entry * colors.min(1 << 24));
        // Some writers leave the offset out, or do not count the palette in it.
        let start = match self.start {
            start if start == 0 || start == first => end,
            start if start < first => return Err(Fault::StartInHeader(start)),
            start => start,
        };
        if start < end && self.colors.is_some() {
            return Err(Fault::StartInPalette { colors, start });
        }
        // Where the header does not say how many colours there are, those before the pixels are
        // meant.
        let table = bytes.get(first..end.min(start)).ok_or(Fault::PaletteCut)?;
        Ok((Palette::new(table, entry, self.bits), start))
    }

    /// Where pixels without a palette start, if `more` bytes follow the headers.
    pub(super) fn start_behind(&self, more: usize) -> Result<usize, Fault> {
        let end = FILE_HEADER + self.len + more;
        match (self.start, self.colors) {
            // Not said, and there may be a palette for poorer screens in between.
            (0, Some(_)) => Err(Fault::NoStart),
            (0, None) => Ok(end),
            (start, _) if start < end => Err(Fault::StartInHeader(start)),
            (start, _) => Ok(start),
        }
    }

    /// Bytes of masks behind the headers.
    pub(super) fn masks(&self) -> usize {
        match (self.len, self.compression) {
            (40, 3) => 12,
            (40, _) => 16,
            _ => 0,
        }
    }
}
