//! Brightness and colours as torchvision adjusts them.

use super::super::array::Array;
use super::super::number::of_pixel;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::shape;
use super::color::SOURCE;
use super::picture::{Picture, dimensions};
use super::pixels::{coloured, elements, elements_mut, image, infer_coloured, infer_like};
use super::pixels::{infer_number, like};
use crate::image::adjust::{brightness, contrast, grayscale, hue, saturation};
use crate::image::color::{Colour, Conversion};
use crate::image::point::Level;

const FAMILY: &str = "image.color";

const COLOURED: Parameter = Parameter::new(
    "source",
    "an image of one channel or of red, green and blue: uint8, int16, uint16 or float32",
);

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "AdjustBrightness",
        FAMILY,
        "An image whose levels are multiplied, as torchvision's `adjust_brightness` does it.",
        &[
            SOURCE,
            Parameter::new(
                "factor",
                "the factor, from 0, which gives black; 1 changes nothing",
            ),
        ],
        |given| {
            infer_number(given, 1, factor)?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, factor) = (image(inputs)?, factor(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                brightness::<T>(elements(source), factor, elements_mut(out));
                Ok(())
            })
        },
    ),
    adjusting(
        "AdjustContrast",
        "An image of more or less contrast: as torchvision's `adjust_contrast`, which blends it with the mean of the gray image.",
        &[
            COLOURED,
            Parameter::new(
                "factor",
                "by what differences from the mean are multiplied, from 0",
            ),
        ],
        |inputs, out| {
            let ((source, channels), factor) = (coloured(inputs)?, factor(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                contrast::<T>(elements(source), channels, factor, elements_mut(out));
                Ok(())
            })
        },
    ),
    adjusting(
        "AdjustSaturation",
        "An image of more or less colour: as torchvision's `adjust_saturation`, which blends it with the gray image.",
        &[
            COLOURED,
            Parameter::new(
                "factor",
                "by what differences from gray are multiplied, from 0",
            ),
        ],
        |inputs, out| {
            let ((source, channels), factor) = (coloured(inputs)?, factor(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                saturation::<T>(elements(source), channels, factor, elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation {
        infer: |given| {
            infer_number(given, 1, turn)?;
            infer_coloured(given)?;
            infer_like(given)
        },
        ..adjusting(
            "AdjustHue",
            "An image whose hues are shifted, as torchvision's `adjust_hue` does it.",
            &[
                COLOURED,
                Parameter::new("factor", "how far, as a share of the circle: -0.5 to 0.5"),
            ],
            |inputs, out| {
                let ((source, channels), turn) = (coloured(inputs)?, turn(inputs.get(1))?);
                let out = like(source, out);
                of_pixel!(source.dtype(), T => {
                    hue::<T>(elements(source), channels, turn, elements_mut(out));
                    Ok(())
                })
            },
        )
    },
    Operation {
        name: "AdjustColors",
        family: FAMILY,
        summary: "An image with other brightness, contrast, saturation and hue: adjusted one after the other, in an order. A factor of 1, and a hue of 0, are left out.",
        parameters: &[
            COLOURED,
            Parameter::new("brightness", "the factor of AdjustBrightness, from 0"),
            Parameter::new("contrast", "the factor of AdjustContrast, from 0"),
            Parameter::new("saturation", "the factor of AdjustSaturation, from 0"),
            Parameter::new("hue", "the factor of AdjustHue, from -0.5 to 0.5"),
            Parameter::new(
                "order",
                "the numbers 0 to 3, which stand for the four factors, in any order",
            ),
        ],
        infer: |given| {
            for input in 1..4 {
                infer_number(given, input, factor)?;
            }
            infer_number(given, 4, turn)?;
            given[5].as_array()?;
            given.constant(5).map(order).transpose()?;
            infer_coloured(given)?;
            infer_like(given)
        },
        run: Run::Heavy(adjust_colors),
    },
    Operation::pure(
        "Grayscale",
        FAMILY,
        "A gray image: as torchvision's `rgb_to_grayscale` has it, 0.2989 of red, 0.587 of green and 0.114 of blue, without the fraction if it is of integers.",
        &[
            COLOURED,
            Parameter::new("channels", "how many channels it gets, all equal: 1 or 3")
                .or(Default::Integer(1)),
        ],
        infer_grayscale,
        to_grayscale,
    ),
];

const fn adjusting(
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters,
        infer: |given| {
            infer_number(given, 1, factor)?;
            infer_coloured(given)?;
            infer_like(given)
        },
        run: Run::Pure(function),
    }
}

fn factor(value: &Value) -> Result<f64, String> {
    let factor = value.double()?;
    if factor >= 0.0 && factor.is_finite() {
        Ok(factor)
    } else {
        Err(format!("a factor of {factor}, not a number from 0"))
    }
}

fn turn(value: &Value) -> Result<f64, String> {
    let turn = value.double()?;
    if (-0.5..=0.5).contains(&turn) {
        Ok(turn)
    } else {
        Err(format!("a hue of {turn}, not from -0.5 to 0.5"))
    }
}

/// The four numbers in some order.
fn order(value: &Value) -> Result<[usize; 4], String> {
    let array = value.array()?;
    let mut order = [0; 4];
    let mut seen = [false; 4];
    if array.shape().elements() == 4 {
        for (place, number) in order.iter_mut().enumerate() {
            *number = usize::try_from(array.integer_at(place)?).unwrap_or(usize::MAX);
            if let Some(seen) = seen.get_mut(*number) {
                *seen = true;
            }
        }
    }
    if seen == [true; 4] {
        Ok(order)
    } else {
        Err("an order that is not of the numbers 0 to 3".to_owned())
    }
}

fn adjust_colors(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let (source, channels) = coloured(inputs)?;
    let mut factors = [0.0; 4];
    for (input, number) in factors.iter_mut().take(3).enumerate() {
        *number = factor(inputs.get(input + 1))?;
    }
    factors[3] = turn(inputs.get(4))?;
    let steps = order(inputs.get(5))?.map(|number| (number, factors[number]));
    let out = like(source, out);
    let spare = &mut scratch.spare;
    spare.reset(source.dtype(), source.shape());
    of_pixel!(source.dtype(), T => {
        adjust_in_order::<T>(elements(source), channels, steps, out, spare);
        Ok(())
    })
}

/// Writes what the steps make of levels, one after the other.
#[expect(clippy::float_cmp, reason = "a factor that changes nothing")]
fn adjust_in_order<T: Level + bytemuck::Pod>(
    source: &[T],
    channels: usize,
    steps: [(usize, f64); 4],
    out: &mut Array,
    spare: &mut Array,
) {
    let is_done = |(number, factor): &(usize, f64)| *factor == if *number == 3 { 0.0 } else { 1.0 };
    let left = steps.iter().filter(|step| !is_done(step));
    let mut is_first = true;
    for (number, factor) in left.copied() {
        let (from, to): (&[T], &mut [T]) = if is_first {
            (source, elements_mut(out))
        } else {
            std::mem::swap(out, spare);
            (elements(spare), elements_mut(out))
        };
        is_first = false;
        match number {
            0 => brightness(from, factor, to),
            1 => contrast(from, channels, factor, to),
            2 => saturation(from, channels, factor, to),
            _ => hue(from, channels, factor, to),
        }
    }
    if is_first {
        elements_mut(out).copy_from_slice(source);
    }
}

fn channels(value: &Value) -> Result<usize, String> {
    match value.integer()? {
        1 => Ok(1),
        3 => Ok(3),
        other => Err(format!("{other} channels, not 1 or 3")),
    }
}

fn infer_grayscale(given: &Given<'_>) -> Result<Type, String> {
    let Picture {
        height,
        width,
        has_channels,
        ..
    } = infer_coloured(given)?;
    infer_number(given, 1, channels)?;
    let wanted = given.constant(1).map(channels).transpose()?;
    let shape = match (has_channels, wanted) {
        (Some(false), Some(1)) => Some(vec![height, width]),
        (Some(true), wanted) => Some(vec![height, width, wanted]),
        (_, Some(3)) => Some(vec![height, width, Some(3)]),
        _ => None,
    };
    let dtype = given[0].dtype();
    Ok(Type::Array(ArrayType { dtype, shape }))
}

fn to_grayscale(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let ((source, own), wanted) = (coloured(inputs)?, channels(inputs.get(1))?);
    let [height, width, _] = dimensions(source)?;
    let shape = match source.shape().axes() {
        [_, _] if wanted == 1 => shape(&[height, width])?,
        _ => shape(&[height, width, wanted])?,
    };
    let out = out.array_mut();
    out.reset(source.dtype(), shape);
    of_pixel!(source.dtype(), T => {
        let (source, out): (&[T], &mut [T]) = (elements(source), elements_mut(out));
        match (own, wanted) {
            (3, _) => grayscale(source, wanted, out),
            (_, 3) => T::convert(Conversion::GrayRgb, source, out),
            _ => out.copy_from_slice(source),
        }
        Ok(())
    })
}
