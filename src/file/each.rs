//! The same small job for many files at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::Result;

/// Calls `work` with every number below `count`, on up to `threads` threads; returns what it gave,
/// in order.
///
/// # Errors
/// The one with the lowest number, whichever came first; numbers far beyond it are not tried any
/// more.
pub fn each<T: Send>(
    count: usize,
    threads: usize,
    work: &(dyn Fn(usize) -> Result<T> + Sync),
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(usize::MAX);
    let results = Mutex::new(Vec::with_capacity(count));
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            // Numbers are taken in order, so all below one that failed have been tried, or are
            // being.
            if number >= count || number > failed.load(Ordering::Relaxed) {
                return;
            }
            let result = work(number);
            if result.is_err() {
                failed.fetch_min(number, Ordering::Relaxed);
            }
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((number, result));
        }
    };
    on_threads(threads.min(count), &run);
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs `work` on this thread and on others, `threads` in all, or on as many as can be started.
pub(super) fn on_threads(threads: usize, work: &(dyn Fn() + Sync)) {
    thread::scope(|scope| {
        for _ in 1..threads {
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_are_in_order_and_the_first_error_counts() {
        for threads in [1, 4, 64] {
            let squares = each(100, threads, &|i| Ok(i * i)).unwrap();
            assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
            let fail = |i: usize| {
                if i % 10 == 7 {
                    Err(Error::argument("i", i, "no sevens"))
                } else {
                    Ok(i)
                }
            };
            assert_eq!(
                each(100, threads, &fail).unwrap_err().to_string(),
                "i=7 is not valid: no sevens"
            );
            assert!(each(0, threads, &fail).unwrap().is_empty());
        }
    }
}
