//! The kernels in plain Rust, a row of the output at a time: what runs where there is no AVX2, and
//! what the SIMD code is compared with, byte for byte.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "halves of a pair of weights, and values clamped or known to fit"
)]

use super::axis::Axis;
use super::plan::{Axes, Colour, Job, SAMPLE_BITS, Track};
use super::write;
use crate::pixel::Output;

/// Working memory of a row.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    sums: Vec<i32>,
    /// A row after the vertical pass.
    row: Vec<i16>,
    /// A row of each channel after the horizontal pass.
    channels: [Vec<i16>; 3],
    /// A row of each output channel.
    bytes: [Vec<u8>; 3],
}

/// Factors of Cb and Cr with 15 fraction bits. Those above one are less one, which is added apart.
pub(super) const RED_CR: i16 = 13173;
/// Cb in green.
pub(super) const GREEN_CB: i16 = -11277;
/// Cr in green.
pub(super) const GREEN_CR: i16 = -23401;
/// Cb in blue, less one.
pub(super) const BLUE_CB: i16 = 25297;

/// Does `job`, all of it.
pub(super) fn run(job: &Job<'_>, scratch: &mut Scratch, mut output: Output<'_>) {
    for i in 0..job.height {
        let mut channel = 0;
        for track in job.tracks() {
            vertical(track, i, &mut scratch.sums, &mut scratch.row);
            for offset in 0..track.channels {
                horizontal(track, offset, &scratch.row, &mut scratch.channels[channel]);
                channel += 1;
            }
        }
        colour(job, &scratch.channels, &mut scratch.bytes);
        write::row(job, i, &scratch.bytes, &mut output);
    }
}

/// Row `i` of the vertical pass: all bytes that the horizontal pass will read, followed by zeros
/// for weights of zero.
fn vertical(track: &Track<'_>, i: usize, sums: &mut Vec<i32>, row: &mut Vec<i16>) {
    let Axes { rows, columns } = track.axes;
    let shift = track.axes.vertical();
    let bytes = columns.first * track.channels..columns.end * track.channels;
    sums.clear();
    sums.resize(bytes.len(), 0);
    for k in 0..rows.count(i) {
        let weight = weights(rows.pair(i, k / 2))[k % 2];
        let start = (rows.first + rows.start(i) + k) * track.plane.stride;
        let source = &track.plane.data[start..][bytes.clone()];
        for (sum, &byte) in sums.iter_mut().zip(source) {
            *sum = sum.wrapping_add(i32::from(byte) * i32::from(weight));
        }
    }
    row.clear();
    row.extend(sums.iter().map(|&sum| saturate(sum >> shift)));
    row.resize(bytes.len() + (2 * columns.pairs + 1) * track.channels, 0);
}

/// The horizontal pass of one channel of a row.
fn horizontal(track: &Track<'_>, offset: usize, row: &[i16], out: &mut Vec<i16>) {
    let columns: &Axis = &track.axes.columns;
    let (from, shift) = track.axes.horizontal(track.meaning);
    let step = track.channels;
    out.clear();
    for (starts, pairs) in columns.groups() {
        for (l, &start) in starts.iter().enumerate().take(columns.outputs - out.len()) {
            let samples = row[start as usize * step + offset..].chunks_exact(2 * step);
            let sum = pairs
                .iter()
                .zip(samples)
                .fold(from, |sum, (pair, samples)| {
                    let [first, second] = weights(pair[l]);
                    let product = i32::from(first) * i32::from(samples[0]);
                    sum.wrapping_add(product)
                        .wrapping_add(i32::from(second) * i32::from(samples[step]))
                });
            out.push(saturate(sum >> shift));
        }
    }
}

/// The two weights of a pair.
fn weights(pair: u32) -> [i16; 2] {
    [pair as i16, (pair >> 16) as i16]
}

/// Resized channels of a row to bytes.
fn colour(job: &Job<'_>, channels: &[Vec<i16>; 3], bytes: &mut [Vec<u8>; 3]) {
    let [first, second, third] = channels;
    let wide = || {
        first
            .iter()
            .zip(second)
            .zip(third)
            .map(|((&a, &b), &c)| [a, b, c])
    };
    match job.colour {
        Colour::Keep | Colour::Repeat => {
            let kept = if job.colour == Colour::Repeat {
                1
            } else {
                job.channels
            };
            for (bytes, channel) in bytes.iter_mut().zip(channels).take(kept) {
                fill(bytes, channel.iter().map(|&v| narrow(v)));
            }
            for bytes in bytes.iter_mut().take(job.channels).skip(kept) {
                fill(bytes, first.iter().map(|&v| narrow(v)));
            }
        }
        Colour::Weigh => fill(&mut bytes[0], wide().map(|rgb| luma(rgb.map(narrow)))),
        Colour::Jfif => {
            let [red, green, blue] = bytes.each_mut().map(|bytes| {
                bytes.resize(first.len(), 0);
                bytes.iter_mut()
            });
            for (((ycc, red), green), blue) in wide().zip(red).zip(green).zip(blue) {
                [*red, *green, *blue] = jfif(ycc).map(narrow);
            }
        }
    }
    if job.swap {
        bytes.swap(0, 2);
    }
}

/// Replaces what is in `bytes`.
fn fill(bytes: &mut Vec<u8>, values: impl Iterator<Item = u8>) {
    bytes.clear();
    bytes.extend(values);
}

/// Red, green and blue; luma has had half a unit added.
fn jfif([y, cb, cr]: [i16; 3]) -> [i16; 3] {
    let green = part(cb, GREEN_CB).saturating_add(part(cr, GREEN_CR));
    [
        y.saturating_add(cr).saturating_add(part(cr, RED_CR)),
        y.saturating_add(green),
        y.saturating_add(cb).saturating_add(part(cb, BLUE_CB)),
    ]
}

/// A rounded product of a sample and a factor with 15 fraction bits.
fn part(sample: i16, factor: i16) -> i16 {
    ((i32::from(sample) * i32::from(factor) + 0x4000) >> 15) as i16
}

/// Pillow's luma.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue) + 0x8000) >> 16)
        as u8
}

/// A sample without its fraction.
fn narrow(sample: i16) -> u8 {
    (sample >> SAMPLE_BITS).clamp(0, 255) as u8
}

/// The nearest number that 16 bits can hold.
fn saturate(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
