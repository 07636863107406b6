//! Noise with a 1/f spectrum, row by row: a pyramid of octaves, each with noise of its own on the
//! one below, enlarged.
//!
//! A level is twice as large as the level below it. Its rows and columns are those below, halved by
//! the weights 3 and 1 to the nearer and the farther neighbour (the subdivision whose limit is the
//! quadratic B-spline), and its own white noise is added. So every octave of frequencies has noise
//! of its own, of the strength of its level: equal strengths make the 1/f spectrum that photographs
//! have. Rows come one at a time, from the top level, which asks the level below for a row whenever
//! it needs another: two rows a level are all the memory there is.

use crate::random::{Bytes, Stream};

/// What the strengths of all octaves add up to at most.
const MOST: u32 = 2047;

/// Noise of both signs for each pixel of a row.
#[derive(Debug, Default)]
pub(super) struct Pyramid {
    /// The finest first.
    levels: Vec<Level>,
}

/// One octave. Its rows have one sample more at each end than the image needs, and begin one
/// above it.
#[derive(Debug)]
struct Level {
    noise: Bytes,
    strength: i16,
    /// How many rows have been made.
    made: u64,
    bytes: Vec<u8>,
    /// The last two rows of the level below, the newer one last.
    below: [Vec<i16>; 2],
    /// A row between them.
    between: Vec<i16>,
}

impl Pyramid {
    /// Begins the noise for an image of `width` pixels. `strengths` are those of its octaves, the
    /// finest first: twice that is as far from 0 as an octave goes.
    pub(super) fn start(&mut self, stream: &mut Stream, width: usize, strengths: &[u8]) {
        // So that eight times a sample is a number of 16 bits.
        debug_assert!(
            strengths
                .iter()
                .map(|strength| u32::from(*strength))
                .sum::<u32>()
                <= MOST,
            "{strengths:?}"
        );
        self.levels.clear();
        let samples = |level: usize| width.div_ceil(1 << level) + 2;
        self.levels
            .extend(strengths.iter().enumerate().map(|(level, strength)| Level {
                noise: Bytes::new(stream),
                strength: i16::from(*strength),
                made: 0,
                bytes: vec![0; samples(level)],
                below: [0; 2].map(|zero| vec![zero; samples(level + 1)]),
                between: vec![0; samples(level + 1)],
            }));
    }

    /// Fills a row with the next, which is the one above the image at first: a sample to the left
    /// of it, `width` samples, a sample to the right of it.
    pub(super) fn row(&mut self, out: &mut [i16]) {
        next_row(&mut self.levels, out);
    }
}

fn next_row(levels: &mut [Level], out: &mut [i16]) {
    let Some((level, below)) = levels.split_first_mut() else {
        return;
    };
    if below.is_empty() {
        out.fill(0);
    } else {
        level.enlarge(below, out);
    }
    if level.strength > 0 {
        level.add_noise(out);
    }
    level.made += 1;
}

impl Level {
    fn enlarge(&mut self, below: &mut [Self], out: &mut [i16]) {
        if self.made == 0 {
            next_row(below, &mut self.below[1]);
        }
        // Rows come in pairs between two rows below: first the one near to the older, then the one
        // near to the newer.
        let first = self.made.is_multiple_of(2);
        if first {
            self.below.swap(0, 1);
            next_row(below, &mut self.below[1]);
        }
        let [old, new] = &self.below;
        let (near, far) = if first { (old, new) } else { (new, old) };
        for ((between, near), far) in self.between.iter_mut().zip(near).zip(far) {
            *between = toward(*near, *far);
        }
        let left = &self.between[..self.between.len() - 1];
        let right = &self.between[1..];
        let (pairs, last) = out.as_chunks_mut::<2>();
        for ((pair, left), right) in pairs.iter_mut().zip(left).zip(right) {
            *pair = [toward(*left, *right), toward(*right, *left)];
        }
        if let [last] = last {
            *last = toward(left[pairs.len()], right[pairs.len()]);
        }
    }

    fn add_noise(&mut self, out: &mut [i16]) {
        let words = self.bytes.len().div_ceil(8) as u64;
        self.noise.fill(self.made * words, &mut self.bytes);
        for (sample, byte) in out.iter_mut().zip(&self.bytes) {
            *sample += (i16::from(byte.cast_signed()) * self.strength) >> 6;
        }
    }
}

/// What lies between two samples, three times as near to the first.
fn toward(near: i16, far: i16) -> i16 {
    (3 * near + far + 2) >> 2
}
