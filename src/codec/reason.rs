//! Why an image cannot be decoded or encoded, as data: each codec has its own kinds of fault, and
//! words are made only where they are shown.

use std::io;
use std::path::PathBuf;

use super::format::Unknown;
use super::{bmp, encode, jpeg, png, raw, webp};
use crate::error::{Error, Fault, counted};

/// Why an image could not be decoded, or not be encoded; the caller knows the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// There was no memory, which says nothing about the image.
    #[error("no memory for {}", shortage(*bytes, what))]
    Memory {
        /// How many bytes were wanted; 0 where that is not known.
        bytes: usize,
        /// What for.
        what: &'static str,
    },
    /// Nobody wants the image any more.
    #[error("stopped")]
    Stopped,
    /// Its pixels take more memory than the machine can address.
    #[error("too large for this machine's memory")]
    TooLarge,
    /// A decoder that is not ours panicked.
    #[error("the decoder of this format failed: the file is probably damaged")]
    Panic,
    /// What a library says, or a caller.
    #[error("{0}")]
    Said(String),
    /// An image that a graph cannot augment.
    #[error("{0}")]
    Augment(Box<Fault>),
    /// A file without bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// A file of none of the formats.
    #[error("not JPEG, PNG, BMP, GIF or WebP: it is {0}")]
    Unknown(#[from] Unknown),
    /// A GIF without a frame.
    #[error("a GIF without an image")]
    EmptyGif,
    /// A BMP that is damaged or not supported.
    #[error(transparent)]
    Bmp(#[from] bmp::Fault),
    /// A JPEG that is damaged or not supported.
    #[error(transparent)]
    Jpeg(#[from] jpeg::Fault),
    /// A damaged PNG.
    #[error(transparent)]
    Png(#[from] png::Fault),
    /// A damaged WebP.
    #[error(transparent)]
    WebP(#[from] webp::Fault),
    /// Pixels that do not fit what is said of them.
    #[error(transparent)]
    Raw(#[from] raw::Fault),
    /// An image that its format cannot hold.
    #[error(transparent)]
    Encode(#[from] encode::Fault),
}

impl Reason {
    #[expect(clippy::needless_pass_by_value, reason = "taken by map_err")]
    pub(crate) fn new(text: impl ToString) -> Self {
        Self::Said(text.to_string())
    }

    /// `bytes` is 0 where it is not known how many were wanted.
    pub(crate) const fn no_memory(bytes: usize, what: &'static str) -> Self {
        Self::Memory { bytes, what }
    }

    /// Whether there was no memory.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self, Self::Memory { .. })
    }

    /// The error that it is about the image at `path`.
    #[must_use]
    pub fn at(self, path: PathBuf) -> Error {
        if let Self::Augment(fault) = self {
            let record = None;
            return Error::Augment {
                path,
                record,
                fault,
            };
        }
        let reason = self.to_string();
        if !self.is_memory() {
            return Error::Decode {
                path,
                record: None,
                reason,
            };
        }
        let source = io::Error::new(io::ErrorKind::OutOfMemory, reason);
        Error::Io { path, source }
    }
}

fn shortage(bytes: usize, what: &str) -> String {
    match bytes {
        0 => what.to_owned(),
        _ => format!("{} {what}", counted(bytes as u64, "byte")),
    }
}
