//! The file formats that images are written in, and what there is to choose about them.

use super::bmp;
use crate::codec::{Format, Reason};
use crate::pixel::Size;

/// Why an image cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{size} pixels: each side is 1 to {longest}")]
    Side { size: Size, longest: u32 },
    #[error("quality {0}: it is 1 to 100")]
    Quality(u8),
    #[error("{0} pixels: a bitmap is shorter than 4 GiB")]
    LongBmp(Size),
}

/// A file format, with what there is to choose about it. All hold 8-bit RGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Baseline JPEG, 4:2:0, Huffman tables of the standard.
    Jpeg {
        /// 1 to 100, on the scale that libjpeg's programs use.
        quality: u8,
    },
    /// PNG.
    Png(Deflate),
    /// Windows bitmap, 24 bits, bottom row first.
    Bmp,
}

/// How PNG's data are compressed. The times are those of 1920x1080 pixels on one core of the
/// machine that this was written on (`cargo bench --bench generate`), the sizes those of its 6.2
/// MB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deflate {
    /// Lightly: the best filter for each row, the lowest level of deflate. For busy images 38 ms
    /// and 78 %. What is faster, the fixed tables of `fdeflate`, does not make these any shorter.
    #[default]
    Light,
    /// Not at all: 0.5 ms. Noise cannot be compressed, and attempts take 10 to 20 ms.
    Stored,
}

impl Encoding {
    /// The format.
    #[must_use]
    pub fn format(self) -> Format {
        match self {
            Self::Jpeg { .. } => Format::Jpeg,
            Self::Png(_) => Format::Png,
            Self::Bmp => Format::Bmp,
        }
    }

    /// The longest side that it can have, in pixels: libjpeg-turbo's bound for JPEG. That of the
    /// others is chosen so that all programs can read them; the formats' own is 2^31.
    #[must_use]
    pub fn longest_side(self) -> u32 {
        match self {
            Self::Jpeg { .. } => 65_500,
            Self::Png(_) | Self::Bmp => 65_535,
        }
    }

    /// What is wrong with encoding images of a size.
    ///
    /// # Errors
    /// A side of 0 or longer than [`longest_side`](Self::longest_side); a bitmap of 4 GiB or more;
    /// a quality that is none.
    pub fn check(self, size: Size) -> Result<(), Reason> {
        let longest = self.longest_side();
        if !(1..=longest).contains(&size.width) || !(1..=longest).contains(&size.height) {
            return Err(Fault::Side { size, longest }.into());
        }
        match self {
            Self::Jpeg { quality } if !(1..=100).contains(&quality) => {
                Err(Fault::Quality(quality).into())
            }
            Self::Bmp if bmp::len(size).is_none() => Err(Fault::LongBmp(size).into()),
            _ => Ok(()),
        }
    }
}
