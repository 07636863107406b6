//! The same work for many files at once, on rayon's threads.
//!
//! The pool belongs to the call: one that is kept would have no threads in a fork, and to start and
//! end sixteen threads takes a quarter of a millisecond. What has a consumer who waits for it, or
//! keeps memory from one piece of work to the next, is a job for [`crate::engine`] instead.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Result;

/// Calls `work` with every number below `count`, on up to `threads` threads; returns what it gave,
/// in order.
///
/// # Errors
/// The one with the lowest number, whichever came first; numbers beyond it are not tried any more.
pub fn each<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let failed = AtomicUsize::new(usize::MAX);
    let attempt = |number| {
        if number > failed.load(Ordering::Relaxed) {
            return None;
        }
        let result = work(number);
        if result.is_err() {
            failed.fetch_min(number, Ordering::Relaxed);
        }
        Some(result)
    };
    let results: Option<Vec<Option<Result<T>>>> = in_pool(threads.min(count), |pool| {
        // Files differ, so every thread takes them one by one.
        let numbers = (0..count).into_par_iter().with_max_len(1);
        pool.install(|| numbers.map(attempt).collect())
    });
    match results {
        Some(results) => results.into_iter().flatten().collect(),
        None => (0..count).map(work).collect(),
    }
}

/// Calls `work` with a pool of `threads` threads, which end before this returns; `None` where one
/// thread is enough, or no others can be had.
pub(super) fn in_pool<R>(threads: usize, work: impl FnOnce(&ThreadPool) -> R) -> Option<R> {
    if threads < 2 {
        return None;
    }
    let mut started = Vec::new();
    let builder = ThreadPoolBuilder::new().num_threads(threads);
    let pool = builder.spawn_handler(|thread| {
        let name = format!("imagepipe-{}", thread.index());
        started.push(thread::Builder::new().name(name).spawn(|| thread.run())?);
        Ok(())
    });
    // The pool stops when it is dropped; a fork must not find its threads on their way out.
    let result = pool.build().ok().map(|pool| work(&pool));
    for thread in started {
        // A panic has gone to whoever asked for the work.
        let _ = thread.join();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_are_in_order_and_the_first_error_counts() {
        for threads in [1, 4, 64] {
            let squares = each(100, threads, |i| Ok(i * i)).unwrap();
            assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
            let fail = |i: usize| {
                if i % 10 == 7 {
                    Err(Error::argument("i", i, "no sevens"))
                } else {
                    Ok(i)
                }
            };
            assert_eq!(
                each(100, threads, fail).unwrap_err().to_string(),
                "i=7 is not valid: no sevens"
            );
            assert!(each(0, threads, fail).unwrap().is_empty());
        }
    }
}
