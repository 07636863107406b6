//! Pixels that are erased: in a rectangle, or at random.

use crate::random::Bytes;

/// Pixels of an image that are rows without gaps, and their sizes.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Elements of a pixel.
    pub channels: usize,
}

/// A part of an image: left, top, right and bottom, which are beyond it.
pub type Region = [usize; 4];

/// Writes over the pixels of a region, row by row.
///
/// # Panics
/// If the region is not inside of the image.
pub fn erase<T>(
    image: &mut [T],
    frame: Frame,
    [left, top, right, bottom]: Region,
    mut with: impl FnMut(&mut [T]),
) {
    let rows = image.chunks_exact_mut((frame.width * frame.channels).max(1));
    for row in rows.take(bottom).skip(top) {
        with(&mut row[left * frame.channels..right * frame.channels]);
    }
}

/// Erases each pixel with a probability.
///
/// # Panics
/// If there are no channels.
pub fn drop_pixels<T: Copy + Default>(
    image: &mut [T],
    channels: usize,
    probability: f64,
    bytes: &Bytes,
) {
    match channels {
        1 => drop_each::<T, 1>(image.as_chunks_mut().0, probability, bytes),
        3 => drop_each::<T, 3>(image.as_chunks_mut().0, probability, bytes),
        4 => drop_each::<T, 4>(image.as_chunks_mut().0, probability, bytes),
        _ => {
            let bound = bound(probability);
            for (number, pixel) in (0..).zip(image.chunks_exact_mut(channels)) {
                let word = bytes.word(number / 2);
                if word >> (32 * (number % 2)) & u64::from(u32::MAX) < bound {
                    pixel.fill(T::default());
                }
            }
        }
    }
}

fn drop_each<T: Copy + Default, const CHANNELS: usize>(
    pixels: &mut [[T; CHANNELS]],
    probability: f64,
    bytes: &Bytes,
) {
    let bound = bound(probability);
    for (position, pair) in (0..).zip(pixels.chunks_mut(2)) {
        let word = bytes.word(position);
        for (pixel, drawn) in pair
            .iter_mut()
            .zip([word & u64::from(u32::MAX), word >> 32])
        {
            if drawn < bound {
                *pixel = [T::default(); CHANNELS];
            }
        }
    }
}

/// Erases each of the patches that an image is divided into with a probability. Those at its right
/// and its bottom may be smaller.
///
/// # Panics
/// If patches have no pixels.
pub fn drop_patches<T: Copy + Default>(
    image: &mut [T],
    frame: Frame,
    (width, height): (usize, usize),
    probability: f64,
    bytes: &Bytes,
) {
    let bound = bound(probability);
    let columns = frame.width.div_ceil(width);
    for number in 0..columns * frame.height.div_ceil(height) {
        let drawn = bytes.word(u64::try_from(number).unwrap_or(u64::MAX)) >> 32;
        if drawn < bound {
            let (left, top) = (number % columns * width, number / columns * height);
            let right = (left + width).min(frame.width);
            let bottom = (top + height).min(frame.height);
            erase(image, frame, [left, top, right, bottom], |row| {
                row.fill(T::default());
            });
        }
    }
}

/// Below what 32 random bits are with a probability.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 2^32"
)]
fn bound(probability: f64) -> u64 {
    (probability * 4_294_967_296.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn bytes() -> Bytes {
        Bytes::new(&mut Stream::of_seed(3))
    }

    #[test]
    fn rectangles_are_erased() {
        let frame = Frame {
            width: 4,
            height: 3,
            channels: 2,
        };
        let mut image = [1u8; 24];
        erase(&mut image, frame, [1, 1, 3, 3], |row| row.fill(0));
        let row = [1, 1, 0, 0, 0, 0, 1, 1];
        assert_eq!(image, [[1; 8], row, row].concat()[..]);
        erase(&mut image, frame, [2, 2, 2, 2], |_| {});
    }

    #[test]
    fn pixels_are_dropped_as_often_as_they_should() {
        for (probability, count) in [(0.0, 0), (1.0, 100_000), (0.25, 25_000)] {
            let mut image = vec![[1u16; 3]; 100_000];
            drop_pixels(image.as_flattened_mut(), 3, probability, &bytes());
            assert!(image.iter().all(|pixel| [[0; 3], [1; 3]].contains(pixel)));
            let dropped = image.iter().filter(|pixel| pixel[0] == 0).count();
            assert!(dropped.abs_diff(count) < 600, "{dropped}");
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "exactly this number")]
    fn patches_cover_all() {
        let frame = Frame {
            width: 10,
            height: 7,
            channels: 1,
        };
        let mut image = [1f32; 70];
        drop_patches(&mut image, frame, (4, 3), 1.0, &bytes());
        assert_eq!(image, [0.0; 70]);
        let mut image = [1f32; 70];
        drop_patches(&mut image, frame, (4, 3), 0.5, &bytes());
        for (place, element) in image.iter().enumerate() {
            let (x, y) = (place % 10, place / 10);
            let first = image[y / 3 * 3 * 10 + x / 4 * 4];
            assert!(element.total_cmp(&first).is_eq());
        }
    }
}
