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
    room: &'a mut Vec<u8>,
) -> Result<Decoded<'a>, Reason> {
    if turn == Orientation::default() {
        return Ok(*decoded);
    }
    let (plane, channels) = interleaved(&decoded.pixels);
    let whole = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let stored = Size::new(whole(plane.width), whole(plane.height));
    let size = if turn.transpose {
        stored.transposed()
    } else {
        stored
    };
    let Orientation {
        transpose,
        mirror_x,
        mirror_y,
    } = turn;
    let (offset, fill, layout) = ((0, 0), [0; 3], Layout::Nhwc);
    let placement = Placement {
        transpose,
        mirror_x,
        mirror_y,
        offset,
        size,
        fill,
        layout,
    };
    let room = grow(room, plane.width * plane.height * channels)?;
    place(&plane, channels, &placement, Output::Uint8(room));
    let (x, y) = if transpose {
        (decoded.top, decoded.left)
    } else {
        (decoded.left, decoded.top)
    };
    let from = |mirror: bool, whole: u32, start: u32, len: u32| {
        if mirror { whole - start - len } else { start }
    };
    let plane = Plane {
        data: room,
        stride: size.width as usize * channels,
        width: size.width as usize,
        height: size.height as usize,
    };
    Ok(Decoded {
        pixels: if channels == 1 {
            Pixels::Gray(plane)
        } else {
            Pixels::Rgb(plane)
        },
        left: from(mirror_x, upright.width, x, size.width),
        top: from(mirror_y, upright.height, y, size.height),
        denominator: 1,
    })
}

/// The axes of a geometry, in the pixels of the upright image.
pub(super) fn axes(geometry: &Geometry, upright: Size) -> (Axis, Axis) {
    let Geometry {
        region,
        confine,
        size,
        resized,
        cut,
        ..
    } = *geometry;
    // Regions that confine are of whole pixels.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "inside an image"
    )]
    let axis = |start: f64, len: f64, whole: u32, resized: u32, first: u32, count: u32| Axis {
        start: if confine { start as usize } else { 0 },
        len: if confine {
            len as usize
        } else {
            whole as usize
        },
        resized: resized as usize,
        first: first as usize,
        count: count as usize,
    };
    (
        axis(
            region.left,
            region.width,
            upright.width,
            resized.width,
            cut.0,
            size.width,
        ),
        axis(
            region.top,
            region.height,
            upright.height,
            resized.height,
            cut.1,
            size.height,
        ),
    )
}

/// Resizes as Pillow does: bytes of the size of the geometry.
pub(super) fn resize_exactly<'a>(
    decoded: &Decoded<'_>,
    (across, down): (Axis, Axis),
    interpolation: Interpolation,
    reference: &'a mut Reference,
) -> Pixels<'a> {
    let (plane, channels) = interleaved(&decoded.pixels);
    let (left, top) = (decoded.left as usize, decoded.top as usize);
    let view = View {
        data: plane.data,
        stride: plane.stride,
        channels,
        left,
        top,
    };
    let data = reference.run(&view, across, down, interpolation);
    let plane = Plane {
        data,
        stride: across.count * channels,
        width: across.count,
        height: down.count,
    };
    if channels == 1 {
        Pixels::Gray(plane)
    } else {
        Pixels::Rgb(plane)
    }
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
