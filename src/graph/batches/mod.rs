//! Batches of a stream: samples one after the other, made by the engine's workers.

mod batch;
mod columns;
mod config;
mod iterator;
mod job;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

pub use batch::{Batch, Failure, Values};
pub use config::Config;
pub use iterator::Batches;

use super::operation::Sample;
use super::program::Program;
use super::value::Value;
use crate::cuda::{Images, Route};
use crate::delivery::{Gpu, Request};
use crate::engine::{Engine, OnError, Reading, WorkerTime, usable_cores};
use crate::error::{Error, Result};
use crate::pixel::{Conversion, Layout};
use crate::random::{Purpose, Stream as Chance};
use crate::sync::lock;
use crate::tensor::{Device, Field, Host, Pool};
use columns::Columns;
use iterator::Ledger;
use job::{AHEAD, Job, Memory, Shared};

/// How many samples are tried for one that shows what types and shapes there are.
const EXAMPLES: u64 = 32;

/// A consumer that waits for less than this share of the time is what batches wait for.
const LITTLE: f64 = 0.1;

/// Workers have nothing to do for more than this share of their time: more than the ends of batches
/// cost.
const IDLE: f64 = 0.3;

/// A graph that is cut into batches.
#[derive(Debug)]
pub struct Stream {
    shared: Arc<Shared>,
    memory: Mutex<Arc<Memory>>,
    ledger: Arc<Ledger>,
}

/// Counts over all iterators of a stream so far.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Running the graph.
    pub run: Reading,
    /// How long the consumer waited, and for how many batches.
    pub waiting: Reading,
    /// What was handed over.
    pub delivered: Reading,
    /// Worker threads.
    pub workers: usize,
    /// How long workers ran, and how much of that they had nothing to do.
    pub worker_time: WorkerTime,
    /// Samples that failed.
    pub errors: u64,
}

impl Stream {
    /// A stream of batches. A sample near `start` is made at once, to see which types and shapes
    /// the outputs have.
    ///
    /// # Errors
    /// [`Error::Argument`] for a wrong option, [`Error::Graph`] where no sample can be made.
    pub fn open(program: Arc<Program>, config: Config, start: u64) -> Result<Self> {
        config.check()?;
        let (example, values) = example(&program, &config, start)?;
        let columns = Arc::new(Columns::new(&program, &config, &values));
        let memory = Mutex::new(Memory::new(&config, &columns)?);
        Ok(Self {
            ledger: Arc::new(Ledger::new(config.max_errors)),
            shared: Arc::new(Shared {
                program,
                config,
                columns,
                example,
                running: crate::engine::Meter::default(),
            }),
            memory,
        })
    }

    /// The program that makes samples.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.shared.program
    }

    /// The batches from sample `start` of all ranks on: `steps` of them, or without end.
    ///
    /// # Errors
    /// [`Error::Threads`] when worker threads cannot be had.
    pub fn batches(&self, start: u64, steps: Option<u64>) -> Result<Batches> {
        let job = Job {
            shared: Arc::clone(&self.shared),
            memory: self.memory()?,
            start,
            steps,
        };
        let engine = Engine::start(job, self.workers(), self.shared.config.prefetch)?;
        Ok(Batches::new(engine, Arc::clone(&self.ledger), start))
    }

    /// Memory to be used again; new in a fork, where the parent's may be locked for ever.
    fn memory(&self) -> Result<Arc<Memory>> {
        let Shared {
            config, columns, ..
        } = &*self.shared;
        let Ok(mut memory) = self.memory.try_lock() else {
            return Memory::new(config, columns);
        };
        if !memory.batches.at_home() {
            *memory = Memory::new(config, columns)?;
        }
        Ok(Arc::clone(&memory))
    }

    /// What a user should know about the device, though it is no error.
    #[must_use]
    pub fn device_note(&self) -> Option<String> {
        self.memory.try_lock().ok()?.gpu.as_ref()?.note()
    }

    /// Worker threads.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.shared.config.workers.unwrap_or_else(usable_cores)
    }

    /// Counts over all iterators so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            run: self.shared.running.reading(),
            waiting: self.ledger.waiting.reading(),
            delivered: self.ledger.delivered.reading(),
            workers: self.workers(),
            worker_time: lock(&self.ledger.clocks).time(),
            errors: lock(&self.ledger.failures).count,
        }
    }

    /// The samples that failed last, with the reasons.
    #[must_use]
    pub fn errors(&self) -> Vec<(u64, String)> {
        lock(&self.ledger.failures).last.iter().cloned().collect()
    }
}

impl Stats {
    /// What holds the others up on so many usable cores, in words.
    #[must_use]
    pub fn bottleneck(&self, cores: usize) -> String {
        let WorkerTime { running, idle } = self.worker_time;
        let running = running.as_secs_f64();
        if self.delivered.items == 0 || running == 0.0 {
            return "nothing has been made yet".to_owned();
        }
        if self.waiting.time.as_secs_f64() < LITTLE * running {
            return "the consumer: workers wait for it to take batches".to_owned();
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of threads")]
        let hands = self.workers.min(cores) as f64;
        if idle.as_secs_f64() > IDLE * hands * running {
            return "too few samples in flight: workers have nothing to do; raise prefetch or \
                    batch_size"
                .to_owned();
        }
        let unused = cores.saturating_sub(self.workers);
        if unused > 0 {
            return format!(
                "the graph; workers={} leaves {unused} of {cores} cores unused",
                self.workers
            );
        }
        "the graph: profile() says which of its nodes take the time".to_owned()
    }
}

impl Memory {
    fn new(config: &Config, columns: &Columns) -> Result<Arc<Self>> {
        // One with the consumer, one that the consumer just let go, the rest ahead of it.
        let spare = config.prefetch.saturating_add(2);
        let fields = Arc::clone(&columns.fields);
        let gpu = match config.device {
            Device::Cpu => None,
            Device::Cuda(ordinal) => Some(gpu(ordinal, config, &fields, spare)?),
        };
        Ok(Arc::new(Self {
            batches: Pool::new(config.batch_size, fields, spare, Arc::new(Host)),
            gpu,
            registers: Mutex::default(),
        }))
    }
}

/// What brings the arrays of a stream to a GPU, as they are.
fn gpu(ordinal: u32, config: &Config, fields: &Arc<[Field]>, ahead: usize) -> Result<Gpu> {
    let Some(first) = fields.first() else {
        let allowed = "only for outputs that are arrays of one shape";
        let device = format!("\"cuda:{ordinal}\"");
        return Err(Error::argument("device", device, allowed));
    };
    Gpu::new(Request {
        ordinal,
        route: Route::default(),
        images: Images {
            conversion: &Conversion::Uint8,
            layout: Layout::Nhwc,
            pixels: first.bytes(),
            channels: 1,
            most: config.batch_size,
        },
        staged: Arc::clone(fields),
        first,
        capacity: config.batch_size,
        ahead,
    })
}

/// A sample that can be made: the first one, or where samples that fail are no error, one near it.
fn example(program: &Program, config: &Config, start: u64) -> Result<(u64, Vec<Value>)> {
    let mut registers = program.registers();
    let mut make = |index| -> Result<_> {
        let seed = config.seed;
        let run = program.run(Sample { seed, index }, &mut registers);
        run.map_err(|fault| fault.into_error(Some(index)))?;
        Ok((index, program.outputs(&registers).cloned().collect()))
    };
    let mut last = match make(start) {
        Err(error) if config.on_error != OnError::Raise && !error.is_of_the_machine() => error,
        first => return first,
    };
    let mut chance = Chance::new(config.seed, 0, start, Purpose::Replace);
    for _ in 0..EXAMPLES {
        match make(chance.below(start.saturating_add(AHEAD))) {
            Err(error) => last = error,
            found => return found,
        }
    }
    Err(last)
}
