//! Samples by class, and what can be the number of one.

use std::ops::Range;
use std::sync::Arc;

use crate::error::counted;
use crate::record::Reason;

/// The samples in the order of their classes, in each as the data set has them.
#[derive(Clone, Debug)]
pub struct ByClass {
    /// The places of each class in that order.
    pub ranges: Arc<[Range<u64>]>,
    /// The sample at each place; `None` where samples lie by class anyway, so that places are samples.
    pub samples: Option<Arc<[u64]>>,
}

impl ByClass {
    /// Sorts samples by their `labels`; those that are not below `classes` are of no class.
    pub(super) fn of(labels: &[u32], classes: usize) -> Self {
        let mut ends = vec![0u64; classes];
        for label in labels {
            if let Some(count) = ends.get_mut(*label as usize) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum - *end;
        }
        // Each begins where the one before ends, and is moved on to its own end.
        let mut samples = vec![0; usize::try_from(sum).unwrap_or(usize::MAX)];
        for (sample, label) in (0..).zip(labels) {
            let Some(place) = ends.get_mut(*label as usize) else { continue };
            samples[usize::try_from(*place).unwrap_or(usize::MAX)] = sample;
            *place += 1;
        }
        let starts = [0].into_iter().chain(ends.iter().copied());
        let ranges = starts.zip(&ends).map(|(start, end)| start..*end).collect();
        Self { ranges, samples: Some(samples.into()) }
    }

    /// How many samples each class has.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.ranges.iter().map(|range| range.end - range.start).collect()
    }

    /// The sample at `place`.
    #[must_use]
    pub fn sample(&self, place: u64) -> u64 {
        self.samples.as_ref().map_or(place, |samples| samples[usize::try_from(place).unwrap_or(usize::MAX)])
    }
}

/// In place of the label of a sample that has none, since it is damaged.
pub(super) const NO_LABEL: u32 = u32::MAX;

/// The greatest label there can be: frameworks have class numbers of 32 bits, and would make another class of a greater one.
pub const LARGEST_LABEL: u64 = 0x7fff_ffff;

/// There may be as many classes however few samples there are.
const MANY_CLASSES: usize = 1 << 16;

/// And so many for each sample.
const CLASSES_A_SAMPLE: usize = 16;

/// A label that can be one of so many samples: there is a name for every number below the greatest, so that a number that
/// is something else must not be taken for a label.
pub(super) fn checked(label: usize, samples: usize) -> Result<u32, Reason> {
    let most = MANY_CLASSES.max(samples.saturating_mul(CLASSES_A_SAMPLE));
    let label = u32::try_from(label).ok().filter(|label| (*label as usize) < most);
    label.ok_or_else(|| {
        let samples = counted(samples as u64, "sample");
        Reason(format!("a label of {most} or more for {samples}: classes are numbered from 0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_sorted_by_class_and_stay_in_order() {
        let by_class = ByClass::of(&[2, 0, 2, 2, 0], 4);
        assert_eq!(*by_class.ranges, [0..2, 2..2, 2..5, 5..5]);
        assert_eq!([0, 1, 2, 3, 4].map(|place| by_class.sample(place)), [1, 4, 0, 2, 3]);
        assert!(ByClass::of(&[], 0).ranges.is_empty());
        let by_class = ByClass::of(&[NO_LABEL, 1, 2, 0, NO_LABEL, 1], 2);
        assert_eq!((&*by_class.ranges, by_class.samples.as_deref()), (&[0..1, 1..3][..], Some(&[3, 1, 5][..])));
    }

    #[test]
    fn numbers_that_are_no_labels_are_refused() {
        assert_eq!(checked(5, 1), Ok(5));
        assert_eq!(checked(1_600_000, 1_281_167), Ok(1_600_000));
        assert!(checked(usize::MAX, usize::MAX).is_err() && checked(1_600_000, 20).is_err());
    }
}
