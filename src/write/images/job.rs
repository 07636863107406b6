//! The job that makes images.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::names::Names;
use super::{Content, Painter, Request};
use crate::codec::encode::{Encoder, Encoding};
use crate::codec::{Format, Reason};
use crate::engine::{Indexed, Stopwatch, Watch, in_order};
use crate::error::{Error, Result};
use crate::file::{Map, Output};
use crate::pixel::Size;
use crate::write::{Existing, PATIENCE, Written};

/// One of so many images that are kept is made again, and compared.
const SAMPLE: u64 = 32;

/// The work.
#[derive(Debug)]
struct Job {
    names: Names,
    encoding: Encoding,
    content: Content,
    size: Size,
    seed: u64,
    existing: Existing,
    done: Arc<AtomicU64>,
    /// Set by the first error: the images after it are not wanted.
    failed: AtomicBool,
}

/// What a worker keeps from image to image.
#[derive(Debug, Default)]
struct Tools {
    painter: Painter,
    encoder: Option<Encoder>,
    file: Vec<u8>,
}

/// Bytes of an image's file, and whether it was there already.
type Made = (u64, bool);

/// Writes images; `own`: the first and the last image that are there already. `None` if `watch`
/// ended it before.
pub(super) fn write(
    request: &Request,
    encoding: Encoding,
    names: Names,
    own: Option<(u64, u64)>,
    workers: usize,
    watch: Watch<'_>,
) -> Result<Option<Written>> {
    let count = names.count();
    let job = Job::new(request, encoding, names);
    let done = Arc::clone(&job.done);
    job.refuse_others(own)?;
    let mut written = Written {
        files: count,
        records: count,
        ..Written::default()
    };
    // Small images come in thousands: their groups are not worth a call each.
    let (mut clock, mut since) = (Stopwatch::start(), PATIENCE);
    let mut tell = |of_groups, _| {
        since += clock.lap();
        if since < PATIENCE && of_groups < count {
            return ControlFlow::Continue(());
        }
        since = Duration::ZERO;
        watch(done.load(Ordering::Relaxed), count)
    };
    let is_whole = in_order(job, workers, &mut tell, |_, made| {
        let (bytes, kept) = made?;
        written.bytes += bytes;
        written.kept += u64::from(kept);
        Ok(())
    })?;
    Ok(is_whole.then_some(written))
}

impl Indexed for Job {
    type Scratch = Tools;
    type Value = Result<Made>;

    const CHUNK: u64 = 64;

    fn len(&self) -> u64 {
        self.names.count()
    }

    fn scratch(&self) -> Tools {
        Tools::default()
    }

    fn value(&self, number: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<Made> {
        if self.failed.load(Ordering::Relaxed) {
            return Ok(Made::default());
        }
        let made = self.image(number, tools, stop);
        self.failed.fetch_or(made.is_err(), Ordering::Relaxed);
        self.done
            .fetch_add(u64::from(made.is_ok()), Ordering::Relaxed);
        made
    }

    fn panicked(&self, number: u64, message: String) -> Result<Made> {
        self.failed.store(true, Ordering::Relaxed);
        let path = self.names.path(number);
        Err(Error::Panic { path, message })
    }
}

impl Job {
    fn new(request: &Request, encoding: Encoding, names: Names) -> Self {
        Self {
            names,
            encoding,
            content: request.content,
            size: request.size,
            seed: request.seed,
            existing: request.existing,
            done: Arc::default(),
            failed: AtomicBool::new(false),
        }
    }

    /// Refuses to go on with a run with other options, before anything is written, as far as the
    /// first and the last of its images tell.
    fn refuse_others(&self, own: Option<(u64, u64)>) -> Result<()> {
        let (Existing::Resume, Some((first, last))) = (self.existing, own) else {
            return Ok(());
        };
        let (mut tools, stop) = (Tools::default(), AtomicBool::new(false));
        let mut numbers = vec![first, last];
        numbers.dedup();
        for number in numbers {
            let path = self.names.path(number);
            if self.whole(&path)?.is_some() {
                self.encode(number, &path, &mut tools, &stop)?;
                tools.compare(&path)?;
            }
        }
        Ok(())
    }

    /// Makes an image, unless it is there and is to stay.
    fn image(&self, number: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<Made> {
        let path = self.names.path(number);
        let kept = if self.existing == Existing::Resume {
            self.whole(&path)?
        } else {
            None
        };
        // Images of another run are found by making some of these again: where runs meet, and all
        // along.
        let is_sample = number.is_multiple_of(SAMPLE) || number + 1 == self.names.count();
        if let Some(len) = kept.filter(|_| !is_sample) {
            return Ok((len, true));
        }
        self.encode(number, &path, tools, stop)?;
        if let Some(len) = kept {
            tools.compare(&path)?;
            return Ok((len, true));
        }
        let len = tools.file.len() as u64;
        let output = Output::create(&path, Some(len))?;
        output.write_at(&tools.file, 0)?;
        output.commit(false, self.existing != Existing::Refuse)?;
        Ok((len, false))
    }

    /// The length of a file that is there and looks whole: files are not synced, so a power failure
    /// may leave ones that are empty or end early.
    fn whole(&self, path: &Path) -> Result<Option<u64>> {
        if !path.is_file() {
            return Ok(None);
        }
        let file = Map::open(path)?;
        let bytes = file.bytes()?;
        let ends = match self.encoding {
            Encoding::Jpeg { .. } => bytes.ends_with(&[0xff, 0xd9]),
            Encoding::Png(_) => bytes.ends_with(b"IEND\xae\x42\x60\x82"),
            Encoding::Bmp => bytes
                .get(2..6)
                .is_some_and(|len| len == (bytes.len() as u64).to_le_bytes()[..4].as_ref()),
        };
        Ok((ends && Format::of(bytes).is_some()).then_some(bytes.len() as u64))
    }

    /// Makes the file of an image. Of a size that was checked, only a lack of memory keeps it from
    /// being encoded.
    fn encode(&self, number: u64, path: &Path, tools: &mut Tools, stop: &AtomicBool) -> Result<()> {
        let encoded = tools.encode(self, number, stop);
        encoded.map_err(|reason| Error::Write {
            path: path.to_owned(),
            bytes: 3 * self.size.pixels(),
            source: io::Error::new(io::ErrorKind::OutOfMemory, reason.to_string()),
        })
    }
}

impl Tools {
    /// Makes `file` that of image `number`.
    fn encode(&mut self, job: &Job, number: u64, stop: &AtomicBool) -> Result<(), Reason> {
        let Self {
            painter,
            encoder,
            file,
        } = self;
        let encoder = match encoder {
            Some(encoder) => encoder,
            None => encoder.insert(Encoder::new()?),
        };
        painter.start(job.content, job.seed, number, job.size);
        encoder.encode(
            job.encoding,
            job.size,
            &mut |rows| painter.rows(rows),
            stop,
            file,
        )
    }

    /// An error unless the file at `path` is the one that was just encoded.
    fn compare(&self, path: &Path) -> Result<()> {
        let found = Map::open(path)?;
        if found.bytes()? == self.file {
            return Ok(());
        }
        Err(Error::dataset(
            path,
            "it is from a run with other options; replace it with overwrite=True",
        ))
    }
}
