//! How fast a Loader is on its data and this machine, beside plain decoders that read and decode
//! the same files after it and do nothing else.

mod plain;

use std::time::Duration;

use serde_json::{Value, json};

use super::Watch;
use crate::engine::{Next, Stopwatch, usable_cores};
use crate::error::{Error, Result};
use crate::loader::{Batch, Batches, Loader, Stats};
use plain::Decoding;
pub use plain::Plain;

const PATIENCE: Duration = Duration::from_millis(50);

/// The share of the time that is spent before the clock counts: files come into the page cache,
/// memory grows.
const WARM_UP: f64 = 0.25;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// At least this long, and one batch, for each of the two measurements. Default: 3 s.
    pub time: Duration,
    /// Instead, this many batches. Default: none.
    pub batches: Option<u64>,
}

impl Span {
    fn check(self) -> Result<()> {
        if self.batches == Some(0) {
            return Err(Error::argument("batches", 0, "at least 1"));
        }
        if self.batches.is_none() && self.time.is_zero() {
            return Err(Error::argument("seconds", 0, "more than 0"));
        }
        Ok(())
    }

    fn warm_up(self) -> Self {
        Self {
            time: self.time.mul_f64(WARM_UP),
            batches: self.batches.map(|count| count.div_ceil(4)),
        }
    }
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
    span.check()?;
    let mut batches = loader.epoch(0)?;
    if take(&mut batches, span.warm_up(), watch)?.is_none() {
        return Ok(None);
    }
    let before = loader.stats();
    let Some(taken) = take(&mut batches, span, watch)? else {
        return Ok(None);
    };
    let stats = since(&before, loader.stats());
    drop(batches);
    let (decoding, mut plain) = (Decoding::of(loader, taken.indices), None);
    if decoding.has_encoded() {
        plain = decoding.measure(span, watch)?;
        if plain.is_none() {
            return Ok(None);
        }
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

impl Taken {
    fn add(&mut self, batch: &Batch) {
        self.batches += 1;
        self.images += batch.len() as u64;
        let indices = (0..batch.len()).map(|place| batch.index(place));
        self.indices.extend(indices);
    }

    fn is_enough(&self, span: Span) -> bool {
        match span.batches {
            Some(batches) => self.batches >= batches,
            None => self.time >= span.time,
        }
    }
}

/// Takes batches for `span`, to the end of the last one: from the end of a batch on, no part of one
/// is counted as a whole.
fn take(batches: &mut Batches, span: Span, watch: Watch<'_>) -> Result<Option<Taken>> {
    let mut taken = Taken::default();
    let mut clock = Stopwatch::start();
    loop {
        let next = batches.wait(PATIENCE)?;
        taken.time += clock.lap();
        if watch(millis(taken.time.min(span.time)), millis(span.time)).is_break() {
            return Ok(None);
        }
        match next {
            Next::End => return Ok(Some(taken)),
            Next::TimedOut => {}
            Next::Batch(batch) => {
                taken.add(&batch);
                if taken.is_enough(span) {
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
    Stats {
        read: after.read - before.read,
        decode: after.decode - before.decode,
        resize: after.resize - before.resize,
        augment: after.augment - before.augment,
        waiting: after.waiting - before.waiting,
        delivered: after.delivered - before.delivered,
        errors: after.errors - before.errors,
        worker_time: after.worker_time - before.worker_time,
        ..after
    }
}

fn shares(stats: &Stats) -> Vec<(&'static str, f64)> {
    let times = [
        ("read", stats.read.time),
        ("decode", stats.decode.time),
        ("resize", stats.resize.time),
        ("augment", stats.augment.time),
        ("idle", stats.worker_time.idle),
    ];
    times.map(|(name, time)| (name, stats.share(time))).to_vec()
}
