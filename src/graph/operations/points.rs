//! Points: float32 (N, 2), x and y of each.

use super::super::array::Array;
use super::super::number::Number;
use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{check_elements, check_number, count, doubles, infer_count, shape};
use super::random::{SEED, below, stream};
use crate::pixel::Dtype;

const FAMILY: &str = "geometry.points";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "PointsBounds",
        family: FAMILY,
        summary: "The least rectangle around points: left, top, right, bottom.",
        parameters: &[Parameter::new("points", POINTS)],
        infer: |types| {
            check_points(&types[0])?;
            Ok(Type::array(Dtype::Float32, vec![Some(4)]))
        },
        run: Run::Pure(bounds),
    },
    Operation {
        name: "PointsCenter",
        family: FAMILY,
        summary: "The mean of points: a point.",
        parameters: &[Parameter::new("source", POINTS)],
        infer: |types| {
            check_points(&types[0])?;
            Ok(Type::array(Dtype::Float32, vec![Some(2)]))
        },
        run: Run::Pure(center),
    },
    Operation {
        name: "MakePoint",
        family: FAMILY,
        summary: "A point of two numbers: float32 (2,).",
        parameters: &[
            Parameter::new("x", "its column"),
            Parameter::new("y", "its row"),
        ],
        infer: |types| {
            types.iter().try_for_each(check_number)?;
            Ok(Type::array(Dtype::Float32, vec![Some(2)]))
        },
        run: Run::Pure(|inputs, out| {
            let (x, y) = (inputs.get(0).double()?, inputs.get(1).double()?);
            put(out, &[2], [x, y])
        }),
    },
    Operation {
        name: "MakePoints",
        family: FAMILY,
        summary: "Points of numbers, x and y of each in turn: float32 (N, 2).",
        parameters: &[
            Parameter::new("inputs", "the numbers, or one array of them").or(Default::Any),
        ],
        infer: |types| infer_points(types),
        run: Run::Pure(make_points),
    },
    Operation {
        name: "PointsFromRectangle",
        family: FAMILY,
        summary: "The corners of a rectangle, clockwise from the left of the top: float32 (4, 2).",
        parameters: &[Parameter::new("source", RECTANGLE)],
        infer: |types| {
            check_elements(&types[0], 4, A_RECTANGLE)?;
            Ok(points_type(Some(4)))
        },
        run: Run::Pure(|inputs, out| {
            let [left, top, right, bottom] = doubles(inputs.get(0), A_RECTANGLE)?;
            let corners = [left, top, right, top, right, bottom, left, bottom];
            put(out, &[4, 2], corners)
        }),
    },
    Operation {
        name: "RandomPoints",
        family: FAMILY,
        summary: "Points drawn uniformly from [-1, 1) x [-1, 1): float32 (count, 2).",
        parameters: &[Parameter::new("count", "how many"), SEED],
        infer: |types| {
            check_number(&types[1])?;
            Ok(points_type(infer_count(types, 0, 0)?))
        },
        run: Run::Pure(|inputs, out| {
            let count = count(inputs.get(0), 0)?;
            let mut stream = stream(inputs.get(1))?;
            let numbers = (0..2 * count).map(|_| stream.uniform(-1.0, 1.0));
            let numbers = numbers.map(|number| below(number, -1.0, 1.0));
            put(out, &[count, 2], numbers.map(f64::from))
        }),
    },
];

const POINTS: &str = "points: an array of shape (N, 2), or one point";

/// What a rectangle is, for parameters.
pub(super) const RECTANGLE: &str = "a rectangle: left, top, right, bottom";

/// The same, for messages.
pub(super) const A_RECTANGLE: &str = "the four numbers of a rectangle";

/// The type of points.
fn points_type(count: Option<usize>) -> Type {
    Type::array(Dtype::Float32, vec![count, Some(2)])
}

/// Checks that values of a type may be points.
///
/// # Errors
/// What they are instead.
pub(super) fn check_points(of: &Type) -> Result<ArrayType, String> {
    let array = of.as_array()?;
    let is_points = match array.shape.as_deref() {
        Some([axis] | [_, axis]) => axis.is_none_or(|axis| axis == 2),
        Some(_) => false,
        None => true,
    };
    if is_points {
        Ok(array)
    } else {
        Err(format!("{of}, not points"))
    }
}

/// Points of a value, as x and y.
///
/// # Errors
/// What it is instead.
pub(super) fn points(value: &Value) -> Result<impl Iterator<Item = [f64; 2]>, String> {
    let array = value.array()?;
    let count = match array.shape().axes() {
        [2] => 1,
        [count, 2] => *count,
        _ => return Err(format!("{}, not points", ArrayType::of(array))),
    };
    Ok((0..count).map(|place| [0, 1].map(|axis| array.double_at(2 * place + axis))))
}

/// Writes numbers as an array of float32.
///
/// # Errors
/// That it is too large.
pub(super) fn put(
    out: &mut Value,
    axes: &[usize],
    numbers: impl IntoIterator<Item = f64>,
) -> Result<(), String> {
    let out = out.array_mut();
    out.reset(Dtype::Float32, shape(axes)?);
    for (target, number) in out.slice_mut::<f32>().iter_mut().zip(numbers) {
        *target = f32::from_double(number);
    }
    Ok(())
}

fn bounds(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let mut points = points(inputs.get(0))?;
    let [x, y] = points.next().ok_or("no points, which have no bounds")?;
    let widest = points.fold([x, y, x, y], |[left, top, right, bottom], [x, y]| {
        [left.min(x), top.min(y), right.max(x), bottom.max(y)]
    });
    put(out, &[4], widest)
}

fn center(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (mut count, mut sums) = (0.0, [0.0; 2]);
    for [x, y] in points(inputs.get(0))? {
        sums = [sums[0] + x, sums[1] + y];
        count += 1.0;
    }
    if count == 0.0 {
        return Err("no points, which have no center".to_owned());
    }
    put(out, &[2], sums.map(|sum| sum / count))
}

fn infer_points(types: &[Type]) -> Result<Type, String> {
    if let [one] = types {
        let array = one.as_array()?;
        let known: Option<Vec<_>> = array.shape.and_then(|axes| axes.into_iter().collect());
        let numbers = known.map(|axes| axes.iter().product::<usize>());
        numbers.map_or(Ok(()), check_even)?;
        return Ok(points_type(numbers.map(|numbers| numbers / 2)));
    }
    types.iter().try_for_each(check_number)?;
    check_even(types.len())?;
    Ok(points_type(Some(types.len() / 2)))
}

fn check_even(numbers: usize) -> Result<(), String> {
    if numbers.is_multiple_of(2) {
        Ok(())
    } else {
        Err(format!("{numbers} numbers: each point has two"))
    }
}

fn make_points(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    if inputs.len() == 1 {
        let array: &Array = inputs.get(0).array()?;
        let numbers = array.shape().elements();
        check_even(numbers)?;
        return put(
            out,
            &[numbers / 2, 2],
            (0..numbers).map(|place| array.double_at(place)),
        );
    }
    check_even(inputs.len())?;
    let out = out.array_mut();
    out.reset(Dtype::Float32, shape(&[inputs.len() / 2, 2])?);
    for (target, input) in out.slice_mut::<f32>().iter_mut().zip(inputs.iter()) {
        *target = f32::from_double(input.double()?);
    }
    Ok(())
}
