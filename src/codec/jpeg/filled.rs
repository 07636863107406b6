//! The buffer that a back end fills with a window: planes, or interleaved pixels.

use std::ops::Range;

use super::frame::{Cut, Frame, Sampling};
use crate::codec::{Decoded, Request};
use crate::pixel::{Pixels, Plane};

/// The form that decoded pixels come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Planes,
    Gray,
    Rgb,
}

impl Form {
    pub(super) fn of(frame: &Frame, request: &Request) -> Self {
        if frame.components() == 1 || request.gray {
            Self::Gray
        } else if !request.exact && frame.has_common_chroma() {
            Self::Planes
        } else {
            Self::Rgb
        }
    }

    pub(super) const fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Planes | Self::Gray => 1,
        }
    }
}

/// What a back end has put into the buffer.
#[derive(Debug)]
pub(super) struct Filled {
    form: Form,
    left: u32,
    top: u32,
    denominator: u32,
    /// One for interleaved pixels, three for planes.
    extents: [Extent; 3],
    /// Luma samples that a chroma sample stands for.
    ratio: (usize, usize),
}

/// A plane in the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    start: usize,
    end: usize,
    stride: usize,
    width: usize,
    height: usize,
}

impl Extent {
    fn new(bytes: Range<usize>, stride: usize, (width, height): (u32, u32)) -> Self {
        Self {
            start: bytes.start,
            end: bytes.end,
            stride,
            width: width as usize,
            height: height as usize,
        }
    }

    fn plane(self, buffer: &[u8]) -> Plane<'_> {
        Plane {
            data: &buffer[self.start..self.end],
            stride: self.stride,
            width: self.width,
            height: self.height,
        }
    }
}

impl Filled {
    /// Planes of a cut one after the other, `lengths` bytes each. `lie` says of each where in its
    /// bytes it begins, and its stride.
    pub(super) fn planes(
        frame: &Frame,
        cut: &Cut,
        lengths: [usize; 3],
        lie: impl Fn(usize) -> (usize, usize),
    ) -> Self {
        let mut end = 0;
        let extents = [0, 1, 2].map(|i| {
            let (first, stride) = lie(i);
            let start = end + first;
            end += lengths[i];
            let (width, height) = (cut.planes[i].width, cut.planes[i].height);
            Extent::new(start..end, stride, (width, height))
        });
        Self {
            form: Form::Planes,
            left: cut.planes[0].left,
            top: cut.planes[0].top,
            denominator: cut.denominator,
            extents,
            ratio: ratio(frame, cut),
        }
    }

    /// The window of a request, interleaved, in some bytes of the buffer.
    pub(super) fn pixels(
        form: Form,
        request: &Request,
        bytes: Range<usize>,
        stride: usize,
    ) -> Self {
        let window = request.window;
        let extent = Extent::new(bytes, stride, (window.width, window.height));
        Self {
            form,
            left: window.left,
            top: window.top,
            denominator: request.denominator,
            extents: [extent, Extent::default(), Extent::default()],
            ratio: (1, 1),
        }
    }

    pub(super) fn view(self, buffer: &[u8]) -> Decoded<'_> {
        let [first, cb, cr] = self.extents.map(|extent| extent.plane(buffer));
        let pixels = match self.form {
            Form::Gray => Pixels::Gray(first),
            Form::Rgb => Pixels::Rgb(first),
            Form::Planes => Pixels::Ycc {
                y: first,
                cb,
                cr,
                ratio: self.ratio,
            },
        };
        Decoded {
            pixels,
            left: self.left,
            top: self.top,
            denominator: self.denominator,
        }
    }
}

/// At reduced scales chroma is reduced less, so this is not simply the ratio of the sampling
/// factors.
fn ratio(frame: &Frame, cut: &Cut) -> (usize, usize) {
    let [luma, chroma] = [0, 1].map(|i| {
        let (Sampling { across, down }, block) = (frame.sampling(i), cut.planes[i].block);
        (across * block, down * block)
    });
    ((luma.0 / chroma.0) as usize, (luma.1 / chroma.1) as usize)
}

/// The planes in a buffer, `lengths` bytes each.
pub(super) fn split(buffer: &mut [u8], lengths: [usize; 3]) -> [&mut [u8]; 3] {
    let (y, chroma) = buffer.split_at_mut(lengths[0]);
    let (cb, cr) = chroma.split_at_mut(lengths[1]);
    [y, cb, &mut cr[..lengths[2]]]
}
