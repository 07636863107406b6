//! Which sample is at which position of an epoch, and which positions make up which batch of which
//! rank: pure functions.
//!
//! With `W` ranks and batches of `B`, rank `r`'s batch `k` holds the positions `s + k·W·B + r·B` up
//! to `+B`, where `s` is where the epoch starts (0, or where an interrupted one goes on). So the
//! batches number `k` of all ranks are together positions `s + k·W·B .. s + (k+1)·W·B`, whatever
//! `W` is as long as `W·B` stays: the global batch does not depend on how it is split, and the
//! consumed part of an epoch is one number.

use std::ops::Range;
use std::sync::Arc;

use crate::pixel::words;
use crate::random::{Permutation, Purpose, Stream};

/// What to do with the samples that do not fill a batch at an epoch's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastBatch {
    /// A shorter batch. With several ranks each is padded to the longest rank's, so that all have
    /// the same steps.
    #[default]
    Keep,
    /// They are left out.
    Drop,
    /// The batch is filled up with repeated samples, marked as not valid.
    Pad,
}

words!(LastBatch: "keep" Keep, "drop" Drop, "pad" Pad);

/// How an epoch is cut into batches for one rank.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Positions in an epoch.
    pub len: u64,
    /// Samples per batch on one rank.
    pub batch_size: u64,
    /// This rank.
    pub rank: u64,
    /// Number of ranks.
    pub world: u64,
    /// What happens at the end.
    pub last_batch: LastBatch,
}

/// A place in an endless row of epochs, between two batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The epoch.
    pub epoch: u32,
    /// How many positions of it all ranks have consumed together.
    pub position: u64,
}

/// The positions of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The epoch it belongs to.
    pub epoch: u32,
    /// Its first position.
    pub first: u64,
    /// How many samples it has, repeated ones included.
    pub len: u64,
    /// How many of them are valid: the rest repeats the epoch from its start.
    pub valid: u64,
}

impl Schedule {
    fn global(&self) -> u64 {
        self.batch_size.saturating_mul(self.world)
    }

    /// The most samples that a batch can have.
    #[must_use]
    pub fn longest_batch(&self) -> u64 {
        if self.last_batch == LastBatch::Pad {
            self.batch_size
        } else {
            self.batch_size.min(self.len)
        }
    }

    /// Batches that are left of an epoch from `position` on.
    #[must_use]
    pub fn steps_from(&self, position: u64) -> u64 {
        let left = self.len.saturating_sub(position);
        match self.last_batch {
            LastBatch::Drop => left / self.global(),
            LastBatch::Keep | LastBatch::Pad => left.div_ceil(self.global()),
        }
    }

    /// Batch `number` of those that follow `start`, epoch after epoch.
    #[must_use]
    pub fn step(&self, start: Place, number: u64) -> Step {
        let (place, number) = self.locate(start, number);
        let base = place.position + number * self.global();
        let first = base + self.rank * self.batch_size;
        let left = |from: u64| self.len.saturating_sub(from).min(self.batch_size);
        let len = if self.last_batch == LastBatch::Pad {
            self.batch_size
        } else {
            left(base)
        };
        Step {
            epoch: place.epoch,
            first,
            len,
            valid: left(first),
        }
    }

    /// Where all ranks stand after `number` batches from `start`.
    #[must_use]
    pub fn after(&self, start: Place, number: u64) -> Place {
        let (mut place, number) = self.locate(start, number);
        place.position += number * self.global();
        place
    }

    /// The epoch that batch `number` falls in, and its number there.
    fn locate(&self, start: Place, number: u64) -> (Place, u64) {
        let first = self.steps_from(start.position);
        if number < first {
            return (start, number);
        }
        let (number, steps) = (number - first, self.steps_from(0).max(1));
        let epochs = u32::try_from(number / steps).unwrap_or(u32::MAX - 1);
        let epoch = start.epoch.saturating_add(1).saturating_add(epochs);
        (Place { epoch, position: 0 }, number % steps)
    }
}

/// How positions become samples.
#[derive(Clone, Debug)]
pub enum Order {
    /// As sorted.
    Sorted,
    /// A full permutation of each epoch.
    Shuffled,
    /// With replacement: a class, each as likely, then one of its samples, each as likely.
    Balanced {
        /// The places of each class that has any samples, in the order of classes.
        classes: Vec<Range<u64>>,
        /// The sample at each place; places are samples if `None`.
        samples: Option<Arc<[u64]>>,
    },
    /// With replacement, by weight. The running sums of the weights.
    Weighted(Vec<f64>),
}

/// The order of one epoch.
#[derive(Clone, Debug)]
pub struct Epoch<'a> {
    order: &'a Order,
    shuffle: Option<Permutation>,
    seed: u64,
    number: u32,
    len: u64,
}

/// What is at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The sample.
    pub sample: u64,
    /// What the sample's random numbers are keyed by: the sample, or where one may come twice in an
    /// epoch, the position.
    pub key: u64,
}

impl Order {
    /// Whether samples are drawn with replacement, endlessly.
    #[must_use]
    pub fn with_replacement(&self) -> bool {
        matches!(self, Self::Balanced { .. } | Self::Weighted(_))
    }

    /// The order of `epoch` over `len` samples.
    #[must_use]
    pub fn of(&self, seed: u64, epoch: u32, len: u64) -> Epoch<'_> {
        let shuffle = matches!(self, Self::Shuffled).then(|| Permutation::new(seed, epoch, len));
        Epoch {
            order: self,
            shuffle,
            seed,
            number: epoch,
            len,
        }
    }
}

impl Epoch<'_> {
    /// What is at `position`; positions past the end repeat the epoch.
    #[must_use]
    pub fn at(&self, position: u64) -> Draw {
        let position = position % self.len;
        let by_sample = |sample| Draw {
            sample,
            key: sample,
        };
        match (self.order, &self.shuffle) {
            (Order::Balanced { classes, samples }, _) => {
                let place = self.balanced(classes, position);
                let sample = samples.as_ref().map_or(place, |all| {
                    all[usize::try_from(place).unwrap_or(usize::MAX)]
                });
                Draw {
                    sample,
                    key: position,
                }
            }
            (Order::Weighted(sums), _) => Draw {
                sample: self.weighted(sums, position),
                key: position,
            },
            (_, Some(shuffle)) => by_sample(shuffle.at(position)),
            (_, None) => by_sample(position),
        }
    }

    fn balanced(&self, classes: &[Range<u64>], position: u64) -> u64 {
        let mut stream = Stream::new(self.seed, self.number, position, Purpose::Draw);
        let class = usize::try_from(stream.below(classes.len() as u64)).unwrap_or(0);
        classes[class].start + stream.below(classes[class].end - classes[class].start)
    }

    fn weighted(&self, sums: &[f64], position: u64) -> u64 {
        let total = sums.last().copied().unwrap_or(0.0);
        let x = Stream::new(self.seed, self.number, position, Purpose::Draw).unit() * total;
        let place = sums.partition_point(|sum| *sum <= x);
        // Rounding may put x on the total; the last sample that has any weight is meant then.
        let place = if place < sums.len() {
            place
        } else {
            sums.partition_point(|sum| *sum < total)
        };
        place as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn last_batches() -> impl Strategy<Value = LastBatch> {
        prop_oneof![
            Just(LastBatch::Keep),
            Just(LastBatch::Drop),
            Just(LastBatch::Pad)
        ]
    }

    prop_compose! {
        fn schedules()(
            len in 1u64..200,
            batch_size in 1u64..40,
            world in 1u64..6,
            last_batch in last_batches()
        )
            -> Schedule { Schedule { len, batch_size, rank: 0, world, last_batch } }
    }

    fn positions(schedule: Schedule, start: Place) -> Vec<Vec<u64>> {
        let steps = 0..schedule.steps_from(start.position);
        let step = |number, rank| Schedule { rank, ..schedule }.step(start, number);
        steps
            .map(|number| {
                (0..schedule.world)
                    .map(|rank| step(number, rank))
                    .flat_map(|s| s.first..s.first + s.valid)
                    .collect()
            })
            .collect()
    }

    proptest! {
        #[test]
        fn an_epoch_has_every_position_once(schedule in schedules()) {
            let all: Vec<u64> = positions(schedule, Place::default()).concat();
            let expected = match schedule.last_batch {
                LastBatch::Drop => schedule.len / schedule.global() * schedule.global(),
                _ => schedule.len,
            };
            prop_assert_eq!(all, (0..expected).collect::<Vec<_>>());
        }

        #[test]
        fn ranks_have_equal_batches(schedule in schedules(), start in 0u64..200) {
            let start = Place { epoch: 3, position: start.min(schedule.len - 1) };
            for number in 0..schedule.steps_from(start.position) {
                let step = |rank| Schedule { rank, ..schedule }.step(start, number);
                prop_assert!(step(0).len > 0);
                for rank in 0..schedule.world {
                    prop_assert_eq!(step(rank).len, step(0).len);
                    prop_assert!(step(rank).valid <= step(rank).len);
                }
            }
        }

        #[test]
        fn the_split_over_ranks_does_not_change_the_global_batch(
            len in 1u64..300, batch_size in 1u64..20, last_batch in last_batches()
        ) {
            let each = |world| batch_size * 4 / world;
            let on = |world| Schedule { len, batch_size: each(world), rank: 0, world, last_batch };
            prop_assert_eq!(positions(on(1), Place::default()), positions(on(2), Place::default()));
            prop_assert_eq!(positions(on(1), Place::default()), positions(on(4), Place::default()));
        }

        #[test]
        fn an_interrupted_epoch_goes_on_where_it_was(
            schedule in schedules(), taken in 0u64..20, position in 0u64..50
        ) {
            let start = Place { epoch: 1, position: position.min(schedule.len - 1) };
            prop_assume!(schedule.steps_from(0) > 0);
            let resumed = schedule.after(start, taken);
            for number in 0..10 {
                let expected = schedule.step(start, taken + number);
                prop_assert_eq!(schedule.step(resumed, number), expected);
            }
        }
    }

    #[test]
    fn balanced_draws_are_uniform_over_classes() {
        let order = Order::Balanced {
            classes: vec![0..1, 1..100, 100..110],
            samples: None,
        };
        let epoch = order.of(5, 0, 30_000);
        let mut counts = [0u32; 3];
        for position in 0..30_000 {
            let sample = epoch.at(position).sample;
            counts[usize::from(sample >= 1) + usize::from(sample >= 100)] += 1;
            assert!(sample < 110);
        }
        assert!(
            counts.iter().all(|c| c.abs_diff(10_000) < 400),
            "{counts:?}"
        );
    }

    #[test]
    fn balanced_draws_are_of_places_in_the_order_of_classes() {
        let classes = vec![0..2, 2..3];
        let places = Order::Balanced {
            classes: classes.clone(),
            samples: None,
        };
        let samples = Order::Balanced {
            classes,
            samples: Some(Arc::new([10, 30, 20])),
        };
        for position in 0..50 {
            let place = places.of(5, 0, 50).at(position).sample;
            assert_eq!(
                samples.of(5, 0, 50).at(position).sample,
                [10, 30, 20][usize::try_from(place).unwrap()]
            );
        }
    }

    #[test]
    fn weighted_draws_follow_the_weights() {
        let order = Order::Weighted(vec![0.0, 1.0, 1.0, 4.0]);
        let epoch = order.of(5, 0, 40_000);
        let mut counts = [0u32; 4];
        for position in 0..40_000 {
            counts[usize::try_from(epoch.at(position).sample).unwrap()] += 1;
        }
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert!(counts[1].abs_diff(10_000) < 400, "{counts:?}");
    }
}
