//! How fast a Loader is on its data and this machine, beside libjpeg-turbo decoding the same files and doing nothing else.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};

use super::Watch;
use super::examine::Tools;
use super::pass::{self, Look};
use crate::codec::{Backend, Format};
use crate::dataset::Dataset;
use crate::engine::{Next, Reading, Stopwatch};
use crate::error::{Error, Result};
use crate::loader::{Batches, Form, Loader, Stats};

const PATIENCE: Duration = Duration::from_millis(50);

/// The share of the time that is spent before the clock counts: files come into the page cache, memory grows.
const WARM_UP: f64 = 0.25;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// At least this long, for each of the two measurements. Default: 3 s.
    pub time: Duration,
    /// Instead, this many batches. Default: none.
    pub batches: Option<u64>,
}

impl Default for Span {
    fn default() -> Self {
        Self { time: Duration::from_secs(3), batches: None }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Threads.
    pub workers: usize,
    /// The Loader.
    pub loader: Rate,
    /// Bytes of the batches that it delivered.
    pub delivered: u64,
    /// The stages' shares of the workers' time, in 0..=1.
    pub shares: Vec<(&'static str, f64)>,
    /// Which stage holds the others up, in words.
    pub bottleneck: String,
    /// A plain decode of the same files; `None` where nothing could be decoded, because it is not encoded.
    pub plain: Option<Rate>,
}

/// Images in a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    /// How many images.
    pub images: u64,
    /// Bytes of their files.
    pub bytes: u64,
    /// How long they took.
    pub time: Duration,
}

impl Rate {
    /// Images a second.
    #[must_use]
    pub fn images_per_second(&self) -> f64 {
        per_second(self.images, self.time)
    }

    fn json(&self) -> Value {
        json!({
            "images": self.images,
            "seconds": self.time.as_secs_f64(),
            "images_per_second": self.images_per_second(),
            "megabytes_per_second": per_second(self.bytes, self.time) / 1e6,
        })
    }
}

impl Measured {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "workers": self.workers,
            "loader": self.loader.json(),
            "delivered_megabytes_per_second": per_second(self.delivered, self.loader.time) / 1e6,
            "shares": self.shares.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
            "bottleneck": self.bottleneck,
            "plain_decode": self.plain.as_ref().map(Rate::json),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is no count")]
fn per_second(number: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { number as f64 / time.as_secs_f64() }
}

/// Takes batches of `loader`, which should repeat, for `span`; then decodes the same files plainly for as long. `None` if
/// `watch`, which is told milliseconds, ended it before.
///
/// # Errors
/// [`Error::Argument`] for no time at all; what the Loader says of a sample; [`Error::Threads`].
pub fn bench(loader: &Loader, span: Span, watch: Watch<'_>) -> Result<Option<Measured>> {
    match span {
        Span { batches: Some(0), .. } => return Err(Error::argument("batches", 0, "at least 1")),
        Span { batches: None, time } if time.is_zero() => return Err(Error::argument("seconds", 0, "more than 0")),
        _ => {}
    }
    let mut batches = loader.epoch(0)?;
    let warm_up = Span { time: span.time.mul_f64(WARM_UP), batches: span.batches.map(|count| count.div_ceil(4)) };
    if take(&mut batches, warm_up, watch)?.is_none() {
        return Ok(None);
    }
    let before = loader.stats();
    let Some(taken) = take(&mut batches, span, watch)? else {
        return Ok(None);
    };
    let stats = since(&before, loader.stats());
    drop(batches);
    let samples = Samples { data: loader.dataset(), indices: taken.indices };
    let encoded = samples.are_encoded();
    let workers = loader.workers();
    // A number of batches is decoded plainly as a whole.
    let limit = span.batches.map_or(span.time, |_| Duration::MAX);
    let Some(plain) = plainly(samples, workers, limit, watch)? else {
        return Ok(None);
    };
    Ok(Some(Measured {
        workers,
        loader: Rate { images: taken.images, bytes: stats.read.bytes, time: taken.time },
        delivered: stats.delivered.bytes,
        shares: shares(&stats),
        bottleneck: stats.bottleneck(),
        plain: encoded.then_some(plain),
    }))
}

/// What was taken of a Loader.
#[derive(Default)]
struct Taken {
    images: u64,
    indices: Vec<u64>,
    time: Duration,
}

/// Takes batches for `span`.
fn take(batches: &mut Batches, span: Span, watch: Watch<'_>) -> Result<Option<Taken>> {
    let mut taken = Taken::default();
    let mut clock = Stopwatch::start();
    let mut count = 0;
    while span.batches.map_or(taken.time < span.time, |wanted| count < wanted) {
        match batches.wait(PATIENCE)? {
            Next::End => break,
            Next::TimedOut => {}
            Next::Batch(batch) => {
                taken.images += batch.len() as u64;
                taken.indices.extend((0..batch.len()).map(|place| batch.index(place)));
                count += 1;
            }
        }
        taken.time += clock.lap();
        if let ControlFlow::Break(()) = watch(millis(taken.time), millis(span.time)) {
            return Ok(None);
        }
    }
    Ok(Some(taken))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What happened between two readings of a Loader's counters.
fn since(before: &Stats, after: Stats) -> Stats {
    let step = |before: Reading, after: Reading| Reading {
        items: after.items - before.items,
        bytes: after.bytes - before.bytes,
        time: after.time.saturating_sub(before.time),
    };
    Stats {
        read: step(before.read, after.read),
        decode: step(before.decode, after.decode),
        resize: step(before.resize, after.resize),
        delivered: step(before.delivered, after.delivered),
        ..after
    }
}

fn shares(stats: &Stats) -> Vec<(&'static str, f64)> {
    let stages = [("read", stats.read), ("decode", stats.decode), ("resize", stats.resize)];
    let total: Duration = stages.iter().map(|(_, reading)| reading.time).sum();
    let share = |time: Duration| if total.is_zero() { 0.0 } else { time.as_secs_f64() / total.as_secs_f64() };
    stages.map(|(name, reading)| (name, share(reading.time))).to_vec()
}

/// Decodes samples with libjpeg-turbo until `limit` is over, each at most once.
fn plainly(samples: Samples, workers: usize, limit: Duration, watch: Watch<'_>) -> Result<Option<Rate>> {
    let len = samples.indices.len() as u64;
    let (mut images, mut bytes) = (0, 0);
    let (mut clock, mut spent) = (Stopwatch::start(), Duration::ZERO);
    // When the last of them was done, not when it was noticed that there are no more.
    let (mut done_before, mut time) = (0, Duration::ZERO);
    let mut stopped = false;
    let mut within_limit = |done: u64, _: u64| {
        spent += clock.lap();
        if done > done_before {
            (done_before, time) = (done, spent);
        }
        stopped = watch(millis(spent), millis(limit)).is_break();
        if stopped || (spent >= limit && done > 0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    pass::over(samples, len, workers, &mut within_limit, |_, decoded| {
        images += u64::from(decoded.is_some());
        bytes += decoded.unwrap_or_default();
        Ok(())
    })?;
    Ok((!stopped).then_some(Rate { images, bytes, time }))
}

/// Samples of a data set, by their place in a list.
struct Samples {
    data: Arc<dyn Dataset>,
    indices: Vec<u64>,
}

impl Samples {
    /// Whether there is anything to decode: not where pixels are stored.
    fn are_encoded(&self) -> bool {
        let first = self.indices.first().map(|index| Tools::new(Backend::Turbo).header(&*self.data, *index));
        first.is_some_and(|found| matches!(found, Ok(Ok((header, _))) if header.format != Format::Raw))
    }
}

impl Look for Samples {
    type Tools = Tools;
    type Found = Option<u64>;

    fn tools(&self) -> Tools {
        Tools::new(Backend::Turbo)
    }

    fn look(&self, place: u64, tools: &mut Tools, stop: &AtomicBool) -> Option<u64> {
        let index = usize::try_from(place).ok().and_then(|place| self.indices.get(place))?;
        tools.decode(&*self.data, *index, Form::Rgb, stop).ok()?.ok().map(|stored| stored.bytes)
    }

    fn panicked(&self, _: u64, _: String) -> Option<u64> {
        None
    }
}
