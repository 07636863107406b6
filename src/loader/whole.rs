//! A picture decoded as a whole, to see whether it is sound: what `verify` and the writers ask of
//! every input.

use std::sync::atomic::AtomicBool;

use super::config::Config;
use crate::codec::{Decoder, Header, Opened, Reason, Request, Window};
use crate::dataset::Content;

/// What is made of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What the file holds: colours and upsampling add no way to be damaged.
    Planes,
    /// Interleaved red, green, blue, as every other decoder makes them.
    Rgb,
}

/// Reads the header of a picture.
///
/// # Errors
/// Why it cannot be read.
pub fn open<'a>(
    decoder: &'a mut Decoder,
    content: Content<'a>,
    stop: &'a AtomicBool,
) -> Result<Opened<'a>, Reason> {
    match content {
        Content::Encoded(bytes) => decoder.open(bytes, stop),
        Content::Raw(raw) => Ok(decoder.open_raw(raw)),
    }
}

/// Decodes every pixel of a picture that is no larger than a Loader takes by default; gives its
/// header.
///
/// # Errors
/// Why it cannot be decoded.
pub fn decode_whole(
    decoder: &mut Decoder,
    content: Content<'_>,
    form: Form,
    stop: &AtomicBool,
) -> Result<Header, Reason> {
    let opened = open(decoder, content, stop)?;
    let header = opened.header();
    let size = header.size;
    let most = Config::default().max_pixels;
    if size.pixels() == 0 || size.pixels() > most {
        return Err(Reason::new(format!(
            "{size} = {} pixels: 1 to {most} are expected",
            size.pixels()
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
