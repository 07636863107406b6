//! An image decoded as a whole, to see whether it is sound: what `verify` and the writers ask of
//! every input.

use std::sync::atomic::AtomicBool;

use super::options::MAX_PIXELS;
use crate::codec::{Content, Decoder, Header, Reason, Request, Window};

/// What is made of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What the file holds: colours and upsampling add no way to be damaged.
    Planes,
    /// Interleaved red, green, blue, as every other decoder makes them.
    Rgb,
}

/// Decodes every pixel of an image that has at most [`MAX_PIXELS`]; gives its header.
///
/// # Errors
/// Why it cannot be decoded.
pub fn decode_whole(
    decoder: &mut Decoder,
    content: Content<'_>,
    form: Form,
    stop: &AtomicBool,
) -> Result<Header, Reason> {
    let opened = content.open(decoder, stop)?;
    let header = opened.header();
    let size = header.size;
    if size.pixels() == 0 || size.pixels() > MAX_PIXELS {
        let pixels = size.pixels();
        return Err(Reason::new(format!(
            "{size} = {pixels} pixels: 1 to {MAX_PIXELS} are expected"
        )));
    }
    let request = Request {
        denominator: 1,
        window: Window::whole(size),
        gray: false,
        exact: form == Form::Rgb,
    };
    opened.decode(&request).map(|_| header)
}
