//! Elements as levels between black, which is 0, and white, which is the greatest integer or 1.

#![expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]

use super::super::raster::Pixel;

/// An element of a pixel as a level: signed ones go below black, too.
pub trait Level: Pixel<Real = f32> + PartialOrd {
    /// White, as a number to compute with.
    const WHITE: f32;
    /// The least element.
    const LOW: Self;
    /// The number of bits that levels from black to white differ in; none of floats.
    const BITS: Option<u32>;

    /// The element of a number from 0 to `WHITE`, without its fraction if it is an integer.
    fn cut(value: f32) -> Self;
    /// White less this; what is below black becomes white.
    #[must_use]
    fn inverted(self) -> Self;
    /// The least element that is not below a number; `None` if all are.
    fn least(threshold: f32) -> Option<Self>;
    /// The sum, clipped to the range of the type.
    #[must_use]
    fn plus(self, other: Self) -> Self;
    /// The difference, clipped to the range of the type.
    #[must_use]
    fn minus(self, other: Self) -> Self;
    /// What [`Level::coarse`] takes for a number of bits.
    fn highest(bits: u32) -> Self;
    /// The highest bits of the level.
    #[must_use]
    fn coarse(self, highest: Self) -> Self;
}

/// Added to a whole number from 0 to 2^23, this leaves it in the lower bits.
const LOWER: f32 = 8_388_608.0;

macro_rules! integers {
    ($($element:ty: $bits:literal),*) => {
        $(impl Level for $element {
            #[expect(clippy::allow_attributes, reason = "not every integer is that large")]
            #[allow(clippy::cast_lossless, reason = "a constant")]
            const WHITE: f32 = Self::MAX as f32;
            const LOW: Self = Self::MIN;
            const BITS: Option<u32> = Some($bits);

            #[expect(
                clippy::cast_possible_truncation,
                reason = "the upper bits are the exponent"
            )]
            #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
            #[allow(clippy::cast_possible_wrap, reason = "it is not negative")]
            #[inline(always)]
            fn cut(value: f32) -> Self {
                (value.floor() + LOWER).to_bits() as Self
            }

            fn inverted(self) -> Self {
                Self::MAX.saturating_sub(self)
            }

            #[expect(clippy::cast_possible_truncation, reason = "in range, or clipped")]
            #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
            #[allow(clippy::cast_sign_loss, reason = "clipped")]
            fn least(threshold: f32) -> Option<Self> {
                (threshold <= f32::from(Self::MAX)).then(|| threshold.ceil() as Self)
            }

            fn plus(self, other: Self) -> Self {
                self.saturating_add(other)
            }

            fn minus(self, other: Self) -> Self {
                self.saturating_sub(other)
            }

            fn highest(bits: u32) -> Self {
                let fine = $bits - bits.min($bits);
                Self::MAX.unbounded_shr(fine).unbounded_shl(fine)
            }

            fn coarse(self, highest: Self) -> Self {
                self & highest
            }
        })*
    };
}

integers!(u8: 8, u16: 16, i16: 15);

impl Level for f32 {
    const WHITE: f32 = 1.0;
    const LOW: f32 = 0.0;
    const BITS: Option<u32> = None;

    fn cut(value: f32) -> f32 {
        value
    }

    fn inverted(self) -> f32 {
        1.0 - self
    }

    fn least(threshold: f32) -> Option<f32> {
        (!threshold.is_nan()).then_some(threshold)
    }

    fn plus(self, other: f32) -> f32 {
        self + other
    }

    fn minus(self, other: f32) -> f32 {
        self - other
    }

    #[expect(clippy::cast_precision_loss, reason = "a small power of two")]
    fn highest(bits: u32) -> f32 {
        (1u32 << bits.min(23)) as f32
    }

    fn coarse(self, levels: f32) -> f32 {
        clipped((self * levels).floor(), levels - 1.0) * (1.0 / levels)
    }
}

/// A number clipped to what is from 0 to `most`; 0 for what is no number.
#[inline(always)]
pub(in super::super) fn clipped(value: f32, most: f32) -> f32 {
    let value = if value > 0.0 { value } else { 0.0 };
    if value < most { value } else { most }
}
