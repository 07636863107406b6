//! Noise: every channel of every pixel is uniform in 0..=255.

use crate::random::{Bytes, Purpose, Stream};

/// An image, row by row.
#[derive(Debug)]
pub(super) struct Noise {
    bytes: Bytes,
    /// Bytes in a row.
    row: usize,
    position: u64,
}

impl Noise {
    pub(super) fn new(seed: u64, number: u64, width: usize) -> Self {
        let mut stream = Stream::new(seed, 0, number, Purpose::Noise);
        Self {
            bytes: Bytes::new(&mut stream),
            row: 3 * width,
            position: 0,
        }
    }

    /// The next rows; each begins with a word of its own, so it does not matter how many are made
    /// at once.
    pub(super) fn rows(&mut self, out: &mut [u8]) {
        for row in out.chunks_exact_mut(self.row) {
            self.bytes.fill(self.position, row);
            self.position += self.row.div_ceil(8) as u64;
        }
    }
}
