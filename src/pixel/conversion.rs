//! How bytes become elements: the one place that computes `byte * scale + bias`.
//!
//! Every byte has one value per channel, rounded once to the precision of the elements, so a table
//! of 256 entries per channel says all there is to say. Code that has a fused multiply-add for
//! single precision may compute the same bits instead of looking them up.

use half::{bf16, f16};

use super::Dtype;

/// The value of each byte, for each channel of the output.
pub type Table<T> = [[T; 256]; 3];

/// What becomes of a byte in a batch of images.
#[derive(Clone, Debug)]
pub enum Conversion {
    /// It stays as it is.
    Uint8,
    /// A single-precision float.
    Float32(Box<Linear>),
    /// The bits of a 16-bit float.
    Half {
        /// float16 or bfloat16.
        dtype: Dtype,
        /// The bits for each byte.
        table: Box<Table<u16>>,
    },
}

/// `byte * scale + bias` for each channel, in single precision, rounded once.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Factor of each channel.
    pub(crate) scale: [f32; 3],
    /// What is added to each channel.
    pub(crate) bias: [f32; 3],
    /// The value of each byte.
    pub(crate) table: Table<f32>,
}

/// The elements of one image, and how bytes become them. Slices have exactly
/// `width * height * channels` elements.
#[derive(Debug)]
pub enum Output<'a> {
    /// The bytes themselves.
    Uint8(&'a mut [u8]),
    /// Single-precision floats.
    Float32(&'a mut [f32], &'a Linear),
    /// 16-bit floats.
    Half(&'a mut [u16], &'a Table<u16>),
}

impl Linear {
    /// The conversion with these factors and addends, one for each channel of the output.
    #[must_use]
    pub fn new(scale: [f32; 3], bias: [f32; 3]) -> Self {
        let table = table(|channel, byte| byte.mul_add(scale[channel], bias[channel]));
        Self { scale, bias, table }
    }

    /// `(byte / 255 - mean) / std`.
    #[must_use]
    pub fn normalizing(mean: [f64; 3], std: [f64; 3]) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded to the precision of the elements"
        )]
        Self::new(
            std.map(|std| (1.0 / (255.0 * std)) as f32),
            [0, 1, 2].map(|channel| (-mean[channel] / std[channel]) as f32),
        )
    }

    /// `byte * scale`. Adding -0 changes no product; 0 would turn -0 into 0.
    #[must_use]
    pub fn scaling(scale: f32) -> Self {
        Self::new([scale; 3], [-0.0; 3])
    }

    /// The value of a byte, computed: for code that is compiled for a fused multiply-add.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled for the caller's target features"
    )]
    pub(crate) fn fused(&self, channel: usize, byte: u8) -> f32 {
        f32::from(byte).mul_add(self.scale[channel], self.bias[channel])
    }
}

impl Conversion {
    /// The conversion to elements of `dtype`, floats by `linear`; `None` if images do not come in
    /// that type.
    pub fn new(dtype: Dtype, linear: impl FnOnce() -> Linear) -> Option<Self> {
        let narrow: fn(f32) -> u16 = match dtype {
            Dtype::Uint8 => return Some(Self::Uint8),
            Dtype::Float32 => return Some(Self::Float32(Box::new(linear()))),
            Dtype::Float16 => |value| f16::from_f32(value).to_bits(),
            Dtype::Bfloat16 => |value| bf16::from_f32(value).to_bits(),
            _ => return None,
        };
        let table = Box::new(linear().table.map(|values| values.map(narrow)));
        Some(Self::Half { dtype, table })
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::Uint8 => Dtype::Uint8,
            Self::Float32(_) => Dtype::Float32,
            Self::Half { dtype, .. } => *dtype,
        }
    }

    /// The output whose elements are the bytes of `slot`.
    ///
    /// # Panics
    /// If `slot` is not aligned for the elements, or not a whole number of them.
    pub fn output<'a>(&'a self, slot: &'a mut [u8]) -> Output<'a> {
        match self {
            Self::Uint8 => Output::Uint8(slot),
            Self::Float32(linear) => Output::Float32(bytemuck::cast_slice_mut(slot), linear),
            Self::Half { table, .. } => Output::Half(bytemuck::cast_slice_mut(slot), table),
        }
    }
}

impl Output<'_> {
    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Uint8(data) => data.len(),
            Self::Float32(data, _) => data.len(),
            Self::Half(data, _) => data.len(),
        }
    }
}

fn table<T>(value: impl Fn(usize, f32) -> T) -> Table<T> {
    #[expect(clippy::cast_precision_loss, reason = "a byte")]
    [0, 1, 2].map(|channel| std::array::from_fn(|byte| value(channel, byte as f32)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_what_is_computed() {
        let linear = Linear::normalizing([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        for channel in 0..3 {
            for byte in 0..=255u8 {
                let stored = linear.table[channel][usize::from(byte)];
                assert_eq!(stored.to_bits(), linear.fused(channel, byte).to_bits());
            }
        }
    }

    #[test]
    fn images_come_in_four_types() {
        let dtype =
            |dtype| Conversion::new(dtype, || Linear::scaling(1.0)).map(|made| made.dtype());
        for known in [
            Dtype::Uint8,
            Dtype::Float32,
            Dtype::Float16,
            Dtype::Bfloat16,
        ] {
            assert_eq!(dtype(known), Some(known));
        }
        assert_eq!(dtype(Dtype::Int64), None);
    }
}
