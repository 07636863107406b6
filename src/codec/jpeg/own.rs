//! Our own decoder, and what it takes to make pixels of its planes.

use std::fmt;
use std::sync::atomic::AtomicBool;

use super::SLACK;
use super::baseline::{self, Baseline};
use super::filled::{Filled, Form, split};
use super::frame::{Cut, Frame};
use super::tally::Handover;
use super::upsample::Upsampler;
use crate::codec::{Request, Window, grow};

pub(super) struct Own {
    baseline: Baseline,
    upsampler: Upsampler,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

/// Whether our own decoder works on this processor.
#[must_use]
pub fn own_active() -> bool {
    Own::detect().is_some()
}

impl Own {
    pub(super) fn detect() -> Option<Self> {
        Some(Self {
            baseline: Baseline::detect()?,
            upsampler: Upsampler::default(),
        })
    }

    /// Decodes all coefficients; returns how many blocks they are.
    pub(super) fn entropy(&mut self, header: &baseline::Header<'_>) -> Option<u64> {
        let cut = header.frame.cut(Window::whole(header.frame.size()), 1, 3);
        self.baseline.entropy(header, &cut).ok()
    }

    pub(super) fn fill(
        &mut self,
        header: &baseline::Header<'_>,
        request: &Request,
        buffer: &mut Vec<u8>,
        stop: &AtomicBool,
    ) -> Result<Filled, Handover> {
        let (frame, window) = (&header.frame, request.window);
        let form = Form::of(frame, request);
        let cut = cut(frame, form, request);
        let lengths = lengths(&cut);
        let (before, made) = (lengths.iter().sum(), made(frame, form, window));
        let buffer = grow(buffer, before + made).map_err(|_| Handover::Memory)?;
        let (planes, pixels) = buffer.split_at_mut(before);
        let [y, cb, cr] = split(planes, lengths);
        let out = [&mut *y, &mut *cb, &mut *cr];
        self.baseline.decode(header, &cut, out, stop)?;
        let stride = |i: usize| cut.planes[i].stride as usize;
        match form {
            Form::Planes => return Ok(Filled::planes(frame, &cut, lengths, |i| (0, stride(i)))),
            Form::Gray if made == 0 => return Ok(luma(&cut, request, lengths[0])),
            Form::Gray => Upsampler::gray(frame, &cut, y, window, pixels),
            Form::Rgb => self.upsampler.rgb(frame, &cut, [y, cb, cr], window, pixels),
        }
        let range = before..before + made;
        let stride = window.width as usize * form.channels();
        Ok(Filled::pixels(form, request, range, stride))
    }
}

/// Bytes for each plane that is wanted.
fn lengths(cut: &Cut) -> [usize; 3] {
    let mut lengths = [0; 3];
    for (length, plane) in lengths.iter_mut().zip(&cut.planes).take(cut.wanted) {
        *length = plane.bytes() + SLACK;
    }
    lengths
}

/// The MCUs that a request takes.
fn cut(frame: &Frame, form: Form, request: &Request) -> Cut {
    let reach = match form {
        Form::Planes => request.window,
        Form::Gray | Form::Rgb => Upsampler::reach(frame, request.window, request.denominator),
    };
    let wanted = if form == Form::Gray { 1 } else { 3 };
    frame.cut(reach, request.denominator, wanted)
}

/// Bytes of the pixels that are made of planes; 0 where planes are all that is needed.
fn made(frame: &Frame, form: Form, window: Window) -> usize {
    let pixels = window.width as usize * window.height as usize;
    let luma_is_finest = frame.sampling(0) == frame.finest();
    match form {
        Form::Planes => 0,
        Form::Gray if luma_is_finest => 0,
        Form::Gray | Form::Rgb => pixels * form.channels() + SLACK,
    }
}

/// The window in a plane of luma that begins the buffer.
fn luma(cut: &Cut, request: &Request, end: usize) -> Filled {
    let (plane, window) = (&cut.planes[0], request.window);
    let (left, top) = (window.left - plane.left, window.top - plane.top);
    let stride = plane.stride as usize;
    let start = top as usize * stride + left as usize;
    Filled::pixels(Form::Gray, request, start..end, stride)
}
