//! Samples, looked at one by one: their headers, or all of their pixels.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::damage::Damage;
use crate::codec::{Backend, Decoder, Header, Reason};
use crate::dataset::{Content, Dataset, NO_LABEL, Sample, Scratch};
use crate::engine::Indexed;
use crate::error::Result;
use crate::transform::{Form, decode_whole};

/// What is found of a sample, or what is wrong with it.
pub(super) type Examined = Result<Sound, Damage>;

/// What there is of a sample that can be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sound {
    /// The header of its image.
    pub(super) header: Header,
    /// The length of what it is stored as.
    pub(super) bytes: u64,
    /// Whether it has a label.
    pub(super) labelled: bool,
}

/// What a worker keeps from sample to sample.
#[derive(Debug)]
pub(super) struct Tools {
    backend: Backend,
    scratch: Scratch,
    decoder: Option<Decoder>,
}

/// Samples that are looked at on worker threads.
pub(super) struct Samples {
    pub(super) data: Arc<dyn Dataset>,
    /// How many are looked at.
    pub(super) len: u64,
    /// Which sample each of these numbers stands for.
    pub(super) which: Box<dyn Fn(u64) -> u64 + Send + Sync>,
    /// What is decoded of each; its header alone if `None`.
    pub(super) form: Option<Form>,
    /// What decodes JPEGs.
    pub(super) backend: Backend,
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

    /// Reads the header of a sample; with `form`, decodes every pixel.
    ///
    /// # Errors
    /// What says nothing about the sample: [`crate::error::Error::is_of_the_machine`].
    pub(super) fn look(
        &mut self,
        data: &dyn Dataset,
        index: u64,
        form: Option<Form>,
        stop: &AtomicBool,
    ) -> Result<Examined> {
        let Sample { content, label } = match data.read(index, &mut self.scratch) {
            Ok(sample) => sample,
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(error) => return Ok(Err(Damage::of(&error, data.location(index)))),
        };
        match decoded(&mut self.decoder, self.backend, content, form, stop) {
            Ok(header) => Ok(Ok(Sound {
                header,
                bytes: content.len() as u64,
                labelled: label != NO_LABEL,
            })),
            Err(reason) if reason.is_memory() => Err(data.location(index).undecodable(reason)),
            Err(reason) => Ok(Err(Damage::at(data.location(index), reason.to_string()))),
        }
    }
}

fn decoded(
    decoder: &mut Option<Decoder>,
    backend: Backend,
    content: Content<'_>,
    form: Option<Form>,
    stop: &AtomicBool,
) -> Result<Header, Reason> {
    let decoder = match decoder {
        Some(decoder) => decoder,
        none => none.insert(Decoder::new(backend, Arc::default())?),
    };
    match form {
        Some(form) => decode_whole(decoder, content, form, stop),
        None => Ok(content.open(decoder, stop)?.header()),
    }
}

impl Indexed for Samples {
    type Scratch = Tools;
    type Value = Result<Examined>;

    fn len(&self) -> u64 {
        self.len
    }

    fn scratch(&self) -> Tools {
        Tools::new(self.backend)
    }

    fn value(&self, number: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<Examined> {
        tools.look(&*self.data, (self.which)(number), self.form, stop)
    }

    fn panicked(&self, number: u64, message: String) -> Result<Examined> {
        let location = self.data.location((self.which)(number));
        let reason = format!("internal error: {message}");
        Ok(Err(Damage::at(location, reason)))
    }
}
