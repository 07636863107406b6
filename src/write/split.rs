//! The stratified split: per class so many to validation, so many to test, the rest to training,
//! chosen by seed.

use super::source::Source;
use crate::dataset::share_of;
use crate::random::{Permutation, hash_bytes, mix};

/// The sides, in the order in which they are written.
pub(super) const SIDES: [&str; 3] = ["train", "validation", "test"];

/// What share of each class goes where; the rest is for training.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    pub(super) validation: f64,
    pub(super) test: f64,
}

impl Shares {
    /// How many of `count` samples of a class go to each side: `floor(n * size)` to validation and
    /// test. Where nothing is meant for training, what the rounding leaves goes to test.
    fn of(self, count: usize) -> [usize; 3] {
        let [validation, test] =
            [self.validation, self.test].map(|share| share_of(count, share, 0.0));
        let train = count.saturating_sub(validation + test);
        let nothing_left = share_of(1, self.validation + self.test, 0.0) == 1;
        if nothing_left {
            return [0, validation, count - validation];
        }
        [train, validation, test]
    }
}

/// The records of each side. A class's samples are dealt by the seed and the class's name; then
/// each side is shuffled as a whole, so that its shards hold all classes.
pub(super) fn split(source: &Source, shares: Shares, seed: u64) -> [Vec<usize>; 3] {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); source.classes.len()];
    for (place, entry) in source.entries.iter().enumerate() {
        members[entry.class as usize].push(place);
    }
    let mut sides = [const { Vec::new() }; 3];
    for (class, members) in source.classes.iter().zip(members) {
        let order = Permutation::new(
            mix(seed ^ hash_bytes(class.name.as_bytes())),
            0,
            members.len() as u64,
        );
        let mut dealt = (0..members.len()).map(|place| members[place_of(&order, place)]);
        let [_, validation, test] = shares.of(members.len());
        sides[1].extend(dealt.by_ref().take(validation));
        sides[2].extend(dealt.by_ref().take(test));
        sides[0].extend(dealt);
    }
    sides.map(|side| shuffled(&side, seed))
}

/// A seeded order of all that is in a list.
pub(super) fn shuffled(list: &[usize], seed: u64) -> Vec<usize> {
    let order = Permutation::new(seed, 0, list.len() as u64);
    (0..list.len())
        .map(|place| list[place_of(&order, place)])
        .collect()
}

fn place_of(order: &Permutation, place: usize) -> usize {
    usize::try_from(order.at(place as u64)).unwrap_or(usize::MAX)
}

/// How many records each of `shards` shards has: sizes that differ by one at most, and no empty
/// shard.
pub(super) fn even(records: usize, shards: usize) -> Vec<usize> {
    let shards = shards.min(records);
    (0..shards)
        .map(|shard| records / shards + usize::from(shard < records % shards))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::{Class, Entry};
    use super::*;
    use proptest::prelude::*;

    fn source(counts: &[usize]) -> Source {
        let entries = counts.iter().zip(0..).flat_map(|(count, class)| {
            (0..*count).map(move |number| Entry {
                name: format!("{class}/{number}").as_bytes().into(),
                class,
                line: 0,
            })
        });
        let classes = (0..counts.len()).map(|class| Class {
            name: format!("class {class}"),
            label: class as u64,
        });
        Source {
            root: "".into(),
            entries: entries.collect(),
            classes: classes.collect(),
            listing: None,
            notes: Vec::new(),
        }
    }

    fn counts(source: &Source, side: &[usize]) -> Vec<usize> {
        let of = |class: usize| {
            side.iter()
                .filter(|place| source.entries[**place].class as usize == class)
                .count()
        };
        (0..source.classes.len()).map(of).collect()
    }

    #[test]
    fn shares_are_rounded_down_per_class() {
        let source = source(&[1, 2, 10, 100, 7]);
        let sides = split(
            &source,
            Shares {
                validation: 0.29,
                test: 0.1,
            },
            3,
        );
        assert_eq!(counts(&source, &sides[1]), [0, 0, 2, 29, 2]);
        assert_eq!(counts(&source, &sides[2]), [0, 0, 1, 10, 0]);
        assert_eq!(counts(&source, &sides[0]), [1, 2, 7, 61, 5]);
    }

    /// The original moves the one training sample that is left of a class to test, whatever the
    /// shares are.
    #[test]
    fn a_lone_training_sample_stays() {
        let source = source(&[1, 2]);
        assert_eq!(
            counts(
                &source,
                &split(
                    &source,
                    Shares {
                        validation: 0.0,
                        test: 0.0
                    },
                    0
                )[0]
            ),
            [1, 2]
        );
        assert_eq!(
            counts(
                &source,
                &split(
                    &source,
                    Shares {
                        validation: 0.5,
                        test: 0.0
                    },
                    0
                )[0]
            ),
            [1, 1]
        );
    }

    #[test]
    fn nothing_is_left_for_training_where_the_shares_are_all() {
        let source = source(&[1, 99, 10]);
        let sides = split(
            &source,
            Shares {
                validation: 0.1,
                test: 0.9,
            },
            0,
        );
        assert_eq!(counts(&source, &sides[0]), [0, 0, 0]);
        assert_eq!(counts(&source, &sides[1]), [0, 9, 1]);
        assert_eq!(counts(&source, &sides[2]), [1, 90, 9]);
    }

    #[test]
    fn another_class_moves_no_sample_of_this_one() {
        let shares = Shares {
            validation: 0.3,
            test: 0.3,
        };
        let sides = |counts: &[usize]| {
            split(&source(counts), shares, 5).map(|mut side| {
                side.retain(|place| *place < 20);
                side.sort_unstable();
                side
            })
        };
        assert_eq!(sides(&[20]), sides(&[20, 30]));
    }

    proptest! {
        #[test]
        fn sides_are_disjoint_and_complete(
            counts in prop::collection::vec(0usize..40, 1..6), parts in 0u32..=10, seed: u64, tenth in 0u32..=10,
        ) {
            let source = source(&counts);
            let shares = Shares {
                validation: f64::from(parts.min(tenth)) / 10.0,
                test: f64::from(10 - parts.max(tenth)) / 10.0,
            };
            let sides = split(&source, shares, seed);
            prop_assert_eq!(&split(&source, shares, seed), &sides);
            let mut all = sides.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..source.entries.len()).collect::<Vec<_>>());
        }

        #[test]
        fn shards_are_even_and_never_empty(records in 0usize..1000, shards in 1usize..100) {
            let sizes = even(records, shards);
            prop_assert_eq!(sizes.iter().sum::<usize>(), records);
            prop_assert_eq!(sizes.len(), shards.min(records));
            if let (Some(most), Some(least)) = (sizes.iter().max(), sizes.iter().min()) {
                prop_assert!(most - least <= 1 && *least > 0);
            }
        }
    }
}
