//! BMP, GIF (first frame) and WebP, through the crates that know them: rare in training sets, so decoded as a whole.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder};
use image::{ColorType, ImageDecoder};
use image_webp::WebPDecoder;

use super::{Format, Header, Orientation, Reason, cleared, png::keep_first};
use crate::pixel::Size;

pub(super) fn header(bytes: &[u8], format: Format) -> Result<Header, Reason> {
    let (size, orientation) = match format {
        Format::Bmp => (dimensions(&bmp(bytes)?), Orientation::default()),
        Format::Gif => (dimensions(&gif(bytes)?), Orientation::default()),
        _ => webp_header(bytes)?,
    };
    Ok(Header { format, size, orientation })
}

/// Decodes into the front of `pixels`; returns the channels, 1 or 3.
pub(super) fn decode(bytes: &[u8], format: Format, size: Size, pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    match format {
        Format::Bmp => with_image(bmp(bytes)?, size, pixels),
        Format::Gif => with_image(gif(bytes)?, size, pixels),
        _ => with_webp(bytes, size, pixels),
    }
}

fn bmp(bytes: &[u8]) -> Result<BmpDecoder<Cursor<&[u8]>>, Reason> {
    BmpDecoder::new(Cursor::new(bytes)).map_err(Reason::new)
}

fn gif(bytes: &[u8]) -> Result<GifDecoder<Cursor<&[u8]>>, Reason> {
    GifDecoder::new(Cursor::new(bytes)).map_err(Reason::new)
}

fn webp(bytes: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>, Reason> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(Reason::new)
}

fn dimensions(decoder: &impl ImageDecoder) -> Size {
    let (width, height) = decoder.dimensions();
    Size::new(width, height)
}

fn webp_header(bytes: &[u8]) -> Result<(Size, Orientation), Reason> {
    let mut decoder = webp(bytes)?;
    let (width, height) = decoder.dimensions();
    let exif = decoder.exif_metadata().map_err(Reason::new)?;
    let orientation = exif.map_or_else(Orientation::default, |block| Orientation::from_exif(&block));
    Ok((Size::new(width, height), orientation))
}

fn with_image(decoder: impl ImageDecoder, size: Size, pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let color = decoder.color_type();
    let count = size.width as usize * size.height as usize;
    decoder.read_image(cleared(pixels, count * usize::from(color.bytes_per_pixel()))?).map_err(Reason::new)?;
    match color {
        ColorType::L8 => Ok(1),
        ColorType::Rgb8 => Ok(3),
        ColorType::Rgba8 => {
            keep_first::<4, 3>(pixels, count);
            Ok(3)
        }
        other => Err(Reason::new(format!("pixels of the kind {other:?} are not supported"))),
    }
}

fn with_webp(bytes: &[u8], size: Size, pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let mut decoder = webp(bytes)?;
    let count = size.width as usize * size.height as usize;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    decoder.read_image(cleared(pixels, count * channels)?).map_err(Reason::new)?;
    if channels == 4 {
        keep_first::<4, 3>(pixels, count);
    }
    Ok(3)
}
