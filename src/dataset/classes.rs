//! Samples by class.

use std::ffi::OsString;
use std::ops::Range;
use std::sync::Arc;

/// The samples in the order of their classes, in each as the data set has them.
#[derive(Clone, Debug)]
pub struct ByClass {
    /// The places of each class in that order.
    pub ranges: Arc<[Range<u64>]>,
    /// The sample at each place; `None` where samples lie by class anyway, so that places are samples.
    pub samples: Option<Arc<[u64]>>,
}

impl ByClass {
    /// Sorts samples by their `labels`, which are below `classes`.
    pub(super) fn of(labels: &[u32], classes: usize) -> Self {
        let mut ends = vec![0u64; classes];
        for label in labels {
            ends[*label as usize] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum - *end;
        }
        // Each begins where the one before ends, and is moved on to its own end.
        let mut samples = vec![0; labels.len()];
        for (sample, label) in (0..).zip(labels) {
            let place = &mut ends[*label as usize];
            samples[usize::try_from(*place).unwrap_or(usize::MAX)] = sample;
            *place += 1;
        }
        let starts = [0].into_iter().chain(ends.iter().copied());
        let ranges = starts.zip(&ends).map(|(start, end)| start..*end).collect();
        Self { ranges, samples: Some(samples.into()) }
    }

    /// The sample at `place`.
    #[must_use]
    pub fn sample(&self, place: u64) -> u64 {
        self.samples.as_ref().map_or(place, |samples| samples[usize::try_from(place).unwrap_or(usize::MAX)])
    }
}

/// Sorts names of classes: by value where all are whole numbers, so that 0, 1, 2 … are the labels themselves; otherwise by
/// bytes.
pub(super) fn sort_names(names: &mut [OsString]) {
    if names.iter().all(|name| value(name).is_some()) {
        names.sort_unstable_by(|a, b| value(a).cmp(&value(b)).then_with(|| a.cmp(b)));
    } else {
        names.sort_unstable();
    }
}

/// The value of a name that is a whole number.
fn value(name: &OsString) -> Option<u64> {
    let text = name.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
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
    }

    #[test]
    fn numbers_are_sorted_by_value() {
        let sorted = |names: &[&str]| {
            let mut names: Vec<OsString> = names.iter().map(OsString::from).collect();
            sort_names(&mut names);
            names.join("".as_ref())
        };
        assert_eq!(sorted(&["10", "9", "0", "1"]), "01910");
        assert_eq!(sorted(&["10", "9", "x"]), "109x");
        assert_eq!(sorted(&["-1", "1", "0"]), "-101");
    }
}
