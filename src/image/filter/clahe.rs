//! Contrast limited adaptive histogram equalisation (Zuiderveld, in *Graphics gems IV*, 1994), as
//! OpenCV computes it.
//!
//! Each tile has a table of its own, in which levels that are frequent are far apart, as far as the
//! limit lets them; a level becomes what the tables of the four tiles around it say, interpolated.
//! Of images with three or four channels, the luma (0.299 red, 0.587 green, 0.114 blue) is
//! equalised, and what it gains is added to all three; the fourth channel stays as it is.

use super::super::raster::{Outside, Raster, WHOLE};

/// An element of an image that is equalised.
pub trait Level: Copy + Default {
    /// How many levels there are.
    const LEVELS: usize;
    /// Which it is.
    fn level(self) -> u16;
    /// The element of a level.
    fn of_level(level: u16) -> Self;
    /// The element that is this many levels higher, or the last one.
    #[must_use]
    fn raised(self, by: i32) -> Self;
}

impl Level for u8 {
    const LEVELS: usize = 256;

    fn level(self) -> u16 {
        u16::from(self)
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are 256")]
    fn of_level(level: u16) -> Self {
        level as Self
    }

    #[expect(clippy::cast_sign_loss, reason = "from 0 to 255")]
    fn raised(self, by: i32) -> Self {
        (i32::from(self) + by).clamp(0, 255) as Self
    }
}

impl Level for u16 {
    const LEVELS: usize = 1 << 16;

    fn level(self) -> u16 {
        self
    }

    fn of_level(level: u16) -> Self {
        level
    }

    #[expect(clippy::cast_sign_loss, reason = "from 0 to 65535")]
    fn raised(self, by: i32) -> Self {
        (i32::from(self) + by).clamp(0, 65535) as Self
    }
}

/// The first level is the least number.
impl Level for i16 {
    const LEVELS: usize = 1 << 16;

    fn level(self) -> u16 {
        self.cast_unsigned() ^ (1 << 15)
    }

    fn of_level(level: u16) -> Self {
        (level ^ (1 << 15)).cast_signed()
    }

    fn raised(self, by: i32) -> Self {
        Self::of_level(self.level().raised(by))
    }
}

/// The first level is 0, the last one 1.
impl Level for f32 {
    const LEVELS: usize = 1 << 16;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clipped, as it should be"
    )]
    fn level(self) -> u16 {
        (self * 65535.0).round_ties_even() as u16
    }

    fn of_level(level: u16) -> Self {
        Self::from(level) / 65535.0
    }

    #[expect(clippy::cast_precision_loss, reason = "of 17 bits")]
    fn raised(self, by: i32) -> Self {
        (self + by as Self / 65535.0).clamp(0.0, 1.0)
    }
}

/// How an image is equalised, and working memory.
#[derive(Debug, Default)]
pub struct Clahe {
    /// The levels of the image.
    levels: Vec<u16>,
    counts: Vec<u32>,
    /// The table of each tile, row by row.
    tables: Vec<u16>,
    columns: Vec<Between>,
}

/// Between which two tiles a pixel lies along an axis.
#[derive(Clone, Copy, Debug)]
struct Between {
    tiles: [usize; 2],
    /// How much the second one counts.
    share: f32,
}

/// How an image is divided.
#[derive(Clone, Copy)]
struct Tiles {
    /// Columns and rows of tiles.
    count: [usize; 2],
    /// Columns and rows of pixels in each.
    size: [usize; 2],
}

impl Clahe {
    /// Writes the equalised image.
    ///
    /// # Arguments
    /// * `limit`: how much more often than on average a level may come before what is beyond that
    ///   is spread over all levels; 0 or less for no limit.
    /// * `tiles`: columns and rows of tiles. If the image does not divide, its mirror image goes on
    ///   beyond its right and lower edges.
    ///
    /// # Panics
    /// If the image or the number of tiles is empty, or `out` is not as large as the image.
    pub fn equalize<T: Level>(
        &mut self,
        source: &Raster<'_, T>,
        limit: f64,
        tiles: [usize; 2],
        out: &mut [T],
    ) {
        let (width, channels) = (source.width, source.channels);
        let len = width * channels;
        assert!(len > 0 && source.height > 0, "an image with pixels");
        assert_eq!(out.len(), len * source.height, "an image as large");
        self.levels.clear();
        for row in 0..source.height {
            let pixels = source.row(row).chunks_exact(channels);
            if channels < 3 {
                self.levels.extend(pixels.map(|pixel| pixel[0].level()));
            } else {
                self.levels.extend(pixels.map(luma));
            }
        }
        let tiles = Tiles::new([width, source.height], tiles);
        self.count(T::LEVELS, limit, tiles, source.height);
        self.columns.clear();
        self.columns
            .extend((0..width).map(|place| tiles.between(place, 0)));
        let mut found = vec![0; width];
        for (row, target) in out.chunks_exact_mut(len).enumerate() {
            let levels = &self.levels[row * width..][..width];
            let between = tiles.between(row, 1);
            let tables = between.tiles.map(|tile| {
                let len = tiles.count[0] * T::LEVELS;
                &self.tables[tile * len..][..len]
            });
            interpolate(
                tables,
                T::LEVELS,
                levels,
                &self.columns,
                between.share,
                &mut found,
            );
            let changes = levels.iter().zip(&found);
            if channels < 3 {
                for (pixel, found) in target.chunks_exact_mut(channels).zip(&found) {
                    pixel[0] = T::of_level(*found);
                }
                continue;
            }
            target.copy_from_slice(source.row(row));
            for (pixel, (level, found)) in target.chunks_exact_mut(channels).zip(changes) {
                let by = i32::from(*found) - i32::from(*level);
                for value in &mut pixel[..3] {
                    *value = value.raised(by);
                }
            }
        }
    }

    /// Makes the table of each tile.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "numbers of pixels"
    )]
    fn count(&mut self, levels: usize, limit: f64, tiles: Tiles, height: usize) {
        let area = tiles.size[0] * tiles.size[1];
        let scale = (levels - 1) as f32 / area as f32;
        let most = (limit * area as f64 / levels as f64) as u32;
        let width = self.levels.len() / height;
        self.tables.clear();
        self.counts.clear();
        self.counts.resize(levels, 0);
        for tile in 0..tiles.count[0] * tiles.count[1] {
            self.counts.fill(0);
            let (row, column) = (tile / tiles.count[0], tile % tiles.count[0]);
            let left = column * tiles.size[0];
            for y in (row * tiles.size[1]..).take(tiles.size[1]) {
                let line = &self.levels[seen(y, height) * width..][..width];
                let end = (left + tiles.size[0]).min(width);
                for level in line.get(left..end).unwrap_or_default() {
                    self.counts[usize::from(*level)] += 1;
                }
                for x in end.max(left)..left + tiles.size[0] {
                    self.counts[usize::from(line[seen(x, width)])] += 1;
                }
            }
            if limit > 0.0 {
                spread(&mut self.counts, most.max(1));
            }
            let mut sum = 0;
            self.tables.extend(self.counts.iter().map(|count| {
                sum += count;
                (sum as f32 * scale).round_ties_even() as u16
            }));
        }
    }
}

/// Where a pixel beyond the edge of an image is seen in it.
fn seen(place: usize, len: usize) -> usize {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    Outside::<u8>::Reflect101.seen(place, len).unwrap_or(0)
}

/// Takes what counts have beyond a limit, and adds it to all of them, what is left of it to some.
fn spread(counts: &mut [u32], most: u32) {
    let mut beyond = 0;
    for count in counts.iter_mut() {
        beyond += count.saturating_sub(most);
        *count = (*count).min(most);
    }
    let levels = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    let left = beyond % levels;
    for count in counts.iter_mut() {
        *count += beyond / levels;
    }
    if let Some(step) = levels.checked_div(left) {
        let some = counts.iter_mut().step_by(step as usize);
        some.take(left as usize).for_each(|count| *count += 1);
    }
}

/// 0.299 red, 0.587 green and 0.114 blue, as OpenCV rounds it.
fn luma<T: Level>(pixel: &[T]) -> u16 {
    const BITS: u32 = 14;
    let of = |channel: usize| u32::from(pixel[channel].level());
    let sum = 4899 * of(0) + 9617 * of(1) + 1868 * of(2) + (1 << (BITS - 1));
    u16::try_from(sum >> BITS).unwrap_or(u16::MAX)
}

/// Writes what becomes of the levels of a row between two rows of tables.
#[expect(clippy::cast_possible_truncation, reason = "a level")]
fn interpolate(
    tables: [&[u16]; 2],
    levels_of_table: usize,
    levels: &[u16],
    columns: &[Between],
    share: f32,
    found: &mut [u16],
) {
    let mut start = 0;
    for part in columns.chunk_by(|a, b| a.tiles == b.tiles) {
        let tile =
            |row: usize, tile: usize| &tables[row][tile * levels_of_table..][..levels_of_table];
        let [left, right] = part[0].tiles;
        let [a, b, c, d] = [tile(0, left), tile(0, right), tile(1, left), tile(1, right)];
        let levels = levels[start..].iter().zip(part);
        for (found, (level, column)) in found[start..].iter_mut().zip(levels) {
            let of = |table: &[u16]| f32::from(table[usize::from(*level)]);
            let (here, there) = (1.0 - column.share, column.share);
            let (above, below) = (of(a) * here + of(b) * there, of(c) * here + of(d) * there);
            let value = above * (1.0 - share) + below * share;
            *found = (value + WHOLE).to_bits() as u16;
        }
        start += part.len();
    }
}

impl Tiles {
    fn new(size: [usize; 2], count: [usize; 2]) -> Self {
        let divides = (0..2).all(|axis| size[axis].is_multiple_of(count[axis]));
        // Where one side does not divide, OpenCV makes both longer.
        let more = usize::from(!divides);
        Self {
            count,
            size: [0, 1].map(|axis| size[axis] / count[axis] + more),
        }
    }

    /// Between which tiles a place lies along an axis.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a tile"
    )]
    fn between(&self, place: usize, axis: usize) -> Between {
        let exact = place as f32 * (1.0 / self.size[axis] as f32) - 0.5;
        let first = exact.floor();
        let last = self.count[axis] - 1;
        Between {
            tiles: [first.max(0.0) as usize, ((first + 1.0) as usize).min(last)],
            share: exact - first,
        }
    }
}
