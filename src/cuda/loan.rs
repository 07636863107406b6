//! Device buffers in the hands of batches and consumers.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::api;
use super::buffer::{Buffer, Pending};
use super::context::Context;
use super::driver::Failed;
use super::memory::Memory;
use super::pool::Pool;
use super::stream::{Event, Stream, StreamHandle};
use crate::error::{Error, Result};
use crate::sync::lock;
use crate::tensor::{Allocator, Host};

/// A buffer on loan; it comes back when the last holder lets go.
pub struct Loan {
    pool: Arc<Pool>,
    memory: Option<Memory>,
    /// What its next writer must wait for.
    before: Mutex<Vec<Pending>>,
    ready: OnceLock<Arc<Event>>,
    /// What consumers do with it.
    uses: Mutex<Vec<Pending>>,
    delivered: OnceLock<()>,
}

/// A consumer's hold on a buffer.
#[derive(Debug)]
pub struct Use {
    loan: Arc<Loan>,
    /// The stream that the consumer works on, and the event that will mark its end there.
    stream: Option<(StreamHandle, Arc<Event>)>,
}

/// Who gets an array, which says when its memory may be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// Works on the stream of this number (1: the legacy default stream, 2: the thread's own),
    /// which is made to wait for the array.
    Stream {
        /// `CUstream` as a number.
        number: u64,
        /// Whether the stream lives at least as long as the consumer holds the array; if it is
        /// captured into a graph when the consumer lets go, as long as the loader. All work on the
        /// array must then be on it, or joined with it.
        lasts: bool,
    },
    /// Reads at once: the host waits for the array.
    Now,
    /// Sees to the order itself.
    Unordered,
}

/// Work that the host waits for, a while at a time.
#[derive(Debug)]
pub struct Wait(Option<Arc<Event>>);

/// How often a device is asked whether work is done.
const SHORTEST: Duration = Duration::from_micros(10);
const LONGEST: Duration = Duration::from_micros(200);

impl Wait {
    /// Whether the work is done; waits for that, at most `patience`.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn is_over(&self, patience: Duration) -> Result<bool> {
        let Some(end) = &self.0 else {
            return Ok(true);
        };
        let (mut waited, mut pause) = (Duration::ZERO, SHORTEST);
        while !end.has_passed()? {
            if waited >= patience {
                return Ok(false);
            }
            thread::sleep(pause);
            waited += pause;
            pause = LONGEST.min(2 * pause);
        }
        Ok(true)
    }
}

impl Loan {
    pub(super) fn new(pool: Arc<Pool>, buffer: Buffer) -> Self {
        Self {
            pool,
            memory: Some(buffer.memory),
            before: Mutex::new(buffer.pending),
            ready: OnceLock::new(),
            uses: Mutex::default(),
            delivered: OnceLock::new(),
        }
    }

    pub(super) fn memory(&self) -> &Memory {
        let memory = self.memory.as_ref();
        memory.expect("the memory is taken out in drop only")
    }

    /// The context of its memory.
    #[must_use]
    pub fn context(&self) -> &Arc<Context> {
        self.pool.context()
    }

    /// Address of its first byte on the device.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.memory().address()
    }

    /// Has what is enqueued on `stream` from now on wait until it may be written.
    pub(super) fn order_after_uses(&self, stream: StreamHandle) -> Result<(), Failed> {
        let mut before = lock(&self.before);
        for pending in &*before {
            if let Pending::Until(event) = pending {
                stream.wait_for(event)?;
            }
        }
        before.clear();
        Ok(())
    }

    /// Notes that it is written once `event` has passed.
    pub(super) fn written_by(&self, event: Arc<Event>) {
        let _ = self.ready.set(event);
    }

    /// Notes that a consumer has taken its batch.
    pub fn deliver(&self) {
        if self.delivered.set(()).is_ok() {
            self.pool.note_delivery();
        }
    }

    /// Hands the memory to a consumer, in order with what the consumer does next.
    ///
    /// # Errors
    /// [`Error::Captured`] for a stream that is captured into a graph; [`Error::Device`] when the
    /// driver fails.
    pub fn hand_to(self: &Arc<Self>, consumer: Consumer) -> Result<Use> {
        let mut stream = None;
        match consumer {
            Consumer::Stream { number, lasts } => {
                let handle = StreamHandle::of_number(number);
                self.bring_in_order(handle)?;
                // On the thread that lets go, the number may mean another stream.
                if lasts && number != api::PER_THREAD_STREAM {
                    stream = Some((handle, Arc::new(Event::new(self.context())?)));
                }
            }
            Consumer::Now => self.wait()?,
            Consumer::Unordered => {}
        }
        Ok(Use {
            loan: Arc::clone(self),
            stream,
        })
    }

    /// Has what is enqueued on a stream from now on wait until it is written.
    fn bring_in_order(&self, stream: StreamHandle) -> Result<()> {
        if stream.is_capturing(self.context())? {
            return Err(Error::Captured);
        }
        if let Some(ready) = self.ready.get() {
            stream.wait_for(ready)?;
        }
        Ok(())
    }

    /// When it is written, and the stream of this number, if any, has done what it was asked to so
    /// far. Whoever waits for this first is held up by [`Loan::to_host`], or by
    /// [`Loan::hand_to`] with [`Consumer::Now`], no longer than a copy takes.
    ///
    /// # Errors
    /// As [`Loan::hand_to`].
    pub fn end_on(&self, stream: Option<u64>) -> Result<Wait> {
        let Some(number) = stream else {
            return Ok(Wait(self.ready.get().cloned()));
        };
        let handle = StreamHandle::of_number(number);
        self.bring_in_order(handle)?;
        let end = Event::new(self.context())?;
        end.record(handle)?;
        Ok(Wait(Some(Arc::new(end))))
    }

    /// Waits until it is written.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn wait(&self) -> Result<()> {
        match self.ready.get() {
            Some(ready) => Ok(ready.wait()?),
            None => Ok(()),
        }
    }

    /// A copy of `len` bytes from `offset` on in the host's memory, after what the stream of this
    /// number, if any, does with them.
    ///
    /// # Errors
    /// As [`Loan::hand_to`], and [`Error::Memory`] where there is no room on the host.
    ///
    /// # Panics
    /// If the buffer has no such bytes.
    pub fn to_host(
        &self,
        offset: usize,
        len: usize,
        stream: Option<u64>,
    ) -> Result<crate::tensor::Buffer> {
        assert!(
            offset + len <= self.memory().len(),
            "a copy from beyond the end"
        );
        let context = self.context();
        let (handle, _own) = if let Some(number) = stream {
            (StreamHandle::of_number(number), None)
        } else {
            let own = Stream::new(context)?;
            (own.handle(), Some(own))
        };
        self.bring_in_order(handle)?;
        let target = Host.allocate(len)?;
        let source = self.address() + offset as u64;
        // SAFETY: both have that many bytes, and the copy is waited for.
        unsafe { handle.copy_to_host(context, target.as_ptr(), source, len) }?;
        if let Err(failed) = handle.synchronize(context) {
            // The copy may still be under way.
            self.used_by_unknown();
            std::mem::forget(target);
            return Err(failed.into());
        }
        Ok(target)
    }

    /// Notes that something may be using it of which nobody can tell when it is done.
    pub(super) fn used_by_unknown(&self) {
        self.note(Pending::Unknown);
    }

    fn note(&self, pending: Pending) {
        lock(&self.uses).push(pending);
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan")
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl Drop for Loan {
    /// Makes no call to the driver: the last holder may be a thread of its own.
    fn drop(&mut self) {
        let Some(memory) = self.memory.take() else {
            return;
        };
        if !self.context().driver.is_at_home() {
            std::mem::forget(memory);
            return;
        }
        let ready = self.ready.take().map(Pending::Until);
        let mut pending = std::mem::take(&mut *lock(&self.before));
        pending.extend(ready);
        pending.append(&mut lock(&self.uses));
        let buffer = Buffer { memory, pending };
        self.pool.give_back(buffer, self.delivered.get().is_some());
    }
}

impl Use {
    /// Marks the end of the consumer's work on its stream, if that can be done.
    fn mark(&self) -> Pending {
        let Some((stream, event)) = &self.stream else {
            return Pending::Unknown;
        };
        match stream.is_capturing(self.loan.context()) {
            // Recorded into a graph, the event would mark nothing.
            Ok(true) => Pending::BeforeCapture(*stream, Arc::clone(event)),
            Ok(false) if event.record(*stream).is_ok() => Pending::Until(Arc::clone(event)),
            _ => Pending::Unknown,
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if self.loan.context().driver.is_at_home() {
            self.loan.note(self.mark());
        }
    }
}
