//! Levels as torchvision changes them.

use super::super::number::of_pixel;
use super::super::operation::{Given, Inputs, Operation, Parameter};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::color::SOURCE;
use super::picture::infer_pixels;
use super::pixels::{elements, elements_mut, image, image_with_pixels, infer_like, infer_number};
use super::pixels::{like, single};
use crate::image::levels::{autocontrast, equalize, posterize, solarize};
use crate::image::point::standardize;
use crate::pixel::Dtype;

const FAMILY: &str = "image.color";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "Equalize",
        FAMILY,
        "An image with about as many pixels of each level: as torchvision and Pillow equalize each channel by itself.",
        &[Parameter::new("source", "an image of uint8")],
        |given| match given[0].dtype() {
            None | Some(Dtype::Uint8) => infer_like(given),
            Some(other) => Err(not_bytes(other)),
        },
        |inputs, out| {
            let (source, channels) = image_with_pixels(inputs)?;
            if source.dtype() != Dtype::Uint8 {
                return Err(not_bytes(source.dtype()));
            }
            let out = like(source, out);
            equalize(source.bytes(), channels, out.bytes_mut());
            Ok(())
        },
    ),
    Operation::pure(
        "AutoContrast",
        FAMILY,
        "An image with every channel from black to white: as torchvision's `autocontrast`. A channel of one level stays what it is.",
        &[SOURCE],
        infer_like,
        |inputs, out| {
            let (source, channels) = image_with_pixels(inputs)?;
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                autocontrast::<T>(elements(source), channels, elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Posterize",
        FAMILY,
        "An image of fewer levels: the highest bits alone, as torchvision's `posterize`. float32 has as many levels as there are of so many bits.",
        &[SOURCE, Parameter::new("bits", "how many bits, from 0 to 8")],
        |given| {
            infer_number(given, 1, bits)?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, bits) = (image(inputs)?, bits(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                posterize::<T>(elements(source), bits, elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Solarize",
        FAMILY,
        "An image whose levels from a threshold on are inverted: as torchvision's `solarize`.",
        &[
            SOURCE,
            Parameter::new(
                "threshold",
                "the least level that is inverted, in units of the elements",
            ),
        ],
        |given| {
            infer_number(given, 1, single)?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, threshold) = (image(inputs)?, single(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                solarize::<T>(elements(source), threshold, elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Normalize",
        FAMILY,
        "An image as float32: levels from 0 to 1, less a mean, and divided by a deviation.",
        &[
            SOURCE,
            Parameter::new(
                "mean",
                "the mean, of levels from 0 to 1, or one for each channel",
            ),
            Parameter::new(
                "std",
                "the standard deviation of the same, or one for each channel; not 0",
            ),
        ],
        infer_standardized,
        standardized,
    ),
];

fn bits(value: &Value) -> Result<u32, String> {
    let bits = value.integer()?;
    u32::try_from(bits)
        .ok()
        .filter(|bits| *bits <= 8)
        .ok_or_else(|| format!("{bits} bits, not from 0 to 8"))
}

fn not_bytes(dtype: Dtype) -> String {
    format!("an image of {}, not of uint8", dtype.name())
}

/// A number for each of some channels.
#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
fn of_channels(value: &Value, channels: usize, what: &str) -> Result<Vec<f32>, String> {
    let array = value.array()?;
    let elements = array.shape().elements();
    if elements != 1 && elements != channels {
        return Err(format!("{elements} {what} for {channels} channels"));
    }
    let number = |place| array.double_at(if elements == 1 { 0 } else { place }) as f32;
    Ok((0..channels).map(number).collect())
}

fn deviations(value: &Value, channels: usize) -> Result<Vec<f32>, String> {
    let found = of_channels(value, channels, "deviations")?;
    if found.contains(&0.0) {
        return Err("a deviation of 0".to_owned());
    }
    Ok(found)
}

fn infer_standardized(given: &Given<'_>) -> Result<Type, String> {
    let picture = infer_pixels(&given[0])?;
    for input in [1, 2] {
        given[input].as_array()?;
    }
    if let Some(channels) = picture.channels.filter(|_| picture.has_channels.is_some()) {
        let mean = given.constant(1);
        mean.map(|value| of_channels(value, channels, "means"))
            .transpose()?;
        let std = given.constant(2);
        std.map(|value| deviations(value, channels)).transpose()?;
    }
    let ArrayType { shape, .. } = given[0].as_array()?;
    let dtype = Some(Dtype::Float32);
    Ok(Type::Array(ArrayType { dtype, shape }))
}

fn standardized(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, channels) = image_with_pixels(inputs)?;
    let means = of_channels(inputs.get(1), channels, "means")?;
    let deviations = deviations(inputs.get(2), channels)?;
    let out = out.array_mut();
    out.reset(Dtype::Float32, source.shape());
    of_pixel!(source.dtype(), T => {
        standardize::<T>(elements(source), &means, &deviations, elements_mut(out));
        Ok(())
    })
}
