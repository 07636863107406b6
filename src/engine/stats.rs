//! Counters of items, bytes and time per stage. The only place that looks at a clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts what went through a stage; shared by all workers.
#[derive(Debug, Default)]
pub struct Meter {
    items: AtomicU64,
    bytes: AtomicU64,
    nanos: AtomicU64,
}

/// What a meter shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How many items went through.
    pub items: u64,
    /// How many bytes they were.
    pub bytes: u64,
    /// How long that took, all workers together.
    pub time: Duration,
}

/// A start in time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start, or since the last lap.
    pub fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.0, now)
    }
}

impl Meter {
    /// Adds one item of `bytes` bytes that took `time`.
    pub fn add(&self, bytes: usize, time: Duration) {
        self.add_items(1, bytes);
        self.add_time(time);
    }

    /// Adds `items` items of `bytes` bytes together.
    pub fn add_items(&self, items: u64, bytes: usize) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Adds time alone.
    pub fn add_time(&self, time: Duration) {
        self.nanos.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Adds one item that began with `start`; nothing if it did not begin.
    pub fn add_since(&self, start: Option<Stopwatch>, bytes: usize) {
        if let Some(mut start) = start {
            self.add(bytes, start.lap());
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading {
            items: self.items.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}
