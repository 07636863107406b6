//! Which operation runs when.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use crate::codes::{Code, Result};
use crate::config::Schedule;
use crate::graph::{Action, Mark, Source, Target};
use crate::kernels::Launch;
use crate::state::State;

thread_local! {
    /// The operation that runs, for the handler of faults.
    static RUNNING: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// What the report calls the operation that this thread runs, or ran last.
pub(crate) fn running() -> Option<Arc<str>> {
    RUNNING.with_borrow(Clone::clone)
}

/// A small generator of random numbers (`SplitMix64`).
#[derive(Debug, Default)]
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

impl State {
    /// Runs what the schedule has run at any call.
    pub(crate) fn progress(&mut self) {
        match self.config.schedule {
            Schedule::Lazy => {}
            Schedule::Eager => self.settle(),
            Schedule::Random => {
                if self.random.below(1 << self.pace) == 0 {
                    let steps = 1 + self.random.below(4);
                    for _ in 0..steps {
                        self.run_any();
                    }
                }
            }
        }
    }

    /// Starts with a seed, which also decides how often a random schedule runs something.
    pub(crate) fn seed(&mut self, seed: u64) {
        self.random = Random(seed);
        self.pace = self.random.below(6);
    }

    /// Runs all that is pending.
    pub(crate) fn settle(&mut self) {
        while self.run_any() {}
    }

    /// Has the operations that hang go on.
    pub(crate) fn resume(&mut self) {
        self.config.hangs.clear();
        let pending = self.graph.pending.values_mut();
        pending.for_each(|operation| operation.ends = true);
    }

    /// Has the call wait as long as anything hangs in a context.
    pub(crate) fn check_hang_in(&self, context: usize) -> Result<()> {
        self.check_hang(&self.everything(context))
    }

    fn check_hang(&self, marks: &[Mark]) -> Result<()> {
        let hangs = marks.iter().any(|mark| self.graph.hangs(mark.id));
        (!hangs).then_some(()).ok_or(Code::HANGS)
    }

    /// Runs an operation, which does not hang, and what it needs; a random schedule may run others,
    /// too.
    fn finish(&mut self, id: u64) {
        if self.config.schedule == Schedule::Random {
            while !self.graph.is_done(id) && self.run_any() {}
        }
        while !self.graph.is_done(id) {
            self.run_one_needed(id);
        }
    }

    /// The host asks whether operations are done; each question makes progress.
    pub(crate) fn query(&mut self, marks: &[Mark]) -> Result<()> {
        let next = marks.iter().find(|mark| !self.graph.is_done(mark.id));
        if let Some(next) = next {
            self.run_one_needed(next.id);
            let is_done = marks.iter().all(|mark| self.graph.is_done(mark.id));
            if !is_done || self.config.schedule == Schedule::Lazy {
                return Err(Code::NOT_READY);
            }
        }
        self.host_knows(marks);
        Ok(())
    }

    /// The host waits for operations and so knows that they and all before them are done.
    pub(crate) fn observe(&mut self, marks: &[Mark]) -> Result<()> {
        self.check_hang(marks)?;
        for mark in marks {
            self.finish(mark.id);
        }
        self.host_knows(marks);
        Ok(())
    }

    /// The host has learned that operations are done.
    fn host_knows(&mut self, marks: &[Mark]) {
        for mark in marks {
            self.host.join(&mark.clock);
        }
        self.protection.release(&self.host);
        self.accesses.forget(&self.host);
    }

    fn run_any(&mut self) -> bool {
        let ready = self.graph.ready();
        if ready.is_empty() {
            return false;
        }
        let chosen = ready[self.random.below(ready.len())];
        self.run(chosen);
        true
    }

    fn run_one_needed(&mut self, id: u64) {
        let mut ready = self.graph.needed_for(id);
        let graph = &self.graph;
        ready.retain(|id| {
            graph
                .pending
                .get(id)
                .is_some_and(|next| graph.is_ready(next))
        });
        if ready.is_empty() {
            return; // what is left hangs
        }
        let chosen = ready[self.random.below(ready.len())];
        self.run(chosen);
    }

    fn run(&mut self, id: u64) {
        let Some(operation) = self.graph.pending.remove(&id) else {
            return;
        };
        if self.sticky.is_some() {
            return; // nothing runs on a device that has failed
        }
        self.report.operations += 1;
        RUNNING.set(Some(operation.name));
        match operation.action {
            Action::Nothing => {}
            Action::Copy {
                source,
                target,
                bytes,
            } => self.run_copy(source, target, bytes),
            Action::Fill {
                target,
                value,
                bytes,
            } => {
                if let Some(target) = self.memory.bytes(target, bytes) {
                    target.fill(value);
                }
            }
            Action::Kernel(launch) => self.run_kernel(&launch),
        }
    }

    /// Memory that is gone was reported when it went.
    fn run_copy(&mut self, source: Source, target: Target, bytes: usize) {
        let source = match source {
            Source::Bytes(bytes) => bytes,
            Source::Host(start) => self.read_host(start, bytes),
            Source::Device(start) => self
                .memory
                .bytes(start, bytes)
                .map_or(Vec::new(), |s| s.to_vec()),
        };
        if source.len() != bytes {
            return;
        }
        match target {
            Target::Host(start) => {
                // A copy that reads these bytes and is not ordered with this one was reported.
                self.protection.lift(&(start..start + bytes));
                write_host(start, &source);
            }
            Target::Device(start) => {
                if let Some(target) = self.memory.bytes(start, bytes) {
                    target.copy_from_slice(&source);
                }
            }
        }
    }

    fn run_kernel(&mut self, launch: &Launch) {
        let Some((read, written)) = launch.sizes() else {
            return;
        };
        let source = if crate::reserve::contains(launch.source) {
            self.memory
                .bytes(launch.source, read)
                .map_or(Vec::new(), |s| s.to_vec())
        } else {
            self.read_host(launch.source as usize, read)
        };
        if source.len() != read {
            return;
        }
        if let Some(target) = self.memory.bytes(launch.target, written) {
            target.copy_from_slice(&launch.run(&source));
        }
    }

    /// Bytes of pinned memory; none if it is no longer pinned, and so perhaps no longer there.
    fn read_host(&mut self, start: usize, bytes: usize) -> Vec<u8> {
        if self.is_pinned(start, bytes) {
            read_host(start, bytes)
        } else {
            Vec::new()
        }
    }

    /// The device has failed: nothing runs any more, and every call says so.
    pub(crate) fn fail_asynchronously(&mut self, code: Code) {
        self.sticky = Some(code);
        mem::take(&mut self.graph.pending);
        self.protection.clear();
        self.accesses.clear();
    }
}

/// The bytes at a host address.
pub(crate) fn read_host(start: usize, bytes: usize) -> Vec<u8> {
    // SAFETY: the caller of the driver owns these bytes and leaves them in place until the copy
    // has been observed, which the driver checks as far as it can.
    unsafe { std::slice::from_raw_parts(start as *const u8, bytes) }.to_vec()
}

/// Writes bytes at a host address.
pub(crate) fn write_host(start: usize, bytes: &[u8]) {
    // SAFETY: as for reading.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start as *mut u8, bytes.len()) };
}
