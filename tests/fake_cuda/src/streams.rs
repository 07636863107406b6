//! Streams, and how operations are ordered in and between them.

use std::sync::Arc;

use crate::accesses::{Access, Conflict};
use crate::clocks::{Clock, Epoch};
use crate::codes::{Code, Result};
use crate::graph::{Action, Mark, Operation, Touch};
use crate::reserve;
use crate::state::State;

/// `CU_STREAM_LEGACY`; 0 means the same.
pub(crate) const LEGACY: usize = 1;
/// `CU_STREAM_PER_THREAD`.
pub(crate) const PER_THREAD: usize = 2;

/// A stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// 0 for the default streams.
    pub(crate) handle: usize,
    pub(crate) context: usize,
    kind: Kind,
    /// Whether it was made by `cuStreamCreateWithPriority`.
    pub(crate) is_lane: bool,
    pub(crate) is_alive: bool,
    /// Its last operation.
    pub(crate) last: Option<Mark>,
    /// The operation before its last one.
    pub(crate) last_but_one: Option<Mark>,
    /// Whether its last operation is a wait.
    pub(crate) has_waited: bool,
    /// How many operations it has had.
    time: u64,
}

/// How a stream is ordered with others of its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The legacy default stream, which waits for blocking streams and they for it.
    Legacy,
    Blocking,
    NonBlocking,
}

impl Stream {
    pub(crate) fn new(context: usize, is_blocking: bool, is_lane: bool) -> Self {
        Self {
            handle: reserve::handle(),
            context,
            kind: if is_blocking {
                Kind::Blocking
            } else {
                Kind::NonBlocking
            },
            is_lane,
            is_alive: true,
            last: None,
            last_but_one: None,
            has_waited: false,
            time: 0,
        }
    }

    /// The legacy default stream of a context.
    pub(crate) fn legacy(context: usize) -> Self {
        Self {
            handle: 0,
            kind: Kind::Legacy,
            ..Self::new(context, false, false)
        }
    }

    /// A thread's default stream in a context.
    fn per_thread(context: usize) -> Self {
        Self {
            handle: 0,
            ..Self::new(context, true, false)
        }
    }

    /// Whether it is ordered with the legacy default stream.
    pub(crate) fn is_blocking(&self) -> bool {
        self.kind == Kind::Blocking
    }

    /// Whether it and another stream of its context wait for each other without being told to.
    fn waits_for(&self, other: &Stream) -> bool {
        let kinds = [self.kind, other.kind];
        let is_pair = kinds.contains(&Kind::Legacy) && kinds.contains(&Kind::Blocking);
        is_pair && self.context == other.context
    }
}

impl State {
    /// Adds a stream and returns its index, which is its component in clocks.
    pub(crate) fn add_stream(&mut self, stream: Stream) -> usize {
        let index = self.streams.len();
        if stream.handle != 0 {
            self.stream_handles.insert(stream.handle, index);
        }
        self.streams.push(stream);
        index
    }

    /// The index of the stream with a handle.
    pub(crate) fn stream(&mut self, handle: usize) -> Result<usize> {
        let context = self.context()?;
        match handle {
            0 | LEGACY => Ok(self.contexts[context].legacy),
            PER_THREAD => Ok(self.per_thread_stream(context)),
            _ => {
                let found = self.stream_handles.get(&handle).copied();
                let alive = found.filter(|index| self.streams[*index].is_alive);
                if alive.is_none() {
                    let state = if found.is_some() {
                        "was destroyed"
                    } else {
                        "is not a stream"
                    };
                    self.violate("dead-handle", format!("{handle:#x} {state}"));
                }
                alive.ok_or(Code::INVALID_HANDLE)
            }
        }
    }

    /// As [`Self::stream`], for an operation that runs in the current context.
    pub(crate) fn stream_in_context(&mut self, handle: usize) -> Result<usize> {
        let index = self.stream(handle)?;
        if self.streams[index].context == self.context()? {
            return Ok(index);
        }
        self.violate(
            "misuse",
            "the stream belongs to another context than the current one",
        );
        Err(Code::INVALID_HANDLE)
    }

    fn per_thread_stream(&mut self, context: usize) -> usize {
        if let Some(index) = self.thread().streams.get(&context) {
            return *index;
        }
        let index = self.add_stream(Stream::per_thread(context));
        self.thread().streams.insert(context, index);
        index
    }

    /// Another lane of the same context, if there is one.
    pub(crate) fn other_lane(&self, index: usize) -> Option<usize> {
        let own = &self.streams[index];
        let others = self.streams.iter().enumerate().filter(|(other, stream)| {
            *other != index && stream.is_lane && stream.is_alive && stream.context == own.context
        });
        own.is_lane
            .then(|| others.map(|(other, _)| other).next())
            .flatten()
    }

    /// `cuStreamDestroy`: pending operations still run.
    pub(crate) fn destroy_stream(&mut self, handle: usize) -> Result<()> {
        if handle <= PER_THREAD {
            self.violate("misuse", "a default stream cannot be destroyed");
            return Err(Code::INVALID_HANDLE);
        }
        let index = self.stream(handle)?;
        if self.capture_of(index).is_some() {
            self.violate("capture", "a capturing stream is destroyed");
        }
        self.streams[index].is_alive = false;
        Ok(())
    }

    /// The operations that one enqueued now on a stream comes after.
    fn predecessors(&self, index: usize) -> Vec<Mark> {
        let own = &self.streams[index];
        let others = self.streams.iter().filter(|other| own.waits_for(other));
        let implicit = others.filter_map(|other| other.last.clone());
        own.last.clone().into_iter().chain(implicit).collect()
    }

    /// Enqueues an operation on a stream, after `also` as well; says `None` if a capture took it.
    pub(crate) fn enqueue(
        &mut self,
        index: usize,
        what: &str,
        action: Action,
        touches: &[Touch],
        also: &[Mark],
    ) -> Result<Option<Mark>> {
        if self.capture_takes(index)? {
            self.report.captured += 1;
            return Ok(None);
        }
        let id = self.graph.number();
        let name: Arc<str> = format!("#{id} {what} on {}", self.stream_name(index)).into();
        let before: Vec<Mark> = self
            .predecessors(index)
            .into_iter()
            .chain(also.iter().cloned())
            .collect();
        let mut clock = self.host.clone();
        for mark in &before {
            clock.join(&mark.clock);
        }
        self.streams[index].time += 1;
        let epoch = Epoch {
            component: index,
            time: self.streams[index].time,
        };
        let access = Access {
            epoch,
            name: Arc::clone(&name),
        };
        for touch in touches {
            self.touch(touch, &access, &clock);
        }
        clock.advance(epoch);
        let mark = Mark {
            id,
            clock: Arc::new(clock),
        };
        let after = before.iter().map(|mark| mark.id).collect();
        self.graph.pending.insert(
            id,
            Operation {
                name,
                action,
                after,
                ends: !self.hangs(),
            },
        );
        let stream = &mut self.streams[index];
        stream.last_but_one = stream.last.replace(mark.clone());
        stream.has_waited = false;
        Ok(Some(mark))
    }

    /// Notes an access of an operation and checks that it conflicts with none before.
    fn touch(&mut self, touch: &Touch, access: &Access, clock: &Clock) {
        if let Some(conflict) = self.accesses.conflict(&touch.bytes, touch.is_write, clock) {
            self.violate_race(&access.name, touch.is_write, &conflict);
        }
        self.accesses.record(&touch.bytes, touch.is_write, access);
        if !touch.is_write && !reserve::contains(touch.bytes.start) {
            let bytes = touch.bytes.start as usize..touch.bytes.end as usize;
            if !self.protection.hold(bytes, access.epoch, &access.name) {
                self.violate(
                    "unmapped",
                    format!("{} reads memory that is not mapped", access.name),
                );
            }
        }
    }

    pub(crate) fn violate_race(&mut self, what: &str, is_write: bool, conflict: &Conflict) {
        let verb = |is_write| if is_write { "writes" } else { "reads" };
        let bytes = &conflict.bytes;
        let message = format!(
            "{what} {} {:#x}..{:#x}, which {} {}, and nothing orders the two",
            verb(is_write),
            bytes.start,
            bytes.end,
            conflict.access.name,
            verb(conflict.is_write)
        );
        self.violate("race", message);
    }

    /// The last operations of all that a context's streams have been given.
    pub(crate) fn everything(&self, context: usize) -> Vec<Mark> {
        let streams = self
            .streams
            .iter()
            .filter(|stream| stream.context == context);
        streams.filter_map(|stream| stream.last.clone()).collect()
    }

    fn stream_name(&self, index: usize) -> String {
        let stream = &self.streams[index];
        match (stream.kind == Kind::Legacy, stream.handle) {
            (true, _) => "the legacy default stream".to_owned(),
            (false, 0) => format!("the default stream of a thread ({index})"),
            (false, handle) if stream.is_lane => format!("stream {handle:#x} (lane)"),
            (false, handle) => format!("stream {handle:#x}"),
        }
    }
}
