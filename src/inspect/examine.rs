//! One sample, looked at: its header, or all of its pixels.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::verify::Damage;
use crate::codec::{Backend, Decoder, Header, Reason};
use crate::dataset::{Content, Dataset, NO_LABEL, Sample, Scratch};
use crate::error::Result;
use crate::transform::{Form, decode_whole};

/// What is found of a sample, or what is wrong with it.
pub(super) type Examined<T> = Result<T, Damage>;

/// What a worker keeps from sample to sample.
#[derive(Debug)]
pub(super) struct Tools {
    backend: Backend,
    scratch: Scratch,
    decoder: Option<Decoder>,
}

/// What there is of a sample besides its picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// The length of what it is stored as.
    pub(super) bytes: u64,
    /// Whether it has a label.
    pub(super) labelled: bool,
}

impl Tools {
    /// Tools that decode JPEGs with `backend`.
    pub(super) fn new(backend: Backend) -> Self {
        Self {
            backend,
            scratch: Scratch::default(),
            decoder: None,
        }
    }

    /// The header of a sample.
    ///
    /// # Errors
    /// What says nothing about the sample: [`crate::error::Error::is_of_the_machine`].
    pub(super) fn header(
        &mut self,
        data: &dyn Dataset,
        index: u64,
    ) -> Result<Examined<(Header, Stored)>> {
        let stop = AtomicBool::new(false);
        let header = |decoder: &mut Decoder, content: Content<'_>| {
            Ok(content.open(decoder, &stop)?.header())
        };
        self.look(data, index, header)
    }

    /// Decodes every pixel of a sample; gives its header.
    ///
    /// # Errors
    /// As [`Tools::header`].
    pub(super) fn decode(
        &mut self,
        data: &dyn Dataset,
        index: u64,
        form: Form,
        stop: &AtomicBool,
    ) -> Result<Examined<(Header, Stored)>> {
        self.look(data, index, |decoder, content| {
            decode_whole(decoder, content, form, stop)
        })
    }

    fn look<T>(
        &mut self,
        data: &dyn Dataset,
        index: u64,
        look: impl FnOnce(&mut Decoder, Content<'_>) -> Result<T, Reason>,
    ) -> Result<Examined<(T, Stored)>> {
        let Sample { content, label } = match data.read(index, &mut self.scratch) {
            Ok(sample) => sample,
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(error) => return Ok(Err(Damage::of(&error, data.location(index)))),
        };
        let decoder = match &mut self.decoder {
            Some(decoder) => Ok(decoder),
            none => Decoder::new(self.backend, Arc::default()).map(|decoder| none.insert(decoder)),
        };
        match decoder.and_then(|decoder| look(decoder, content)) {
            Ok(found) => Ok(Ok((
                found,
                Stored {
                    bytes: content.len() as u64,
                    labelled: label != NO_LABEL,
                },
            ))),
            Err(reason) if reason.is_memory() => Err(data.location(index).undecodable(reason)),
            Err(reason) => Ok(Err(Damage::at(data.location(index), reason.to_string()))),
        }
    }
}
