//! A staged strip to elements of the slot, front to back.

use super::colour::Stage;
use crate::image::resize::plan::Job;
use crate::pixel::{Layout, Linear, Output};
use crate::simd::{load_eight, store};
use std::arch::x86_64::*;

/// A run of bytes of the stage and where its elements go.
struct Run {
    /// First channel, which is the only one unless channels are interleaved.
    channel: usize,
    interleaved: usize,
    row: usize,
    length: usize,
    to: usize,
}

/// Calls `each` for every run of bytes that is contiguous on both sides.
fn runs(job: &Job<'_>, top: usize, rows: usize, mut each: impl FnMut(Run)) {
    let (planes, interleaved) = match job.layout {
        Layout::Nhwc => (1, job.channels),
        Layout::Nchw => (job.channels, 1),
    };
    // Narrower rows are padded in the stage and go one at a time.
    let (lines, together) = if job.width < 16 { (rows, 1) } else { (1, rows) };
    let line = job.width * interleaved;
    for channel in 0..planes {
        for row in 0..lines {
            let to = (channel * job.height + top + row) * line;
            each(Run {
                channel,
                interleaved,
                row,
                length: line * together,
                to,
            });
        }
    }
}

/// Writes output rows `top .. top + rows`.
#[target_feature(enable = "avx2,fma")]
pub(super) fn strip(
    job: &Job<'_>,
    stage: &Stage,
    top: usize,
    rows: usize,
    output: &mut Output<'_>,
) {
    runs(job, top, rows, |run| {
        let bytes = &stage.rows(run.interleaved, run.row, run.channel)[..run.length];
        let range = run.to..run.to + run.length;
        match output {
            Output::Uint8(data) => data[range].copy_from_slice(bytes),
            Output::Float32(data, linear) => {
                let channel = (run.interleaved == 1).then_some(run.channel);
                floats(bytes, &mut data[range], linear, channel);
            }
            Output::Half(data, table) => {
                if run.interleaved == 1 {
                    look_up(bytes, &mut data[range], &table[run.channel]);
                } else {
                    look_up_three(bytes, &mut data[range], table);
                }
            }
        }
    });
}

/// Elements of interleaved channels, or of one alone.
#[target_feature(enable = "avx2,fma")]
fn floats(bytes: &[u8], to: &mut [f32], linear: &Linear, channel: Option<usize>) {
    let channel_of = |i: usize| channel.unwrap_or(i % 3);
    let select = |values: [f32; 3]| channel.map_or(values, |channel| [values[channel]; 3]);
    let (scales, biases) = (cycle(select(linear.scale)), cycle(select(linear.bias)));
    let (blocks, rest) = bytes.as_chunks::<24>();
    let (targets, rest_to) = to.as_chunks_mut::<24>();
    for (block, to) in blocks.iter().zip(targets) {
        let eights = block.as_chunks().0.iter().zip(to.as_chunks_mut::<8>().0);
        for (q, (eight, to)) in eights.enumerate() {
            let value = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_eight(*eight)));
            store(to, _mm256_fmadd_ps(value, scales[q], biases[q]));
        }
    }
    for (i, (&byte, to)) in rest.iter().zip(rest_to).enumerate() {
        *to = linear.table[channel_of(i)][usize::from(byte)];
    }
}

/// 24 elements that repeat three.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn cycle([a, b, c]: [f32; 3]) -> [__m256; 3] {
    if a.to_bits() == b.to_bits() && b.to_bits() == c.to_bits() {
        return [_mm256_set1_ps(a); 3];
    }
    [
        _mm256_setr_ps(a, b, c, a, b, c, a, b),
        _mm256_setr_ps(c, a, b, c, a, b, c, a),
        _mm256_setr_ps(b, c, a, b, c, a, b, c),
    ]
}

/// One channel through its table. Byte indices need no check against 256 entries.
fn look_up(bytes: &[u8], to: &mut [u16], table: &[u16; 256]) {
    for (&byte, to) in bytes.iter().zip(to) {
        *to = table[usize::from(byte)];
    }
}

/// Three interleaved channels through their tables.
fn look_up_three(bytes: &[u8], to: &mut [u16], tables: &[[u16; 256]; 3]) {
    for (pixel, to) in bytes
        .as_chunks::<3>()
        .0
        .iter()
        .zip(to.as_chunks_mut::<3>().0)
    {
        for c in 0..3 {
            to[c] = tables[c][usize::from(pixel[c])];
        }
    }
}
