//! Functions of arrays element by element, with NumPy's broadcasting.

use super::array::{Array, MOST_AXES, Shape};
use super::number::{Number, of_number};
use super::types::{ArrayType, Type, broadcast, promoted};
use crate::pixel::Dtype;

/// A function of two numbers of one type.
pub(super) trait Binary {
    /// Its value.
    ///
    /// # Errors
    /// Why there is none.
    fn of<T: Number>(&self, a: T, b: T) -> Result<T, &'static str>;
}

/// The type of what is computed from two arrays element by element.
pub(super) fn infer_binary(a: &Type, b: &Type) -> Result<ArrayType, String> {
    let (a, b) = (a.as_array()?, b.as_array()?);
    let dtype = match (a.dtype, b.dtype) {
        (Some(a), Some(b)) => Some(arithmetic(promoted(a, b))),
        _ => None,
    };
    let shape = match (a.shape, b.shape) {
        (Some(a), Some(b)) => Some(broadcast(&a, &b)?),
        _ => None,
    };
    Ok(ArrayType { dtype, shape })
}

/// The type that arithmetic with elements of a type is done in: truth values are numbers there.
pub(super) fn arithmetic(dtype: Dtype) -> Dtype {
    match dtype {
        Dtype::Bool => Dtype::Int32,
        other => other,
    }
}

/// Computes a function of two arrays, whose elements are brought to one type before.
///
/// # Errors
/// That the shapes do not fit, or why the function has no value.
pub(super) fn binary(
    a: &Array,
    b: &Array,
    function: &impl Binary,
    out: &mut Array,
) -> Result<(), String> {
    let dtype = arithmetic(promoted(a.dtype(), b.dtype()));
    of_number!(dtype, T => compute::<T, T>(a, b, dtype, out, |a, b| function.of(a, b)))
}

/// Compares two arrays, whose elements are brought to one type before.
///
/// # Errors
/// That the shapes do not fit.
pub(super) fn compare(
    a: &Array,
    b: &Array,
    holds: impl Fn(std::cmp::Ordering) -> bool,
    unordered: bool,
    out: &mut Array,
) -> Result<(), String> {
    let dtype = promoted(a.dtype(), b.dtype());
    of_number!(dtype, T => {
        let compared = |a: T, b: T| Ok(u8::from(a.partial_cmp(&b).map_or(unordered, &holds)));
        compute::<T, u8>(a, b, Dtype::Bool, out, compared)
    })
}

/// A function of one number.
pub(super) trait Unary {
    /// Its value.
    fn of<T: Number>(&self, a: T) -> T;
}

/// Computes a function of each element.
pub(super) fn unary(a: &Array, function: &impl Unary, out: &mut Array) {
    out.reset(a.dtype(), a.shape());
    of_number!(a.dtype(), T => {
        let source: &[T] = bytemuck::cast_slice(a.bytes());
        let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
        for (target, value) in target.iter_mut().zip(source) {
            *target = function.of(*value);
        }
    });
}

/// The type of a function of real numbers: float64 of float64, else float32.
pub(super) fn infer_real(a: &Type) -> Result<ArrayType, String> {
    let ArrayType { dtype, shape } = a.as_array()?;
    let dtype = dtype.map(real);
    Ok(ArrayType { dtype, shape })
}

/// The type that functions of real numbers are computed in.
pub(super) fn real(dtype: Dtype) -> Dtype {
    match dtype {
        Dtype::Float64 => Dtype::Float64,
        _ => Dtype::Float32,
    }
}

/// Computes a function of real numbers of each element.
pub(super) fn unary_real(a: &Array, function: fn(f64) -> f64, out: &mut Array) {
    if a.dtype() == Dtype::Float64 {
        out.reset(Dtype::Float64, a.shape());
        for (target, value) in out.slice_mut::<f64>().iter_mut().zip(a.as_slice::<f64>()) {
            *target = function(*value);
        }
        return;
    }
    a.convert_into(Dtype::Float32, out);
    for value in out.slice_mut::<f32>() {
        *value = f32::from_double(function(f64::from(*value)));
    }
}

/// The elements of an array as numbers of a type; converted ones in memory of their own.
fn numbers<'a, T: Number>(array: &'a Array, converted: &'a mut Option<Array>) -> &'a [T] {
    let same =
        array.dtype() == T::DTYPE || (array.dtype() == Dtype::Bool && T::DTYPE == Dtype::Uint8);
    let array = if same {
        array
    } else {
        converted.insert(array.converted(T::DTYPE))
    };
    bytemuck::cast_slice(array.bytes())
}

fn compute<T: Number, R: bytemuck::Pod>(
    a: &Array,
    b: &Array,
    dtype: Dtype,
    out: &mut Array,
    function: impl Fn(T, T) -> Result<R, &'static str>,
) -> Result<(), String> {
    let shape = common_shape(a.shape(), b.shape())?;
    out.reset(dtype, shape);
    let (mut first, mut second) = (None, None);
    let (left, right) = (numbers::<T>(a, &mut first), numbers::<T>(b, &mut second));
    let target: &mut [R] = bytemuck::cast_slice_mut(out.bytes_mut());
    if a.shape() == b.shape() {
        for ((target, a), b) in target.iter_mut().zip(left).zip(right) {
            *target = function(*a, *b)?;
        }
        return Ok(());
    }
    let places = [a.shape(), b.shape()].map(|own| Steps::new(own, shape));
    let mut walk = Walk::new(shape, places);
    for target in target {
        let [a, b] = walk.next();
        *target = function(left[a], right[b])?;
    }
    Ok(())
}

/// The shape of what is computed from two arrays element by element.
///
/// # Errors
/// Why they do not fit.
pub(super) fn common_shape(a: Shape, b: Shape) -> Result<Shape, String> {
    if a == b {
        return Ok(a);
    }
    let known = |shape: Shape| shape.axes().iter().copied().map(Some).collect::<Vec<_>>();
    let axes = broadcast(&known(a), &known(b))?;
    let axes: Vec<_> = axes.into_iter().flatten().collect();
    Shape::new(&axes).ok_or_else(|| format!("{a:?} and {b:?} make an array that is too large"))
}

/// How far apart the elements of an array lie along each axis of another one that it is spread
/// over; 0 where it is repeated.
struct Steps([usize; MOST_AXES]);

impl Steps {
    fn new(own: Shape, whole: Shape) -> Self {
        let mut steps = [0; MOST_AXES];
        let missing = whole.axes().len() - own.axes().len();
        let mut step = 1;
        for (axis, len) in own.axes().iter().enumerate().rev() {
            if *len != 1 {
                steps[axis + missing] = step;
            }
            step *= len;
        }
        Self(steps)
    }
}

/// Goes through the elements of an array, and those of two others that are spread over it.
struct Walk {
    shape: Shape,
    steps: [Steps; 2],
    at: [usize; MOST_AXES],
    places: [usize; 2],
}

impl Walk {
    fn new(shape: Shape, steps: [Steps; 2]) -> Self {
        Self {
            shape,
            steps,
            at: [0; MOST_AXES],
            places: [0; 2],
        }
    }

    fn next(&mut self) -> [usize; 2] {
        let current = self.places;
        for axis in (0..self.shape.axes().len()).rev() {
            self.at[axis] += 1;
            let ends = self.at[axis] == self.shape.axes()[axis];
            for (place, steps) in self.places.iter_mut().zip(&self.steps) {
                if ends {
                    *place -= steps.0[axis] * (self.at[axis] - 1);
                } else {
                    *place += steps.0[axis];
                }
            }
            if !ends {
                break;
            }
            self.at[axis] = 0;
        }
        current
    }
}
