//! Medians of the pixels around each, what lies around the image being its edge.
//!
//! Windows of 3 and 5 pixels go through sorting networks, whole rows at a time. The medians of
//! bytes in windows of up to 15 pixels are searched bit by bit, by counting; larger windows have
//! histograms that slide along the rows (Huang, Yang and Tang: *A fast two-dimensional median
//! filtering algorithm*, 1979).

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::weigh::{Single, check};
use super::window::{SLACK, Window, put};

/// An element of an image, of which medians are taken.
pub trait Rank: Single + PartialOrd {
    /// Writes the medians of windows of more than 5 by 5 pixels.
    fn of_large(source: &Raster<'_, Self>, size: usize, out: &mut [Self]);
}

/// Writes the medians of windows of `size` by `size` pixels, which is odd.
///
/// # Panics
/// If the image or the window is empty, or `out` is not as large as the image.
pub fn median<T: Rank>(source: &Raster<'_, T>, size: usize, out: &mut [T]) {
    match size {
        1 => {
            let len = check(source, out);
            for (number, target) in out.chunks_exact_mut(len).enumerate() {
                target.copy_from_slice(source.row(number));
            }
        }
        3 => by_columns(source, sort_three, of_three, out),
        5 => by_columns(source, sort_five, of_five, out),
        _ => T::of_large(source, size, out),
    }
}

/// Writes what `find` finds in windows of `N` by `N`, of columns that are in order: `sort` does that
/// once for all windows that have them.
fn by_columns<T: Rank, const N: usize>(
    source: &Raster<'_, T>,
    sort: impl Fn([T; N]) -> [T; N] + Copy,
    find: impl Fn([[&[T; BLOCK]; N]; N]) -> [T; BLOCK] + Copy,
    out: &mut [T],
) {
    let (len, channels) = (check(source, out), source.channels);
    let mut window = Window::around(source, Outside::Replicate, (N, N));
    let width = len + (N - 1) * channels + SLACK;
    let mut columns: [Vec<T>; N] = std::array::from_fn(|_| vec![T::default(); width]);
    for target in out.chunks_exact_mut(len) {
        window.advance();
        let lines: Vec<_> = window.lines().collect();
        widely!(|| {
            let width = lines[0].len() / BLOCK * BLOCK;
            for first in (0..width).step_by(BLOCK) {
                let rows = std::array::from_fn(|row| block(lines[row], first));
                let sorted = sort_columns(rows, sort);
                for (column, sorted) in columns.iter_mut().zip(sorted) {
                    put(sorted, &mut column[first..]);
                }
            }
            for (number, target) in target.chunks_mut(BLOCK).enumerate() {
                let first = number * BLOCK;
                let found = find(std::array::from_fn(|row| {
                    std::array::from_fn(|by| block(&columns[row], first + by * channels))
                }));
                put(found, target);
            }
        });
    }
}

/// How many elements are sorted at a time.
const BLOCK: usize = 64;

#[inline(always)]
fn block<T>(line: &[T], first: usize) -> &[T; BLOCK] {
    let block = line[first..].first_chunk();
    block.expect("lines are longer than rows")
}

#[inline(always)]
fn sort_columns<T: Rank, const N: usize>(
    rows: [&[T; BLOCK]; N],
    sort: impl Fn([T; N]) -> [T; N],
) -> [[T; BLOCK]; N] {
    let mut sorted = [[T::default(); BLOCK]; N];
    for at in 0..BLOCK {
        let column = sort(rows.map(|row| row[at]));
        for row in 0..N {
            sorted[row][at] = column[row];
        }
    }
    sorted
}

/// Puts pairs of an array in order, one after the other.
macro_rules! order {
    ($values:ident: $(($a:literal, $b:literal))*) => {
        $({
            let (a, b) = ($values[$a], $values[$b]);
            $values[$a] = least(a, b);
            $values[$b] = most(a, b);
        })*
    };
}

#[inline(always)]
fn least<T: Rank>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

#[inline(always)]
fn most<T: Rank>(a: T, b: T) -> T {
    if b < a { a } else { b }
}

#[inline(always)]
fn sort_three<T: Rank>(mut values: [T; 3]) -> [T; 3] {
    order!(values: (0, 1)(1, 2)(0, 1));
    values
}

#[inline(always)]
fn sort_five<T: Rank>(mut values: [T; 5]) -> [T; 5] {
    order!(values: (0, 3)(1, 4)(0, 2)(1, 3)(0, 1)(2, 4)(1, 2)(3, 4)(2, 3));
    values
}

/// Medians of 3 by 3: of the greatest of the least, the median of the medians, and the least of the
/// greatest of columns, which are in order.
#[inline(always)]
fn of_three<T: Rank>(columns: [[&[T; BLOCK]; 3]; 3]) -> [T; BLOCK] {
    let mut medians = [T::default(); BLOCK];
    let [least_of, middle_of, most_of] = columns;
    for at in 0..BLOCK {
        let low = most(most(least_of[0][at], least_of[1][at]), least_of[2][at]);
        let high = least(least(most_of[0][at], most_of[1][at]), most_of[2][at]);
        let middle = sort_three(middle_of.map(|column| column[at]))[1];
        medians[at] = sort_three([low, middle, high])[1];
    }
    medians
}

/// Medians of 5 by 5. With columns in order, and then rows, 13 numbers are left that may be the
/// median: as many of the others are below it as are above it. Of 8 of those, neither the least nor
/// the greatest can be it; with the next one instead of those two, the same holds again.
#[inline(always)]
fn of_five<T: Rank>(columns: [[&[T; BLOCK]; 5]; 5]) -> [T; BLOCK] {
    let mut medians = [T::default(); BLOCK];
    let rows = columns.map(|row| sort_columns(row, sort_five));
    let [a, b, c, rest @ ..] = &rows;
    for at in 0..BLOCK {
        let mut it = [
            a[3][at], a[4][at], b[2][at], b[3][at], b[4][at], c[1][at], c[2][at], c[3][at],
        ];
        // In all of these, the least comes first and the greatest last.
        order!(it: (0, 7)(1, 6)(2, 5)(3, 4)(0, 1)(0, 2)(0, 3)(4, 7)(5, 7)(6, 7));
        let mut it = [it[1], it[2], it[3], it[4], it[5], it[6], rest[0][0][at]];
        order!(it: (0, 6)(1, 5)(2, 4)(0, 1)(0, 2)(0, 3)(3, 6)(4, 6)(5, 6));
        let mut it = [it[1], it[2], it[3], it[4], it[5], rest[0][1][at]];
        order!(it: (0, 5)(1, 4)(2, 3)(0, 1)(0, 2)(3, 5)(4, 5));
        let mut it = [it[1], it[2], it[3], it[4], rest[0][2][at]];
        order!(it: (0, 4)(1, 3)(0, 1)(0, 2)(2, 4)(3, 4));
        let mut it = [it[1], it[2], it[3], rest[1][0][at]];
        order!(it: (0, 3)(1, 2)(0, 1)(2, 3));
        medians[at] = sort_three([it[1], it[2], rest[1][1][at]])[1];
    }
    medians
}

impl Rank for u8 {
    fn of_large(source: &Raster<'_, Self>, size: usize, out: &mut [Self]) {
        if size * size <= usize::from(Self::MAX) {
            by_bits(source, size, out);
        } else {
            by_histograms(source, size, out);
        }
    }
}

/// Finds medians bit by bit: a median has a bit if more than half of the numbers are not less than
/// what is known of it and that bit.
fn by_bits(source: &Raster<'_, u8>, size: usize, out: &mut [u8]) {
    let len = check(source, out);
    let mut window = Window::around(source, Outside::Replicate, (size, size));
    for target in out.chunks_exact_mut(len) {
        window.advance();
        let lines: Vec<_> = window.lines().collect();
        let half = u8::try_from(size * size / 2).unwrap_or(u8::MAX);
        widely!(|| {
            for (number, target) in target.chunks_mut(SLACK).enumerate() {
                let found = search(&lines, number * SLACK, source.channels, half);
                put(found, target);
            }
        });
    }
}

#[inline(always)]
fn search(lines: &[&[u8]], first: usize, channels: usize, half: u8) -> [u8; SLACK] {
    let mut found = [0; SLACK];
    for bit in (0..8).rev() {
        let tried = found.map(|value| value | 1 << bit);
        let mut counts = [0u8; SLACK];
        for line in lines {
            for column in 0..lines.len() {
                let part = line[first + column * channels..].first_chunk::<SLACK>();
                let Some(part) = part else {
                    continue;
                };
                for at in 0..SLACK {
                    counts[at] += u8::from(part[at] >= tried[at]);
                }
            }
        }
        for at in 0..SLACK {
            // All bits or none, as processors compare vectors.
            let is_reached = u8::from(counts[at] > half).wrapping_neg();
            found[at] |= is_reached & (1 << bit);
        }
    }
    found
}

/// How many numbers of a window there are of each value, and of each value divided by 16.
struct Histogram {
    fine: [u32; 256],
    coarse: [u32; 16],
}

impl Histogram {
    fn count(&mut self, value: u8, by: u32) {
        let fine = &mut self.fine[usize::from(value)];
        *fine = fine.wrapping_add(by);
        let coarse = &mut self.coarse[usize::from(value >> 4)];
        *coarse = coarse.wrapping_add(by);
    }

    /// The value that this many others are below.
    fn at(&self, mut rank: u32) -> u8 {
        let mut value = 0;
        for count in self.coarse {
            if rank < count {
                break;
            }
            rank -= count;
            value += 16;
        }
        for count in &self.fine[value.min(240)..] {
            if rank < *count {
                break;
            }
            rank -= count;
            value += 1;
        }
        u8::try_from(value).unwrap_or(u8::MAX)
    }
}

fn by_histograms(source: &Raster<'_, u8>, size: usize, out: &mut [u8]) {
    let (len, channels) = (check(source, out), source.channels);
    let mut window = Window::around(source, Outside::Replicate, (size, size));
    let half = u32::try_from(size * size / 2).unwrap_or(u32::MAX);
    for target in out.chunks_exact_mut(len) {
        window.advance();
        let lines: Vec<_> = window.lines().collect();
        for channel in 0..channels {
            let mut histogram = Histogram {
                fine: [0; 256],
                coarse: [0; 16],
            };
            let count = |histogram: &mut Histogram, column: usize, by: u32| {
                for line in &lines {
                    histogram.count(line[column * channels + channel], by);
                }
            };
            (0..size - 1).for_each(|column| count(&mut histogram, column, 1));
            let targets = target[channel..].iter_mut().step_by(channels);
            for (column, target) in targets.enumerate() {
                count(&mut histogram, column + size - 1, 1);
                *target = histogram.at(half);
                count(&mut histogram, column, 1u32.wrapping_neg());
            }
        }
    }
}

macro_rules! by_selection {
    ($($element:ty: $compare:expr),*) => {
        $(impl Rank for $element {
            fn of_large(source: &Raster<'_, Self>, size: usize, out: &mut [Self]) {
                select(source, size, out, $compare);
            }
        })*
    };
}

by_selection!(i16: i16::cmp, u16: u16::cmp, f32: f32::total_cmp);

fn select<T: Rank>(
    source: &Raster<'_, T>,
    size: usize,
    out: &mut [T],
    compare: fn(&T, &T) -> std::cmp::Ordering,
) {
    let (len, channels) = (check(source, out), source.channels);
    let mut window = Window::around(source, Outside::Replicate, (size, size));
    let mut values = Vec::with_capacity(size * size);
    for target in out.chunks_exact_mut(len) {
        window.advance();
        let lines: Vec<_> = window.lines().collect();
        for (at, target) in target.iter_mut().enumerate() {
            values.clear();
            for line in &lines {
                values.extend(line[at..].iter().step_by(channels).take(size));
            }
            let middle = values.len() / 2;
            *target = *values.select_nth_unstable_by(middle, compare).1;
        }
    }
}
