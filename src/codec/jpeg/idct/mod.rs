//! Coefficients to samples: dequantisation and the inverse DCT, bit for bit as libjpeg-turbo's
//! accurate one (`JDCT_ISLOW`) does them on x86-64 with AVX2, whole blocks of 8x8 and the reduced
//! ones of 4x4, 2x2 and 1x1.
//!
//! The reference is its SIMD code, which is what a linked library runs. For blocks that an encoder
//! makes, that equals its portable code. For others it does not: products with the quantisation
//! table and some sums wrap at 16 bits, what lies between the passes is cut to 16 bits, and a block
//! without anything below its first row wraps there instead. All of that is done here too, so that
//! a damaged file gives the same samples with either decoder.
//!
//! [`avx2`] has the arithmetic. The tests run the library's own functions beside it.

mod avx2;
#[cfg(test)]
mod tests;

pub(super) use avx2::run;

/// Coefficients of a block in natural (row-major) order.
type Block = [i16; 64];

/// A component's quantisation table, as the kernels read it.
#[derive(Clone, Debug)]
pub(super) struct Quant {
    /// Eight steps a row, twice: one row for each of two blocks. Sixteen-bit tables are cut to what
    /// 16 signed bits hold, as in libjpeg-turbo.
    rows: [[i16; 16]; 8],
}

impl Quant {
    /// From a table in natural (row-major) order.
    pub(super) fn new(natural: &[u16; 64]) -> Self {
        let mut rows = [[0; 16]; 8];
        for (row, steps) in rows.iter_mut().zip(natural.as_chunks::<8>().0) {
            let steps = steps.map(u16::cast_signed);
            row[..8].copy_from_slice(&steps);
            row[8..].copy_from_slice(&steps);
        }
        Self { rows }
    }
}
