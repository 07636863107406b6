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
//! One thread (Zen 5, AVX2), weights made anew for each picture, medians of runs that alternate
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
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "sides of pictures have been checked to fit into 32 bits, and positions to lie inside"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod axis;
mod copy;
mod filter;
mod plan;
mod portable;
mod write;

#[cfg(test)]
mod tests;

use crate::pixel::{Channels, Interpolation, Layout, Output, Pixels, Plane, Region, Size};
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
use axis::Axis;
use plan::{Job, Plans, spans};

/// What to make of a picture.
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

/// Resizes pictures one after the other; keeps weights and working memory from one to the next.
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
    /// A resizer that has not seen a picture yet. It allocates when a picture needs more memory
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

/// Which of two passes comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Along the rows.
    Across,
    /// Along the columns.
    Down,
}

impl Resizer {
    /// As `run`, but in two passes that are rounded and clipped to bytes in between, as Pillow does
    /// it, which matters to filters with negative lobes where they overshoot the range of a byte.
    /// Within 2 of Pillow's arithmetic, and equal for all but one value in 200. It takes 1.5
    /// (Lanczos) to 2 (bilinear) times as long. Planes, which Pillow does not have, are resized as
    /// by `run`.
    ///
    /// # Panics
    /// As `run`.
    pub fn run_clipped(
        &mut self,
        source: &Pixels<'_>,
        request: &Request,
        first: First,
        output: Output<'_>,
    ) {
        let (plane, channels) = match source {
            Pixels::Gray(plane) => (plane, Channels::Gray),
            Pixels::Rgb(plane) => (plane, Channels::Rgb),
            Pixels::Planar(_) | Pixels::Ycc { .. } => return self.run(source, request, output),
        };
        if copy::is_copy(source, request) {
            return self.run(source, request, output);
        }
        check(source, request, &output);
        let mut between = std::mem::take(&mut self.between);
        let pass = Request {
            flip: false,
            channels,
            layout: Layout::Nhwc,
            ..*request
        };
        let (width, height) = match first {
            First::Across => self.across(source, plane, &pass, &mut between),
            First::Down => self.down(source, plane, &pass, &mut between),
        };
        let plane = Plane {
            data: &between,
            stride: width * channels.count(),
            width,
            height,
        };
        let resized = if channels == Channels::Gray {
            Pixels::Gray(plane)
        } else {
            Pixels::Rgb(plane)
        };
        let region = match first {
            First::Across => Region {
                left: 0.0,
                width: width as f64,
                ..request.region
            },
            First::Down => Region {
                top: 0.0,
                height: height as f64,
                ..request.region
            },
        };
        self.run(&resized, &Request { region, ..*request }, output);
        self.between = between;
    }

    /// Resizes the rows that are needed, each at its place: positions, and with them all ties, stay
    /// the same.
    fn across(
        &mut self,
        source: &Pixels<'_>,
        plane: &Plane<'_>,
        pass: &Request,
        to: &mut Vec<u8>,
    ) -> (usize, usize) {
        let rows = &mut self.plans.main.rows;
        rows.build(
            spans(plane, (plane.width, plane.height), pass, (1, 1)).0,
            plan::VERTICAL_BITS,
            false,
        );
        let (first, end) = (rows.first, rows.end);
        let width = pass.size.width as usize;
        let stride = width * pass.channels.count();
        if to.len() < stride * plane.height {
            to.resize(stride * plane.height, 0);
        }
        let region = Region {
            top: first as f64,
            height: (end - first) as f64,
            ..pass.region
        };
        let request = Request {
            region,
            size: Size::new(pass.size.width, (end - first) as u32),
            ..*pass
        };
        self.run(
            source,
            &request,
            Output::Uint8(&mut to[stride * first..stride * end]),
        );
        (width, plane.height)
    }

    /// Resizes all columns.
    fn down(
        &mut self,
        source: &Pixels<'_>,
        plane: &Plane<'_>,
        pass: &Request,
        to: &mut Vec<u8>,
    ) -> (usize, usize) {
        let len = plane.width * pass.channels.count() * pass.size.height as usize;
        if to.len() < len {
            to.resize(len, 0);
        }
        let region = Region {
            left: 0.0,
            width: plane.width as f64,
            ..pass.region
        };
        let request = Request {
            region,
            size: Size::new(plane.width as u32, pass.size.height),
            ..*pass
        };
        self.run(source, &request, Output::Uint8(&mut to[..len]));
        (plane.width, pass.size.height as usize)
    }
}

/// Panics unless lengths and sizes agree.
fn check(source: &Pixels<'_>, request: &Request, output: &Output<'_>) {
    let planes: &[(&Plane<'_>, usize)] = match source {
        Pixels::Gray(plane) => &[(plane, 1)],
        Pixels::Rgb(plane) => &[(plane, 3)],
        Pixels::Planar([red, green, blue]) => {
            let sizes =
                [green, blue].map(|plane| (plane.width, plane.height) == (red.width, red.height));
            assert!(
                sizes == [true; 2],
                "resize: red, green and blue differ in size"
            );
            &[(red, 1), (green, 1), (blue, 1)]
        }
        Pixels::Ycc { y, cb, cr, ratio } => {
            assert!(ratio.0 > 0 && ratio.1 > 0, "resize: chroma ratio {ratio:?}");
            assert!(
                (cb.width, cb.height) == (cr.width, cr.height),
                "resize: Cb and Cr differ in size"
            );
            &[(y, 1), (cb, 1), (cr, 1)]
        }
    };
    for (plane, channels) in planes {
        check_plane(plane, *channels);
    }
    let (width, height) = source.size();
    let Region {
        left,
        top,
        width: across,
        height: down,
    } = request.region;
    let inside = |from: f64, length: f64, size: usize| {
        // A pixel of tolerance: regions are computed, and rounding is not the caller's fault.
        from >= -1.0 && length > 0.0 && from + length <= size as f64 + 1.0
    };
    assert!(
        inside(left, across, width) && inside(top, down, height),
        "resize: {:?} is not inside a view of {width}x{height}",
        request.region
    );
    let Size { width, height } = request.size;
    assert!(
        width > 0 && height > 0,
        "resize: output of {width}x{height}"
    );
    let expected = request
        .size
        .pixels()
        .checked_mul(request.channels.count() as u64);
    assert!(
        expected == Some(output.len() as u64),
        "resize: output has {} elements, {width}x{height} with {} channels needs {expected:?}",
        output.len(),
        request.channels.count()
    );
}

/// Panics if a plane has no samples or not as many as its size says.
fn check_plane(plane: &Plane<'_>, channels: usize) {
    let Plane {
        data,
        stride,
        width,
        height,
    } = *plane;
    assert!(width > 0 && height > 0, "resize: plane of {width}x{height}");
    assert!(
        u32::try_from(width.max(height)).is_ok(),
        "resize: plane of {width}x{height}"
    );
    let row = width * channels;
    let needed = (height - 1)
        .checked_mul(stride)
        .and_then(|n| n.checked_add(row));
    assert!(
        stride >= row && needed.is_some_and(|n| n <= data.len()),
        "resize: {} bytes with stride {stride} do not hold {width}x{height} pixels of {channels} bytes",
        data.len()
    );
}
