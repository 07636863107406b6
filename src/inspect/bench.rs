//! How fast a Loader is on its data and this machine, beside plain decoders that read and decode
//! the same files after it and do nothing else.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::Watch;
use super::examine::Tools;
use crate::codec::{Backend, Format};
use crate::dataset::Dataset;
use crate::engine::{Indexed, Next, Reading, Stopwatch, WorkerTime, in_order, usable_cores};
use crate::error::{Error, Result};
use crate::loader::{Batches, Loader, Stats};
use crate::transform::Form;

const PATIENCE: Duration = Duration::from_millis(50);

/// The share of the time that is spent before the clock counts: files come into the page cache,
/// memory grows.
const WARM_UP: f64 = 0.25;

/// A plain decode is measured on no fewer images a thread: while the last ones are decoded, some
/// threads have nothing to do.
const LEAST: u64 = 16;

/// Images a thread that are decoded before, to learn how long they take.
const TRIAL: u64 = 4;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// At least this long, and one batch, for each of the two measurements. Default: 3 s.
    pub time: Duration,
    /// Instead, this many batches. Default: none.
    pub batches: Option<u64>,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(3),
            batches: None,
        }
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
    /// What the stages are of the workers' time, and what is left when they have nothing to do, in
    /// 0..=1.
    pub shares: Vec<(&'static str, f64)>,
    /// Which stage holds the others up, in words.
    pub bottleneck: String,
    /// How often an image could not be read, with `on_error` other than an error.
    pub errors: u64,
    /// A plain decode of the same files; `None` where nothing could be decoded, because it is not
    /// encoded.
    pub plain: Option<Plain>,
}

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

    /// How many images it makes of a time.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number, not exact"
    )]
    fn within(&self, time: Duration) -> u64 {
        (self.images_per_second() * time.as_secs_f64()) as u64
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
            "errors": self.errors,
            "plain_decode": self.plain.as_ref().map(Plain::json),
        })
    }
}

impl Plain {
    fn json(&self) -> Value {
        let mut found = self.rate.json();
        found["threads"] = self.threads.into();
        found["decoder"] = self.jpeg.then_some("libjpeg-turbo").into();
        found
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is no count")]
fn per_second(number: u64, time: Duration) -> f64 {
    if time.is_zero() {
        0.0
    } else {
        number as f64 / time.as_secs_f64()
    }
}

/// Takes batches of `loader`, which should repeat, for `span`; then decodes the same files plainly,
/// for as long at least. `None` if `watch`, which is told milliseconds, ended it before.
///
/// # Errors
/// [`Error::Argument`] for no time at all; what the Loader says of a sample; [`Error::Threads`].
pub fn bench(loader: &Loader, span: Span, watch: Watch<'_>) -> Result<Option<Measured>> {
    match span {
        Span {
            batches: Some(0), ..
        } => return Err(Error::argument("batches", 0, "at least 1")),
        Span {
            batches: None,
            time,
        } if time.is_zero() => return Err(Error::argument("seconds", 0, "more than 0")),
        _ => {}
    }
    let mut batches = loader.epoch(0)?;
    let warm_up = Span {
        time: span.time.mul_f64(WARM_UP),
        batches: span.batches.map(|count| count.div_ceil(4)),
    };
    if take(&mut batches, warm_up, watch)?.is_none() {
        return Ok(None);
    }
    let before = loader.stats();
    let Some(taken) = take(&mut batches, span, watch)? else {
        return Ok(None);
    };
    let stats = since(&before, loader.stats());
    drop(batches);
    let samples = Samples {
        data: loader.dataset(),
        indices: taken.indices.into(),
        len: 0,
        others: Arc::default(),
    };
    let mut plain = None;
    if samples.are_encoded() {
        let threads = loader.workers().min(usable_cores());
        let Some(rate) = plainly(&samples, threads, span, watch)? else {
            return Ok(None);
        };
        plain = Some(Plain {
            rate,
            threads,
            jpeg: !samples.others.load(Ordering::Relaxed),
        });
    }
    Ok(Some(Measured {
        workers: loader.workers(),
        loader: Rate {
            images: taken.images,
            bytes: stats.read.bytes,
            time: taken.time,
        },
        delivered: stats.delivered.bytes,
        shares: shares(&stats),
        bottleneck: stats.bottleneck(usable_cores()),
        errors: stats.errors,
        plain,
    }))
}

/// What was taken of a Loader.
#[derive(Default)]
struct Taken {
    batches: u64,
    images: u64,
    indices: Vec<u64>,
    time: Duration,
}

/// Takes batches for `span`, to the end of the last one: from the end of a batch on, no part of one
/// is counted as a whole.
fn take(batches: &mut Batches, span: Span, watch: Watch<'_>) -> Result<Option<Taken>> {
    let mut taken = Taken::default();
    let mut clock = Stopwatch::start();
    loop {
        let next = batches.wait(PATIENCE)?;
        taken.time += clock.lap();
        if let ControlFlow::Break(()) = watch(millis(taken.time.min(span.time)), millis(span.time))
        {
            return Ok(None);
        }
        match next {
            Next::End => return Ok(Some(taken)),
            Next::TimedOut => {}
            Next::Batch(batch) => {
                taken.batches += 1;
                taken.images += batch.len() as u64;
                taken
                    .indices
                    .extend((0..batch.len()).map(|place| batch.index(place)));
                if span
                    .batches
                    .map_or(taken.time >= span.time, |wanted| taken.batches >= wanted)
                {
                    return Ok(Some(taken));
                }
            }
        }
    }
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
        waiting: step(before.waiting, after.waiting),
        delivered: step(before.delivered, after.delivered),
        errors: after.errors - before.errors,
        worker_time: WorkerTime {
            running: after
                .worker_time
                .running
                .saturating_sub(before.worker_time.running),
            idle: after
                .worker_time
                .idle
                .saturating_sub(before.worker_time.idle),
        },
        ..after
    }
}

fn shares(stats: &Stats) -> Vec<(&'static str, f64)> {
    let times = [
        ("read", stats.read.time),
        ("decode", stats.decode.time),
        ("resize", stats.resize.time),
        ("idle", stats.worker_time.idle),
    ];
    times.map(|(name, time)| (name, stats.share(time))).to_vec()
}

/// Decodes samples, JPEGs with libjpeg-turbo, again and again from the first: all of them if a
/// number of batches was asked for, otherwise for the time of `span` at least. `None` if `watch`
/// ended it.
fn plainly(
    samples: &Samples,
    threads: usize,
    span: Span,
    watch: Watch<'_>,
) -> Result<Option<Rate>> {
    let (all, least) = (samples.indices.len() as u64, LEAST * threads as u64);
    if span.batches.is_some() {
        return round(
            samples,
            all * least.div_ceil(all.max(1)),
            threads,
            span.time,
            watch,
        );
    }
    let Some(mut before) = round(samples, TRIAL * threads as u64, threads, span.time, watch)?
    else {
        return Ok(None);
    };
    let mut measured = Rate::default();
    while measured.time < span.time {
        let left = span.time.saturating_sub(measured.time);
        let Some(next) = round(
            samples,
            before.within(left).max(least),
            threads,
            span.time,
            watch,
        )?
        else {
            return Ok(None);
        };
        measured.images += next.images;
        measured.bytes += next.bytes;
        measured.time += next.time;
        before = next;
    }
    Ok(Some(measured))
}

/// Decodes so many samples, to the end of the last one: what is not finished is not left uncounted.
fn round(
    samples: &Samples,
    len: u64,
    threads: usize,
    limit: Duration,
    watch: Watch<'_>,
) -> Result<Option<Rate>> {
    let mut rate = Rate::default();
    let (mut clock, mut spent) = (Stopwatch::start(), Duration::ZERO);
    let mut told = |_: u64, _: u64| {
        spent += clock.lap();
        watch(millis(spent), millis(limit))
    };
    let samples = Samples {
        len,
        ..samples.clone()
    };
    let whole = in_order(samples, threads, &mut told, |_, decoded| {
        rate.images += u64::from(decoded.is_some());
        rate.bytes += decoded.unwrap_or_default();
        Ok(())
    })?;
    spent += clock.lap();
    Ok(whole.then_some(Rate {
        time: spent,
        ..rate
    }))
}

/// Samples of a data set, by their place in a list that is gone through again and again.
#[derive(Clone)]
struct Samples {
    data: Arc<dyn Dataset>,
    indices: Arc<[u64]>,
    /// How many are decoded, the list gone through as often as that takes.
    len: u64,
    /// Whether any that was decoded is no JPEG.
    others: Arc<AtomicBool>,
}

/// Headers that are read to learn whether there is anything to decode.
const HEADERS: usize = 16;

impl Samples {
    /// Whether there is anything to decode: pixels may be stored.
    fn are_encoded(&self) -> bool {
        let mut tools = Tools::new(Backend::Turbo);
        let step = self.indices.len().div_ceil(HEADERS).max(1);
        let mut headers = self
            .indices
            .iter()
            .step_by(step)
            .filter_map(|index| tools.header(&*self.data, *index).ok()?.ok());
        headers.any(|(header, _)| header.format != Format::Raw)
    }
}

impl Indexed for Samples {
    type Scratch = Tools;
    type Value = Option<u64>;

    fn len(&self) -> u64 {
        self.len
    }

    fn scratch(&self) -> Tools {
        Tools::new(Backend::Turbo)
    }

    fn value(&self, place: u64, tools: &mut Tools, stop: &AtomicBool) -> Option<u64> {
        let place = place.checked_rem(self.indices.len() as u64)?;
        let index = self.indices.get(usize::try_from(place).ok()?)?;
        let (header, stored) = tools
            .decode(&*self.data, *index, Form::Rgb, stop)
            .ok()?
            .ok()?;
        self.others
            .fetch_or(header.format != Format::Jpeg, Ordering::Relaxed);
        Some(stored.bytes)
    }

    fn panicked(&self, _: u64, _: String) -> Option<u64> {
        None
    }
}
