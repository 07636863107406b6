//! JPEG, both ways. To encode is libjpeg-turbo's alone (`encoder`); to decode is what the rest is
//! about.
//!
//! A header, then a window of it at scale 1, 1/2, 1/4 or 1/8, into reused scratch.
//!
//! Two back ends stand behind one shape, and deliver the same bytes:
//!
//! * `baseline`, our own decoder, for what nearly every photograph is: baseline Huffman, 8 bits,
//!   gray or YCbCr, one scan. It needs AVX2, which is looked for at run time, and is about twice as
//!   fast.
//! * `turbo`, libjpeg-turbo, for everything else. Whatever our decoder is not sure of it hands
//!   over, and libjpeg-turbo begins with the file's first byte: what is an error, and what it is
//!   called, does not depend on the processor. [`Tally`] counts the files of each, by reason.
//!
//! A header is read, `frame` says which MCUs a window takes, and a back end fills the scratch with
//! their planes (Y, Cb, Cr as the file holds them): the resize reads them as they are, which spares
//! upsampling and colour conversion at full size. Where the chroma planes differ in size, or with
//! `exact`, pixels are made of them as libjpeg-turbo makes them (`upsample`).
//!
//! libjpeg-turbo can cut columns and skip rows of interleaved pixels, but not of planes: its planes
//! are of full width, from the top row on, and the part that was asked for is a view into them.

#[cfg(not(target_arch = "x86_64"))]
mod absent;
#[cfg(target_arch = "x86_64")]
mod baseline;
mod encoder;
mod frame;
#[cfg(target_arch = "x86_64")]
mod idct;
mod tally;
mod turbo;
mod upsample;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Decoded, Format, Header, Reason, Request, Window, grow};
use crate::pixel::{Pixels, Plane, words};
#[cfg(not(target_arch = "x86_64"))]
use absent as baseline;
use baseline::Baseline;
use frame::{Cut, Frame, Handover};
use turbo::{Color, Handle, Out};
use upsample::Upsampler;

pub(super) use encoder::{Encoder, STRIP};
pub use tally::Tally;
pub(super) use turbo::Fault;
pub use turbo::simd_active;

/// Bytes that may be read, not used, after the last sample of a plane: vector loads of the resize
/// run over the edge.
const SLACK: usize = 64;

/// What decodes JPEGs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Our own decoder where it can, libjpeg-turbo for the rest.
    #[default]
    Auto,
    /// libjpeg-turbo for all.
    Turbo,
}

words!(Backend: "auto" Auto, "turbo" Turbo);

/// A worker's JPEG decoder.
#[derive(Debug)]
pub struct Decoder {
    handle: Handle,
    own: Result<Own, Handover>,
    buffer: Vec<u8>,
    tally: Arc<Tally>,
}

/// Our own decoder, and what it takes to make pixels of its planes.
struct Own {
    baseline: Baseline,
    upsampler: Upsampler,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

/// A JPEG whose header has been read.
#[derive(Debug)]
pub struct Opened<'a> {
    source: Source<'a>,
    header: Header,
    bytes: &'a [u8],
    stop: &'a AtomicBool,
    buffer: &'a mut Vec<u8>,
    tally: &'a Tally,
}

#[derive(Debug)]
enum Source<'a> {
    Own {
        header: baseline::Header<'a>,
        own: &'a mut Own,
        handle: &'a mut Handle,
    },
    Turbo(turbo::Source<'a>),
}

/// The form that decoded pixels come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Planes,
    Gray,
    Rgb,
}

/// What a back end has put into the buffer.
#[derive(Debug)]
struct Filled {
    form: Form,
    left: u32,
    top: u32,
    denominator: u32,
    /// One place for interleaved pixels, three for planes.
    places: [Place; 3],
    /// Luma samples that a chroma sample stands for.
    ratio: (usize, usize),
}

/// A plane in the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: usize,
    end: usize,
    stride: usize,
    width: usize,
    height: usize,
}

impl Decoder {
    pub(super) fn new(backend: Backend, tally: Arc<Tally>) -> Result<Self, Reason> {
        let own = match backend {
            Backend::Turbo => Err(Handover::Asked),
            Backend::Auto => Own::detect().ok_or(Handover::Processor),
        };
        Ok(Self {
            handle: Handle::new()?,
            own,
            buffer: Vec::new(),
            tally,
        })
    }

    pub(super) fn backend(&self) -> Backend {
        match self.own {
            Err(Handover::Asked) => Backend::Turbo,
            _ => Backend::Auto,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.buffer.capacity()
    }

    pub(super) fn open<'a>(
        &'a mut self,
        bytes: &'a [u8],
        stop: &'a AtomicBool,
    ) -> Result<Opened<'a>, Reason> {
        let Self {
            handle,
            own,
            buffer,
            tally,
        } = self;
        let ours = own
            .as_mut()
            .map_err(|why| *why)
            .and_then(|own| Ok((baseline::parse(bytes)?, own)));
        let (source, size, orientation) = match ours {
            Ok((header, own)) => {
                let (size, orientation) = (header.frame.size(), header.orientation);
                (
                    Source::Own {
                        header,
                        own,
                        handle,
                    },
                    size,
                    orientation,
                )
            }
            Err(why) => {
                tally.count(why);
                let source = handle.open(bytes, stop)?;
                let (size, orientation) = (source.size, source.orientation);
                (Source::Turbo(source), size, orientation)
            }
        };
        let header = Header {
            format: Format::Jpeg,
            size,
            orientation,
        };
        Ok(Opened {
            source,
            header,
            bytes,
            stop,
            buffer,
            tally,
        })
    }
}

impl<'a> Opened<'a> {
    pub(super) fn header(&self) -> Header {
        self.header
    }

    /// Decodes all coefficients of a file that is our decoder's, and makes nothing of them.
    pub(super) fn entropy(self) -> Option<u64> {
        let Source::Own { header, own, .. } = self.source else {
            return None;
        };
        let cut = header.frame.cut(Window::whole(header.frame.size()), 1, 3);
        own.baseline.entropy(&header, &cut).ok()
    }

    pub(super) fn decode(self, request: &Request) -> Result<Decoded<'a>, Reason> {
        check(request, &self.header);
        let Self {
            source,
            bytes,
            stop,
            buffer,
            tally,
            ..
        } = self;
        let mut source = match source {
            Source::Turbo(source) => source,
            Source::Own {
                header,
                own,
                handle,
            } => match own.fill(&header, request, buffer, stop) {
                Ok(filled) => {
                    tally.count_own();
                    return Ok(filled.view(buffer));
                }
                Err(Handover::Stopped) => return Err(Reason::Stopped),
                Err(why) => {
                    tally.count(why);
                    handle.open(bytes, stop)?
                }
            },
        };
        Ok(source.fill(request, bytes, buffer)?.view(buffer))
    }
}

/// Panics if a request is not one for this picture: the caller's defect.
fn check(request: &Request, header: &Header) {
    let Request {
        denominator,
        window,
        ..
    } = *request;
    assert!(
        [1, 2, 4, 8].contains(&denominator),
        "jpeg: scale 1/{denominator}"
    );
    let reaches = |start: u32, length: u32, whole: u32| {
        length > 0
            && start
                .checked_add(length)
                .is_some_and(|end| end <= whole.div_ceil(denominator))
    };
    let inside = reaches(window.left, window.width, header.size.width)
        && reaches(window.top, window.height, header.size.height);
    assert!(
        inside,
        "jpeg: {window:?} is not inside {} at 1/{denominator}",
        header.size
    );
}

/// Whether a file that goes on with `scan` has an end-of-image marker: one that was cut short has
/// none, and whether a file is complete must not depend on the part that is decoded. It is the last
/// thing in nearly every file, so it is looked for from behind.
fn ends(scan: &[u8]) -> bool {
    scan.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// Whether what comes before a file's scan has the header of a lossless frame among its segments.
fn is_lossless(mut segments: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const LOSSLESS: u8 = 0xc3;
    loop {
        segments = match segments {
            [0xff, LOSSLESS, ..] => return true,
            [0xff, 0xff, ..] => &segments[1..],
            [0xff, START, rest @ ..] => rest,
            [0xff, _, high, low, ..] => {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                segments.get(2 + len..).unwrap_or_default()
            }
            _ => return false,
        };
    }
}

impl Form {
    fn of(frame: &Frame, request: &Request) -> Self {
        if frame.components() == 1 || request.gray {
            Self::Gray
        } else if !request.exact && frame.has_common_chroma() {
            Self::Planes
        } else {
            Self::Rgb
        }
    }

    const fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Planes | Self::Gray => 1,
        }
    }
}

/// Whether our own decoder works on this processor.
#[must_use]
pub fn own_active() -> bool {
    Own::detect().is_some()
}

impl Own {
    fn detect() -> Option<Self> {
        Some(Self {
            baseline: Baseline::detect()?,
            upsampler: Upsampler::default(),
        })
    }

    fn fill(
        &mut self,
        header: &baseline::Header<'_>,
        request: &Request,
        buffer: &mut Vec<u8>,
        stop: &AtomicBool,
    ) -> Result<Filled, Handover> {
        let frame = &header.frame;
        let form = Form::of(frame, request);
        let reach = match form {
            Form::Planes => request.window,
            Form::Gray | Form::Rgb => Upsampler::reach(frame, request.window, request.denominator),
        };
        let wanted = if form == Form::Gray { 1 } else { 3 };
        let cut = frame.cut(reach, request.denominator, wanted);
        let lengths = [0, 1, 2].map(|i| {
            if i < cut.wanted {
                cut.planes[i].bytes() + SLACK
            } else {
                0
            }
        });
        let before = lengths.iter().sum();
        let window = request.window;
        let made = match form {
            Form::Rgb => 3 * window.width as usize * window.height as usize + SLACK,
            Form::Gray if !luma_is_finest(frame) => {
                window.width as usize * window.height as usize + SLACK
            }
            Form::Planes | Form::Gray => 0,
        };
        let room = grow(buffer, before + made).map_err(|_| Handover::Memory)?;
        let (planes, pixels) = room.split_at_mut(before);
        let (y, chroma) = planes.split_at_mut(lengths[0]);
        let (cb, cr) = chroma.split_at_mut(lengths[1]);
        self.baseline
            .decode(header, &cut, [&mut *y, &mut *cb, &mut *cr], stop)?;
        match form {
            Form::Planes => return Ok(Filled::planes(frame, &cut, lengths)),
            Form::Rgb => self.upsampler.rgb(frame, &cut, [y, cb, cr], window, pixels),
            Form::Gray if made > 0 => Upsampler::gray(frame, &cut, y, window, pixels),
            Form::Gray => {
                let plane = &cut.planes[0];
                let (left, top) = (
                    (window.left - plane.left) as usize,
                    (window.top - plane.top) as usize,
                );
                let stride = plane.stride as usize;
                return Ok(Filled::pixels(
                    form,
                    request,
                    top * stride + left,
                    lengths[0],
                    stride,
                ));
            }
        }
        Ok(Filled::pixels(
            form,
            request,
            before,
            before + made,
            window.width as usize * form.channels(),
        ))
    }
}

/// Whether luma comes out at the size of the picture.
fn luma_is_finest(frame: &Frame) -> bool {
    frame.sampling(0) == frame.finest()
}

impl Filled {
    /// Planes of a cut, one after the other, each of its length in `lengths`.
    fn planes(frame: &Frame, cut: &Cut, lengths: [usize; 3]) -> Self {
        let mut places = [Place::default(); 3];
        let mut start = 0;
        for ((place, plane), length) in places.iter_mut().zip(&cut.planes).zip(lengths) {
            let (stride, width, height) = (
                plane.stride as usize,
                plane.width as usize,
                plane.height as usize,
            );
            *place = Place {
                start,
                end: start + length,
                stride,
                width,
                height,
            };
            start += length;
        }
        Self::of_cut(frame, cut, places)
    }

    fn of_cut(frame: &Frame, cut: &Cut, places: [Place; 3]) -> Self {
        let [luma, chroma, _] = &cut.planes;
        // At reduced scales chroma is reduced less, so this is not simply the ratio of the sampling
        // factors.
        let ratio = (
            (frame.sampling(0).across * luma.block / (frame.sampling(1).across * chroma.block))
                as usize,
            (frame.sampling(0).down * luma.block / (frame.sampling(1).down * chroma.block))
                as usize,
        );
        Self {
            form: Form::Planes,
            left: luma.left,
            top: luma.top,
            denominator: cut.denominator,
            places,
            ratio,
        }
    }

    /// The window of a request, interleaved.
    fn pixels(form: Form, request: &Request, start: usize, end: usize, stride: usize) -> Self {
        let Window {
            left,
            top,
            width,
            height,
        } = request.window;
        let place = Place {
            start,
            end,
            stride,
            width: width as usize,
            height: height as usize,
        };
        let places = [place, Place::default(), Place::default()];
        Self {
            form,
            left,
            top,
            denominator: request.denominator,
            places,
            ratio: (1, 1),
        }
    }

    fn view(self, buffer: &[u8]) -> Decoded<'_> {
        let Self {
            form,
            left,
            top,
            denominator,
            places,
            ratio,
        } = self;
        let [first, cb, cr] = places.map(
            |Place {
                 start,
                 end,
                 stride,
                 width,
                 height,
             }| Plane {
                data: &buffer[start..end],
                stride,
                width,
                height,
            },
        );
        let pixels = match form {
            Form::Gray => Pixels::Gray(first),
            Form::Rgb => Pixels::Rgb(first),
            Form::Planes => Pixels::Ycc {
                y: first,
                cb,
                cr,
                ratio,
            },
        };
        Decoded {
            pixels,
            left,
            top,
            denominator,
        }
    }
}

impl turbo::Source<'_> {
    fn fill(
        &mut self,
        request: &Request,
        bytes: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Result<Filled, Reason> {
        if self.precision != 8 {
            return Err(Fault::Precision(self.precision).into());
        }
        if !ends(bytes.get(self.scan..).unwrap_or_default()) {
            return Err(Fault::NoEnd.into());
        }
        // The library neither scales nor cuts a lossless file, nor makes gray of it, which is left
        // for later as with PNG.
        let is_lossless = is_lossless(&bytes[..self.scan.min(bytes.len())]);
        let whole = Request {
            denominator: 1,
            window: Window::whole(self.size),
            ..*request
        };
        let request = if is_lossless { &whole } else { request };
        match (self.color, self.frame) {
            (_, Some(frame)) => match Form::of(&frame, request) {
                Form::Planes => self.fill_planes(&frame, request, buffer),
                Form::Gray => self.fill_pixels(Out::Gray, request, buffer),
                Form::Rgb => self.fill_pixels(Out::Rgb, request, buffer),
            },
            (Color::Rgb, None) if request.gray && !is_lossless => {
                self.fill_pixels(Out::Gray, request, buffer)
            }
            (Color::Rgb, None) => self.fill_pixels(Out::Rgb, request, buffer),
            (Color::Cmyk, None) => self.fill_pixels(Out::Cmyk, request, buffer),
            _ => Err(Fault::Color.into()),
        }
    }

    fn fill_planes(
        &mut self,
        frame: &Frame,
        request: &Request,
        buffer: &mut Vec<u8>,
    ) -> Result<Filled, Reason> {
        let cut = frame.cut(request.window, request.denominator, 3);
        let layout = self.start_planes(request)?;
        let lengths = layout.map(|plane| plane.bytes() + SLACK);
        let (y, chroma) = grow(buffer, lengths.iter().sum())?.split_at_mut(lengths[0]);
        let (cb, cr) = chroma.split_at_mut(lengths[1]);
        self.read_planes(&layout, [y, cb, cr])?;
        let mut places = [Place::default(); 3];
        let mut start = 0;
        for (i, place) in places.iter_mut().enumerate() {
            let (plane, stride) = (&cut.planes[i], layout[i].stride());
            *place = Place {
                start: start + plane.top as usize * stride + plane.left as usize,
                end: start + lengths[i],
                stride,
                width: plane.width as usize,
                height: plane.height as usize,
            };
            start += lengths[i];
        }
        Ok(Filled::of_cut(frame, &cut, places))
    }

    /// Reads the columns that the library gives, which are the window's rounded out to whole
    /// blocks.
    fn fill_pixels(
        &mut self,
        out: Out,
        request: &Request,
        buffer: &mut Vec<u8>,
    ) -> Result<Filled, Reason> {
        let scaled = self.size.width.div_ceil(request.denominator);
        let wanted = Request {
            window: widened(request.window, scaled),
            ..*request
        };
        let (left, width) = self.start_rows(&wanted, out)?;
        let stride = width as usize * out.channels();
        let len = stride * request.window.height as usize;
        let room = grow(buffer, len + SLACK)?;
        self.read_rows(&wanted, out, room, stride)?;
        let form = if out == Out::Gray {
            Form::Gray
        } else {
            Form::Rgb
        };
        if out == Out::Cmyk {
            cmyk_to_rgb(&mut room[..len]);
        }
        let start = (request.window.left - left) as usize * form.channels();
        Ok(Filled::pixels(
            form,
            request,
            start,
            len + SLACK,
            width as usize * form.channels(),
        ))
    }
}

/// The window with one column more on each side: where chroma is upsampled between neighbours, the
/// outermost columns of a cut window lack theirs, and differ from a full decode. And at least so
/// wide that no component is cut to a single column, which libjpeg-turbo repeats where a full
/// decode interpolates.
fn widened(window: Window, width: u32) -> Window {
    /// Two samples of a component that is four times as coarse as the finest.
    const LEAST: u32 = 5;
    let left = window
        .left
        .saturating_sub(1)
        .min(width.saturating_sub(LEAST));
    let right = (window.left + window.width + 1)
        .max(left + LEAST)
        .min(width);
    Window {
        left,
        width: right - left,
        ..window
    }
}

/// Turns CMYK and YCCK, which Photoshop and so everyone stores inverted, into RGB in place, as
/// Pillow does it.
fn cmyk_to_rgb(pixels: &mut [u8]) {
    for i in 0..pixels.len() / 4 {
        let [c, m, y, k] = [0, 1, 2, 3].map(|j| u32::from(pixels[4 * i + j]));
        for (j, ink) in [c, m, y].into_iter().enumerate() {
            pixels[3 * i + j] = under_black(ink, k);
        }
    }
}

/// One colour of an inverted CMYK pixel: what its ink and the black ink let through (`ink * black /
/// 255`, rounded as Pillow's `MULDIV255` rounds it).
#[expect(clippy::cast_possible_truncation, reason = "at most 255")]
fn under_black(ink: u32, black: u32) -> u8 {
    let product = (255 - ink) * black + 128;
    black.saturating_sub(((product >> 8) + product) >> 8) as u8
}
