//! Looks at every input before the first byte is written: that it is there, can be read, and is a
//! picture, all of it or by its header.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use super::source::Source;
use crate::codec::{Backend, Decoder, Format, Header, Reason};
use crate::dataset::Content;
use crate::engine::{self, Begun};
use crate::error::{Error, Result};
use crate::file::{self, Stamp};
use crate::pixel::Size;
use crate::transform::{Form, decode_whole};

/// How thoroughly inputs are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Every picture is decoded as a whole.
    #[default]
    Decode,
    /// The beginning of every file is read.
    Headers,
}

/// Enough for the header of nearly every picture; what has a longer one is read as a whole.
const PREFIX: usize = 64 << 10;

/// Enough to tell formats apart.
const MAGIC: usize = 16;

/// Inputs per batch: so many that handing batches over costs nothing.
const BATCH: usize = 256;

/// What is known of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// What tells whether the file is another one when it is written, and its length.
    pub(super) stamp: Stamp,
    /// Format of the picture.
    pub(super) format: Format,
    /// Size of the picture as it is stored; zero where it was not asked for.
    pub(super) size: Size,
}

/// The job: one slot an input.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) source: Arc<Source>,
    /// The inputs that are looked at; all if `None`.
    pub(super) wanted: Option<Vec<usize>>,
    pub(super) depth: Depth,
    /// Whether pictures' sizes are wanted.
    pub(super) sizes: bool,
    /// Counts the inputs that were looked at.
    pub(super) done: Arc<AtomicU64>,
}

/// A row of inputs.
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
    fn len(&self) -> usize {
        self.wanted.as_ref().map_or(self.source.len(), Vec::len)
    }

    fn input(&self, place: usize) -> usize {
        self.wanted.as_ref().map_or(place, |wanted| wanted[place])
    }

    fn look(&self, input: usize, tools: &mut Tools, stop: &AtomicBool) -> Result<Checked> {
        let path = &self.source.path(input);
        let found = match self.depth {
            Depth::Decode => decoded(path, tools, stop),
            Depth::Headers => begun(path, self.sizes, tools),
        };
        let (stamp, header) = found.map_err(|source| self.source.io_error(input, source))?;
        let (format, size) = header.map_err(|reason| reason.at(path.clone()))?;
        Ok(Checked {
            stamp,
            format,
            size,
        })
    }
}

/// The stamp of a file, and what it holds or why it holds no picture.
type Found = io::Result<(Stamp, Result<(Format, Size), Reason>)>;

/// Decodes a picture with what `verify` decodes with.
fn decoded(path: &Path, tools: &mut Tools, stop: &AtomicBool) -> Found {
    let Tools { bytes, decoder } = tools;
    let stamp = file::read_stamped(&CString::new(path.as_os_str().as_bytes())?, bytes)?;
    let len = usize::try_from(stamp.len).unwrap_or(usize::MAX);
    let header = ready(decoder, Backend::Auto).and_then(|decoder| {
        decode_whole(decoder, Content::Encoded(&bytes[..len]), Form::Planes, stop)
    });
    Ok((
        stamp,
        header.map(|Header { format, size, .. }| (format, size)),
    ))
}

/// Reads the beginning of a picture.
fn begun(path: &Path, sizes: bool, tools: &mut Tools) -> Found {
    let Tools { bytes, decoder } = tools;
    let stamp = file::peek(path, if sizes { PREFIX } else { MAGIC }, bytes)?;
    if let (false, Some(format)) = (sizes, Format::of(bytes)) {
        return Ok((stamp, Ok((format, Size::default()))));
    }
    let mut header = header_of(bytes, decoder);
    if header.is_err() && (bytes.len() as u64) < stamp.len {
        file::peek(path, usize::MAX, bytes)?;
        header = header_of(bytes, decoder);
    }
    Ok((stamp, header))
}

/// What the header of a picture says, or why it says nothing.
fn header_of(bytes: &[u8], decoder: &mut Option<Decoder>) -> Result<(Format, Size), Reason> {
    let stop = AtomicBool::new(false);
    let decoder = ready(decoder, Backend::Turbo)?;
    let Header { format, size, .. } = decoder.open(bytes, &stop)?.header();
    Ok((format, size))
}

fn ready(decoder: &mut Option<Decoder>, backend: Backend) -> Result<&mut Decoder, Reason> {
    match decoder {
        Some(decoder) => Ok(decoder),
        none => Ok(none.insert(Decoder::new(backend, Arc::default())?)),
    }
}

impl engine::Job for Check {
    type Scratch = Tools;
    type Batch = Row;
    /// What was found, in order.
    type Output = Vec<Result<Checked>>;

    fn scratch(&self) -> Tools {
        Tools::default()
    }

    fn begin(&self, number: u64) -> Result<Begun<Row>> {
        let first = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_mul(BATCH);
        let slots = self.len().saturating_sub(first).min(BATCH);
        if slots == 0 {
            return Ok(Begun::End);
        }
        let found = Mutex::new((0..slots).map(|_| None).collect());
        let batch = Row { first, found };
        Ok(Begun::Batch { batch, slots })
    }

    fn run(&self, row: &Row, slot: usize, tools: &mut Tools, stop: &AtomicBool) {
        let checked = self.look(self.input(row.first + slot), tools, stop);
        lock(&row.found)[slot] = Some(checked);
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn panicked(&self, row: &Row, slot: usize, message: String) {
        let path = self.source.path(self.input(row.first + slot));
        lock(&row.found)[slot] = Some(Err(Error::Panic { path, message }));
    }

    fn complete(&self, row: &Row) -> Result<Self::Output> {
        let found = std::mem::take(&mut *lock(&row.found));
        Ok(found.into_iter().flatten().collect())
    }
}
