//! Looks at every input before the first byte is written: that it is there, can be read, and starts as a picture does.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::lock;
use super::source::Source;
use crate::codec::{Backend, Decoder, Format, Header};
use crate::engine;
use crate::error::{Error, Result};
use crate::file;
use crate::pixel::Size;

/// Enough for the header of nearly every picture; what has a longer one is read as a whole.
const PREFIX: usize = 64 << 10;

/// Enough to tell formats apart.
const MAGIC: usize = 16;

/// Inputs per batch: so many that handing batches over costs nothing.
const BATCH: usize = 256;

/// What is known of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// Length of the file.
    pub(super) bytes: u64,
    /// Format of the picture.
    pub(super) format: Format,
    /// Size of the picture as it is stored; zero where it was not asked for.
    pub(super) size: Size,
}

/// The job: one slot an input.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) source: Arc<Source>,
    /// Whether pictures' sizes are wanted.
    pub(super) sizes: bool,
}

/// A row of inputs.
#[derive(Debug)]
pub(super) struct Row {
    first: usize,
    found: Mutex<Vec<Option<Result<Checked>>>>,
}

/// What a worker keeps from input to input.
#[derive(Default)]
pub(super) struct Tools {
    bytes: Vec<u8>,
    decoder: Option<Decoder>,
}

impl Check {
    fn look(&self, record: usize, tools: &mut Tools) -> Result<Checked> {
        let path = &self.source.path(record);
        let fail = |source| self.source.io_error(record, source);
        let Tools { bytes, decoder } = tools;
        let len = file::peek(path, if self.sizes { PREFIX } else { MAGIC }, bytes).map_err(fail)?;
        if let (false, Some(format)) = (self.sizes, Format::of(bytes)) {
            return Ok(Checked { bytes: len, format, size: Size::default() });
        }
        let mut header = header_of(bytes, decoder);
        if header.is_err() && (bytes.len() as u64) < len {
            file::peek(path, usize::MAX, bytes).map_err(fail)?;
            header = header_of(bytes, decoder);
        }
        let Header { format, size, .. } = header.map_err(|reason| Error::Decode { path: path.clone(), reason })?;
        Ok(Checked { bytes: len, format, size })
    }
}

/// What the header of a picture says, or why it says nothing.
fn header_of(bytes: &[u8], decoder: &mut Option<Decoder>) -> Result<Header, String> {
    let decoder = match decoder {
        Some(decoder) => decoder,
        none => none.insert(Decoder::new(Backend::Turbo, Arc::default()).map_err(|reason| reason.0)?),
    };
    let stop = AtomicBool::new(false);
    let opened = decoder.open(bytes, &stop).map_err(|reason| reason.0)?;
    Ok(opened.header())
}

impl Row {
    /// What was found, in order; the first thing wrong counts.
    pub(super) fn results(&self) -> Result<Vec<Checked>> {
        let found = std::mem::take(&mut *lock(&self.found));
        let missing = || Err(Error::Internal { message: "an input was not looked at".to_owned() });
        found.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
    }
}

impl engine::Job for Check {
    type Scratch = Tools;
    type Batch = Row;

    fn scratch(&self) -> Tools {
        Tools::default()
    }

    fn retire(&self, _: Tools) {}

    fn begin(&self, number: u64) -> Result<Option<(Row, usize)>> {
        let first = usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(BATCH);
        let slots = self.source.len().saturating_sub(first).min(BATCH);
        let found = Mutex::new((0..slots).map(|_| None).collect());
        Ok((slots > 0).then_some((Row { first, found }, slots)))
    }

    fn run(&self, row: &Row, slot: usize, tools: &mut Tools, _: &AtomicBool) {
        let checked = self.look(row.first + slot, tools);
        lock(&row.found)[slot] = Some(checked);
    }

    fn panicked(&self, row: &Row, slot: usize, message: String) {
        let path = self.source.path(row.first + slot);
        lock(&row.found)[slot] = Some(Err(Error::Panic { path, message }));
    }
}
