//! Sizes and parts of images, and which way up they are.

use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` columns and `height` rows.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The shorter side.
    #[must_use]
    pub fn short(self) -> u32 {
        self.width.min(self.height)
    }

    /// The same image lying on its side.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self::new(self.height, self.width)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A rectangle of source pixels; fractional edges are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge, in pixels from the left border of the image.
    pub left: f64,
    /// Top edge, in pixels from the top border of the image.
    pub top: f64,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
}

impl Region {
    /// The region of this corner and these sides.
    #[must_use]
    pub const fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    /// All of an image of `size`.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self::new(0.0, 0.0, f64::from(size.width), f64::from(size.height))
    }
}

/// How a stored image must be turned to be upright. An upright pixel (x, y) is found by mirroring
/// x, then y, then exchanging the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Columns and rows are exchanged.
    pub transpose: bool,
    /// Upright columns count from the right.
    pub mirror_x: bool,
    /// Upright rows count from the bottom.
    pub mirror_y: bool,
}

impl Orientation {
    /// The upright size of an image that is stored in `size`, and the other way round.
    #[must_use]
    pub const fn turned(self, size: Size) -> Size {
        if self.transpose {
            size.transposed()
        } else {
            size
        }
    }

    /// Where a region of an upright image of size `upright` is stored.
    #[must_use]
    pub fn stored(self, region: Region, upright: Size) -> Region {
        let mirrored = |mirror, start: f64, len: f64, whole: u32| {
            if mirror {
                f64::from(whole) - start - len
            } else {
                start
            }
        };
        let Region { width, height, .. } = region;
        let left = mirrored(self.mirror_x, region.left, width, upright.width);
        let top = mirrored(self.mirror_y, region.top, height, upright.height);
        if self.transpose {
            Region::new(top, left, height, width)
        } else {
            Region::new(left, top, width, height)
        }
    }
}
