//! Planes as a JPEG holds them to interleaved RGB at full size, bit for bit as libjpeg-turbo's full
//! decode gives it with its "fancy" upsampling, for any window.
//!
//! A component that lacks every second column, row, or both is interpolated between its four
//! nearest samples, 9:3:3:1; other ratios repeat samples. Which of the two is libjpeg's choice by
//! ratio and scale ([`Method`]). Beyond the edges of the image its outermost samples count again;
//! beyond the edges of a window, real neighbours are needed, so the planes are decoded for a
//! [`Upsampler::reach`] that is one pixel wider.
//!
//! Rows are made one at a time. For the common samplings the AVX2 code keeps chroma in 16 bits from
//! interpolation to colour; anything else goes through rows of bytes, upsampled by the portable
//! code.
//!
//! One thread against libjpeg-turbo's functions for the same, called row by row on the same planes
//! in the same run; 436x381 (Zen 5 at 3.9 GHz; `cargo test --release upsample::tests::speed --
//! --ignored --nocapture`):
//!
//! | | microseconds an image | libjpeg-turbo | |
//! | --- | --- | --- | --- |
//! | 4:2:0 | 42 | 76 | 1.8x |
//! | 4:2:2 | 42 | 78 | 1.8x |
//! | 4:4:4 | 31 | 56 | 1.8x |
//! | 4:4:0 | 52 | (portable code) | |
//!
//! Where its memory happens to lie takes up to 10 more of either. Memory is the limit by now: five
//! instructions less of a hundred, for each block of 32 pixels, changed nothing.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
#[cfg(test)]
mod tests;

use super::super::Window;
use super::SLACK;
use super::frame::{Cut, Frame, PlaneCut};
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// How a component is brought to full size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// It is as large as the image.
    Same,
    /// Every second column is interpolated.
    Across,
    /// Every second row is interpolated.
    Down,
    /// Every second column and row are interpolated.
    Both,
    /// Each sample stands for a rectangle of pixels.
    Repeat,
}

impl Method {
    /// Libjpeg's choice for a component of which a sample stands for `ratio` pixels, where blocks
    /// become `least` pixels wide.
    fn of(ratio: (u32, u32), least: u32, width: u32) -> Self {
        // It interpolates neither at 1/8 nor across columns of which there are only two.
        let (fancy, wide) = (least > 1, width > 2);
        match ratio {
            (1, 1) => Self::Same,
            (2, 1) if fancy && wide => Self::Across,
            (1, 2) if fancy => Self::Down,
            (2, 2) if fancy && wide => Self::Both,
            _ => Self::Repeat,
        }
    }
}

/// A component of a cut: its samples, and how they lie to the pixels.
#[derive(Clone, Copy, Debug)]
struct Track<'a> {
    method: Method,
    /// Pixels that a sample stands for, across and down.
    ratio: (u32, u32),
    cut: PlaneCut,
    data: &'a [u8],
}

/// Makes pixels of planes. It keeps its scratch, which grows to the widest window.
#[derive(Debug)]
pub(super) struct Upsampler {
    #[cfg(target_arch = "x86_64")]
    avx2: Option<Avx2>,
    #[cfg(target_arch = "x86_64")]
    scratch: avx2::Scratch,
    /// A row of each component at full size.
    rows: [Vec<u8>; 3],
}

impl Default for Upsampler {
    fn default() -> Self {
        Self::new()
    }
}

impl Upsampler {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: Avx2::detect(),
            #[cfg(target_arch = "x86_64")]
            scratch: avx2::Scratch::default(),
            rows: [const { Vec::new() }; 3],
        }
    }

    /// Without the instructions that this processor may have.
    #[cfg(test)]
    fn portable() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            avx2: None,
            ..Self::new()
        }
    }

    /// Writes the window's pixels, rows without gaps, from planes of three components that were
    /// decoded for `cut`, which covers the [`Upsampler::reach`] of the window.
    ///
    /// # Panics
    ///
    /// If planes or `out` are too short, or the frame has not [`Frame::has_whole_ratios`].
    pub(super) fn rgb(
        &mut self,
        frame: &Frame,
        cut: &Cut,
        planes: [&[u8]; 3],
        window: Window,
        out: &mut [u8],
    ) {
        let tracks = [0, 1, 2].map(|i| Track::new(frame, cut, i, planes[i]));
        let length = window.width as usize * 3;
        if length == 0 {
            return;
        }
        let out = &mut out[..length * window.height as usize];
        let rows = out.chunks_exact_mut(length).zip(window.top..);
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = self.avx2 {
            let (scratch, rooms) = (&mut self.scratch, &mut self.rows);
            return avx2::rgb(avx2, scratch, rooms, &tracks, window.left, rows);
        }
        for (out, y) in rows {
            let [luma, blue, red] = full_rows(&tracks, &mut self.rows, window, y);
            portable::colour(luma, blue, red, out);
        }
    }

    /// Writes the same of luma alone, for files whose luma is not the finest component.
    ///
    /// # Panics
    ///
    /// If the plane or `out` are too short.
    pub(super) fn gray(frame: &Frame, cut: &Cut, luma: &[u8], window: Window, out: &mut [u8]) {
        let track = Track::new(frame, cut, 0, luma);
        let width = window.width as usize;
        if width == 0 {
            return;
        }
        let rows = out[..width * window.height as usize].chunks_exact_mut(width);
        for (out, y) in rows.zip(window.top..) {
            portable::upsample(&track, window.left, y, out);
        }
    }

    /// The window that must be decoded so that `window`, in pixels of the image at
    /// 1/`denominator`, can be upsampled as in a full decode.
    pub(super) fn reach(frame: &Frame, window: Window, denominator: u32) -> Window {
        let cut = frame.cut(window, denominator, frame.components());
        let methods = || (0..frame.components()).map(|i| Track::new(frame, &cut, i, &[]).method);
        let size = frame.scaled(denominator);
        let mut reach = window;
        if methods().any(|method| matches!(method, Method::Across | Method::Both)) {
            (reach.left, reach.width) = widened(window.left, window.width, size.width);
        }
        if methods().any(|method| matches!(method, Method::Down | Method::Both)) {
            // libjpeg-turbo makes all rows that share a row of the coarsest component, and so meets
            // damage below them.
            let bottom = (window.top + window.height)
                .next_multiple_of(frame.finest().down)
                .min(size.height);
            (reach.top, reach.height) = widened(window.top, bottom - window.top, size.height);
        }
        reach
    }
}

/// A range with one more on either side, within `limit`: start and length.
fn widened(start: u32, length: u32, limit: u32) -> (u32, u32) {
    let first = start.saturating_sub(1);
    (first, (start + length + 1).min(limit) - first)
}

/// Rows of all components for row `y` of the window, at full size: where they lie, or upsampled to
/// `rooms`. They may go on behind their ends.
fn full_rows<'a>(
    tracks: &[Track<'a>; 3],
    rooms: &'a mut [Vec<u8>; 3],
    window: Window,
    y: u32,
) -> [&'a [u8]; 3] {
    let width = window.width as usize;
    let mut rows = [&[][..]; 3];
    for ((row, track), room) in rows.iter_mut().zip(tracks).zip(rooms) {
        *row = if track.method == Method::Same {
            track.from(y, window.left)
        } else {
            if room.len() < width {
                room.resize(width + SLACK, 0);
            }
            portable::upsample(track, window.left, y, &mut room[..width]);
            room
        };
        assert!(row.len() >= width, "rows as long as the window is wide");
    }
    rows
}

impl<'a> Track<'a> {
    fn new(frame: &Frame, cut: &Cut, component: usize, data: &'a [u8]) -> Self {
        let least = 8 / cut.denominator;
        let (finest, plane) = (frame.finest(), cut.planes[component]);
        let step = (
            plane.blocks.across * plane.block,
            plane.blocks.down * plane.block,
        );
        let full = (finest.across * least, finest.down * least);
        debug_assert!(
            full.0.is_multiple_of(step.0) && full.1.is_multiple_of(step.1),
            "only whole ratios are upsampled"
        );
        let ratio = (full.0 / step.0, full.1 / step.1);
        Self {
            method: Method::of(ratio, least, plane.whole.width),
            ratio,
            cut: plane,
            data,
        }
    }

    /// Samples of row `y` of the whole plane from its column `x` on, and whatever comes behind the
    /// row.
    fn from(&self, y: u32, x: u32) -> &'a [u8] {
        let row = (y - self.cut.top) as usize * self.cut.stride as usize;
        &self.data[row + (x - self.cut.left) as usize..]
    }

    /// The samples of row `y` of the whole plane that mean something.
    fn row(&self, y: u32) -> &'a [u8] {
        &self.from(y, self.cut.left)[..self.cut.width as usize]
    }

    /// Of two rows of pixels for each row of samples: the row nearest to pixel row `y`, and the
    /// next nearest.
    fn nearest(&self, y: u32) -> (u32, u32) {
        let near = y / 2;
        if y.is_multiple_of(2) {
            return (near, near.saturating_sub(1).max(self.cut.top));
        }
        (near, (near + 1).min(self.cut.top + self.cut.height - 1))
    }
}
