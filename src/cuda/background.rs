//! Driver calls that may wait for a device, made in the background.
//!
//! Freeing memory and synchronizing a context block until the device has finished its work, which
//! may be never. So neither a worker, which is joined when its loader ends, nor a thread of the
//! program makes such a call: a thread of our own makes them one after the other, and others wait
//! for it only briefly.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::driver::Driver;
use crate::sync::lock;

/// How long a thread waits for a call: longer than a device in use takes as a rule.
const PATIENCE: Duration = Duration::from_secs(1);

type Work = Box<dyn FnOnce() + Send>;

/// What is to be done, in order.
struct Queue {
    waiting: VecDeque<Work>,
    added: u64,
    done: u64,
    has_thread: bool,
    /// Whether nothing has been done since somebody waited in vain.
    is_stuck: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    waiting: VecDeque::new(),
    added: 0,
    done: 0,
    has_thread: false,
    is_stuck: false,
});

/// Told when something is done, or nobody is to wait.
static CHANGED: Condvar = Condvar::new();

/// Something that is done in the background.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    driver: &'static Driver,
    number: u64,
}

/// Has `work` done. Where no call can be made any more nothing happens, not even to what it holds.
pub(super) fn start(driver: &'static Driver, work: impl FnOnce() + Send + 'static) -> Ticket {
    if driver.begin_calls().is_err() {
        std::mem::forget(work);
        return Ticket { driver, number: 0 };
    }
    let mut queue = lock(&QUEUE);
    queue.added += 1;
    let number = queue.added;
    queue.waiting.push_back(Box::new(work));
    if !queue.has_thread {
        queue.has_thread = true;
        drop(queue);
        let thread = thread::Builder::new().name("cuda-background".to_owned());
        if thread.spawn(work_off).is_err() {
            work_off();
        }
    }
    Ticket { driver, number }
}

/// Whether something is still to be done, such as to free memory.
pub(super) fn is_busy() -> bool {
    let queue = lock(&QUEUE);
    queue.done < queue.added
}

impl Ticket {
    /// Whether it is done; waits for that, but only a moment, and not at all behind a call that
    /// others have waited for in vain.
    pub(super) fn wait(self) -> bool {
        if self.number == 0 || !self.driver.is_at_home() {
            return false;
        }
        let is_open = |queue: &mut Queue| queue.done < self.number && !queue.is_stuck;
        let (mut queue, waited) = CHANGED
            .wait_timeout_while(lock(&QUEUE), PATIENCE, is_open)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            queue.is_stuck = true;
            CHANGED.notify_all();
        }
        queue.done >= self.number
    }
}

/// Does what is waiting, until there is nothing.
fn work_off() {
    while let Some(work) = next() {
        // Calls of the driver do not panic; if one did, others would still have to be made.
        let _ = catch_unwind(AssertUnwindSafe(work));
        let mut queue = lock(&QUEUE);
        queue.done += 1;
        queue.is_stuck = false;
        CHANGED.notify_all();
    }
}

fn next() -> Option<Work> {
    let mut queue = lock(&QUEUE);
    let next = queue.waiting.pop_front();
    queue.has_thread = next.is_some();
    next
}
