//! Images whose pixels are in other places, and where those of a mask are.

use super::super::number::of_number;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::check_number;
use super::image::{keep_truth, put_resized};
use super::picture::{BORDER, BORDERS, Border, INTERPOLATION, INTERPOLATIONS, LONGEST};
use super::picture::{Picture, dimensions, infer_picture, infer_resized, raster, resized};
use super::points::put;
use super::random::{SEED, stream};
use crate::graph::array::Array;
use crate::image::bounds::bounds;
use crate::image::flip::{Pixels, flip};
use crate::image::taps::Taps;
use crate::image::warp::remap;
use crate::pixel::Dtype;

const GEOMETRY: &str = "image.geometry";
const AUGMENTATION: &str = "image.augmentation";

const SOURCE: Parameter = Parameter::new(
    "source",
    "an image: (height, width, channels), or (height, width)",
);
const HOW: Parameter = Parameter::new("interpolation", INTERPOLATIONS).or(Default::Text("Linear"));
const AROUND: Parameter = Parameter::new("border", BORDERS).or(Default::Text("ConstantLow"));

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "Scale",
        family: GEOMETRY,
        summary: "An image that is enlarged by a factor, as Resize does it.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "scale",
                "the factor of both sides, above 0; they are rounded to whole pixels, of ties to \
                 the even number, and are 1 at least",
            ),
            HOW,
        ],
        infer: infer_scale,
        run: Run::Heavy(scale),
    },
    Operation {
        name: "Flip",
        family: GEOMETRY,
        summary: "The mirror image: left and right change places, or top and bottom, or both.",
        parameters: &[
            SOURCE,
            Parameter::new("horizontal", "whether left and right change places"),
            Parameter::new("vertical", "whether top and bottom change places"),
        ],
        infer: |types| {
            infer_picture(&types[0])?;
            types[1].check_condition()?;
            types[2].check_condition()?;
            Ok(types[0].clone())
        },
        run: Run::Pure(run_flip),
    },
    Operation {
        name: "MaskBoundingBox",
        family: GEOMETRY,
        summary: "The least rectangle that holds all pixels of an image that are not zero: left and \
                  top are those of its first pixel, right and bottom are one beyond its last. It is \
                  the whole image if all are zero.",
        parameters: &[SOURCE],
        infer: |types| {
            infer_picture(&types[0])?;
            Ok(Type::array(Dtype::Float32, vec![Some(4)]))
        },
        run: Run::Pure(bounding_box),
    },
    Operation {
        name: "ImageRemap",
        family: GEOMETRY,
        summary: "An image each pixel of which is what the source has at a place of its own.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "x",
                "the column of each pixel in the source: an array of (height, width) of the result",
            ),
            Parameter::new("y", "the row of each, an array of the same shape"),
            HOW,
            AROUND,
        ],
        infer: infer_remap,
        run: Run::Pure(run_remap),
    },
    Operation {
        name: "ImagePiecewiseAffine",
        family: AUGMENTATION,
        summary: "An image bent at random: the pixels of a lattice over all of it are moved, and \
                  those between them by bilinear interpolation; what lies around the image is \
                  black.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "amount",
                "the most that a point of the lattice moves across and down, in pixels: uniformly \
                 from -amount to amount",
            ),
            Parameter::new(
                "subdivision",
                "points of the lattice along each side, from 2 to 256",
            )
            .or(Default::Integer(4)),
            SEED,
        ],
        infer: |given| {
            infer_picture(&given[0])?;
            given[1..].iter().try_for_each(check_number)?;
            given.constant(1).map(amount).transpose()?;
            given.constant(2).map(subdivision).transpose()?;
            Ok(given[0].clone())
        },
        run: Run::Heavy(piecewise),
    },
    Operation {
        name: "ElasticTransform",
        family: AUGMENTATION,
        summary: "An image bent at random, as torchvision's ElasticTransform does it: each pixel \
                  moves by a random number from -1 to 1, smoothed, times alpha: by alpha / 2 * width \
                  / height pixels across, and alpha / 2 * height / width down.",
        parameters: &[
            SOURCE,
            Parameter::new("alpha", "how far pixels move: from -1,000,000 to 1,000,000")
                .or(Default::Float(50.0)),
            Parameter::new(
                "sigma",
                "standard deviation of the Gaussian that smooths, in pixels, from 0 to 256",
            )
            .or(Default::Float(5.0)),
            HOW,
            AROUND,
            SEED,
        ],
        infer: |given| {
            infer_picture(&given[0])?;
            given[1..3].iter().try_for_each(check_number)?;
            given.constant(1).map(alpha).transpose()?;
            given.constant(2).map(sigma).transpose()?;
            INTERPOLATION.infer(given, 3)?;
            BORDER.infer(given, 4)?;
            check_number(&given[5])?;
            Ok(given[0].clone())
        },
        run: Run::Heavy(elastic),
    },
];

fn factor(value: &Value) -> Result<f64, String> {
    let factor = value.double()?;
    if factor > 0.0 && factor.is_finite() {
        Ok(factor)
    } else {
        Err(format!("a scale of {factor}, not a number above 0"))
    }
}

/// A side that is enlarged.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "checked to be a side"
)]
fn scaled(side: usize, factor: f64) -> Result<usize, String> {
    let scaled = (side as f64 * factor).round_ties_even().max(1.0);
    if scaled <= LONGEST as f64 {
        Ok(scaled as usize)
    } else {
        Err(format!(
            "a side of {side} pixels becomes {scaled}, more than {LONGEST}"
        ))
    }
}

fn infer_scale(given: &Given<'_>) -> Result<Type, String> {
    let Picture { width, height, .. } = infer_picture(&given[0])?;
    check_number(&given[1])?;
    INTERPOLATION.infer(given, 2)?;
    let factor = given.constant(1).map(factor).transpose()?;
    let side = |side: Option<usize>| {
        let known = side.filter(|side| *side > 0).zip(factor);
        known.map(|(side, factor)| scaled(side, factor)).transpose()
    };
    infer_resized(&given[0], side(width)?, side(height)?)
}

fn scale(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let factor = factor(inputs.get(1))?;
    let taps = INTERPOLATION.read(inputs.get(2))?;
    let [height, width, _] = dimensions(source)?;
    let size = (scaled(width, factor)?, scaled(height, factor)?);
    put_resized(source, size, taps, scratch, out)
}

fn run_flip(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (horizontal, vertical) = (inputs.get(1).is_true()?, inputs.get(2).is_true()?);
    let [height, width, channels] = dimensions(source)?;
    let out = out.array_mut();
    out.reset(source.dtype(), source.shape());
    let pixels = Pixels {
        bytes: source.bytes(),
        width,
        height,
        size: channels * source.dtype().bytes(),
    };
    flip(&pixels, horizontal, vertical, out.bytes_mut());
    Ok(())
}

fn bounding_box(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let [height, width, _] = dimensions(source)?;
    let found = of_number!(source.dtype(), T => bounds(&raster::<T>(source)?));
    let sides = found.unwrap_or([0, 0, width, height]);
    #[expect(clippy::cast_precision_loss, reason = "sides of an image")]
    put(out, &[4], sides.map(|side| side as f64))
}

/// Columns or rows: one for each pixel.
fn infer_places(of: &Type) -> Result<[Option<usize>; 2], String> {
    match of.as_array()?.shape.as_deref() {
        Some([height, width]) => Ok([*height, *width]),
        Some(_) => Err(format!(
            "{of}, not a number for each pixel: (height, width)"
        )),
        None => Ok([None; 2]),
    }
}

fn infer_remap(given: &Given<'_>) -> Result<Type, String> {
    infer_picture(&given[0])?;
    let (x, y) = (infer_places(&given[1])?, infer_places(&given[2])?);
    let differ = |(a, b): (&Option<usize>, &Option<usize>)| a.zip(*b).is_some_and(|(a, b)| a != b);
    if x.iter().zip(&y).any(differ) {
        return Err(unlike(&given[1], &given[2]));
    }
    INTERPOLATION.infer(given, 3)?;
    BORDER.infer(given, 4)?;
    infer_resized(&given[0], x[1].or(y[1]), x[0].or(y[0]))
}

fn unlike(x: &Type, y: &Type) -> String {
    format!("columns {x} and rows {y}, not one of each for each pixel")
}

fn run_remap(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (x, y) = (inputs.get(1).array()?, inputs.get(2).array()?);
    let [height, width] = match x.shape().axes() {
        [height, width] if x.shape() == y.shape() => [*height, *width],
        _ => return Err(unlike(&Type::of(inputs.get(1)), &Type::of(inputs.get(2)))),
    };
    let (mut columns, mut rows) = (Array::scalar(0f32), Array::scalar(0f32));
    let seen = Remapped {
        places: (single(x, &mut columns), single(y, &mut rows)),
        size: (width, height),
        taps: INTERPOLATION.read(inputs.get(3))?,
        border: BORDER.read(inputs.get(4))?,
    };
    seen.put(inputs.get(0).array()?, out)
}

/// The elements of an array as floats, which are put into another one if they are something else.
fn single<'a>(array: &'a Array, converted: &'a mut Array) -> &'a [f32] {
    if array.dtype() == Dtype::Float32 {
        return array.as_slice();
    }
    array.convert_into(Dtype::Float32, converted);
    converted.as_slice()
}

/// What is seen of an image at some places.
struct Remapped<'a> {
    places: (&'a [f32], &'a [f32]),
    size: (usize, usize),
    taps: Taps,
    border: Border,
}

impl Remapped<'_> {
    fn put(&self, source: &Array, out: &mut Value) -> Result<(), String> {
        let (width, height) = self.size;
        let out = out.array_mut();
        out.reset(source.dtype(), resized(source, width, height)?);
        of_number!(source.dtype(), T => {
            let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
            let outside = self.border.outside();
            remap(&raster::<T>(source)?, self.places, self.taps, outside, width, target);
        });
        keep_truth(out);
        Ok(())
    }
}

fn amount(value: &Value) -> Result<f64, String> {
    let amount = value.double()?;
    if (0.0..=1e6).contains(&amount) {
        Ok(amount)
    } else {
        Err(format!(
            "amount is {amount}, not a number of pixels from 0 to 1000000"
        ))
    }
}

fn subdivision(value: &Value) -> Result<usize, String> {
    let points = value.integer()?;
    let known = usize::try_from(points).ok();
    known
        .filter(|points| (2..=256).contains(points))
        .ok_or_else(|| format!("a subdivision of {points}, not from 2 to 256"))
}

fn piecewise(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let lattice = (amount(inputs.get(1))?, subdivision(inputs.get(2))?);
    let size = size(source)?;
    let places = &mut scratch.places;
    places.lattice(size, lattice, &mut stream(inputs.get(3))?);
    let seen = Remapped {
        places: (&places.x, &places.y),
        size,
        taps: Taps::Linear,
        border: Border::Low,
    };
    seen.put(source, out)
}

fn alpha(value: &Value) -> Result<f64, String> {
    let alpha = value.double()?;
    if alpha.abs() <= 1e6 {
        Ok(alpha)
    } else {
        Err(format!("alpha is {alpha}, not a number up to 1000000"))
    }
}

fn sigma(value: &Value) -> Result<f64, String> {
    let sigma = value.double()?;
    if (0.0..=256.0).contains(&sigma) {
        Ok(sigma)
    } else {
        Err(format!(
            "sigma is {sigma}, not a number of pixels from 0 to 256"
        ))
    }
}

fn elastic(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let strength = (alpha(inputs.get(1))?, sigma(inputs.get(2))?);
    let (taps, border) = (
        INTERPOLATION.read(inputs.get(3))?,
        BORDER.read(inputs.get(4))?,
    );
    let size = size(source)?;
    let places = &mut scratch.places;
    places.smooth(size, strength, &mut stream(inputs.get(5))?);
    let seen = Remapped {
        places: (&places.x, &places.y),
        size,
        taps,
        border,
    };
    seen.put(source, out)
}

/// Width and height of an image that has pixels.
fn size(source: &Array) -> Result<(usize, usize), String> {
    let [height, width, channels] = dimensions(source)?;
    if height * width * channels == 0 {
        return Err(format!(
            "{}, an image without pixels",
            ArrayType::of(source)
        ));
    }
    Ok((width, height))
}
