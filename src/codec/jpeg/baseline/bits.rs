//! A 64-bit window onto a stream of bits, most significant bit first.
//!
//! It reads data without stuffing and without markers ([`Feed`](super::unstuff::Feed) takes both
//! out), so a refill is one unaligned load of eight bytes. Past the end of the data it reads
//! whatever lies there: who cares compares [`Bits::position`] with the end afterwards, once for
//! many blocks.
#![expect(
    clippy::inline_always,
    reason = "all of it belongs into the one loop of `blocks`, which has the CPU features"
)]

use super::unstuff::Piece;

/// Unread bits are at the top of `buffer`. The low six bits of `count` say how many of them are
/// accounted for; above them `count` is garbage, which spares masking what is subtracted from it.
/// Below those bits `buffer` may hold more of the stream already: the next refill puts the same
/// bits in the same place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    buffer: u64,
    count: u64,
    next: usize,
}

impl Bits {
    /// What is accounted for, at least, after a refill.
    pub(super) const FULL: u32 = 56;

    /// Tops up to [`Self::FULL`] bits or more.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "shift counts, of which six bits count"
    )]
    pub(super) fn refill(&mut self, piece: &Piece) {
        self.buffer |= load(piece, self.next).wrapping_shr(self.count as u32);
        self.next += ((!self.count >> 3) & 7) as usize;
        self.count |= u64::from(Self::FULL);
    }

    /// The next `N` bits.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "N is small")]
    pub(super) fn peek<const N: u32>(&self) -> usize {
        (self.buffer >> (64 - N)) as usize
    }

    /// The first bits after the next `N`, as a number: `64 - N - drop` of them.
    #[inline(always)]
    pub(super) fn beyond<const N: u32>(&self, drop: u8) -> u64 {
        (self.buffer & (!0 >> N)).wrapping_shr(u32::from(drop))
    }

    /// Passes over the low six bits of `count` bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u8) {
        self.buffer = self.buffer.wrapping_shl(u32::from(count));
        self.count = self.count.wrapping_sub(u64::from(count));
    }

    /// Reads a value of `size` bits, up to 15, as T.81 F.2.2.1 extends it (EXTEND): a leading zero
    /// means negative.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits are left")]
    pub(super) fn value(&mut self, size: u8) -> i32 {
        let value = (self.buffer >> 1).wrapping_shr(63 - u32::from(size)) as i32;
        let negative = self.buffer >> 63 == 0;
        self.skip(size);
        if negative {
            value + 1 - (1 << size)
        } else {
            value
        }
    }

    /// Number of the next unread bit of the piece.
    #[inline(always)]
    pub(super) fn position(&self) -> usize {
        self.next * 8 - (self.count & 63) as usize
    }

    /// Goes to a bit of the piece, and refills.
    #[inline(always)]
    pub(super) fn seek(&mut self, piece: &Piece, position: usize) {
        let within = position & 7;
        self.buffer = load(piece, position >> 3) << within;
        self.next = (position >> 3) + 7;
        self.count = (Self::FULL as usize - within) as u64;
    }
}

/// Eight bytes from `at` on; zeros where the piece ends.
#[inline(always)]
fn load(piece: &Piece, at: usize) -> u64 {
    match piece.get(at..).and_then(<[u8]>::first_chunk) {
        Some(&bytes) => u64::from_be_bytes(bytes),
        None => 0,
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    reason = "small numbers, and a boxed piece"
)]
mod tests {
    use super::super::unstuff::PIECE;
    use super::*;
    use proptest::prelude::*;

    /// Bit by bit.
    fn slow(bytes: &[u8], position: usize, count: usize) -> u64 {
        (position..position + count).fold(0, |value, at| {
            let byte = bytes.get(at / 8).copied().unwrap_or(0);
            value << 1 | u64::from(byte >> (7 - at % 8) & 1)
        })
    }

    proptest! {
        #[test]
        fn reads_what_a_loop_over_bits_reads(bytes: [u8; 32], start in 0usize..64, sizes: Vec<u8>) {
            let mut piece = Box::new([0; PIECE]);
            piece[..32].copy_from_slice(&bytes);
            let mut bits = Bits::default();
            bits.seek(&piece, start);
            let mut position = start;
            for size in sizes.iter().map(|size| size % 16) {
                prop_assert_eq!(bits.position(), position);
                bits.refill(&piece);
                prop_assert_eq!(bits.position(), position);
                prop_assert_eq!(bits.peek::<11>() as u64, slow(&bytes, position, 11));
                let drop = 64 - 11 - (size & 7);
                let beyond = slow(&bytes, position + 11, usize::from(size & 7));
                prop_assert_eq!(bits.beyond::<11>(drop), beyond);
                let plain = slow(&bytes, position, usize::from(size)) as i32;
                let half = if size == 0 { 0 } else { 1 << (size - 1) };
                let expected = if plain < half { plain + 1 - (1 << size) } else { plain };
                prop_assert_eq!(bits.value(size), expected);
                position += usize::from(size);
            }
        }
    }

    #[test]
    fn reads_zeros_past_the_piece() {
        let piece = Box::new([0xff; PIECE]);
        let mut bits = Bits::default();
        bits.seek(&piece, 8 * (PIECE + 100));
        bits.refill(&piece);
        assert_eq!(bits.peek::<16>(), 0);
        assert_eq!(bits.position(), 8 * (PIECE + 100));
    }
}
