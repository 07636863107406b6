//! The bilateral filter (Tomasi and Manduchi: *Bilateral filtering for gray and color images*, ICCV
//! 1998): means of the pixels around each, those that are near and alike counting most.

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::weigh::{Single, check};
use super::window::Window;

/// Which pixels count, and how much.
#[derive(Clone, Copy, Debug)]
pub struct Bilateral {
    /// How many pixels away those are that still count.
    pub radius: usize,
    /// The standard deviation of the Gaussian of differences: sums over the channels, in units of
    /// the elements.
    pub sigma_color: f64,
    /// The standard deviation of the Gaussian of distances, in pixels.
    pub sigma_space: f64,
}

/// Elements that are computed at a time.
const BLOCK: usize = 64;

/// A pixel that counts: its row and column in the window, and the logarithm of its weight to base 2.
struct Neighbour {
    row: usize,
    column: usize,
    weight: f32,
}

impl Bilateral {
    /// The pixels that count, in the order of rows.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a radius is small"
    )]
    fn neighbours(&self) -> Vec<Neighbour> {
        let radius = self.radius;
        let mut found = Vec::new();
        for row in 0..=2 * radius {
            for column in 0..=2 * radius {
                let (y, x) = (row.abs_diff(radius), column.abs_diff(radius));
                let square = y * y + x * x;
                if square <= radius * radius {
                    let weight = square as f64 * exponent(self.sigma_space);
                    found.push(Neighbour {
                        row,
                        column,
                        weight: weight as f32,
                    });
                }
            }
        }
        found
    }

    /// Writes the filtered image, rounded for integers. What lies around it is its mirror image,
    /// in which its edge does not come twice.
    ///
    /// # Panics
    /// If the image is empty, or `out` is not as large.
    pub fn filter<T: Single>(&self, source: &Raster<'_, T>, out: &mut [T]) {
        let (len, channels) = (check(source, out), source.channels);
        let size = 2 * self.radius + 1;
        let mut window = Window::around(source, Outside::Reflect101, (size, size));
        let neighbours = self.neighbours();
        let stride = (source.width + size - 1).next_multiple_of(BLOCK) + BLOCK;
        let mut planes = Planes {
            data: vec![0.0; stride * channels * size],
            stride,
            rows: size,
            channels,
        };
        #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
        let by_color = exponent(self.sigma_color) as f32;
        let mut sums = vec![[0.0; BLOCK]; channels];
        let mut read = 0;
        let mut others = Vec::new();
        for target in out.chunks_exact_mut(len) {
            window.advance();
            let new = if read == 0 { 0 } else { size - 1 };
            for line in window.lines().skip(new) {
                planes.read(read, line);
                read += 1;
            }
            let first = read - size;
            let own = planes.start(first + self.radius, self.radius);
            others.clear();
            others.extend(
                (neighbours.iter()).map(|it| (planes.start(first + it.row, it.column), it.weight)),
            );
            for (number, target) in target.chunks_mut(BLOCK * channels).enumerate() {
                widely!(|| planes.sum(own + number * BLOCK, &others, by_color, &mut sums));
                for (place, _) in &mut others {
                    *place += BLOCK;
                }
                for (column, pixel) in target.chunks_exact_mut(channels).enumerate() {
                    for (value, sums) in pixel.iter_mut().zip(&sums) {
                        *value = T::nearest(sums[column]);
                    }
                }
            }
        }
    }
}

/// The factor of a square in the logarithm of a Gaussian to base 2.
fn exponent(sigma: f64) -> f64 {
    -0.5 * std::f64::consts::LOG2_E / (sigma * sigma)
}

/// Rows of a window, channel by channel.
struct Planes {
    data: Vec<f32>,
    stride: usize,
    rows: usize,
    channels: usize,
}

impl Planes {
    fn read<T: Single>(&mut self, number: usize, line: &[T]) {
        let start = number % self.rows * self.channels * self.stride;
        for channel in 0..self.channels {
            let plane = &mut self.data[start + channel * self.stride..][..self.stride];
            let values = line[channel..].iter().step_by(self.channels);
            for (to, from) in plane.iter_mut().zip(values) {
                *to = from.real();
            }
        }
    }

    /// Where the elements of a row begin, and of a column.
    fn start(&self, row: usize, column: usize) -> usize {
        row % self.rows * self.channels * self.stride + column
    }

    #[inline(always)]
    fn block(&self, start: usize, channel: usize) -> &[f32; BLOCK] {
        let block = self.data[start + channel * self.stride..].first_chunk();
        block.expect("lines are longer than rows")
    }

    /// Writes the weighted means of some pixels, one of which is at `own`: of those at some places,
    /// each with the logarithm of its weight to base 2.
    #[inline(always)]
    fn sum(&self, own: usize, others: &[(usize, f32)], by_color: f32, sums: &mut [[f32; BLOCK]]) {
        let mut total = [0.0; BLOCK];
        sums.fill([0.0; BLOCK]);
        for (other, weight) in others {
            let mut weights = [0.0; BLOCK];
            for channel in 0..self.channels {
                let here = self.block(own, channel);
                let there = self.block(*other, channel);
                for at in 0..BLOCK {
                    weights[at] += (there[at] - here[at]).abs();
                }
            }
            for at in 0..BLOCK {
                let difference = weights[at];
                weights[at] = power_of_two(difference * difference * by_color + weight);
                total[at] += weights[at];
            }
            for (channel, sums) in sums.iter_mut().enumerate() {
                let there = self.block(*other, channel);
                for at in 0..BLOCK {
                    sums[at] += there[at] * weights[at];
                }
            }
        }
        for sums in sums {
            for at in 0..BLOCK {
                sums[at] /= total[at];
            }
        }
    }
}

/// 2 to a power that is not positive, to 1 part in 4 million; very small ones are 2^-126.
#[inline(always)]
fn power_of_two(power: f32) -> f32 {
    /// Adding it rounds to whole numbers, which are then the last bits.
    const WHOLE: f32 = 12_582_912.0;
    let power = power.max(-126.0);
    let shifted = power + WHOLE;
    let part = power - (shifted - WHOLE);
    // The series of exp(part * ln 2); |part| is at most a half.
    let series = 1.540_353e-4_f32;
    let series = series * part + 1.333_355_8e-3;
    let series = series * part + 9.618_129e-3;
    let series = series * part + 5.550_411e-2;
    let series = series * part + 2.402_265e-1;
    let series = series * part + 6.931_472e-1;
    let series = series * part + 1.0;
    f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_exact_enough() {
        for step in 0..=126_000_u32 {
            let power = -f64::from(step) / 1000.0;
            #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
            let single = power as f32;
            let (found, expected) = (power_of_two(single), libm::exp2(f64::from(single)));
            assert!(
                (f64::from(found) / expected - 1.0).abs() < 2.5e-7,
                "{power}"
            );
        }
        assert!(power_of_two(f32::NEG_INFINITY) < 1e-37);
    }
}
