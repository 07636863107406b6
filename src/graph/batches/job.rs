//! A stream's work, as the engine wants it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::super::operation::Sample;
use super::super::program::{Program, Registers};
use super::super::value::Value;
use super::batch::{Batch, Failure};
use super::columns::{Columns, Differs};
use super::config::Config;
use crate::delivery::{Gpu, Room};
use crate::engine::{self, Begun, FirstError, Meter, OnError, Stopwatch};
use crate::error::{Error, Fault, Result};
use crate::random::{Purpose, Stream};
use crate::sync::lock;
use crate::tensor::{Lease, Pool, Slot};

/// How many other samples are tried in place of one that cannot be made.
const REPLACEMENTS: u64 = 32;

/// A sample in place of another is at most so far ahead of it.
pub(super) const AHEAD: u64 = 1024;

/// What all iterators of a stream share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) program: Arc<Program>,
    pub(super) config: Config,
    pub(super) columns: Arc<Columns>,
    /// The sample that showed which types and shapes the outputs have.
    pub(super) example: u64,
    pub(super) running: Meter,
}

/// Memory that outlives an iterator.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) batches: Arc<Pool>,
    /// Where batches are delivered on a GPU.
    pub(super) gpu: Option<Gpu>,
    pub(super) registers: Mutex<Vec<Registers>>,
}

/// The batches of one iterator.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) shared: Arc<Shared>,
    pub(super) memory: Arc<Memory>,
    pub(super) start: u64,
    /// How many batches there are; `None` is endless.
    pub(super) steps: Option<u64>,
}

/// A batch while workers fill it.
#[derive(Debug)]
pub(super) struct Assembly {
    number: u64,
    first: u64,
    after: u64,
    /// What workers write.
    lease: Arc<Lease>,
    /// Its place on a GPU, if it goes to one.
    room: Option<Room>,
    notes: Mutex<Vec<Note>>,
    /// How many samples were to be left out.
    missing: AtomicUsize,
    fatal: FirstError,
}

impl Assembly {
    /// Notes that a sample is to be left out; returns whether now all are.
    fn leave_out(&self) -> bool {
        self.missing.fetch_add(1, Ordering::Relaxed) + 1 == self.lease.slots()
    }
}

/// What became of a slot.
#[derive(Debug)]
struct Note {
    slot: usize,
    /// The sample that is there, and its values that have no array; none if it was left out.
    made: Option<(u64, Vec<Value>)>,
    failures: Vec<Failure>,
}

impl engine::Job for Job {
    type Scratch = Registers;
    type Batch = Assembly;
    /// A batch, and the samples that failed, in the order of their slots.
    type Output = (Result<Batch>, Vec<Failure>);

    fn scratch(&self) -> Registers {
        let spare = lock(&self.memory.registers).pop();
        spare.unwrap_or_else(|| self.shared.program.registers())
    }

    fn retire(&self, registers: Registers) {
        lock(&self.memory.registers).push(registers);
    }

    fn begin(&self, number: u64) -> Result<Begun<Assembly>> {
        if self.steps.is_some_and(|steps| number >= steps) {
            return Ok(Begun::End);
        }
        let Config {
            batch_size, shard, ..
        } = self.shared.config;
        let (rank, world) = shard;
        let size = batch_size as u64;
        let all = size.wrapping_mul(world);
        let step = self.start.wrapping_add(number.wrapping_mul(all));
        let (lease, room) = match &self.memory.gpu {
            None => (Arc::new(self.memory.batches.lend(batch_size)?), None),
            Some(gpu) => match gpu.room(batch_size)? {
                None => return Ok(Begun::Later),
                Some(room) => (Arc::clone(&room.staging), Some(room)),
            },
        };
        let batch = Assembly {
            number,
            first: step.wrapping_add(rank.wrapping_mul(size)),
            after: step.wrapping_add(all),
            lease,
            room,
            notes: Mutex::default(),
            missing: AtomicUsize::new(0),
            fatal: FirstError::default(),
        };
        Ok(Begun::Batch {
            batch,
            slots: batch_size,
        })
    }

    fn run(&self, batch: &Assembly, slot: usize, registers: &mut Registers, stop: &AtomicBool) {
        let Some(mut target) = batch.lease.claim(slot) else {
            return;
        };
        let mut watch = Stopwatch::start();
        let index = batch.first.wrapping_add(slot as u64);
        let mut failures = Vec::new();
        let made = match self.sample(index, registers, &mut target) {
            Ok(kept) => Some((index, kept)),
            Err(error) => self.recover(batch, slot, (index, error), &mut failures, |index| {
                (!stop.load(Ordering::Relaxed)).then(|| self.sample(index, registers, &mut target))
            }),
        };
        self.shared.running.add(0, watch.lap());
        let is_plain = self.shared.columns.each() == 0 && failures.is_empty();
        if !is_plain || made.as_ref().is_none_or(|(there, _)| *there != index) {
            let note = Note {
                slot,
                made,
                failures,
            };
            lock(&batch.notes).push(note);
        }
    }

    fn panicked(&self, batch: &Assembly, slot: usize, message: String) {
        let index = batch.first.wrapping_add(slot as u64);
        let reason = format!("internal error: {message}");
        batch.fatal.note(slot, of_sample(index, reason));
    }

    fn complete(&self, batch: &Assembly) -> Result<Self::Output> {
        let mut notes = std::mem::take(&mut *lock(&batch.notes));
        notes.sort_by_key(|note| note.slot);
        let mut failures = Vec::new();
        for note in &mut notes {
            failures.append(&mut note.failures);
        }
        let finished = batch.fatal.take().and_then(|()| self.finish(batch, notes));
        Ok((finished, failures))
    }
}

impl Job {
    /// Makes a sample in its place; returns the values that have no array.
    fn sample(
        &self,
        index: u64,
        registers: &mut Registers,
        slot: &mut Slot<'_>,
    ) -> Result<Vec<Value>> {
        let Shared {
            program,
            config,
            columns,
            example,
            ..
        } = &*self.shared;
        let sample = Sample {
            seed: config.seed,
            index,
        };
        let run = program.run(sample, registers);
        run.map_err(|fault| fault.into_error(Some(index)))?;
        let written = columns.write(program.outputs(registers), config, slot);
        written.map_err(|differs| unlike(program, index, *example, &differs))
    }

    /// Does with a sample that failed what `on_error` says; returns what is there instead.
    fn recover(
        &self,
        batch: &Assembly,
        slot: usize,
        (index, error): (u64, Error),
        failures: &mut Vec<Failure>,
        mut make: impl FnMut(u64) -> Option<Result<Vec<Value>>>,
    ) -> Option<(u64, Vec<Value>)> {
        let Config { on_error, seed, .. } = self.shared.config;
        if on_error == OnError::Raise || error.is_of_the_machine() {
            batch.fatal.note(slot, error);
            return None;
        }
        let reason = error.reason();
        failures.push(Failure { index, error });
        let key = match on_error {
            OnError::Skip if !batch.leave_out() => return None,
            // Whoever comes last stands in for all.
            OnError::Skip => batch.first,
            _ => index,
        };
        let mut chance = Stream::new(seed, 0, key, Purpose::Replace);
        for _ in 0..REPLACEMENTS {
            let other = chance.below(index.saturating_add(AHEAD));
            match make(other)? {
                Ok(kept) => return Some((other, kept)),
                Err(error) if error.is_of_the_machine() => {
                    batch.fatal.note(slot, error);
                    return None;
                }
                Err(error) => failures.push(Failure {
                    index: other,
                    error,
                }),
            }
        }
        let reason = format!("nor can {REPLACEMENTS} others be made; the error: {reason}");
        batch.fatal.note(slot, of_sample(index, reason));
        None
    }

    /// Closes the memory of a batch in which nothing went wrong that ends the run.
    fn finish(&self, batch: &Assembly, notes: Vec<Note>) -> Result<Batch> {
        let slots = batch.lease.slots();
        let mut indices: Vec<_> = (0..slots as u64)
            .map(|slot| Some(batch.first.wrapping_add(slot)))
            .collect();
        let mut each = Vec::new();
        for Note { slot, made, .. } in notes {
            indices[slot] = made.as_ref().map(|(index, _)| *index);
            each.extend(made.map(|(_, kept)| kept));
        }
        batch.lease.seal(|slot| indices[slot].is_some());
        let indices: Vec<_> = indices.into_iter().flatten().collect();
        let upload = |(gpu, room): (&Gpu, &Room)| gpu.upload(batch.number, room, indices.len());
        let on_device = self.memory.gpu.as_ref().zip(batch.room.as_ref());
        Ok(Batch {
            on_device: on_device.map(upload).transpose()?,
            lease: Arc::clone(&batch.lease),
            columns: Arc::clone(&self.shared.columns),
            each,
            indices,
            after: batch.after,
            failures: Vec::new(),
        })
    }
}

/// An error of a sample that no node is to blame for.
pub(super) fn of_sample(index: u64, reason: String) -> Error {
    Fault::of_graph(reason).into_error(Some(index))
}

fn unlike(program: &Program, index: u64, example: u64, differs: &Differs) -> Error {
    let Differs {
        output,
        found,
        expected,
    } = differs;
    let reason = format!(
        "output {} is {found}, and {expected} in sample {example}: the samples of a batch have one \
         type and shape: resize or crop them, or use ragged=True for a list",
        program.called(*output)
    );
    of_sample(index, reason)
}
