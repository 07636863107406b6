//! Pixels of three channels, a block at a time, as a row of numbers for each channel: loops over
//! such rows are what compilers make vector code of.

#![expect(
    clippy::inline_always,
    reason = "it is compiled for the caller's processor"
)]

use super::super::wide::wide;
use super::Level;

/// Pixels of a block.
const BLOCK: usize = 64;

/// What becomes of pixels of three channels. All functions are to be inlined.
pub(in super::super) trait OfPixels<T> {
    /// What is computed with.
    type Number: Copy + Default;

    /// The number of an element.
    fn read(element: T) -> Self::Number;
    /// What becomes of a pixel.
    fn of(&self, pixel: [Self::Number; 3]) -> [Self::Number; 3];
    /// The element of a number.
    fn write(number: Self::Number) -> T;
}

/// What becomes of three levels. The function is to be inlined.
pub(in super::super) trait OfLevels<T: Level> {
    /// What becomes of a pixel: numbers from 0 to white.
    fn of_levels(&self, pixel: [f32; 3]) -> [f32; 3];
}

/// Levels as numbers, and without their fractions again.
struct Cut<'a, W>(&'a W);

impl<T: Level, W: OfLevels<T>> OfPixels<T> for Cut<'_, W> {
    type Number = f32;

    #[inline(always)]
    fn read(element: T) -> f32 {
        element.real()
    }

    #[inline(always)]
    fn of(&self, pixel: [f32; 3]) -> [f32; 3] {
        self.0.of_levels(pixel)
    }

    #[inline(always)]
    fn write(number: f32) -> T {
        T::cut(number)
    }
}

/// Writes what becomes of the levels of pixels of three channels.
pub(in super::super) fn by_levels<T: Level>(source: &[T], work: &impl OfLevels<T>, out: &mut [T]) {
    by_pixels(source, &Cut(work), out);
}

/// Writes what becomes of pixels of three channels.
pub(in super::super) fn by_pixels<T: Plain, W: OfPixels<T>>(source: &[T], work: &W, out: &mut [T]) {
    let (source, out) = (source.as_chunks::<3>().0, out.as_chunks_mut::<3>().0);
    let (blocks, rest) = source.as_chunks::<BLOCK>();
    let (targets, target_rest) = out.as_chunks_mut::<BLOCK>();
    by_blocks(blocks, work, targets);
    if !rest.is_empty() {
        let (mut block, mut target) = ([[[T::default(); 3]; BLOCK]], [[[T::default(); 3]; BLOCK]]);
        block[0][..rest.len()].copy_from_slice(rest);
        by_blocks(&block, work, &mut target);
        target_rest.copy_from_slice(&target[0][..target_rest.len()]);
    }
}

/// An element of a pixel.
pub(in super::super) trait Plain: Copy + Default {}

impl<T: Copy + Default> Plain for T {}

wide! {
    fn by_blocks<T: Plain, W: OfPixels<T>>(
        blocks: &[[[T; 3]; BLOCK]],
        work: &W,
        out: &mut [[[T; 3]; BLOCK]],
    ) {
        let mut elements = [[T::default(); BLOCK]; 3];
        let mut numbers = [[W::Number::default(); BLOCK]; 3];
        for (block, target) in blocks.iter().zip(out) {
            split(block, &mut elements);
            for place in 0..BLOCK {
                let [red, green, blue] = &elements;
                let pixel = [red[place], green[place], blue[place]].map(W::read);
                let pixel = work.of(pixel);
                [numbers[0][place], numbers[1][place], numbers[2][place]] = pixel;
            }
            for (part, plane) in elements.iter_mut().zip(&numbers) {
                for (element, number) in part.iter_mut().zip(plane) {
                    *element = W::write(*number);
                }
            }
            join(&elements, target);
        }
    }
}

/// What becomes of pixels of three channels as one element. The function is to be inlined.
pub(in super::super) trait ToOne<T> {
    /// What becomes of a pixel.
    fn of(&self, pixel: [T; 3]) -> T;
}

wide! {
    /// Writes what becomes of pixels of three channels as one element each.
    pub(in super::super) fn to_one<T: Plain, W: ToOne<T>>(
        source: &[[T; 3]],
        work: &W,
        out: &mut [T],
    ) {
        let mut planes = [[T::default(); BLOCK]; 3];
        let (blocks, rest) = source.as_chunks::<BLOCK>();
        let (targets, target_rest) = out.as_chunks_mut::<BLOCK>();
        for (block, target) in blocks.iter().zip(targets) {
            split(block, &mut planes);
            let [red, green, blue] = &planes;
            for place in 0..BLOCK {
                target[place] = work.of([red[place], green[place], blue[place]]);
            }
        }
        for (pixel, target) in rest.iter().zip(target_rest) {
            *target = work.of(*pixel);
        }
    }
}

wide! {
    /// Writes pixels of three channels that are equal.
    pub(in super::super) fn repeat<T: Plain>(source: &[T], out: &mut [T]) {
        let (blocks, rest) = source.as_chunks::<BLOCK>();
        let (targets, target_rest) = out.as_chunks_mut::<3>().0.as_chunks_mut::<BLOCK>();
        for (block, target) in blocks.iter().zip(targets) {
            join(&[*block; 3], target);
        }
        for (level, target) in rest.iter().zip(target_rest) {
            *target = [*level; 3];
        }
    }
}

/// The elements of pixels, channel by channel.
#[inline(always)]
pub(in super::super) fn split<T: Copy, const N: usize>(
    block: &[[T; 3]; N],
    planes: &mut [[T; N]; 3],
) {
    let [red, green, blue] = planes;
    for (place, pixel) in block.iter().enumerate() {
        [red[place], green[place], blue[place]] = *pixel;
    }
}

/// Pixels of their elements, channel by channel.
#[inline(always)]
pub(super) fn join<T: Copy, const N: usize>(planes: &[[T; N]; 3], block: &mut [[T; 3]; N]) {
    let [red, green, blue] = planes;
    for (place, pixel) in block.iter_mut().enumerate() {
        *pixel = [red[place], green[place], blue[place]];
    }
}
