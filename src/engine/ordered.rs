//! Values of a function of an index that are wanted in order, such as what is found in each sample.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Begun, Engine, Job, Next};
use crate::error::Result;
use crate::sync::lock;

/// How long the caller's `watch` may have to wait to be called.
const PATIENCE: Duration = Duration::from_millis(50);

/// Called on the caller's thread with what is done and how much there is, twenty times a second and
/// more; says whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// A [`Watch`] that does nothing, and never stops the work.
pub fn unwatched(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A function of an index.
pub(crate) trait Indexed: Send + Sync + 'static {
    /// What a worker keeps from value to value.
    type Scratch: Send;
    /// What the function gives.
    type Value: Send;

    /// Values that are handed over at once: so many that it costs nothing, and so few that failures
    /// are soon heard of.
    const CHUNK: u64 = 32;

    /// How many values there are.
    fn len(&self) -> u64;

    /// A worker's scratch.
    fn scratch(&self) -> Self::Scratch;

    /// The value at `index`. Once `stop` is set nobody wants it any more.
    fn value(&self, index: u64, scratch: &mut Self::Scratch, stop: &AtomicBool) -> Self::Value;

    /// What stands for a value where the function panicked.
    fn panicked(&self, index: u64, message: String) -> Self::Value;
}

/// The job of computing all values of a function, a chunk at a time.
struct Ordered<F>(F);

/// Values that follow each other, as far as they are known.
struct Chunk<V> {
    first: u64,
    values: Mutex<Vec<Option<V>>>,
}

impl<V> Chunk<V> {
    fn index(&self, slot: usize) -> u64 {
        self.first + slot as u64
    }

    fn put(&self, slot: usize, value: V) {
        lock(&self.values)[slot] = Some(value);
    }
}

impl<F: Indexed> Job for Ordered<F> {
    type Scratch = F::Scratch;
    type Batch = Chunk<F::Value>;
    type Output = Vec<F::Value>;

    fn scratch(&self) -> F::Scratch {
        self.0.scratch()
    }

    fn begin(&self, number: u64) -> Result<Begun<Self::Batch>> {
        let first = number.saturating_mul(F::CHUNK);
        let len = self.0.len().saturating_sub(first).min(F::CHUNK);
        if len == 0 {
            return Ok(Begun::End);
        }
        let slots = usize::try_from(len).unwrap_or(usize::MAX);
        let values = Mutex::new((0..slots).map(|_| None).collect());
        let batch = Chunk { first, values };
        Ok(Begun::Batch { batch, slots })
    }

    fn run(&self, chunk: &Self::Batch, slot: usize, scratch: &mut F::Scratch, stop: &AtomicBool) {
        chunk.put(slot, self.0.value(chunk.index(slot), scratch, stop));
    }

    fn panicked(&self, chunk: &Self::Batch, slot: usize, message: String) {
        chunk.put(slot, self.0.panicked(chunk.index(slot), message));
    }

    fn complete(&self, chunk: &Self::Batch) -> Result<Vec<F::Value>> {
        let values = std::mem::take(&mut *lock(&chunk.values));
        Ok(values.into_iter().flatten().collect())
    }
}

/// Computes all values of `function` on `workers` threads, and gives them to `take` in order;
/// `watch` is told meanwhile how many are done of how many. False if it ended that early.
///
/// # Errors
/// [`crate::error::Error::Threads`] when worker threads cannot be had; the first that `take` gives.
pub(crate) fn in_order<F: Indexed>(
    function: F,
    workers: usize,
    watch: Watch<'_>,
    mut take: impl FnMut(u64, F::Value) -> Result<()>,
) -> Result<bool> {
    let (mut done, len) = (0, function.len());
    let engine = Engine::start(Ordered(function), workers, 2 * workers.max(1))?;
    while watch(done, len).is_continue() {
        match engine.next(PATIENCE)? {
            Next::TimedOut => {}
            Next::End => return Ok(true),
            Next::Batch(values) => {
                for value in values {
                    take(done, value)?;
                    done += 1;
                }
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// Numbers, one of which panics.
    struct Numbers;

    impl Indexed for Numbers {
        type Scratch = u64;
        type Value = Result<u64>;

        fn len(&self) -> u64 {
            1000
        }

        fn scratch(&self) -> u64 {
            0
        }

        fn value(&self, index: u64, made: &mut u64, _: &AtomicBool) -> Result<u64> {
            assert!(index != 700, "told to panic");
            *made += 1;
            Ok(index)
        }

        fn panicked(&self, index: u64, message: String) -> Result<u64> {
            Err(Error::argument("index", index, message))
        }
    }

    #[test]
    fn values_come_in_order_up_to_the_first_failure() {
        for workers in [1, 4] {
            let mut taken = Vec::new();
            let result = in_order(Numbers, workers, &mut unwatched, |index, value| {
                assert_eq!(value?, index);
                taken.push(index);
                Ok(())
            });
            let error = result.unwrap_err().to_string();
            assert_eq!(error, "index=700 is not valid: told to panic");
            assert_eq!(taken, (0..700).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whoever_watches_may_end_it() {
        let mut watch = |done, len| {
            assert_eq!(len, 1000);
            if done < 100 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let mut taken = 0;
        let whole = in_order(Numbers, 2, &mut watch, |_, _| {
            taken += 1;
            Ok(())
        });
        assert!(!whole.unwrap());
        assert!((100..700).contains(&taken), "{taken}");
    }
}
