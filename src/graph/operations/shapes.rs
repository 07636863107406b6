//! The shapes in masks: their parts, how far their edges are, their moments.

use super::super::array::Array;
use super::super::number::of_number;
use super::super::operation::{Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::shape;
use super::picture::{dimensions, infer_picture, infer_resized};
use crate::image::components::Components;
use crate::image::distance::Distances;
use crate::image::moments::moments;
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "Moments",
        family: FAMILY,
        summary: "The raw moments of the pixels of each value that an image has, the least value \
                  first: float64 (values, 10), of each m00, m10, m01, m20, m11, m02, m30, m21, m12 \
                  and m03, where mij is the sum of x**i * y**j.",
        parameters: &[Parameter::new(
            "source",
            "an image of whole numbers, or of truth values: (height, width), or (height, width, 1)",
        )],
        infer: |types| {
            check_single(&types[0])?;
            match types[0].as_array()?.dtype {
                Some(Dtype::Float32 | Dtype::Float64) => {
                    Err(format!("{}, not whole numbers", types[0]))
                }
                _ => Ok(Type::array(Dtype::Float64, vec![None, Some(10)])),
            }
        },
        run: Run::Pure(run_moments),
    },
    Operation {
        name: "ConnectedComponents",
        family: FAMILY,
        summary: "Which of the connected parts of a mask each pixel is in: a number from 1 in the \
                  order of their first pixels, and 0 for pixels that are 0; uint16, as large as \
                  the mask. Pixels that touch with a side or a corner are connected.",
        parameters: &[MASK],
        infer: |types| infer_measured(&types[0], Dtype::Uint16),
        run: Run::Heavy(components),
    },
    Operation {
        name: "DistanceTransform",
        family: FAMILY,
        summary: "How far each pixel is from the nearest one that is 0: in pixels between their \
                  middles, exactly, and infinite if there is none; float32, as large as the mask.",
        parameters: &[MASK],
        infer: |types| infer_measured(&types[0], Dtype::Float32),
        run: Run::Heavy(distances),
    },
];

const FAMILY: &str = "image.morphology";

const MASK: Parameter = Parameter::new(
    "source",
    "a mask of any type, of which it matters which elements are 0: (height, width), or (height, \
     width, 1)",
);

/// Working memory of what looks at masks.
#[derive(Debug, Default)]
pub struct Shapes {
    mask: Vec<u8>,
    components: Components,
    distances: Distances,
}

/// Checks that values of a type may be images of one channel.
fn check_single(of: &Type) -> Result<(), String> {
    match infer_picture(of)?.channels {
        None | Some(1) => Ok(()),
        Some(channels) => Err(several(channels)),
    }
}

fn several(channels: usize) -> String {
    format!("an image of {channels} channels, not of one")
}

/// The type of an image that is as large as a mask.
fn infer_measured(of: &Type, dtype: Dtype) -> Result<Type, String> {
    check_single(of)?;
    let picture = infer_picture(of)?;
    let Type::Array(made) = infer_resized(of, picture.width, picture.height)? else {
        return Ok(Type::Anything);
    };
    let dtype = Some(dtype);
    Ok(Type::Array(ArrayType { dtype, ..made }))
}

/// Columns of an image of one channel that has pixels.
fn width(array: &Array) -> Result<usize, String> {
    match dimensions(array)? {
        [height, width, 1] if height * width > 0 => Ok(width),
        [height, width, channels] if height * width * channels > 0 => Err(several(channels)),
        _ => Err(format!("{}, an image without pixels", ArrayType::of(array))),
    }
}

/// Which elements are not 0: the elements themselves if they have one byte.
fn mask_of<'a>(array: &'a Array, memory: &'a mut Vec<u8>) -> &'a [u8] {
    if array.dtype().bytes() == 1 {
        return array.bytes();
    }
    memory.clear();
    of_number!(array.dtype(), T => {
        let elements: &[T] = bytemuck::cast_slice(array.bytes());
        #[expect(clippy::allow_attributes, reason = "not every type is a float")]
        #[allow(clippy::float_cmp, reason = "exactly 0 is meant")]
        let set = elements.iter().map(|element| u8::from(*element != T::default()));
        memory.extend(set);
    });
    memory
}

fn components(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let width = width(source)?;
    let out = out.array_mut();
    out.reset(Dtype::Uint16, source.shape());
    let shapes = &mut scratch.shapes;
    let mask = mask_of(source, &mut shapes.mask);
    let count = shapes.components.label(mask, width, out.slice_mut());
    count.map(|_| ()).ok_or_else(|| {
        let most = u16::MAX;
        format!("more than {most} components, which uint16 has no numbers for")
    })
}

fn distances(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let width = width(source)?;
    let out = out.array_mut();
    out.reset(Dtype::Float32, source.shape());
    let shapes = &mut scratch.shapes;
    let mask = mask_of(source, &mut shapes.mask);
    shapes.distances.measure(mask, width, out.slice_mut());
    Ok(())
}

fn run_moments(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let width = width(source)?;
    let bytes = source.bytes();
    let found = match source.dtype() {
        Dtype::Bool | Dtype::Uint8 => moments::<u8>(bytes, width),
        Dtype::Int16 => moments::<i16>(bytemuck::cast_slice(bytes), width),
        Dtype::Uint16 => moments::<u16>(bytemuck::cast_slice(bytes), width),
        Dtype::Int32 => moments::<i32>(bytemuck::cast_slice(bytes), width),
        Dtype::Int64 => moments::<i64>(bytemuck::cast_slice(bytes), width),
        _ => return Err(format!("{}, not whole numbers", ArrayType::of(source))),
    };
    let out = out.array_mut();
    out.reset(Dtype::Float64, shape(&[found.len(), 10])?);
    let rows = out.slice_mut::<f64>().chunks_exact_mut(10);
    rows.zip(found)
        .for_each(|(row, (_, sums))| row.copy_from_slice(&sums));
    Ok(())
}
