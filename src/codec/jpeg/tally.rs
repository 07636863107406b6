//! Which back end decoded how many pictures, and why.

use std::sync::atomic::{AtomicU64, Ordering};

use super::frame::Handover;

/// Counts, shared by the decoders of all workers.
#[derive(Debug, Default)]
pub struct Tally {
    own: AtomicU64,
    handed_over: [AtomicU64; Handover::ALL.len()],
}

impl Tally {
    /// JPEGs that our own decoder decoded.
    #[must_use]
    pub fn own(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }

    /// JPEGs that were given to libjpeg-turbo, by reason; reasons that never came up are left out.
    #[must_use]
    pub fn handed_over(&self) -> Vec<(&'static str, u64)> {
        let counts = Handover::ALL.iter().zip(&self.handed_over);
        let counts = counts.map(|(why, count)| (why.name(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    pub(super) fn count_own(&self) {
        self.own.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, why: Handover) {
        if let Some(place) = Handover::ALL.iter().position(|other| *other == why) {
            self.handed_over[place].fetch_add(1, Ordering::Relaxed);
        }
    }
}
