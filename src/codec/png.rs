//! PNG: every colour type and depth, brought to 8-bit gray or RGB; alpha and `tRNS` are dropped, as Pillow's
//! `convert("RGB")` drops them.

use std::io::Cursor;

use png::{ColorType, DecodeOptions, Limits, Transformations};

use super::{Format, Header, Orientation, Reason, cleared};
use crate::pixel::Size;

/// What the decoder may allocate beside the pixels: text and colour profiles of hostile files are not read into memory.
const LIMIT_BYTES: usize = 64 << 20;

fn reader(bytes: &[u8]) -> png::Decoder<Cursor<&[u8]>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(Limits { bytes: LIMIT_BYTES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, Reason> {
    let mut decoder = reader(bytes);
    let info = decoder.read_header_info().map_err(Reason::new)?;
    let size = Size::new(info.width, info.height);
    let orientation = exif_chunk(bytes).map_or_else(Orientation::default, Orientation::from_exif);
    Ok(Header { format: Format::Png, size, orientation })
}

/// The `eXIf` chunk before the pixels; files that have it later are rare enough to be upright.
fn exif_chunk(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (kind, tail) = tail.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        match kind {
            b"eXIf" => return tail.get(..length),
            b"IDAT" => return None,
            _ => rest = tail.get(length.checked_add(4)?..)?,
        }
    }
}

/// Decodes into the front of `pixels`; returns the channels, 1 or 3.
pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let mut reader = reader(bytes).read_info().map_err(Reason::new)?;
    let len = reader.output_buffer_size().ok_or_else(|| Reason::new("too large for this machine's memory"))?;
    let info = reader.next_frame(cleared(pixels, len)?).map_err(Reason::new)?;
    let count = info.width as usize * info.height as usize;
    Ok(match info.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => {
            keep_first::<2, 1>(pixels, count);
            1
        }
        ColorType::Rgba => {
            keep_first::<4, 3>(pixels, count);
            3
        }
        ColorType::Rgb | ColorType::Indexed => 3,
    })
}

/// Packs `count` groups of `FROM` bytes to their first `TO`, in place.
pub(super) fn keep_first<const FROM: usize, const TO: usize>(pixels: &mut [u8], count: usize) {
    for i in 1..count {
        pixels.copy_within(i * FROM..i * FROM + TO, i * TO);
    }
}
