//! Images as values: (height, width, channels), or (height, width) where there is one channel.

use super::super::array::{Array, Shape};
use super::super::number::not_pixels;
use super::super::operation::Given;
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{Words, check_number, shape};
use crate::image::raster::{Outside, Pixel, Raster};
use crate::image::taps::Taps;
use crate::pixel::{Dtype, Size};

/// Words for how pixels are found between pixels.
pub(super) const INTERPOLATION: Words<Taps> = Words {
    what: "interpolation",
    words: &[
        ("Nearest", 0, Taps::Nearest),
        ("Linear", 1, Taps::Linear),
        ("Area", 2, Taps::Area),
        ("Cubic", 3, Taps::Cubic),
        ("Lanczos", 4, Taps::Lanczos),
    ],
};

/// What an interpolation is, for parameters.
pub(super) const INTERPOLATIONS: &str =
    "Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0";

/// What is taken to lie around an image of any type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Border {
    High,
    Low,
    Replicate,
    Reflect,
    Wrap,
}

/// Words for what lies around an image.
pub(super) const BORDER: Words<Border> = Words {
    what: "border",
    words: &[
        ("ConstantHigh", 0, Border::High),
        ("ConstantLow", 1, Border::Low),
        ("Replicate", 2, Border::Replicate),
        ("Reflect", 3, Border::Reflect),
        ("Wrap", 4, Border::Wrap),
    ],
};

/// What a border is, for parameters.
pub(super) const BORDERS: &str = "what is taken to lie around the image: ConstantHigh, \
                                  ConstantLow, Replicate, Reflect or Wrap, or their numbers from 0";

impl Border {
    /// Whether what lies around an image does not depend on its pixels.
    pub(super) fn is_constant(self) -> bool {
        matches!(self, Self::High | Self::Low)
    }

    /// The same, of an image of this type.
    pub(super) fn outside<T: Pixel>(self) -> Outside<T> {
        match self {
            Self::High => Outside::Constant(T::HIGH),
            Self::Low => Outside::Constant(T::default()),
            Self::Replicate => Outside::Replicate,
            Self::Reflect => Outside::Reflect,
            Self::Wrap => Outside::Wrap,
        }
    }
}

/// Height, width and channels of an image, as far as they are known, and whether it has an axis of
/// channels.
pub(super) struct Picture {
    pub(super) height: Option<usize>,
    pub(super) width: Option<usize>,
    pub(super) channels: Option<usize>,
    /// Not known where the number of axes is not.
    pub(super) has_channels: Option<bool>,
}

/// What is known of an image.
///
/// # Errors
/// That it is none.
pub(super) fn infer_picture(of: &Type) -> Result<Picture, String> {
    let (height, width, channels, has_channels) = match of.as_array()?.shape.as_deref() {
        Some([height, width]) => (*height, *width, Some(1), Some(false)),
        Some([height, width, channels]) => (*height, *width, *channels, Some(true)),
        Some(_) => return Err(format!("{of}, not an image")),
        None => (None, None, None, None),
    };
    Ok(Picture {
        height,
        width,
        channels,
        has_channels,
    })
}

/// What is known of an image whose pixels are computed with: see `of_pixel!`.
///
/// # Errors
/// That it is none, or that its elements are of another type.
pub(super) fn infer_pixels(of: &Type) -> Result<Picture, String> {
    let picture = infer_picture(of)?;
    match of.as_array()?.dtype {
        None | Some(Dtype::Uint8 | Dtype::Int16 | Dtype::Uint16 | Dtype::Float32) => Ok(picture),
        Some(other) => Err(not_pixels(other)),
    }
}

/// The type of an image of another size.
///
/// # Errors
/// That it is none, that it has no pixels, or that the other one is too large.
pub(super) fn infer_resized(
    of: &Type,
    width: Option<usize>,
    height: Option<usize>,
) -> Result<Type, String> {
    let picture = infer_picture(of)?;
    let source = of.as_array()?;
    if source.shape.iter().flatten().any(|axis| *axis == Some(0)) {
        return Err(without_pixels(&source));
    }
    let axes = picture.has_channels.map(|has_channels| {
        let mut axes = vec![height, width];
        axes.extend(has_channels.then_some(picture.channels));
        axes
    });
    let known: Option<Vec<_>> = axes.iter().flatten().copied().collect();
    shape(&known.unwrap_or_default())?;
    Ok(Type::Array(ArrayType {
        dtype: source.dtype,
        shape: axes,
    }))
}

fn without_pixels(image: &ArrayType) -> String {
    format!("{image}, an image without pixels")
}

/// Height, width and channels of an image.
///
/// # Errors
/// That it is none.
pub(super) fn dimensions(array: &Array) -> Result<[usize; 3], String> {
    match array.shape().axes() {
        [height, width] => Ok([*height, *width, 1]),
        [height, width, channels] => Ok([*height, *width, *channels]),
        _ => Err(format!("{}, not an image", ArrayType::of(array))),
    }
}

/// Columns and rows of an image.
///
/// # Errors
/// That it is none, or is too large.
pub(super) fn size(array: &Array) -> Result<Size, String> {
    let [height, width, _] = dimensions(array)?;
    let side = |length: usize| u32::try_from(length).map_err(|_| "an image that is too large");
    Ok(Size::new(side(width)?, side(height)?))
}

/// An image that has pixels.
///
/// # Errors
/// That it has none.
pub(super) fn raster<T: bytemuck::Pod>(array: &Array) -> Result<Raster<'_, T>, String> {
    let [height, width, channels] = dimensions(array)?;
    if height * width * channels == 0 {
        return Err(without_pixels(&ArrayType::of(array)));
    }
    let data = bytemuck::cast_slice(array.bytes());
    Ok(Raster::packed(data, width, height, channels))
}

/// The shape of an image of another size.
///
/// # Errors
/// That it is too large.
pub(super) fn resized(array: &Array, width: usize, height: usize) -> Result<Shape, String> {
    match array.shape().axes() {
        [_, _, channels] => shape(&[height, width, *channels]),
        _ => shape(&[height, width]),
    }
}

/// A side of an image.
///
/// # Errors
/// That it is none.
pub(super) fn side(value: &Value) -> Result<usize, String> {
    let number = value.integer()?;
    usize::try_from(number)
        .ok()
        .filter(|side| (1..=LONGEST).contains(side))
        .ok_or_else(|| format!("a side of {number} pixels, not from 1 to {LONGEST}"))
}

/// The longest side of an image that a node makes.
pub(super) const LONGEST: usize = 1 << 20;

/// The same of a constant input, as far as it is known.
///
/// # Errors
/// That it cannot be a side.
pub(super) fn infer_side(given: &Given<'_>, input: usize) -> Result<Option<usize>, String> {
    check_number(&given[input])?;
    given.constant(input).map(side).transpose()
}
