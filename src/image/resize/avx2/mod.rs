//! The kernels for processors with AVX2 and FMA, 16 output rows (a strip) at a time.
//!
//! For each strip and plane: the vertical pass, a transposition, the horizontal pass across the
//! rows; then colour on tiles, staged, and written to the slot in one go. What a strip needs stays
//! in the nearer caches.
#![expect(unsafe_code, reason = "instructions beyond the baseline")]

mod colour;
mod horizontal;
mod vertical;
mod write;

use super::Request;
use super::axis::{Axis, Span};
use super::plan::{Job, Plans, Track};
use crate::pixel::{Output, Pixels};
use crate::simd::Avx2;

/// Output rows computed together.
const STRIP: usize = 16;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rows: vertical::Rows,
    pairs: [Vec<horizontal::Pair>; 3],
    /// 16 rows of each output column, for each channel.
    channels: [Vec<[i16; 16]>; 3],
    stage: colour::Stage,
}

/// Plans and does a whole request, which has been checked.
pub(super) fn run(
    _: Avx2,
    plans: &mut Plans,
    scratch: &mut Scratch,
    source: &Pixels<'_>,
    request: &Request,
    output: Output<'_>,
) {
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { strips(plans, scratch, source, request, output) }
}

/// Does a request that needs no filter.
pub(super) fn copy(_: Avx2, source: &Pixels<'_>, request: &Request, output: Output<'_>) {
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { copied(source, request, output) }
}

/// The same code as elsewhere, with the compiler free to use wider vectors.
#[target_feature(enable = "avx2,fma")]
fn copied(source: &Pixels<'_>, request: &Request, output: Output<'_>) {
    super::copy::copy::<true>(source, request, output);
}

#[target_feature(enable = "avx2,fma")]
fn strips(
    plans: &mut Plans,
    scratch: &mut Scratch,
    source: &Pixels<'_>,
    request: &Request,
    mut output: Output<'_>,
) {
    plans.build(source, request, |axis, span, bits, aligned| {
        plan(axis, span, bits, aligned);
    });
    let job = Job::new(source, request, plans);
    for channel in &mut scratch.channels {
        let width = job.width.max(16);
        if channel.len() < width {
            channel.resize(width, [0; 16]);
        }
    }
    for top in (0..job.height).step_by(STRIP) {
        let rows = STRIP.min(job.height - top);
        let mut channel = 0;
        for track in job.tracks() {
            passes(track, scratch, channel, top, rows);
            channel += track.channels;
        }
        scratch.stage.fill(&job, &scratch.channels);
        write::strip(&job, &scratch.stage, top, rows, &mut output);
    }
}

/// The weights: the same code as elsewhere, with the compiler free to use wider vectors. It may not
/// fuse multiplications and additions, so that the weights are the same too.
#[target_feature(enable = "avx2,fma")]
fn plan(axis: &mut Axis, span: Span, bits: u32, aligned: bool) {
    axis.build(span, bits, aligned);
}

/// Both passes of a track, to the channels from `channel` on.
#[target_feature(enable = "avx2,fma")]
fn passes(track: &Track<'_>, scratch: &mut Scratch, channel: usize, top: usize, rows: usize) {
    let Scratch {
        rows: strip,
        pairs,
        channels,
        ..
    } = scratch;
    let columns = &track.axes.columns;
    let pixels = columns.end - columns.first;
    strip.fill(track, top, rows);
    if track.channels == 3 {
        horizontal::turn_three(strip, pixels, pairs, columns.pairs);
    } else {
        horizontal::turn(strip, pixels, &mut pairs[0], columns.pairs);
    }
    for (pairs, out) in pairs.iter().zip(&mut channels[channel..][..track.channels]) {
        horizontal::sums(pairs, columns, track.axes.horizontal(track.meaning), out);
    }
}
