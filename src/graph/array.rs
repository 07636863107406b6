//! Arrays of numbers, as graphs compute with them: small ones in place, large ones shared.

use std::fmt;
use std::sync::Arc;

use bytemuck::Pod;

use crate::error::Result;
use crate::pixel::Dtype;
use crate::tensor::{Block, Buffer};

/// The most axes of an array.
pub const MOST_AXES: usize = 8;

/// The most elements of an array: more in a sample is a mistake, and must not take all memory.
const MOST_ELEMENTS: usize = 1 << 30;

/// Words of an array that is kept in place: a scalar, or a short vector.
const SMALL: usize = 2;

/// Elements along each axis; none for a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    axes: [usize; MOST_AXES],
    rank: usize,
}

/// A dense array in row-major order.
#[derive(Clone)]
pub struct Array {
    dtype: Dtype,
    shape: Shape,
    data: Data,
}

/// The elements, in words so that they are aligned for every type.
#[derive(Clone)]
enum Data {
    Small([u64; SMALL]),
    Large(Arc<Block>),
}

/// A type of elements that graphs compute with.
pub trait Element: Pod + PartialOrd + Send + Sync {
    /// Its name in an array.
    const DTYPE: Dtype;
}

macro_rules! elements {
    ($($element:ty: $dtype:ident),*) => {
        $(impl Element for $element {
            const DTYPE: Dtype = Dtype::$dtype;
        })*
    };
}

elements!(u8: Uint8, i16: Int16, u16: Uint16, i32: Int32, i64: Int64, f32: Float32, f64: Float64);

/// The type of elements of this name, if graphs compute with it.
#[must_use]
pub fn dtype_named(name: &str) -> Option<Dtype> {
    const ALL: [Dtype; 8] = [
        Dtype::Bool,
        Dtype::Uint8,
        Dtype::Int16,
        Dtype::Uint16,
        Dtype::Int32,
        Dtype::Int64,
        Dtype::Float32,
        Dtype::Float64,
    ];
    ALL.into_iter().find(|dtype| dtype.name() == name)
}

impl Shape {
    /// A scalar's.
    pub const SCALAR: Self = Self {
        axes: [0; MOST_AXES],
        rank: 0,
    };

    /// One axis without elements.
    const EMPTY: Self = Self {
        rank: 1,
        ..Self::SCALAR
    };

    /// The shape with these axes; `None` if they are too many, or have too many elements together.
    #[must_use]
    pub fn new(axes: &[usize]) -> Option<Self> {
        let mut shape = Self {
            rank: axes.len(),
            ..Self::SCALAR
        };
        shape.axes.get_mut(..axes.len())?.copy_from_slice(axes);
        let elements = axes
            .iter()
            .try_fold(1usize, |product, axis| product.checked_mul(*axis))?;
        // An axis of an array without elements has a length, too.
        let is_small = axes.iter().all(|axis| *axis <= MOST_ELEMENTS);
        (is_small && elements <= MOST_ELEMENTS).then_some(shape)
    }

    /// The axes.
    #[must_use]
    pub fn axes(&self) -> &[usize] {
        &self.axes[..self.rank]
    }

    /// Whether it has no axes.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        self.rank == 0
    }

    /// Number of elements.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.axes().iter().product()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.axes(), f)
    }
}

impl Array {
    /// An array of zeros.
    #[must_use]
    pub fn zeros(dtype: Dtype, shape: Shape) -> Self {
        let words = (shape.elements() * dtype.bytes()).div_ceil(8);
        let data = if words <= SMALL {
            Data::Small([0; SMALL])
        } else {
            Data::Large(Arc::new(Block::zeros(words)))
        };
        Self { dtype, shape, data }
    }

    /// An array with these bytes; `None` if they are not as many as it has, or other truth values
    /// than 0 and 1.
    #[must_use]
    pub fn of_bytes(dtype: Dtype, shape: Shape, bytes: &[u8]) -> Option<Self> {
        let fits = shape.elements() * dtype.bytes() == bytes.len();
        if !fits || (dtype == Dtype::Bool && bytes.iter().any(|byte| *byte > 1)) {
            return None;
        }
        let mut array = Self::zeros(dtype, shape);
        array.bytes_mut().copy_from_slice(bytes);
        Some(array)
    }

    /// A scalar.
    #[must_use]
    pub fn scalar<T: Element>(value: T) -> Self {
        let mut array = Self::zeros(T::DTYPE, Shape::SCALAR);
        array.slice_mut::<T>()[0] = value;
        array
    }

    /// A scalar that is true or false.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        let mut array = Self::zeros(Dtype::Bool, Shape::SCALAR);
        array.bytes_mut()[0] = u8::from(value);
        array
    }

    /// A vector.
    ///
    /// # Panics
    /// If it takes more memory than there can be.
    #[must_use]
    pub fn vector<T: Element>(values: &[T]) -> Self {
        let shape = Shape::new(&[values.len()]).expect("a slice fits memory");
        let mut array = Self::zeros(T::DTYPE, shape);
        array.slice_mut::<T>().copy_from_slice(values);
        array
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Makes it an array of this type and shape, whose elements are any, in its own memory if that
    /// is large enough and nobody shares it.
    pub fn reset(&mut self, dtype: Dtype, shape: Shape) {
        let words = (shape.elements() * dtype.bytes()).div_ceil(8);
        let is_reused = match &mut self.data {
            Data::Small(_) => words <= SMALL,
            Data::Large(block) => match Arc::get_mut(block) {
                Some(mine) if words > SMALL => {
                    mine.resize(words);
                    true
                }
                _ => false,
            },
        };
        if is_reused {
            (self.dtype, self.shape) = (dtype, shape);
        } else {
            *self = Self::zeros(dtype, shape);
        }
    }

    /// Makes it a copy of another one, in its own memory as [`Array::reset`] says.
    pub fn copy_from(&mut self, other: &Self) {
        self.reset(other.dtype, other.shape);
        self.bytes_mut().copy_from_slice(other.bytes());
    }

    /// Whether nobody shares its memory.
    #[must_use]
    pub fn is_own(&self) -> bool {
        match &self.data {
            Data::Small(_) => true,
            Data::Large(block) => Arc::strong_count(block) == 1,
        }
    }

    /// Its bytes as a buffer, with its memory if that is large and nobody shares it. The array is
    /// then one of no elements, which uses the memory again when the buffer is dropped.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for a copy.
    pub fn hand_over(&mut self) -> Result<Buffer> {
        let bytes = self.len();
        if let Data::Large(block) = &mut self.data
            && let Some(own) = Arc::get_mut(block)
        {
            self.shape = Shape::EMPTY;
            return Ok(own.hand_over(bytes));
        }
        Buffer::copied(self.bytes())
    }

    /// Makes it a scalar.
    pub fn put_scalar<T: Element>(&mut self, value: T) {
        self.reset(T::DTYPE, Shape::SCALAR);
        self.slice_mut::<T>()[0] = value;
    }

    /// Makes it a scalar that is true or false.
    pub fn put_boolean(&mut self, value: bool) {
        self.reset(Dtype::Bool, Shape::SCALAR);
        self.bytes_mut()[0] = u8::from(value);
    }

    /// The bytes of all elements.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let words: &[u64] = match &self.data {
            Data::Small(words) => words,
            Data::Large(block) => block.words(),
        };
        &bytemuck::cast_slice(words)[..self.len()]
    }

    /// The bytes of all elements, copied first if they are shared.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len();
        let words: &mut [u64] = match &mut self.data {
            Data::Small(words) => words,
            Data::Large(block) => Arc::make_mut(block).words_mut(),
        };
        &mut bytemuck::cast_slice_mut(words)[..len]
    }

    fn len(&self) -> usize {
        self.shape.elements() * self.dtype.bytes()
    }

    /// The elements.
    ///
    /// # Panics
    /// If they are of another type.
    #[must_use]
    pub fn as_slice<T: Element>(&self) -> &[T] {
        assert_eq!(self.dtype, T::DTYPE, "the type of the elements");
        bytemuck::cast_slice(self.bytes())
    }

    /// The elements, copied first if they are shared.
    ///
    /// # Panics
    /// If they are of another type.
    pub fn slice_mut<T: Element>(&mut self) -> &mut [T] {
        assert_eq!(self.dtype, T::DTYPE, "the type of the elements");
        bytemuck::cast_slice_mut(self.bytes_mut())
    }

    /// The same elements in another shape of as many.
    ///
    /// # Panics
    /// If it has another number of elements.
    #[must_use]
    pub fn reshaped(&self, shape: Shape) -> Self {
        assert_eq!(
            shape.elements(),
            self.shape.elements(),
            "a shape of as many elements"
        );
        Self {
            shape,
            ..self.clone()
        }
    }
}

/// A scalar that is false.
impl Default for Array {
    fn default() -> Self {
        Self::boolean(false)
    }
}

/// Type, shape and bits are the same.
impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        (self.dtype, self.shape) == (other.dtype, other.shape) && self.bytes() == other.bytes()
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.dtype, self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_unless_it_is_shared() {
        let shape = |n: usize| Shape::new(&[n, 3]).unwrap();
        let mut array = Array::zeros(Dtype::Float32, shape(100));
        let start = array.bytes().as_ptr();
        array.reset(Dtype::Uint8, shape(200));
        assert_eq!(array.bytes().as_ptr(), start);
        let kept = array.clone();
        array.reset(Dtype::Uint8, shape(200));
        assert_ne!(array.bytes().as_ptr(), kept.bytes().as_ptr());
    }

    #[test]
    fn memory_that_was_handed_over_is_used_again() {
        let shape = Shape::new(&[100]).unwrap();
        let mut array = Array::vector(&[1.5f64; 100]);
        let buffer = array.hand_over().unwrap();
        assert_eq!(buffer.len(), 800);
        assert!(array.bytes().is_empty());
        array.reset(Dtype::Float64, shape);
        assert_ne!(array.bytes().as_ptr(), buffer.as_ptr());
        let address = buffer.as_ptr();
        let _held = array.hand_over().unwrap();
        drop(buffer);
        array.reset(Dtype::Float64, shape);
        assert_eq!(array.bytes().as_ptr(), address);
    }

    #[test]
    fn shared_memory_is_copied() {
        let mut array = Array::vector(&[1.5f64; 100]);
        let kept = array.clone();
        assert!(!array.is_own());
        let buffer = array.hand_over().unwrap();
        assert_ne!(buffer.as_ptr().cast_const(), kept.bytes().as_ptr());
        assert_eq!(array, kept);
    }

    #[test]
    fn shapes_are_bounded() {
        assert!(Shape::new(&[1; MOST_AXES + 1]).is_none());
        assert!(Shape::new(&[usize::MAX, 2]).is_none());
        assert_eq!(Shape::new(&[]).unwrap().elements(), 1);
        assert_eq!(Shape::new(&[3, 0]).unwrap().elements(), 0);
    }
}
