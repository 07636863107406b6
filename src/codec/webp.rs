//! WebP, lossy or lossless; of an animation the first frame, on black. Alpha is dropped, as
//! Pillow's `convert("RGB")` drops it.

use std::borrow::Cow;
use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{Format, Header, Orientation, Reason, cleared, grow, png::keep_first};
use crate::pixel::Size;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is cut short: {len} of {needed} bytes are there")]
    Cut { len: usize, needed: usize },
    #[error("the file is cut short: the chunk with its pixels is not whole")]
    PixelsCut,
    #[error("the file is cut short: its pixels have no header")]
    HeaderCut,
    #[error("pixels of {found}, but the file says {said}")]
    Size { found: Size, said: Size },
    #[error("an animation without frames")]
    NoFrames,
    #[error("a frame that is cut short")]
    FrameCut,
    #[error("a first frame of {frame} that reaches beyond the canvas of {canvas}")]
    Frame { frame: Size, canvas: Size },
}

/// Bits of the first byte of `VP8X`.
const ANIMATED: u8 = 1 << 1;
const XMP: u8 = 1 << 2;
const EXIF: u8 = 1 << 3;
const ALPHA: u8 = 1 << 4;

pub(super) fn header(bytes: &[u8]) -> Result<Header, Reason> {
    let (width, height) = decoder(bytes)?.dimensions();
    let size = Size::new(width, height);
    let (needed, len) = (whole(bytes), bytes.len());
    if len < needed {
        return Err(Fault::Cut { len, needed }.into());
    }
    Still::first(bytes, size)?;
    Ok(Header {
        format: Format::WebP,
        size,
        orientation: orientation(bytes),
    })
}

/// Decodes an image of `size` into the front of `pixels`; returns the channels, which are 3.
pub(super) fn decode(bytes: &[u8], size: Size, pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let still = Still::first(bytes, size)?;
    let mut decoder = decoder(&still.file)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let count = still.size.width as usize * still.size.height as usize;
    let room = cleared(pixels, count * channels)?;
    find_room(&still, channels == 4)?;
    decoder.read_image(room).map_err(Reason::new)?;
    if channels == 4 {
        keep_first::<4, 3>(pixels, count);
    }
    if still.size != size {
        still.spread(
            grow(pixels, 3 * size.width as usize * size.height as usize)?,
            size.width as usize,
        );
    }
    Ok(3)
}

fn decoder(bytes: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>, Reason> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(Reason::new)
}

/// Looks for the memory that the crate takes while it decodes, and lets it go again: the crate
/// itself does not ask, so where there is none the process would be aborted. Another thread may
/// still be faster.
fn find_room(still: &Still, alpha: bool) -> Result<(), Reason> {
    let lossless = find(body(&still.file), *b"VP8L").is_some();
    // Of the crate's planes, copies and tables, rounded up.
    let bytes_a_pixel = match (lossless, alpha) {
        (true, true) => 1,
        (true, false) => 5,
        (false, true) => 7,
        (false, false) => 2,
    };
    let pixels = still.size.width as usize * still.size.height as usize;
    let needed = bytes_a_pixel * pixels + 3 * still.file.len();
    let mut room = Vec::<u8>::new();
    room.try_reserve_exact(needed)
        .map_err(|_| Reason::no_memory(needed, "to decode a WebP in"))?;
    // The compiler leaves out an allocation that nobody looks at.
    std::hint::black_box(&mut room);
    Ok(())
}

/// How long the file says it is.
fn whole(bytes: &[u8]) -> usize {
    let len = bytes
        .get(4..8)
        .and_then(|len| len.try_into().ok())
        .map_or(0, u32::from_le_bytes);
    usize::try_from(len).unwrap_or(usize::MAX).saturating_add(8)
}

/// What the file says in `VP8X`, which is the first chunk of the files that have more than pixels.
fn features(bytes: &[u8]) -> u8 {
    match chunks(body(bytes)).next() {
        Some((kind, [features, ..])) if &kind == b"VP8X" => *features,
        _ => 0,
    }
}

fn orientation(bytes: &[u8]) -> Orientation {
    let features = features(bytes);
    let metadata = |bit, kind| {
        if features & bit == 0 {
            None
        } else {
            find(body(bytes), kind)
        }
    };
    Orientation::from_metadata(metadata(EXIF, *b"EXIF"), metadata(XMP, *b"XMP "))
}

/// The part of a file that is made of chunks.
fn body(bytes: &[u8]) -> &[u8] {
    bytes
        .get(12..whole(bytes).min(bytes.len()))
        .unwrap_or_default()
}

/// The chunks of a file's or a frame's body, with their names; one that is cut short ends them.
fn chunks(mut body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, rest) = body.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let data = rest.get(..len)?;
        body = rest.get(len + len % 2..).unwrap_or_default();
        Some((*kind, data))
    })
}

/// The first chunk of a name.
fn find(body: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    chunks(body)
        .find(|(kind, _)| *kind == wanted)
        .map(|(_, data)| data)
}

/// An image that does not move: a whole file, or the first frame of an animation as a file of its
/// own.
struct Still<'a> {
    file: Cow<'a, [u8]>,
    size: Size,
    /// Where it lies on the canvas.
    left: usize,
    top: usize,
}

impl<'a> Still<'a> {
    /// The first image of a file with a canvas of `canvas`. Its own size is what it is said to
    /// be, so that a small canvas is no promise that a huge frame breaks.
    fn first(bytes: &'a [u8], canvas: Size) -> Result<Self, Fault> {
        let still = if features(bytes) & ANIMATED == 0 {
            checked(body(bytes), canvas)?;
            Self {
                file: Cow::Borrowed(bytes),
                size: canvas,
                left: 0,
                top: 0,
            }
        } else {
            Self::of_frame(find(body(bytes), *b"ANMF").ok_or(Fault::NoFrames)?)?
        };
        let fits = |start: usize, len: u32, whole: u32| start + len as usize <= whole as usize;
        if fits(still.left, still.size.width, canvas.width)
            && fits(still.top, still.size.height, canvas.height)
        {
            return Ok(still);
        }
        let frame = still.size;
        Err(Fault::Frame { frame, canvas })
    }

    fn of_frame(frame: &[u8]) -> Result<Self, Fault> {
        let (start, body) = frame.split_first_chunk::<16>().ok_or(Fault::FrameCut)?;
        let [left, top, width, height] =
            [0, 3, 6, 9].map(|at| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], 0]));
        let size = Size::new(width + 1, height + 1);
        let (kind, data) = checked(body, size)?;
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        if let Some(alpha) = find(body, *b"ALPH") {
            append(
                &mut file,
                *b"VP8X",
                &[&[ALPHA, 0, 0, 0], &start[6..12]].concat(),
            );
            append(&mut file, *b"ALPH", alpha);
        }
        append(&mut file, kind, data);
        let len = u32::try_from(file.len() - 8).map_err(|_| Fault::FrameCut)?;
        file[4..8].copy_from_slice(&len.to_le_bytes());
        Ok(Self {
            file: Cow::Owned(file),
            size,
            left: 2 * left as usize,
            top: 2 * top as usize,
        })
    }

    /// Moves the rows from the front of `pixels` to where they belong on a canvas of `columns`, on
    /// black.
    fn spread(&self, pixels: &mut [u8], columns: usize) {
        let row = 3 * self.size.width as usize;
        let mut end = pixels.len();
        for y in (0..self.size.height as usize).rev() {
            let start = 3 * (columns * (self.top + y) + self.left);
            pixels.copy_within(row * y..row * (y + 1), start);
            pixels[start + row..end].fill(0);
            end = start;
        }
        pixels[..end].fill(0);
    }
}

/// The chunk that holds the pixels, if they are of the size that they are said to be.
fn checked(body: &[u8], size: Size) -> Result<([u8; 4], &[u8]), Fault> {
    let (kind, data) = chunks(body)
        .find_map(|(kind, data)| matches!(&kind, b"VP8 " | b"VP8L").then_some((kind, data)))
        .ok_or(Fault::PixelsCut)?;
    let found = match (&kind, data) {
        (b"VP8L", [_, a, b, c, d, ..]) => {
            let sides = u32::from_le_bytes([*a, *b, *c, *d]);
            Size::new((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1)
        }
        (_, [_, _, _, _, _, _, a, b, c, d, ..]) => {
            let short = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Size::new(short(*a, *b), short(*c, *d))
        }
        _ => return Err(Fault::HeaderCut),
    };
    if found != size {
        return Err(Fault::Size { found, said: size });
    }
    Ok((kind, data))
}

fn append(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend(kind);
    // A chunk of a file of four gigabytes at most.
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend(data);
    file.resize(file.len().next_multiple_of(2), 0);
}
