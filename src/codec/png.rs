//! PNG: every colour type and depth, brought to 8-bit gray or RGB; alpha and `tRNS` are dropped, as
//! Pillow's `convert("RGB")` drops them.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use crc_fast::{CrcAlgorithm, Digest};
use flate2::read::ZlibDecoder;
use png::{BitDepth, ColorType, DecodeOptions, Limits, Transformations};

use super::{Format, Header, Orientation, Reason, cleared};
use crate::pixel::Size;

/// What the decoder may allocate beside the pixels: text and colour profiles of hostile files are
/// not read into memory.
const LIMIT_BYTES: usize = 64 << 20;
/// No compressed text is read beyond this, as in Pillow.
const MOST_TEXT: u64 = 1 << 20;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a palette of {0} bytes, where each colour has 3")]
    Palette(usize),
    #[error("a PNG without a palette, whose pixels are no indices")]
    NoPalette,
    #[error("the {} chunk has a wrong checksum", .0.escape_ascii())]
    Checksum([u8; 4]),
}

/// Palettes become colours, few bits eight, and 16 bits eight too.
const BYTES: Transformations = Transformations::EXPAND.union(Transformations::STRIP_16);

fn reader(bytes: &[u8], transformations: Transformations) -> png::Decoder<Cursor<&[u8]>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    options.set_ignore_adler32(false);
    let mut decoder = png::Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(Limits { bytes: LIMIT_BYTES });
    decoder.set_transformations(transformations);
    decoder
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, Reason> {
    let mut decoder = reader(bytes, BYTES);
    let info = decoder.read_header_info().map_err(said)?;
    let size = Size::new(info.width, info.height);
    let orientation = Metadata::find(bytes)?.orientation();
    Ok(Header {
        format: Format::Png,
        size,
        orientation,
    })
}

/// Decodes into the front of `pixels`; returns the channels, 1 or 3.
pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let mut reader = reader(bytes, BYTES).read_info().map_err(said)?;
    let len = reader.output_buffer_size().ok_or(Reason::TooLarge)?;
    let info = reader.next_frame(cleared(pixels, len)?).map_err(said)?;
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

/// Decodes into the front of `pixels` without a loss; returns the channels, alpha among them,
/// whether samples have 16 bits, and the number of bytes.
pub(super) fn decode_deep(
    bytes: &[u8],
    pixels: &mut Vec<u8>,
) -> Result<(usize, bool, usize), Reason> {
    let decoder = reader(bytes, Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(said)?;
    let len = reader.output_buffer_size().ok_or(Reason::TooLarge)?;
    let info = reader.next_frame(cleared(pixels, len)?).map_err(said)?;
    let is_wide = info.bit_depth == BitDepth::Sixteen;
    Ok((info.color_type.samples(), is_wide, info.buffer_size()))
}

/// Decodes the indices of an image with a palette into the front of `pixels`, a byte for each.
pub(super) fn decode_indices(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<(), Reason> {
    let decoder = reader(bytes, Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(said)?;
    let (color, depth) = reader.output_color_type();
    if color != ColorType::Indexed {
        return Err(Fault::NoPalette.into());
    }
    let Size { width, height } = Size::new(reader.info().width, reader.info().height);
    let (width, height) = (width as usize, height as usize);
    let len = reader.output_buffer_size().ok_or(Reason::TooLarge)?;
    let room = cleared(pixels, len.max(width * height))?;
    reader.next_frame(&mut room[..len]).map_err(said)?;
    let bits = depth as usize;
    if bits < 8 {
        spread(room, width, height, bits);
    }
    Ok(())
}

/// Gives each of the pixels that have few bits a byte, in place: from the last to the first, so that
/// none is overwritten before it is read.
fn spread(pixels: &mut [u8], width: usize, height: usize, bits: usize) {
    let stride = (width * bits).div_ceil(8);
    for row in (0..height).rev() {
        for column in (0..width).rev() {
            let bit = column * bits;
            let byte = pixels[row * stride + bit / 8];
            let shift = 8 - bits - bit % 8;
            pixels[row * width + column] = byte >> shift & ((1 << bits) - 1);
        }
    }
}

/// What the decoder says, which shows chunks as Rust shows them, with their names alone.
#[expect(clippy::needless_pass_by_value, reason = "taken by map_err")]
fn said(error: png::DecodingError) -> Reason {
    let mut text = error.to_string();
    while let Some((before, rest)) = text.split_once("ChunkType { type: ") {
        let (chunk, after) = rest.split_once(" }").unwrap_or((rest, ""));
        let name = chunk.split(',').next().unwrap_or_default();
        text = format!("{before}{name}{after}");
    }
    Reason::new(text)
}

/// Packs `count` groups of `FROM` bytes to their first `TO`, in place.
pub(super) fn keep_first<const FROM: usize, const TO: usize>(pixels: &mut [u8], count: usize) {
    for i in 1..count {
        pixels.copy_within(i * FROM..i * FROM + TO, i * TO);
    }
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    sum: &'a [u8; 4],
}

/// The chunks of a file; one that is cut short ends them.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (named, tail) = tail.split_at_checked(
            usize::try_from(u32::from_be_bytes(*length))
                .ok()?
                .checked_add(4)?,
        )?;
        let (sum, tail) = tail.split_first_chunk::<4>()?;
        rest = tail;
        let (kind, data) = named.split_first_chunk()?;
        Some(Chunk {
            kind: *kind,
            data,
            sum,
        })
    })
}

/// Where a file may say how to turn it; what comes twice counts as it comes last.
#[derive(Default)]
struct Metadata<'a> {
    exif: Option<Chunk<'a>>,
    /// Text: an EXIF block in hexadecimal, as `convert` writes it.
    profile: Option<Chunk<'a>>,
    /// Text.
    xmp: Option<Chunk<'a>>,
}

impl<'a> Metadata<'a> {
    /// Of the file without the later frames of an animation.
    fn find(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut before_pixels = true;
        for chunk in chunks(bytes) {
            match &chunk.kind {
                b"IDAT" => before_pixels = false,
                // The decoder takes for granted that it is one of whole colours.
                b"PLTE" if !chunk.data.len().is_multiple_of(3) => {
                    return Err(Fault::Palette(chunk.data.len()));
                }
                b"IEND" => break,
                b"fcTL" if !before_pixels => break,
                _ => {}
            }
            let Some(place) = found.place(&chunk) else {
                continue;
            };
            // Behind the pixels Pillow does not look at it.
            if before_pixels && !chunk.is_intact() {
                return Err(Fault::Checksum(chunk.kind));
            }
            *place = Some(chunk);
        }
        Ok(found)
    }

    fn place(&mut self, chunk: &Chunk) -> Option<&mut Option<Chunk<'a>>> {
        match &chunk.kind {
            b"eXIf" => Some(&mut self.exif),
            b"tEXt" | b"zTXt" | b"iTXt" => match split(chunk.data)?.0 {
                b"Raw profile type exif" => Some(&mut self.profile),
                b"XML:com.adobe.xmp" => Some(&mut self.xmp),
                _ => None,
            },
            _ => None,
        }
    }

    fn orientation(&self) -> Orientation {
        let profile = self
            .profile
            .as_ref()
            .and_then(Chunk::text)
            .and_then(|text| unhex(&text));
        let xmp = self.xmp.as_ref().and_then(Chunk::text);
        let exif = self
            .exif
            .as_ref()
            .map(|chunk| chunk.data)
            .or(profile.as_deref());
        Orientation::from_metadata(exif, xmp.as_deref())
    }
}

impl<'a> Chunk<'a> {
    fn is_intact(&self) -> bool {
        let mut digest = Digest::new(CrcAlgorithm::Crc32IsoHdlc);
        digest.update(&self.kind);
        digest.update(self.data);
        digest.finalize() == u64::from(u32::from_be_bytes(*self.sum))
    }

    /// The text behind the keyword of a text chunk.
    fn text(&self) -> Option<Cow<'a, [u8]>> {
        let (_, rest) = split(self.data)?;
        match (&self.kind, rest) {
            (b"tEXt", text) => Some(Cow::Borrowed(text)),
            (b"zTXt", [0, packed @ ..]) => inflate(packed).map(Cow::Owned),
            (b"iTXt", [is_packed, method, rest @ ..]) => {
                let (_language, rest) = split(rest)?;
                let (_keyword, text) = split(rest)?;
                match (is_packed, method) {
                    (0, _) => Some(Cow::Borrowed(text)),
                    (_, 0) => inflate(text).map(Cow::Owned),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// What stands before and after a zero byte.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn inflate(packed: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut start = ZlibDecoder::new(packed).take(MOST_TEXT);
    start.read_to_end(&mut text).ok()?;
    Some(text)
}

/// The bytes of a raw profile: an empty line, its name, its length, and lines of hexadecimal
/// digits.
fn unhex(profile: &[u8]) -> Option<Vec<u8>> {
    let lines = profile.splitn(4, |byte| *byte == b'\n');
    let digits = lines
        .skip(3)
        .flatten()
        .filter(|byte| !byte.is_ascii_whitespace());
    let values = digits
        .map(|digit| char::from(*digit).to_digit(16))
        .collect::<Option<Vec<_>>>()?;
    values
        .chunks(2)
        .map(|pair| <[u32; 2]>::try_from(pair).ok())
        .map(|pair| pair.and_then(|[high, low]| u8::try_from(high << 4 | low).ok()))
        .collect()
}
