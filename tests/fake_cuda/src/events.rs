//! Events: a record takes a snapshot of a stream, and a wait is for the last record before it.

use crate::codes::{Code, Result};
use crate::graph::{Action, Mark};
use crate::plant::Plant;
use crate::reserve;
use crate::state::State;

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    context: usize,
    pub(crate) is_alive: bool,
    record: Record,
}

/// The last record of an event.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// What must be done before it; nothing if there was none, which counts as complete.
    After(Vec<Mark>),
    /// It was taken by the capture with this number.
    Captured(u64),
}

/// All flags of `cuEventCreate`: blocking wait, no timing, between processes.
const FLAGS: u32 = 7;

impl State {
    /// `cuEventCreate`.
    pub(crate) fn create_event(&mut self, flags: u32) -> Result<usize> {
        let context = self.context()?;
        if flags > FLAGS {
            return Err(Code::INVALID_VALUE);
        }
        let handle = reserve::handle();
        let event = Event {
            context,
            is_alive: true,
            record: Record::After(Vec::new()),
        };
        self.events.insert(handle, event);
        Ok(handle)
    }

    /// `cuEventDestroy`: work that waits for its record still does.
    pub(crate) fn destroy_event(&mut self, handle: usize) -> Result<()> {
        self.event(handle)?;
        if let Some(event) = self.events.get_mut(&handle) {
            event.is_alive = false;
            event.record = Record::After(Vec::new());
        }
        Ok(())
    }

    /// The last record of an event, and the index of its context.
    fn event(&mut self, handle: usize) -> Result<(Record, usize)> {
        let found = self.events.get(&handle);
        if let Some(event) = found.filter(|event| event.is_alive) {
            return Ok((event.record.clone(), event.context));
        }
        let state = if found.is_some() {
            "was destroyed"
        } else {
            "is not an event"
        };
        self.violate("dead-handle", format!("{handle:#x} {state}"));
        Err(Code::INVALID_HANDLE)
    }

    fn set_record(&mut self, handle: usize, record: Record) {
        if let Some(event) = self.events.get_mut(&handle) {
            event.record = record;
        }
    }

    /// `cuEventRecord`.
    pub(crate) fn record(&mut self, handle: usize, stream: usize) -> Result<()> {
        let (_, context) = self.event(handle)?;
        let index = self.stream(stream)?;
        if self.streams[index].context != context {
            self.violate(
                "misuse",
                "the event and the stream belong to different contexts",
            );
            return Err(Code::INVALID_HANDLE);
        }
        let is_lane = self.streams[index].is_lane;
        let [skips, is_early] = if is_lane {
            [Plant::SkipLaneRecord, Plant::RecordBeforeKernel]
        } else {
            [Plant::SkipConsumerRecord, Plant::RecordBeforeUse]
        };
        if self.plants(skips) {
            return Ok(());
        }
        if self.plants(is_early) {
            let before = self.streams[index].last_but_one.clone();
            self.set_record(handle, Record::After(before.into_iter().collect()));
            return Ok(());
        }
        let record =
            match self.enqueue(index, "the record of an event", Action::Nothing, &[], &[])? {
                Some(mark) => Record::After(vec![mark]),
                None => Record::Captured(self.capture_of(index).unwrap_or_default()),
            };
        self.set_record(handle, record);
        Ok(())
    }

    /// `cuCtxRecordEvent`.
    pub(crate) fn record_context(&mut self, context: usize, handle: usize) -> Result<()> {
        let context = self.context_of(context)?;
        let (_, own) = self.event(handle)?;
        if own != context {
            self.violate("misuse", "the event belongs to another context");
            return Err(Code::INVALID_HANDLE);
        }
        self.check_no_capture_in(context)?;
        if self.plants(Plant::SkipContextRecord) {
            return Ok(());
        }
        let before = self.everything(context);
        self.set_record(handle, Record::After(before));
        Ok(())
    }

    /// `cuStreamWaitEvent`.
    pub(crate) fn wait(&mut self, stream: usize, handle: usize) -> Result<()> {
        let index = self.stream(stream)?;
        let (record, _) = self.event(handle)?;
        let is_lane = self.streams[index].is_lane;
        let skipped = if is_lane {
            Plant::SkipReuseWait
        } else {
            Plant::SkipConsumerWait
        };
        let is_second = is_lane && self.streams[index].has_waited;
        if self.plants(skipped) || is_second && self.plants(Plant::SkipSecondWait) {
            return Ok(());
        }
        match record {
            Record::Captured(capture) => self.join_capture(index, capture),
            Record::After(before) if before.is_empty() => Ok(()),
            Record::After(before) => {
                self.check_isolation(index)?;
                self.enqueue(index, "a wait", Action::Nothing, &[], &before)?;
                self.streams[index].has_waited = true;
                Ok(())
            }
        }
    }

    /// `cuEventQuery`.
    pub(crate) fn query_event(&mut self, handle: usize) -> Result<()> {
        let before = self.host_event(handle)?;
        if self.plants(Plant::EventQueryLies) {
            return Ok(());
        }
        self.query(&before)
    }

    /// `cuEventSynchronize`.
    pub(crate) fn synchronize_event(&mut self, handle: usize) -> Result<()> {
        let before = self.host_event(handle)?;
        if !self.plants(Plant::SkipEventSync) {
            self.observe(&before)?;
        }
        Ok(())
    }

    /// The record that the host asks about or waits for.
    fn host_event(&mut self, handle: usize) -> Result<Vec<Mark>> {
        match self.event(handle)?.0 {
            Record::After(before) => Ok(before),
            Record::Captured(capture) => {
                self.violate("capture", "the event was last recorded in a stream capture");
                self.invalidate(capture);
                Err(Code::CAPTURED_EVENT)
            }
        }
    }
}
