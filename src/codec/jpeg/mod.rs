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
mod filled;
mod frame;
#[cfg(target_arch = "x86_64")]
mod idct;
mod markers;
mod own;
mod tally;
mod turbo;
mod upsample;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Decoded, Format, Header, Reason, Request};
use crate::pixel::words;
#[cfg(not(target_arch = "x86_64"))]
use absent as baseline;
use own::Own;
use tally::Handover;
use turbo::Handle;

pub(super) use encoder::{Encoder, STRIP};
pub use own::own_active;
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

/// A JPEG whose header has been read.
#[derive(Debug)]
pub struct Opened<'a> {
    chosen: Chosen<'a>,
    header: Header,
    bytes: &'a [u8],
    stop: &'a AtomicBool,
    buffer: &'a mut Vec<u8>,
    tally: &'a Tally,
}

/// The back end that a file is decoded by, and what it knows of the file.
#[derive(Debug)]
enum Chosen<'a> {
    Own {
        header: baseline::Header<'a>,
        own: &'a mut Own,
        handle: &'a mut Handle,
    },
    Turbo(turbo::Opened<'a>),
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
        let (handle, tally) = (&mut self.handle, &*self.tally);
        let own = self.own.as_mut().map_err(|why| *why);
        let chosen = match own.and_then(|own| Ok((baseline::parse(bytes)?, own))) {
            Ok((header, own)) => Chosen::Own {
                header,
                own,
                handle,
            },
            Err(why) => {
                tally.count(why);
                Chosen::Turbo(handle.open(bytes, stop)?)
            }
        };
        Ok(Opened {
            header: chosen.header(),
            chosen,
            bytes,
            stop,
            buffer: &mut self.buffer,
            tally,
        })
    }
}

impl Chosen<'_> {
    fn header(&self) -> Header {
        let (size, orientation) = match self {
            Self::Own { header, .. } => (header.frame.size(), header.orientation),
            Self::Turbo(opened) => (opened.size, opened.orientation),
        };
        Header {
            format: Format::Jpeg,
            size,
            orientation,
        }
    }
}

impl<'a> Opened<'a> {
    pub(super) fn header(&self) -> Header {
        self.header
    }

    /// Decodes all coefficients of a file that is our decoder's, and makes nothing of them.
    pub(super) fn entropy(self) -> Option<u64> {
        match self.chosen {
            Chosen::Own { header, own, .. } => own.entropy(&header),
            Chosen::Turbo(_) => None,
        }
    }

    pub(super) fn decode(self, request: &Request) -> Result<Decoded<'a>, Reason> {
        check(request, &self.header);
        let (bytes, buffer) = (self.bytes, self.buffer);
        let mut opened = match self.chosen {
            Chosen::Turbo(opened) => opened,
            Chosen::Own {
                header,
                own,
                handle,
            } => match own.fill(&header, request, buffer, self.stop) {
                Ok(filled) => {
                    self.tally.count_own();
                    return Ok(filled.view(buffer));
                }
                Err(Handover::Stopped) => return Err(Reason::Stopped),
                Err(why) => {
                    self.tally.count(why);
                    handle.open(bytes, self.stop)?
                }
            },
        };
        Ok(opened.fill(request, bytes, buffer)?.view(buffer))
    }
}

/// Panics if a request is not one for this image: the caller's defect.
fn check(request: &Request, header: &Header) {
    let (denominator, window, size) = (request.denominator, request.window, header.size);
    assert!(
        [1, 2, 4, 8].contains(&denominator),
        "jpeg: scale 1/{denominator}"
    );
    let fits = |start: u32, length: u32, whole: u32| {
        let end = start.checked_add(length);
        length > 0 && end.is_some_and(|end| end <= whole.div_ceil(denominator))
    };
    assert!(
        fits(window.left, window.width, size.width) && fits(window.top, window.height, size.height),
        "jpeg: {window:?} is not inside {size} at 1/{denominator}"
    );
}
