//! Colours in other models, by OpenCV's formulas: exactly of bytes, but for colours of hues, which
//! may differ by one.
//!
//! Levels are from 0 to white. The hue of bytes is in steps of two degrees, that of floats in
//! degrees, and that of 16-bit integers a share of their levels. Differences of `YCrCb` are around
//! half of white.

#![expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]

mod hsv;
mod ycrcb;

use super::point::{Level, ToOne, by_pixels, repeat, to_one};

/// From which model to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Red, green and blue to gray.
    RgbGray,
    /// Gray to red, green and blue, which are equal.
    GrayRgb,
    /// Red, green and blue to hue, saturation and value.
    RgbHsv,
    /// Hue, saturation and value to red, green and blue.
    HsvRgb,
    /// Red, green and blue to luma, and the differences of red and of blue to it.
    RgbYcrcb,
    /// Luma and differences to red, green and blue.
    YcrcbRgb,
}

impl Conversion {
    /// Channels that it takes.
    #[must_use]
    pub fn takes(self) -> usize {
        if self == Self::GrayRgb { 1 } else { 3 }
    }

    /// Channels that it gives.
    #[must_use]
    pub fn gives(self) -> usize {
        if self == Self::RgbGray { 1 } else { 3 }
    }
}

/// An element whose colours can be converted.
pub trait Colour: Level {
    /// Writes pixels in another model.
    fn convert(conversion: Conversion, source: &[Self], out: &mut [Self]);
}

macro_rules! colours {
    ($($element:ty),*) => {
        $(impl Colour for $element {
            fn convert(conversion: Conversion, source: &[Self], out: &mut [Self]) {
                match conversion {
                    Conversion::RgbGray => to_one(source.as_chunks::<3>().0, &Gray, out),
                    Conversion::GrayRgb => repeat(source, out),
                    Conversion::RgbHsv => by_pixels(source, &hsv::FromRgb, out),
                    Conversion::HsvRgb => by_pixels(source, &hsv::ToRgb, out),
                    Conversion::RgbYcrcb => by_pixels(source, &ycrcb::FromRgb, out),
                    Conversion::YcrcbRgb => by_pixels(source, &ycrcb::ToRgb, out),
                }
            }
        })*
    };
}

colours!(u8, i16, u16, f32);

struct Gray;

macro_rules! gray {
    ($($element:ty),*) => {
        $(impl ToOne<$element> for Gray {
            #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the shares have a sum of one"
            )]
            #[inline(always)]
            fn of(&self, pixel: [$element; 3]) -> $element {
                let [red, green, blue] = pixel.map(i32::from);
                ((red * 9798 + green * 19235 + blue * 3735 + (1 << 14)) >> 15) as $element
            }
        })*
    };
}

gray!(u8, i16, u16);

impl ToOne<f32> for Gray {
    #[inline(always)]
    fn of(&self, [red, green, blue]: [f32; 3]) -> f32 {
        red * 0.299 + green * 0.587 + blue * 0.114
    }
}

#[cfg(test)]
mod tests;
