//! How many files maps keep open, of all that the process may have.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Resource, getrlimit};

/// How many maps may keep their files open, at most.
pub(super) const MOST_KEPT: u64 = 256;

/// What part of the files that this process may open maps may keep, at most.
const SHARE: u64 = 4;

/// How many do.
static KEPT: AtomicU64 = AtomicU64::new(0);

/// A file that is kept open.
#[derive(Debug)]
pub(super) struct Kept(pub(super) File);

impl Kept {
    /// Keeps a file open, if not too many are.
    pub(super) fn of(file: File) -> Option<Self> {
        // The limit can be changed while the process runs.
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = MOST_KEPT.min(limit / SHARE);
        let free = KEPT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| {
            (kept < most).then_some(kept + 1)
        });
        free.is_ok().then(|| Self(file))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
pub(super) fn kept_now() -> u64 {
    KEPT.load(Ordering::Relaxed)
}
