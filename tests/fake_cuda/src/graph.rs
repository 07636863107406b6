//! Operations that were enqueued and have not run.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::clocks::Clock;
use crate::kernels::Launch;

/// What an operation does when it runs.
#[derive(Debug)]
pub(crate) enum Action {
    /// Nothing: an event's record, or a wait.
    Nothing,
    Copy {
        source: Source,
        target: Target,
        bytes: usize,
    },
    Fill {
        target: u64,
        value: u8,
        bytes: usize,
    },
    Kernel(Launch),
}

/// Where a copy reads.
#[derive(Debug)]
pub(crate) enum Source {
    Device(u64),
    /// Pinned memory, read when the copy runs.
    Host(usize),
    /// Pageable memory, as it was when the copy was enqueued.
    Bytes(Vec<u8>),
}

/// Where a copy writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Device(u64),
    Host(usize),
}

/// Bytes that an operation accesses.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) bytes: Range<u64>,
    pub(crate) is_write: bool,
}

impl Touch {
    pub(crate) fn new(start: u64, bytes: usize, is_write: bool) -> Self {
        Self {
            bytes: start..start + bytes as u64,
            is_write,
        }
    }
}

/// An operation, and what is ordered before it or is the operation itself.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) id: u64,
    pub(crate) clock: Arc<Clock>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: Arc<str>,
    pub(crate) action: Action,
    /// Operations that must have run before.
    pub(crate) after: Vec<u64>,
    /// Whether it ends once it may run.
    pub(crate) ends: bool,
}

/// The operations that have not run, by number; an operation's predecessors have lower numbers.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) pending: BTreeMap<u64, Operation>,
    last: u64,
}

impl Graph {
    /// The number of a new operation.
    pub(crate) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn is_done(&self, id: u64) -> bool {
        !self.pending.contains_key(&id)
    }

    /// The operations that may run to their end now, in the order of their numbers.
    pub(crate) fn ready(&self) -> Vec<u64> {
        let ready = self
            .pending
            .iter()
            .filter(|(_, operation)| self.is_ready(operation));
        ready.map(|(id, _)| *id).collect()
    }

    /// An operation and what must run before it, as far as it has not, in the order of numbers.
    pub(crate) fn needed_for(&self, id: u64) -> Vec<u64> {
        let mut needed = std::collections::BTreeSet::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            if let Some(operation) = self.pending.get(&next)
                && needed.insert(next)
            {
                open.extend(&operation.after);
            }
        }
        needed.into_iter().collect()
    }

    /// Whether an operation does not end, or comes after one that does not.
    pub(crate) fn hangs(&self, id: u64) -> bool {
        let mut needed = self.needed_for(id).into_iter();
        needed.any(|id| self.pending.get(&id).is_some_and(|next| !next.ends))
    }

    /// Whether anything hangs.
    pub(crate) fn is_stuck(&self) -> bool {
        self.pending.values().any(|operation| !operation.ends)
    }

    pub(crate) fn is_ready(&self, operation: &Operation) -> bool {
        operation.ends && operation.after.iter().all(|id| self.is_done(*id))
    }
}
