//! Rows of an image with what lies around them.

use super::super::raster::{Outside, Raster};

/// Elements at the end of each line that stand for nothing, so that whole blocks can be read.
pub(super) const SLACK: usize = 128;

/// Writes a block of elements, or those of them that there is room for.
#[inline(always)]
pub(super) fn put<T: Copy, const N: usize>(block: [T; N], target: &mut [T]) {
    match target.first_chunk_mut() {
        // Without a call, as the length is known.
        Some(whole) => *whole = block,
        None => put_some(&block, target),
    }
}

/// Kept apart, as compilers otherwise make one call of both.
#[cold]
fn put_some<T: Copy>(block: &[T], target: &mut [T]) {
    target.copy_from_slice(&block[..target.len()]);
}

/// What lies beside a row.
pub(super) struct Beside {
    /// Pixels in front of the row.
    before: usize,
    /// Where in the row each pixel beside it lies; `None` for the constant.
    places: Vec<Option<usize>>,
}

/// The rows that a result is made of, each with what lies beside it.
pub(super) struct Window<'a, T> {
    source: Raster<'a, T>,
    outside: Outside<T>,
    beside: Beside,
    /// Rows above the row of the result.
    above: usize,
    rows: usize,
    /// As many lines as there are rows, of `len` elements and [`SLACK`]; line `n` of all is at
    /// `n % rows`.
    lines: Vec<T>,
    len: usize,
    /// The number of lines that have been read; the first one is `above` rows above the image.
    read: usize,
}

impl Beside {
    /// `before` pixels in front of a row of `len` pixels, and `after` behind it.
    pub(super) fn new<T: Copy>(
        outside: Outside<T>,
        len: usize,
        before: usize,
        after: usize,
    ) -> Self {
        let place = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let front = (1..=before).rev().map(|by| outside.seen(-place(by), len));
        let back = (0..after).map(|by| outside.seen(place(len + by), len));
        Self {
            before,
            places: front.chain(back).collect(),
        }
    }

    /// Writes what lies beside the row in a line, which has the row in its middle.
    pub(super) fn fill<T: Copy>(&self, line: &mut [T], channels: usize, constant: T) {
        let row = line.len() / channels - self.places.len();
        for (number, place) in self.places.iter().enumerate() {
            let at = if number < self.before {
                number
            } else {
                number + row
            };
            let at = at * channels;
            match place {
                Some(column) => {
                    let from = (self.before + column) * channels;
                    line.copy_within(from..from + channels, at);
                }
                None => line[at..at + channels].fill(constant),
            }
        }
    }
}

impl<'a, T: Copy + Default> Window<'a, T> {
    /// A window of some columns and rows, the anchor of which is at (`left`, `top`).
    pub(super) fn new(
        source: &Raster<'a, T>,
        outside: Outside<T>,
        (columns, rows): (usize, usize),
        (left, top): (usize, usize),
    ) -> Self {
        let beside = Beside::new(outside, source.width, left, columns - 1 - left);
        let len = (source.width + columns - 1) * source.channels;
        Self {
            source: *source,
            outside,
            beside,
            above: top,
            rows,
            lines: vec![T::default(); (len + SLACK) * rows],
            len,
            read: 0,
        }
    }

    /// One of odd sizes around its middle.
    pub(super) fn around(
        source: &Raster<'a, T>,
        outside: Outside<T>,
        (columns, rows): (usize, usize),
    ) -> Self {
        Self::new(source, outside, (columns, rows), (columns / 2, rows / 2))
    }

    /// Reads the rows that the next row of the result is made of.
    pub(super) fn advance(&mut self) {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let channels = self.source.channels;
        let until = if self.read == 0 {
            self.rows
        } else {
            self.read + 1
        };
        let constant = self.outside.constant();
        for number in self.read..until {
            let start = number % self.rows * (self.len + SLACK);
            let line = &mut self.lines[start..][..self.len];
            let place = whole(number) - whole(self.above);
            let Some(row) = self.outside.seen(place, self.source.height) else {
                line.fill(constant);
                continue;
            };
            let row = self.source.row(row);
            line[self.beside.before * channels..][..row.len()].copy_from_slice(row);
            self.beside.fill(line, channels, constant);
        }
        self.read = until;
    }

    /// The rows from the top of the window on, each with what lies beside it and [`SLACK`].
    pub(super) fn lines(&self) -> impl Iterator<Item = &[T]> {
        let first = self.read - self.rows;
        let len = self.len + SLACK;
        (first..self.read).map(move |number| &self.lines[number % self.rows * len..][..len])
    }
}
