//! What a frame header says of sizes, and which blocks of a file a window takes: pure arithmetic,
//! the same for both back ends, so that they deliver the same samples.
//!
//! A JPEG is a grid of MCUs (minimum coded units), each of `across * down` blocks of 8x8 samples of
//! each component. Decoded at 1/`denominator`, a block of luma becomes `8 / denominator` samples
//! wide. Components that are subsampled are reduced less, as far as that brings them nearer to
//! luma, as libjpeg does it (`jdmaster.c`, `jpeg_calc_output_dimensions`): 4:2:0 at one half has
//! chroma of luma's size.

use std::ops::Range;

use super::super::Window;
use crate::pixel::Size;

/// Sampling factors of a component, or how many of its blocks an MCU has: 1 to 4 each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sampling {
    pub(super) across: u32,
    pub(super) down: u32,
}

/// Size and sampling of an image with one or three components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    size: Size,
    sampling: [Sampling; 3],
    count: usize,
    /// The largest factors.
    finest: Sampling,
}

/// The part of a component that is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PlaneCut {
    /// Blocks of this component in an MCU.
    pub(super) blocks: Sampling,
    /// Samples across and down that a block becomes: 1, 2, 4 or 8.
    pub(super) block: u32,
    /// First column, in samples of the whole plane.
    pub(super) left: u32,
    /// First row.
    pub(super) top: u32,
    /// Columns that mean something.
    pub(super) width: u32,
    /// Rows that mean something.
    pub(super) height: u32,
    /// Columns of the MCUs of the cut: what a row takes.
    pub(super) stride: u32,
    /// Rows of the MCUs of the cut.
    pub(super) rows: u32,
    /// Size of the whole plane, at the scale of the cut.
    pub(super) whole: Size,
}

/// The MCUs that a window takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// By how much the image is reduced: 1, 2, 4 or 8.
    pub(super) denominator: u32,
    /// Columns of MCUs that are decoded.
    pub(super) columns: Range<u32>,
    /// Rows of MCUs that are decoded.
    pub(super) rows: Range<u32>,
    /// MCUs in a row of the whole image.
    pub(super) row_length: u32,
    /// Rows of MCUs in the whole image.
    pub(super) row_count: u32,
    /// How many components the file has: 1 or 3.
    pub(super) components: usize,
    /// How many of them, from the first on, are wanted.
    pub(super) wanted: usize,
    /// What becomes of each component.
    pub(super) planes: [PlaneCut; 3],
}

impl Frame {
    /// A frame of `sampling.len()` components, 1 or 3, with factors of 1 to 4.
    pub(super) fn new(size: Size, sampling: &[Sampling]) -> Self {
        let mut all = [Sampling { across: 1, down: 1 }; 3];
        // The MCU of a lone component is one block, whatever its factors say (ITU-T T.81, A.2.2).
        if sampling.len() > 1 {
            all[..sampling.len()].copy_from_slice(sampling);
        }
        let most = |factor: fn(&Sampling) -> u32| {
            all[..sampling.len()].iter().map(factor).max().unwrap_or(1)
        };
        let finest = Sampling {
            across: most(|s| s.across),
            down: most(|s| s.down),
        };
        Self {
            size,
            sampling: all,
            count: sampling.len(),
            finest,
        }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn components(&self) -> usize {
        self.count
    }

    /// Sampling factors of a component.
    pub(super) fn sampling(&self, component: usize) -> Sampling {
        self.sampling[component]
    }

    /// The largest sampling factors.
    pub(super) fn finest(&self) -> Sampling {
        self.finest
    }

    /// Whether luma has the finest sampling and both chroma planes share theirs, so that planes can
    /// be resized apart.
    pub(super) fn has_common_chroma(&self) -> bool {
        let [y, cb, cr] = self.sampling;
        self.count == 3 && cb == cr && y == self.finest && self.has_whole_ratios()
    }

    /// Whether all components have a whole number of pixels for each sample; libjpeg upsamples no
    /// others.
    pub(super) fn has_whole_ratios(&self) -> bool {
        let Sampling { across, down } = self.finest;
        let whole = |s: &Sampling| across.is_multiple_of(s.across) && down.is_multiple_of(s.down);
        self.sampling[..self.count].iter().all(whole)
    }

    /// Size of the image at 1/`denominator`.
    pub(super) fn scaled(&self, denominator: u32) -> Size {
        Size::new(
            self.size.width.div_ceil(denominator),
            self.size.height.div_ceil(denominator),
        )
    }

    /// The MCUs that hold `window`, which is in pixels of the scaled image, of the first `wanted`
    /// components.
    pub(super) fn cut(&self, window: Window, denominator: u32, wanted: usize) -> Cut {
        let least = 8 / denominator;
        let (across, down) = (self.finest.across * least, self.finest.down * least);
        let columns = window.left / across..(window.left + window.width).div_ceil(across);
        let rows = window.top / down..(window.top + window.height).div_ceil(down);
        let mut planes = [PlaneCut::default(); 3];
        for (plane, sampling) in planes.iter_mut().zip(&self.sampling).take(self.count) {
            *plane = self.plane(*sampling, least, (&columns, &rows));
        }
        Cut {
            denominator,
            row_length: self.size.width.div_ceil(8 * self.finest.across),
            row_count: self.size.height.div_ceil(8 * self.finest.down),
            columns,
            rows,
            components: self.count,
            wanted: wanted.min(self.count),
            planes,
        }
    }

    /// Samples across and down that a block of a component becomes, where one of luma becomes
    /// `least`.
    fn block(&self, blocks: Sampling, least: u32) -> u32 {
        let (across, down) = (self.finest.across * least, self.finest.down * least);
        let mut block = least;
        while block < 8
            && across.is_multiple_of(blocks.across * block * 2)
            && down.is_multiple_of(blocks.down * block * 2)
        {
            block *= 2;
        }
        block
    }

    fn plane(
        &self,
        blocks: Sampling,
        least: u32,
        (columns, rows): (&Range<u32>, &Range<u32>),
    ) -> PlaneCut {
        let block = self.block(blocks, least);
        let (step_x, step_y) = (blocks.across * block, blocks.down * block);
        let whole = Size::new(
            samples(self.size.width, step_x, self.finest.across),
            samples(self.size.height, step_y, self.finest.down),
        );
        let (left, top) = (columns.start * step_x, rows.start * step_y);
        PlaneCut {
            blocks,
            block,
            left,
            top,
            width: (columns.end * step_x).min(whole.width).saturating_sub(left),
            height: (rows.end * step_y).min(whole.height).saturating_sub(top),
            stride: (columns.end - columns.start) * step_x,
            rows: (rows.end - rows.start) * step_y,
            whole,
        }
    }
}

impl PlaneCut {
    /// Bytes that the plane takes.
    pub(super) fn bytes(&self) -> usize {
        self.stride as usize * self.rows as usize
    }
}

/// Samples on a side of the whole image, of a component with `step` of them on the side of an MCU,
/// which is `8 * finest` pixels.
fn samples(side: u32, step: u32, finest: u32) -> u32 {
    let samples = u64::from(side) * u64::from(step);
    u32::try_from(samples.div_ceil(u64::from(finest * 8))).unwrap_or(u32::MAX)
}
