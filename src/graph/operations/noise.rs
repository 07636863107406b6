//! Images of random numbers, and images that such numbers are added to.

use super::super::number::of_pixel;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::{check_number, shape};
use super::picture::{infer_pixels, infer_side, raster, side};
use super::random::SEED;
use crate::image::noise::{Noise, Noisy};
use crate::image::raster::Pixel;
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "GaussianNoise",
        family: RENDER,
        summary: "An image of numbers drawn from a normal distribution: float32 (height, width).",
        parameters: &[
            WIDTH,
            HEIGHT,
            Parameter::new("mean", "their mean").or(Default::Float(0.0)),
            Parameter::new("std", "their standard deviation, from 0").or(Default::Float(1.0)),
            SEED,
        ],
        infer: |types| {
            types.constant(2).map(mean).transpose()?;
            types.constant(3).map(deviation).transpose()?;
            infer_noise(types, Dtype::Float32)
        },
        run: Run::Pure(|inputs, out| {
            let (mean, deviation) = (mean(inputs.get(2))?, deviation(inputs.get(3))?);
            let noise = noise(inputs.get(4))?;
            noise.normal(mean, deviation, numbers(inputs, out)?);
            Ok(())
        }),
    },
    Operation {
        name: "UniformNoise",
        family: RENDER,
        summary: "An image of numbers drawn uniformly from [min, max): float32 (height, width).",
        parameters: &[
            WIDTH,
            HEIGHT,
            Parameter::new("min", "the least number").or(Default::Float(0.0)),
            Parameter::new("max", "the bound, which is not reached").or(Default::Float(1.0)),
            SEED,
        ],
        infer: |types| {
            if let (Some(low), Some(high)) = (types.constant(2), types.constant(3)) {
                range(low, high)?;
            }
            infer_noise(types, Dtype::Float32)
        },
        run: Run::Pure(|inputs, out| {
            let (low, high) = range(inputs.get(2), inputs.get(3))?;
            let noise = noise(inputs.get(4))?;
            noise.uniform(low, high, numbers(inputs, out)?);
            Ok(())
        }),
    },
    Operation {
        name: "BinaryNoise",
        family: RENDER,
        summary: "A black image with exactly a share of white pixels, at random places: their \
                  number is rounded, and each choice of them is as likely as another; uint8 \
                  (height, width).",
        parameters: &[
            WIDTH,
            HEIGHT,
            Parameter::new("positive", "the share that is white, from 0 to 1")
                .or(Default::Float(0.5)),
            SEED,
        ],
        infer: |types| {
            types.constant(2).map(share).transpose()?;
            infer_noise(types, Dtype::Uint8)
        },
        run: Run::Pure(binary_noise),
    },
    Operation {
        name: "ImageNoise",
        family: "image.augmentation",
        summary: "An image with normally distributed noise added: numbers with mean 0, those of \
                  GaussianNoise for the same seed; for integers they are rounded, and the sums \
                  are clipped.",
        parameters: &[
            Parameter::new(
                "source",
                "an image: (height, width, channels), or (height, width)",
            ),
            Parameter::new(
                "amount",
                "the standard deviation, from 0, as a share of white: of 255 for uint8, of 1 for \
                 float32",
            ),
            Parameter::new(
                "per_channel",
                "whether each channel of a pixel gets a number of its own; otherwise all get the \
                 same, so that colours only become brighter or darker",
            )
            .or(Default::Boolean(false)),
            SEED,
        ],
        infer: infer_image_noise,
        run: Run::Pure(image_noise),
    },
];

const RENDER: &str = "image.render";

const WIDTH: Parameter = Parameter::new("width", "its columns, from 1 to 1,048,576");
const HEIGHT: Parameter = Parameter::new("height", "its rows, from 1 to 1,048,576");

/// The type of an image of noise, whose sides come first.
fn infer_noise(given: &Given<'_>, dtype: Dtype) -> Result<Type, String> {
    given[2..].iter().try_for_each(check_number)?;
    let (width, height) = (infer_side(given, 0)?, infer_side(given, 1)?);
    Ok(Type::array(dtype, vec![height, width]))
}

fn noise(seed: &Value) -> Result<Noise, String> {
    Ok(Noise::new(seed.integer()?.cast_unsigned()))
}

/// Makes a value an image of single precision, and gives its elements.
fn numbers<'o>(inputs: Inputs<'_>, out: &'o mut Value) -> Result<&'o mut [f32], String> {
    let (width, height) = (side(inputs.get(0))?, side(inputs.get(1))?);
    let out = out.array_mut();
    out.reset(Dtype::Float32, shape(&[height, width])?);
    Ok(out.slice_mut())
}

fn mean(value: &Value) -> Result<f32, String> {
    let mean = value.double()?;
    single(mean).ok_or_else(|| format!("the mean is {mean}, not a finite number"))
}

fn deviation(value: &Value) -> Result<f32, String> {
    let deviation = value.double()?;
    let found = single(deviation).filter(|found| *found >= 0.0);
    found.ok_or_else(|| format!("the standard deviation is {deviation}, not a number from 0"))
}

/// The nearest number of single precision, if it is finite.
fn single(number: f64) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
    let found = number as f32;
    found.is_finite().then_some(found)
}

fn range(low: &Value, high: &Value) -> Result<(f32, f32), String> {
    let (low, high) = (low.double()?, high.double()?);
    let found = single(low).zip(single(high));
    found
        .filter(|(low, high)| (high - low).is_finite())
        .ok_or_else(|| format!("from {low} to {high}, which is no range of numbers"))
}

fn share(value: &Value) -> Result<f64, String> {
    let share = value.double()?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(format!("a share of {share}, not from 0 to 1"))
    }
}

fn binary_noise(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (width, height) = (side(inputs.get(0))?, side(inputs.get(1))?);
    let share = share(inputs.get(2))?;
    let noise = noise(inputs.get(3))?;
    let out = out.array_mut();
    out.reset(Dtype::Uint8, shape(&[height, width])?);
    let pixels = out.bytes_mut();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not more than there are, which is far below 2^53"
    )]
    let count = (share * pixels.len() as f64).round() as usize;
    noise.choose(count, 255, pixels);
    Ok(())
}

fn infer_image_noise(given: &Given<'_>) -> Result<Type, String> {
    infer_pixels(&given[0])?;
    given[1..].iter().try_for_each(check_number)?;
    given[2].check_condition()?;
    given.constant(1).map(deviation).transpose()?;
    Ok(given[0].clone())
}

fn image_noise(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let share = deviation(inputs.get(1))?;
    let is_per_channel = inputs.get(2).is_true()?;
    let noise = noise(inputs.get(3))?;
    let out = out.array_mut();
    of_pixel!(source.dtype(), T => {
        let image = raster::<T>(source)?;
        let channels = if is_per_channel { 1 } else { image.channels };
        out.reset(source.dtype(), source.shape());
        let white = white::<T>();
        noise.add::<T>(share * white, channels, image.data, out.slice_mut());
        Ok(())
    })
}

fn white<T: Noisy + Pixel<Real = f32>>() -> f32 {
    T::HIGH.real()
}
