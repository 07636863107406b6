//! Perspective warps: each pixel of the result is what is found at a place of the source.
//!
//! A translation by whole pixels is a copy of rows. By parts of pixels, all pixels have the same
//! weights, and the two axes are done one after the other, along rows. Everything else goes pixel
//! by pixel, some places at a time. Sums are in floats, never fused, so that they are the same on every processor.

mod blend;
#[cfg(target_arch = "x86_64")]
mod bytes;
mod centred;
mod centred_linear;
#[cfg(target_arch = "x86_64")]
mod picked;
mod places;
mod spots;
mod translate;

#[cfg(test)]
mod tests;

use super::raster::{self, Lines, Outside, Pixel, Raster, Real, shift};
use super::taps::{Taps, cubic, lanczos, linear};
use super::wide::widely;
#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;
use places::{split, translation, whole};
use spots::Places;

pub use centred::{Affine, warp_centred};
pub use centred_linear::warp_centred_linear;
pub use places::{Matrix, inverse};

/// Writes rows of `width` pixels: that at column x of row y is what the source has at
/// `places * (x, y, 1)`.
///
/// # Panics
/// If the source has no pixels, or `out` has no whole rows.
pub fn warp<T: Pixel>(
    source: &Raster<'_, T>,
    places: &Matrix,
    taps: Taps,
    outside: Outside<T>,
    width: usize,
    out: &mut [T],
    lines: &mut Lines,
) {
    assert!(
        source.width > 0 && source.height > 0,
        "an image with pixels"
    );
    let job = Job {
        source,
        places: Places::Matrix(places),
        outside,
        width,
    };
    if let Some(by) = translation(places) {
        if let Some(by) = whole(by, taps) {
            return shift(source, by, outside, width, out);
        }
        let line = T::Real::line(lines);
        match taps {
            Taps::Nearest => job.pick(out),
            Taps::Linear | Taps::Area => widely!(|| job.translate(by, linear, out, line)),
            Taps::Cubic => widely!(|| job.translate(by, cubic, out, line)),
            Taps::Lanczos => widely!(|| job.translate(by, lanczos, out, line)),
        }
        return;
    }
    job.place(taps, out);
}

/// Writes rows of `width` pixels, each of which is what the source has at a column and row of its
/// own, row by row.
///
/// # Panics
/// If the source has no pixels, or there are not as many columns, rows and pixels.
pub fn remap<T: Pixel>(
    source: &Raster<'_, T>,
    (x, y): (&[f32], &[f32]),
    taps: Taps,
    outside: Outside<T>,
    width: usize,
    out: &mut [T],
) {
    assert!(
        source.width > 0 && source.height > 0 && source.channels > 0,
        "an image with pixels"
    );
    let pixels = out.len() / source.channels;
    assert!(x.len() == pixels && y.len() == pixels, "a place of each");
    let job = Job {
        source,
        places: Places::Map { x, y, width },
        outside,
        width,
    };
    job.place(taps, out);
}

/// The pixels of the source, from left and top to right and bottom, that a warp to `width` by
/// `height` pixels may read where it only translates; `None` where it does more.
#[must_use]
pub fn reach(places: &Matrix, taps: Taps, (width, height): (usize, usize)) -> Option<[i64; 4]> {
    /// More than any filter reaches.
    const BEYOND: i64 = 4;
    let by = translation(places)?;
    let (corner, beyond) = match whole(by, taps) {
        Some(corner) => (corner, 0),
        None => ((split(by.0).0, split(by.1).0), BEYOND),
    };
    let end = |start: i64, len: usize| start.saturating_add_unsigned(len as u64) + beyond;
    let (left, top) = corner;
    Some([
        left - beyond,
        top - beyond,
        end(left, width),
        end(top, height),
    ])
}

struct Job<'a, T> {
    source: &'a Raster<'a, T>,
    places: Places<'a>,
    outside: Outside<T>,
    width: usize,
}

impl<T: Pixel> Job<'_, T> {
    fn place(&self, taps: Taps, out: &mut [T]) {
        match taps {
            Taps::Nearest => self.pick(out),
            Taps::Linear | Taps::Area => self.blend_pairs(out),
            Taps::Cubic => self.blend(cubic, out),
            Taps::Lanczos => self.blend(lanczos, out),
        }
    }

    fn blend_pairs(&self, out: &mut [T]) {
        #[cfg(target_arch = "x86_64")]
        if self.warps_in_vectors(
            bytes::blend_bytes,
            |it, to| self.blend_edge(it, linear, to),
            out,
        ) {
            return;
        }
        self.blend(linear, out);
    }

    /// Warps bytes in vectors, if the processor has those and there are such pixels: returns whether
    /// it has. `edge` writes a pixel by itself.
    #[cfg(target_arch = "x86_64")]
    fn warps_in_vectors(
        &self,
        warp: fn(Avx2, &bytes::Bytes<'_>, &mut [u8]),
        edge: impl Fn((f64, f64), &mut [T]),
        out: &mut [T],
    ) -> bool {
        let Raster {
            data,
            stride,
            width,
            height,
            channels,
        } = *self.source;
        let (Some(avx2), Some(data), Some(out)) =
            (Avx2::detect(), raster::bytes(data), raster::bytes_mut(out))
        else {
            return false;
        };
        // Elements are looked up by numbers of 32 bits.
        if !matches!(channels, 1 | 3 | 4) || i32::try_from(data.len()).is_err() {
            return false;
        }
        let source = Raster {
            data,
            stride,
            width,
            height,
            channels,
        };
        let bytes = bytes::Bytes {
            source,
            places: self.places,
            constant: self.outside.known().map(|it| bytemuck::bytes_of(&it)[0]),
            width: self.width,
            edge: &|place, target| edge(place, bytemuck::cast_slice_mut(target)),
        };
        warp(avx2, &bytes, out);
        true
    }

    fn rows<'o>(&self, out: &'o mut [T]) -> std::slice::ChunksExactMut<'o, T> {
        out.chunks_exact_mut((self.width * self.source.channels).max(1))
    }
}
