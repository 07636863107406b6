//! What becomes of each element by itself.

use super::super::wide::wide;
use super::Level;

wide! {
    /// Writes white where levels are at least `least`, and black elsewhere.
    fn separate<T: Level>(source: &[T], least: T, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = if *level >= least { T::HIGH } else { T::default() };
        }
    }
}

/// Writes white where levels are above a threshold, and black elsewhere.
pub fn threshold<T: Level>(source: &[T], threshold: f32, out: &mut [T]) {
    match T::least(threshold.next_up()) {
        Some(least) => separate(source, least, out),
        None => out.fill(T::default()),
    }
}

wide! {
    /// Writes 255 where elements are equal to one, and 0 elsewhere.
    pub fn equals<T: Level>(source: &[T], value: T, out: &mut [u8]) {
        for (level, target) in source.iter().zip(out) {
            *target = if *level == value { 255 } else { 0 };
        }
    }
}

wide! {
    /// Writes sums of two images, of which the first has a weight, and the second what is left of 1.
    pub fn blend<T: Level>(a: &[T], b: &[T], weight: f32, out: &mut [T]) {
        let rest = 1.0 - weight;
        for ((a, b), target) in a.iter().zip(b).zip(out) {
            *target = T::nearest(a.real() * weight + b.real() * rest);
        }
    }
}

wide! {
    /// Writes levels that are taken `least` from, and then multiplied.
    pub fn stretch<T: Level>(source: &[T], least: T, by: f32, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = T::nearest((level.real() - least.real()) * by);
        }
    }
}

wide! {
    /// Writes levels with an amount added, which is as much above black as `up`, or as much below
    /// as `down`.
    pub fn shift<T: Level>(source: &[T], up: T, down: T, out: &mut [T]) {
        for (level, target) in source.iter().zip(out) {
            *target = level.plus(up).minus(down);
        }
    }
}

wide! {
    /// Writes levels of another type: black stays black, and white white.
    pub fn convert<T: Level, U: Level>(source: &[T], out: &mut [U]) {
        for (level, target) in source.iter().zip(out) {
            *target = U::nearest(level.real() * U::WHITE / T::WHITE);
        }
    }
}

wide! {
    fn standardize_rows<T: Level>(source: &[T], means: &[f32], by: &[f32], out: &mut [f32]) {
        for (row, target) in source.chunks(means.len()).zip(out.chunks_mut(means.len())) {
            let levels = row.iter().zip(target).zip(means.iter().zip(by));
            for ((level, target), (mean, by)) in levels {
                *target = (level.real() * (1.0 / T::WHITE) - mean) / by;
            }
        }
    }
}

/// Writes levels, as shares of white, less the mean of their channel and divided by its deviation.
///
/// # Panics
/// If there are no channels, or not as many deviations.
pub fn standardize<T: Level>(source: &[T], means: &[f32], deviations: &[f32], out: &mut [f32]) {
    assert_eq!(means.len(), deviations.len(), "a deviation for each mean");
    // Whole pixels, so that a row of numbers is long enough for vector code.
    let len = 16 * means.len();
    let repeated = |values: &[f32]| values.iter().copied().cycle().take(len).collect::<Vec<_>>();
    standardize_rows(source, &repeated(means), &repeated(deviations), out);
}
