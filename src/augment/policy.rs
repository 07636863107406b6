//! Which steps are taken on a sample.

use std::fmt;
use std::sync::Arc;

use super::apply::Worker;
use super::distribution::dirichlet;
use super::moving::{Moving, Sampling};
use super::operation::{Operation, Step};
use super::published::{Choice, Published};
use super::space::{MIXED, PARTIAL, Space, USUAL};
use super::{Augmentation, Augmenter, Change};
use crate::error::{Error, Result};
use crate::pixel::Size;
use crate::random::Stream;

/// How steps are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Some operations, all of one strength (Cubuk et al., 2020).
    RandAugment {
        /// How many: 1 to 16.
        num_ops: u32,
        /// How strong: from 0 to below `num_magnitude_bins`.
        magnitude: u32,
        /// How many strengths there are: 2 to 1000.
        num_magnitude_bins: u32,
    },
    /// One operation of any strength (Müller and Hutter, 2021).
    TrivialAugmentWide {
        /// How many strengths there are: 2 to 1000.
        num_magnitude_bins: u32,
    },
    /// A pair of operations that was found to work well (Cubuk et al., 2019).
    AutoAugment {
        /// On which dataset.
        policy: Published,
    },
    /// The image mixed with the results of short chains of operations (Hendrycks et al., 2020).
    AugMix {
        /// How strong operations are: 1 to 10.
        severity: u32,
        /// How many chains there are: 1 to 16.
        mixture_width: u32,
        /// How many operations a chain has, 1 to 16; `None` for 1 to 3, as chance decides.
        chain_depth: Option<u32>,
        /// The parameter of the distributions that weights are drawn from.
        alpha: f64,
        /// Also those that change brightness, contrast, colour and sharpness.
        all_ops: bool,
    },
}

/// A number that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it is called.
    pub name: &'static str,
    /// The number.
    pub value: String,
    /// What it may be.
    pub allowed: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            value,
            allowed,
        } = self;
        write!(f, "{name} is {value}, not {allowed}")
    }
}

/// How many strengths `AutoAugment` and `AugMix` know.
const TEN: u32 = 10;

/// The most operations of a kind in a policy.
const MOST: u32 = 16;

/// The most strengths.
const MOST_BINS: u32 = 1000;

impl Policy {
    /// Checks its numbers.
    ///
    /// # Errors
    /// [`Error::Argument`] for one that is not valid, under the name `augment`.
    pub fn check(&self) -> Result<()> {
        self.refused().map_or(Ok(()), |number| {
            let Refused {
                name,
                value,
                allowed,
            } = number;
            let given = format!("{}({name}={value})", self.name());
            Err(Error::argument(
                "augment",
                given,
                format!("{name} is {allowed}"),
            ))
        })
    }

    /// Its first number that is not valid.
    #[must_use]
    pub fn refused(&self) -> Option<Refused> {
        match *self {
            Self::RandAugment {
                num_ops,
                magnitude,
                num_magnitude_bins: bins,
            } => beyond("num_ops", num_ops, 1, MOST)
                .or_else(|| beyond("num_magnitude_bins", bins, 2, MOST_BINS))
                .or_else(|| beyond("magnitude", magnitude, 0, bins - 1)),
            Self::TrivialAugmentWide { num_magnitude_bins } => {
                beyond("num_magnitude_bins", num_magnitude_bins, 2, MOST_BINS)
            }
            Self::AutoAugment { .. } => None,
            Self::AugMix {
                severity,
                mixture_width,
                chain_depth,
                alpha,
                ..
            } => beyond("severity", severity, 1, TEN)
                .or_else(|| beyond("mixture_width", mixture_width, 1, MOST))
                .or_else(|| beyond("chain_depth", chain_depth.unwrap_or(1), 1, MOST))
                .or_else(|| refused_alpha(alpha)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::RandAugment { .. } => "RandAugment",
            Self::TrivialAugmentWide { .. } => "TrivialAugmentWide",
            Self::AutoAugment { .. } => "AutoAugment",
            Self::AugMix { .. } => "AugMix",
        }
    }

    /// Draws the steps for an image of `size`, and appends them to `steps`.
    pub(super) fn draw(&self, chance: &mut Stream, size: Size, steps: &mut Vec<Step>) {
        match *self {
            Self::RandAugment {
                num_ops,
                magnitude,
                num_magnitude_bins,
            } => {
                for _ in 0..num_ops {
                    let operation = one_of(&USUAL, chance);
                    let bin = (magnitude, num_magnitude_bins);
                    steps.push(step(Space::Usual, operation, bin, size, chance));
                }
            }
            Self::TrivialAugmentWide { num_magnitude_bins } => {
                let operation = one_of(&USUAL, chance);
                let bin = (below(num_magnitude_bins, chance), num_magnitude_bins);
                steps.push(step(Space::Wide, operation, bin, size, chance));
            }
            Self::AutoAugment { policy } => {
                for (operation, tenths, bin) in one_of(policy.pairs(), chance) as [Choice; 2] {
                    let is_taken = below(10, chance) < tenths;
                    let step = step(Space::Usual, operation, (bin, TEN), size, chance);
                    if is_taken {
                        steps.push(step);
                    }
                }
            }
            Self::AugMix { .. } => self.draw_chains(chance, size, steps),
        }
    }

    fn draw_chains(&self, chance: &mut Stream, size: Size, steps: &mut Vec<Step>) {
        let Self::AugMix {
            severity,
            mixture_width,
            chain_depth,
            alpha,
            all_ops,
        } = *self
        else {
            return;
        };
        let operations = if all_ops { &MIXED[..] } else { &PARTIAL[..] };
        let mut of_both = [0.0; 2];
        dirichlet(chance, alpha, &mut of_both);
        let mut weights = [0.0; MOST as usize];
        let weights = &mut weights[..mixture_width as usize];
        dirichlet(chance, alpha, weights);
        for weight in weights {
            #[expect(clippy::cast_possible_truncation, reason = "pixels are weighted in it")]
            let magnitude = (*weight * of_both[1]) as f32;
            steps.push(Step {
                operation: Operation::Chain,
                magnitude,
            });
            let depth = chain_depth.unwrap_or_else(|| 1 + below(3, chance));
            for _ in 0..depth {
                let operation = one_of(operations, chance);
                let bin = (below(severity, chance), TEN);
                steps.push(step(Space::Mix, operation, bin, size, chance));
            }
        }
    }
}

/// A policy, and how it moves images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Applied {
    /// The policy.
    pub policy: Policy,
    /// How pixels are made where it shears, shifts or rotates.
    pub moving: Moving,
}

/// With the nearest pixels, and `AugMix` with weighted ones, in black surroundings, as torchvision's
/// policies by default.
impl From<Policy> for Applied {
    fn from(policy: Policy) -> Self {
        let sampling = match policy {
            Policy::AugMix { .. } => Sampling::Linear,
            _ => Sampling::Nearest,
        };
        let fill = [0; 3];
        let moving = Moving { sampling, fill };
        Self { policy, moving }
    }
}

impl Augmenter for Applied {
    fn for_images(&self, _: Option<Size>, _: usize) -> Result<Arc<dyn Augmentation>> {
        self.policy.check()?;
        Ok(Arc::new(*self))
    }
}

impl Augmentation for Applied {
    fn worker(&self) -> Box<dyn Change> {
        Box::new(Worker::new(*self))
    }

    fn most_steps(&self) -> usize {
        let most = match self.policy {
            Policy::RandAugment { num_ops, .. } => num_ops,
            Policy::TrivialAugmentWide { .. } => 1,
            Policy::AutoAugment { .. } => 2,
            Policy::AugMix {
                mixture_width,
                chain_depth,
                ..
            } => mixture_width * (1 + chain_depth.unwrap_or(3)),
        };
        most as usize
    }
}

/// The error for a parameter of a distribution that is none.
#[must_use]
pub fn refused_alpha(alpha: f64) -> Option<Refused> {
    let is_valid = alpha > 0.0 && alpha <= 1e6;
    (!is_valid).then(|| Refused {
        name: "alpha",
        value: alpha.to_string(),
        allowed: "a number above 0, at most 1,000,000".to_owned(),
    })
}

fn beyond(name: &'static str, value: u32, least: u32, most: u32) -> Option<Refused> {
    let is_valid = (least..=most).contains(&value);
    (!is_valid).then(|| Refused {
        name,
        value: value.to_string(),
        allowed: format!("a whole number from {least} to {most}"),
    })
}

/// An operation of a strength, to either side.
fn step(
    space: Space,
    operation: Operation,
    bin: (u32, u32),
    size: Size,
    chance: &mut Stream,
) -> Step {
    // Drawn in any case, so that a sample's operations do not depend on each other's kinds.
    let is_negative = chance.next_u32() >> 31 == 1;
    let magnitude = space.magnitude(operation, bin, size).unwrap_or(0.0);
    // 0 has no sign.
    let magnitude = if is_negative && operation.is_signed() && magnitude != 0.0 {
        -magnitude
    } else {
        magnitude
    };
    Step {
        operation,
        magnitude,
    }
}

fn one_of<T: Copy>(all: &[T], chance: &mut Stream) -> T {
    all[usize::try_from(chance.below(all.len() as u64)).unwrap_or(0)]
}

fn below(count: u32, chance: &mut Stream) -> u32 {
    u32::try_from(chance.below(u64::from(count))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Identity, Purpose};
    use std::collections::BTreeMap;

    const RAND: Policy = Policy::RandAugment {
        num_ops: 2,
        magnitude: 9,
        num_magnitude_bins: 31,
    };
    const WIDE: Policy = Policy::TrivialAugmentWide {
        num_magnitude_bins: 31,
    };
    const MIX: Policy = Policy::AugMix {
        severity: 3,
        mixture_width: 3,
        chain_depth: None,
        alpha: 1.0,
        all_ops: true,
    };

    fn auto(policy: Published) -> Policy {
        Policy::AutoAugment { policy }
    }

    fn drawn(policy: Policy, sample: u64) -> Vec<Step> {
        let identity = Identity {
            seed: 3,
            epoch: 1,
            key: sample,
        };
        let mut steps = Vec::new();
        let mut chance = identity.stream(Purpose::Augment);
        policy.draw(&mut chance, Size::new(224, 112), &mut steps);
        steps
    }

    #[test]
    fn as_many_steps_as_there_may_be() {
        let published = [Published::ImageNet, Published::Cifar10, Published::Svhn].map(auto);
        for policy in [RAND, WIDE, MIX].into_iter().chain(published) {
            policy.check().unwrap();
            let lengths = (0..2000).map(|sample| drawn(policy, sample).len());
            assert_eq!(
                lengths.max(),
                Some(Applied::from(policy).most_steps()),
                "{policy:?}"
            );
        }
        assert!((0..100).all(|sample| drawn(RAND, sample).len() == 2));
    }

    /// Chi-square of each of 14 operations: 13 degrees of freedom, 34.5 is the 0.1 % bound.
    #[test]
    fn every_operation_and_both_signs_are_as_likely() {
        for policy in [RAND, WIDE] {
            let mut counts = BTreeMap::new();
            let (mut positive, mut negative) = (0u32, 0u32);
            for step in (0..14_000).flat_map(|sample| drawn(policy, sample)) {
                *counts.entry(step.operation.code()).or_insert(0u32) += 1;
                if step.operation.is_signed() {
                    positive += u32::from(step.magnitude > 0.0);
                    negative += u32::from(step.magnitude < 0.0);
                }
            }
            let mean = f64::from(counts.values().sum::<u32>()) / 14.0;
            let chi: f64 = counts
                .values()
                .map(|count| (f64::from(*count) - mean).powi(2) / mean)
                .sum();
            assert_eq!(counts.len(), 14);
            assert!(chi < 34.5, "chi-square {chi}");
            assert!(positive.abs_diff(negative) < 500, "{positive} {negative}");
        }
    }

    #[test]
    fn published_pairs_are_taken_as_often_as_they_say() {
        let policy = auto(Published::ImageNet);
        let taken: usize = (0..20_000).map(|sample| drawn(policy, sample).len()).sum();
        let tenths: u32 = Published::ImageNet
            .pairs()
            .iter()
            .flatten()
            .map(|(_, tenths, _)| tenths)
            .sum();
        let expected = f64::from(tenths) / 250.0 * 20_000.0;
        let taken = f64::from(u32::try_from(taken).unwrap());
        assert!((taken / expected - 1.0).abs() < 0.02, "{taken} {expected}");
    }

    #[test]
    fn weights_of_chains_leave_some_for_the_image() {
        for sample in 0..500 {
            let steps = drawn(MIX, sample);
            let chains = steps.iter().filter(|s| s.operation == Operation::Chain);
            let weights: Vec<_> = chains.map(|chain| chain.magnitude).collect();
            assert_eq!(weights.len(), 3);
            assert!(weights.iter().all(|weight| *weight >= 0.0));
            assert!(weights.iter().sum::<f32>() <= 1.0 + 1e-6);
            assert_eq!(steps[0].operation, Operation::Chain);
        }
    }

    #[test]
    fn numbers_that_are_out_of_range_are_named() {
        let message = |policy: Policy| policy.check().unwrap_err().to_string();
        let none = Policy::RandAugment {
            num_ops: 0,
            magnitude: 9,
            num_magnitude_bins: 31,
        };
        assert_eq!(
            message(none),
            "augment=RandAugment(num_ops=0) is not valid: num_ops is a whole number from 1 to 16"
        );
        let strong = Policy::RandAugment {
            num_ops: 2,
            magnitude: 31,
            num_magnitude_bins: 31,
        };
        assert!(message(strong).contains("magnitude is a whole number from 0 to 30"));
    }
}
