//! Levels of images: blended, stretched, solarized, shifted.

use super::super::number::{Number, of_number, of_pixel};
use super::super::operation::{Given, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::color::SOURCE;
use super::picture::{infer_picture, infer_pixels};
use super::pixels::{elements, elements_mut, image, image_with_pixels, infer_like, infer_number};
use super::pixels::{like, single};
use crate::image::levels::{bounds, solarize};
use crate::image::point::{self, Level};
use crate::image::raster::Pixel;
use crate::pixel::Dtype;

const FAMILY: &str = "image.processing";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "ImageBlend",
        FAMILY,
        "A weighted sum of two images: a * alpha + b * (1 - alpha), rounded and clipped if it is \
         of integers.",
        &[
            Parameter::new("a", "an image of uint8, int16, uint16 or float32"),
            Parameter::new("b", "an image of the same type and shape"),
            Parameter::new("alpha", "the share of the first, usually from 0 to 1"),
        ],
        infer_blend,
        blend,
    ),
    Operation::pure(
        "ImageNormalize",
        FAMILY,
        "An image of one channel from black to white: its least level becomes black and its greatest white. One of a single level becomes black.",
        &[SOURCE],
        |given| {
            let channels = infer_pixels(&given[0])?.channels;
            channels.map(check_gray).transpose()?;
            infer_like(given)
        },
        normalize,
    ),
    Operation::pure(
        "ImageSolarize",
        FAMILY,
        "An image whose levels above a threshold are inverted: white less each of them.",
        &[
            SOURCE,
            Parameter::new("threshold", "the threshold, in units of the elements"),
        ],
        |given| {
            infer_number(given, 1, single)?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, threshold) = (image(inputs)?, single(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                solarize::<T>(elements(source), threshold.next_up(), elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation {
        name: "ImageBrightness",
        family: "image.augmentation",
        summary: "A brighter or darker image.",
        parameters: &[
            Parameter::new("source", "an image of any type"),
            Parameter::new(
                "amount",
                "what is added to its elements, in their units; rounded for integers, which are clipped",
            ),
        ],
        infer: |given| {
            infer_picture(&given[0])?;
            infer_number(given, 1, single)?;
            Ok(Type::Array(given[0].as_array()?))
        },
        run: Run::Pure(brighten),
    },
];

fn infer_blend(given: &Given<'_>) -> Result<Type, String> {
    infer_pixels(&given[0])?;
    infer_pixels(&given[1])?;
    infer_number(given, 2, single)?;
    Ok(Type::Array(infer_alike(given)?))
}

/// The type of the first two inputs, which must be alike.
///
/// # Errors
/// That they are not.
pub(super) fn infer_alike(given: &Given<'_>) -> Result<ArrayType, String> {
    let (a, b) = (given[0].as_array()?, given[1].as_array()?);
    let differ = match (&a.shape, &b.shape) {
        (Some(a), Some(b)) => {
            let mut both = a.iter().zip(b);
            a.len() != b.len() || both.any(|(a, b)| a.zip(*b).is_some_and(|(a, b)| a != b))
        }
        _ => false,
    };
    if differ || a.dtype.zip(b.dtype).is_some_and(|(a, b)| a != b) {
        return Err(unlike(&a, &b));
    }
    // What is known of either of them is true of both.
    let shape = match (a.shape, b.shape) {
        (Some(a), Some(b)) => Some(a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect()),
        (a, b) => a.or(b),
    };
    let dtype = a.dtype.or(b.dtype);
    Ok(ArrayType { dtype, shape })
}

/// What is wrong with two images.
pub(super) fn unlike(a: &ArrayType, b: &ArrayType) -> String {
    format!("{a} and {b}: they must have one type and shape")
}

fn blend(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (a, b) = (image(inputs)?, image(inputs.after(1))?);
    let alpha = single(inputs.get(2))?;
    if (a.dtype(), a.shape()) != (b.dtype(), b.shape()) {
        return Err(unlike(&ArrayType::of(a), &ArrayType::of(b)));
    }
    let out = like(a, out);
    of_pixel!(a.dtype(), T => {
        point::blend::<T>(elements(a), elements(b), alpha, elements_mut(out));
        Ok(())
    })
}

fn check_gray(channels: usize) -> Result<(), String> {
    if channels == 1 {
        Ok(())
    } else {
        Err(format!("an image of {channels} channels, not of 1"))
    }
}

fn normalize(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, channels) = image_with_pixels(inputs)?;
    check_gray(channels)?;
    let out = like(source, out);
    of_pixel!(source.dtype(), T => {
        let levels: &[T] = elements(source);
        for (least, most) in bounds(levels, 1) {
            let range = most.real() - least.real();
            let by = if range > 0.0 { T::WHITE / range } else { 0.0 };
            point::stretch(levels, least, by, elements_mut(out));
        }
        Ok(())
    })
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn brighten(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, amount) = (image(inputs)?, inputs.get(1));
    single(amount)?;
    let amount = amount.double()?;
    let out = like(source, out);
    let is_shifted = match source.dtype() {
        Dtype::Uint8 => shift::<u8>(elements(source), amount, elements_mut(out)),
        Dtype::Int16 => shift::<i16>(elements(source), amount, elements_mut(out)),
        Dtype::Uint16 => shift::<u16>(elements(source), amount, elements_mut(out)),
        Dtype::Float32 => {
            point::shift::<f32>(elements(source), amount as f32, 0.0, elements_mut(out));
            true
        }
        _ => false,
    };
    if is_shifted {
        return Ok(());
    }
    let is_whole = source.dtype() != Dtype::Float64;
    let amount = if is_whole { amount.round() } else { amount };
    of_number!(source.dtype(), T => {
        let levels = elements::<T>(source).iter();
        for (level, target) in levels.zip(elements_mut::<T>(out)) {
            *target = T::from_double(level.to_double() + amount);
        }
    });
    if source.dtype() == Dtype::Bool {
        let bytes = out.bytes_mut().iter_mut();
        bytes.for_each(|byte| *byte = (*byte).min(1));
    }
    Ok(())
}

/// Adds a whole number near an amount, if levels may be that large.
#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn shift<T: Level>(source: &[T], amount: f64, out: &mut [T]) -> bool {
    let amount = amount.round() as f32;
    if amount.abs() > T::WHITE {
        return false;
    }
    let [up, down] = [amount, -amount].map(|amount| T::nearest(amount.max(0.0)));
    point::shift(source, up, down, out);
    true
}
