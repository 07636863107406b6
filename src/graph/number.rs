//! Numbers as elements: arithmetic that wraps or saturates, and conversions.

use super::array::{Array, Element, Shape};
use crate::pixel::Dtype;

/// A number of one type.
pub(super) trait Number: Element {
    /// The sum, wrapped around.
    fn add(self, other: Self) -> Self;
    /// The difference, wrapped around.
    fn subtract(self, other: Self) -> Self;
    /// The product, wrapped around.
    fn multiply(self, other: Self) -> Self;
    /// The quotient, of integers towards zero; `None` if that is not defined.
    fn divide(self, other: Self) -> Option<Self>;
    /// The remainder, with the sign of the dividend; `None` if that is not defined.
    fn remainder(self, other: Self) -> Option<Self>;
    /// The sum, clipped to the range of the type.
    fn add_clipped(self, other: Self) -> Self;
    /// The difference, clipped.
    fn subtract_clipped(self, other: Self) -> Self;
    /// The product, clipped.
    fn multiply_clipped(self, other: Self) -> Self;
    /// The quotient, clipped.
    fn divide_clipped(self, other: Self) -> Option<Self>;
    /// A whole number near it, by a function of doubles; whole numbers stay what they are.
    #[must_use]
    fn rounded(self, function: fn(f64) -> f64) -> Self;
    /// The nearest double.
    fn to_double(self) -> f64;
    /// A double, clipped to the range of the type and then truncated; 0 for what is no number.
    fn from_double(value: f64) -> Self;
    /// Itself, if it is an integer.
    fn to_integer(self) -> Option<i64>;
    /// An integer, clipped to the range of the type.
    fn from_integer(value: i64) -> Self;
    /// A number of another type, clipped to the range of this one and then truncated.
    #[must_use]
    fn from_number<T: Number>(value: T) -> Self {
        match value.to_integer() {
            Some(value) => Self::from_integer(value),
            None => Self::from_double(value.to_double()),
        }
    }
}

macro_rules! integers {
    ($($number:ty),*) => {
        $(impl Number for $number {
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn subtract(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn multiply(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn divide(self, other: Self) -> Option<Self> {
                (other != 0).then(|| self.wrapping_div(other))
            }
            fn remainder(self, other: Self) -> Option<Self> {
                (other != 0).then(|| self.wrapping_rem(other))
            }
            fn add_clipped(self, other: Self) -> Self {
                self.saturating_add(other)
            }
            fn subtract_clipped(self, other: Self) -> Self {
                self.saturating_sub(other)
            }
            fn multiply_clipped(self, other: Self) -> Self {
                self.saturating_mul(other)
            }
            fn divide_clipped(self, other: Self) -> Option<Self> {
                (other != 0).then(|| self.saturating_div(other))
            }
            fn rounded(self, _: fn(f64) -> f64) -> Self {
                self
            }
            #[expect(clippy::allow_attributes, reason = "not every integer is lossless")]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "the nearest")]
            fn to_double(self) -> f64 {
                self as f64
            }
            #[expect(clippy::allow_attributes, reason = "not every integer is signed")]
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clips and truncates, as it should"
            )]
            fn from_double(value: f64) -> Self {
                value as Self
            }
            fn to_integer(self) -> Option<i64> {
                Some(i64::from(self))
            }
            fn from_integer(value: i64) -> Self {
                let (low, high) = (i64::from(Self::MIN), i64::from(Self::MAX));
                Self::try_from(value.clamp(low, high)).unwrap_or(0)
            }
        })*
    };
}

macro_rules! floats {
    ($($number:ty),*) => {
        $(impl Number for $number {
            fn add(self, other: Self) -> Self {
                self + other
            }
            fn subtract(self, other: Self) -> Self {
                self - other
            }
            fn multiply(self, other: Self) -> Self {
                self * other
            }
            fn divide(self, other: Self) -> Option<Self> {
                Some(self / other)
            }
            fn remainder(self, other: Self) -> Option<Self> {
                Some(self % other)
            }
            fn add_clipped(self, other: Self) -> Self {
                self + other
            }
            fn subtract_clipped(self, other: Self) -> Self {
                self - other
            }
            fn multiply_clipped(self, other: Self) -> Self {
                self * other
            }
            fn divide_clipped(self, other: Self) -> Option<Self> {
                Some(self / other)
            }
            fn rounded(self, function: fn(f64) -> f64) -> Self {
                Self::from_double(function(self.to_double()))
            }
            fn to_double(self) -> f64 {
                f64::from(self)
            }
            #[expect(clippy::allow_attributes, reason = "a double stays what it is")]
            #[allow(clippy::cast_possible_truncation, reason = "the nearest")]
            fn from_double(value: f64) -> Self {
                value as Self
            }
            fn to_integer(self) -> Option<i64> {
                None
            }
            #[expect(clippy::cast_precision_loss, reason = "the nearest")]
            fn from_integer(value: i64) -> Self {
                value as Self
            }
        })*
    };
}

integers!(u8, i16, u16, i32, i64);
floats!(f32, f64);

/// Runs `$body` with `$type` standing for the Rust type of a type of elements; bool, which is kept
/// as bytes of 0 and 1, is u8, and so it is for `Array::converted`.
macro_rules! of_number {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            $crate::pixel::Dtype::Bool | $crate::pixel::Dtype::Uint8 => {
                type $type = u8;
                $body
            }
            $crate::pixel::Dtype::Int16 => {
                type $type = i16;
                $body
            }
            $crate::pixel::Dtype::Uint16 => {
                type $type = u16;
                $body
            }
            $crate::pixel::Dtype::Int32 => {
                type $type = i32;
                $body
            }
            $crate::pixel::Dtype::Int64 => {
                type $type = i64;
                $body
            }
            $crate::pixel::Dtype::Float32
            | $crate::pixel::Dtype::Float16
            | $crate::pixel::Dtype::Bfloat16 => {
                type $type = f32;
                $body
            }
            $crate::pixel::Dtype::Float64 => {
                type $type = f64;
                $body
            }
        }
    };
}
pub(super) use of_number;

/// Runs `$body`, which gives a `Result<_, String>`, with `$type` standing for the Rust type of the
/// elements of an image whose pixels are computed with: each of them is compiled for four types,
/// not for all, which would double the time that the crate takes.
macro_rules! of_pixel {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            $crate::pixel::Dtype::Uint8 => {
                type $type = u8;
                $body
            }
            $crate::pixel::Dtype::Int16 => {
                type $type = i16;
                $body
            }
            $crate::pixel::Dtype::Uint16 => {
                type $type = u16;
                $body
            }
            $crate::pixel::Dtype::Float32 => {
                type $type = f32;
                $body
            }
            other => Err($crate::graph::number::not_pixels(other)),
        }
    };
}
pub(super) use of_pixel;

/// Why elements of a type are not computed with as pixels.
pub(super) fn not_pixels(dtype: Dtype) -> String {
    let dtype = dtype.name();
    format!("an image of {dtype}, not of uint8, int16, uint16 or float32")
}

impl Array {
    /// Element `place`, as a double.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn double_at(&self, place: usize) -> f64 {
        of_number!(self.dtype(), T => bytemuck::cast_slice::<_, T>(self.bytes())[place].to_double())
    }

    /// Element `place`, converted to a type.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn number_at<T: Number>(&self, place: usize) -> T {
        of_number!(self.dtype(), From => {
            T::from_number(bytemuck::cast_slice::<_, From>(self.bytes())[place])
        })
    }

    /// Element `place`, as a whole number.
    ///
    /// # Errors
    /// What it is instead.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn integer_at(&self, place: usize) -> Result<i64, String> {
        of_number!(self.dtype(), T => {
            let number = bytemuck::cast_slice::<_, T>(self.bytes())[place];
            if let Some(integer) = number.to_integer() {
                return Ok(integer);
            }
            let value = number.to_double();
            if value.fract() == 0.0 {
                Ok(i64::from_double(value))
            } else {
                Err(format!("{value}, not a whole number"))
            }
        })
    }

    /// The same numbers as elements of another type: clipped to its range, and then truncated; as
    /// bool, whether they are not 0.
    ///
    /// # Panics
    /// If elements are half floats, which graphs do not compute with.
    #[must_use]
    pub fn converted(&self, dtype: Dtype) -> Self {
        let mut out = Self::zeros(dtype, Shape::SCALAR);
        self.convert_into(dtype, &mut out);
        out
    }

    /// Writes what `converted` gives over another array.
    ///
    /// # Panics
    /// As `converted`.
    pub fn convert_into(&self, dtype: Dtype, out: &mut Self) {
        out.reset(dtype, self.shape());
        let source: &[u8] = self.bytes();
        of_number!(self.dtype(), From => {
            let values: &[From] = bytemuck::cast_slice(source);
            if dtype == Dtype::Bool {
                let is_set = |value: &From| u8::from(value.to_double() != 0.0);
                write(out.bytes_mut(), values.iter().map(is_set));
            } else {
                of_number!(dtype, To => {
                    let target: &mut [To] = bytemuck::cast_slice_mut(out.bytes_mut());
                    write(target, values.iter().map(|value| To::from_number(*value)));
                });
            }
        });
    }
}

fn write<T>(target: &mut [T], values: impl Iterator<Item = T>) {
    for (target, value) in target.iter_mut().zip(values) {
        *target = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_clip_and_then_truncate() {
        let convert = |value: f32, dtype| Array::scalar(value).converted(dtype);
        assert_eq!(convert(1000.0, Dtype::Uint8), Array::scalar(255u8));
        assert_eq!(convert(-5.0, Dtype::Uint8), Array::scalar(0u8));
        assert_eq!(convert(3.6, Dtype::Int32), Array::scalar(3));
        assert_eq!(convert(-3.6, Dtype::Int32), Array::scalar(-3));
        assert_eq!(convert(f32::NAN, Dtype::Int16), Array::scalar(0i16));
        assert_eq!(convert(0.5, Dtype::Bool), Array::boolean(true));
        assert_eq!(
            Array::boolean(true).converted(Dtype::Float32),
            Array::scalar(1f32)
        );
    }
}
