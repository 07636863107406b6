//! What may be done to an image, under torchvision's names.

use crate::pixel::{Words, words};

/// A change of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operation {
    /// Nothing.
    Identity = 1,
    /// Rows are shifted by their number times the magnitude, about the upper left corner.
    ShearX,
    /// Columns are shifted by their number times the magnitude, about the upper left corner.
    ShearY,
    /// Everything goes to the right by so many pixels.
    TranslateX,
    /// Everything goes down by so many pixels.
    TranslateY,
    /// Everything turns counter-clockwise about the centre by so many degrees.
    Rotate,
    /// Values are multiplied by 1 + magnitude.
    Brightness,
    /// The difference to the gray image is multiplied by 1 + magnitude.
    Color,
    /// The difference to the mean gray is multiplied by 1 + magnitude.
    Contrast,
    /// The difference to the smoothed image is multiplied by 1 + magnitude.
    Sharpness,
    /// The upper bits of values are kept, so many of them.
    Posterize,
    /// Values from the magnitude on are inverted.
    Solarize,
    /// Each channel is stretched to the whole range.
    AutoContrast,
    /// The histogram of each channel is made flat.
    Equalize,
    /// Values are inverted.
    Invert,
    /// What follows is done to the image as it was, up to the next such step, and the result
    /// added with this weight. The image as it was has the rest of the weights.
    Chain,
}

words!(
    Operation: "Identity" Identity, "ShearX" ShearX, "ShearY" ShearY, "TranslateX" TranslateX,
    "TranslateY" TranslateY, "Rotate" Rotate, "Brightness" Brightness, "Color" Color,
    "Contrast" Contrast, "Sharpness" Sharpness, "Posterize" Posterize, "Solarize" Solarize,
    "AutoContrast" AutoContrast, "Equalize" Equalize, "Invert" Invert, "Chain" Chain
);

impl Operation {
    /// A number for it, which is not 0.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The operation of a number; `None` for 0 and for what is none.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        let all = Self::WORDS.iter().map(|(_, operation)| *operation);
        all.into_iter().find(|operation| operation.code() == code)
    }

    /// Whether it has a direction, so that half of its magnitudes are negative.
    pub(super) const fn is_signed(self) -> bool {
        match self {
            Self::ShearX
            | Self::ShearY
            | Self::TranslateX
            | Self::TranslateY
            | Self::Rotate
            | Self::Brightness
            | Self::Color
            | Self::Contrast
            | Self::Sharpness => true,
            Self::Identity
            | Self::Posterize
            | Self::Solarize
            | Self::AutoContrast
            | Self::Equalize
            | Self::Invert
            | Self::Chain => false,
        }
    }
}

/// Something that is done to an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What.
    pub operation: Operation,
    /// How much, in the operation's own unit; 0 where it has none.
    pub magnitude: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_word_and_a_number() {
        for (place, (word, operation)) in Operation::WORDS.iter().enumerate() {
            assert_eq!(usize::from(operation.code()), place + 1, "{word}");
            assert_eq!(Operation::of_code(operation.code()), Some(*operation));
            assert_eq!(*word, format!("{operation:?}"));
        }
        assert_eq!(Operation::of_code(0), None);
        assert_eq!(Operation::of_code(17), None);
    }
}
