//! Pillow's resize, to the bit: what `exact` promises, and what the fast resize is held against.
//!
//! The arithmetic is that of Pillow's `Resample.c`: one pass across, one down, 22-bit weights,
//! rounded and clipped to bytes in between (so that filters with negative lobes lose the same
//! overshoot), and for `nearest` a position that is summed up step by step, as `Geometry.c` does
//! it, so that ties fall to the same side. Plain loops: it is for exactness.
//!
//! Which pass comes first is seen in the result. Until version 12 Pillow always went across first;
//! since version 13 it goes down first where the height shrinks by more than twice as many pixels
//! as the width ([`down_first`]).

use std::ops::Range;

use crate::pixel::Interpolation;

/// One axis: a stretch of source samples that becomes `resized` samples, of which `count` from
/// `first` on are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Where the stretch begins, in samples of the source.
    pub start: usize,
    /// Its length; nothing outside is looked at.
    pub len: usize,
    /// What it becomes.
    pub resized: usize,
    /// The first sample wanted.
    pub first: usize,
    /// How many are wanted.
    pub count: usize,
}

/// The part of an image that is in memory: rows of pixels of `channels` interleaved bytes.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The bytes.
    pub data: &'a [u8],
    /// Bytes from a row to the next.
    pub stride: usize,
    /// Bytes a pixel takes.
    pub channels: usize,
    /// Column of the source that the first pixel is.
    pub left: usize,
    /// Row of the source that the first pixel is.
    pub top: usize,
}

/// Weights and working memory, reused from image to image.
#[derive(Debug, Default)]
pub struct Reference {
    across: Weights,
    down: Weights,
    between: Vec<u8>,
    out: Vec<u8>,
}

/// What each output sample is made of.
#[derive(Debug, Default)]
struct Weights {
    /// First source sample, number of source samples, and where their weights start.
    spans: Vec<(usize, usize, usize)>,
    fixed: Vec<i32>,
    scratch: Vec<f64>,
}

/// Pillow's `PRECISION_BITS`.
const BITS: u32 = 32 - 8 - 2;

impl Reference {
    /// Resizes what `view` shows of an image; returns the wanted pixels, as interleaved bytes
    /// without gaps.
    ///
    /// # Panics
    /// If the view lacks a pixel that is needed.
    pub fn run(
        &mut self,
        view: &View<'_>,
        across: Axis,
        down: Axis,
        interpolation: Interpolation,
    ) -> &[u8] {
        self.across.plan(across, interpolation);
        self.down.plan(down, interpolation);
        let channels = view.channels;
        let (rows, columns) = (self.down.reach(), self.across.reach());
        if down_first(&across, &down) {
            let stride = columns.len() * channels;
            self.between.resize(down.count * stride, 0);
            let from = (columns.start - view.left) * channels;
            self.down.down(&mut self.between, stride, |row, i| {
                view.data[(row - view.top) * view.stride + from + i]
            });
            let between = &self.between;
            let sample = |row: usize, column: usize, c| {
                between[row * stride + (column - columns.start) * channels + c]
            };
            self.out.resize(down.count * across.count * channels, 0);
            self.across.across(&mut self.out, channels, 0, sample);
        } else {
            let stride = across.count * channels;
            self.between.resize(rows.len() * stride, 0);
            let sample = |row: usize, column: usize, c| {
                view.data[(row - view.top) * view.stride + (column - view.left) * channels + c]
            };
            self.across
                .across(&mut self.between, channels, rows.start, sample);
            let between = &self.between;
            self.out.resize(down.count * stride, 0);
            self.down.down(&mut self.out, stride, |row, i| {
                between[(row - rows.start) * stride + i]
            });
        }
        &self.out
    }
}

/// Whether Pillow's second pass is the one across.
#[must_use]
pub fn down_first(across: &Axis, down: &Axis) -> bool {
    let shrinks = |axis: &Axis| {
        i128::try_from(axis.len).unwrap_or(0) - i128::try_from(axis.resized).unwrap_or(0)
    };
    shrinks(down) > 0 && shrinks(down) > 2 * shrinks(across)
}

impl Weights {
    fn plan(&mut self, axis: Axis, interpolation: Interpolation) {
        self.spans.clear();
        self.fixed.clear();
        match interpolation {
            Interpolation::Nearest => self.nearest(axis),
            Interpolation::Floor => self.floor(axis),
            _ if axis.len == axis.resized => self.identity(axis),
            _ => self.filter(axis, interpolation),
        }
    }

    /// One sample each.
    fn identity(&mut self, axis: Axis) {
        self.fixed.push(1 << BITS);
        self.spans
            .extend((axis.first..axis.first + axis.count).map(|i| (axis.start + i, 1, 0)));
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sides of images"
    )]
    fn nearest(&mut self, axis: Axis) {
        self.fixed.push(1 << BITS);
        let step = axis.len as f64 / axis.resized as f64;
        let mut position = step * 0.5;
        for i in 0..axis.first + axis.count {
            if i >= axis.first {
                self.spans
                    .push((axis.start + (position as usize).min(axis.len - 1), 1, 0));
            }
            position += step;
        }
    }

    /// One sample each, without rounding: Pillow has nothing like it.
    fn floor(&mut self, axis: Axis) {
        self.fixed.push(1 << BITS);
        let sample = |i: usize| axis.start + i * axis.len / axis.resized;
        self.spans
            .extend((axis.first..axis.first + axis.count).map(|i| (sample(i), 1, 0)));
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sides of images"
    )]
    fn filter(&mut self, axis: Axis, interpolation: Interpolation) {
        let scale = axis.len as f64 / axis.resized as f64;
        let wide = scale.max(1.0);
        let reach = interpolation.support() * wide;
        for i in axis.first..axis.first + axis.count {
            let centre = (i as f64 + 0.5) * scale;
            let low = (centre - reach + 0.5).max(0.0) as usize;
            let high = ((centre + reach + 0.5) as usize).min(axis.len);
            self.scratch.clear();
            self.scratch.extend(
                (low..high)
                    .map(|x| kernel(interpolation, (x as f64 - centre + 0.5) * (1.0 / wide))),
            );
            let sum: f64 = self.scratch.iter().sum();
            self.spans
                .push((axis.start + low, high - low, self.fixed.len()));
            let rounded = |weight: &f64| {
                let weight =
                    (if sum == 0.0 { *weight } else { weight / sum }) * f64::from(1 << BITS);
                (weight + 0.5_f64.copysign(weight)) as i32
            };
            self.fixed.extend(self.scratch.iter().map(rounded));
        }
    }

    /// The source samples that any output needs.
    fn reach(&self) -> Range<usize> {
        let start = self.spans.iter().map(|span| span.0).min().unwrap_or(0);
        let ends = self.spans.iter().map(|span| span.0 + span.1);
        start..ends.max().unwrap_or(start)
    }

    fn weights(&self, span: (usize, usize, usize)) -> impl Iterator<Item = (i32, usize)> {
        self.fixed[span.2..span.2 + span.1]
            .iter()
            .copied()
            .zip(span.0..)
    }

    /// All rows of `out`, from source row `first` on.
    fn across(
        &self,
        out: &mut [u8],
        channels: usize,
        first: usize,
        sample: impl Fn(usize, usize, usize) -> u8,
    ) {
        for (row, out) in (first..).zip(out.chunks_exact_mut(self.spans.len() * channels)) {
            for (span, pixel) in self.spans.iter().zip(out.chunks_exact_mut(channels)) {
                for (c, byte) in pixel.iter_mut().enumerate() {
                    *byte = narrow(
                        self.weights(*span)
                            .map(|(w, column)| w * i32::from(sample(row, column, c)))
                            .sum(),
                    );
                }
            }
        }
    }

    /// All rows of `out`, whose `stride` bytes are each made of the bytes above and below.
    fn down(&self, out: &mut [u8], stride: usize, sample: impl Fn(usize, usize) -> u8) {
        for (span, out) in self.spans.iter().zip(out.chunks_exact_mut(stride)) {
            for (i, byte) in out.iter_mut().enumerate() {
                *byte = narrow(
                    self.weights(*span)
                        .map(|(w, row)| w * i32::from(sample(row, i)))
                        .sum(),
                );
            }
        }
    }
}

/// Rounds a weighted sum to a byte.
fn narrow(sum: i32) -> u8 {
    u8::try_from(((sum + (1 << (BITS - 1))) >> BITS).clamp(0, 255)).unwrap_or(u8::MAX)
}

fn kernel(interpolation: Interpolation, x: f64) -> f64 {
    match interpolation {
        Interpolation::Nearest | Interpolation::Floor | Interpolation::Area => {
            f64::from(u8::from(x > -0.5 && x <= 0.5))
        }
        Interpolation::Bilinear => (1.0 - x.abs()).max(0.0),
        Interpolation::Bicubic => cubic(x.abs()),
        Interpolation::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
        Interpolation::Lanczos => 0.0,
    }
}

/// Keys' cubic with a = -0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    libm::sin(x) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(
        data: &[u8],
        width: usize,
        size: (usize, usize),
        interpolation: Interpolation,
    ) -> Vec<u8> {
        let height = data.len() / width;
        let axis = |len, resized| Axis {
            start: 0,
            len,
            resized,
            first: 0,
            count: resized,
        };
        let view = View {
            data,
            stride: width,
            channels: 1,
            left: 0,
            top: 0,
        };
        Reference::default()
            .run(
                &view,
                axis(width, size.0),
                axis(height, size.1),
                interpolation,
            )
            .to_vec()
    }

    /// What Pillow gives for `Image.resize` of these images.
    #[test]
    fn small_images_come_out_as_pillow_makes_them() {
        let ramp = [0, 10, 200, 255, 3, 77, 128, 64];
        assert_eq!(resize(&ramp, 8, (3, 1), Interpolation::Area), [70, 129, 90]);
        assert_eq!(
            resize(&ramp, 8, (3, 1), Interpolation::Bicubic),
            [70, 136, 82]
        );
        assert_eq!(
            resize(&ramp, 4, (2, 3), Interpolation::Lanczos),
            [11, 227, 33, 157, 55, 86]
        );
        assert_eq!(
            resize(&ramp, 8, (5, 1), Interpolation::Nearest),
            [0, 200, 3, 77, 64]
        );
        assert_eq!(
            resize(&ramp, 8, (5, 1), Interpolation::Floor),
            [0, 10, 255, 3, 128],
            "samples 0, 1, 3, 4, 6"
        );
    }

    #[test]
    fn a_cut_of_the_whole_is_the_whole_cut() {
        let data: Vec<u8> = (0..60u32 * 40)
            .map(|i| u8::try_from(i * 7919 % 251).unwrap())
            .collect();
        for interpolation in [
            Interpolation::Nearest,
            Interpolation::Area,
            Interpolation::Bilinear,
            Interpolation::Lanczos,
        ] {
            let whole = resize(&data, 60, (33, 21), interpolation);
            let view = View {
                data: &data,
                stride: 60,
                channels: 1,
                left: 0,
                top: 0,
            };
            let across = Axis {
                start: 0,
                len: 60,
                resized: 33,
                first: 5,
                count: 9,
            };
            let down = Axis {
                start: 0,
                len: 40,
                resized: 21,
                first: 3,
                count: 4,
            };
            let mut reference = Reference::default();
            let cut = reference.run(&view, across, down, interpolation);
            let expected: Vec<u8> = (3..7)
                .flat_map(|row| whole[row * 33 + 5..row * 33 + 14].to_vec())
                .collect();
            assert_eq!(cut, expected);
        }
    }
}
