//! What filters do, and what they read of their inputs.

use super::super::array::Array;
use super::super::number::of_pixel;
use super::super::operation::Inputs;
use super::super::types::ArrayType;
use super::super::value::Value;
use super::arguments::shape;
use super::picture::{BORDER, raster};
use crate::image::filter::bilateral::Bilateral;
use crate::image::filter::kernel::{gaussian, gaussian_of_size};
use crate::image::filter::mean::Mean;
use crate::image::filter::median::median;
use crate::image::filter::sharpen::sharpen;
use crate::image::filter::smooth::Smooth;
use crate::image::filter::weigh::{Kernel, correlate};
use crate::image::raster::Outside;
use crate::pixel::Dtype;

/// The most pixels along an axis that count.
const MOST: usize = 1023;

/// An odd number of pixels.
///
/// # Errors
/// That it is none.
pub(super) fn odd(value: &Value) -> Result<usize, String> {
    odd_number(value.double()?)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "a small number, which is whole or is none"
)]
fn odd_number(number: f64) -> Result<usize, String> {
    if number % 2.0 == 1.0 && number <= MOST as f64 {
        Ok(number as usize)
    } else {
        Err(format!(
            "a size of {number}, not an odd number from 1 to {MOST}"
        ))
    }
}

/// One number for both axes, or one for each: across and down.
pub(super) fn pair(value: &Value) -> Result<[f64; 2], String> {
    let array = value.array()?;
    match array.shape().elements() {
        1 => Ok([array.double_at(0); 2]),
        2 => Ok([array.double_at(0), array.double_at(1)]),
        _ => Err(format!("{}, not one number or two", ArrayType::of(array))),
    }
}

/// Odd numbers of pixels across and down.
///
/// # Errors
/// That one is none.
pub(super) fn odd_pair(value: &Value) -> Result<[usize; 2], String> {
    let [across, down] = pair(value)?;
    Ok([odd_number(across)?, odd_number(down)?])
}

/// Standard deviations across and down.
///
/// # Errors
/// That one is none.
pub(super) fn sigmas(value: &Value) -> Result<[f64; 2], String> {
    let both = pair(value)?;
    match both
        .iter()
        .find(|sigma| !(0.0..f64::INFINITY).contains(*sigma))
    {
        Some(sigma) => Err(format!("sigma is {sigma}, not a number from 0")),
        None => Ok(both),
    }
}

/// A number above 0.
///
/// # Errors
/// That it is none.
pub(super) fn positive(value: &Value) -> Result<f64, String> {
    let number = value.double()?;
    if number > 0.0 && number.is_finite() {
        Ok(number)
    } else {
        Err(format!(
            "a standard deviation of {number}, not a number above 0"
        ))
    }
}

/// A factor that is not negative.
///
/// # Errors
/// That it is.
pub(super) fn factor(value: &Value) -> Result<f64, String> {
    let factor = value.double()?;
    if factor >= 0.0 && factor.is_finite() {
        Ok(factor)
    } else {
        Err(format!("a factor of {factor}, not a number from 0"))
    }
}

/// How many pixels away those are that count, by a diameter or three standard deviations.
///
/// # Errors
/// That they are too many.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clipped, as it should be"
)]
pub(super) fn radius(diameter: &Value, sigma_space: f64) -> Result<usize, String> {
    let diameter = diameter.integer()?;
    let radius = if diameter > 0 {
        usize::try_from(diameter / 2).unwrap_or(usize::MAX)
    } else {
        libm::rint(sigma_space * 1.5) as usize
    };
    if radius > MOST / 2 {
        return Err(format!(
            "{radius} pixels to every side, more than {}",
            MOST / 2
        ));
    }
    Ok(radius.max(1))
}

/// Weights in single precision.
#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
pub(super) fn single(weights: &[f64]) -> Vec<f32> {
    weights.iter().map(|weight| *weight as f32).collect()
}

/// Writes a kernel.
///
/// # Errors
/// That it is too large.
pub(super) fn put_kernel(weights: &[f32], axes: &[usize], out: &mut Value) -> Result<(), String> {
    let out = out.array_mut();
    out.reset(Dtype::Float32, shape(axes)?);
    out.slice_mut().copy_from_slice(weights);
    Ok(())
}

/// Makes the result as large as the source, and of the same type.
fn prepared<'o>(source: &Array, out: &'o mut Value) -> &'o mut Array {
    let out = out.array_mut();
    out.reset(source.dtype(), source.shape());
    out
}

pub(super) fn linear_filter(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (source, kernel) = (inputs.get(0).array()?, inputs.get(1).array()?);
    let [height, width] = *kernel.shape().axes() else {
        return Err(format!(
            "{}, not a kernel of height and width",
            ArrayType::of(kernel)
        ));
    };
    if height * width == 0 || height.max(width) > MOST {
        return Err(format!(
            "a kernel of {width}x{height}, not from 1x1 to {MOST}x{MOST}"
        ));
    }
    let weights = kernel.converted(Dtype::Float32);
    let kernel = Kernel {
        weights: weights.as_slice(),
        width,
    };
    let border = BORDER.read(inputs.get(2))?;
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        correlate(&raster::<T>(source)?, kernel, border.outside(), target);
        Ok(())
    })
}

pub(super) fn gaussian_filter(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (across, down) = (odd(inputs.get(1))?, odd(inputs.get(2))?);
    let (across, down) = (gaussian_of_size(across), gaussian_of_size(down));
    let border = BORDER.read(inputs.get(3))?;
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        T::smooth(&raster(source)?, &across, &down, border.outside(), target);
        Ok(())
    })
}

pub(super) fn average_filter(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let size = (odd(inputs.get(1))?, odd(inputs.get(2))?);
    let border = BORDER.read(inputs.get(3))?;
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        T::mean(&raster(source)?, size, border.outside(), target);
        Ok(())
    })
}

pub(super) fn gaussian_blur(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (sizes, sigmas) = (odd_pair(inputs.get(1))?, sigmas(inputs.get(2))?);
    let [across, down] = [0, 1].map(|axis| blur_kernel(sizes[axis], sigmas[axis]));
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        T::smooth(&raster(source)?, &across, &down, Outside::Reflect101, target);
        Ok(())
    })
}

fn blur_kernel(size: usize, sigma: f64) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let of_size = 0.15 * size as f64 + 0.35;
    gaussian(size, if sigma == 0.0 { of_size } else { sigma })
}

pub(super) fn adjust_sharpness(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let factor = factor(inputs.get(1))?;
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        sharpen(&raster::<T>(source)?, factor, target);
        Ok(())
    })
}

pub(super) fn median_blur(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let size = odd(inputs.get(1))?;
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        median(&raster::<T>(source)?, size, target);
        Ok(())
    })
}

pub(super) fn bilateral_filter(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (sigma_color, sigma_space) = (positive(inputs.get(2))?, positive(inputs.get(3))?);
    let filter = Bilateral {
        radius: radius(inputs.get(1), sigma_space)?,
        sigma_color,
        sigma_space,
    };
    let out = prepared(source, out);
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        filter.filter(&raster::<T>(source)?, target);
        Ok(())
    })
}
