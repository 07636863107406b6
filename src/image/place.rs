//! Puts a small finished picture into a sample: turned, off the edge, and the rest filled.
//!
//! The path for pictures that need more than a resize: EXIF orientations other than upright and mirrored, and padding.
//! It works at the size of the output, after the resize, so turning costs little, whatever the source's size.

use super::resize::Output;
use crate::pixel::{Layout, Size};

/// How the picture lies in the sample.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// The size of the picture as it is stored.
    pub stored: Size,
    /// Columns and rows are exchanged.
    pub transpose: bool,
    /// Columns of the sample count from the right of the picture.
    pub mirror_x: bool,
    /// Rows of the sample count from the bottom of the picture.
    pub mirror_y: bool,
    /// Column and row of the sample where the turned picture begins.
    pub offset: (u32, u32),
    /// The size of the sample.
    pub size: Size,
    /// What surrounds the picture, per channel.
    pub fill: [u8; 3],
    /// Order of the axes of the sample.
    pub layout: Layout,
}

/// Writes `picture` (rows of pixels of `channels` interleaved bytes) as `placement` says.
///
/// # Panics
/// If the lengths of `picture` or `output` do not fit the sizes.
pub fn place(picture: &[u8], channels: usize, placement: &Placement, output: Output<'_>) {
    match output {
        Output::Uint8(data) => write(picture, channels, placement, data, |_, byte| byte),
        Output::Float32 { data, scale, bias } => {
            write(picture, channels, placement, data, |c, byte| f32::from(byte).mul_add(scale[c], bias[c]));
        }
        Output::Half { data, table } => {
            write(picture, channels, placement, data, |c, byte| table[c][usize::from(byte)]);
        }
    }
}

fn write<T: Copy>(picture: &[u8], channels: usize, at: &Placement, out: &mut [T], value: impl Fn(usize, u8) -> T) {
    let (width, height) = (at.size.width as usize, at.size.height as usize);
    assert_eq!(out.len(), width * height * channels, "a sample of {} pixels", at.size);
    let (pixel_step, channel_step) = match at.layout {
        Layout::Nhwc => (channels, 1),
        Layout::Nchw => (1, width * height),
    };
    let turned = if at.transpose { at.stored.transposed() } else { at.stored };
    let columns = at.offset.0 as usize..at.offset.0 as usize + turned.width as usize;
    let rows = at.offset.1 as usize..at.offset.1 as usize + turned.height as usize;
    for c in 0..channels {
        let fill = value(c, at.fill[c]);
        for y in 0..height {
            for x in 0..width {
                let inside = rows.contains(&y) && columns.contains(&x);
                let source = || picture[source_of(at, turned, x - columns.start, y - rows.start) * channels + c];
                out[(y * width + x) * pixel_step + c * channel_step] = if inside { value(c, source()) } else { fill };
            }
        }
    }
}

/// Number of the stored pixel that is seen at (x, y) of the turned picture.
fn source_of(at: &Placement, turned: Size, x: usize, y: usize) -> usize {
    let x = if at.mirror_x { turned.width as usize - 1 - x } else { x };
    let y = if at.mirror_y { turned.height as usize - 1 - y } else { y };
    let (column, row) = if at.transpose { (y, x) } else { (x, y) };
    row * at.stored.width as usize + column
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What EXIF says of a picture whose upright form is `abc / def`, for each of the eight values: how it is stored,
    /// and how it must be turned.
    #[test]
    fn the_eight_orientations_come_out_upright() {
        type Case = (&'static [u8], Size, (bool, bool, bool));
        let cases: [Case; 8] = [
            (b"abcdef", Size::new(3, 2), (false, false, false)),
            (b"cbafed", Size::new(3, 2), (false, true, false)),
            (b"fedcba", Size::new(3, 2), (false, true, true)),
            (b"defabc", Size::new(3, 2), (false, false, true)),
            (b"adbecf", Size::new(2, 3), (true, false, false)),
            (b"cfbead", Size::new(2, 3), (true, true, false)),
            (b"fcebda", Size::new(2, 3), (true, true, true)),
            (b"daebfc", Size::new(2, 3), (true, false, true)),
        ];
        for (stored, size, (transpose, mirror_x, mirror_y)) in cases {
            let placement = Placement {
                stored: size,
                transpose,
                mirror_x,
                mirror_y,
                offset: (0, 0),
                size: Size::new(3, 2),
                fill: [0; 3],
                layout: Layout::Nhwc,
            };
            let mut out = [0; 6];
            place(stored, 1, &placement, Output::Uint8(&mut out));
            assert_eq!(&out, b"abcdef", "{transpose} {mirror_x} {mirror_y}");
        }
    }

    #[test]
    fn the_rest_is_filled_in_every_layout_and_type() {
        let placement = Placement {
            stored: Size::new(1, 1),
            transpose: false,
            mirror_x: false,
            mirror_y: false,
            offset: (1, 0),
            size: Size::new(3, 1),
            fill: [7, 8, 9],
            layout: Layout::Nchw,
        };
        let mut out = [0.0; 9];
        let (scale, bias) = ([2.0; 3], [0.5; 3]);
        place(&[1, 2, 3], 3, &placement, Output::Float32 { data: &mut out, scale, bias });
        assert_eq!(out.map(f32::to_bits), [14.5f32, 2.5, 14.5, 16.5, 4.5, 16.5, 18.5, 6.5, 18.5].map(f32::to_bits));
    }
}
