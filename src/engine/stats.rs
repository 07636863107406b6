//! Counters of items, bytes and time per stage. The only place that looks at a clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::is_fork_of;
use crate::sync::lock;

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
        self.nanos.fetch_add(
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
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

/// Measures how long an engine has been running, and its workers have waited for something to do,
/// those that wait now included.
#[derive(Debug)]
pub struct WorkerClock {
    process: u32,
    start: Instant,
    waits: Mutex<Waits>,
}

/// What a [`WorkerClock`] shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerTime {
    /// Time since the engine was started.
    pub running: Duration,
    /// Time in which workers had nothing to do, all of them together.
    pub idle: Duration,
}

/// Workers that wait, up to the last time that their number changed.
#[derive(Debug)]
struct Waits {
    idle: Duration,
    workers: u32,
    changed: Instant,
}

impl WorkerClock {
    /// Starts now.
    pub(super) fn start() -> Self {
        let start = Instant::now();
        let waits = Waits {
            idle: Duration::ZERO,
            workers: 0,
            changed: start,
        };
        Self {
            process: std::process::id(),
            start,
            waits: Mutex::new(waits),
        }
    }

    /// A worker begins to wait.
    pub(super) fn wait(&self) {
        self.waits().workers += 1;
    }

    /// A worker has something to do again.
    pub(super) fn resume(&self) {
        self.waits().workers -= 1;
    }

    /// The time so far; none in a fork, which has none of the workers.
    #[must_use]
    pub fn time(&self) -> WorkerTime {
        if is_fork_of(self.process) {
            return WorkerTime::default();
        }
        let idle = self.waits().idle;
        WorkerTime {
            running: self.start.elapsed(),
            idle,
        }
    }

    /// The waits, up to now.
    fn waits(&self) -> MutexGuard<'_, Waits> {
        let mut waits = lock(&self.waits);
        let now = Instant::now();
        let since = now - waits.changed;
        waits.idle = waits
            .idle
            .saturating_add(since.saturating_mul(waits.workers));
        waits.changed = now;
        waits
    }
}

/// The time of iterators: of those that have ended, and of those that run.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    ended: WorkerTime,
    running: Vec<Arc<WorkerClock>>,
}

impl Clocks {
    /// An iterator begins.
    pub(crate) fn begin(&mut self, clock: Arc<WorkerClock>) {
        self.running.push(clock);
    }

    /// It ends.
    pub(crate) fn end(&mut self, clock: &Arc<WorkerClock>) {
        self.ended += clock.time();
        self.running.retain(|running| !Arc::ptr_eq(running, clock));
    }

    /// The time of all.
    pub(crate) fn time(&self) -> WorkerTime {
        let mut time = self.ended;
        self.running.iter().for_each(|clock| time += clock.time());
        time
    }
}

impl std::ops::AddAssign for WorkerTime {
    fn add_assign(&mut self, other: Self) {
        self.running += other.running;
        self.idle += other.idle;
    }
}

impl std::ops::Sub for Reading {
    type Output = Self;

    /// What was added since an earlier reading.
    fn sub(self, before: Self) -> Self {
        Self {
            items: self.items - before.items,
            bytes: self.bytes - before.bytes,
            time: self.time.saturating_sub(before.time),
        }
    }
}

impl std::ops::Sub for WorkerTime {
    type Output = Self;

    /// What passed since an earlier time.
    fn sub(self, before: Self) -> Self {
        Self {
            running: self.running.saturating_sub(before.running),
            idle: self.idle.saturating_sub(before.idle),
        }
    }
}
