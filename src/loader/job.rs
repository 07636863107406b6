//! The Loader's work, as the engine wants it: which samples a batch has, and how one is made.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::assembly::Assembly;
use super::batch::{Batch, Failure};
use super::damaged::Damaged;
use super::fields::{Fields, Target};
use super::gpu::Delivery;
use super::plan::Plan;
use super::stats::Stages;
use crate::dataset::{self, Dataset};
use crate::delivery::Gpu;
use crate::engine::{self, Begun};
use crate::error::{Error, Result};
use crate::sampler::Place;
use crate::sync::lock;
use crate::tensor::{Host, Pool};
use crate::transform;

/// What all iterators of a loader share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) data: Arc<dyn Dataset>,
    pub(super) plan: Plan,
    pub(super) fields: Fields,
    pub(super) stages: Stages,
    pub(super) damaged: Damaged,
}

/// What a worker keeps from sample to sample.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) file: dataset::Scratch,
    pub(super) transform: transform::Scratch,
}

/// Memory that outlives an iterator, so that the next epoch need not allocate it anew.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) batches: Arc<Pool>,
    /// Where batches are delivered on a GPU.
    pub(super) gpu: Option<Gpu>,
    pub(super) scratches: Mutex<Vec<Scratch>>,
}

/// The batches of one iterator.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) shared: Arc<Shared>,
    pub(super) memory: Arc<Memory>,
    pub(super) start: Place,
    /// How many batches there are; `None` is endless.
    pub(super) steps: Option<u64>,
}

/// A sample to be made, and what a worker has for it.
pub(super) struct Task<'a, 'b> {
    pub(super) batch: &'a Assembly,
    pub(super) slot: usize,
    pub(super) target: &'a mut Target<'b>,
    pub(super) scratch: &'a mut Scratch,
    pub(super) stop: &'a AtomicBool,
}

impl Memory {
    pub(super) fn new(plan: &Plan, fields: &Fields, prefetch: usize) -> Result<Arc<Self>> {
        let capacity = usize::try_from(plan.schedule.longest_batch()).unwrap_or(usize::MAX);
        // One with the consumer, one that the consumer just let go, the rest ahead of it.
        let spare = prefetch.saturating_add(2);
        let gpu = |delivery: &Delivery| delivery.open(plan, fields, (capacity, spare));
        let gpu = plan.delivery.as_ref().map(gpu).transpose()?;
        let kept = Arc::clone(&fields.kept);
        Ok(Arc::new(Self {
            batches: Pool::new(capacity, kept, spare, Arc::new(Host)),
            gpu,
            scratches: Mutex::default(),
        }))
    }
}

impl engine::Job for Job {
    type Scratch = Scratch;
    type Batch = Assembly;
    /// A batch, and the samples that failed, in the order of their slots.
    type Output = (Result<Batch>, Vec<Failure>);

    fn scratch(&self) -> Scratch {
        lock(&self.memory.scratches).pop().unwrap_or_default()
    }

    fn retire(&self, scratch: Scratch) {
        lock(&self.memory.scratches).push(scratch);
    }

    fn begin(&self, number: u64) -> Result<Begun<Assembly>> {
        if self.steps.is_some_and(|steps| number >= steps) {
            return Ok(Begun::End);
        }
        let plan = &self.shared.plan;
        let step = plan.schedule.step(self.start, number);
        let epoch = plan.order.of(plan.seed, step.epoch, plan.schedule.len);
        let slots = usize::try_from(step.len).unwrap_or(usize::MAX);
        // The memory first: where there is none for the batch there is none for the list of its
        // samples.
        let room = match &self.memory.gpu {
            None => None,
            Some(gpu) => match gpu.room(slots)? {
                None => return Ok(Begun::Later),
                room => room,
            },
        };
        let lease = self.memory.batches.lend(slots)?;
        let positions = step.first..step.first + step.len;
        let draws = positions.map(|position| epoch.at(position)).collect();
        let after = plan.schedule.after(self.start, number + 1);
        let batch = Assembly::new(number, (step, after), draws, lease, room);
        Ok(Begun::Batch { batch, slots })
    }

    fn run(&self, batch: &Assembly, slot: usize, scratch: &mut Scratch, stop: &AtomicBool) {
        let Some(mut target) = batch.claim(slot) else {
            return;
        };
        let draw = batch.draws[slot];
        let mut task = Task {
            batch,
            slot,
            target: &mut target,
            scratch,
            stop,
        };
        if let Err(failure) = self.sample(&mut task, draw) {
            self.recover(&mut task, draw, failure);
        }
    }

    fn panicked(&self, batch: &Assembly, slot: usize, message: String) {
        let path = self.shared.data.location(batch.draws[slot].sample).text();
        let path = path.into();
        batch.fatal.note(slot, Error::Panic { path, message });
    }

    fn complete(&self, batch: &Assembly) -> Result<Self::Output> {
        let batch = batch.refill.get().map_or(batch, |refill| refill);
        Ok(batch.finish(&self.shared, self.memory.gpu.as_ref()))
    }
}
