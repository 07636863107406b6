//! Bytes to pixels: one decoder for every format, whatever the file is named. And back: [`encode`].
//!
//! Decoding is two steps, so that a caller can plan between them: [`Decoder::open`] reads the
//! header, and [`Opened::decode`] fills the decoder's own scratch with just the window and scale
//! that were asked for. The result is a [`Pixels`] view into that scratch: nothing is allocated
//! once the scratch has grown to the largest picture.

mod bmp;
mod content;
pub mod encode;
mod exif;
mod gif;
pub mod jpeg;
mod png;
mod raw;
mod webp;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{fmt, io};

use crate::error::{Error, counted};
use crate::file::{Foreign, SIGNATURE};
pub use crate::pixel::Orientation;
use crate::pixel::{Pixels, Plane, Size, words};

pub use content::Content;
pub use jpeg::{Backend, Tally};
pub use raw::{OpenedRaw, Raw};

/// Why a picture could not be decoded, or not be encoded; the caller knows the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Something about the picture, or about what was asked for.
    Picture(String),
    /// There was no memory, which says nothing about the picture.
    Memory(String),
}

impl Reason {
    #[expect(clippy::needless_pass_by_value, reason = "taken by map_err")]
    pub(crate) fn new(text: impl ToString) -> Self {
        Self::Picture(text.to_string())
    }

    pub(crate) fn no_memory(what: impl fmt::Display) -> Self {
        Self::Memory(format!("no memory for {what}"))
    }

    /// The error that it is about the picture at `path`.
    #[must_use]
    pub fn at(self, path: PathBuf) -> Error {
        match self {
            Self::Picture(reason) => Error::Decode {
                path,
                record: None,
                reason,
            },
            Self::Memory(reason) => Error::Io {
                path,
                source: io::Error::new(io::ErrorKind::OutOfMemory, reason),
            },
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Picture(reason) | Self::Memory(reason) => f.write_str(reason),
        }
    }
}

/// The formats, told apart by their first bytes but for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG, any process libjpeg-turbo knows.
    Jpeg,
    /// PNG.
    Png,
    /// Windows bitmap.
    Bmp,
    /// GIF; the first frame counts.
    Gif,
    /// WebP, lossy or lossless; the first frame counts.
    WebP,
    /// Pixels as they are, which only what they are stored in can tell.
    Raw,
}

// Of the formats that are written.
words!(Format: "jpg" Jpeg, "jpeg" Jpeg, "png" Png, "bmp" Bmp, "bitmap" Bmp);

impl Format {
    /// The format of a file that starts with `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            _ => None,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Raw => "pixels",
        }
    }
}

/// What the header of a picture says.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The format.
    pub format: Format,
    /// Size as stored, before the orientation is applied.
    pub size: Size,
    /// The orientation that EXIF or XMP gives; upright where there is none.
    pub orientation: Orientation,
}

impl Header {
    /// Size once the orientation is applied.
    #[must_use]
    pub fn upright(&self) -> Size {
        self.orientation.turned(self.size)
    }
}

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Window {
    /// All of a picture.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self {
            left: 0,
            top: 0,
            width: size.width,
            height: size.height,
        }
    }
}

/// What is wanted of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// 1, 2, 4 or 8: JPEGs are decoded at that fraction of their size (rounded up); others ignore
    /// it.
    pub denominator: u32,
    /// The pixels needed, in pixels of the scaled picture, inside of it. More may be delivered.
    pub window: Window,
    /// Only luma is wanted.
    pub gray: bool,
    /// Chroma is upsampled and colours converted at full size, as libjpeg-turbo and Pillow do it.
    pub exact: bool,
}

/// Decoded pixels and where they lie.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// The pixels.
    pub pixels: Pixels<'a>,
    /// Column of their first one, in the scaled picture.
    pub left: u32,
    /// Row of their first one, in the scaled picture.
    pub top: u32,
    /// By how much the picture is scaled down: the request's for JPEG that is not lossless, 1 for
    /// others.
    pub denominator: u32,
}

/// A worker's decoder: handles and scratch, reused from picture to picture.
#[derive(Debug)]
pub struct Decoder {
    jpeg: jpeg::Decoder,
    pixels: Vec<u8>,
}

/// A picture whose header has been read.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is moved a few times a picture"
)]
pub enum Opened<'a> {
    /// A JPEG.
    Jpeg(jpeg::Opened<'a>),
    /// Any other format.
    Other(OpenedOther<'a>),
    /// Pixels as they are.
    Raw(OpenedRaw<'a>),
}

/// A picture that is decoded as a whole.
#[derive(Debug)]
pub struct OpenedOther<'a> {
    bytes: &'a [u8],
    header: Header,
    pixels: &'a mut Vec<u8>,
}

impl Decoder {
    /// A decoder with empty scratch, which counts in `tally` what decoded its JPEGs.
    ///
    /// # Errors
    /// When memory for libjpeg-turbo's handle cannot be had.
    pub fn new(backend: Backend, tally: Arc<Tally>) -> Result<Self, Reason> {
        Ok(Self {
            jpeg: jpeg::Decoder::new(backend, tally)?,
            pixels: Vec::new(),
        })
    }

    /// What it was made with.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.jpeg.backend()
    }

    /// Bytes of memory that are kept for pixels.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.jpeg.bytes() + self.pixels.capacity()
    }

    /// Reads the header of the picture in `bytes`. Once `stop` is set, decoding a JPEG ends early,
    /// with an error.
    ///
    /// # Errors
    /// When the bytes are no picture of a known format, or its header is damaged.
    pub fn open<'a>(
        &'a mut self,
        bytes: &'a [u8],
        stop: &'a AtomicBool,
    ) -> Result<Opened<'a>, Reason> {
        let header = match Format::of(bytes) {
            Some(Format::Jpeg) => return Ok(Opened::Jpeg(self.jpeg.open(bytes, stop)?)),
            Some(Format::Png) => unbroken(|| png::header(bytes))?,
            Some(Format::Bmp) => bmp::header(bytes)?,
            Some(Format::Gif) => unbroken(|| gif::header(bytes))?,
            Some(Format::WebP) => unbroken(|| webp::header(bytes))?,
            Some(Format::Raw) | None => return Err(unknown(bytes)),
        };
        Ok(Opened::Other(OpenedOther {
            bytes,
            header,
            pixels: &mut self.pixels,
        }))
    }

    /// Pixels that need no decoding, to be used as any picture is.
    pub fn open_raw<'a>(&'a mut self, raw: Raw<'a>) -> Opened<'a> {
        Opened::Raw(OpenedRaw {
            raw,
            pixels: &mut self.pixels,
        })
    }
}

impl<'a> Opened<'a> {
    /// What the header says.
    #[must_use]
    pub fn header(&self) -> Header {
        match self {
            Self::Jpeg(jpeg) => jpeg.header(),
            Self::Other(other) => other.header,
            Self::Raw(opened) => opened.raw.header(),
        }
    }

    /// For benchmarks: the number of coefficients' blocks of a JPEG that our own decoder takes, all
    /// decoded and dropped.
    #[doc(hidden)]
    #[must_use]
    pub fn entropy(self) -> Option<u64> {
        match self {
            Self::Jpeg(jpeg) => jpeg.entropy(),
            Self::Other(_) | Self::Raw(_) => None,
        }
    }

    /// Decodes at least the window asked for.
    ///
    /// # Errors
    /// When the picture is damaged in the part that is decoded.
    pub fn decode(self, request: &Request) -> Result<Decoded<'a>, Reason> {
        match self {
            Self::Jpeg(jpeg) => jpeg.decode(request),
            Self::Other(other) => other.decode(),
            Self::Raw(opened) => opened.decode(request),
        }
    }
}

impl<'a> OpenedOther<'a> {
    fn decode(self) -> Result<Decoded<'a>, Reason> {
        let Header { format, size, .. } = self.header;
        let channels = match format {
            Format::Bmp => bmp::decode(self.bytes, self.pixels)?,
            Format::Gif => unbroken(|| gif::decode(self.bytes, self.pixels))?,
            Format::WebP => unbroken(|| webp::decode(self.bytes, size, self.pixels))?,
            _ => unbroken(|| png::decode(self.bytes, self.pixels))?,
        };
        let (width, height) = (size.width as usize, size.height as usize);
        let data = &self.pixels[..width * height * channels];
        let plane = Plane::packed(data, width, height, channels);
        Ok(Decoded {
            pixels: Pixels::interleaved(plane, channels),
            left: 0,
            top: 0,
            denominator: 1,
        })
    }
}

/// What a decoder says that is not ours: one that panics over a damaged picture says that it is
/// damaged, too.
fn unbroken<T>(decode: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    // Nothing is left half done: pixels are overwritten by the next picture, and all else is
    // dropped.
    let made = catch_unwind(AssertUnwindSafe(decode));
    made.unwrap_or_else(|_| {
        Err(Reason::new(
            "the decoder of this format failed: the file is probably damaged",
        ))
    })
}

/// Says what was found instead of a picture.
fn unknown(bytes: &[u8]) -> Reason {
    const KNOWN: &str = "JPEG, PNG, BMP, GIF or WebP";
    /// Enough to tell formats apart.
    const SHORTEST: usize = 12;
    if bytes.is_empty() {
        return Reason::new("the file is empty");
    }
    // The bytes themselves are not shown: they may be private, and may be anything.
    let start = &bytes[..bytes.len().min(SIGNATURE)];
    let is = match Foreign::of(start) {
        Some(foreign) => foreign.to_string(),
        None if bytes.len() < SHORTEST => {
            format!(
                "{}, which is too short for any image",
                counted(bytes.len() as u64, "byte")
            )
        }
        None if start
            .iter()
            .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) =>
        {
            "text".to_owned()
        }
        None if bytes.iter().all(|b| *b == 0) => {
            format!(
                "{}, as a crash or a broken copy leaves them",
                counted(bytes.len() as u64, "zero")
            )
        }
        None => "of a format that is not known".to_owned(),
    };
    Reason::new(format!("not {KNOWN}: it is {is}"))
}

/// Makes room for `len` bytes; what was there before stays, so nothing is cleared from picture to
/// picture.
///
/// # Errors
/// When there is no such memory.
pub fn grow(buffer: &mut Vec<u8>, len: usize) -> Result<&mut [u8], Reason> {
    if buffer.len() < len {
        let more = len - buffer.len();
        buffer.try_reserve_exact(more).map_err(|_| {
            Reason::no_memory(format_args!("{} of pixels", counted(len as u64, "byte")))
        })?;
        buffer.resize(len, 0);
    }
    Ok(&mut buffer[..len])
}

/// Makes room for `more` bytes behind those that are there, at least doubling what there was.
///
/// # Errors
/// When there is no such memory.
fn reserve(buffer: &mut Vec<u8>, more: usize) -> Result<(), Reason> {
    let whole = buffer.len() + more;
    buffer
        .try_reserve(more)
        .map_err(|_| no_memory_for_a_file(whole))
}

/// Makes room for `more` bytes behind those that are there, and for no others.
///
/// # Errors
/// When there is no such memory.
fn reserve_exact(buffer: &mut Vec<u8>, more: usize) -> Result<(), Reason> {
    let whole = buffer.len() + more;
    buffer
        .try_reserve_exact(more)
        .map_err(|_| no_memory_for_a_file(whole))
}

fn no_memory_for_a_file(bytes: usize) -> Reason {
    Reason::no_memory(format_args!("{bytes} bytes of a file"))
}

/// As `grow`, but zeroed: decoders may leave pixels of a damaged file as they are, and those of the
/// picture before must not be seen through it.
fn cleared(buffer: &mut Vec<u8>, len: usize) -> Result<&mut [u8], Reason> {
    let room = grow(buffer, len)?;
    room.fill(0);
    Ok(room)
}
