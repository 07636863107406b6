//! A batch while it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use super::batch::{Batch, Failure};
use super::fields::{Column, NUMBERS, Target};
use super::job::Shared;
use crate::augment::{Images, Mixed};
use crate::delivery::{Gpu, Room};
use crate::engine::FirstError;
use crate::error::Result;
use crate::sampler::{Draw, Place, Step};
use crate::sync::lock;
use crate::tensor::{Lease, Whole};

/// The samples of a batch, its memory, and what workers have to say of it.
#[derive(Debug)]
pub(super) struct Assembly {
    number: u64,
    pub(super) step: Step,
    after: Place,
    pub(super) draws: Vec<Draw>,
    lease: Arc<Lease>,
    /// Its place on a GPU, if it goes to one.
    pub(super) room: Option<Room>,
    notes: Mutex<Notes>,
    /// What ends the run.
    pub(super) fatal: FirstError,
    /// What is handed over instead, where every sample was to be left out.
    pub(super) refill: OnceLock<Box<Self>>,
}

/// What went other than planned, and images that have memory of their own; by slot.
#[derive(Debug, Default)]
struct Notes {
    failures: Vec<(usize, Failure)>,
    missing: BTreeSet<usize>,
    singles: BTreeMap<usize, Arc<Lease>>,
}

impl Assembly {
    pub(super) fn new(
        number: u64,
        (step, after): (Step, Place),
        draws: Vec<Draw>,
        lease: Lease,
        room: Option<Room>,
    ) -> Self {
        Self {
            number,
            step,
            after,
            draws,
            lease: Arc::new(lease),
            room,
            notes: Mutex::default(),
            fatal: FirstError::default(),
            refill: OnceLock::new(),
        }
    }

    /// A batch of the same draws in other memory, none of them valid.
    pub(super) fn again(&self, lease: Lease, room: Option<Room>) -> Self {
        let step = Step {
            valid: 0,
            ..self.step
        };
        Self::new(
            self.number,
            (step, self.after),
            self.draws.clone(),
            lease,
            room,
        )
    }

    /// The place of the sample in slot `slot`, for whoever asks first.
    pub(super) fn claim(&self, slot: usize) -> Option<Target<'_>> {
        let staging = self.room.as_ref().map(|room| &**room.staging);
        Target::claim(&self.lease, staging, slot)
    }

    /// Notes a sample that failed.
    pub(super) fn note(&self, slot: usize, failure: Failure) {
        lock(&self.notes).failures.push((slot, failure));
    }

    /// Notes a sample that failed and is left out; returns whether now all are.
    pub(super) fn leave_out(&self, slot: usize, failure: Failure) -> bool {
        let mut notes = lock(&self.notes);
        notes.failures.push((slot, failure));
        notes.missing.insert(slot);
        notes.missing.len() == self.draws.len()
    }

    /// Takes an image in memory of its own, in place of any that the slot had before.
    pub(super) fn put_single(&self, slot: usize, lease: Lease) {
        lock(&self.notes).singles.insert(slot, Arc::new(lease));
    }

    /// Takes out the failures noted so far, in the order of their slots.
    pub(super) fn take_failures(&self) -> Vec<(usize, Failure)> {
        let mut failures = std::mem::take(&mut lock(&self.notes).failures);
        failures.sort_by_key(|(slot, _)| *slot);
        failures
    }

    /// The finished batch, or what ends the run; and the samples that failed, in order.
    pub(super) fn finish(
        &self,
        shared: &Shared,
        gpu: Option<&Gpu>,
    ) -> (Result<Batch>, Vec<Failure>) {
        let failures = self.take_failures().into_iter();
        let finished = self.fatal.take().and_then(|()| self.seal(shared, gpu));
        (finished, failures.map(|(_, failure)| failure).collect())
    }

    /// Closes the memory of a batch in which nothing went wrong that ends the run, and starts its
    /// way to a GPU.
    fn seal(&self, shared: &Shared, gpu: Option<&Gpu>) -> Result<Batch> {
        let Notes {
            missing, singles, ..
        } = std::mem::take(&mut *lock(&self.notes));
        let is_kept = |slot: &usize| !missing.contains(slot);
        let mixed = self.draw_mix(shared);
        let len = self.lease.seal_changed(
            |slot| is_kept(&slot),
            |arrays| mix(shared, mixed, Column::kept, arrays),
        );
        let mut on_device = None;
        if let (Some(gpu), Some(room)) = (gpu, &self.room) {
            room.staging.seal_changed(
                |slot| is_kept(&slot),
                |arrays| mix(shared, mixed, Column::staged, arrays),
            );
            on_device = Some(gpu.upload(self.number, room, len)?);
        }
        let singles = singles.into_iter().filter(|(slot, _)| is_kept(slot));
        let index = |place| bytemuck::pod_read_unaligned(self.lease.bytes(NUMBERS, place));
        Ok(Batch {
            data: Arc::clone(&shared.data),
            lease: Arc::clone(&self.lease),
            on_device,
            singles: singles.map(|(_, single)| single).collect(),
            ragged: shared.plan.ragged,
            samples: (0..len).map(index).collect(),
            mixed,
            epoch: self.step.epoch,
            after: self.after,
            failures: Vec::new(),
        })
    }

    /// How its samples are mixed, which its place in the epoch decides.
    fn draw_mix(&self, shared: &Shared) -> Option<Mixed> {
        let plan = &shared.plan;
        let (mixing, size) = (plan.mix.as_ref()?, plan.recipe.size()?);
        Some(mixing.draw(plan.seed, self.step.epoch, self.step.first, size))
    }
}

/// Mixes the samples of a batch, as far as they are in this memory: `own` says where in it an array
/// is.
fn mix(
    shared: &Shared,
    mixed: Option<Mixed>,
    own: fn(Column) -> Option<usize>,
    arrays: &mut Whole<'_>,
) {
    let Shared { plan, fields, .. } = shared;
    let (Some(mixed), Some(size)) = (mixed, plan.recipe.size()) else {
        return;
    };
    if let Some(images) = fields.images.and_then(own) {
        let images_are = Images {
            dtype: plan.recipe.field(size).dtype,
            layout: plan.recipe.layout(),
            size,
            channels: plan.recipe.channels(),
        };
        mixed.mix_images(arrays.field(images), images_are);
    }
    if let Some(labels) = fields.labels.and_then(own) {
        let labels = bytemuck::cast_slice_mut(arrays.field(labels));
        mixed.mix_labels(labels, plan.num_classes);
    }
}
