//! Images that are stored as pixels: nothing to decode.

use super::{Decoded, Format, Header, Orientation, Reason, Request, grow};
use crate::error::counted;
use crate::pixel::{Pixels, Plane, Size};

/// What is wrong with pixels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("pixels of {0} channels: 1 and 3 are known")]
    Channels(usize),
    #[error(
        "{} of pixels, where {size} of {} take {}",
        counted(*len as u64, "byte"), counted(*channels as u64, "channel"), bytes(*size, *channels)
    )]
    Length {
        len: usize,
        size: Size,
        channels: usize,
    },
}

/// Bytes that pixels take.
fn bytes(size: Size, channels: usize) -> u128 {
    u128::from(size.pixels()) * channels as u128
}

/// The pixels of an image as they are stored, 8 bits each, without gaps.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    bytes: &'a [u8],
    size: Size,
    channels: usize,
    planar: bool,
}

/// An image that needs no decoding.
#[derive(Debug)]
pub struct OpenedRaw<'a> {
    pub(super) raw: Raw<'a>,
    pub(super) pixels: &'a mut Vec<u8>,
}

impl<'a> Raw<'a> {
    /// An image of `size` and 1 (gray) or 3 (red, green, blue) channels: `planar` if a plane
    /// follows the other (CHW), otherwise the channels of a pixel lie together (HWC).
    ///
    /// # Errors
    /// When there are not as many bytes as that takes, or no such channels.
    pub fn new(data: &'a [u8], size: Size, channels: usize, planar: bool) -> Result<Self, Reason> {
        if !matches!(channels, 1 | 3) {
            return Err(Fault::Channels(channels).into());
        }
        if data.len() as u128 != bytes(size, channels) {
            let len = data.len();
            return Err(Fault::Length {
                len,
                size,
                channels,
            }
            .into());
        }
        Ok(Self {
            bytes: data,
            size,
            channels,
            planar: planar && channels == 3,
        })
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn header(&self) -> Header {
        Header {
            format: Format::Raw,
            size: self.size,
            orientation: Orientation::default(),
        }
    }

    fn plane(&self, data: &'a [u8], channels: usize) -> Plane<'a> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        Plane {
            data,
            stride: width * channels,
            width,
            height,
        }
    }
}

impl<'a> OpenedRaw<'a> {
    /// All of the image, where it is; `exact` wants pixels that lie together, which planes are
    /// put together for.
    pub(super) fn decode(self, request: &Request) -> Result<Decoded<'a>, Reason> {
        let Self { raw, pixels } = self;
        let area = raw.bytes.len() / 3;
        let pixels = match (raw.channels, raw.planar) {
            (1, _) => Pixels::Gray(raw.plane(raw.bytes, 1)),
            (_, false) => Pixels::Rgb(raw.plane(raw.bytes, 3)),
            (_, true) if request.exact => Pixels::Rgb(raw.plane(together(raw.bytes, pixels)?, 3)),
            (_, true) => {
                Pixels::Planar([0, 1, 2].map(|c| raw.plane(&raw.bytes[c * area..][..area], 1)))
            }
        };
        Ok(Decoded {
            pixels,
            left: 0,
            top: 0,
            denominator: 1,
        })
    }
}

/// Three planes, pixel by pixel.
fn together<'a>(planes: &[u8], room: &'a mut Vec<u8>) -> Result<&'a [u8], Reason> {
    let room = grow(room, planes.len())?;
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(red.len());
    for (((pixel, red), green), blue) in room
        .as_chunks_mut::<3>()
        .0
        .iter_mut()
        .zip(red)
        .zip(green)
        .zip(blue)
    {
        *pixel = [*red, *green, *blue];
    }
    Ok(room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Window;

    fn pixels(bytes: &[u8], channels: usize, planar: bool, exact: bool) -> Vec<Vec<u8>> {
        let size = Size::new(2, 1);
        let raw = Raw::new(bytes, size, channels, planar).unwrap();
        let mut room = Vec::new();
        let opened = OpenedRaw {
            raw,
            pixels: &mut room,
        };
        let request = Request {
            denominator: 1,
            window: Window::whole(size),
            gray: false,
            exact,
        };
        match opened.decode(&request).unwrap().pixels {
            Pixels::Gray(plane) | Pixels::Rgb(plane) | Pixels::Ycc { y: plane, .. } => {
                vec![plane.data.to_vec()]
            }
            Pixels::Planar(planes) => planes.map(|plane| plane.data.to_vec()).to_vec(),
        }
    }

    #[test]
    fn pixels_are_shown_where_they_are() {
        assert_eq!(pixels(b"rgbRGB", 3, false, false), [b"rgbRGB"]);
        assert_eq!(pixels(b"rRgGbB", 3, true, false), [b"rR", b"gG", b"bB"]);
        assert_eq!(pixels(b"rRgGbB", 3, true, true), [b"rgbRGB"]);
        assert_eq!(pixels(b"yY", 1, true, false), [b"yY"]);
    }

    #[test]
    fn sizes_that_do_not_fit_the_bytes_are_refused() {
        let error = |len: usize, channels| {
            Raw::new(&vec![0; len], Size::new(4, 2), channels, false)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(23, 3),
            "23 bytes of pixels, where 4x2 of 3 channels take 24"
        );
        assert_eq!(error(32, 4), "pixels of 4 channels: 1 and 3 are known");
        assert!(Raw::new(&[], Size::new(u32::MAX, u32::MAX), 3, false).is_err());
    }
}
