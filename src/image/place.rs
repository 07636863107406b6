//! Puts a small finished image into a sample: turned, off the edge, and the rest filled.
//!
//! The path for images that need more than a resize: EXIF orientations other than upright and
//! mirrored, and padding. It works at the size of the output, after the resize, so turning costs
//! little, whatever the source's size.

use crate::pixel::{Layout, Orientation, Output, Plane, Size};

/// How the image lies in the sample.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// How the image must be turned.
    pub turn: Orientation,
    /// Column and row of the sample where the turned image begins.
    pub offset: (u32, u32),
    /// The size of the sample.
    pub size: Size,
    /// What surrounds the image, per channel.
    pub fill: [u8; 3],
    /// Order of the axes of the sample.
    pub layout: Layout,
}

/// Writes `image` (rows of pixels of `channels` interleaved bytes) as `placement` says.
///
/// # Panics
/// If the lengths of `image` or `output` do not fit the sizes.
pub fn place(image: &Plane<'_>, channels: usize, placement: &Placement, output: Output<'_>) {
    match output {
        Output::Uint8(data) => write(image, channels, placement, data, |_, byte| byte),
        Output::Float32(data, linear) => {
            write(image, channels, placement, data, |c, byte| {
                linear.table[c][usize::from(byte)]
            });
        }
        Output::Half(data, table) => {
            write(image, channels, placement, data, |c, byte| {
                table[c][usize::from(byte)]
            });
        }
    }
}

fn write<T: Copy>(
    image: &Plane<'_>,
    channels: usize,
    at: &Placement,
    out: &mut [T],
    value: impl Fn(usize, u8) -> T,
) {
    let (width, height) = (at.size.width as usize, at.size.height as usize);
    let len = width * height * channels;
    assert_eq!(out.len(), len, "a sample of {} pixels", at.size);
    let (pixel_step, channel_step) = match at.layout {
        Layout::Nhwc => (channels, 1),
        Layout::Nchw => (1, width * height),
    };
    let turned = if at.turn.transpose {
        (image.height, image.width)
    } else {
        (image.width, image.height)
    };
    let (left, top) = (at.offset.0 as usize, at.offset.1 as usize);
    let (columns, rows) = (left..left + turned.0, top..top + turned.1);
    for c in 0..channels {
        let fill = value(c, at.fill[c]);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let to = &mut out[(y * width + x) * pixel_step + c * channel_step];
            *to = if rows.contains(&y) && columns.contains(&x) {
                let (column, row) = source_of(at, turned, x - left, y - top);
                value(c, image.data[row * image.stride + column * channels + c])
            } else {
                fill
            };
        }
    }
}

/// Column and row of the stored pixel that is seen at (x, y) of the turned image.
fn source_of(at: &Placement, turned: (usize, usize), x: usize, y: usize) -> (usize, usize) {
    let x = if at.turn.mirror_x {
        turned.0 - 1 - x
    } else {
        x
    };
    let y = if at.turn.mirror_y {
        turned.1 - 1 - y
    } else {
        y
    };
    if at.turn.transpose { (y, x) } else { (x, y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Linear;

    /// What EXIF says of an image whose upright form is `abc / def`, for each of the eight values:
    /// how it is stored, and how it must be turned.
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
            let (width, height) = (size.width as usize, size.height as usize);
            // Rows may be further apart than they are long.
            let rows: Vec<u8> = stored
                .chunks(width)
                .flat_map(|row| [row, b"??"].concat())
                .collect();
            let image = Plane {
                data: &rows,
                stride: width + 2,
                width,
                height,
            };
            let turn = Orientation {
                transpose,
                mirror_x,
                mirror_y,
            };
            let placement = Placement {
                turn,
                offset: (0, 0),
                size: Size::new(3, 2),
                fill: [0; 3],
                layout: Layout::Nhwc,
            };
            let mut out = [0; 6];
            place(&image, 1, &placement, Output::Uint8(&mut out));
            assert_eq!(&out, b"abcdef", "{transpose} {mirror_x} {mirror_y}");
        }
    }

    #[test]
    fn the_rest_is_filled_in_every_layout_and_type() {
        let image = Plane {
            data: &[1, 2, 3],
            stride: 3,
            width: 1,
            height: 1,
        };
        let placement = Placement {
            turn: Orientation::default(),
            offset: (1, 0),
            size: Size::new(3, 1),
            fill: [7, 8, 9],
            layout: Layout::Nchw,
        };
        let mut out = [0.0; 9];
        let linear = Linear::new([2.0; 3], [0.5; 3]);
        place(&image, 3, &placement, Output::Float32(&mut out, &linear));
        assert_eq!(
            out.map(f32::to_bits),
            [14.5f32, 2.5, 14.5, 16.5, 4.5, 16.5, 18.5, 6.5, 18.5].map(f32::to_bits)
        );
    }
}
