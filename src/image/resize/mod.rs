//! Resize: decoded planes to a finished slot of the batch, in one go: crop, filter, flip, colour,
//! element type and layout.
//!
//! ```text
//! planes or interleaved bytes --vertical pass--> 16-bit rows --horizontal pass--> 16-bit channels
//!     --colour--> bytes --element type, layout--> the slot
//! ```
//!
//! The vertical pass comes first: it runs along the rows as they lie in memory, whatever is
//! interleaved in them, and leaves less to do for the pass across. JPEG planes are resized each at
//! its own size and become RGB at the size of the output: colours are never converted at the size
//! of the source, and upsampling of chroma is part of its weights. Only the rows and columns that
//! an output pixel needs are read.
//!
//! There are two implementations of the arithmetic, which is all in integers that cannot overflow,
//! and therefore give the same bytes: `portable`, plain loops a row at a time, and `avx2`. Weights
//! (`plan`, `axis`, `filter`) are shared.
//!
//! # Accuracy
//! Weights have 14 bits and more, sums are exact, samples are rounded to 3 to 7 fraction bits
//! between the passes and to 6 before colour conversion: results are within 1 of the same
//! computation in doubles. Pillow rounds and clips to bytes between its passes, and its passes come
//! in the other order, so that filters with negative lobes differ where they overshoot the range of
//! a byte; `run_clipped` does it Pillow's way, in two runs.
//!
//! # Speed
//! One thread (Zen 5, AVX2), weights made anew for each image, medians of runs that alternate
//! with `fast_image_resize` 6.1, which resizes RGB to RGB and stops there:
//!
//! | to 224x224 | planes to bytes | planes to floats, planar | RGB to bytes | `fast_image_resize` |
//! | --- | --- | --- | --- | --- |
//! | 436x381, bilinear | 51 us | 55 | 60 | 103 |
//! | 436x381, bicubic | 67 | 71 | 86 | 147 |
//! | 436x381, Lanczos | 82 | 81 | 113 | 264 |
//!
//! Into a slot that is in no cache, the first row takes 6 and 22 us more. `portable` takes about
//! 900 us. Of the planes' 51 us, 5 are for chroma weights that include upsampling; without them
//! random crops were down to 34.7 dB (PSNR) from `exact`, with them 38 dB is the least.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod axis;
mod check;
mod clipped;
mod copy;
mod filter;
mod plan;
mod portable;
mod write;

#[cfg(test)]
mod tests;

pub use clipped::First;

use crate::pixel::{Channels, Interpolation, Layout, Output, Pixels, Region, Size};
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
use axis::Axis;
use check::check;
use plan::{Job, Plans};

/// What to make of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// The part of the source, in (luma) pixels from the view's origin, that becomes the output.
    pub region: Region,
    /// Whether samples outside the region (rounded outward to whole pixels) are never read: crop,
    /// then resize. Otherwise filters reach beyond the region up to the edge of the view, as
    /// Pillow's `resize(box=…)` does.
    pub confine: bool,
    /// Size of the output.
    pub size: Size,
    /// The filter.
    pub interpolation: Interpolation,
    /// Mirror the output horizontally.
    pub flip: bool,
    /// Channels of the output.
    pub channels: Channels,
    /// Order of the axes of the output; the batch axis is the caller's.
    pub layout: Layout,
}

/// Resizes images one after the other; keeps weights and working memory from one to the next.
#[derive(Debug, Default)]
pub struct Resizer {
    plans: Plans,
    portable: portable::Scratch,
    #[cfg(target_arch = "x86_64")]
    avx2: avx2::Scratch,
    /// What `run_clipped` has between its passes.
    between: Vec<u8>,
    /// Leave the SIMD code alone.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "there is none")
    )]
    plain: bool,
}

impl Resizer {
    /// A resizer that has not seen an image yet. It allocates when an image needs more memory
    /// than any before it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A resizer that never uses SIMD, for comparing.
    #[doc(hidden)]
    #[must_use]
    pub fn portable() -> Self {
        Self {
            plain: true,
            ..Self::default()
        }
    }

    /// Makes `request` of `source` and writes it to `output`.
    ///
    /// # Panics
    /// If the lengths of `output` or of a plane do not fit its size, a size is zero, or the region
    /// is not inside the view.
    pub fn run(&mut self, source: &Pixels<'_>, request: &Request, output: Output<'_>) {
        check(source, request, &output);
        let copies = copy::is_copy(source, request);
        #[cfg(target_arch = "x86_64")]
        if !self.plain
            && let Some(avx2) = Avx2::detect()
        {
            if copies {
                return avx2::copy(avx2, source, request, output);
            }
            let (plans, scratch) = (&mut self.plans, &mut self.avx2);
            return avx2::run(avx2, plans, scratch, source, request, output);
        }
        if copies {
            return copy::copy::<false>(source, request, output);
        }
        self.plans.build(source, request, Axis::build);
        portable::run(
            &Job::new(source, request, &self.plans),
            &mut self.portable,
            output,
        );
    }
}
