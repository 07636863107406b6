//! Types and colours of pixels.

use super::super::number::{not_pixels, of_pixel};
use super::super::operation::{Given, Inputs, Operation, Parameter};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{DTYPE, Words, check_number, shape};
use super::picture::{Picture, dimensions, infer_pixels};
use super::pixels::{elements, elements_mut, image, infer_like, infer_number, like, single};
use crate::image::color::{Colour, Conversion};
use crate::image::levels;
use crate::image::point::{self, Level};
use crate::pixel::Dtype;

const FAMILY: &str = "image";

pub(super) const SOURCE: Parameter = Parameter::new(
    "source",
    "an image of uint8, int16, uint16 or float32: (height, width, channels), or (height, width)",
);

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation::pure(
        "ConvertDepth",
        FAMILY,
        "An image with elements of another type: black stays 0, and white is the greatest integer or 1. Levels are rounded, and clipped to the range of the type.",
        &[
            SOURCE,
            Parameter::new(
                "depth",
                "Char (uint8), Short (int16), UnsignedShort (uint16) or Float (float32)",
            ),
        ],
        |given| {
            infer_pixels(&given[0])?;
            let dtype = DTYPE.infer(given, 1)?;
            dtype.map(check_depth).transpose()?;
            let ArrayType { shape, .. } = given[0].as_array()?;
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        convert_depth,
    ),
    Operation::pure(
        "ColorConvert",
        FAMILY,
        "An image in another colour model: as OpenCV converts it. Hues are in steps of two degrees in uint8, in degrees in float32, and from 0 to white in 16 bits. Gray images are (height, width).",
        &[
            SOURCE,
            Parameter::new(
                "convert",
                "RGB_GRAY, GRAY_RGB, RGB_HSV, HSV_RGB, RGB_YCRCB or YCRCB_RGB, or their numbers \
                 from 0",
            ),
        ],
        infer_conversion,
        convert_color,
    ),
    Operation::pure(
        "Threshold",
        FAMILY,
        "White where levels are above a threshold, and black elsewhere.",
        &[
            SOURCE,
            Parameter::new("threshold", "the threshold, in units of the elements"),
        ],
        |given| {
            infer_number(given, 1, single)?;
            infer_like(given)
        },
        |inputs, out| {
            let (source, bound) = (image(inputs)?, single(inputs.get(1))?);
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                point::threshold::<T>(elements(source), bound, elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Invert",
        FAMILY,
        "The negative of an image: white less each level; integers below black become white.",
        &[SOURCE],
        infer_like,
        |inputs, out| {
            let source = image(inputs)?;
            let out = like(source, out);
            of_pixel!(source.dtype(), T => {
                levels::invert::<T>(elements(source), elements_mut(out));
                Ok(())
            })
        },
    ),
    Operation::pure(
        "Equals",
        FAMILY,
        "A mask of uint8: 255 where elements are equal to a value, and 0 elsewhere.",
        &[
            SOURCE,
            Parameter::new("value", "the value, in units of the elements"),
        ],
        |given| {
            infer_pixels(&given[0])?;
            check_number(&given[1])?;
            let ArrayType { shape, .. } = given[0].as_array()?;
            let dtype = Some(Dtype::Uint8);
            Ok(Type::Array(ArrayType { dtype, shape }))
        },
        equals,
    ),
];

fn check_depth(dtype: Dtype) -> Result<(), String> {
    match dtype {
        Dtype::Uint8 | Dtype::Int16 | Dtype::Uint16 | Dtype::Float32 => Ok(()),
        other => Err(not_pixels(other)),
    }
}

fn convert_depth(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = image(inputs)?;
    let dtype = DTYPE.read(inputs.get(1))?;
    check_depth(dtype)?;
    let out = out.array_mut();
    out.reset(dtype, source.shape());
    if dtype == source.dtype() {
        out.bytes_mut().copy_from_slice(source.bytes());
        return Ok(());
    }
    of_pixel!(source.dtype(), T => {
        of_pixel!(dtype, U => {
            point::convert::<T, U>(elements(source), elements_mut(out));
            Ok(())
        })
    })
}

const CONVERSION: Words<Conversion> = Words {
    what: "conversion of colours",
    words: &[
        ("RGB_GRAY", 0, Conversion::RgbGray),
        ("GRAY_RGB", 1, Conversion::GrayRgb),
        ("RGB_HSV", 2, Conversion::RgbHsv),
        ("HSV_RGB", 3, Conversion::HsvRgb),
        ("RGB_YCRCB", 4, Conversion::RgbYcrcb),
        ("YCRCB_RGB", 5, Conversion::YcrcbRgb),
    ],
};

fn check_channels(conversion: Conversion, channels: usize) -> Result<(), String> {
    let wanted = conversion.takes();
    if channels == wanted {
        Ok(())
    } else {
        Err(format!("an image of {channels} channels, not of {wanted}"))
    }
}

fn infer_conversion(given: &Given<'_>) -> Result<Type, String> {
    let Picture {
        height,
        width,
        channels,
        has_channels,
    } = infer_pixels(&given[0])?;
    let dtype = given[0].dtype();
    let Some(conversion) = CONVERSION.infer(given, 1)? else {
        return Ok(Type::Array(ArrayType { dtype, shape: None }));
    };
    let known = channels.filter(|_| has_channels.is_some());
    known
        .map(|channels| check_channels(conversion, channels))
        .transpose()?;
    let mut axes = vec![height, width];
    if conversion.gives() > 1 {
        axes.push(Some(conversion.gives()));
    }
    let shape = Some(axes);
    Ok(Type::Array(ArrayType { dtype, shape }))
}

fn convert_color(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let conversion = CONVERSION.read(inputs.get(1))?;
    let [height, width, channels] = dimensions(source)?;
    check_channels(conversion, channels)?;
    let shape = match conversion.gives() {
        1 => shape(&[height, width])?,
        gives => shape(&[height, width, gives])?,
    };
    let out = out.array_mut();
    out.reset(source.dtype(), shape);
    of_pixel!(source.dtype(), T => {
        T::convert(conversion, elements(source), elements_mut(out));
        Ok(())
    })
}

fn equals(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, value) = (image(inputs)?, inputs.get(1).double()?);
    let out = out.array_mut();
    out.reset(Dtype::Uint8, source.shape());
    of_pixel!(source.dtype(), T => {
        match exact::<T>(value) {
            Some(value) => point::equals::<T>(elements(source), value, elements_mut(out)),
            None => out.bytes_mut().fill(0),
        }
        Ok(())
    })
}

/// The element that is this number, if there is one.
#[expect(clippy::cast_possible_truncation, reason = "it is compared")]
#[expect(clippy::float_cmp, reason = "the same number")]
fn exact<T: Level>(value: f64) -> Option<T> {
    let element = T::nearest(value as f32);
    (f64::from(element.real()) == value).then_some(element)
}
