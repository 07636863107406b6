//! What there is of an image before it is decoded.

use std::sync::atomic::AtomicBool;

use super::{Decoder, Opened, Raw, Reason};

/// An image as it is stored.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// The bytes of an image file.
    Encoded(&'a [u8]),
    /// Pixels.
    Raw(Raw<'a>),
}

impl<'a> Content<'a> {
    /// Bytes that the image takes as it is stored.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Encoded(bytes) => bytes.len(),
            Self::Raw(raw) => raw.bytes().len(),
        }
    }

    /// Whether those are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the header. Once `stop` is set, decoding a JPEG ends early, with an error.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub fn open(
        self,
        decoder: &'a mut Decoder,
        stop: &'a AtomicBool,
    ) -> Result<Opened<'a>, Reason> {
        match self {
            Self::Encoded(bytes) => decoder.open(bytes, stop),
            Self::Raw(raw) => Ok(decoder.open_raw(raw)),
        }
    }
}
