//! Hue, saturation and value.

use super::super::point::{Level, OfPixels};
use super::super::raster::Pixel;

pub(super) struct FromRgb;
pub(super) struct ToRgb;

/// Bits of the fractions of bytes.
const SHIFT: u32 = 12;

impl OfPixels<u8> for FromRgb {
    type Number = i32;

    #[inline(always)]
    fn read(element: u8) -> i32 {
        i32::from(element)
    }

    #[inline(always)]
    fn of(&self, [red, green, blue]: [i32; 3]) -> [i32; 3] {
        let most = red.max(green).max(blue);
        let range = most - red.min(green).min(blue);
        let saturation = scaled(range, quotient(255, most));
        let either = |condition: bool, yes: i32, no: i32| if condition { yes } else { no };
        let sixths = either(
            most == green,
            blue - red + 2 * range,
            red - green + 4 * range,
        );
        let sixths = either(most == red, green - blue, sixths);
        let hue = scaled(sixths, quotient(30, range));
        [either(hue < 0, hue + 180, hue), saturation, most]
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a byte"
    )]
    #[inline(always)]
    fn write(number: i32) -> u8 {
        number as u8
    }
}

#[inline(always)]
fn scaled(number: i32, by: i32) -> i32 {
    (number * by + (1 << (SHIFT - 1))) >> SHIFT
}

/// A number divided by a byte, rounded to a fraction; 0 if it is divided by 0.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
#[inline(always)]
pub(super) fn quotient(number: i32, by: i32) -> i32 {
    // Adding this leaves a whole number in the lower bits.
    const WHOLE: f32 = 12_582_912.0;
    let by = by as f32;
    let found = (number << SHIFT) as f32 / if by > 0.0 { by } else { 1e30 };
    (found + WHOLE).to_bits().cast_signed() - WHOLE.to_bits().cast_signed()
}

/// Hue in degrees, saturation and value from 0 to 1.
#[expect(clippy::float_cmp, reason = "one of three numbers is the greatest")]
#[inline(always)]
fn of_rgb([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let smaller = |a: f32, b: f32| if a < b { a } else { b };
    let either = |condition: bool, yes: f32, no: f32| if condition { yes } else { no };
    let most = larger(larger(red, green), blue);
    let range = most - smaller(smaller(red, green), blue);
    let saturation = range / (most.abs() + f32::EPSILON);
    let scale = 60.0 / (range + f32::EPSILON);
    let hue = either(
        most == green,
        (blue - red) * scale + 120.0,
        (red - green) * scale + 240.0,
    );
    let hue = either(most == red, (green - blue) * scale, hue);
    [either(hue < 0.0, hue + 360.0, hue), saturation, most]
}

/// Red, green and blue of a hue in sixths of the circle.
#[inline(always)]
fn to_rgb([sixths, saturation, value]: [f32; 3]) -> [f32; 3] {
    let either = |condition: bool, yes: f32, no: f32| if condition { yes } else { no };
    let sixths = sixths - 6.0 * (sixths * (1.0 / 6.0)).floor();
    let sector = sixths.floor();
    let part = sixths - sector;
    let coloured = value * saturation;
    let least = value - coloured;
    let falls = value - coloured * part;
    let rises = least + coloured * part;
    // A rounded hue may be in sector 6, which is the first again.
    let (from_1, from_2, from_3) = (sector >= 1.0, sector >= 2.0, sector >= 3.0);
    let (from_4, from_5, from_6) = (sector >= 4.0, sector >= 5.0, sector >= 6.0);
    let red = either(from_1, falls, value);
    let red = either(from_2, least, red);
    let red = either(from_4, rises, red);
    let red = either(from_5, value, red);
    let green = either(from_1, value, rises);
    let green = either(from_3, falls, green);
    let green = either(from_4, least, green);
    let green = either(from_6, rises, green);
    let blue = either(from_2, rises, least);
    let blue = either(from_3, value, blue);
    let blue = either(from_5, falls, blue);
    let blue = either(from_6, least, blue);
    [red, green, blue]
}

impl OfPixels<f32> for FromRgb {
    type Number = f32;

    #[inline(always)]
    fn read(element: f32) -> f32 {
        element
    }

    #[inline(always)]
    fn of(&self, pixel: [f32; 3]) -> [f32; 3] {
        of_rgb(pixel)
    }

    #[inline(always)]
    fn write(number: f32) -> f32 {
        number
    }
}

impl OfPixels<f32> for ToRgb {
    type Number = f32;

    #[inline(always)]
    fn read(element: f32) -> f32 {
        element
    }

    #[inline(always)]
    fn of(&self, [hue, saturation, value]: [f32; 3]) -> [f32; 3] {
        to_rgb([hue * (1.0 / 60.0), saturation, value])
    }

    #[inline(always)]
    fn write(number: f32) -> f32 {
        number
    }
}

impl OfPixels<u8> for ToRgb {
    type Number = f32;

    #[inline(always)]
    fn read(element: u8) -> f32 {
        f32::from(element)
    }

    #[inline(always)]
    fn of(&self, [hue, saturation, value]: [f32; 3]) -> [f32; 3] {
        let share = 1.0 / 255.0;
        to_rgb([hue * (1.0 / 30.0), saturation * share, value * share])
    }

    #[inline(always)]
    fn write(number: f32) -> u8 {
        u8::nearest(number * 255.0)
    }
}

macro_rules! sixteen_bits {
    ($($element:ty),*) => {
        $(
        impl OfPixels<$element> for FromRgb {
            type Number = f32;

            #[inline(always)]
            fn read(element: $element) -> f32 {
                element.real() * (1.0 / <$element>::WHITE)
            }

            #[inline(always)]
            fn of(&self, pixel: [f32; 3]) -> [f32; 3] {
                let [hue, saturation, value] = of_rgb(pixel);
                [hue * (1.0 / 360.0), saturation, value]
            }

            #[inline(always)]
            fn write(number: f32) -> $element {
                <$element>::nearest(number * <$element>::WHITE)
            }
        }

        impl OfPixels<$element> for ToRgb {
            type Number = f32;

            #[inline(always)]
            fn read(element: $element) -> f32 {
                element.real() * (1.0 / <$element>::WHITE)
            }

            #[inline(always)]
            fn of(&self, [hue, saturation, value]: [f32; 3]) -> [f32; 3] {
                to_rgb([hue * 6.0, saturation, value])
            }

            #[inline(always)]
            fn write(number: f32) -> $element {
                <$element>::nearest(number * <$element>::WHITE)
            }
        }
        )*
    };
}

sixteen_bits!(i16, u16);
