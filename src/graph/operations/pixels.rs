//! What operations on pixels share: elements of images, and what is known of them before.

use super::super::array::Array;
use super::super::operation::{Given, Inputs};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::check_number;
use super::picture::{Picture, dimensions, infer_pixels};

/// The elements of an array.
pub(super) fn elements<T: bytemuck::Pod>(array: &Array) -> &[T] {
    bytemuck::cast_slice(array.bytes())
}

/// The elements of an array, to be written.
pub(super) fn elements_mut<T: bytemuck::Pod>(array: &mut Array) -> &mut [T] {
    bytemuck::cast_slice_mut(array.bytes_mut())
}

/// An array of the type and shape of an image, whose elements are any.
pub(super) fn like<'a>(source: &Array, out: &'a mut Value) -> &'a mut Array {
    let out = out.array_mut();
    out.reset(source.dtype(), source.shape());
    out
}

/// An image that is changed in place.
pub(super) fn copied<'a>(source: &Array, out: &'a mut Value) -> &'a mut Array {
    let out = like(source, out);
    out.bytes_mut().copy_from_slice(source.bytes());
    out
}

/// The image that is the first input.
///
/// # Errors
/// That it is none.
pub(super) fn image(inputs: Inputs<'_>) -> Result<&Array, String> {
    let source = inputs.get(0).array()?;
    dimensions(source)?;
    Ok(source)
}

/// The same, with its channels.
///
/// # Errors
/// That it is none, or has no pixels.
pub(super) fn image_with_pixels(inputs: Inputs<'_>) -> Result<(&Array, usize), String> {
    let source = inputs.get(0).array()?;
    let [height, width, channels] = dimensions(source)?;
    if height * width * channels == 0 {
        return Err(format!(
            "{}, an image without pixels",
            ArrayType::of(source)
        ));
    }
    Ok((source, channels))
}

/// The same, with its channels: one, or red, green and blue.
///
/// # Errors
/// That it is none, or has another number of channels.
pub(super) fn coloured(inputs: Inputs<'_>) -> Result<(&Array, usize), String> {
    let (source, channels) = image_with_pixels(inputs)?;
    check_coloured(channels)?;
    Ok((source, channels))
}

fn check_coloured(channels: usize) -> Result<(), String> {
    if channels == 1 || channels == 3 {
        Ok(())
    } else {
        Err(format!("an image of {channels} channels, not of 1 or 3"))
    }
}

/// The type of an image of the type and shape of the first input.
///
/// # Errors
/// That it is no image whose pixels are computed with.
pub(super) fn infer_like(given: &Given<'_>) -> Result<Type, String> {
    infer_pixels(&given[0])?;
    Ok(Type::Array(given[0].as_array()?))
}

/// The same, of an image of one channel or three.
///
/// # Errors
/// That it is none.
pub(super) fn infer_coloured(given: &Given<'_>) -> Result<Picture, String> {
    let picture = infer_pixels(&given[0])?;
    picture.channels.map(check_coloured).transpose()?;
    Ok(picture)
}

/// A number that is read by a function, if it is constant.
///
/// # Errors
/// That it cannot be one.
pub(super) fn infer_number<T>(
    given: &Given<'_>,
    input: usize,
    read: fn(&Value) -> Result<T, String>,
) -> Result<(), String> {
    check_number(&given[input])?;
    given.constant(input).map(read).transpose()?;
    Ok(())
}

/// A number of single precision.
///
/// # Errors
/// That it is none.
#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
pub(super) fn single(value: &Value) -> Result<f32, String> {
    let number = value.double()?;
    if number.is_nan() {
        return Err("not a number".to_owned());
    }
    Ok(number as f32)
}

/// A probability.
///
/// # Errors
/// That it is none.
pub(super) fn probability(value: &Value) -> Result<f64, String> {
    let p = value.double()?;
    if (0.0..=1.0).contains(&p) {
        Ok(p)
    } else {
        Err(format!("{p}, not a probability from 0 to 1"))
    }
}
