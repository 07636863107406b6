//! Samples by class, and which numbers can be labels.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use crate::error::counted;
use crate::file::{quoted, whole_number};

/// The samples in the order of their classes, in each as the dataset has them.
#[derive(Clone, Debug)]
pub struct ByClass {
    /// The places of each class in that order.
    pub ranges: Arc<[Range<u64>]>,
    /// The sample at each place; `None` if the samples are sorted by class, so that places are
    /// samples.
    pub samples: Option<Arc<[u64]>>,
}

impl ByClass {
    /// Sorts samples by their `labels`; those that are not below `classes` are of no class.
    pub(super) fn of(labels: impl Iterator<Item = u32> + Clone, classes: usize) -> Self {
        let mut counts = vec![0; classes];
        for label in labels.clone() {
            if let Some(count) = counts.get_mut(label as usize) {
                *count += 1;
            }
        }
        let mut sorted = Self::sorted(counts);
        let mut places: Vec<u64> = sorted.ranges.iter().map(|range| range.start).collect();
        let all = sorted.ranges.last().map_or(0, |range| range.end);
        let mut samples = vec![0; usize::try_from(all).unwrap_or(usize::MAX)];
        for (sample, label) in (0..).zip(labels) {
            if let Some(place) = places.get_mut(label as usize) {
                samples[usize::try_from(*place).unwrap_or(usize::MAX)] = sample;
                *place += 1;
            }
        }
        sorted.samples = Some(samples.into());
        sorted
    }

    /// Of samples that are sorted by class, with the number of samples in each.
    pub(super) fn sorted(counts: impl IntoIterator<Item = usize>) -> Self {
        let range = |end: &mut u64, count| {
            let start = *end;
            *end += count as u64;
            Some(start..*end)
        };
        Self {
            ranges: counts.into_iter().scan(0, range).collect(),
            samples: None,
        }
    }

    /// How many samples each class has.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.ranges
            .iter()
            .map(|range| range.end - range.start)
            .collect()
    }

    /// The sample at `place`.
    #[must_use]
    pub fn sample(&self, place: u64) -> u64 {
        self.samples.as_ref().map_or(place, |samples| {
            samples[usize::try_from(place).unwrap_or(usize::MAX)]
        })
    }
}

/// The label of a damaged sample.
pub(super) const DAMAGED: u32 = u32::MAX;

/// The greatest label there can be: frameworks have class numbers of 32 bits, and would make
/// another class of a greater one.
pub const LARGEST_LABEL: u64 = 0x7fff_ffff;

/// The label of a record that has none; only with [`Wanted::IfThere`](super::Wanted::IfThere).
pub const NO_LABEL: usize = usize::MAX;

/// There may be as many classes however few samples there are.
const MANY_CLASSES: usize = 1 << 16;

/// And so many for each sample.
const CLASSES_A_SAMPLE: usize = 16;

/// A label that can be one of so many samples: there is a name for every number below the greatest,
/// so that a number that is something else must not be taken for a label.
pub(super) fn checked(label: usize, samples: usize) -> Result<u32, String> {
    checked_cell(label, &label, samples)
}

/// The same of a label that a table has written as `cell`.
pub(super) fn checked_cell(
    label: usize,
    cell: &dyn fmt::Display,
    samples: usize,
) -> Result<u32, String> {
    let most = MANY_CLASSES.max(samples.saturating_mul(CLASSES_A_SAMPLE));
    let found = u32::try_from(label)
        .ok()
        .filter(|label| (*label as usize) < most);
    found.ok_or_else(|| {
        let samples = counted(samples as u64, "sample");
        format!(
            "a label of {most} or more for {samples}, {cell}: classes are numbered from 0, and \
             there is one for every number up to the greatest"
        )
    })
}

/// The labels that the classes of a table are, where all of them are whole numbers; `None` where
/// they are names.
///
/// # Errors
/// The place of a class that is a number and no label (`-1`, `3.5`, `NaN`), where more classes are
/// numbers than are not: as names in order they would all be other labels than meant.
pub(super) fn numbered(classes: &[OsString]) -> Result<Option<Vec<u64>>, (usize, String)> {
    let number = |class: &OsString| whole_number(class.as_bytes());
    let whole: Vec<u64> = classes.iter().filter_map(number).collect();
    if whole.len() == classes.len() {
        return Ok(Some(whole));
    }
    let is_wrong = |class: &&OsString| number(class).is_none() && is_number(class);
    let numbers = whole.len() + classes.iter().filter(|class| is_wrong(class)).count();
    match classes.iter().position(|class| is_wrong(&class)) {
        Some(place) if !whole.is_empty() && 2 * numbers > classes.len() => Err((
            place,
            format!(
                "the class is {}, but other classes are labels (whole numbers, 0 or more): leave \
                 the row out or give it a label of its own; if classes are names, write them as \
                 words",
                quoted(classes[place].as_bytes())
            ),
        )),
        _ => Ok(None),
    }
}

/// Whether a text is a number of any kind, with a point or a comma.
fn is_number(text: &OsStr) -> bool {
    let text = text.to_str().unwrap_or_default();
    text.trim().replace(',', ".").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_sorted_by_class_and_stay_in_order() {
        let by_class = ByClass::of([2, 0, 2, 2, 0].into_iter(), 4);
        assert_eq!(*by_class.ranges, [0..2, 2..2, 2..5, 5..5]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|place| by_class.sample(place)),
            [1, 4, 0, 2, 3]
        );
        assert!(ByClass::of([].into_iter(), 0).ranges.is_empty());
        let by_class = ByClass::of([DAMAGED, 1, 2, 0, DAMAGED, 1].into_iter(), 2);
        assert_eq!(
            (&*by_class.ranges, by_class.samples.as_deref()),
            (&[0..1, 1..3][..], Some(&[3, 1, 5][..]))
        );
    }

    #[test]
    fn a_class_that_is_a_number_and_no_label_made_names_of_all() {
        let numbered =
            |classes: &[&str]| numbered(&classes.iter().map(OsString::from).collect::<Vec<_>>());
        let wrong = |classes: &[&str]| numbered(classes).unwrap_err().0;
        for no_label in ["-1", "+1", "3.5", "3,5", "NaN", "nan", "-1.0", "1e3", "inf"] {
            assert_eq!(wrong(&["0", "2", no_label, "10"]), 2, "{no_label}");
        }
        assert_eq!(wrong(&["-1", "1"]), 0);
        assert_eq!(wrong(&["0", "1", "x", "-1"]), 3);
        assert_eq!(numbered(&["10", "07", "7.0"]), Ok(Some(vec![10, 7, 7])));
        for names in [
            &["01", "x", "1"][..],
            &["cat", "dog", "nan"],
            &["1", "-1", "x", "y"],
            &["0.5", "1.5"],
        ] {
            assert_eq!(numbered(names), Ok(None), "{names:?}");
        }
    }

    #[test]
    fn numbers_that_are_no_labels_are_refused() {
        assert_eq!(checked(5, 1), Ok(5));
        assert_eq!(checked(1_600_000, 1_281_167), Ok(1_600_000));
        assert!(checked(usize::MAX, usize::MAX).is_err() && checked(1_600_000, 20).is_err());
    }
}
