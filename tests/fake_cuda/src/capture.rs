//! Stream captures: what they take, and the calls that break them.

use crate::call;
use crate::codes::{Code, Result};
use crate::reserve;
use crate::state::State;

/// A capture that is under way.
#[derive(Debug)]
pub(crate) struct Capture {
    number: u64,
    origin: usize,
    /// The streams that take part, by index.
    streams: Vec<usize>,
    mode: u32,
    thread: u64,
    is_invalid: bool,
}

/// `CU_STREAM_CAPTURE_MODE_GLOBAL`.
pub(crate) const GLOBAL: u32 = 0;
/// `CU_STREAM_CAPTURE_MODE_RELAXED`.
pub(crate) const RELAXED: u32 = 2;

/// `CU_STREAM_CAPTURE_STATUS_NONE`, `_ACTIVE` and `_INVALIDATED`.
const NONE: u32 = 0;
const ACTIVE: u32 = 1;
const INVALIDATED: u32 = 2;

impl State {
    /// `cuStreamBeginCapture`.
    pub(crate) fn begin_capture(&mut self, stream: usize, mode: u32) -> Result<()> {
        let index = self.stream(stream)?;
        if mode > RELAXED {
            return Err(Code::INVALID_VALUE);
        }
        if self.streams[index].handle == 0 && !self.streams[index].is_blocking() {
            return Err(Code::STREAM_CAPTURE_UNSUPPORTED);
        }
        if self.capture_of(index).is_some() {
            return Err(Code::ILLEGAL_STATE);
        }
        let number = self.graph.number();
        self.captures.push(Capture {
            number,
            origin: index,
            streams: vec![index],
            mode,
            thread: call::thread(),
            is_invalid: false,
        });
        Ok(())
    }

    /// `cuStreamEndCapture`: the handle of the graph, which cannot be launched.
    pub(crate) fn end_capture(&mut self, stream: usize) -> Result<usize> {
        let index = self.stream(stream)?;
        let number = self.capture_of(index).ok_or(Code::ILLEGAL_STATE)?;
        let at = self
            .captures
            .iter()
            .position(|capture| capture.number == number);
        let at = at.ok_or(Code::ILLEGAL_STATE)?;
        let capture = &self.captures[at];
        if capture.origin != index {
            return Err(Code::STREAM_CAPTURE_UNMATCHED);
        }
        if capture.mode != RELAXED && capture.thread != call::thread() {
            return Err(Code::STREAM_CAPTURE_WRONG_THREAD);
        }
        let capture = self.captures.remove(at);
        if capture.is_invalid {
            return Err(Code::STREAM_CAPTURE_INVALIDATED);
        }
        Ok(reserve::handle())
    }

    /// `cuStreamIsCapturing`.
    pub(crate) fn capture_status(&mut self, stream: usize) -> Result<u32> {
        let index = self.stream(stream)?;
        if self.blocks_capture(index).is_some() {
            return Err(Code::STREAM_CAPTURE_IMPLICIT);
        }
        let capture = self
            .captures
            .iter()
            .find(|capture| capture.streams.contains(&index));
        Ok(match capture {
            None => NONE,
            Some(capture) if capture.is_invalid => INVALIDATED,
            Some(_) => ACTIVE,
        })
    }

    /// The number of the capture that a stream takes part in.
    pub(crate) fn capture_of(&self, index: usize) -> Option<u64> {
        let capture = self
            .captures
            .iter()
            .find(|capture| capture.streams.contains(&index));
        capture.map(|capture| capture.number)
    }

    /// Whether an operation on a stream is captured rather than run.
    pub(crate) fn capture_takes(&mut self, index: usize) -> Result<bool> {
        if let Some(number) = self.blocks_capture(index) {
            self.invalidate(number);
            self.violate(
                "capture",
                "the legacy default stream is used while a blocking stream captures",
            );
            return Err(Code::STREAM_CAPTURE_IMPLICIT);
        }
        let capture = self
            .captures
            .iter()
            .find(|capture| capture.streams.contains(&index));
        match capture {
            None => Ok(false),
            Some(capture) if capture.is_invalid => Err(Code::STREAM_CAPTURE_INVALIDATED),
            Some(_) => Ok(true),
        }
    }

    /// The capture of a blocking stream, if `index` is the legacy default stream beside it.
    fn blocks_capture(&self, index: usize) -> Option<u64> {
        let context = self.streams[index].context;
        if self.contexts[context].legacy != index {
            return None;
        }
        let blocking = |capture: &&Capture| {
            capture.streams.iter().any(|other| {
                self.streams[*other].is_blocking() && self.streams[*other].context == context
            })
        };
        self.captures
            .iter()
            .find(blocking)
            .map(|capture| capture.number)
    }

    /// A stream waits for an event of a capture, and so takes part in it.
    pub(crate) fn join_capture(&mut self, index: usize, number: u64) -> Result<()> {
        if self.capture_of(index).is_some_and(|own| own != number) {
            return Err(Code::STREAM_CAPTURE_MERGE);
        }
        let capture = self
            .captures
            .iter_mut()
            .find(|capture| capture.number == number);
        let Some(capture) = capture else {
            self.violate(
                "capture",
                "the event was last recorded in a capture that has ended",
            );
            return Err(Code::CAPTURED_EVENT);
        };
        if !capture.streams.contains(&index) {
            capture.streams.push(index);
            if capture.thread != call::thread() {
                self.violate("capture", "a stream is drawn into another thread's capture");
            }
        }
        Ok(())
    }

    /// Checks that a capture does not wait for an event outside of it.
    pub(crate) fn check_isolation(&mut self, index: usize) -> Result<()> {
        let Some(number) = self.capture_of(index) else {
            return Ok(());
        };
        self.invalidate(number);
        self.violate(
            "capture",
            "a capturing stream waits for an event outside of its capture",
        );
        Err(Code::STREAM_CAPTURE_ISOLATION)
    }

    /// Checks that no stream of a context captures.
    pub(crate) fn check_no_capture_in(&mut self, context: usize) -> Result<()> {
        let in_context = |capture: &&Capture| {
            capture
                .streams
                .iter()
                .any(|index| self.streams[*index].context == context)
        };
        let broken: Vec<u64> = self
            .captures
            .iter()
            .filter(in_context)
            .map(|c| c.number)
            .collect();
        self.break_captures(&broken)
    }

    /// Checks that a stream does not capture, since the host asks about its work.
    pub(crate) fn check_not_capturing(&mut self, index: usize) -> Result<()> {
        let broken: Vec<u64> = self.capture_of(index).into_iter().collect();
        self.break_captures(&broken)
    }

    /// Checks that the calling thread may make calls that captures cannot see.
    pub(crate) fn check_capture_mode(&mut self) -> Result<()> {
        let mode = self.thread().capture_mode;
        if mode == RELAXED {
            return Ok(());
        }
        let own = call::thread();
        let forbids = |capture: &&Capture| {
            capture.thread == own && capture.mode != RELAXED
                || mode == GLOBAL && capture.mode == GLOBAL
        };
        let broken: Vec<u64> = self
            .captures
            .iter()
            .filter(forbids)
            .map(|c| c.number)
            .collect();
        self.break_captures(&broken)
    }

    fn break_captures(&mut self, numbers: &[u64]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        for number in numbers {
            self.invalidate(*number);
        }
        self.violate(
            "capture",
            "the call breaks a stream capture that is under way",
        );
        Err(Code::STREAM_CAPTURE_UNSUPPORTED)
    }

    pub(crate) fn invalidate(&mut self, number: u64) {
        let capture = self
            .captures
            .iter_mut()
            .find(|capture| capture.number == number);
        if let Some(capture) = capture {
            capture.is_invalid = true;
        }
    }
}
