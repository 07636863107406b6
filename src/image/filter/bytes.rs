//! Sums of bytes with symmetric weights, in 16 bits.
//!
//! Bytes have 7 bits behind the point, and so have products with weights of 16 bits, which are cut
//! off. What is lost by that is half a bit for each product on average, and is added again. Sums are
//! near enough to the exact ones that results are the same but where those are nearly halves: there,
//! they may differ by 1.

use super::super::raster::{Outside, Raster};
use super::super::wide::widely;
use super::weigh::check;
use super::window::{Beside, put};

/// Bits behind the point.
const POINT: u32 = 7;
/// Bits of weights.
const WEIGHT: u32 = 16;
/// The most weights on a side: what is lost by more would add up to too much.
const MOST: usize = 32;
/// How many elements are summed at a time.
const BLOCK: usize = 64;

/// Symmetric weights.
pub(super) struct Weights {
    /// That of the pixel in the middle, and those of the others, from the middle on: each as often
    /// as there are elements in a block, so that they are multiplied as vectors of 16 bits.
    all: Vec<[u16; BLOCK]>,
    /// What is lost.
    lost: u16,
}

impl Weights {
    /// The nearest to some whose sum is 1; what rounding leaves of one goes to the next. `None` if
    /// they are too many.
    pub(super) fn new(weights: &[f64]) -> Option<Self> {
        let one = 1u32 << WEIGHT;
        let mut left = 0.0;
        let mut rounded = Vec::new();
        for weight in &weights[..weights.len() / 2] {
            let exact = weight * f64::from(one) + left;
            let whole = libm::rint(exact);
            left = exact - whole;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "below a half"
            )]
            rounded.push(whole as u32);
        }
        let rest = one - 2 * rounded.iter().sum::<u32>();
        rounded.push(rest);
        rounded.reverse();
        while rounded.last() == Some(&0) {
            rounded.pop();
        }
        if rounded.len() > MOST + 1 {
            return None;
        }
        let is_cut = |weight: &&u32| !weight.is_multiple_of(1 << (WEIGHT - POINT));
        let cut = rounded.iter().filter(is_cut).count();
        let block = |weight: &u32| [u16::try_from(*weight).unwrap_or(u16::MAX); BLOCK];
        Some(Self {
            all: rounded.iter().map(block).collect(),
            lost: u16::try_from(cut / 2).unwrap_or(0),
        })
    }

    /// How many pixels they are for.
    fn size(&self) -> usize {
        2 * self.all.len() - 1
    }

    /// The sum of equal numbers.
    fn of_constant(&self, value: u16) -> u16 {
        let part = [value; BLOCK];
        self.sum(&vec![&part[..]; self.size()], 0)[0]
    }

    /// The sums of a block of elements from `first` on.
    #[inline(always)]
    fn sum(&self, parts: &[&[u16]], first: usize) -> [u16; BLOCK] {
        let middle = parts.len() / 2;
        let block = |place: usize| parts[place][first..].first_chunk::<BLOCK>();
        let mut sums = [self.lost; BLOCK];
        if let Some(values) = block(middle) {
            for at in 0..BLOCK {
                sums[at] += times(values[at], self.all[0][at]);
            }
        }
        for (by, weights) in self.all.iter().enumerate().skip(1) {
            if let (Some(a), Some(b)) = (block(middle - by), block(middle + by)) {
                for at in 0..BLOCK {
                    // Two numbers of 15 bits.
                    let pair = a[at].wrapping_add(b[at]);
                    sums[at] = sums[at].wrapping_add(times(pair, weights[at]));
                }
            }
        }
        sums
    }
}

#[inline(always)]
fn times(value: u16, weight: u16) -> u16 {
    ((u32::from(value) * u32::from(weight)) >> WEIGHT) as u16
}

/// Rows with bits behind the point.
struct Rows<'a> {
    source: Raster<'a, u8>,
    outside: Outside<u8>,
    count: usize,
    lines: Vec<u16>,
    len: usize,
}

impl Rows<'_> {
    /// Writes the row of a place, `number` of them having been written.
    fn read(&mut self, number: usize) {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let line = &mut self.lines[number % self.count * self.len..][..self.len];
        let place = whole(number) - whole(self.count / 2);
        match self.outside.seen(place, self.source.height) {
            Some(row) => {
                for (to, from) in line.iter_mut().zip(self.source.row(row)) {
                    *to = u16::from(*from) << POINT;
                }
            }
            None => line.fill(u16::from(self.outside.constant()) << POINT),
        }
    }
}

/// Writes the sums of pixels with weights along both axes.
pub(super) fn smooth_bytes(
    source: &Raster<'_, u8>,
    across: &Weights,
    down: &Weights,
    outside: Outside<u8>,
    out: &mut [u8],
) {
    let channels = source.channels;
    let len = check(source, out);
    let (columns, count) = (across.size(), down.size());
    let beside = Beside::new(outside, source.width, columns / 2, columns / 2);
    let constant = down.of_constant(u16::from(outside.constant()) << POINT);
    // Whole blocks: what is beyond the end of a row is computed, and left out.
    let whole = len.next_multiple_of(BLOCK);
    let width = (source.width + columns - 1) * channels;
    let mut line = vec![0; width + BLOCK];
    let mut rows = Rows {
        source: *source,
        outside,
        count,
        lines: vec![0; whole * count],
        len: whole,
    };
    (0..count - 1).for_each(|number| rows.read(number));
    for (number, target) in out.chunks_exact_mut(len).enumerate() {
        rows.read(number + count - 1);
        let parts: Vec<_> = (number..number + count)
            .map(|number| &rows.lines[number % count * whole..][..whole])
            .collect();
        let sums = &mut line[columns / 2 * channels..][..whole];
        widely!(|| {
            for (number, sums) in sums.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                *sums = down.sum(&parts, number * BLOCK);
            }
        });
        beside.fill(&mut line[..width], channels, constant);
        let parts: Vec<_> = (0..columns)
            .map(|column| &line[column * channels..][..whole])
            .collect();
        widely!(|| finish(across, &parts, target));
    }
}

/// Writes rounded sums.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
#[inline(always)]
fn finish(across: &Weights, parts: &[&[u16]], target: &mut [u8]) {
    for (number, target) in target.chunks_mut(BLOCK).enumerate() {
        let sums = across.sum(parts, number * BLOCK);
        let bytes = sums.map(|sum| ((sum + (1 << (POINT - 1))) >> POINT) as u8);
        put(bytes, target);
    }
}
