//! How far each pixel is from the nearest one that is 0: exact, in whole numbers until the root.
//!
//! First along columns, then along rows, where the nearest pixel of all columns is the lowest of
//! parabolas (Felzenszwalb, Huttenlocher: *Distance transforms of sampled functions*, 2012; Meijster,
//! Roerdink, Hesselink: *A general algorithm for computing distance transforms in linear time*,
//! 2000).

use super::wide::widely;

/// Working memory, used again for the next image.
#[derive(Debug, Default)]
pub struct Distances {
    /// Of each pixel, how far the nearest one of its column is that is 0.
    columns: Vec<u32>,
    lower: Vec<Parabola>,
}

/// A column whose nearest 0 is the nearest of all from some column on.
#[derive(Clone, Copy, Debug)]
struct Parabola {
    column: f64,
    square: f64,
    from: f64,
}

/// Farther than any pixel: no column has so many.
const FAR: u32 = 1 << 30;

impl Distances {
    /// Writes the distances, in pixels between middles: 0 for what is 0 itself, infinite if nothing
    /// is.
    ///
    /// # Panics
    /// If `width` is 0, or `out` has another length than `mask`.
    pub fn measure(&mut self, mask: &[u8], width: usize, out: &mut [f32]) {
        assert_eq!(mask.len(), out.len(), "as many elements");
        self.measure_columns(mask, width);
        let rows = self.columns.chunks_exact(width);
        for (row, out) in rows.zip(out.chunks_exact_mut(width)) {
            along(row, &mut self.lower, out);
        }
    }

    fn measure_columns(&mut self, mask: &[u8], width: usize) {
        self.columns.clear();
        self.columns.resize(mask.len(), FAR);
        let columns = self.columns.as_mut_slice();
        widely!(|| {
            let mut above: &[u32] = &[];
            for (row, mask) in columns
                .chunks_exact_mut(width)
                .zip(mask.chunks_exact(width))
            {
                if above.is_empty() {
                    for (distance, pixel) in row.iter_mut().zip(mask) {
                        *distance = if *pixel == 0 { 0 } else { FAR };
                    }
                } else {
                    for ((distance, pixel), above) in row.iter_mut().zip(mask).zip(above) {
                        *distance = if *pixel == 0 { 0 } else { *above + 1 };
                    }
                }
                above = row;
            }
            let mut below: &[u32] = &[];
            for row in columns.chunks_exact_mut(width).rev() {
                for (distance, below) in row.iter_mut().zip(below) {
                    *distance = (*distance).min(*below + 1);
                }
                below = row;
            }
        });
    }
}

/// From the distances along columns to those in the plane, of one row.
fn along(columns: &[u32], lower: &mut Vec<Parabola>, out: &mut [f32]) {
    let mut start = 0;
    while start < columns.len() {
        if columns[start] == 0 {
            out[start] = 0.0;
            start += 1;
            continue;
        }
        // Nothing beyond a 0 is nearer than the 0.
        let len = columns[start..].iter().position(|distance| *distance == 0);
        let end = len.map_or(columns.len(), |len| start + len);
        let around = start.saturating_sub(1)..(end + 1).min(columns.len());
        envelope(columns, around, lower);
        read(lower, start, &mut out[start..end]);
        start = end;
    }
}

/// Finds which columns are nearest from where on.
fn envelope(columns: &[u32], range: std::ops::Range<usize>, lower: &mut Vec<Parabola>) {
    lower.clear();
    for place in range {
        if columns[place] >= FAR {
            continue;
        }
        let (column, distance) = (double(place), f64::from(columns[place]));
        let square = distance * distance;
        let mut from = f64::NEG_INFINITY;
        while let Some(last) = lower.last() {
            let ahead = column * column + square - (last.column * last.column + last.square);
            from = ahead / (2.0 * (column - last.column));
            if from > last.from {
                break;
            }
            lower.pop();
            from = f64::NEG_INFINITY;
        }
        lower.push(Parabola {
            column,
            square,
            from,
        });
    }
}

/// Writes how far the nearest column is, from a column on.
fn read(lower: &[Parabola], start: usize, out: &mut [f32]) {
    let mut parabolas = lower.iter();
    let Some(mut nearest) = parabolas.next() else {
        out.fill(f32::INFINITY);
        return;
    };
    let mut next = parabolas.next();
    for (place, out) in (start..).zip(out) {
        let column = double(place);
        while let Some(after) = next.filter(|after| after.from <= column) {
            nearest = after;
            next = parabolas.next();
        }
        let across = column - nearest.column;
        let distance = (across * across + nearest.square).sqrt();
        *out = single(distance);
    }
}

/// A whole number far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "a side of an image")]
const fn double(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest")]
const fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measured(mask: &[u8], width: usize) -> Vec<f32> {
        let mut out = vec![-1.0; mask.len()];
        Distances::default().measure(mask, width, &mut out);
        out
    }

    /// The least of all distances.
    fn nearest(mask: &[u8], width: usize, place: usize) -> f32 {
        let zeros = (0..mask.len()).filter(|zero| mask[*zero] == 0);
        let squares = zeros.map(|zero| {
            let across = (zero % width).abs_diff(place % width);
            let down = (zero / width).abs_diff(place / width);
            across * across + down * down
        });
        let least = squares.min().map(|square| single(double(square).sqrt()));
        least.unwrap_or(f32::INFINITY)
    }

    proptest! {
        #[test]
        fn distances_are_the_least(
            width in 1usize..40,
            mask in prop::collection::vec(0u8..40, 0..400),
        ) {
            let mask = &mask[..mask.len() / width * width];
            let found = measured(mask, width);
            for (place, found) in found.iter().enumerate() {
                prop_assert_eq!(found.to_bits(), nearest(mask, width, place).to_bits());
            }
        }
    }

    #[test]
    fn a_long_row_is_exact() {
        let mut mask = vec![1; 1 << 20];
        mask[0] = 0;
        let wanted: Vec<_> = (0..1 << 20).map(|place| single(double(place))).collect();
        assert_eq!(measured(&mask, 1 << 20), wanted);
        assert_eq!(measured(&mask, 1), wanted);
        assert_eq!(measured(&[1, 1], 2), [f32::INFINITY; 2]);
    }
}
