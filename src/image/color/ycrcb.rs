//! Luma, and the differences of red and of blue to it.

use super::super::point::OfPixels;

pub(super) struct FromRgb;
pub(super) struct ToRgb;

const SHIFT: u32 = 14;
const HALF: i32 = 1 << (SHIFT - 1);

/// An integer, clipped to what is from black to white.
macro_rules! clipped {
    ($number:expr, $element:ty) => {{
        #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in range"
        )]
        let clipped = $number.clamp(0, i32::from(<$element>::MAX)) as $element;
        clipped
    }};
}
macro_rules! integers {
    ($($element:ty: $middle:literal),*) => {
        $(
        impl OfPixels<$element> for FromRgb {
            type Number = i32;

            #[inline(always)]
            fn read(element: $element) -> i32 {
                i32::from(element)
            }

            #[inline(always)]
            fn of(&self, [red, green, blue]: [i32; 3]) -> [i32; 3] {
                let sum = red * 4899 + green * 9617 + blue * 1868;
                let luma = (sum + HALF) >> SHIFT;
                let difference = |level: i32, factor: i32| {
                    ((level - luma) * factor + ($middle << SHIFT) + HALF) >> SHIFT
                };
                [luma, difference(red, 11682), difference(blue, 9241)]
            }

            #[inline(always)]
            fn write(number: i32) -> $element {
                clipped!(number, $element)
            }
        }

        impl OfPixels<$element> for ToRgb {
            type Number = i32;

            #[inline(always)]
            fn read(element: $element) -> i32 {
                i32::from(element)
            }

            #[inline(always)]
            fn of(&self, [luma, of_red, of_blue]: [i32; 3]) -> [i32; 3] {
                let (of_red, of_blue) = (of_red - $middle, of_blue - $middle);
                let more = |sum: i32| luma + ((sum + HALF) >> SHIFT);
                [
                    more(of_red * 22987),
                    more(of_blue * -5636 + of_red * -11698),
                    more(of_blue * 29049),
                ]
            }

            #[inline(always)]
            fn write(number: i32) -> $element {
                clipped!(number, $element)
            }
        }
        )*
    };
}

integers!(u8: 128, i16: 16384, u16: 32768);

impl OfPixels<f32> for FromRgb {
    type Number = f32;

    #[inline(always)]
    fn read(element: f32) -> f32 {
        element
    }

    #[inline(always)]
    fn of(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        let luma = red * 0.299 + green * 0.587 + blue * 0.114;
        [
            luma,
            (red - luma) * 0.713 + 0.5,
            (blue - luma) * 0.564 + 0.5,
        ]
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
    fn of(&self, [luma, of_red, of_blue]: [f32; 3]) -> [f32; 3] {
        let (of_red, of_blue) = (of_red - 0.5, of_blue - 0.5);
        [
            luma + of_red * 1.403,
            luma + of_blue * -0.344 + of_red * -0.714,
            luma + of_blue * 1.773,
        ]
    }

    #[inline(always)]
    fn write(number: f32) -> f32 {
        number
    }
}
