//! One sample, looked at: its header, or all of its pixels.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::codec::{Backend, Decoder, Header, Reason, Request, Tally, Window};
use crate::dataset::{Dataset, Scratch};
use crate::error::{Error, Result};
use crate::loader::Config;

/// What a worker keeps from sample to sample.
#[derive(Debug)]
pub(super) struct Tools {
    backend: Backend,
    scratch: Scratch,
    decoder: Option<Decoder>,
}

impl Tools {
    /// Tools that decode JPEGs with `backend`.
    pub(super) fn new(backend: Backend) -> Self {
        Self { backend, scratch: Scratch::default(), decoder: None }
    }

    /// The header of a sample, and the length of its encoded bytes.
    pub(super) fn header(&mut self, data: &dyn Dataset, index: u64) -> Result<(Header, u64)> {
        let fail = |Reason(reason)| Error::Decode { path: data.path(index), reason };
        let bytes = data.read(index, &mut self.scratch)?;
        let stop = AtomicBool::new(false);
        let decoder = ready(&mut self.decoder, self.backend).map_err(fail)?;
        let opened = decoder.open(bytes, &stop).map_err(fail)?;
        Ok((opened.header(), bytes.len() as u64))
    }

    /// Decodes every pixel of a sample; the length of its encoded bytes.
    pub(super) fn decode(&mut self, data: &dyn Dataset, index: u64, form: Form, stop: &AtomicBool) -> Result<u64> {
        let fail = |Reason(reason)| Error::Decode { path: data.path(index), reason };
        let bytes = data.read(index, &mut self.scratch)?;
        let decoder = ready(&mut self.decoder, self.backend).map_err(fail)?;
        whole(decoder, bytes, form, stop).map_err(fail)?;
        Ok(bytes.len() as u64)
    }
}

/// What is made of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What the file holds: colours and upsampling add no way to be damaged.
    Planes,
    /// Interleaved red, green, blue, as every other decoder makes them.
    Rgb,
}

fn ready(decoder: &mut Option<Decoder>, backend: Backend) -> Result<&mut Decoder, Reason> {
    match decoder {
        Some(decoder) => Ok(decoder),
        none => Ok(none.insert(Decoder::new(backend, Arc::new(Tally::default()))?)),
    }
}

fn whole(decoder: &mut Decoder, bytes: &[u8], form: Form, stop: &AtomicBool) -> Result<(), Reason> {
    let opened = decoder.open(bytes, stop)?;
    let size = opened.header().size;
    let most = Config::default().max_pixels;
    if size.pixels() == 0 || size.pixels() > most {
        return Err(Reason(format!("{size} = {} pixels: 1 to {most} are expected", size.pixels())));
    }
    let request = Request { denominator: 1, window: Window::whole(size), gray: false, exact: form == Form::Rgb };
    opened.decode(&request).map(drop)
}
