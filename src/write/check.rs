//! Checks every input before the first byte is written: that it can be read and is an image, by
//! decoding it or by its header.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::source::Source;
use crate::codec::{Backend, Decoder, Format, Header, Reason};
use crate::dataset::Content;
use crate::engine::Indexed;
use crate::error::{Error, Result};
use crate::file::{self, Stamp};
use crate::pixel::{Size, words};
use crate::transform::{Form, decode_whole};

/// How thoroughly inputs are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Every image is decoded as a whole.
    #[default]
    Decode,
    /// The beginning of every file is read.
    Headers,
}

words!(Depth: "decode" Decode, "headers" Headers);

/// Enough for the header of nearly every image; a file with a longer one is read as a whole.
const PREFIX: usize = 64 << 10;

/// Enough to tell formats apart.
const MAGIC: usize = 16;

/// What is known of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// By which to tell whether the file was changed before it is written; and its length.
    pub(super) stamp: Stamp,
    /// Format of the image.
    pub(super) format: Format,
    /// Size of the image as it is stored; zero where it was not asked for.
    pub(super) size: Size,
}

/// The check of all inputs.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) source: Arc<Source>,
    /// The inputs that are checked; all if `None`.
    pub(super) wanted: Option<Vec<usize>>,
    pub(super) depth: Depth,
    /// Whether images' sizes are wanted.
    pub(super) sizes: bool,
    /// Counts the inputs that were checked.
    pub(super) done: Arc<AtomicU64>,
}

/// What a worker keeps from input to input.
#[derive(Default)]
pub(super) struct Tools {
    bytes: Vec<u8>,
    decoder: Option<Decoder>,
}

impl Check {
    /// The input that is number `index` of those that are checked.
    fn input(&self, index: u64) -> usize {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
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

/// The stamp of a file, and its format and size or why it is not an image.
type Found = io::Result<(Stamp, Result<(Format, Size), Reason>)>;

/// Decodes an image, as `verify` does.
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

/// Reads the beginning of an image.
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

/// The format and size in the header of an image.
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

impl Indexed for Check {
    type Scratch = Tools;
    type Value = Result<Checked>;

    const CHUNK: u64 = 256;

    fn len(&self) -> u64 {
        let wanted = self.wanted.as_ref();
        wanted.map_or(self.source.len(), Vec::len) as u64
    }

    fn scratch(&self) -> Tools {
        Tools::default()
    }

    fn value(&self, index: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<Checked> {
        let checked = self.look(self.input(index), tools, stop);
        self.done.fetch_add(1, Ordering::Relaxed);
        checked
    }

    fn panicked(&self, index: u64, message: String) -> Result<Checked> {
        let path = self.source.path(self.input(index));
        Err(Error::Panic { path, message })
    }
}
