//! Parts of images that are erased.

use super::super::array::Array;
use super::super::number::{Number, of_pixel};
use super::super::operation::{Default, Given, Inputs, Operation, Parameter};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::{check_elements, check_number, doubles};
use super::boxes::ratio;
use super::color::SOURCE;
use super::picture::{dimensions, infer_pixels};
use super::pixels::probability;
use super::pixels::{copied, elements_mut, image, image_with_pixels, infer_like, infer_number};
use super::points::put;
use super::random::{SEED, stream};
use crate::image::erase::{Frame, Region, drop_patches, drop_pixels, erase};
use crate::pixel::Dtype;
use crate::random::{Bytes, Stream};

const FAMILY: &str = "image.processing";

/// A rectangle in an image.
pub(super) const REGION: Parameter = Parameter::new(
    "region",
    "a rectangle: left, top, right and bottom, which are cut to whole numbers; the last two are \
     beyond it",
);

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "ImageDropout",
        FAMILY,
        "An image whose pixels are each made black with a probability.",
        &[
            SOURCE,
            Parameter::new("probability", "the probability, from 0 to 1"),
            SEED,
        ],
        |given| {
            infer_number(given, 1, probability)?;
            check_number(&given[2])?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, channels) = image_with_pixels(inputs)?;
            let p = probability(inputs.get(1))?;
            let bytes = Bytes::new(&mut stream(inputs.get(2))?);
            let out = copied(source, out);
            of_pixel!(source.dtype(), T => {
                drop_pixels::<T>(elements_mut(out), channels, p, &bytes);
                Ok(())
            })
        },
    ),
    Operation::pure(
        "ImageCoarseDropout",
        FAMILY,
        "An image that is divided into patches, each of which is made black with a probability.",
        &[
            SOURCE,
            Parameter::new("probability", "the probability, from 0 to 1"),
            Parameter::new(
                "size",
                "width and height of a patch as shares of the image's, from 0 to 1: whole pixels, \
                 one at least",
            ),
            SEED,
        ],
        |given| {
            infer_number(given, 1, probability)?;
            infer_number(given, 2, share)?;
            check_number(&given[3])?;
            infer_like(given)
        },
        coarse_dropout,
    ),
    Operation::pure(
        "ImageCut",
        FAMILY,
        "An image with black in a region.",
        &[SOURCE, REGION],
        |given| {
            check_elements(&given[1], 4, "a rectangle")?;
            infer_like(given)
        },
        |inputs, out| {
            let source = image(inputs)?;
            let (frame, region) = (frame(source)?, region(inputs.get(1), source)?);
            let out = copied(source, out);
            of_pixel!(source.dtype(), T => {
                erase::<T>(elements_mut(out), frame, region, |row| row.fill(T::default()));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Erase",
        FAMILY,
        "An image with a value in a region.",
        &[
            SOURCE,
            REGION,
            Parameter::new(
                "value",
                "a number, one for each channel, or \"random\": numbers of the standard normal \
                 distribution in float32, and any levels in integers",
            )
            .or(Default::Float(0.0)),
            SEED,
        ],
        infer_erase,
        run_erase,
    ),
    Operation::pure(
        "ErasingRegion",
        FAMILY,
        "A random rectangle in an image: float32 (4,), left, top, right, bottom, as torchvision's `RandomErasing` draws it. It is empty if none of ten rectangles lies within the image.",
        &[
            SOURCE,
            Parameter::new(
                "scale",
                "the least and the greatest area, as shares of the image's, from 0 to 1",
            ),
            Parameter::new(
                "ratio",
                "the least and the greatest ratio of height to width, above 0",
            ),
            SEED,
        ],
        |given| {
            infer_pixels(&given[0])?;
            check_elements(&given[1], 2, "two shares")?;
            check_elements(&given[2], 2, "two ratios")?;
            check_number(&given[3])?;
            given.constant(1).map(scale).transpose()?;
            given.constant(2).map(ratio).transpose()?;
            Ok(Type::array(Dtype::Float32, vec![Some(4)]))
        },
        erasing_region,
    ),
];

fn frame(source: &Array) -> Result<Frame, String> {
    let [height, width, channels] = dimensions(source)?;
    Ok(Frame {
        width,
        height,
        channels,
    })
}

/// The part of a rectangle that lies within an image.
///
/// # Errors
/// That it is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clipped, as it should be"
)]
pub(super) fn region(value: &Value, source: &Array) -> Result<Region, String> {
    let sides = doubles::<4>(value, "a rectangle")?;
    if sides.iter().any(|side| side.is_nan()) {
        return Err("a rectangle with a side that is not a number".to_owned());
    }
    let [height, width, _] = dimensions(source)?;
    let [left, top, right, bottom] = sides.map(|side| side as usize);
    let (left, top) = (left.min(width), top.min(height));
    let (right, bottom) = (right.min(width).max(left), bottom.min(height).max(top));
    Ok([left, top, right, bottom])
}

fn share(value: &Value) -> Result<f64, String> {
    let share = value.double()?;
    if share > 0.0 && share <= 1.0 {
        Ok(share)
    } else {
        Err(format!("a size of {share}, not a share up to 1"))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part of a side"
)]
fn coarse_dropout(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, _) = image_with_pixels(inputs)?;
    let (p, share) = (probability(inputs.get(1))?, share(inputs.get(2))?);
    let bytes = Bytes::new(&mut stream(inputs.get(3))?);
    let frame = frame(source)?;
    let side = |whole: usize| ((whole as f64 * share) as usize).max(1);
    let sides = (side(frame.width), side(frame.height));
    let out = copied(source, out);
    of_pixel!(source.dtype(), T => {
        drop_patches::<T>(elements_mut(out), frame, sides, p, &bytes);
        Ok(())
    })
}

const RANDOM: &str = "random";

fn infer_erase(given: &Given<'_>) -> Result<Type, String> {
    let picture = infer_pixels(&given[0])?;
    check_elements(&given[1], 4, "a rectangle")?;
    check_number(&given[3])?;
    match given.constant(2) {
        Some(Value::Text(text)) => check_word(text)?,
        Some(value) => {
            let channels = picture.channels.filter(|_| picture.has_channels.is_some());
            let elements = value.array()?.shape().elements();
            channels
                .map(|channels| check_value(elements, channels))
                .transpose()?;
        }
        None if given[2] == Type::Text => {}
        None => drop(given[2].as_array()?),
    }
    infer_like(given)
}

fn check_word(text: &str) -> Result<(), String> {
    if text == RANDOM {
        Ok(())
    } else {
        Err(format!("{text:?}, not a number or \"{RANDOM}\""))
    }
}

fn check_value(elements: usize, channels: usize) -> Result<(), String> {
    if elements == 1 || elements == channels {
        Ok(())
    } else {
        Err(format!("{elements} values for {channels} channels"))
    }
}

fn run_erase(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = image(inputs)?;
    let (frame, region) = (frame(source)?, region(inputs.get(1), source)?);
    let out = copied(source, out);
    match inputs.get(2) {
        Value::Text(text) => {
            check_word(text)?;
            let mut stream = stream(inputs.get(3))?;
            erase_at_random(out, frame, region, &mut stream)
        }
        value => {
            let value = value.array()?;
            let elements = value.shape().elements();
            check_value(elements, frame.channels)?;
            let of = |channel| if elements == 1 { 0 } else { channel };
            of_pixel!(source.dtype(), T => {
                let levels: Vec<T> = (0..frame.channels)
                    .map(|channel| value.number_at(of(channel)))
                    .collect();
                let [left, _, right, _] = region;
                let elements = (right - left) * levels.len();
                let filled: Vec<T> = levels.iter().copied().cycle().take(elements).collect();
                erase::<T>(elements_mut(out), frame, region, |row| row.copy_from_slice(&filled));
                Ok(())
            })
        }
    }
}

fn erase_at_random(
    out: &mut Array,
    frame: Frame,
    region: Region,
    stream: &mut Stream,
) -> Result<(), String> {
    if out.dtype() == Dtype::Float32 {
        erase::<f32>(elements_mut(out), frame, region, |row| {
            for element in row {
                *element = f32::from_double(stream.normal());
            }
        });
        return Ok(());
    }
    let bytes = Bytes::new(stream);
    let mut position = 0;
    of_pixel!(out.dtype(), T => {
        erase::<T>(elements_mut(out), frame, region, |row| {
            let row: &mut [u8] = bytemuck::cast_slice_mut(row);
            bytes.fill(position, row);
            position += u64::try_from(row.len().div_ceil(8)).unwrap_or(0);
        });
        Ok(())
    })
}

fn scale(value: &Value) -> Result<[f64; 2], String> {
    let [least, most] = doubles(value, "two shares")?;
    if 0.0 <= least && least <= most && most <= 1.0 {
        Ok([least, most])
    } else {
        Err(format!(
            "a scale from {least} to {most}, not within 0 and 1"
        ))
    }
}

/// How many rectangles are drawn.
const ATTEMPTS: usize = 10;

#[expect(clippy::cast_precision_loss, reason = "images are smaller")]
fn erasing_region(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = image(inputs)?;
    let (scale, ratio) = (scale(inputs.get(1))?, ratio(inputs.get(2))?);
    let mut stream = stream(inputs.get(3))?;
    let [height, width, _] = dimensions(source)?;
    let area = (width * height) as f64;
    let logarithms = [ratio.0, ratio.1].map(libm::log);
    let mut found = [0.0; 4];
    for _ in 0..ATTEMPTS {
        let share = stream.uniform(scale[0], scale[1]);
        let ratio = libm::exp(stream.uniform(logarithms[0], logarithms[1]));
        let high = libm::sqrt(area * share * ratio).round_ties_even();
        let wide = libm::sqrt(area * share / ratio).round_ties_even();
        let corner = |side: usize, part: f64, stream: &mut Stream| {
            // Both ends are as likely as what is between them.
            let places = side as f64 - part + 1.0;
            (stream.unit() * places).floor().min(places - 1.0)
        };
        if high < height as f64 && wide < width as f64 {
            let top = corner(height, high, &mut stream);
            let left = corner(width, wide, &mut stream);
            found = [left, top, left + wide, top + high];
            break;
        }
    }
    put(out, &[4], found)
}
