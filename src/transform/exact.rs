//! The way of `exact`: every pixel decoded, turned upright at full size, and resized as Pillow does
//! it.
//!
//! Bilinear weights do not overshoot and have no ties, so the fast resize is within 1 of Pillow's;
//! bicubic and Lanczos take it in two passes that are clipped in between, within 2; nearest and
//! area, where a tie moves a whole sample, go through Pillow's own arithmetic in
//! [`crate::image::reference`].

use crate::codec::{Decoded, Orientation, Reason, grow};
use crate::image::place::{Placement, place};
use crate::image::reference::{Axis, Reference, View};
use crate::pixel::{Interpolation, Layout, Output, Pixels, Plane, Size};

use super::geometry::Geometry;

/// What was decoded, turned upright at its full size: where ties of a filter fall depends on the
/// side they are seen from.
pub(super) fn turned_upright<'a>(
    decoded: &Decoded<'a>,
    turn: Orientation,
    upright: Size,
    buffer: &'a mut Vec<u8>,
) -> Result<Decoded<'a>, Reason> {
    if turn == Orientation::default() {
        return Ok(*decoded);
    }
    let (plane, channels) = interleaved(&decoded.pixels);
    let whole = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let size = turn.turned(Size::new(whole(plane.width), whole(plane.height)));
    let placement = Placement {
        turn,
        offset: (0, 0),
        size,
        fill: [0; 3],
        layout: Layout::Nhwc,
    };
    let data = grow(buffer, plane.width * plane.height * channels)?;
    place(&plane, channels, &placement, Output::Uint8(data));
    let (width, height) = (size.width as usize, size.height as usize);
    let plane = Plane::packed(data, width, height, channels);
    let (left, top) = turned_corner(decoded, turn, size, upright);
    Ok(Decoded {
        pixels: Pixels::interleaved(plane, channels),
        left,
        top,
        denominator: 1,
    })
}

/// Where in the upright image lies what was decoded, which is of this size when it is turned.
fn turned_corner(
    decoded: &Decoded<'_>,
    turn: Orientation,
    size: Size,
    upright: Size,
) -> (u32, u32) {
    let (x, y) = if turn.transpose {
        (decoded.top, decoded.left)
    } else {
        (decoded.left, decoded.top)
    };
    let start = |mirror: bool, whole: u32, start: u32, len: u32| {
        if mirror { whole - start - len } else { start }
    };
    (
        start(turn.mirror_x, upright.width, x, size.width),
        start(turn.mirror_y, upright.height, y, size.height),
    )
}

/// The axes of a geometry, across and down, in the pixels of the upright image.
pub(super) fn axes(geometry: &Geometry, upright: Size) -> (Axis, Axis) {
    let Geometry {
        region,
        cut,
        size,
        resized,
        ..
    } = *geometry;
    let across = (region.left, region.width);
    let down = (region.top, region.height);
    (
        axis(
            geometry.confine.then_some(across),
            upright.width,
            resized.width,
            (cut.0, size.width),
        ),
        axis(
            geometry.confine.then_some(down),
            upright.height,
            resized.height,
            (cut.1, size.height),
        ),
    )
}

/// The axis of a side of `whole` pixels, or of the part of it that confines, in whole pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "inside an image"
)]
fn axis(part: Option<(f64, f64)>, whole: u32, resized: u32, (first, count): (u32, u32)) -> Axis {
    let (start, len) = part.unwrap_or((0.0, f64::from(whole)));
    Axis {
        start: start as usize,
        len: len as usize,
        resized: resized as usize,
        first: first as usize,
        count: count as usize,
    }
}

/// Resizes as Pillow does: bytes of the size of the geometry.
pub(super) fn resize_exactly<'a>(
    decoded: &Decoded<'_>,
    (across, down): (Axis, Axis),
    interpolation: Interpolation,
    reference: &'a mut Reference,
) -> Pixels<'a> {
    let (plane, channels) = interleaved(&decoded.pixels);
    let view = View {
        data: plane.data,
        stride: plane.stride,
        channels,
        left: decoded.left as usize,
        top: decoded.top as usize,
    };
    let data = reference.run(&view, across, down, interpolation);
    let plane = Plane::packed(data, across.count, down.count, channels);
    Pixels::interleaved(plane, channels)
}

/// The rows and the bytes a pixel of pixels that are not planes, which `exact` never asks for.
fn interleaved<'a>(pixels: &Pixels<'a>) -> (Plane<'a>, usize) {
    match pixels {
        Pixels::Gray(plane) | Pixels::Planar([plane, ..]) | Pixels::Ycc { y: plane, .. } => {
            (*plane, 1)
        }
        Pixels::Rgb(plane) => (*plane, 3),
    }
}
