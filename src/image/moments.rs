//! Raw moments: sums of powers of the coordinates of the pixels that have a value.

use std::collections::HashMap;

/// The moments of a value: 1, x, y, x^2, x y, y^2, x^3, x^2 y, x y^2 and y^3, summed over pixels.
pub type Moments = [f64; 10];

/// The moments of every value in an image, the least value first; x is a pixel's column, y its row.
/// Sums below 2^53 are exact.
///
/// # Panics
/// If `width` is 0.
pub fn moments<T: Copy + PartialEq + Into<i64>>(pixels: &[T], width: usize) -> Vec<(i64, Moments)> {
    let powers = powers(width);
    let mut found = Found::default();
    for (row, line) in pixels.chunks_exact(width).enumerate() {
        let mut start = 0;
        for run in line.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            let sums = found.of_row(run[0].into());
            for (power, sum) in sums.iter_mut().enumerate() {
                *sum += powers[end][power] - powers[start][power];
            }
            start = end;
        }
        #[expect(clippy::cast_precision_loss, reason = "a side of an image")]
        found.end_row(row as f64);
    }
    let mut all = found.sums;
    all.sort_unstable_by_key(|(value, _)| *value);
    all
}

/// Sums of the first powers of all columns before one.
fn powers(width: usize) -> Vec<[f64; 4]> {
    let mut sums = [0.0; 4];
    let mut all = vec![sums];
    #[expect(clippy::cast_precision_loss, reason = "a side of an image")]
    all.extend((0..width).map(|column| {
        let x = column as f64;
        sums = [
            sums[0] + 1.0,
            sums[1] + x,
            sums[2] + x * x,
            sums[3] + x * x * x,
        ];
        sums
    }));
    all
}

/// The sums by values.
#[derive(Default)]
struct Found {
    sums: Vec<(i64, Moments)>,
    /// Of each, the sums of the powers of x in a row, which are 0 before it has any.
    rows: Vec<[f64; 4]>,
    /// Those that the row has.
    in_row: Vec<usize>,
    /// Where a value that is an index here has its sums, or `usize::MAX`.
    places: Vec<usize>,
    /// The same of other values.
    others: HashMap<i64, usize>,
}

/// Values below this have their places in a list.
const MOST: usize = 1 << 16;

impl Found {
    /// The sums of a value in a row.
    fn of_row(&mut self, value: i64) -> &mut [f64; 4] {
        let place = self.place(value);
        let sums = &mut self.rows[place];
        if sums[0] == 0.0 {
            self.in_row.push(place);
        }
        sums
    }

    fn place(&mut self, value: i64) -> usize {
        let new = self.sums.len();
        let place = match usize::try_from(value) {
            Ok(index) if index < MOST => {
                if index >= self.places.len() {
                    self.places.resize(index + 1, usize::MAX);
                }
                let place = &mut self.places[index];
                *place = (*place).min(new);
                *place
            }
            _ => *self.others.entry(value).or_insert(new),
        };
        if place == new {
            self.sums.push((value, [0.0; 10]));
            self.rows.push([0.0; 4]);
        }
        place
    }

    /// Adds what a row has.
    fn end_row(&mut self, y: f64) {
        for place in self.in_row.drain(..) {
            let [n, x, x2, x3] = std::mem::take(&mut self.rows[place]);
            let more = [
                n,
                x,
                n * y,
                x2,
                x * y,
                n * y * y,
                x3,
                x2 * y,
                x * y * y,
                n * y * y * y,
            ];
            let sums = self.sums[place].1.iter_mut();
            sums.zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn moments_are_sums_over_pixels(
            width in 1usize..30,
            pixels in prop::collection::vec(-2i64..3, 1..300),
            stretch in prop_oneof![Just(1i64), Just(40_000)],
        ) {
            let pixels: Vec<_> = pixels.iter().map(|pixel| pixel * stretch).collect();
            let pixels = &pixels[..pixels.len() / width * width];
            let mut wanted = std::collections::BTreeMap::<i64, Moments>::new();
            for (place, value) in pixels.iter().enumerate() {
                let [x, y] = [place % width, place / width]
                    .map(|number| f64::from(u16::try_from(number).unwrap()));
                let sums = wanted.entry(*value).or_default();
                let more = [
                    1.0, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y,
                ];
                sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
            prop_assert_eq!(moments(pixels, width), wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
