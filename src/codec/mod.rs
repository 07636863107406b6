//! Bytes to pixels: one decoder for every format, whatever the file is named. And back: [`encode`].
//!
//! Decoding is two steps, so that a caller can plan between them: [`Decoder::open`] reads the
//! header, and [`Opened::decode`] fills the decoder's own scratch with just the window and scale
//! that were asked for. The result is a [`Pixels`] view into that scratch: nothing is allocated
//! once the scratch has grown to the largest image.

mod bmp;
mod buffer;
mod content;
pub mod deep;
pub mod encode;
mod exif;
mod format;
mod gif;
pub mod jpeg;
mod png;
mod raw;
mod reason;
mod webp;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::pixel::{Pixels, Plane, Size};
use buffer::{cleared, reserve, reserve_exact};
use format::Unknown;

pub use crate::pixel::Orientation;
pub use buffer::grow;
pub use content::Content;
pub use format::Format;
pub use jpeg::{Backend, Tally};
pub use raw::{OpenedRaw, Raw};
pub use reason::Reason;

/// What the header of an image says.
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
    /// All of an image.
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

/// What is wanted of an image.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// 1, 2, 4 or 8: JPEGs are decoded at that fraction of their size (rounded up); others ignore
    /// it.
    pub denominator: u32,
    /// The pixels needed, in pixels of the scaled image, inside of it. More may be delivered.
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
    /// Column of their first one, in the scaled image.
    pub left: u32,
    /// Row of their first one, in the scaled image.
    pub top: u32,
    /// By how much the image is scaled down: the request's for JPEG that is not lossless, 1 for
    /// others.
    pub denominator: u32,
}

/// A worker's decoder: handles and scratch, reused from image to image.
#[derive(Debug)]
pub struct Decoder {
    jpeg: jpeg::Decoder,
    pixels: Vec<u8>,
}

/// An image whose header has been read.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is moved a few times an image"
)]
pub enum Opened<'a> {
    /// A JPEG.
    Jpeg(jpeg::Opened<'a>),
    /// Any other format.
    Other(OpenedOther<'a>),
    /// Pixels as they are.
    Raw(OpenedRaw<'a>),
}

/// An image that is decoded as a whole.
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

    /// Reads the header of the image in `bytes`. Once `stop` is set, decoding a JPEG ends early,
    /// with an error.
    ///
    /// # Errors
    /// When the bytes are no image of a known format, or its header is damaged.
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
            Some(Format::Raw) | None if bytes.is_empty() => return Err(Reason::EmptyFile),
            Some(Format::Raw) | None => return Err(Unknown::of(bytes).into()),
        };
        Ok(Opened::Other(OpenedOther {
            bytes,
            header,
            pixels: &mut self.pixels,
        }))
    }

    /// Pixels that need no decoding, to be used as any image is.
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
    /// When the image is damaged in the part that is decoded.
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

/// What a decoder says that is not ours: one that panics over a damaged image says that it is
/// damaged, too.
fn unbroken<T>(decode: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    // Nothing is left half done: pixels are overwritten by the next image, and all else is
    // dropped.
    let made = catch_unwind(AssertUnwindSafe(decode));
    made.unwrap_or(Err(Reason::Panic))
}
