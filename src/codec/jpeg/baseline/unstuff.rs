//! From the bytes of a scan to plain bits, a piece at a time.
//!
//! In the file, the zero byte after each 0xff is stuffing, and any other byte there makes a marker
//! (T.81, F.1.2.3). Taking the stuffing out beforehand costs 0.4 cycles a byte and leaves a bit
//! reader that never looks for a marker. It is done in pieces that stay in cache, so nothing below
//! the last row needed is touched and the memory does not grow with the file.

use std::arch::x86_64::*;

use super::Handover;
use super::bits::Bits;
use crate::simd::{self, Avx2};

/// Bytes that are unstuffed ahead of the reader.
pub(super) const PIECE: usize = 16 * 1024;
pub(super) type Piece = [u8; PIECE];

/// The most bytes that [`Feed::ensure`] can be asked for: the reader may be within a byte, a refill
/// looks at eight, and the last vector is not filled.
pub(super) const MOST: usize = PIECE - 1 - size_of::<u64>() - VECTOR;

/// Vectors are written whole, over the end of what is wanted.
const VECTOR: usize = 32;

/// The data between two restart markers, and the way to the next.
pub(super) struct Feed<'a> {
    avx2: Avx2,
    /// What has not been unstuffed; starts with a marker once `stopped`.
    rest: &'a [u8],
    piece: &'a mut Piece,
    /// Bytes of the piece that are data.
    len: usize,
    /// Whether the piece holds all up to a marker or the end of the file.
    stopped: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(avx2: Avx2, scan: &'a [u8], piece: &'a mut Piece) -> Self {
        Self {
            avx2,
            rest: scan,
            piece,
            len: 0,
            stopped: false,
        }
    }

    pub(super) fn piece(&self) -> &Piece {
        self.piece
    }

    /// Unstuffs more where fewer than `need` bytes are left, if there is more. The bits stay where
    /// they are in the stream, not in the piece.
    pub(super) fn ensure(&mut self, bits: &mut Bits, need: usize) {
        let position = bits.position();
        let first = position / 8;
        // A refill looks at eight bytes.
        if self.stopped || first + need + size_of::<u64>() <= self.len {
            return;
        }
        // Before the end of the segment the reader cannot be past what there is: callers ask for
        // all they may use.
        let first = first.min(self.len);
        self.piece.copy_within(first..self.len, 0);
        self.len -= first;
        let (read, written) = unstuff(self.avx2, self.rest, &mut self.piece[self.len..]);
        self.rest = &self.rest[read..];
        self.len += written;
        self.stopped = self.len + VECTOR <= PIECE;
        bits.seek(self.piece, position - 8 * first);
    }

    /// Whether no more was read than there is.
    pub(super) fn holds(&self, bits: &Bits) -> bool {
        bits.position() <= 8 * self.len
    }

    /// Goes behind restart marker `number`. Only the padding of the last byte may be left before
    /// it: libjpeg-turbo warns of more.
    pub(super) fn restart(&mut self, bits: &mut Bits, number: u8) -> Result<(), Handover> {
        self.ensure(bits, VECTOR);
        let left = (8 * self.len).checked_sub(bits.position());
        let (marker, rest) = self.rest.split_at_checked(2).ok_or(Handover::Data)?;
        if !self.stopped || left.is_none_or(|left| left > 7) || marker != [0xff, 0xd0 + number] {
            return Err(Handover::Data);
        }
        (self.rest, self.len, self.stopped) = (rest, 0, false);
        *bits = Bits::default();
        Ok(())
    }
}

/// Copies `from` to `to` without stuffing, up to a marker, the end, or until less than a vector of
/// room is left; returns how much was read and written. Two 0xff in a row end it too: whether they
/// are fill bytes or damage, libjpeg-turbo shall say.
#[expect(unsafe_code, reason = "instructions beyond the baseline")]
fn unstuff(_: Avx2, from: &[u8], to: &mut [u8]) -> (usize, usize) {
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { copy_plain(from, to) }
}

#[target_feature(enable = "avx2,bmi1,lzcnt")]
fn copy_plain(from: &[u8], to: &mut [u8]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    while written + VECTOR <= to.len() {
        let Some(vector) = to[written..].first_chunk_mut() else {
            break;
        };
        let plain = copy_start(&from[read..], vector);
        read += plain;
        written += plain;
        if plain == VECTOR {
            continue;
        }
        match from.get(read..read + 2) {
            Some([_, 0]) => {
                to[written] = 0xff;
                read += 2;
                written += 1;
            }
            _ => break,
        }
    }
    (read, written)
}

/// Copies what comes before the first 0xff, a vector at most, and returns how much it is. What is
/// behind it in the vector may be overwritten.
#[inline]
#[target_feature(enable = "avx2,bmi1,lzcnt")]
fn copy_start(from: &[u8], to: &mut [u8; VECTOR]) -> usize {
    if let Some(bytes) = from.first_chunk() {
        *to = *bytes;
        return leading_plain(bytes);
    }
    let end = from.iter().position(|&byte| byte == 0xff);
    let plain = end.unwrap_or(from.len());
    to[..plain].copy_from_slice(&from[..plain]);
    plain
}

/// How many bytes come before the first 0xff.
#[inline]
#[target_feature(enable = "avx2,bmi1,lzcnt")]
fn leading_plain(bytes: &[u8; VECTOR]) -> usize {
    let stuffed = _mm256_cmpeq_epi8(simd::load(bytes), _mm256_set1_epi8(-1));
    let mask = _mm256_movemask_epi8(stuffed);
    mask.trailing_zeros() as usize
}

#[cfg(test)]
#[allow(clippy::large_stack_arrays, reason = "a boxed piece")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(from: &[u8]) -> (usize, Vec<u8>) {
        let (mut at, mut out) = (0, Vec::new());
        while let Some(&byte) = from.get(at) {
            if byte == 0xff {
                if from.get(at + 1) != Some(&0) {
                    break;
                }
                at += 1;
            }
            out.push(byte);
            at += 1;
        }
        (at, out)
    }

    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![8 => any::<u8>(), 1 => Just(0xff), 1 => Just(0)]
    }

    /// Bytes in which stuffing is common and markers are rare.
    fn data() -> impl Strategy<Value = Vec<u8>> {
        let unit = prop_oneof![
            30 => (0u8..=254).prop_map(|byte| vec![byte]),
            3 => Just(vec![0xff, 0]),
            1 => byte().prop_map(|byte| vec![0xff, byte]),
        ];
        proptest::collection::vec(unit, 0..400).prop_map(|units| units.concat())
    }

    proptest! {
        #[test]
        fn equals_a_loop_over_bytes(from in data(), room in 0usize..600) {
            let Some(avx2) = Avx2::detect() else { return Ok(()) };
            let mut to = vec![7; room];
            let (read, written) = unstuff(avx2, &from, &mut to);
            let (end, expected) = slow(&from);
            prop_assert_eq!(&to[..written], &expected[..written]);
            prop_assert_eq!(slow(&from[..read]).1.len(), written);
            if written + VECTOR <= room {
                prop_assert_eq!((read, written), (end, expected.len()));
            }
        }

        #[test]
        fn a_feed_reads_on_over_pieces(seed: u64, length in 0usize..200_000, step in 1..MOST) {
            let Some(avx2) = Avx2::detect() else { return Ok(()) };
            let mut state = seed | 1;
            let mut from = Vec::new();
            while from.len() < length {
                state = state.wrapping_mul(6_364_136_223_846_793_005);
                state = state.wrapping_add(1_442_695_040_888_963_407);
                let byte = (state >> 56) as u8;
                from.push(byte);
                if byte == 0xff {
                    from.push(0);
                }
            }
            let (_, expected) = slow(&from);
            let mut piece = Box::new([0; PIECE]);
            let mut feed = Feed::new(avx2, &from, &mut piece);
            let mut bits = Bits::default();
            let mut at = 0;
            while at < expected.len() {
                feed.ensure(&mut bits, step);
                for _ in 0..step.min(expected.len() - at) {
                    bits.refill(feed.piece());
                    prop_assert_eq!(bits.peek::<8>(), usize::from(expected[at]));
                    bits.skip(8);
                    at += 1;
                }
                prop_assert!(feed.holds(&bits));
            }
            feed.ensure(&mut bits, 1);
            bits.refill(feed.piece());
            bits.skip(1);
            prop_assert!(!feed.holds(&bits));
        }
    }
}
