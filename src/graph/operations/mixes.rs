//! Two images that become one, as torchvision's `MixUp` and `CutMix` mix them.

use super::super::array::Array;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{check_elements, check_number};
use super::erase::{REGION, region};
use super::picture::{infer_picture, size};
use super::pixels::{copied, image, image_with_pixels, infer_number};
use super::points::put;
use super::processing::{infer_alike, unlike};
use super::random::SEED;
use crate::augment::{Images, Kind, Mixed, Mixing, refused_alpha};
use crate::graph::number::Number;
use crate::pixel::{Dtype, Layout, Size};

const FAMILY: &str = "image.augmentation";

const A: Parameter = Parameter::new("a", "an image of uint8 or float32");
const B: Parameter = Parameter::new("b", "an image of the same type and shape");
const ALPHA: Parameter = Parameter::new(
    "alpha",
    "the parameter of the distribution Beta(alpha, alpha), above 0",
)
.or(Default::Float(1.0));

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "MixUpShare",
        FAMILY,
        "The share of the first of two images in their sum, drawn from Beta(alpha, alpha): as torchvision's `MixUp` draws it, to the nearest multiple of 2^-16.",
        &[ALPHA, SEED],
        |given| {
            infer_number(given, 0, alpha)?;
            check_number(&given[1])?;
            Ok(Type::scalar(Dtype::Float32))
        },
        |inputs, out| {
            let drawn = drawn(Kind::MixUp, inputs, Size::new(1, 1))?;
            out.array_mut().put_scalar(f32::from_double(drawn.share));
            Ok(())
        },
    ),
    Operation::pure(
        "MixUpImages",
        FAMILY,
        "The weighted sum of two images: a * share + b * (1 - share), of bytes to the nearest, half a level up.",
        &[
            A,
            B,
            Parameter::new("share", "the share of the first, from 0 to 1"),
        ],
        |given| {
            infer_number(given, 2, share)?;
            infer_pair(given)
        },
        |inputs, out| {
            let how = Mixed::by_share(share(inputs.get(2))?);
            put_mixed(inputs, |_, _| Ok(how), out)
        },
    ),
    Operation::pure(
        "CutMixRegion",
        FAMILY,
        "A random rectangle in an image: float32 (4,), left, top, right, bottom. Its middle is anywhere, and its share of the area is 1 less a number of Beta(alpha, alpha), where it is not cut off by an edge, as torchvision's `CutMix` draws it.",
        &[
            Parameter::new("source", "the image, of any type"),
            ALPHA,
            SEED,
        ],
        |given| {
            infer_picture(&given[0])?;
            infer_number(given, 1, alpha)?;
            check_number(&given[2])?;
            Ok(Type::array(Dtype::Float32, vec![Some(4)]))
        },
        |inputs, out| {
            let size = size(image_with_pixels(inputs)?.0)?;
            let drawn = drawn(Kind::CutMix, inputs.after(1), size)?;
            put(out, &[4], drawn.area.unwrap_or_default().map(f64::from))
        },
    ),
    Operation::pure(
        "CutMixImages",
        FAMILY,
        "The first of two images, with what the second one has in a region.",
        &[A, B, REGION],
        |given| {
            check_elements(&given[2], 4, "a rectangle")?;
            infer_pair(given)
        },
        |inputs, out| {
            let area = |source: &Array, size| {
                let side = |edge| u32::try_from(edge).unwrap_or(u32::MAX);
                let area = region(inputs.get(2), source)?.map(side);
                Ok(Mixed::by_area(area, size))
            };
            put_mixed(inputs, area, out)
        },
    ),
];

fn alpha(value: &Value) -> Result<f64, String> {
    let alpha = value.double()?;
    refused_alpha(alpha).map_or(Ok(alpha), |refused| Err(refused.to_string()))
}

fn share(value: &Value) -> Result<f64, String> {
    let share = value.double()?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(format!("a share of {share}, not from 0 to 1"))
    }
}

/// What a seed draws, which comes after the parameter of the distribution: what a Loader with this
/// seed draws for its first batch.
fn drawn(kind: Kind, inputs: Inputs<'_>, size: Size) -> Result<Mixed, String> {
    let (alpha, seed) = (alpha(inputs.get(0))?, inputs.get(1).integer()?);
    let mixing = Mixing::new(vec![(kind, alpha)]).map_err(|error| error.to_string())?;
    Ok(mixing.draw(seed.cast_unsigned(), 0, 0, size))
}

fn infer_pair(given: &Given<'_>) -> Result<Type, String> {
    infer_picture(&given[0])?;
    infer_picture(&given[1])?;
    let pair = infer_alike(given)?;
    check_type(&pair)?;
    Ok(Type::Array(pair))
}

fn check_type(image: &ArrayType) -> Result<(), String> {
    match image.dtype {
        None | Some(Dtype::Uint8 | Dtype::Float32) => Ok(()),
        Some(_) => Err(format!(
            "{image}, not an image of uint8 or float32: ConvertDepth(image, \"uint8\") makes one"
        )),
    }
}

/// Writes the first of two images, mixed with the second one.
fn put_mixed(
    inputs: Inputs<'_>,
    how: impl FnOnce(&Array, Size) -> Result<Mixed, String>,
    out: &mut Value,
) -> Result<(), String> {
    let (source, channels) = image_with_pixels(inputs)?;
    let other = image(inputs.after(1))?;
    let known = ArrayType::of(source);
    if (source.dtype(), source.shape()) != (other.dtype(), other.shape()) {
        return Err(unlike(&known, &ArrayType::of(other)));
    }
    check_type(&known)?;
    let size = size(source)?;
    let form = Images {
        dtype: source.dtype(),
        layout: Layout::Nhwc,
        size,
        channels,
    };
    let how = how(source, size)?;
    how.mix_pair(copied(source, out).bytes_mut(), other.bytes(), form);
    Ok(())
}
