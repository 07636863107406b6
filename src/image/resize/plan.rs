//! A request taken apart: the axes of each plane, the precision of each pass, what the channels
//! become.
#![expect(
    clippy::cast_precision_loss,
    reason = "sides of images fit into 32 bits"
)]

use super::Request;
use super::axis::{Axis, Grid, Span};
use crate::pixel::{Channels, Interpolation, Layout, Pixels, Plane};

/// Fraction bits of the whole horizontal sum: a sample that overshoots to -200 or 456 still fits
/// into 32 bits.
const HORIZONTAL_BITS: u32 = 22;

/// Fraction bits of the vertical sum of raw bytes, for the same reason.
pub(super) const VERTICAL_BITS: u32 = 22;

/// Fraction bits between the passes: as many as leave room for a byte in 16 bits.
const MOST_FRACTION: u32 = 7;

/// The same for filters that overshoot.
const LOBED_FRACTION: u32 = 6;

/// The least that remains of them for the sake of weights with more bits, when there are hundreds
/// of taps.
const LEAST_FRACTION: u32 = 3;

/// Fraction bits of a resized sample before colour conversion.
pub(super) const SAMPLE_BITS: u32 = 6;

/// What a resized sample is for; decides the constant that the horizontal sum starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A finished channel: rounded once, when the fraction is cut off.
    Channel,
    /// Y, to which chroma is added.
    Luma,
    /// Cb or Cr, centred on zero.
    Chroma,
}

/// Both axes of a plane.
#[derive(Debug, Default)]
pub(super) struct Axes {
    /// The vertical pass.
    pub(super) rows: Axis,
    /// The horizontal pass; its starts are even.
    pub(super) columns: Axis,
}

impl Axes {
    /// Plans both passes, each by `axis`.
    pub(super) fn build(
        &mut self,
        rows: Span,
        columns: Span,
        axis: impl Fn(&mut Axis, Span, u32, bool),
    ) {
        axis(&mut self.rows, rows, VERTICAL_BITS, false);
        axis(
            &mut self.columns,
            columns,
            HORIZONTAL_BITS - LEAST_FRACTION,
            true,
        );
    }

    /// Fraction bits of samples between the passes.
    fn fraction(&self) -> u32 {
        let lobed = self.columns.is_lobed();
        let most = if lobed { LOBED_FRACTION } else { MOST_FRACTION };
        (HORIZONTAL_BITS - self.columns.bits).min(most)
    }

    /// How far vertical sums of bytes are shifted. Nothing is added for rounding: the half unit
    /// that cutting off takes on average is given back by the horizontal sum, once.
    pub(super) fn vertical(&self) -> u32 {
        self.rows.bits - self.fraction()
    }

    /// What the horizontal sum starts from, and the shift that ends it. Out come samples with
    /// `SAMPLE_BITS`, half a unit added unless they are chroma, which is centred on zero.
    pub(super) fn horizontal(&self, meaning: Meaning) -> (i32, u32) {
        let bits = self.columns.bits + self.fraction();
        let shift = bits - SAMPLE_BITS;
        // Where rows are copied nothing has been cut off.
        let given_back = if self.rows.is_copy() {
            0
        } else {
            1 << (self.columns.bits - 1)
        };
        let half = 1 << (bits - 1);
        let nearest = 1 << (shift - 1);
        let from = match meaning {
            Meaning::Channel => half,
            Meaning::Luma => half + nearest,
            Meaning::Chroma => nearest - (128 << bits),
        };
        (from + given_back, shift)
    }
}

/// The weights of an image.
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// Of luma, or of all channels.
    pub(super) main: Axes,
    /// Of chroma; out of date where the image has none.
    pub(super) chroma: Axes,
}

impl Plans {
    /// Plans the axes that are needed, each by `axis`, which is `Axis::build` compiled for the
    /// instruction set at hand.
    pub(super) fn build(
        &mut self,
        source: &Pixels<'_>,
        request: &Request,
        axis: impl Fn(&mut Axis, Span, u32, bool),
    ) {
        let (Pixels::Gray(plane)
        | Pixels::Rgb(plane)
        | Pixels::Planar([plane, ..])
        | Pixels::Ycc { y: plane, .. }) = source;
        let size = (plane.width, plane.height);
        let (rows, columns) = spans(plane, size, request, (1, 1));
        self.main.build(rows, columns, &axis);
        if let (Pixels::Ycc { cb, ratio, .. }, Channels::Rgb | Channels::Bgr) =
            (source, request.channels)
        {
            let (rows, columns) = spans(cb, size, request, *ratio);
            self.chroma.build(rows, columns, &axis);
        }
    }
}

/// What the axes of a plane have to do: rows, then columns. A sample of `plane` covers `ratio`
/// pixels of `size`.
pub(super) fn spans(
    plane: &Plane<'_>,
    size: (usize, usize),
    request: &Request,
    ratio: (usize, usize),
) -> (Span, Span) {
    // libjpeg interpolates where it upsamples by two and no more, and repeats samples otherwise.
    let fancy = ratio.0 <= 2 && ratio.1 <= 2;
    let Request {
        region,
        size: out,
        flip,
        ..
    } = *request;
    let rows = Side {
        samples: plane.height,
        pixels: size.1,
        ratio: ratio.1,
        part: (region.top, region.height),
        outputs: out.height as usize,
        flip: false,
    };
    let columns = Side {
        samples: plane.width,
        pixels: size.0,
        ratio: ratio.0,
        part: (region.left, region.width),
        outputs: out.width as usize,
        flip,
    };
    (rows.span(request, fancy), columns.span(request, fancy))
}

/// One side of a plane, and what becomes of it.
struct Side {
    samples: usize,
    pixels: usize,
    /// Pixels that a sample covers.
    ratio: usize,
    /// Start and length of the region, in pixels.
    part: (f64, f64),
    outputs: usize,
    flip: bool,
}

impl Side {
    fn span(self, request: &Request, fancy: bool) -> Span {
        let (samples, ratio) = (self.samples, self.ratio);
        let (grid, size, scale) = match ratio {
            1 => (Grid::Same, self.pixels, 1.0),
            // The nearest sample, not the nearest pixel's: it is not made of its neighbours.
            _ if request.interpolation == Interpolation::Nearest => {
                (Grid::Same, samples, 1.0 / ratio as f64)
            }
            2 if fancy => (Grid::Interpolated { samples }, self.pixels, 1.0),
            _ => (Grid::Repeated { samples, ratio }, self.pixels, 1.0),
        };
        let span = Span {
            grid,
            size,
            skipped: 0,
            left: self.part.0 * scale,
            length: self.part.1 * scale,
            outputs: self.outputs,
            flip: self.flip,
            interpolation: request.interpolation,
        };
        if request.confine {
            span.confined()
        } else {
            span
        }
    }
}

/// What the resized channels become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    /// They are the output, whether one or three.
    Keep,
    /// Gray to three equal channels.
    Repeat,
    /// Red, green and blue to luma.
    Weigh,
    /// JFIF Y, Cb, Cr to red, green, blue.
    Jfif,
}

/// Samples that go through both passes together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track<'a> {
    pub(super) plane: Plane<'a>,
    /// Interleaved channels: bytes a pixel.
    pub(super) channels: usize,
    pub(super) axes: &'a Axes,
    pub(super) meaning: Meaning,
}

/// A request, its source and its weights, taken apart for the kernels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job<'a> {
    pub(super) tracks: [Track<'a>; 3],
    /// How many tracks there are.
    pub(super) used: usize,
    pub(super) colour: Colour,
    /// Blue first.
    pub(super) swap: bool,
    pub(super) layout: Layout,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Channels of the output.
    pub(super) channels: usize,
}

impl<'a> Track<'a> {
    fn new(plane: Plane<'a>, channels: usize, axes: &'a Axes, meaning: Meaning) -> Self {
        Self {
            plane,
            channels,
            axes,
            meaning,
        }
    }
}

impl<'a> Job<'a> {
    pub(super) fn new(source: &Pixels<'a>, request: &Request, plans: &'a Plans) -> Self {
        let (tracks, used, colour) = tracks(source, request.channels, plans);
        Self {
            tracks,
            used,
            colour,
            swap: request.channels == Channels::Bgr,
            layout: request.layout,
            width: request.size.width as usize,
            height: request.size.height as usize,
            channels: request.channels.count(),
        }
    }

    /// The tracks there are.
    pub(super) fn tracks(&self) -> &[Track<'a>] {
        &self.tracks[..self.used]
    }
}

/// The tracks of a source, how many of them are used, and what becomes of their channels.
fn tracks<'a>(
    source: &Pixels<'a>,
    channels: Channels,
    Plans { main, chroma }: &'a Plans,
) -> ([Track<'a>; 3], usize, Colour) {
    let gray = channels == Channels::Gray;
    let whole = |plane, channels| Track::new(plane, channels, main, Meaning::Channel);
    let of_colours = if gray { Colour::Weigh } else { Colour::Keep };
    match *source {
        Pixels::Rgb(rgb) => ([whole(rgb, 3); 3], 1, of_colours),
        // Planes may differ in stride, not in size, so one plan serves all three.
        Pixels::Planar(planes) => (planes.map(|plane| whole(plane, 1)), 3, of_colours),
        Pixels::Ycc { y, cb, cr, .. } if !gray => {
            let luma = Track::new(y, 1, main, Meaning::Luma);
            let [cb, cr] = [cb, cr].map(|plane| Track::new(plane, 1, chroma, Meaning::Chroma));
            ([luma, cb, cr], 3, Colour::Jfif)
        }
        Pixels::Gray(luma) | Pixels::Ycc { y: luma, .. } => {
            let colour = if gray { Colour::Keep } else { Colour::Repeat };
            ([whole(luma, 1); 3], 1, colour)
        }
    }
}
