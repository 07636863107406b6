//! A part of the source as it is: no filter, only channels, layout, mirroring and element type.
//!
//! What needs no filter must not cost one: pixels that are stored at the size they are wanted at go
//! to the slot at the speed of memory. The loops are plain; compiled for AVX2, as [`super::avx2`]
//! has them compiled, they become shuffles. 224x224 pixels within the caches: 1.2 us as they are, 5
//! to 7 from pixels to planes or mirrored planes, 16 to 20 mirrored or to interleaved pixels, 13 to
//! 25 to floats, where a resize to the same size takes 60 and more.
#![expect(
    clippy::cast_precision_loss,
    reason = "sides of images fit into 32 bits"
)]

use super::Request;
use crate::pixel::{Channels, Layout, Output, Pixels, Plane};

/// Whether the output is a part of the source, pixel by pixel.
#[expect(
    clippy::float_cmp,
    reason = "any other length, however near, is a resize"
)]
pub(super) fn is_copy(source: &Pixels<'_>, request: &Request) -> bool {
    let kept = match source {
        Pixels::Gray(_) => true,
        Pixels::Rgb(_) | Pixels::Planar(_) => request.channels != Channels::Gray,
        Pixels::Ycc { .. } => false,
    };
    let (width, height) = source.size();
    // Both ends inside: a region may stick out by a pixel.
    let whole = |left: f64, length: f64, outputs: u32, size: usize| {
        left.fract() == 0.0
            && left >= 0.0
            && length == f64::from(outputs)
            && left + length <= size as f64
    };
    let Request { region, size, .. } = *request;
    kept && whole(region.left, region.width, size.width, width)
        && whole(region.top, region.height, size.height, height)
}

/// Copies what `is_copy` has found to be a copy. `FUSED`: the processor has a fused multiply-add,
/// which vectorizes, as a look into a table does not.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each instruction set"
)]
pub(super) fn copy<const FUSED: bool>(source: &Pixels<'_>, request: &Request, output: Output<'_>) {
    match output {
        Output::Uint8(data) if keeps_bytes(source, request) => bytes(source, request, data),
        Output::Uint8(data) => convert(source, request, data, |_, byte| byte),
        Output::Float32(data, linear) if FUSED => {
            convert(source, request, data, |c, byte| linear.fused(c, byte));
        }
        Output::Float32(data, linear) => {
            convert(source, request, data, |c, byte| {
                linear.table[c][usize::from(byte)]
            });
        }
        Output::Half(data, table) => {
            convert(source, request, data, |c, byte| table[c][usize::from(byte)]);
        }
    }
}

/// Whether rows are to be as they are stored.
fn keeps_bytes(source: &Pixels<'_>, request: &Request) -> bool {
    let form = match source {
        Pixels::Rgb(_) => request.channels == Channels::Rgb && request.layout == Layout::Nhwc,
        Pixels::Planar(_) => request.layout == Layout::Nchw,
        Pixels::Gray(_) => request.channels == Channels::Gray || request.layout == Layout::Nchw,
        Pixels::Ycc { .. } => false,
    };
    form && !request.flip
}

/// The rows as they are stored, of one plane after the other.
fn bytes(source: &Pixels<'_>, request: &Request, data: &mut [u8]) {
    let (planes, channels) = match source {
        Pixels::Rgb(plane) => ([*plane; 3], 3),
        Pixels::Gray(plane) | Pixels::Ycc { y: plane, .. } => ([*plane; 3], 1),
        Pixels::Planar(planes) => (ordered(*planes, request), 1),
    };
    let row = request.size.width as usize * channels;
    for (plane, data) in planes
        .iter()
        .zip(data.chunks_exact_mut(row * request.size.height as usize))
    {
        let from = &plane.data[origin(plane, request, channels)..];
        if plane.stride == row {
            data.copy_from_slice(&from[..data.len()]);
            continue;
        }
        for (i, to) in data.chunks_exact_mut(row).enumerate() {
            to.copy_from_slice(&from[i * plane.stride..][..row]);
        }
    }
}

/// Where the region begins in a plane of `channels` bytes a pixel.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers inside the plane"
)]
fn origin(plane: &Plane<'_>, request: &Request, channels: usize) -> usize {
    request.region.top as usize * plane.stride + request.region.left as usize * channels
}

/// Red, green and blue in the order of the output.
fn ordered<T>([red, green, blue]: [T; 3], request: &Request) -> [T; 3] {
    if request.channels == Channels::Bgr {
        [blue, green, red]
    } else {
        [red, green, blue]
    }
}

/// Pixels of a row that are moved to planes together: whole vectors, of which the last overlaps the
/// one before it.
const BLOCK: usize = 32;

/// Pixels of a row of the source.
#[derive(Clone, Copy)]
enum Row<'a> {
    Together(&'a [[u8; 3]]),
    Apart([&'a [u8]; 3]),
}

/// Row by row, each byte through `value`, which is told the byte's channel in the output.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each instruction set"
)]
fn convert<T: Copy>(
    source: &Pixels<'_>,
    request: &Request,
    data: &mut [T],
    value: impl Fn(usize, u8) -> T + Copy,
) {
    let width = request.size.width as usize;
    for i in 0..request.size.height as usize {
        let line = |plane: &Plane<'_>, channels: usize| {
            origin(plane, request, channels) + i * plane.stride
        };
        let row = match source {
            Pixels::Rgb(plane) => {
                Row::Together(plane.data[line(plane, 3)..][..3 * width].as_chunks().0)
            }
            Pixels::Planar(planes) => Row::Apart(
                planes
                    .each_ref()
                    .map(|plane| &plane.data[line(plane, 1)..][..width]),
            ),
            Pixels::Gray(plane) | Pixels::Ycc { y: plane, .. } => {
                Row::Apart([&plane.data[line(plane, 1)..][..width]; 3])
            }
        };
        if request.layout == Layout::Nhwc && request.channels != Channels::Gray {
            together(
                row,
                request,
                data[3 * width * i..][..3 * width].as_chunks_mut().0,
                value,
            );
        } else if width < BLOCK {
            (0..width).for_each(|x| block::<T, 1>(row, request, (i, x), data, value));
        } else {
            let last = width - BLOCK;
            (0..width)
                .step_by(BLOCK)
                .for_each(|x| block::<T, BLOCK>(row, request, (i, x.min(last)), data, value));
        }
    }
}

/// Writes a row of pixels.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each instruction set"
)]
fn together<T>(
    row: Row<'_>,
    request: &Request,
    to: &mut [[T; 3]],
    value: impl Fn(usize, u8) -> T + Copy,
) {
    let three = |[a, b, c]: [u8; 3]| [value(0, a), value(1, b), value(2, c)];
    match row {
        Row::Together(pixels) if request.channels == Channels::Bgr => {
            turned(request.flip, to, |x| {
                three([pixels[x][2], pixels[x][1], pixels[x][0]])
            });
        }
        Row::Together(pixels) => turned(request.flip, to, |x| three(pixels[x])),
        Row::Apart(planes) => {
            let [a, b, c] = ordered(planes, request);
            turned(request.flip, to, |x| three([a[x], b[x], c[x]]));
        }
    }
}

/// Fetches each pixel of a row, from the right if the row is mirrored.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each instruction set"
)]
fn turned<P>(flip: bool, to: &mut [P], pixel: impl Fn(usize) -> P) {
    let width = to.len();
    if flip {
        to.iter_mut()
            .enumerate()
            .for_each(|(x, to)| *to = pixel(width - 1 - x));
    } else {
        to.iter_mut().enumerate().for_each(|(x, to)| *to = pixel(x));
    }
}

/// Writes `N` pixels at column `x` of row `i` to planes.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled anew for each instruction set"
)]
fn block<T: Copy, const N: usize>(
    row: Row<'_>,
    request: &Request,
    (i, x): (usize, usize),
    data: &mut [T],
    value: impl Fn(usize, u8) -> T + Copy,
) {
    let (width, height) = (request.size.width as usize, request.size.height as usize);
    let from = if request.flip { width - x - N } else { x };
    let mut channels = [[0; N]; 3];
    match row {
        Row::Together(pixels) => {
            for (p, pixel) in pixels[from..][..N].iter().enumerate() {
                for (channel, byte) in channels.iter_mut().zip(pixel) {
                    channel[p] = *byte;
                }
            }
        }
        Row::Apart(planes) => {
            for (channel, plane) in channels.iter_mut().zip(planes) {
                channel.copy_from_slice(&plane[from..][..N]);
            }
        }
    }
    if request.flip {
        for channel in &mut channels {
            channel.reverse();
        }
    }
    let [first, second, third] = ordered(channels, request);
    let mut rows = data
        .chunks_exact_mut(width * height)
        .map(|plane| &mut plane[i * width + x..][..N]);
    // Written out, so that what belongs to a channel stays in registers.
    let put = |(to, byte): (&mut T, u8), c| *to = value(c, byte);
    rows.next()
        .into_iter()
        .for_each(|to| to.iter_mut().zip(first).for_each(|pair| put(pair, 0)));
    rows.next()
        .into_iter()
        .for_each(|to| to.iter_mut().zip(second).for_each(|pair| put(pair, 1)));
    rows.next()
        .into_iter()
        .for_each(|to| to.iter_mut().zip(third).for_each(|pair| put(pair, 2)));
}
