//! The Loader: a data set of pictures to seeded batches.
//!
//! [`Config`] is what a user asks for; [`Loader::open`] finds the samples and checks one against
//! the other; from then on an epoch is a number, and [`Loader::batches`] an iterator over its
//! batches that owns its worker threads. Iterators of one loader are independent.

mod batch;
mod codec;
mod config;
mod damaged;
mod exact;
mod geometry;
mod job;
mod maker;
mod plan;
mod reach;
mod stats;
mod transform;
mod whole;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use batch::{Batch, Failure, Images};
pub use codec::{Codec, check_pictures, pictures};
pub use config::{Config, Labels, OnError, Sampling};
pub use maker::{Maker, Workshop};
pub use stats::Stats;
pub use whole::{Form, decode_whole, open};

use crate::dataset::{self, Dataset, Location, Options, Split, Wanted};
use crate::engine::{Engine, Load, Meter, Next, Stopwatch, usable_cores};
use crate::error::{Error, Result, counted};
use crate::sampler::Place;
use damaged::Damaged;
use job::{Job, Memory, Shared};
use plan::Plan;
use stats::Clocks;

/// A data set, ready to be iterated over.
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    record: Arc<Record>,
    memory: Mutex<Arc<Memory>>,
    workers: usize,
    prefetch: usize,
}

/// What iterators of a loader have met with.
#[derive(Debug)]
struct Record {
    max_errors: Option<u64>,
    failures: Mutex<Failures>,
    waiting: Meter,
    clocks: Mutex<Clocks>,
    delivered: Meter,
}

#[derive(Debug, Default)]
struct Failures {
    count: u64,
    known: HashSet<u64>,
    list: Vec<Fault>,
}

/// A sample that could not be made, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it lies.
    pub location: Location,
    /// What is wrong with it.
    pub reason: String,
}

/// An iterator over batches; dropping it stops its workers.
#[derive(Debug)]
pub struct Batches {
    engine: Option<Engine<Job>>,
    record: Arc<Record>,
    start: Place,
    taken: u64,
}

impl Loader {
    /// Finds the samples of `config.paths` and checks the configuration against them.
    ///
    /// # Errors
    /// [`Error::Argument`] for a wrong argument, [`Error::Io`] for paths that cannot be read,
    /// [`Error::Dataset`] where there are no images or of two kinds, [`Error::Record`] for a file
    /// of records that cannot be read.
    pub fn open(config: &Config) -> Result<Self> {
        let options = Options {
            classes: config.classes.clone(),
            split: config.split.map(|(side, fraction)| Split {
                side,
                fraction,
                seed: config.split_seed,
            }),
            limit: config.limit,
            keys: config.keys.clone(),
            labels: if config.labels == Labels::None {
                Wanted::Never
            } else {
                Wanted::Always
            },
            // Damaged framing is a damaged sample then, as far as what follows it can be found.
            allow_outside: config.allow_outside,
            salvage: config.on_error != OnError::Raise,
            gaps: config.on_error != OnError::Raise,
            places: config.places.clone(),
        };
        // What is wrong with the arguments is said before a long listing.
        Plan::check(config)?;
        let open = |options: &Options| dataset::open(&config.paths, options, usable_cores());
        let data = open(&options)?;
        // A file that cannot be opened at all is no sample that could be left out: this says what
        // is wrong with it.
        let data = if data.faults().is_empty() {
            data
        } else {
            open(&Options {
                salvage: false,
                ..options
            })?
        };
        Self::of(config, data)
    }

    /// A loader of `data`, whose paths `config` need not name; it has passed [`Plan::check`].
    fn of(config: &Config, data: Arc<dyn Dataset>) -> Result<Self> {
        let workers = config.workers.unwrap_or_else(usable_cores);
        let plan = Plan::new(config, &*data)?;
        let memory = Mutex::new(Memory::new(&plan, config.prefetch));
        let record = Record {
            max_errors: config.max_errors,
            failures: Mutex::default(),
            waiting: Meter::default(),
            clocks: Mutex::default(),
            delivered: Meter::default(),
        };
        let damaged = Damaged::new(data.len());
        let shared = Arc::new(Shared {
            data,
            plan,
            stages: transform::Stages::default(),
            damaged,
        });
        Ok(Self {
            shared,
            record: Arc::new(record),
            memory,
            workers,
            prefetch: config.prefetch,
        })
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &dyn Dataset {
        &*self.shared.data
    }

    /// The data set, to be kept.
    #[must_use]
    pub fn dataset(&self) -> Arc<dyn Dataset> {
        Arc::clone(&self.shared.data)
    }

    /// Decoding threads.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Batches in a whole epoch of this rank.
    #[must_use]
    pub fn batches_per_epoch(&self) -> u64 {
        self.shared.plan.schedule.steps_from(0)
    }

    /// Samples in an epoch, over all ranks.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shared.data.len()
    }

    /// Positions in an epoch: as many as samples, or when drawing with replacement, as fill whole
    /// batches.
    #[must_use]
    pub fn positions(&self) -> u64 {
        self.shared.plan.schedule.len
    }

    /// Whether there are no samples; [`Loader::open`] sees to it that there are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The batches of a whole epoch; endless if the configuration says so.
    ///
    /// # Errors
    /// [`Error::Threads`] when worker threads cannot be had.
    pub fn epoch(&self, epoch: u32) -> Result<Batches> {
        self.batches(Place { epoch, position: 0 })
    }

    /// The batches from `start` on, to the end of its epoch, or without end if the configuration
    /// says so.
    ///
    /// # Errors
    /// [`Error::Argument`] for a place past the end of an epoch, [`Error::Threads`] when worker
    /// threads cannot be had.
    pub fn batches(&self, start: Place) -> Result<Batches> {
        let Plan {
            schedule, endless, ..
        } = &self.shared.plan;
        self.start(
            start,
            (!endless).then(|| schedule.steps_from(start.position)),
        )
    }

    /// The next `count` batches from `start` on: into the next epoch, where the first one has fewer
    /// left.
    ///
    /// # Errors
    /// As [`Loader::batches`].
    pub fn next_batches(&self, start: Place, count: u64) -> Result<Batches> {
        self.start(start, Some(count))
    }

    /// Where all ranks stand after `count` batches from `start` on.
    #[must_use]
    pub fn after(&self, start: Place, count: u64) -> Place {
        self.shared.plan.schedule.after(start, count)
    }

    fn start(&self, start: Place, steps: Option<u64>) -> Result<Batches> {
        let schedule = self.shared.plan.schedule;
        if start.position > schedule.len {
            let allowed = format!("a place in an epoch of {}", counted(schedule.len, "sample"));
            return Err(Error::argument("position", start.position, allowed));
        }
        let engine = Engine::start(self.job(start, steps), self.workers, self.prefetch)?;
        lock(&self.record.clocks).begin(engine.clock());
        Ok(Batches {
            engine: Some(engine),
            record: Arc::clone(&self.record),
            start,
            taken: 0,
        })
    }

    /// The work of `steps` batches from `start` on; endless without a number.
    fn job(&self, start: Place, steps: Option<u64>) -> Job {
        Job {
            shared: Arc::clone(&self.shared),
            memory: self.memory(),
            start,
            steps,
        }
    }

    /// Memory to be reused; new in a fork, where the parent's may be locked for ever.
    fn memory(&self) -> Arc<Memory> {
        let Ok(mut memory) = self.memory.try_lock() else {
            return Memory::new(&self.shared.plan, self.prefetch);
        };
        if !memory.batches.at_home() {
            *memory = Memory::new(&self.shared.plan, self.prefetch);
        }
        Arc::clone(&memory)
    }

    /// Counts over all iterators so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let stages = &self.shared.stages;
        Stats {
            read: stages.read.reading(),
            decode: stages.decode.reading(),
            resize: stages.resize.reading(),
            waiting: self.record.waiting.reading(),
            delivered: self.record.delivered.reading(),
            workers: self.workers,
            worker_time: lock(&self.record.clocks).time(),
            errors: lock(&self.record.failures).count,
            jpeg_own: self.shared.plan.tally.own(),
            jpeg_turbo: self.shared.plan.tally.handed_over(),
        }
    }

    /// Samples that failed, each once, in the order they were met.
    #[must_use]
    pub fn errors(&self) -> Vec<Fault> {
        lock(&self.record.failures).list.clone()
    }
}

impl Batches {
    /// The next batch, waiting at most `patience`.
    ///
    /// # Errors
    /// What went wrong with a sample; afterwards there are no more batches.
    pub fn wait(&mut self, patience: Duration) -> Result<Next<Batch>> {
        let mut watch = Stopwatch::start();
        let Some(engine) = &self.engine else {
            return Ok(Next::End);
        };
        let next = engine.next(patience).and_then(|next| match next {
            Next::Batch((batch, failures)) => {
                let failures = self.record.note_failures(failures)?;
                if batch.is_err() && engine.job().shared.plan.on_error == OnError::Raise {
                    lock(&self.record.failures).count += 1;
                }
                let batch = Batch { failures, ..batch? };
                self.record.note_delivery(&batch);
                Ok(Next::Batch(batch))
            }
            Next::End => Ok(Next::End),
            Next::TimedOut => Ok(Next::TimedOut),
        });
        self.record.waiting.add_time(watch.lap());
        match &next {
            Ok(Next::Batch(_)) => self.taken += 1,
            Ok(Next::TimedOut) => {}
            _ => self.stop(),
        }
        next
    }

    /// Where all ranks stand: what has been handed over, not what is ready.
    #[must_use]
    pub fn place(&self, loader: &Loader) -> Place {
        loader.shared.plan.schedule.after(self.start, self.taken)
    }

    /// How busy the workers are.
    #[must_use]
    pub fn load(&self) -> Option<Load> {
        self.engine.as_ref().map(Engine::load)
    }

    /// Ends the iterator and its workers.
    pub fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            lock(&self.record.clocks).end(&engine.clock());
        }
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        loop {
            match self.wait(Duration::from_secs(3600)) {
                Ok(Next::Batch(batch)) => return Some(Ok(batch)),
                Ok(Next::End) => return None,
                Ok(Next::TimedOut) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Record {
    /// Counts a batch that is handed over.
    fn note_delivery(&self, batch: &Batch) {
        let bytes = (0..batch.len())
            .map(|place| batch.image_bytes(place).len())
            .sum();
        self.delivered.add_items(batch.len() as u64, bytes);
        self.waiting.add_items(1, 0);
    }

    /// Counts the failures of a batch; returns those that were not met before.
    fn note_failures(&self, met: Vec<Failure>) -> Result<Vec<Failure>> {
        let mut fresh = Vec::new();
        if met.is_empty() {
            return Ok(fresh);
        }
        let mut failures = lock(&self.failures);
        for failure in met {
            failures.count += 1;
            let is_new = failures.known.insert(failure.index);
            if is_new {
                failures.list.push(Fault {
                    location: failure.location.clone(),
                    reason: failure.error.reason(),
                });
            }
            let count = failures.list.len() as u64;
            if let Some(limit) = self.max_errors.filter(|limit| count > *limit) {
                return Err(Error::TooManyErrors {
                    count,
                    limit,
                    last: Box::new(failure.error),
                });
            }
            if is_new {
                fresh.push(failure);
            }
        }
        Ok(fresh)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
