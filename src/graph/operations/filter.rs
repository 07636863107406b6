//! Filters: smooth, sharp, and otherwise weighted images.

use super::super::operation::{Default, Given, Inputs, Operation, Parameter};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::check_number;
use super::filtered::{adjust_sharpness, average_filter, bilateral_filter, gaussian_blur};
use super::filtered::{factor, gaussian_filter, linear_filter, median_blur, odd, odd_pair};
use super::filtered::{positive, put_kernel, radius, sigmas, single};
use super::picture::{BORDER, BORDERS, infer_pixels, infer_resized};
use crate::image::filter::kernel::{gaussian_of_size, uniform};
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    kernel(
        "GaussianKernel",
        "A column of Gaussian weights with a sum of 1, as OpenCV makes them if no sigma is given: \
         float32 (size, 1).",
        |given| {
            Ok(Type::array(
                Dtype::Float32,
                vec![infer_odd(given, 0)?, Some(1)],
            ))
        },
        |inputs, out| {
            let weights = gaussian_of_size(odd(inputs.get(0))?);
            put_kernel(&single(&weights), &[weights.len(), 1], out)
        },
    ),
    kernel(
        "UniformKernel",
        "A row of equal weights with a sum of 1: float32 (1, size).",
        |given| {
            Ok(Type::array(
                Dtype::Float32,
                vec![Some(1), infer_odd(given, 0)?],
            ))
        },
        |inputs, out| {
            let weights = uniform(odd(inputs.get(0))?);
            put_kernel(&weights, &[1, weights.len()], out)
        },
    ),
    filter(
        "LinearFilter",
        "An image whose pixels are sums of those around each, with weights: the correlation with \
         a kernel, which is not mirrored; rounded for integers.",
        &[
            SOURCE,
            Parameter::new(
                "kernel",
                "the weights: (height, width); that of the pixel itself is in the middle, right \
                 and below of it if a side is even",
            ),
            BORDER_OR_REFLECT,
        ],
        |given| {
            check_kernel(&given[1])?;
            BORDER.infer(given, 2)?;
            infer_same(given)
        },
        linear_filter,
    ),
    filter(
        "GaussianFilter",
        "A smooth image: each pixel is the mean of those around it with the weights of \
         GaussianKernel; rounded for integers.",
        SIZES,
        infer_sizes,
        gaussian_filter,
    ),
    filter(
        "AverageFilter",
        "A smooth image: each pixel is the mean of those around it; rounded for integers.",
        SIZES,
        infer_sizes,
        average_filter,
    ),
    filter(
        "GaussianBlur",
        "A smooth image, as torchvision's gaussian_blur makes it: means with weights of \
         exp(-0.5 (x / sigma)^2), rounded for integers; around the image is its mirror image, in \
         which its edge does not come twice.",
        &[
            SOURCE,
            Parameter::new(
                "kernel_size",
                "how many pixels across and down count, an odd number up to 1023; or two, across and down",
            ),
            Parameter::new(
                "sigma",
                "the standard deviation in pixels; or two, across and down; 0 for \
                 0.15 * kernel_size + 0.35",
            )
            .or(Default::Float(0.0)),
        ],
        |given| {
            infer_pair(given, 1, |value| odd_pair(value).map(drop))?;
            infer_pair(given, 2, |value| sigmas(value).map(drop))?;
            infer_same(given)
        },
        gaussian_blur,
    ),
    filter(
        "AdjustSharpness",
        "A sharper or smoother image, as torchvision's adjust_sharpness makes it: a blend with a \
         mean over 3x3 pixels in which the middle one counts five times, truncated for integers. \
         Pixels at the edge stay as they are.",
        &[
            SOURCE,
            Parameter::new(
                "factor",
                "0 for the smooth image, 1 for the image, 2 for twice as sharp",
            ),
        ],
        |given| {
            check_number(&given[1])?;
            given.constant(1).map(factor).transpose()?;
            infer_same(given)
        },
        adjust_sharpness,
    ),
    filter(
        "MedianBlur",
        "The medians of the pixels around each, channel by channel. Edge pixels surround the image.",
        &[
            SOURCE,
            Parameter::new(
                "size",
                "how many pixels across and down count, an odd number up to 1023",
            ),
        ],
        |given| {
            infer_odd(given, 1)?;
            infer_same(given)
        },
        median_blur,
    ),
    filter(
        "BilateralFilter",
        "An image that is smooth but for its edges: means of the pixels around each, those that \
         are near and alike counting most; rounded for integers. Around the image is its mirror \
         image, in which its edge does not come twice.",
        &[
            SOURCE,
            Parameter::new(
                "diameter",
                "how many pixels across and down count; 0 or less for three times sigma_space",
            ),
            Parameter::new(
                "sigma_color",
                "the standard deviation of the Gaussian of differences, which are added over the \
                 channels, in units of the elements",
            ),
            Parameter::new(
                "sigma_space",
                "the standard deviation of the Gaussian of distances, in pixels",
            ),
        ],
        |given| {
            given[1..].iter().try_for_each(check_number)?;
            given.constant(2).map(positive).transpose()?;
            let space = given.constant(3).map(positive).transpose()?;
            let known = given.constant(1).zip(space);
            known
                .map(|(value, space)| radius(value, space))
                .transpose()?;
            infer_same(given)
        },
        bilateral_filter,
    ),
];

const FAMILY: &str = "image.filter";

pub(super) const SOURCE: Parameter = Parameter::new(
    "source",
    "an image of uint8, int16, uint16 or float32: (height, width, channels), or (height, width)",
);

const BORDER_OR_REFLECT: Parameter = Parameter::new("border", BORDERS).or(Default::Text("Reflect"));

const SIZES: &[Parameter] = &[
    SOURCE,
    Parameter::new(
        "size_x",
        "how many pixels across count, an odd number up to 1023",
    ),
    Parameter::new(
        "size_y",
        "how many pixels down count, an odd number up to 1023",
    ),
    BORDER_OR_REFLECT,
];

const fn kernel(
    name: &'static str,
    summary: &'static str,
    infer: fn(&Given<'_>) -> Result<Type, String>,
    run: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    const SIZE: &[Parameter] = &[Parameter::new(
        "size",
        "how many weights, an odd number up to 1023",
    )];
    Operation::pure(name, FAMILY, summary, SIZE, infer, run)
}

const fn filter(
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    infer: fn(&Given<'_>) -> Result<Type, String>,
    run: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation::pure(name, FAMILY, summary, parameters, infer, run)
}

/// The type of an image that is as large as the first input, of the same elements.
pub(super) fn infer_same(given: &Given<'_>) -> Result<Type, String> {
    let picture = infer_pixels(&given[0])?;
    infer_resized(&given[0], picture.width, picture.height)
}

fn infer_sizes(given: &Given<'_>) -> Result<Type, String> {
    infer_odd(given, 1)?;
    infer_odd(given, 2)?;
    BORDER.infer(given, 3)?;
    infer_same(given)
}

fn infer_odd(given: &Given<'_>, input: usize) -> Result<Option<usize>, String> {
    check_number(&given[input])?;
    given.constant(input).map(odd).transpose()
}

/// Checks an input that is one number or two.
fn infer_pair(
    given: &Given<'_>,
    input: usize,
    check: fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    given[input].as_array()?;
    given.constant(input).map_or(Ok(()), check)
}

fn check_kernel(of: &Type) -> Result<(), String> {
    match of.as_array()?.shape.as_deref() {
        None => Ok(()),
        Some([height, width]) if *height != Some(0) && *width != Some(0) => Ok(()),
        Some(_) => Err(format!("{of}, not a kernel of height and width")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::array::Array;
    use super::*;

    #[test]
    fn radii_are_opencvs() {
        let radius = |diameter: i32| radius(&Array::scalar(diameter).into(), 2.0).unwrap();
        assert_eq!([-1, 0, 1, 2, 3, 4, 9].map(radius), [3, 3, 1, 1, 1, 2, 4]);
    }
}
