//! Connected components: which pixels hang together, sides and corners counted.
//!
//! Rows are taken as runs of pixels that are not 0. A run is joined with the runs of the row above
//! that it touches, by union-find whose roots are the first runs; so components are numbered in the
//! order of their first pixels (Rosenfeld, Pfaltz: *Sequential operations in digital picture
//! processing*, 1966; He, Chao, Suzuki: *A run-based two-scan labeling algorithm*, 2008).

/// Working memory, used again for the next image.
#[derive(Debug, Default)]
pub struct Components {
    runs: Vec<Run>,
    /// Of each run, one of the same component with a lower number, or itself.
    parents: Vec<u32>,
    labels: Vec<u16>,
}

/// Pixels of a row that are not 0, from a column to before another.
#[derive(Clone, Copy, Debug)]
struct Run {
    row: u32,
    start: u32,
    end: u32,
}

impl Components {
    /// Writes the number of its component for each pixel that is not 0, from 1 on, and 0 for the
    /// others; returns how many components there are, or `None` if a label has too few bits for
    /// them.
    ///
    /// # Panics
    /// If `width` is 0, or `out` has another length than `mask`.
    pub fn label(&mut self, mask: &[u8], width: usize, out: &mut [u16]) -> Option<u16> {
        assert_eq!(mask.len(), out.len(), "as many elements");
        self.find_runs(mask, width);
        let count = self.number()?;
        out.fill(0);
        for (run, label) in self.runs.iter().zip(&self.labels) {
            let row = &mut out[run.row as usize * width..];
            row[run.start as usize..run.end as usize].fill(*label);
        }
        Some(count)
    }

    #[expect(clippy::cast_possible_truncation, reason = "sides have fewer bits")]
    fn find_runs(&mut self, mask: &[u8], width: usize) {
        self.runs.clear();
        self.parents.clear();
        let mut above = 0..0;
        for (row, line) in (0..).zip(mask.chunks_exact(width)) {
            let first = self.runs.len();
            let mut candidates = above;
            each_run(line, |start, end| {
                let run = Run {
                    row,
                    start: start as u32,
                    end: end as u32,
                };
                let number = self.parents.len() as u32;
                self.parents.push(number);
                self.runs.push(run);
                // Runs end before they touch the next one, which may touch the same run above.
                while let Some(run_above) = self.runs[candidates.clone()].first() {
                    if run_above.start > run.end {
                        break;
                    }
                    if run_above.end >= run.start {
                        join(&mut self.parents, candidates.start as u32, number);
                    }
                    if run_above.end > run.end {
                        break;
                    }
                    candidates.start += 1;
                }
            });
            above = first..self.runs.len();
        }
    }

    /// Numbers the components.
    fn number(&mut self) -> Option<u16> {
        self.labels.clear();
        let mut count = 0u16;
        for (run, parent) in (0..).zip(&self.parents) {
            // A parent has a lower number, so that it has its label.
            let label = if *parent == run {
                count = count.checked_add(1)?;
                count
            } else {
                self.labels[*parent as usize]
            };
            self.labels.push(label);
        }
        Some(count)
    }
}

/// The first run of a component; those on the way to it get shorter ways.
fn root(parents: &mut [u32], mut run: u32) -> u32 {
    while parents[run as usize] != run {
        let grandparent = parents[parents[run as usize] as usize];
        parents[run as usize] = grandparent;
        run = grandparent;
    }
    run
}

fn join(parents: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b) as usize] = a.min(b);
}

/// Calls a function with the first and the last but one column of each run.
fn each_run(line: &[u8], mut found: impl FnMut(usize, usize)) {
    let (mut start, mut is_inside) = (0, false);
    let (blocks, rest) = line.as_chunks::<64>();
    let mut last = [0; 64];
    last[..rest.len()].copy_from_slice(rest);
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        let bits = set_bits(block);
        // Where a pixel differs from the one before it.
        let mut changes = bits ^ (bits << 1 | u64::from(is_inside));
        while changes != 0 {
            let column = 64 * number + changes.trailing_zeros() as usize;
            if is_inside {
                found(start, column);
            }
            start = column;
            is_inside = !is_inside;
            changes &= changes - 1;
        }
    }
}

/// A bit for each byte that is not 0, the lowest for the first.
fn set_bits(bytes: &[u8; 64]) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let words = bytes.as_chunks::<8>().0.iter().zip((0..64).step_by(8));
    words.fold(0, |bits, (word, shift)| {
        let word = u64::from_le_bytes(*word);
        let set = (((word & !HIGH) + !HIGH) | word) & HIGH;
        bits | ((set >> 7).wrapping_mul(GATHER) >> 56) << shift
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by flooding each component from its first pixel.
    fn flooded(mask: &[u8], width: usize) -> (u16, Vec<u16>) {
        let mut labels = vec![0; mask.len()];
        let mut count = 0;
        for first in 0..mask.len() {
            if mask[first] == 0 || labels[first] != 0 {
                continue;
            }
            count += 1;
            labels[first] = count;
            let mut open = vec![first];
            while let Some(place) = open.pop() {
                for next in 0..mask.len() {
                    let is_near = (next % width).abs_diff(place % width) <= 1
                        && (next / width).abs_diff(place / width) <= 1;
                    if is_near && mask[next] != 0 && labels[next] == 0 {
                        labels[next] = count;
                        open.push(next);
                    }
                }
            }
        }
        (count, labels)
    }

    proptest! {
        #[test]
        fn components_are_those_of_flooding(
            width in 1usize..40,
            mask in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255)], 0..300),
            is_dense: bool,
        ) {
            let mask = &mask[..mask.len() / width * width];
            let holes = |pixel: &u8| if is_dense { pixel | 1 } else { pixel & 128 };
            for mask in [mask.to_vec(), mask.iter().map(holes).collect()] {
                let mut out = vec![9; mask.len()];
                let count = Components::default().label(&mask, width, &mut out);
                let (wanted, labels) = flooded(&mask, width);
                prop_assert_eq!(count, Some(wanted));
                prop_assert_eq!(out, labels);
            }
        }
    }

    #[test]
    fn more_components_than_labels_are_refused() {
        // One in four pixels, each alone.
        let mask = |width: usize, height: usize| -> Vec<u8> {
            let is_even = |number: usize| number.is_multiple_of(2);
            let is_set = |place: usize| is_even(place % width) && is_even(place / width);
            (0..width * height)
                .map(|place| u8::from(is_set(place)))
                .collect()
        };
        let mut components = Components::default();
        let mut out = vec![0; 511 * 511];
        assert_eq!(components.label(&mask(511, 511), 511, &mut out), None);
        let mut out = vec![0; 511 * 509];
        let count = components.label(&mask(511, 509), 511, &mut out);
        assert_eq!(count, Some(256 * 255));
    }
}
