//! The formats, and what a file is that has none of them.

use crate::error::counted;
use crate::file::{Foreign, SIGNATURE};
use crate::pixel::words;

/// The formats, all but one of them told apart by their first bytes.
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
            [b'B', b'M', ..] => Some(Self::Bmp),
            _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some(Self::Gif),
            _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => {
                Some(Self::WebP)
            }
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

/// What was found instead of an image. The bytes themselves are not shown: they may be private, and
/// may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("{0}")]
    Foreign(Foreign),
    #[error("{}, which is too short for any image", counted(*.0 as u64, "byte"))]
    Short(usize),
    #[error("text")]
    Text,
    #[error("{}, as left by a crash or a broken copy", counted(*.0 as u64, "zero"))]
    Zeros(usize),
    #[error("of an unknown format")]
    Other,
}

impl Unknown {
    pub(super) fn of(bytes: &[u8]) -> Self {
        /// Enough to tell formats apart.
        const SHORTEST: usize = 12;
        let start = &bytes[..bytes.len().min(SIGNATURE)];
        let is_text = |b: &u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
        match Foreign::of(start) {
            Some(foreign) => Self::Foreign(foreign),
            None if bytes.len() < SHORTEST => Self::Short(bytes.len()),
            None if start.iter().all(is_text) => Self::Text,
            None if bytes.iter().all(|b| *b == 0) => Self::Zeros(bytes.len()),
            None => Self::Other,
        }
    }
}
