//! How strong operations are: the tables of magnitudes of torchvision's policies, in the same
//! single precision.

use super::operation::Operation;
use crate::pixel::Size;

/// Whose magnitudes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Of `RandAugment` and `AutoAugment`.
    Usual,
    /// Of `TrivialAugmentWide`.
    Wide,
    /// Of `AugMix`.
    Mix,
}

/// The operations of `AugMix`, without those that change colours; its authors left these out since
/// test sets of corrupted images have them.
pub(super) const PARTIAL: [Operation; 9] = [
    Operation::ShearX,
    Operation::ShearY,
    Operation::TranslateX,
    Operation::TranslateY,
    Operation::Rotate,
    Operation::Posterize,
    Operation::Solarize,
    Operation::AutoContrast,
    Operation::Equalize,
];

/// All operations of `AugMix`.
pub(super) const MIXED: [Operation; 13] = [
    Operation::ShearX,
    Operation::ShearY,
    Operation::TranslateX,
    Operation::TranslateY,
    Operation::Rotate,
    Operation::Posterize,
    Operation::Solarize,
    Operation::AutoContrast,
    Operation::Equalize,
    Operation::Brightness,
    Operation::Color,
    Operation::Contrast,
    Operation::Sharpness,
];

/// The operations of `RandAugment` and `TrivialAugmentWide`.
pub(super) const USUAL: [Operation; 14] = [
    Operation::Identity,
    Operation::ShearX,
    Operation::ShearY,
    Operation::TranslateX,
    Operation::TranslateY,
    Operation::Rotate,
    Operation::Brightness,
    Operation::Color,
    Operation::Contrast,
    Operation::Sharpness,
    Operation::Posterize,
    Operation::Solarize,
    Operation::AutoContrast,
    Operation::Equalize,
];

impl Space {
    /// Magnitude number `bin` of `bins` for an image of `size`, without its sign, in the unit of
    /// the operation; `None` if it has none.
    pub(super) fn magnitude(
        self,
        operation: Operation,
        (bin, bins): (u32, u32),
        size: Size,
    ) -> Option<f32> {
        let up_to = |most: f64| Some(between(0.0, most, bin, bins));
        match operation {
            Operation::ShearX | Operation::ShearY => up_to(match self {
                Self::Usual | Self::Mix => 0.3,
                Self::Wide => 0.99,
            }),
            // Whole pixels.
            Operation::TranslateX => up_to(self.shift(size.width)).map(f32::trunc),
            Operation::TranslateY => up_to(self.shift(size.height)).map(f32::trunc),
            Operation::Rotate => up_to(match self {
                Self::Usual | Self::Mix => 30.0,
                Self::Wide => 135.0,
            }),
            Operation::Brightness
            | Operation::Color
            | Operation::Contrast
            | Operation::Sharpness => up_to(match self {
                Self::Usual | Self::Mix => 0.9,
                Self::Wide => 0.99,
            }),
            Operation::Posterize => Some(self.bits(bin, bins)),
            Operation::Solarize =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "thresholds are compared in single precision"
                )]
                Some((255.0 * f64::from(between(1.0, 0.0, bin, bins))) as f32)
            }
            Operation::Identity
            | Operation::AutoContrast
            | Operation::Equalize
            | Operation::Invert
            | Operation::Chain => None,
        }
    }

    /// The farthest that an image with a side of so many pixels goes along it.
    fn shift(self, side: u32) -> f64 {
        match self {
            Self::Usual => 150.0 / 331.0 * f64::from(side),
            Self::Wide => 32.0,
            Self::Mix => f64::from(side) / 3.0,
        }
    }

    /// How many bits are kept.
    fn bits(self, bin: u32, bins: u32) -> f32 {
        let (most, lost) = match self {
            Self::Usual => (8.0, 4.0),
            Self::Wide => (8.0, 6.0),
            Self::Mix => (4.0, 4.0),
        };
        (most - single(bin) / (single(bins - 1) / lost)).round_ties_even()
    }
}

/// Number `place` of `count` numbers from `first` to `last`, at equal distances, as PyTorch's
/// `linspace` rounds them: each from the end that is nearer.
#[expect(clippy::cast_possible_truncation, reason = "in single precision")]
fn between(first: f64, last: f64, place: u32, count: u32) -> f32 {
    let (first, last) = (first as f32, last as f32);
    let step = (last - first) / single(count - 1);
    if place < count / 2 {
        first + step * single(place)
    } else {
        last - step * single(count - 1 - place)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn single(number: u32) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(331, 662);

    fn all(space: Space, operation: Operation, bins: u32) -> Vec<f32> {
        let one = |bin| space.magnitude(operation, (bin, bins), SIZE).unwrap();
        (0..bins).map(one).collect()
    }

    #[test]
    fn the_magnitudes_of_randaugment() {
        let near = |operation, bin: usize, expected: f32| {
            let found = all(Space::Usual, operation, 31)[bin];
            assert!((found - expected).abs() < 1e-5, "{operation:?} {found}");
        };
        near(Operation::ShearX, 9, 0.09);
        near(Operation::ShearY, 30, 0.3);
        near(Operation::TranslateX, 9, 45.0);
        near(Operation::TranslateY, 1, 10.0);
        near(Operation::TranslateY, 30, 300.0);
        near(Operation::Rotate, 9, 9.0);
        near(Operation::Brightness, 9, 0.27);
        near(Operation::Posterize, 9, 7.0);
        near(Operation::Solarize, 9, 255.0 * 0.7);
        assert_eq!(
            Space::Usual.magnitude(Operation::Equalize, (9, 31), SIZE),
            None
        );
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "they are exact")]
    fn bits_that_are_kept() {
        let bits = |space, bins| all(space, Operation::Posterize, bins);
        assert_eq!(
            bits(Space::Usual, 10),
            [8.0, 8.0, 7.0, 7.0, 6.0, 6.0, 5.0, 5.0, 4.0, 4.0]
        );
        assert_eq!(bits(Space::Wide, 31)[30], 2.0);
        assert_eq!(bits(Space::Mix, 10)[0], 4.0);
        assert_eq!(bits(Space::Mix, 10)[9], 0.0);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "they are exact")]
    fn the_ends_are_exact() {
        for space in [Space::Usual, Space::Wide, Space::Mix] {
            for bins in [2, 10, 31] {
                let turns = all(space, Operation::Rotate, bins);
                assert_eq!(turns[0].to_bits(), 0);
                assert!(turns[bins as usize - 1] == 30.0 || turns[bins as usize - 1] == 135.0);
                let thresholds = all(space, Operation::Solarize, bins);
                assert_eq!(thresholds[0], 255.0);
                assert_eq!(thresholds[bins as usize - 1], 0.0);
            }
        }
    }
}
