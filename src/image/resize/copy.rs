//! A part of the source as it is: no filter, only channels, layout, mirroring and element type.
//!
//! What needs no filter must not cost one: pixels that are stored at the size they are wanted at go to the slot at the speed
//! of memory. The loops are plain; compiled for AVX2, as [`super::avx2`] has them compiled, they become shuffles.

use super::{Output, Request};
use crate::pixel::{Channels, Layout, Pixels, Plane};

/// Whether the output is a part of the source, pixel by pixel.
#[expect(clippy::float_cmp, reason = "any other length, however near, is a resize")]
pub(super) fn is_copy(source: &Pixels<'_>, request: &Request) -> bool {
    let kept = match source {
        Pixels::Gray(_) => true,
        Pixels::Rgb(_) | Pixels::Planar(_) => request.channels != Channels::Gray,
        Pixels::Ycc { .. } => false,
    };
    let (width, height) = source.size();
    // Both ends inside: a region may stick out by a pixel.
    let whole = |left: f64, length: f64, outputs: u32, size: usize| {
        left.fract() == 0.0 && left >= 0.0 && length == f64::from(outputs) && left + length <= size as f64
    };
    let Request { region, size, .. } = *request;
    kept && whole(region.left, region.width, size.width, width) && whole(region.top, region.height, size.height, height)
}

/// Copies what `is_copy` has found to be a copy.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew for each instruction set")]
pub(super) fn copy(source: &Pixels<'_>, request: &Request, output: Output<'_>) {
    match output {
        Output::Uint8(data) if keeps_bytes(source, request) => bytes(source, request, data),
        Output::Uint8(data) => convert(source, request, data, |_, byte| byte),
        Output::Float32 { data, scale, bias } => {
            convert(source, request, data, |c, byte| f32::from(byte).mul_add(scale[c], bias[c]));
        }
        Output::Half { data, table } => convert(source, request, data, |c, byte| table[c][usize::from(byte)]),
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
    for (plane, data) in planes.iter().zip(data.chunks_exact_mut(row * request.size.height as usize)) {
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
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers inside the plane")]
fn origin(plane: &Plane<'_>, request: &Request, channels: usize) -> usize {
    request.region.top as usize * plane.stride + request.region.left as usize * channels
}

/// Red, green and blue in the order of the output.
fn ordered<T>([red, green, blue]: [T; 3], request: &Request) -> [T; 3] {
    if request.channels == Channels::Bgr { [blue, green, red] } else { [red, green, blue] }
}

/// Row by row, each byte through `value`, which is told the byte's channel in the output.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew for each instruction set")]
fn convert<T: Copy>(source: &Pixels<'_>, request: &Request, data: &mut [T], value: impl Fn(usize, u8) -> T) {
    let (width, swap) = (request.size.width as usize, request.channels == Channels::Bgr);
    for i in 0..request.size.height as usize {
        let line = |plane: &Plane<'_>, channels: usize| origin(plane, request, channels) + i * plane.stride;
        match source {
            Pixels::Rgb(plane) => {
                let pixels = plane.data[line(plane, 3)..][..3 * width].as_chunks::<3>().0;
                if swap {
                    three(request, i, data, |x| [pixels[x][2], pixels[x][1], pixels[x][0]], &value);
                } else {
                    three(request, i, data, |x| pixels[x], &value);
                }
            }
            Pixels::Planar(planes) => {
                let rows = planes.each_ref().map(|plane| &plane.data[line(plane, 1)..][..width]);
                let [a, b, c] = ordered(rows, request);
                three(request, i, data, |x| [a[x], b[x], c[x]], &value);
            }
            Pixels::Gray(plane) | Pixels::Ycc { y: plane, .. } => {
                let row = &plane.data[line(plane, 1)..][..width];
                if request.channels == Channels::Gray {
                    let out = &mut data[i * width..][..width];
                    turned(width, request.flip, |x| row[x], |x, byte| out[x] = value(0, byte));
                } else {
                    three(request, i, data, |x| [row[x]; 3], &value);
                }
            }
        }
    }
}

/// Writes row `i` of three channels.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew for each instruction set")]
fn three<T: Copy>(
    request: &Request,
    i: usize,
    data: &mut [T],
    pixel: impl Fn(usize) -> [u8; 3],
    value: impl Fn(usize, u8) -> T,
) {
    let (width, height) = (request.size.width as usize, request.size.height as usize);
    let value = |[a, b, c]: [u8; 3]| [value(0, a), value(1, b), value(2, c)];
    match request.layout {
        Layout::Nhwc => {
            let out = data[3 * i * width..][..3 * width].as_chunks_mut::<3>().0;
            turned(width, request.flip, pixel, |x, bytes| out[x] = value(bytes));
        }
        Layout::Nchw => {
            let (first, rest) = data.split_at_mut(width * height);
            let (second, third) = rest.split_at_mut(width * height);
            let [first, second, third] = [first, second, third].map(|plane| &mut plane[i * width..][..width]);
            turned(width, request.flip, pixel, |x, bytes| [first[x], second[x], third[x]] = value(bytes));
        }
    }
}

/// Hands each pixel of a row to its place, from the right if the row is mirrored.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled anew for each instruction set")]
fn turned<P>(width: usize, flip: bool, pixel: impl Fn(usize) -> P, mut put: impl FnMut(usize, P)) {
    if flip {
        for x in 0..width {
            put(x, pixel(width - 1 - x));
        }
    } else {
        for x in 0..width {
            put(x, pixel(x));
        }
    }
}
