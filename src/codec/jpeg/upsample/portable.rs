//! Upsampling and colour conversion a sample at a time: for samplings that are rare, and processors
//! without AVX2.

use super::{Method, Track};

/// Row `y` of the image, from column `left` on.
pub(super) fn upsample(track: &Track<'_>, left: u32, y: u32, out: &mut [u8]) {
    match track.method {
        Method::Same => out.copy_from_slice(&track.from(y, left)[..out.len()]),
        Method::Repeat => {
            let row = track.row(y / track.ratio.1);
            for (pixel, x) in out.iter_mut().zip(left..) {
                *pixel = row[(x / track.ratio.0 - track.cut.left) as usize];
            }
        }
        Method::Down => down(track, left, y, out),
        Method::Across => {
            let row = track.row(y);
            across::<4>(track, left, out, |column| u16::from(row[column]), [1, 2]);
        }
        Method::Both => {
            let (near, far) = track.nearest(y);
            let (near, far) = (track.row(near), track.row(far));
            let sum = |column: usize| 3 * u16::from(near[column]) + u16::from(far[column]);
            across::<16>(track, left, out, sum, [8, 7]);
        }
    }
}

/// Interpolates between rows.
fn down(track: &Track<'_>, left: u32, y: u32, out: &mut [u8]) {
    let (near, far) = track.nearest(y);
    let (near, far) = (track.from(near, left), track.from(far, left));
    let bias = if y.is_multiple_of(2) { 1 } else { 2 };
    for ((pixel, near), far) in out.iter_mut().zip(near).zip(far) {
        *pixel = quotient::<4>(3 * u16::from(*near) + u16::from(*far) + bias);
    }
}

/// Interpolates between columns of values that `WEIGHT` stands for four times over; even and odd
/// columns of pixels are rounded by a bias each.
fn across<const WEIGHT: u16>(
    track: &Track<'_>,
    left: u32,
    out: &mut [u8],
    value: impl Fn(usize) -> u16,
    bias: [u16; 2],
) {
    for (pixel, x) in out.iter_mut().zip(left..) {
        let (near, far) = columns(track, x);
        *pixel = quotient::<WEIGHT>(3 * value(near) + value(far) + bias[x as usize % 2]);
    }
}

/// Of two pixels for each sample: the columns of the cut nearest to and next nearest to pixel `x`.
fn columns(track: &Track<'_>, x: u32) -> (usize, usize) {
    let near = (x / 2 - track.cut.left) as usize;
    if x.is_multiple_of(2) {
        return (near, near.saturating_sub(1));
    }
    (near, (near + 1).min(track.cut.width as usize - 1))
}

/// A weighted mean of bytes whose weights add up to `WEIGHT`.
fn quotient<const WEIGHT: u16>(sum: u16) -> u8 {
    u8::try_from(sum / WEIGHT).unwrap_or(u8::MAX)
}

/// Rows of Y, Cb and Cr to interleaved RGB, with the factors and the rounding of libjpeg's tables.
pub(super) fn colour(luma: &[u8], blue: &[u8], red: &[u8], out: &mut [u8]) {
    let samples = luma.iter().zip(blue).zip(red);
    for (((luma, blue), red), out) in samples.zip(out.as_chunks_mut::<3>().0) {
        let (luma, blue, red) = (
            i32::from(*luma),
            i32::from(*blue) - 128,
            i32::from(*red) - 128,
        );
        let scaled = |sum: i32| (sum + (1 << 15)) >> 16;
        let byte = |value: i32| u8::try_from(value.clamp(0, 255)).unwrap_or_default();
        *out = [
            byte(luma + scaled(91881 * red)),
            byte(luma + scaled(-22554 * blue - 46802 * red)),
            byte(luma + scaled(116_130 * blue)),
        ];
    }
}
