//! What flows along the edges of a graph.

use std::sync::Arc;

use super::array::Array;
use super::list::{List, Text, check_nesting};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Numbers, a scalar among them.
    Array(Array),
    /// Text.
    Text(Text),
    /// The bytes of a file.
    Bytes(Arc<Vec<u8>>),
    /// Values of any types.
    List(List),
}

impl Default for Value {
    fn default() -> Self {
        Self::Array(Array::default())
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl Value {
    /// What kind it is, as messages say it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Array(_) => "an array",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
        }
    }

    /// The array that it is.
    ///
    /// # Errors
    /// What it is instead.
    pub fn array(&self) -> Result<&Array, String> {
        match self {
            Self::Array(array) => Ok(array),
            other => Err(format!("{}, not an array of numbers", other.kind())),
        }
    }

    /// Makes it an array, whose memory is the old one's if it was one.
    pub fn array_mut(&mut self) -> &mut Array {
        if !matches!(self, Self::Array(_)) {
            *self = Self::default();
        }
        match self {
            Self::Array(array) => array,
            _ => unreachable!("it was just made one"),
        }
    }

    /// Whether it is an array whose memory nobody shares.
    pub(super) fn is_own_array(&self) -> bool {
        matches!(self, Self::Array(array) if array.is_own())
    }

    /// Makes it a copy of another one; arrays get memory of their own.
    pub(super) fn copy_from(&mut self, other: &Self) {
        match other {
            Self::Array(array) => self.array_mut().copy_from(array),
            other => *self = other.clone(),
        }
    }

    /// Makes it bytes, to be written anew in the memory of the old ones if it was some that nobody
    /// shares.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        let is_own = matches!(self, Self::Bytes(bytes) if Arc::strong_count(bytes) == 1);
        if !is_own {
            *self = Self::Bytes(Arc::default());
        }
        match self {
            Self::Bytes(bytes) => Arc::make_mut(bytes),
            _ => unreachable!("it was just made some"),
        }
    }

    /// The bytes that it is.
    ///
    /// # Errors
    /// What it is instead.
    pub fn bytes(&self) -> Result<&[u8], String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(format!("{}, not the bytes of a file", other.kind())),
        }
    }

    /// Whether it is true: a truth value, or a number other than 0.
    ///
    /// # Errors
    /// What it is instead.
    pub fn is_true(&self) -> Result<bool, String> {
        Ok(self.double()? != 0.0)
    }

    /// The number that it is, as a double.
    ///
    /// # Errors
    /// What it is instead.
    pub fn double(&self) -> Result<f64, String> {
        self.single().map(|array| array.double_at(0))
    }

    /// The whole number that it is.
    ///
    /// # Errors
    /// What it is instead.
    pub fn integer(&self) -> Result<i64, String> {
        self.single()?.integer_at(0)
    }

    /// The array of one element that it is.
    fn single(&self) -> Result<&Array, String> {
        let array = self.array()?;
        match array.shape().elements() {
            1 => Ok(array),
            _ => Err(format!(
                "an array of shape {:?}, not one number",
                array.shape()
            )),
        }
    }

    /// The text that it is.
    ///
    /// # Errors
    /// What it is instead.
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(&**text),
            other => Err(format!("{}, not text", other.kind())),
        }
    }

    /// Checks that it has no more lists within lists than can be written to a file: each takes some
    /// of the stack when it is looked at.
    ///
    /// # Errors
    /// That it has.
    pub(super) fn check_depth(&self) -> Result<(), String> {
        match self {
            Self::List(list) => check_nesting(list.depth()),
            _ => Ok(()),
        }
    }

    /// How many bytes it takes, about.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Array(array) => array.bytes().len(),
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
                Self::List(values) => values.size(),
            }
    }
}
