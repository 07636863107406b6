//! GIF: the first frame, on a canvas that holds it whole.

use gif::{DecodeOptions, Frame, MemoryLimit};

use super::{Format, Header, Orientation, Reason, grow};
use crate::pixel::Size;

type Decoder<'a> = gif::Decoder<&'a [u8]>;

/// Reads up to the data of the first frame.
fn open(bytes: &[u8]) -> Result<(Decoder<'_>, Frame<'static>), Reason> {
    let mut options = DecodeOptions::new();
    // Of what the decoder keeps, nothing is longer than the file.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(bytes).map_err(Reason::new)?;
    let frame = decoder.next_frame_info().map_err(Reason::new)?.cloned();
    Ok((decoder, frame.ok_or(Reason::EmptyGif)?))
}

/// The canvas grows with a frame that does not fit, as in Pillow.
fn canvas(decoder: &Decoder<'_>, frame: &Frame<'_>) -> Size {
    let width = side(decoder.width(), frame.left, frame.width);
    let height = side(decoder.height(), frame.top, frame.height);
    Size::new(width, height)
}

fn side(screen: u16, start: u16, len: u16) -> u32 {
    u32::from(screen).max(u32::from(start) + u32::from(len))
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, Reason> {
    let (decoder, frame) = open(bytes)?;
    Ok(Header {
        format: Format::Gif,
        size: canvas(&decoder, &frame),
        orientation: Orientation::default(),
    })
}

/// Decodes into the front of `pixels`; returns the channels, which are 3.
pub(super) fn decode(bytes: &[u8], pixels: &mut Vec<u8>) -> Result<usize, Reason> {
    let (mut decoder, frame) = open(bytes)?;
    let size = canvas(&decoder, &frame);
    let (columns, rows) = (size.width as usize, size.height as usize);
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    // Indices lie behind the pixels that are made of them.
    let room = grow(pixels, 3 * columns * rows + width * height)?;
    let (out, indices) = room.split_at_mut(3 * columns * rows);
    decoder.read_into_buffer(indices).map_err(Reason::new)?;
    let colors = colors(&decoder)?;
    let out = out.as_chunks_mut().0;
    if (columns, rows) != (width, height) {
        // Around the frame Pillow shows what is transparent, otherwise the first colour.
        out.fill(colors[usize::from(frame.transparent.unwrap_or(0))]);
    }
    for (y, indices) in indices.chunks_exact(width.max(1)).enumerate() {
        let start = columns * (usize::from(frame.top) + y) + usize::from(frame.left);
        for (pixel, index) in out[start..].iter_mut().zip(indices) {
            *pixel = colors[usize::from(*index)];
        }
    }
    Ok(3)
}

/// The colour of each index.
fn colors(decoder: &Decoder<'_>) -> Result<[[u8; 3]; 256], Reason> {
    let mut colors = [[0; 3]; 256];
    let palette = decoder.palette().map_err(Reason::new)?;
    for (color, stored) in colors.iter_mut().zip(palette.as_chunks().0) {
        *color = *stored;
    }
    Ok(colors)
}
