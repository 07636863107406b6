//! The stratified split into training and validation.
//!
//! The samples of each class are ranked by a hash of the split's seed, the class and their name in
//! it; the lowest ranks are validation. So the number on each side is exact, and adding or removing
//! a sample moves at most one other: the one of its class whose rank is next to the cut.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::ByClass;
use crate::pixel::words;
use crate::random::{Purpose, Stream, hash_bytes, mix};

/// One side of a stratified split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The rest.
    Train,
    /// The fraction that is held out.
    Validation,
}

words!(Side: "train" Train, "validation" Validation);

/// Which side of a split is wanted.
///
/// Of `n` samples of a class, validation has `n * fraction`, rounded to the nearest whole number
/// and halves up; but neither side of a class of two or more is empty, unless `fraction` is 0 or 1.
/// A class of one is all training. Adding or removing a sample moves at most one other sample of
/// its class to the other side, and none of another class.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// The side.
    pub side: Side,
    /// The share of each class that is validation, in 0..=1.
    pub fraction: f64,
    /// The seed.
    pub seed: u64,
}

/// Decimal shares are not exact in binary: 100 times 0.29 must be 29.
const SLACK: f64 = 1e-9;

/// `count * share + rounding` rounded down: `rounding` is 0 to round down, 0.5 to round to the
/// nearest, halves up.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count, both below 2^52"
)]
pub fn share_of(count: usize, share: f64, rounding: f64) -> usize {
    ((count as f64 * share + rounding + SLACK) as usize).min(count)
}

impl Split {
    /// The rank of a sample, from hashes of its folder and its name there. The class is part of it:
    /// where files are numbered in each class, validation must not get the same numbers in all.
    pub(super) fn key(&self, class: &OsStr, names: [u64; 2]) -> u64 {
        let class = mix(hash_bytes(class.as_bytes()));
        let identity = names.iter().fold(class, |mixed, name| mix(mixed ^ name));
        Stream::new(self.seed, 0, identity, Purpose::Split).next_u64()
    }

    /// Which samples of one class are on the wanted side, given their keys. Ties go to the first.
    pub(super) fn of_class(&self, keys: impl Iterator<Item = u64>) -> Vec<bool> {
        let mut ranked: Vec<(u64, usize)> = keys.zip(0..).collect();
        let held_out = self.held_out(ranked.len());
        let mut wanted = vec![self.side == Side::Train; ranked.len()];
        if held_out < ranked.len() {
            ranked.select_nth_unstable(held_out);
        }
        for (_, place) in &ranked[..held_out] {
            wanted[*place] = self.side == Side::Validation;
        }
        wanted
    }

    /// Which samples are on the wanted side, given their labels and their keys. Those whose label
    /// is not below `classes` are training.
    pub(super) fn of_all(
        &self,
        labels: &[u32],
        classes: usize,
        key: impl Fn(usize) -> u64,
    ) -> Vec<bool> {
        let by_class = ByClass::of(labels.iter().copied(), classes);
        let mut wanted = vec![self.side == Side::Train; labels.len()];
        for range in by_class.ranges.iter() {
            let samples = || {
                range
                    .clone()
                    .map(|place| usize::try_from(by_class.sample(place)).unwrap_or(usize::MAX))
            };
            for (sample, on_side) in samples().zip(self.of_class(samples().map(&key))) {
                wanted[sample] = on_side;
            }
        }
        wanted
    }

    /// How many of `count` samples of a class are validation.
    fn held_out(&self, count: usize) -> usize {
        let share = share_of(count, self.fraction, 0.5);
        match count {
            _ if self.fraction <= 0.0 || self.fraction >= 1.0 => share,
            0 | 1 => 0,
            _ => share.clamp(1, count - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn validation(fraction: f64, seed: u64) -> Split {
        Split {
            side: Side::Validation,
            fraction,
            seed,
        }
    }

    fn counts(fraction: f64, counts: &[usize]) -> Vec<usize> {
        counts
            .iter()
            .map(|count| validation(fraction, 0).held_out(*count))
            .collect()
    }

    /// Which of a class's files are validation.
    fn held_out(split: &Split, class: &str, names: &BTreeSet<u32>) -> BTreeSet<u32> {
        let key = |name: &u32| split.key(OsStr::new(class), [0, hash_bytes(&name.to_le_bytes())]);
        names
            .iter()
            .zip(split.of_class(names.iter().map(key)))
            .filter_map(|(name, held)| held.then_some(*name))
            .collect()
    }

    #[test]
    fn a_share_is_rounded_half_up_and_leaves_no_side_empty() {
        assert_eq!(
            counts(0.2, &[0, 1, 2, 3, 5, 7, 8, 12, 13]),
            [0, 0, 1, 1, 1, 1, 2, 2, 3]
        );
        assert_eq!(counts(0.5, &[1, 2, 3, 5, 7]), [0, 1, 2, 3, 4]);
        assert_eq!(
            counts(0.29, &[50, 100, 150]),
            [15, 29, 44],
            "14.5, 29 and 43.5"
        );
        assert_eq!(counts(0.01, &[1, 2, 40]), [0, 1, 1]);
        assert_eq!(counts(0.99, &[1, 2, 40]), [0, 1, 39]);
        assert_eq!(counts(0.0, &[0, 1, 2, 40]), [0, 0, 0, 0]);
        assert_eq!(counts(1.0, &[0, 1, 2, 40]), [0, 1, 2, 40]);
    }

    #[test]
    fn twenty_classes_of_five_have_one_in_validation_each() {
        let labels: Vec<u32> = (0..100).map(|sample| sample % 20).collect();
        let split = validation(0.2, 0);
        let held = split.of_all(&labels, 20, |sample| {
            split.key(OsStr::new(&labels[sample].to_string()), [0, sample as u64])
        });
        for class in 0..20 {
            assert_eq!(
                labels
                    .iter()
                    .zip(&held)
                    .filter(|(label, held)| **label == class && **held)
                    .count(),
                1
            );
        }
    }

    #[test]
    fn samples_of_one_name_are_told_apart_by_their_place() {
        assert_eq!(
            validation(0.4, 0).of_class([7; 5].into_iter()),
            [true, true, false, false, false]
        );
    }

    proptest! {
        #[test]
        fn sides_are_disjoint_and_cover_everything(
            labels in prop::collection::vec(0u32..5, 0..60), fraction in 0.0..=1.0, seed: u64,
        ) {
            let side = |side| {
                let split = Split { side, fraction, seed };
                let key = |sample| split.key(OsStr::new("a class"), [0, sample as u64]);
                split.of_all(&labels, 5, key)
            };
            for (train, validation) in side(Side::Train).into_iter().zip(side(Side::Validation)) {
                prop_assert_ne!(train, validation);
            }
        }

        #[test]
        fn a_file_that_comes_or_goes_moves_at_most_one_other(
            names: BTreeSet<u32>, new: u32, fraction in 0.0..=1.0, seed: u64,
        ) {
            let split = validation(fraction, seed);
            let mut fewer = names;
            fewer.remove(&new);
            let mut more = fewer.clone();
            more.insert(new);
            let [before, mut after] = [&fewer, &more].map(|names| held_out(&split, "cat", names));
            prop_assert!(after.len() - before.len() <= 1, "{} and {}", before.len(), after.len());
            after.remove(&new);
            prop_assert!(before.symmetric_difference(&after).count() <= 1);
        }

        #[test]
        fn another_class_moves_no_file_of_this_one(
            names: BTreeSet<u32>, others: BTreeSet<u32>, fraction in 0.0..=1.0, seed: u64,
        ) {
            let split = validation(fraction, seed);
            let cats = names.iter().map(|name| (0, *name));
            let all: Vec<(u32, u32)> = others.iter().map(|name| (1, *name)).chain(cats).collect();
            let labels: Vec<u32> = all.iter().map(|(label, _)| *label).collect();
            let held = split.of_all(&labels, 2, |sample| {
                let (label, name) = all[sample];
                let class = OsStr::new(["cat", "dog"][label as usize]);
                split.key(class, [0, hash_bytes(&name.to_le_bytes())])
            });
            let cats = all.iter().zip(held).filter(|((label, _), held)| *label == 0 && *held);
            let cats: BTreeSet<u32> = cats.map(|((_, name), _)| *name).collect();
            prop_assert_eq!(cats, held_out(&split, "cat", &names));
        }

        #[test]
        fn another_seed_is_another_split(seed: u64) {
            let names: BTreeSet<u32> = (0..200).collect();
            let side = |seed| held_out(&validation(0.5, seed), "cat", &names);
            let sides = [seed, seed ^ 1].map(side);
            let common = sides[0].intersection(&sides[1]).count();
            prop_assert!((20..80).contains(&common), "{common} of 100 are in both");
        }
    }
}
