//! JPEG: header, then a window of it at scale 1, 1/2, 1/4 or 1/8, into reused scratch.
//!
//! Two forms come out. *Planes* (Y, Cb, Cr as the file holds them, all columns, down to the last row needed) spare chroma
//! upsampling and colour conversion at full size: the resize reads them as they are. *Interleaved pixels* are what
//! `exact` asks for, and what libjpeg-turbo can cut columns from; it cannot cut planes.
//!
//! What each way costs, one thread, against a plain full decode to RGB by libjpeg-turbo in the same run (Zen 5;
//! `cargo bench --bench decode`; small: 2,000 photographs around 436x381, 86 kB; large: 200 around 2000x1500, 930 kB):
//!
//! | | small | large |
//! | --- | --- | --- |
//! | interleaved, 1/1 | 0.99 | 1.00 |
//! | planes, 1/1 | 1.15 | 1.12 |
//! | planes, 1/2, 1/4, 1/8 | 1.20, 1.25, 1.35 | 1.19, 1.28, 1.41 |
//! | libjpeg-turbo RGB, 1/2, 1/4, 1/8 | 1.29, 1.23, 1.35 | 1.16, 1.24, 1.34 |
//!
//! Huffman decoding is most of the time, and no scale spares it. Windows spare the rows below them; of a random crop about
//! a third of the time (T3 of `cargo bench --bench loader` against T1: 1.17 to 0.99).
//!
//! The steps are apart so that another decoder can stand beside libjpeg-turbo: both get a parsed header, a window and a
//! scale, and fill the same scratch.

mod turbo;

use std::sync::atomic::AtomicBool;

use super::{Decoded, Format, Header, Reason, Request, Window, grow};
use crate::pixel::{Pixels, Plane, Size};
use turbo::{Color, Handle, Out};

pub use turbo::simd_active;

/// Bytes that may be read, not used, after the last sample of a plane: vector loads of the resize run over the edge.
const SLACK: usize = 64;

/// A worker's JPEG decoder.
#[derive(Debug)]
pub struct Decoder {
    handle: Handle,
    pixels: Vec<u8>,
}

/// A JPEG whose header has been read.
#[derive(Debug)]
pub struct Opened<'a> {
    source: turbo::Source<'a>,
    pixels: &'a mut Vec<u8>,
    header: Header,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, Reason> {
        Ok(Self { handle: Handle::new()?, pixels: Vec::new() })
    }

    pub(super) fn open<'a>(&'a mut self, bytes: &'a [u8], stop: &'a AtomicBool) -> Result<Opened<'a>, Reason> {
        let source = self.handle.open(bytes, stop)?;
        let size = Size::new(source.width, source.height);
        let header = Header { format: Format::Jpeg, size, orientation: source.orientation };
        Ok(Opened { source, pixels: &mut self.pixels, header })
    }
}

impl<'a> Opened<'a> {
    pub(super) fn header(&self) -> Header {
        self.header
    }

    pub(super) fn decode(self, request: &Request) -> Result<Decoded<'a>, Reason> {
        if self.source.precision != 8 {
            return Err(Reason::new(format!("{}-bit JPEG is not supported, only 8-bit", self.source.precision)));
        }
        // A part of a picture may be whole though the file is not; whether a file is complete must not depend on the part.
        if !self.source.ended {
            return Err(Reason::new("Premature end of JPEG file: no end-of-image marker"));
        }
        match self.source.color {
            Color::Other => Err(Reason::new("a JPEG colour space other than gray, YCbCr, RGB, CMYK and YCCK")),
            Color::Cmyk => self.cmyk(request),
            Color::Gray => self.rows(request, Out::Gray),
            _ if request.gray => self.rows(request, Out::Gray),
            Color::Ycc if !request.exact && self.planes_pay(request) => self.planes(request),
            Color::Ycc | Color::Rgb => self.rows(request, Out::Rgb),
        }
    }

    /// Whether planes are the cheaper way to the window: they spare colour and upsampling for all rows, but come in
    /// full width from the top row on.
    fn planes_pay(&self, request: &Request) -> bool {
        let full = self.header.size.width.div_ceil(request.denominator);
        self.source.has_common_chroma() && u64::from(request.window.width) * 4 >= u64::from(full) * 3
    }

    fn rows(mut self, request: &Request, out: Out) -> Result<Decoded<'a>, Reason> {
        let window = self.read_rows(request, out)?;
        let plane = window_plane(self.pixels, window, out.channels());
        let pixels = if out == Out::Gray { Pixels::Gray(plane) } else { Pixels::Rgb(plane) };
        Ok(Decoded { pixels, left: window.left, top: window.top, denominator: request.denominator })
    }

    /// CMYK and YCCK, which Photoshop and so everyone stores inverted; converted as Pillow does it.
    fn cmyk(mut self, request: &Request) -> Result<Decoded<'a>, Reason> {
        let window = self.read_rows(request, Out::Cmyk)?;
        let count = window.width as usize * window.height as usize;
        for i in 0..count {
            let [c, m, y, k] = [0, 1, 2, 3].map(|j| u32::from(self.pixels[4 * i + j]));
            for (j, ink) in [c, m, y].into_iter().enumerate() {
                self.pixels[3 * i + j] = under_black(ink, k);
            }
        }
        let pixels = Pixels::Rgb(window_plane(self.pixels, window, 3));
        Ok(Decoded { pixels, left: window.left, top: window.top, denominator: request.denominator })
    }

    /// Reads the window, whose columns the library rounds out to whole blocks, to the front of the scratch.
    fn read_rows(&mut self, request: &Request, out: Out) -> Result<Window, Reason> {
        let mut wanted = *request;
        wanted.window = widened(request.window, self.header.size, request.denominator);
        let (left, width) = self.source.start_rows(&wanted, out)?;
        let window = Window { left, width, ..wanted.window };
        let stride = width as usize * out.channels();
        let room = grow(self.pixels, stride * window.height as usize + SLACK)?;
        self.source.read_rows(&wanted, out, room, stride)?;
        Ok(window)
    }

    fn planes(mut self, request: &Request) -> Result<Decoded<'a>, Reason> {
        let layout = self.source.start_planes(request)?;
        let lengths = layout.map(|plane| plane.bytes() + SLACK);
        let (y, chroma) = grow(self.pixels, lengths.iter().sum())?.split_at_mut(lengths[0]);
        let (cb, cr) = chroma.split_at_mut(lengths[1]);
        self.source.read_planes(&layout, [y, cb, cr])?;
        let Self { pixels, .. } = self;
        let pixels: &'a [u8] = pixels;
        let (y, chroma) = pixels.split_at(lengths[0]);
        let (cb, cr) = chroma.split_at(lengths[1]);
        let ratio = layout[0].ratio_to(&layout[1]);
        let [y, cb, cr] = [(y, layout[0]), (cb, layout[1]), (cr, layout[2])].map(|(data, plane)| Plane {
            data,
            stride: plane.stride(),
            width: plane.width(),
            height: plane.height(),
        });
        Ok(Decoded { pixels: Pixels::Ycc { y, cb, cr, ratio }, left: 0, top: 0, denominator: request.denominator })
    }
}

/// The window with one column more on each side: where chroma is upsampled between neighbours, the outermost columns
/// of a cut window lack theirs, and differ from a full decode.
fn widened(window: Window, size: Size, denominator: u32) -> Window {
    let left = window.left.saturating_sub(1);
    let right = (window.left + window.width + 1).min(size.width.div_ceil(denominator));
    Window { left, width: right - left, ..window }
}

/// One colour of an inverted CMYK pixel: what its ink and the black ink let through (`ink * black / 255`, rounded as
/// Pillow's `MULDIV255` rounds it).
#[expect(clippy::cast_possible_truncation, reason = "at most 255")]
fn under_black(ink: u32, black: u32) -> u8 {
    let product = (255 - ink) * black + 128;
    black.saturating_sub(((product >> 8) + product) >> 8) as u8
}

fn window_plane(pixels: &[u8], window: Window, channels: usize) -> Plane<'_> {
    let (width, height) = (window.width as usize, window.height as usize);
    Plane { data: pixels, stride: width * channels, width, height }
}
