//! The job that makes images.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::names::Names;
use super::{Content, Painter, Request};
use crate::codec::encode::{Encoder, Form};
use crate::codec::{Format, Reason};
use crate::engine::{Engine, Indexed, Next, Ordered, Stopwatch};
use crate::error::{Error, Result};
use crate::file::{Map, Output};
use crate::pixel::Size;
use crate::write::{Existing, Progress, Run, Written};

/// One of so many images that are kept is made again, and compared.
const SAMPLE: u64 = 32;

/// A run.
#[derive(Debug)]
pub(super) struct Writing {
    engine: Engine<Ordered<Job>>,
}

/// The work.
#[derive(Debug)]
struct Job {
    names: Names,
    form: Form,
    content: Content,
    size: Size,
    seed: u64,
    existing: Existing,
    done: AtomicU64,
    bytes: AtomicU64,
    kept: AtomicU64,
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

impl Writing {
    /// Begins to write. `own`: the first and the last image that are there already.
    pub(super) fn start(
        request: &Request,
        form: Form,
        names: Names,
        own: Option<(u64, u64)>,
        workers: usize,
    ) -> Result<Self> {
        let job = Job {
            names,
            form,
            content: request.content,
            size: request.size,
            seed: request.seed,
            existing: request.existing,
            done: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            failed: AtomicBool::new(false),
        };
        job.refuse_others(own)?;
        // No worker waits for the last image of a group.
        Ok(Self {
            engine: Engine::start(Ordered(job), workers, workers + 1)?,
        })
    }
}

impl Run for Writing {
    fn wait(&mut self, patience: Duration) -> Result<Option<Written>> {
        // Small images come in thousands: their groups are not worth a return each.
        let (mut watch, mut left) = (Stopwatch::start(), patience);
        loop {
            match self.engine.next(left)? {
                Next::Batch(images) => images.into_iter().collect::<Result<()>>()?,
                Next::TimedOut => return Ok(None),
                Next::End => return Ok(Some(self.engine.job().0.written())),
            }
            left = left.saturating_sub(watch.lap());
        }
    }

    fn progress(&self) -> Progress {
        let job = &self.engine.job().0;
        Progress {
            done: job.done.load(Ordering::Relaxed),
            total: job.names.count(),
        }
    }
}

impl Indexed for Job {
    type Scratch = Tools;
    type Value = Result<()>;

    const CHUNK: u64 = 64;

    fn len(&self) -> u64 {
        self.names.count()
    }

    fn scratch(&self) -> Tools {
        Tools::default()
    }

    fn value(&self, number: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let written = self.image(number, tools, stop);
        self.failed.fetch_or(written.is_err(), Ordering::Relaxed);
        self.bytes.fetch_add(written?, Ordering::Relaxed);
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn panicked(&self, number: u64, message: String) -> Result<()> {
        self.failed.store(true, Ordering::Relaxed);
        let path = self.names.path(number);
        Err(Error::Panic { path, message })
    }
}

impl Job {
    /// Refuses to go on with a run with other options, before anything is written, as far as the
    /// first and the last of its images tell.
    fn refuse_others(&self, own: Option<(u64, u64)>) -> Result<()> {
        let (Existing::Resume, Some((first, last))) = (self.existing, own) else {
            return Ok(());
        };
        let (mut tools, stop) = (Tools::default(), AtomicBool::new(false));
        for number in if first == last {
            vec![first]
        } else {
            vec![first, last]
        } {
            let path = self.names.path(number);
            if self.whole(&path)?.is_some() {
                tools
                    .encode(self, number, &stop)
                    .map_err(|reason| self.no_memory(&path, &reason))?;
                tools.compare(&path)?;
            }
        }
        Ok(())
    }

    /// Makes an image, unless it is there and is to stay; returns the bytes of its file.
    fn image(&self, number: u64, tools: &mut Tools, stop: &AtomicBool) -> Result<u64> {
        let path = self.names.path(number);
        let kept = if self.existing == Existing::Resume {
            self.whole(&path)?
        } else {
            None
        };
        // Images of another run are found by making some of these again: where runs meet, and all
        // along.
        if let Some(len) =
            kept.filter(|_| !number.is_multiple_of(SAMPLE) && number + 1 < self.names.count())
        {
            self.kept.fetch_add(1, Ordering::Relaxed);
            return Ok(len);
        }
        tools
            .encode(self, number, stop)
            .map_err(|reason| self.no_memory(&path, &reason))?;
        if let Some(len) = kept {
            tools.compare(&path)?;
            self.kept.fetch_add(1, Ordering::Relaxed);
            return Ok(len);
        }
        let len = tools.file.len() as u64;
        let output = Output::create(&path, Some(len))?;
        output.write_at(&tools.file, 0)?;
        output.commit(false, self.existing != Existing::Refuse)?;
        Ok(len)
    }

    /// The length of a file that is there and looks whole: files are not synced, so a power failure
    /// may leave ones that are empty or end early.
    fn whole(&self, path: &Path) -> Result<Option<u64>> {
        if !path.is_file() {
            return Ok(None);
        }
        let file = Map::open(path)?;
        let bytes = file.bytes()?;
        let ends = match self.form {
            Form::Jpeg { .. } => bytes.ends_with(&[0xff, 0xd9]),
            Form::Png(_) => bytes.ends_with(b"IEND\xae\x42\x60\x82"),
            Form::Bmp => bytes
                .get(2..6)
                .is_some_and(|len| len == (bytes.len() as u64).to_le_bytes()[..4].as_ref()),
        };
        Ok((ends && Format::of(bytes).is_some()).then_some(bytes.len() as u64))
    }

    /// What keeps an image of a size that was checked from being encoded.
    fn no_memory(&self, path: &Path, reason: &Reason) -> Error {
        let source = io::Error::new(io::ErrorKind::OutOfMemory, reason.to_string());
        Error::Write {
            path: path.to_owned(),
            bytes: 3 * self.size.pixels(),
            source,
        }
    }

    fn written(&self) -> Written {
        Written {
            files: self.names.count(),
            records: self.names.count(),
            bytes: self.bytes.load(Ordering::Relaxed),
            kept: self.kept.load(Ordering::Relaxed),
            skipped: Vec::new(),
            notes: Vec::new(),
        }
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
            job.form,
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
