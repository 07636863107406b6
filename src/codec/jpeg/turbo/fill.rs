//! Decoding by libjpeg-turbo into the buffer.

use super::super::SLACK;
use super::super::filled::{Filled, Form, split};
use super::super::frame::Frame;
use super::super::markers::{ends, is_lossless};
use super::{Color, Fault, Opened, Out};
use crate::codec::{Reason, Request, Window, grow};

impl Opened<'_> {
    /// `bytes` are those of the file.
    pub(in super::super) fn fill(
        &mut self,
        request: &Request,
        bytes: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Result<Filled, Reason> {
        if self.precision != 8 {
            return Err(Fault::Precision(self.precision).into());
        }
        let (header, scan) = bytes.split_at(self.scan.min(bytes.len()));
        if !ends(scan) {
            return Err(Fault::NoEnd.into());
        }
        let lossless = is_lossless(header);
        // The library neither scales nor cuts a lossless file, nor makes gray of it, which is left
        // for later as with PNG.
        let whole = Request {
            denominator: 1,
            window: Window::whole(self.size),
            ..*request
        };
        let request = if lossless { &whole } else { request };
        let form = match (self.frame, self.color) {
            (Some(frame), _) => Form::of(&frame, request),
            (None, Color::Rgb) if request.gray && !lossless => Form::Gray,
            (None, Color::Rgb | Color::Cmyk) => Form::Rgb,
            (None, _) => return Err(Fault::Color.into()),
        };
        match (form, self.frame) {
            (Form::Planes, Some(frame)) => self.fill_planes(&frame, request, buffer),
            _ => self.fill_pixels(form, request, buffer),
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
        let buffer = grow(buffer, lengths.iter().sum())?;
        self.read_planes(&layout, split(buffer, lengths))?;
        Ok(Filled::planes(frame, &cut, lengths, |i| {
            let (plane, stride) = (&cut.planes[i], layout[i].stride());
            (plane.top as usize * stride + plane.left as usize, stride)
        }))
    }

    /// Reads the columns that the library gives, which are the window's rounded out to whole
    /// blocks.
    fn fill_pixels(
        &mut self,
        form: Form,
        request: &Request,
        buffer: &mut Vec<u8>,
    ) -> Result<Filled, Reason> {
        let scaled = self.size.width.div_ceil(request.denominator);
        let wanted = Request {
            window: widened(request.window, scaled),
            ..*request
        };
        let out = match (form, self.color) {
            (Form::Gray, _) => Out::Gray,
            (_, Color::Cmyk) => Out::Cmyk,
            _ => Out::Rgb,
        };
        let (left, width) = self.start_rows(&wanted, out)?;
        let stride = width as usize * out.channels();
        let len = stride * request.window.height as usize;
        let buffer = grow(buffer, len + SLACK)?;
        self.read_rows(&wanted, out, buffer, stride)?;
        if out == Out::Cmyk {
            cmyk_to_rgb(&mut buffer[..len]);
        }
        let pixels = |count: u32| count as usize * form.channels();
        let range = pixels(request.window.left - left)..len + SLACK;
        Ok(Filled::pixels(form, request, range, pixels(width)))
    }
}

/// The window with one column more on each side: where chroma is upsampled between neighbours, the
/// outermost columns of a cut window lack theirs, and differ from a full decode. And at least so
/// wide that no component is cut to a single column, which libjpeg-turbo repeats where a full
/// decode interpolates.
fn widened(window: Window, width: u32) -> Window {
    /// Two samples of a component that is four times as coarse as the finest.
    const LEAST: u32 = 5;
    let most_left = width.saturating_sub(LEAST);
    let left = window.left.saturating_sub(1).min(most_left);
    let right = (window.left + window.width + 1).max(left + LEAST);
    Window {
        left,
        width: right.min(width) - left,
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
