//! The Loader: from a dataset of images to seeded batches.
//!
//! [`Config`] is what a user asks for; [`Loader::open`] finds the samples and checks one against
//! the other; from then on an epoch is a number, and [`Loader::batches`] an iterator over its
//! batches that owns its worker threads. Iterators of one loader are independent.

mod assembly;
mod batch;
mod batches;
mod config;
mod damaged;
mod fields;
mod gpu;
mod job;
mod ledger;
mod plan;
mod recover;
mod sample;
mod stats;

use std::sync::{Arc, Mutex};

pub use batch::{Arrays, Batch, Failure};
pub use batches::Batches;
pub use config::{Config, Labels, Sampling};
pub use ledger::Fault;
pub use stats::Stats;

use crate::dataset::{self, Bytes, Dataset, InMemory, Options, Split, Wanted};
pub use crate::delivery::DeviceArray;
pub use crate::engine::OnError;
use crate::engine::{Engine, usable_cores};
use crate::error::{Error, Result, counted};
use crate::sampler::Place;
use crate::sync::lock;
use crate::transform;
use damaged::Damaged;
use fields::Fields;
use job::{Job, Memory, Shared};
use ledger::Ledger;
use plan::Plan;
use stats::Stages;

/// A dataset, ready to be iterated over.
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
    memory: Mutex<Arc<Memory>>,
    workers: usize,
    prefetch: usize,
}

impl Loader {
    /// Finds the samples of `config.paths` and checks the configuration against them.
    ///
    /// # Errors
    /// [`Error::Argument`] for a wrong argument, [`Error::Io`] for paths that cannot be read,
    /// [`Error::Dataset`] where there are no images or of two kinds, [`Error::Record`] for a file
    /// of records that cannot be read.
    pub fn open(config: &Config) -> Result<Self> {
        // What is wrong with the arguments is said before a long listing.
        Plan::check(config)?;
        let options = options(config);
        let open = |options: &Options| dataset::open(&config.paths, options, usable_cores());
        let data = open(&options)?;
        if data.faults().is_empty() {
            return Self::of(config, data);
        }
        // A file that cannot be opened at all is no sample that could be left out: this says what
        // is wrong with it.
        let salvage = false;
        Self::of(config, open(&Options { salvage, ..options })?)
    }

    /// A loader whose only batch is all of `images`, in their order.
    ///
    /// # Errors
    /// [`Error::Argument`] for a wrong option.
    pub fn of_images(image: transform::Options, images: Vec<Bytes>) -> Result<Self> {
        let count = images.len();
        let config = Config {
            batch_size: count,
            workers: Some(usable_cores().min(count)),
            ragged: image.size.is_none(),
            image,
            labels: Labels::None,
            shuffle: false,
            prefetch: 1,
            ..Config::default()
        };
        Plan::check(&config)?;
        Self::of(&config, Arc::new(InMemory::new(images)))
    }

    /// A loader of `data`, whose paths `config` need not name; it has passed [`Plan::check`].
    fn of(config: &Config, data: Arc<dyn Dataset>) -> Result<Self> {
        let plan = Plan::new(config, &*data)?;
        let fields = Fields::new(&plan);
        let memory = Mutex::new(Memory::new(&plan, &fields, config.prefetch)?);
        Ok(Self {
            shared: Arc::new(Shared {
                damaged: Damaged::new(data.len()),
                data,
                plan,
                fields,
                stages: Stages::default(),
            }),
            ledger: Arc::new(Ledger::new(config.max_errors)),
            memory,
            workers: config.workers.unwrap_or_else(usable_cores),
            prefetch: config.prefetch,
        })
    }

    /// The dataset.
    #[must_use]
    pub fn data(&self) -> &dyn Dataset {
        &*self.shared.data
    }

    /// The dataset, as a shared pointer.
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
        let plan = &self.shared.plan;
        let steps = || plan.schedule.steps_from(start.position);
        self.start(start, (!plan.endless).then(steps))
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
        let engine = Engine::start(self.job(start, steps)?, self.workers, self.prefetch)?;
        Ok(Batches::new(engine, Arc::clone(&self.ledger), start))
    }

    /// The work of `steps` batches from `start` on; endless without a number.
    fn job(&self, start: Place, steps: Option<u64>) -> Result<Job> {
        Ok(Job {
            shared: Arc::clone(&self.shared),
            memory: self.memory()?,
            start,
            steps,
        })
    }

    /// Memory to be reused; new in a fork, where the parent's may be locked for ever.
    fn memory(&self) -> Result<Arc<Memory>> {
        let Shared { plan, fields, .. } = &*self.shared;
        let Ok(mut memory) = self.memory.try_lock() else {
            return Memory::new(plan, fields, self.prefetch);
        };
        if !memory.batches.at_home() {
            *memory = Memory::new(plan, fields, self.prefetch)?;
        }
        Ok(Arc::clone(&memory))
    }

    /// What a user should know about the device, though it is no error.
    #[must_use]
    pub fn device_note(&self) -> Option<String> {
        let memory = self.memory.try_lock().ok()?;
        memory.gpu.as_ref()?.note()
    }

    /// Counts over all iterators so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let stages = &self.shared.stages;
        Stats {
            read: stages.read.reading(),
            decode: stages.decode.reading(),
            resize: stages.resize.reading(),
            augment: stages.augment.reading(),
            waiting: self.ledger.waiting.reading(),
            delivered: self.ledger.delivered.reading(),
            workers: self.workers,
            worker_time: lock(&self.ledger.clocks).time(),
            errors: lock(&self.ledger.failures).count,
            jpeg_own: self.shared.plan.recipe.tally().own(),
            jpeg_turbo: self.shared.plan.recipe.tally().handed_over(),
        }
    }

    /// Samples that failed, each once, in the order they were met.
    #[must_use]
    pub fn errors(&self) -> Vec<Fault> {
        lock(&self.ledger.failures).list.clone()
    }
}

/// The options to open the dataset with.
fn options(config: &Config) -> Options {
    // Damaged framing is a damaged sample then, as far as what follows it can be found.
    let leaves_out = config.on_error != OnError::Raise;
    Options {
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
        allow_outside: config.allow_outside,
        salvage: leaves_out,
        gaps: leaves_out,
        places: config.places.clone(),
    }
}
