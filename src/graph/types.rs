//! What is known of a value before any sample is made.

use std::fmt;

use super::array::{Array, Shape};
use super::list::check_nesting;
use super::value::Value;
use crate::pixel::Dtype;

/// A type of values, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Type {
    /// Nothing is known.
    #[default]
    Anything,
    /// An array of numbers.
    Array(ArrayType),
    /// Text.
    Text,
    /// The bytes of a file.
    Bytes,
    /// A list whose elements have one type, or of any if that is not known.
    List {
        /// The type of each element.
        element: Box<Type>,
        /// How many there are.
        length: Option<usize>,
    },
}

/// What is known of an array.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ArrayType {
    /// Type of the elements.
    pub dtype: Option<Dtype>,
    /// Elements along each axis; each may be unknown, and so may the number of axes.
    pub shape: Option<Vec<Option<usize>>>,
}

impl Type {
    /// A scalar.
    #[must_use]
    pub fn scalar(dtype: Dtype) -> Self {
        Self::array(dtype, Vec::new())
    }

    /// An array of which type and number of axes are known.
    #[must_use]
    pub fn array(dtype: Dtype, shape: Vec<Option<usize>>) -> Self {
        Self::Array(ArrayType {
            dtype: Some(dtype),
            shape: Some(shape),
        })
    }

    /// A list of values of one type.
    #[must_use]
    pub fn list(element: Self, length: Option<usize>) -> Self {
        Self::List {
            element: Box::new(element),
            length,
        }
    }

    /// The type of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Array(array) => Self::Array(ArrayType::of(array)),
            Value::Text(_) => Self::Text,
            Value::Bytes(_) => Self::Bytes,
            Value::List(values) if values.is_text() => Self::list(Self::Text, Some(values.len())),
            Value::List(values) => {
                let element = values
                    .iter()
                    .map(|value| Self::of(&value))
                    .reduce(|a, b| a.common(&b))
                    .unwrap_or_default();
                Self::list(element, Some(values.len()))
            }
        }
    }

    /// What is known of a value that has one of two types.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => Self::Array(a.common(b)),
            (Self::Text, Self::Text) => Self::Text,
            (Self::Bytes, Self::Bytes) => Self::Bytes,
            (
                Self::List { element, length },
                Self::List {
                    element: other,
                    length: others,
                },
            ) => Self::list(element.common(other), length.filter(|_| length == others)),
            _ => Self::Anything,
        }
    }

    /// What is known of the value of a selection from values of two types: numbers get the wider
    /// type of elements.
    #[must_use]
    pub fn selected(&self, other: &Self) -> Self {
        let mut common = self.common(other);
        if let (Self::Array(a), Self::Array(b), Self::Array(both)) = (self, other, &mut common) {
            both.dtype = a.dtype.zip(b.dtype).map(|(a, b)| promoted(a, b));
        }
        common
    }

    /// The type of elements, if it is an array of a known one.
    #[must_use]
    pub fn dtype(&self) -> Option<Dtype> {
        match self {
            Self::Array(array) => array.dtype,
            _ => None,
        }
    }

    /// Checks that values of this type are one number.
    ///
    /// # Errors
    /// What they are instead.
    pub fn check_condition(&self) -> Result<(), String> {
        match self.as_array()?.shape {
            Some(axes) if axes.iter().any(|axis| axis.is_some_and(|axis| axis != 1)) => {
                Err(format!("a condition that is {self}, not one number"))
            }
            _ => Ok(()),
        }
    }

    /// The array type that values of this type have.
    ///
    /// # Errors
    /// What they are instead.
    pub fn as_array(&self) -> Result<ArrayType, String> {
        match self {
            Self::Array(array) => Ok(array.clone()),
            Self::Anything => Ok(ArrayType::default()),
            other => Err(format!("{other}, not an array of numbers")),
        }
    }

    /// Checks that lists of this type are not nested deeper than values may be.
    ///
    /// # Errors
    /// That they are.
    pub(super) fn check_depth(&self) -> Result<(), String> {
        let mut depth = 0;
        let mut of = self;
        while let Self::List { element, .. } = of {
            depth += 1;
            of = element;
        }
        check_nesting(depth)
    }
}

impl ArrayType {
    /// The type of an array.
    #[must_use]
    pub fn of(array: &Array) -> Self {
        Self::fixed(array.dtype(), array.shape())
    }

    /// The type of arrays of which all is known.
    #[must_use]
    pub fn fixed(dtype: Dtype, shape: Shape) -> Self {
        Self {
            dtype: Some(dtype),
            shape: Some(shape.axes().iter().copied().map(Some).collect()),
        }
    }

    /// Whether an array of this type may be one of another type, as far as both are known.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let differ = |a: &Option<usize>, b: &Option<usize>| a.zip(*b).is_some_and(|(a, b)| a != b);
        let are_axes = |a: &Vec<Option<usize>>, b: &Vec<Option<usize>>| {
            a.len() == b.len() && !a.iter().zip(b).any(|(a, b)| differ(a, b))
        };
        let dtypes = self.dtype.zip(other.dtype);
        let shapes = self.shape.as_ref().zip(other.shape.as_ref());
        dtypes.is_none_or(|(a, b)| a == b) && shapes.is_none_or(|(a, b)| are_axes(a, b))
    }

    /// What is known of an array that has one of two types.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let shape = match (&self.shape, &other.shape) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                let both = a.iter().zip(b);
                Some(both.map(|(a, b)| a.filter(|_| a == b)).collect())
            }
            _ => None,
        };
        Self {
            dtype: self.dtype.filter(|_| self.dtype == other.dtype),
            shape,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anything => f.write_str("anything"),
            Self::Array(array) => array.fmt(f),
            Self::Text => f.write_str("text"),
            Self::Bytes => f.write_str("bytes"),
            Self::List { element, .. } if **element == Self::Anything => f.write_str("a list"),
            Self::List { element, .. } => write!(f, "a list of {element}"),
        }
    }
}

impl fmt::Display for ArrayType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dtype = self.dtype.map_or("numbers", Dtype::name);
        match self.shape.as_deref() {
            Some([]) => write!(f, "one {dtype}"),
            Some(axes) => {
                let shown = |n: &Option<usize>| n.map_or("?".to_owned(), |n| n.to_string());
                let shown: Vec<_> = axes.iter().map(shown).collect();
                write!(f, "{dtype} ({})", shown.join(", "))
            }
            None => write!(f, "an array of {dtype}"),
        }
    }
}

/// The wider of two types of elements: the one that comes later in the order bool, uint8, int16,
/// uint16, int32, int64, float32, float64.
#[must_use]
pub(super) fn promoted(a: Dtype, b: Dtype) -> Dtype {
    let rank = |dtype| match dtype {
        Dtype::Bool => 0,
        Dtype::Uint8 => 1,
        Dtype::Int16 => 2,
        Dtype::Uint16 => 3,
        Dtype::Int32 => 4,
        Dtype::Int64 => 5,
        Dtype::Float16 | Dtype::Bfloat16 | Dtype::Float32 => 6,
        Dtype::Float64 => 7,
    };
    if rank(a) >= rank(b) { a } else { b }
}

/// The shape of what is computed from two arrays element by element, as NumPy broadcasts them.
///
/// # Errors
/// Why they do not fit.
pub(super) fn broadcast(
    a: &[Option<usize>],
    b: &[Option<usize>],
) -> Result<Vec<Option<usize>>, String> {
    let rank = a.len().max(b.len());
    let axis_of = |shape: &[Option<usize>], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing {
            Some(1)
        } else {
            shape[axis - missing]
        }
    };
    let one = |axis| match (axis_of(a, axis), axis_of(b, axis)) {
        (Some(1), other) | (other, Some(1)) => Ok(other),
        (Some(a), Some(b)) if a != b => Err(format!("{a} and {b} elements along one axis")),
        (known, other) => Ok(known.or(other)),
    };
    (0..rank).map(one).collect()
}
