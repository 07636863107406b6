//! The Loader's work, as the engine wants it: which samples a batch has, and how one is made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::batch::{Batch, Failure};
use super::config::{Labels, OnError};
use super::damaged::Damaged;
use super::fields::{CROPS, FLIPS, Fields, INDICES, VALID};
use super::plan::Plan;
use super::stats::Stages;
use crate::codec::Reason;
use crate::dataset::{self, Dataset};
use crate::engine::{self, Begun, FirstError, lock};
use crate::error::{Error, Result, counted};
use crate::pixel::Region;
use crate::random::{Purpose, Stream};
use crate::sampler::{Draw, Place, Step};
use crate::tensor::{Host, Lease, Pool, Slot};
use crate::transform::{self, Identity, Made, Prepared};

/// How many other samples are tried in place of one that cannot be made.
const REPLACEMENTS: u64 = 32;

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
    file: dataset::Scratch,
    transform: transform::Scratch,
}

/// Memory that outlives an iterator, so that the next epoch need not allocate it anew.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) batches: Arc<Pool>,
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

/// A batch while it is made.
#[derive(Debug)]
pub(super) struct Assembly {
    step: Step,
    after: Place,
    draws: Vec<Draw>,
    lease: Arc<Lease>,
    notes: Mutex<Notes>,
    /// What ends the run.
    fatal: FirstError,
    /// What is handed over instead, where every sample was to be left out.
    refill: OnceLock<Box<Self>>,
}

/// What went other than planned, and images that have memory of their own; by slot.
#[derive(Debug, Default)]
struct Notes {
    failures: Vec<(usize, Failure)>,
    missing: Vec<usize>,
    singles: Vec<(usize, Arc<Lease>)>,
}

/// A sample to be made, and what a worker has for it.
struct Task<'a, 'b> {
    batch: &'a Assembly,
    slot: usize,
    target: &'a mut Slot<'b>,
    scratch: &'a mut Scratch,
    stop: &'a AtomicBool,
}

impl Memory {
    pub(super) fn new(plan: &Plan, fields: &Fields, prefetch: usize) -> Arc<Self> {
        let capacity = usize::try_from(plan.schedule.longest_batch()).unwrap_or(usize::MAX);
        // One with the consumer, one that the consumer just let go, the rest ahead of it.
        let spare = prefetch.saturating_add(2);
        let fields = Arc::clone(&fields.all);
        Arc::new(Self {
            batches: Pool::new(capacity, fields, spare, Arc::new(Host)),
            scratches: Mutex::default(),
        })
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
        let lease = Arc::new(self.memory.batches.lend(slots)?);
        let draws = (step.first..step.first + step.len)
            .map(|position| epoch.at(position))
            .collect();
        let after = plan.schedule.after(self.start, number + 1);
        let batch = Assembly {
            step,
            after,
            draws,
            lease,
            notes: Mutex::default(),
            fatal: FirstError::default(),
            refill: OnceLock::new(),
        };
        Ok(Begun::Batch { batch, slots })
    }

    fn run(&self, batch: &Assembly, slot: usize, scratch: &mut Scratch, stop: &AtomicBool) {
        let Some(mut target) = batch.lease.claim(slot) else {
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
        batch.fatal.note(
            slot,
            Error::Panic {
                path: path.into(),
                message,
            },
        );
    }

    fn complete(&self, batch: &Assembly) -> Result<Self::Output> {
        let batch = batch.refill.get().map_or(batch, |refill| refill);
        let mut notes = std::mem::take(&mut *lock(&batch.notes));
        notes.failures.sort_by_key(|(slot, _)| *slot);
        let failures = std::mem::take(&mut notes.failures)
            .into_iter()
            .map(|(_, failure)| failure)
            .collect();
        let finished = batch.fatal.take().map(|()| self.seal(batch, notes));
        Ok((finished, failures))
    }
}

impl Job {
    /// Makes one sample in its slot.
    fn sample(&self, task: &mut Task<'_, '_>, draw: Draw) -> Result<()> {
        let Task {
            batch,
            slot,
            target,
            scratch,
            stop,
        } = task;
        let Shared {
            data, plan, stages, ..
        } = &*self.shared;
        let identity = Identity {
            seed: plan.seed,
            epoch: batch.step.epoch,
            key: draw.key,
        };
        let Scratch { file, transform } = &mut **scratch;
        let mut watch = engine::Stopwatch::start();
        let sample = data.read(draw.sample, file)?;
        stages.read.add(sample.content.len(), watch.lap());
        self.check_label(draw, sample.label)?;
        let undecodable = |reason| data.location(draw.sample).undecodable(reason);
        let prepared = plan
            .recipe
            .open(sample.content, identity, transform, stop)
            .map_err(undecodable)?;
        let made = if let Some(images) = self.shared.fields.images {
            self.make(prepared, target.field(images))
        } else {
            let lease = Lease::single(plan.recipe.field(prepared.size()))?;
            let own = lease.claim(0);
            let made = own.map(|mut own| self.make(prepared, own.field(0)));
            lease.seal(|_| true);
            lock(&batch.notes).singles.push((*slot, Arc::new(lease)));
            made.unwrap_or_else(|| Err(Reason::new("no memory was claimed")))
        };
        let valid = (*slot as u64) < batch.step.valid;
        self.describe(
            draw,
            sample.label,
            made.map_err(undecodable)?,
            valid,
            target,
        );
        Ok(())
    }

    /// Decodes an image into its place.
    fn make(&self, prepared: Prepared<'_>, pixels: &mut [u8]) -> Result<Made, Reason> {
        let stages = &self.shared.stages;
        let mut watch = engine::Stopwatch::start();
        let loaded = prepared.decode()?;
        stages.decode.add(loaded.bytes(), watch.lap());
        let len = pixels.len();
        let made = loaded.write(pixels)?;
        stages.resize.add(len, watch.lap());
        Ok(made)
    }

    fn check_label(&self, draw: Draw, label: usize) -> Result<()> {
        let Plan {
            labels,
            num_classes,
            ..
        } = self.shared.plan;
        if labels != Labels::OneHot || label < num_classes {
            return Ok(());
        }
        let classes = counted(num_classes as u64, "class");
        let reason = format!("the label {label} is none of the {classes}");
        let location = self.shared.data.location(draw.sample);
        Err(Error::dataset(location.text(), reason))
    }

    /// Writes what is known of a sample beside its pixels.
    fn describe(&self, draw: Draw, label: usize, made: Made, valid: bool, target: &mut Slot<'_>) {
        if let Some(labels) = self.shared.fields.labels {
            if self.shared.plan.labels == Labels::OneHot {
                let field = target.field(labels);
                field.fill(0);
                field[4 * label..4 * label + 4].copy_from_slice(&1f32.to_ne_bytes());
            } else {
                target.put(labels, &[label as u64]);
            }
        }
        target.put(INDICES, &[draw.sample]);
        let Region {
            left,
            top,
            width,
            height,
        } = made.region;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "pixels of an image fit single precision"
        )]
        target.put(CROPS, &[left, top, width, height].map(|edge| edge as f32));
        target.put(FLIPS, &[u8::from(made.flip)]);
        target.put(VALID, &[u8::from(valid)]);
    }

    /// Does with a sample that failed what `on_error` says.
    fn recover(&self, task: &mut Task<'_, '_>, draw: Draw, error: Error) {
        let Task { batch, slot, .. } = *task;
        match self.shared.plan.on_error {
            _ if error.is_of_the_machine() => batch.fatal.note(slot, error),
            OnError::Raise => batch.fatal.note(slot, error),
            OnError::Skip => {
                self.shared.damaged.mark(draw.sample);
                if batch.leave_out(slot, self.failure(draw.sample, error)) {
                    self.refill(task);
                }
            }
            OnError::Replace => {
                let reason = error.reason();
                self.shared.damaged.mark(draw.sample);
                batch.note(slot, self.failure(draw.sample, error));
                self.replace(task, draw, &reason);
            }
        }
    }

    /// Makes another sample in place of one that failed for `reason`: one of those that seed, epoch
    /// and the failed sample choose, or the next one in the data set that can be made. Ends the run
    /// if there is none; returns whether one was made.
    fn replace(&self, task: &mut Task<'_, '_>, draw: Draw, reason: &str) -> bool {
        let samples = self.shared.data.len();
        let mut chance = Stream::new(
            self.shared.plan.seed,
            task.batch.step.epoch,
            draw.key,
            Purpose::Replace,
        );
        for _ in 0..REPLACEMENTS {
            let sample = chance.below(samples);
            if let Some(settled) = self.stand_in(task, draw, sample, true) {
                return settled;
            }
        }
        // Few can be made: what is known to be damaged is not tried once more.
        for places in [draw.sample..samples, 0..draw.sample] {
            let mut from = places.start;
            while let Some(sample) = self.shared.damaged.first_other(from..places.end) {
                if let Some(settled) = self.stand_in(task, draw, sample, false) {
                    return settled;
                }
                from = sample + 1;
            }
        }
        let reason = format!("no sample of the data set could be read; the last error: {reason}");
        task.batch.fatal.note(
            task.slot,
            Error::dataset(self.shared.data.location(draw.sample).text(), reason),
        );
        false
    }

    /// Tries `sample` in place of `draw`; returns whether it was made, or `None` if another may be
    /// tried. A failure is noted if it is the first one, or with `again`.
    fn stand_in(
        &self,
        task: &mut Task<'_, '_>,
        draw: Draw,
        sample: u64,
        again: bool,
    ) -> Option<bool> {
        let key = if self.shared.plan.order.with_replacement() {
            draw.key
        } else {
            sample
        };
        match self.sample(task, Draw { sample, key }) {
            Ok(()) => Some(true),
            Err(error) if error.is_of_the_machine() => {
                task.batch.fatal.note(task.slot, error);
                Some(false)
            }
            Err(error) => {
                if self.shared.damaged.mark(sample) || again {
                    task.batch.note(task.slot, self.failure(sample, error));
                }
                task.stop.load(Ordering::Relaxed).then_some(false)
            }
        }
    }

    /// Fills a batch that lost every sample, so that ranks keep their number of batches: with the
    /// samples that [`OnError::Replace`] would take, none of them valid. The worker at its last
    /// sample does it, in memory of its own, since slots are claimed once.
    fn refill(&self, task: &mut Task<'_, '_>) {
        let lost = task.batch;
        let lease = match self.memory.batches.lend(lost.draws.len()) {
            Ok(lease) => Arc::new(lease),
            Err(error) => return lost.fatal.note(task.slot, error),
        };
        let mut failures = std::mem::take(&mut lock(&lost.notes).failures);
        failures.sort_by_key(|(slot, _)| *slot);
        let reasons: Vec<String> = failures
            .iter()
            .map(|(_, failure)| failure.error.reason())
            .collect();
        let notes = Mutex::new(Notes {
            failures,
            ..Notes::default()
        });
        let step = Step {
            valid: 0,
            ..lost.step
        };
        let Assembly {
            after, ref draws, ..
        } = *lost;
        let batch = Assembly {
            step,
            after,
            draws: draws.clone(),
            lease,
            notes,
            fatal: FirstError::default(),
            refill: OnceLock::new(),
        };
        for (slot, (draw, reason)) in lost.draws.iter().zip(&reasons).enumerate() {
            let Some(mut target) = batch.lease.claim(slot) else {
                return;
            };
            let mut task = Task {
                batch: &batch,
                slot,
                target: &mut target,
                scratch: task.scratch,
                stop: task.stop,
            };
            if !self.replace(&mut task, *draw, reason) {
                break;
            }
        }
        // Nobody else sets it: one worker has the last sample.
        let _ = lost.refill.set(Box::new(batch));
    }

    fn failure(&self, index: u64, error: Error) -> Failure {
        Failure {
            index,
            location: self.shared.data.location(index),
            error,
        }
    }

    /// Closes the memory of a batch, in which nothing went wrong that ends the run.
    fn seal(&self, batch: &Assembly, mut notes: Notes) -> Batch {
        let len = batch.lease.seal(|slot| !notes.missing.contains(&slot));
        let indices = |place| batch.lease.bytes(INDICES, place);
        // A slot that was tried more than once has the image that was made last.
        notes.singles.sort_by_key(|(slot, _)| *slot);
        let mut singles: Vec<(usize, Arc<Lease>)> = Vec::with_capacity(len);
        for (slot, single) in notes
            .singles
            .into_iter()
            .filter(|(slot, _)| !notes.missing.contains(slot))
        {
            match singles.last_mut().filter(|last| last.0 == slot) {
                Some(last) => last.1 = single,
                None => singles.push((slot, single)),
            }
        }
        Batch {
            data: Arc::clone(&self.shared.data),
            lease: Arc::clone(&batch.lease),
            singles: singles.into_iter().map(|(_, single)| single).collect(),
            ragged: self.shared.plan.ragged,
            samples: (0..len)
                .map(|place| bytemuck::pod_read_unaligned(indices(place)))
                .collect(),
            epoch: batch.step.epoch,
            after: batch.after,
            failures: Vec::new(),
        }
    }
}

impl Assembly {
    /// Notes a sample that failed.
    fn note(&self, slot: usize, failure: Failure) {
        lock(&self.notes).failures.push((slot, failure));
    }

    /// Notes a sample that failed and is left out; returns whether now all are.
    fn leave_out(&self, slot: usize, failure: Failure) -> bool {
        let mut notes = lock(&self.notes);
        notes.failures.push((slot, failure));
        notes.missing.push(slot);
        notes.missing.len() == self.draws.len()
    }
}
