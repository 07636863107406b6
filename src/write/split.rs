//! The stratified split: per class so many to validation, so many to test, the rest to training,
//! chosen by seed.

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

/// The records of each side, given the name of each class and its records. Those are dealt by the
/// seed and the name; then each side is shuffled as a whole, so that its shards hold all classes.
pub(super) fn split<'a>(
    classes: impl IntoIterator<Item = (&'a str, Vec<usize>)>,
    shares: Shares,
    seed: u64,
) -> [Vec<usize>; 3] {
    let mut sides = [const { Vec::new() }; 3];
    for (name, members) in classes {
        let seed = mix(seed ^ hash_bytes(name.as_bytes()));
        let order = Permutation::new(seed, 0, members.len() as u64);
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
    use super::*;
    use proptest::prelude::*;

    fn sides(counts: &[usize], validation: f64, test: f64, seed: u64) -> [Vec<usize>; 3] {
        let names: Vec<String> = (0..counts.len()).map(|class| class.to_string()).collect();
        let mut records = 0..;
        let members = counts
            .iter()
            .map(|count| records.by_ref().take(*count).collect());
        let classes = names.iter().map(String::as_str).zip(members);
        split(classes, Shares { validation, test }, seed)
    }

    /// How many records of each class the sides have.
    fn shares(counts: &[usize], validation: f64, test: f64) -> [Vec<usize>; 3] {
        let ends = counts.iter().scan(0, |end, count| {
            *end += count;
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        sides(counts, validation, test, 3).map(|side| {
            let mut found = vec![0; counts.len()];
            for record in side {
                found[ends.partition_point(|end| *end <= record)] += 1;
            }
            found
        })
    }

    #[test]
    fn shares_are_rounded_down_per_class() {
        let [train, validation, test] = shares(&[1, 2, 10, 100, 7], 0.29, 0.1);
        assert_eq!(validation, [0, 0, 2, 29, 2]);
        assert_eq!(test, [0, 0, 1, 10, 0]);
        assert_eq!(train, [1, 2, 7, 61, 5]);
    }

    /// The original moves the one training sample that is left of a class to test, whatever the
    /// shares are.
    #[test]
    fn a_lone_training_sample_stays() {
        assert_eq!(shares(&[1, 2], 0.0, 0.0)[0], [1, 2]);
        assert_eq!(shares(&[1, 2], 0.5, 0.0)[0], [1, 1]);
    }

    #[test]
    fn nothing_is_left_for_training_where_the_shares_are_all() {
        let [train, validation, test] = shares(&[1, 99, 10], 0.1, 0.9);
        assert_eq!(train, [0, 0, 0]);
        assert_eq!(validation, [0, 9, 1]);
        assert_eq!(test, [1, 90, 9]);
    }

    #[test]
    fn another_class_moves_no_sample_of_this_one() {
        let first = |counts: &[usize]| {
            sides(counts, 0.3, 0.3, 5).map(|mut side| {
                side.retain(|place| *place < 20);
                side.sort_unstable();
                side
            })
        };
        assert_eq!(first(&[20]), first(&[20, 30]));
    }

    proptest! {
        #[test]
        fn sides_are_disjoint_and_complete(
            counts in prop::collection::vec(0usize..40, 1..6),
            parts in 0u32..=10,
            seed: u64,
            tenth in 0u32..=10,
        ) {
            let tenths = [parts.min(tenth), 10 - parts.max(tenth)];
            let [validation, test] = tenths.map(|tenths| f64::from(tenths) / 10.0);
            let found = sides(&counts, validation, test, seed);
            prop_assert_eq!(&sides(&counts, validation, test, seed), &found);
            let mut all = found.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..counts.iter().sum()).collect::<Vec<_>>());
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
