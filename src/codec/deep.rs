//! What the other decoders drop: alpha, and the lower half of 16-bit samples. PNG has them.

use super::{Format, Header, Orientation, Reason, png};
use crate::pixel::Size;

/// The pixels of an image as it is stored, without a loss.
#[derive(Clone, Copy, Debug)]
pub struct Deep<'a> {
    /// Size as stored, before the orientation is applied.
    pub size: Size,
    /// How the image must be turned.
    pub orientation: Orientation,
    /// Samples of a pixel: gray, gray and alpha, red, green and blue, or these and alpha.
    pub channels: usize,
    /// Whether a sample has two bytes, the upper one first.
    pub is_wide: bool,
    /// The samples, row by row.
    pub bytes: &'a [u8],
}

/// Whether the samples of an image have 16 bits.
#[must_use]
pub fn is_wide(bytes: &[u8]) -> bool {
    // The depth follows the signature, the header's length and name, and the size.
    Format::of(bytes) == Some(Format::Png) && bytes.get(24) == Some(&16)
}

/// Decodes a PNG of at most `most` pixels as it is stored; `None` for other formats, which have
/// nothing that the decoder drops.
///
/// # Errors
/// When the image is damaged, or has more pixels.
pub fn decode<'a>(
    bytes: &[u8],
    most: u64,
    pixels: &'a mut Vec<u8>,
) -> Result<Option<Deep<'a>>, Reason> {
    if Format::of(bytes) != Some(Format::Png) {
        return Ok(None);
    }
    let header = header(bytes, most)?;
    let (channels, is_wide, len) = super::unbroken(|| png::decode_deep(bytes, pixels))?;
    Ok(Some(Deep {
        size: header.size,
        orientation: header.orientation,
        channels,
        is_wide,
        bytes: &pixels[..len],
    }))
}

/// Decodes the indices of a PNG that has a palette, of at most `most` pixels: one channel of bytes.
///
/// # Errors
/// When the file is no such image, or is damaged, or has more pixels.
pub fn decode_indices<'a>(
    bytes: &[u8],
    most: u64,
    pixels: &'a mut Vec<u8>,
) -> Result<Deep<'a>, Reason> {
    if Format::of(bytes) != Some(Format::Png) {
        return Err(Reason::new("not a PNG file"));
    }
    let header = header(bytes, most)?;
    super::unbroken(|| png::decode_indices(bytes, pixels))?;
    let size = header.size;
    Ok(Deep {
        size,
        orientation: header.orientation,
        channels: 1,
        is_wide: false,
        bytes: &pixels[..size.width as usize * size.height as usize],
    })
}

/// The header of a PNG of at most `most` pixels.
fn header(bytes: &[u8], most: u64) -> Result<Header, Reason> {
    let header = super::unbroken(|| png::header(bytes))?;
    let size = header.size;
    if size.pixels() > most {
        let pixels = size.pixels();
        return Err(Reason::new(format!(
            "{size} = {pixels} pixels, more than {most}"
        )));
    }
    Ok(header)
}

impl Deep<'_> {
    /// Sample `number`, from the front.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn sample(&self, number: usize) -> u16 {
        if self.is_wide {
            u16::from_be_bytes([self.bytes[2 * number], self.bytes[2 * number + 1]])
        } else {
            self.bytes[number].into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(color: ::png::ColorType, depth: ::png::BitDepth, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn alpha_and_both_bytes_are_kept() {
        use ::png::{BitDepth, ColorType};
        let data: Vec<u8> = (1..=16).collect();
        for (color, channels) in [
            (ColorType::Grayscale, 1),
            (ColorType::GrayscaleAlpha, 2),
            (ColorType::Rgb, 3),
            (ColorType::Rgba, 4),
        ] {
            for (depth, bytes) in [(BitDepth::Eight, 1), (BitDepth::Sixteen, 2)] {
                let data = &data[..2 * channels * bytes];
                let file = encoded(color, depth, data);
                let mut pixels = Vec::new();
                let image = decode(&file, 2, &mut pixels).unwrap().unwrap();
                assert_eq!((image.channels, image.bytes), (channels, data));
                assert_eq!((image.is_wide, is_wide(&file)), (bytes == 2, bytes == 2));
                let first = if bytes == 2 { 0x0102 } else { 1 };
                assert_eq!(image.sample(0), first);
                assert!(decode(&file, 1, &mut pixels).is_err());
            }
        }
        assert!(decode(b"GIF89a", 9, &mut Vec::new()).unwrap().is_none());
    }
}
