//! Functions of arrays element by element, with NumPy's broadcasting.
//!
//! Elements of another type than the computation's are converted a block at a time, so that nothing
//! is allocated but the result.

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
    let ArrayType { dtype, shape } = infer_pair(a, b)?;
    let dtype = dtype.map(arithmetic);
    Ok(ArrayType { dtype, shape })
}

/// The same, where truth values stay truth values.
pub(super) fn infer_pair(a: &Type, b: &Type) -> Result<ArrayType, String> {
    let (a, b) = (a.as_array()?, b.as_array()?);
    let dtype = a.dtype.zip(b.dtype).map(|(a, b)| promoted(a, b));
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
    binary_as(a, b, dtype, function, out)
}

/// Computes a function of two arrays, whose elements are brought to a type before; truth values are
/// the bytes 0 and 1.
///
/// # Errors
/// As `binary`.
pub(super) fn binary_as(
    a: &Array,
    b: &Array,
    dtype: Dtype,
    function: &impl Binary,
    out: &mut Array,
) -> Result<(), String> {
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

/// Elements that are computed at once.
const BLOCK: usize = 256;

fn compute<T: Number, R: bytemuck::Pod>(
    a: &Array,
    b: &Array,
    dtype: Dtype,
    out: &mut Array,
    function: impl Fn(T, T) -> Result<R, &'static str>,
) -> Result<(), String> {
    if a.shape().is_scalar() && b.shape().is_scalar() {
        let value = function(a.number_at(0), b.number_at(0))?;
        out.reset(dtype, Shape::SCALAR);
        bytemuck::cast_slice_mut(out.bytes_mut())[0] = value;
        return Ok(());
    }
    let shape = common_shape(a.shape(), b.shape())?;
    out.reset(dtype, shape);
    let (mut left, mut right) = (Operand::<T>::new(a, shape), Operand::<T>::new(b, shape));
    let target: &mut [R] = bytemuck::cast_slice_mut(out.bytes_mut());
    for (number, target) in target.chunks_mut(BLOCK).enumerate() {
        let a = left.block(number * BLOCK, target.len());
        let b = right.block(number * BLOCK, target.len());
        for ((target, a), b) in target.iter_mut().zip(a).zip(b) {
            *target = function(*a, *b)?;
        }
    }
    Ok(())
}

/// An array that is spread over a larger one, as numbers of one type.
struct Operand<'a, T> {
    array: &'a Array,
    spread: Spread,
    is_same_type: bool,
    buffer: [T; BLOCK],
}

/// How an array is spread.
#[expect(clippy::large_enum_variant, reason = "on the stack, of two operands")]
enum Spread {
    /// It has the elements of the larger one.
    Not,
    /// It has one element, which the buffer is full of.
    Single,
    /// Along some axes.
    Along(Walk),
}

impl<'a, T: Number> Operand<'a, T> {
    fn new(array: &'a Array, whole: Shape) -> Self {
        let is_truth = array.dtype() == Dtype::Bool && T::DTYPE == Dtype::Uint8;
        let elements = array.shape().elements();
        let mut operand = Self {
            array,
            spread: Spread::Not,
            is_same_type: array.dtype() == T::DTYPE || is_truth,
            buffer: [T::zeroed(); BLOCK],
        };
        if elements == 1 && whole.elements() != 1 {
            let [value, ..] = *operand.convert(0, 1) else {
                return operand;
            };
            operand.buffer = [value; BLOCK];
            operand.spread = Spread::Single;
        } else if elements != whole.elements() {
            operand.spread = Spread::Along(Walk::new(array.shape(), whole));
        }
        operand
    }

    /// The next `len` elements, from `start` on.
    fn block(&mut self, start: usize, len: usize) -> &[T] {
        match &mut self.spread {
            Spread::Single => &self.buffer[..len],
            Spread::Along(walk) => {
                of_number!(self.array.dtype(), From => {
                    let source: &[From] = bytemuck::cast_slice(self.array.bytes());
                    for target in &mut self.buffer[..len] {
                        *target = T::from_number(source[walk.next()]);
                    }
                });
                &self.buffer[..len]
            }
            Spread::Not if self.is_same_type => {
                &bytemuck::cast_slice(self.array.bytes())[start..][..len]
            }
            Spread::Not => self.convert(start, len),
        }
    }

    fn convert(&mut self, start: usize, len: usize) -> &[T] {
        of_number!(self.array.dtype(), From => {
            let source: &[From] = bytemuck::cast_slice(self.array.bytes());
            for (target, value) in self.buffer.iter_mut().zip(&source[start..][..len]) {
                *target = T::from_number(*value);
            }
        });
        &self.buffer[..len]
    }
}

/// The shape of what is computed from two arrays element by element.
///
/// # Errors
/// Why they do not fit.
pub(super) fn common_shape(a: Shape, b: Shape) -> Result<Shape, String> {
    if a == b {
        return Ok(a);
    }
    let rank = a.axes().len().max(b.axes().len());
    let mut axes = [1; MOST_AXES];
    for shape in [a, b] {
        let missing = rank - shape.axes().len();
        for (common, own) in axes[missing..].iter_mut().zip(shape.axes()) {
            if *common != *own && *common != 1 && *own != 1 {
                return Err(format!("{common} and {own} elements along one axis"));
            }
            if *own != 1 {
                *common = *own;
            }
        }
    }
    Shape::new(&axes[..rank])
        .ok_or_else(|| format!("{a:?} and {b:?} make an array that is too large"))
}

/// Goes through the elements of an array that is spread over a larger one, in the order of that
/// one's.
struct Walk {
    shape: Shape,
    /// How far apart elements lie along each axis; 0 where they are repeated.
    steps: [usize; MOST_AXES],
    at: [usize; MOST_AXES],
    place: usize,
}

impl Walk {
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
        Self {
            shape: whole,
            steps,
            at: [0; MOST_AXES],
            place: 0,
        }
    }

    fn next(&mut self) -> usize {
        let current = self.place;
        for axis in (0..self.shape.axes().len()).rev() {
            self.at[axis] += 1;
            if self.at[axis] < self.shape.axes()[axis] {
                self.place += self.steps[axis];
                break;
            }
            self.place -= self.steps[axis] * (self.at[axis] - 1);
            self.at[axis] = 0;
        }
        current
    }
}
