//! Derivatives, edges and local contrast of images.

use super::super::number::of_pixel;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{check_number, shape};
use super::filter::{SOURCE, infer_same};
use super::filtered::pair;
use super::picture::{dimensions, infer_pixels, raster};
use crate::image::filter::derivative::{Derivative, Derive};
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    derivative(
        "DerivativeX",
        "The derivative of an image along its rows: Sobel's, [-1 0 1; -2 0 2; -1 0 1], float32; \
         around the image is its mirror image, in which its edge does not come twice.",
        |inputs, out| derive(inputs, Derivative::X, out),
    ),
    derivative(
        "DerivativeY",
        "The derivative of an image along its columns: Sobel's, [-1 -2 -1; 0 0 0; 1 2 1], \
         float32; around the image is its mirror image, in which its edge does not come twice.",
        |inputs, out| derive(inputs, Derivative::Y, out),
    ),
    derivative(
        "Laplacian",
        "The sum of the second derivatives of an image along both axes: [0 1 0; 1 -4 1; 0 1 0], \
         float32; around the image is its mirror image, in which its edge does not come twice.",
        |inputs, out| derive(inputs, Derivative::Laplacian, out),
    ),
    Operation {
        name: "Edges",
        family: FAMILY,
        summary: "A mask of an image's edges, as OpenCV's Canny finds them: uint8, 255 or 0, of \
                  one channel. Gradients are Sobel's; of several channels, the one with the \
                  greatest counts.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "threshold1",
                "one of two sizes of gradients, which are sums of those along both axes: edges \
                 are above the lower one",
            )
            .or(Default::Float(0.0)),
            Parameter::new(
                "threshold2",
                "the other: above the greater one is some part of each edge",
            )
            .or(Default::Float(100.0)),
        ],
        infer: |given| {
            given[1..].iter().try_for_each(check_number)?;
            for input in 1..3 {
                given.constant(input).map(threshold).transpose()?;
            }
            let Type::Array(ArrayType { shape, .. }) = infer_same(given)? else {
                return Ok(Type::Anything);
            };
            let shape = shape.map(|mut axes| {
                axes.iter_mut().skip(2).for_each(|axis| *axis = Some(1));
                axes
            });
            Ok(Type::Array(ArrayType {
                dtype: Some(Dtype::Uint8),
                shape,
            }))
        },
        run: Run::Heavy(edges),
    },
    Operation {
        name: "CLAHE",
        family: FAMILY,
        summary: "An image with more local contrast: contrast limited adaptive histogram \
                  equalisation, as OpenCV's createCLAHE does it to images of one channel. In others, \
                  the luma of the first three channels (YCrCb's) is equalised, and its change is \
                  added to each of the three. Elements of float32 are from 0 to 1.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "clip_limit",
                "how much more often than on average a level may come before what is beyond is \
                 spread over all; 0 for no limit",
            )
            .or(Default::Float(2.0)),
            Parameter::new(
                "tiles",
                "into how many parts, each with a histogram, rows and columns are divided, 1 to \
                 32; or two numbers, across and down",
            )
            .or(Default::Integer(8)),
        ],
        infer: |given| {
            check_number(&given[1])?;
            given.constant(1).map(limit).transpose()?;
            given[2].as_array()?;
            infer_pixels(&given[0])?
                .channels
                .map(check_channels)
                .transpose()?;
            given.constant(2).map(tiles).transpose()?;
            infer_same(given)
        },
        run: Run::Heavy(clahe),
    },
];

const FAMILY: &str = "image.processing";

const fn derivative(
    name: &'static str,
    summary: &'static str,
    run: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation::pure(
        name,
        FAMILY,
        summary,
        const { &[SOURCE] },
        infer_floats,
        run,
    )
}

fn infer_floats(given: &Given<'_>) -> Result<Type, String> {
    let shape = match infer_same(given)? {
        Type::Array(array) => array.shape,
        _ => None,
    };
    Ok(Type::Array(ArrayType {
        dtype: Some(Dtype::Float32),
        shape,
    }))
}

fn derive(inputs: Inputs<'_>, derivative: Derivative, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let out = out.array_mut();
    out.reset(Dtype::Float32, source.shape());
    of_pixel!(source.dtype(), T => {
        T::derive(&raster(source)?, derivative, out.slice_mut());
        Ok(())
    })
}

fn threshold(value: &Value) -> Result<f64, String> {
    let number = value.double()?;
    if number.is_nan() {
        return Err("a threshold that is no number".to_owned());
    }
    Ok(number)
}

fn edges(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let thresholds = [threshold(inputs.get(1))?, threshold(inputs.get(2))?];
    let [height, width, _] = dimensions(source)?;
    let out = out.array_mut();
    let axes = [height, width, 1];
    out.reset(Dtype::Uint8, shape(&axes[..source.shape().axes().len()])?);
    of_pixel!(source.dtype(), T => {
        (scratch.edges).edges(&raster::<T>(source)?, thresholds, out.bytes_mut());
        Ok(())
    })
}

/// The most parts of a side.
const MOST_TILES: f64 = 32.0;

/// Numbers of tiles across and down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number"
)]
fn tiles(value: &Value) -> Result<[usize; 2], String> {
    let both = pair(value)?;
    let fits = |tiles: &f64| tiles.fract() == 0.0 && (1.0..=MOST_TILES).contains(tiles);
    match both.iter().find(|tiles| !fits(tiles)) {
        Some(tiles) => Err(format!(
            "{tiles} tiles, not a whole number from 1 to {MOST_TILES}"
        )),
        None => Ok(both.map(|tiles| tiles as usize)),
    }
}

fn limit(value: &Value) -> Result<f64, String> {
    let limit = value.double()?;
    if limit >= 0.0 && limit.is_finite() {
        Ok(limit)
    } else {
        Err(format!("a clip limit of {limit}, not a number from 0"))
    }
}

fn clahe(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (limit, tiles) = (limit(inputs.get(1))?, tiles(inputs.get(2))?);
    check_channels(dimensions(source)?[2])?;
    let out = out.array_mut();
    out.reset(source.dtype(), source.shape());
    of_pixel!(source.dtype(), T => {
        let target = bytemuck::cast_slice_mut(out.bytes_mut());
        (scratch.clahe).equalize(&raster::<T>(source)?, limit, tiles, target);
        Ok(())
    })
}

/// Checks that an image with this many channels is gray or has a luma.
fn check_channels(channels: usize) -> Result<(), String> {
    match channels {
        1 | 3 | 4 => Ok(()),
        channels => Err(format!("{channels} channels, not 1, 3 or 4")),
    }
}
