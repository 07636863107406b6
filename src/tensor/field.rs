//! What an array of a batch is called, and what a sample has in it.

use std::borrow::Cow;

use crate::pixel::Dtype;

/// One array of a batch: a name, the type of its elements, and the shape that each sample has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Elements of a sample along each axis.
    pub shape: Vec<usize>,
}

impl Field {
    /// A field of samples of `shape`.
    pub fn new(name: impl Into<Cow<'static, str>>, dtype: Dtype, shape: &[usize]) -> Self {
        Self {
            name: name.into(),
            dtype,
            shape: shape.to_vec(),
        }
    }

    /// Bytes a sample takes; `usize::MAX` if they are more than that.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shape
            .iter()
            .fold(self.dtype.bytes(), |bytes, len| bytes.saturating_mul(*len))
    }
}
