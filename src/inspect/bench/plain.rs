//! A plain decode of the files that a Loader has read.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::Value;

use super::{Rate, Span, millis};
use crate::codec::{Backend, Format};
use crate::dataset::Dataset;
use crate::engine::{Stopwatch, in_order, usable_cores};
use crate::error::Result;
use crate::inspect::Watch;
use crate::inspect::examine::{Samples, Sound, Tools};
use crate::loader::Loader;
use crate::transform::Form;

/// A plain decode is measured on no fewer images a thread: while the last ones are decoded, some
/// threads have nothing to do.
const LEAST: u64 = 16;

/// Images a thread that are decoded before, to learn how long they take.
const TRIAL: u64 = 4;

/// Headers that are read to learn whether there is anything to decode.
const HEADERS: usize = 16;

/// A plain decode of images.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// How fast it is.
    pub rate: Rate,
    /// Threads: no more than there are cores, which is when it is fastest.
    pub threads: usize,
    /// Whether all of the images are JPEGs, which libjpeg-turbo decodes; other formats have one
    /// decoder each.
    pub jpeg: bool,
}

impl Plain {
    pub(super) fn json(&self) -> Value {
        let mut found = self.rate.json();
        found["threads"] = self.threads.into();
        found["decoder"] = self.jpeg.then_some("libjpeg-turbo").into();
        found
    }
}

/// Samples of a dataset that are decoded again and again, on so many threads.
pub(super) struct Decoding {
    data: Arc<dyn Dataset>,
    indices: Arc<[u64]>,
    threads: usize,
    /// Whether all that were decoded are JPEGs.
    jpeg: bool,
}

impl Decoding {
    /// Of the samples of `loader` at `indices`.
    pub(super) fn of(loader: &Loader, indices: Vec<u64>) -> Self {
        Self {
            data: loader.dataset(),
            indices: indices.into(),
            threads: loader.workers().min(usable_cores()),
            jpeg: true,
        }
    }

    /// Whether there is anything to decode: pixels may be stored.
    pub(super) fn has_encoded(&self) -> bool {
        let (mut tools, never) = (Tools::new(Backend::Turbo), AtomicBool::new(false));
        let step = self.indices.len().div_ceil(HEADERS).max(1);
        let mut samples = self.indices.iter().step_by(step);
        samples.any(|index| {
            let sample = tools.look(&*self.data, *index, None, &never);
            matches!(sample, Ok(Ok(sound)) if sound.header.format != Format::Raw)
        })
    }

    /// Measures how fast it is; `None` if `watch` ended it before.
    pub(super) fn measure(mut self, span: Span, watch: Watch<'_>) -> Result<Option<Plain>> {
        let rate = if span.batches.is_some() {
            self.all(span, watch)?
        } else {
            self.for_time(span, watch)?
        };
        Ok(rate.map(|rate| Plain {
            rate,
            threads: self.threads,
            jpeg: self.jpeg,
        }))
    }

    /// The fewest images that are worth a measurement.
    fn least(&self) -> u64 {
        LEAST * self.threads as u64
    }

    /// Decodes all samples, as often as makes enough. `None` if `watch` ended it.
    fn all(&mut self, span: Span, watch: Watch<'_>) -> Result<Option<Rate>> {
        let all = self.indices.len() as u64;
        let len = all * self.least().div_ceil(all.max(1));
        self.round(len, span.time, watch)
    }

    /// Decodes samples from the first, for the time of `span` at least. `None` if `watch` ended it.
    fn for_time(&mut self, span: Span, watch: Watch<'_>) -> Result<Option<Rate>> {
        let trial = TRIAL * self.threads as u64;
        let Some(mut last) = self.round(trial, span.time, watch)? else {
            return Ok(None);
        };
        let mut measured = Rate::default();
        while measured.time < span.time {
            let left = span.time.saturating_sub(measured.time);
            let len = last.within(left).max(self.least());
            let Some(next) = self.round(len, span.time, watch)? else {
                return Ok(None);
            };
            measured.images += next.images;
            measured.bytes += next.bytes;
            measured.time += next.time;
            last = next;
        }
        Ok(Some(measured))
    }

    /// Decodes so many samples, to the end of the last one: what is not finished is not left
    /// uncounted.
    fn round(&mut self, len: u64, limit: Duration, watch: Watch<'_>) -> Result<Option<Rate>> {
        let mut rate = Rate::default();
        let mut clock = Stopwatch::start();
        let indices = Arc::clone(&self.indices);
        let count = indices.len() as u64;
        let samples = Samples {
            data: Arc::clone(&self.data),
            len,
            which: Box::new(move |number| indices[place(number % count)]),
            form: Some(Form::Rgb),
            backend: Backend::Turbo,
        };
        let mut spent = Duration::ZERO;
        let mut told = |_, _| {
            spent += clock.lap();
            watch(millis(spent), millis(limit))
        };
        let whole = in_order(samples, self.threads, &mut told, |_, sample| {
            if let Ok(Ok(Sound { header, bytes, .. })) = sample {
                rate.images += 1;
                rate.bytes += bytes;
                self.jpeg &= header.format == Format::Jpeg;
            }
            Ok(())
        })?;
        rate.time = spent + clock.lap();
        Ok(whole.then_some(rate))
    }
}

fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
