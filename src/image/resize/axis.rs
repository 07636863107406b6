//! The weights of one axis: for each output, where it starts to read and how much of each sample it
//! takes.
//!
//! Windows and weights are those of Pillow's `precompute_coeffs`, in doubles. Chroma that has fewer
//! samples than there are pixels gets the weights that its upsampled samples would have ([`Grid`]):
//! that is resizing what `exact` resizes, only for the price of the samples there are. They are
//! rebuilt for every new geometry, since random crops never repeat one, so building is written for
//! speed: no allocation once the tables have grown, eight outputs abreast in loops that the
//! compiler vectorises. The four axes of a 4:2:0 image with 224 outputs each take about 4.5 us
//! (bilinear, from a profile), a tenth of the whole.
//!
//! Weights become 16-bit integers with as many fraction bits as the largest of them leaves room
//! for: 14 when enlarging, one more for each doubling of the scale. With a fixed number of bits the
//! weights of 800 taps would have four significant bits and be off by 2 in the result. Rounding is
//! cumulative (each partial sum is rounded), so that weights always sum to exactly one and their
//! errors cancel over neighbouring samples.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "positions lie in an image whose sides fit into 32 bits, or are clamped to it"
)]
#![expect(
    clippy::inline_always,
    reason = "compiled once for each instruction set, which only inlining can do"
)]

use super::filter::{Cubic, Filter, LANES, Lanczos, Lanes, Mean, Triangle};
use crate::pixel::Interpolation;

/// The least number of fraction bits.
const LEAST_BITS: u32 = 8;

/// How samples lie to the pixels that the filter is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grid {
    /// One for each pixel.
    Same,
    /// One for each two pixels. A pixel is three quarters its own sample and one quarter the next
    /// one on its side, which is how libjpeg upsamples.
    Interpolated { samples: usize },
    /// One for each `ratio` pixels, which are all it.
    Repeated { samples: usize, ratio: usize },
}

/// What an axis has to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// How samples lie to pixels.
    pub(super) grid: Grid,
    /// Pixels that may be read.
    pub(super) size: usize,
    /// Pixels before them, which do not exist for the filter.
    pub(super) skipped: usize,
    /// Where the interval begins that is mapped to the outputs, from the first pixel that may be
    /// read.
    pub(super) left: f64,
    /// Its length.
    pub(super) length: f64,
    /// Number of outputs.
    pub(super) outputs: usize,
    /// Last output first.
    pub(super) flip: bool,
    /// The filter.
    pub(super) interpolation: Interpolation,
}

impl Span {
    /// The same with only the samples of the interval, rounded outward. Positions count from the
    /// first one that is left, so that ties are decided as in an image that was cut out before.
    pub(super) fn confined(self) -> Self {
        let low = to_position(self.left.floor()).clamp(0, self.size as i64 - 1);
        let high = to_position((self.left + self.length).ceil()).clamp(low + 1, self.size as i64);
        Self {
            size: (high - low) as usize,
            skipped: low as usize,
            left: self.left - low as f64,
            ..self
        }
    }

    /// Source pixels per output pixel.
    fn scale(&self) -> f64 {
        self.length / self.outputs as f64
    }

    /// Whether every output pixel lies on a sample, where all weights but that sample's are zero.
    #[expect(
        clippy::float_cmp,
        reason = "any other scale, however near, is a resize"
    )]
    fn is_copy(&self) -> bool {
        let aligned = || self.grid == Grid::Same && self.scale() == 1.0 && self.left.fract() == 0.0;
        self.interpolation.picks_pixels() || aligned()
    }

    /// The samples that pixels from `low` up to `high`, counted from the first that may be read,
    /// are made of: the first, and one past the last, counted from the first there is.
    #[inline(always)]
    fn samples(&self, low: f64, high: f64) -> (f64, f64) {
        let skipped = self.skipped as f64;
        let (low, high) = (low + skipped, high + skipped);
        match self.grid {
            Grid::Same => (low, high),
            Grid::Interpolated { samples } => (
                larger(((low - 1.0) * 0.5).floor(), 0.0),
                smaller((high * 0.5).floor() + 1.0, samples as f64),
            ),
            Grid::Repeated { samples, ratio } => {
                let per_pixel = 1.0 / ratio as f64;
                // Half a pixel more, so that a quotient that is not exact cannot fall to the wrong
                // side.
                let sample = |pixel: f64| ((pixel + 0.5) * per_pixel).floor();
                (
                    sample(low),
                    smaller(sample(high - 1.0) + 1.0, samples as f64),
                )
            }
        }
    }

    /// Which output the `i`-th one from the left is.
    fn slot(&self, i: usize) -> usize {
        if self.flip { self.outputs - 1 - i } else { i }
    }
}

fn to_position(x: f64) -> i64 {
    x as i64
}

/// The weights of one axis. Output `i` reads the samples from `first + start(i)` on, two for each
/// of its `pairs` of weights.
#[derive(Debug, Default)]
pub(super) struct Axis {
    /// What the tables were made for.
    span: Option<Span>,
    /// Number of outputs.
    pub(super) outputs: usize,
    /// First sample read by any output.
    pub(super) first: usize,
    /// One past the last sample read by any output.
    pub(super) end: usize,
    /// Pairs of weights stored for each output; zeros at the end where an output has fewer.
    pub(super) pairs: usize,
    /// Fraction bits of the weights.
    pub(super) bits: u32,
    starts: Vec<u32>,
    counts: Vec<u32>,
    /// For each group of outputs, `pairs` rows.
    weights: Vec<Pairs>,
    windows: Vec<Windows>,
    raw: Vec<Lanes>,
}

/// A pair of 16-bit weights for each of eight outputs, the first one in the lower half.
pub(super) type Pairs = [u32; LANES];

/// Eight outputs: their centres, the pixels they are made of, and the samples they read.
#[derive(Clone, Copy, Debug, Default)]
struct Windows {
    centre: Lanes,
    low: Lanes,
    high: Lanes,
    /// The first sample.
    from: Lanes,
    /// One past the last.
    to: Lanes,
    /// The sample that the first stored weight belongs to.
    start: Lanes,
    sum: Lanes,
}

impl Windows {
    /// Unscaled weights of a pixel in each lane.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "`&&` becomes a branch: planning took 1.4 times as long"
    )]
    #[inline(always)]
    fn weights<F: Filter>(&self, pixel: Lanes, shrink: f64) -> Lanes {
        /// A distance at which all filters are zero.
        const FAR: f64 = 1000.0;
        let mut distance = [0.0; LANES];
        for l in 0..LANES {
            let inside = (pixel[l] >= self.low[l]) & (pixel[l] < self.high[l]);
            let x = (pixel[l] - self.centre[l] + 0.5) * shrink;
            distance[l] = if inside { x } else { FAR };
        }
        F::at(distance)
    }
}

impl Axis {
    /// Where output `i` starts to read, from `first` on.
    pub(super) fn start(&self, i: usize) -> usize {
        self.starts[i] as usize
    }

    /// How many samples output `i` reads from there on.
    pub(super) fn count(&self, i: usize) -> usize {
        self.counts[i] as usize
    }

    /// Whether the filter has negative lobes.
    pub(super) fn is_lobed(&self) -> bool {
        self.span.is_some_and(|span| span.interpolation.is_lobed())
    }

    /// Whether each output is one sample.
    pub(super) fn is_copy(&self) -> bool {
        self.span.is_some_and(|span| span.is_copy())
    }

    /// Pair `p` of the weights of output `i`.
    pub(super) fn pair(&self, i: usize, p: usize) -> u32 {
        self.weights[i / LANES * self.pairs + p][i % LANES]
    }

    /// For each group of eight outputs, their starts and weights; the last group may have starts
    /// that mean nothing.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&[u32; LANES], &[Pairs])> {
        let starts = self.starts.as_chunks().0.iter();
        let weights = self.weights.chunks_exact(self.pairs);
        starts.zip(weights).take(self.outputs.div_ceil(LANES))
    }

    /// Plans `span`, for weights of at most `bits` fraction bits; `aligned` starts lie an even
    /// number of samples from `first`.
    #[inline(always)]
    pub(super) fn build(&mut self, span: Span, bits: u32, aligned: bool) {
        if self.span == Some(span) {
            return;
        }
        self.span = None;
        self.outputs = span.outputs;
        let lanes = span.outputs.next_multiple_of(LANES);
        grow(&mut self.starts, lanes, 0);
        grow(&mut self.counts, lanes, 0);
        if span.is_copy() {
            self.copy(&span, aligned);
        } else {
            match span.interpolation {
                Interpolation::Nearest | Interpolation::Floor | Interpolation::Area => {
                    self.filter::<Mean>(&span, bits, aligned);
                }
                Interpolation::Bilinear => self.filter::<Triangle>(&span, bits, aligned),
                Interpolation::Bicubic => self.filter::<Cubic>(&span, bits, aligned),
                Interpolation::Lanczos => self.filter::<Lanczos>(&span, bits, aligned),
            }
        }
        self.span = Some(span);
    }

    /// One whole sample for each output: the one under its centre, or under its corner.
    fn copy(&mut self, span: &Span, aligned: bool) {
        let last = span.size as i64 - 1;
        let scale = span.scale();
        // The position is added up and not multiplied out: Pillow does, and the sums decide ties.
        let mut position = span.left + 0.5 * scale;
        let sample = |position: f64| to_position(position.floor()).clamp(0, last);
        for i in 0..span.outputs {
            if span.interpolation == Interpolation::Floor {
                // A quotient of whole numbers is no closer to the next one than it can tell.
                position = span.left + i as f64 * span.length / span.outputs as f64;
            }
            self.starts[span.slot(i)] = sample(position) as u32;
            position += scale;
        }
        let starts = &mut self.starts[..span.outputs];
        let (a, b) = (starts[0], starts[span.outputs - 1]);
        (self.first, self.end) = (
            a.min(b) as usize + span.skipped,
            a.max(b) as usize + 1 + span.skipped,
        );
        (self.pairs, self.bits) = (1, 14);
        grow(&mut self.weights, span.outputs.div_ceil(LANES), [0; LANES]);
        for (i, start) in starts.iter_mut().enumerate() {
            *start -= a.min(b);
            let odd = aligned && *start % 2 == 1;
            *start -= u32::from(odd);
            self.counts[i] = 1;
            self.weights[i / LANES][i % LANES] = if odd { 1 << 30 } else { 1 << 14 };
        }
    }

    #[inline(always)]
    fn filter<F: Filter>(&mut self, span: &Span, bits: u32, aligned: bool) {
        self.place::<F>(span, aligned);
        let peak = self.weigh::<F>(span);
        self.bits = bits;
        // One unit is left for the rounding.
        while self.bits > LEAST_BITS && peak * f64::from(1u32 << self.bits) > 32766.0 {
            self.bits -= 1;
        }
        self.quantise();
    }

    /// Finds the window of each output, and from them `first`, `end` and `pairs`.
    #[inline(always)]
    fn place<F: Filter>(&mut self, span: &Span, aligned: bool) {
        let scale = span.scale();
        let support = F::SUPPORT * scale.max(1.0);
        let size = span.size as f64;
        let last = (span.outputs - 1) as f64;
        let groups = span.outputs.div_ceil(LANES);
        grow(&mut self.windows, groups, Windows::default());
        for (g, group) in self.windows[..groups].iter_mut().enumerate() {
            for l in 0..LANES {
                // Lanes past the last output repeat it.
                let i = smaller((g * LANES) as f64 + l as f64, last);
                let slot = if span.flip { last - i } else { i };
                let centre = span.left + (slot + 0.5) * scale;
                let from = larger((centre - support + 0.5).trunc(), 0.0);
                group.centre[l] = centre;
                group.low[l] = smaller(from, size - 1.0);
                group.high[l] = larger(
                    smaller((centre + support + 0.5).trunc(), size),
                    group.low[l] + 1.0,
                );
                (group.from[l], group.to[l]) = span.samples(group.low[l], group.high[l]);
            }
        }
        // Windows advance (or, flipped, retreat) with the outputs: the outermost two bound them
        // all.
        let (a, b) = (&self.windows[0], &self.windows[groups - 1]);
        self.first = whole(smaller(a.from[0], b.from[LANES - 1])) as usize;
        self.end = whole(larger(a.to[0], b.to[LANES - 1])) as usize;
        self.count_pairs(groups, aligned);
    }

    /// The integer side of the windows.
    #[inline(always)]
    fn count_pairs(&mut self, groups: usize, aligned: bool) {
        let first = self.first as u32;
        let parity = u32::from(aligned);
        let mut most = [0; LANES];
        let tables = self
            .starts
            .as_chunks_mut::<LANES>()
            .0
            .iter_mut()
            .zip(self.counts.as_chunks_mut::<LANES>().0);
        for (group, (starts, counts)) in self.windows[..groups].iter_mut().zip(tables) {
            for l in 0..LANES {
                let low = whole(group.from[l]) - first;
                let odd = low & parity;
                starts[l] = low - odd;
                counts[l] = whole(group.to[l]) - first - starts[l];
                most[l] = most[l].max(counts[l]);
                group.start[l] = group.from[l] - f64::from(odd);
            }
        }
        self.pairs = (most.into_iter().max().unwrap_or(1) as usize).div_ceil(2);
    }

    /// Computes the weights as they come, their sums, and the largest weight relative to its sum.
    #[inline(always)]
    fn weigh<F: Filter>(&mut self, span: &Span) -> f64 {
        let shrink = 1.0 / span.scale().max(1.0);
        let groups = span.outputs.div_ceil(LANES);
        grow(&mut self.raw, groups * self.pairs * 2, [0.0; LANES]);
        let mut peak = [0.0; LANES];
        for (group, raw) in self.windows[..groups]
            .iter_mut()
            .zip(self.raw.chunks_exact_mut(self.pairs * 2))
        {
            match span.grid {
                Grid::Same => weigh_same::<F>(group, span, shrink, raw),
                Grid::Interpolated { samples } => {
                    weigh_interpolated::<F>(group, span, shrink, samples, raw);
                }
                Grid::Repeated { ratio, .. } => {
                    weigh_repeated::<F>(group, span, shrink, ratio, raw);
                }
            }
            let (mut sum, mut largest) = ([0.0; LANES], [0.0; LANES]);
            for row in raw.iter() {
                for l in 0..LANES {
                    sum[l] += row[l];
                    largest[l] = larger(row[l], largest[l]);
                }
            }
            if sum.iter().fold(f64::MAX, |a, &b| smaller(a, b)) < 1e-6 {
                mend(group, raw, &mut sum, &mut largest);
            }
            for l in 0..LANES {
                peak[l] = larger(largest[l] / sum[l], peak[l]);
            }
            group.sum = sum;
        }
        peak.into_iter().fold(0.0, larger)
    }

    /// Rounds the weights to `bits` fraction bits.
    #[inline(always)]
    fn quantise(&mut self) {
        let (pairs, groups) = (self.pairs, self.outputs.div_ceil(LANES));
        grow(&mut self.weights, groups * pairs, [0; LANES]);
        let one = f64::from(1u32 << self.bits);
        let raw = self.raw.as_chunks::<2>().0.chunks_exact(pairs);
        for ((group, raw), weights) in self.windows[..groups]
            .iter()
            .zip(raw)
            .zip(self.weights.chunks_exact_mut(pairs))
        {
            let factor = group.sum.map(|sum| one / sum);
            let (mut total, mut before) = ([0.0; LANES], [0; LANES]);
            for (rows, weights) in raw.iter().zip(weights) {
                let mut rounded = [before; 3];
                for k in 0..2 {
                    for l in 0..LANES {
                        total[l] += rows[k][l] * factor[l];
                        rounded[k + 1][l] = whole(total[l]);
                    }
                }
                for l in 0..LANES {
                    let first = rounded[1][l].wrapping_sub(rounded[0][l]);
                    let second = rounded[2][l].wrapping_sub(rounded[1][l]);
                    weights[l] = first & 0xffff | second << 16;
                }
                before = rounded[2];
            }
        }
    }
}

/// Weights of the samples of a group of outputs, where each pixel has its own.
#[inline(always)]
fn weigh_same<F: Filter>(group: &Windows, span: &Span, shrink: f64, raw: &mut [Lanes]) {
    let mut pixel = group.start.map(|start| start - span.skipped as f64);
    for row in raw {
        *row = group.weights::<F>(pixel, shrink);
        pixel = pixel.map(|pixel| pixel + 1.0);
    }
}

/// The same where two pixels share a sample: what pixels take of it, they take of what they are
/// made of.
#[expect(clippy::float_cmp, reason = "whole numbers")]
#[inline(always)]
fn weigh_interpolated<F: Filter>(
    group: &Windows,
    span: &Span,
    shrink: f64,
    samples: usize,
    raw: &mut [Lanes],
) {
    let mut sample = group.start;
    // The second pixel of the sample before, and the two of this one.
    let mut pixel = sample.map(|sample| 2.0 * sample - span.skipped as f64 - 1.0);
    let mut next = || {
        let weights = group.weights::<F>(pixel, shrink);
        pixel = pixel.map(|pixel| pixel + 1.0);
        weights
    };
    let (mut before, mut first) = (next(), next());
    let last = samples as f64 - 1.0;
    for row in raw {
        let (second, after) = (next(), next());
        for l in 0..LANES {
            // Beyond the first and the last sample, they count again.
            let left = if sample[l] == 0.0 {
                before[l] + first[l]
            } else {
                before[l]
            };
            let right = if sample[l] == last {
                after[l] + second[l]
            } else {
                after[l]
            };
            let weight = 0.75 * (first[l] + second[l]) + 0.25 * (left + right);
            row[l] = if sample[l] <= last { weight } else { 0.0 };
            sample[l] += 1.0;
        }
        (before, first) = (second, after);
    }
}

/// The same where `ratio` pixels are one sample.
#[inline(always)]
fn weigh_repeated<F: Filter>(
    group: &Windows,
    span: &Span,
    shrink: f64,
    ratio: usize,
    raw: &mut [Lanes],
) {
    let mut pixel = group
        .start
        .map(|start| start * ratio as f64 - span.skipped as f64);
    for row in raw {
        *row = [0.0; LANES];
        for _ in 0..ratio {
            let weights = group.weights::<F>(pixel, shrink);
            for l in 0..LANES {
                row[l] += weights[l];
                pixel[l] += 1.0;
            }
        }
    }
}

/// Gives outputs whose weights sum to nothing (a box that no sample falls into, by rounding) their
/// first sample.
#[cold]
fn mend(group: &Windows, raw: &mut [Lanes], sum: &mut Lanes, largest: &mut Lanes) {
    for l in 0..LANES {
        if sum[l].abs() < 1e-6 {
            for row in raw.iter_mut() {
                row[l] = 0.0;
            }
            raw[whole(group.from[l] - group.start[l]) as usize][l] = 1.0;
            (sum[l], largest[l]) = (1.0, 1.0);
        }
    }
}

/// The nearest integer, modulo 2^32, without the checks of a cast.
#[inline(always)]
fn whole(x: f64) -> u32 {
    /// In a sum with 1.5 * 2^52 the last bit stands for one.
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    (x + MAGIC).to_bits() as u32
}

/// The larger one, as the processor's instruction has it: without the care of `f64::max` for
/// numbers that are none.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller one.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Makes `table` at least `length` long.
fn grow<T: Copy>(table: &mut Vec<T>, length: usize, value: T) {
    if table.len() < length {
        table.resize(length, value);
    }
}
