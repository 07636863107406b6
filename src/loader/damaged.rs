//! Samples that were found to be damaged.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for each sample of a dataset, set once it could not be made. Takes no memory before the
/// first one.
#[derive(Debug)]
pub(super) struct Damaged {
    samples: u64,
    words: OnceLock<Box<[AtomicU64]>>,
}

impl Damaged {
    pub(super) fn new(samples: u64) -> Self {
        Self {
            samples,
            words: OnceLock::new(),
        }
    }

    /// Marks a sample; returns whether it was not marked before.
    pub(super) fn mark(&self, sample: u64) -> bool {
        let words = self.words.get_or_init(|| {
            (0..self.samples.div_ceil(64))
                .map(|_| AtomicU64::new(0))
                .collect()
        });
        let bit = 1 << (sample % 64);
        words
            .get(word(sample))
            .is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    /// The first sample in `range` that is not marked.
    pub(super) fn first_other(&self, range: Range<u64>) -> Option<u64> {
        let Some(words) = self.words.get() else {
            return Some(range.start).filter(|_| !range.is_empty());
        };
        let mut sample = range.start;
        while sample < range.end {
            let free = !words.get(word(sample))?.load(Ordering::Relaxed) >> (sample % 64);
            if free != 0 {
                return Some(sample + u64::from(free.trailing_zeros()))
                    .filter(|sample| *sample < range.end);
            }
            sample = (sample / 64 + 1) * 64;
        }
        None
    }
}

fn word(sample: u64) -> usize {
    usize::try_from(sample / 64).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_samples_are_passed_over() {
        let damaged = Damaged::new(200);
        assert_eq!(damaged.first_other(7..200), Some(7));
        assert_eq!(damaged.first_other(7..7), None);
        assert!(
            (0..150)
                .filter(|sample| *sample != 70)
                .all(|sample| damaged.mark(sample))
        );
        assert!(!damaged.mark(3));
        assert_eq!(damaged.first_other(0..200), Some(70));
        assert_eq!(damaged.first_other(0..70), None);
        assert_eq!(damaged.first_other(71..200), Some(150));
        assert_eq!(damaged.first_other(71..150), None);
        assert!((150..200).all(|sample| damaged.mark(sample)));
        assert_eq!(damaged.first_other(71..200), None);
    }
}
