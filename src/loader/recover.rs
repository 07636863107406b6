//! What becomes of a sample that cannot be made.

use std::sync::atomic::Ordering;

use super::assembly::Assembly;
use super::batch::Failure;
use super::job::{Job, Task};
use crate::engine::OnError;
use crate::error::{Error, Result};
use crate::random::{Purpose, Stream};
use crate::sampler::Draw;

/// How many other samples are tried in place of one that cannot be made.
const REPLACEMENTS: u64 = 32;

impl Job {
    /// Does with a sample that failed what `on_error` says.
    pub(super) fn recover(&self, task: &mut Task<'_, '_>, draw: Draw, error: Error) {
        let Task { batch, slot, .. } = *task;
        let on_error = self.shared.plan.on_error;
        if on_error == OnError::Raise || error.is_of_the_machine() {
            return batch.fatal.note(slot, error);
        }
        self.shared.damaged.mark(draw.sample);
        let reason = error.reason();
        let failure = self.failure(draw.sample, error);
        if on_error == OnError::Replace {
            batch.note(slot, failure);
            self.replace(task, draw, &reason);
        } else if batch.leave_out(slot, failure) {
            self.refill(task);
        }
    }

    /// Makes another sample in place of one that failed for `reason`: one of those that seed, epoch
    /// and the failed sample choose, or the next one in the dataset that can be made. Ends the run
    /// if there is none; returns whether one was made.
    fn replace(&self, task: &mut Task<'_, '_>, draw: Draw, reason: &str) -> bool {
        let samples = self.shared.data.len();
        let (seed, epoch) = (self.shared.plan.seed, task.batch.step.epoch);
        let mut chance = Stream::new(seed, epoch, draw.key, Purpose::Replace);
        for _ in 0..REPLACEMENTS {
            if let Some(settled) = self.stand_in(task, draw, chance.below(samples), true) {
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
        let reason = format!("no sample of the dataset could be read; the last error: {reason}");
        let location = self.shared.data.location(draw.sample);
        let error = Error::dataset(location.text(), reason);
        task.batch.fatal.note(task.slot, error);
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
        let with_replacement = self.shared.plan.order.with_replacement();
        let key = if with_replacement { draw.key } else { sample };
        let Err(error) = self.sample(task, Draw { sample, key }) else {
            return Some(true);
        };
        if error.is_of_the_machine() {
            task.batch.fatal.note(task.slot, error);
            return Some(false);
        }
        if self.shared.damaged.mark(sample) || again {
            task.batch.note(task.slot, self.failure(sample, error));
        }
        task.stop.load(Ordering::Relaxed).then_some(false)
    }

    /// Fills a batch that lost every sample, so that ranks keep their number of batches: with the
    /// samples that [`OnError::Replace`] would take, none of them valid. The worker at its last
    /// sample does it, in memory of its own, since slots are claimed once.
    fn refill(&self, task: &mut Task<'_, '_>) {
        let lost = task.batch;
        let batch = match self.another(lost) {
            Ok(batch) => batch,
            Err(error) => return lost.fatal.note(task.slot, error),
        };
        let failures = lost.take_failures();
        let reasons: Vec<_> = failures.iter().map(|(_, it)| it.error.reason()).collect();
        for (slot, failure) in failures {
            batch.note(slot, failure);
        }
        for (slot, reason) in reasons.iter().enumerate() {
            let Some(mut target) = batch.claim(slot) else {
                return;
            };
            let mut task = Task {
                batch: &batch,
                slot,
                target: &mut target,
                scratch: task.scratch,
                stop: task.stop,
            };
            if !self.replace(&mut task, lost.draws[slot], reason) {
                break;
            }
        }
        // Nobody else sets it: one worker has the last sample.
        let _ = lost.refill.set(Box::new(batch));
    }

    /// A batch of the same draws in memory of its own.
    fn another(&self, lost: &Assembly) -> Result<Assembly> {
        let slots = lost.draws.len();
        let lease = self.memory.batches.lend(slots)?;
        let room = match (&self.memory.gpu, &lost.room) {
            (Some(gpu), Some(room)) => Some(gpu.again(room, slots)?),
            _ => None,
        };
        Ok(lost.again(lease, room))
    }

    fn failure(&self, index: u64, error: Error) -> Failure {
        Failure {
            index,
            location: self.shared.data.location(index),
            error,
        }
    }
}
