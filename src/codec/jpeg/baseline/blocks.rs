//! The blocks of a scan: code words in, coefficients in natural order out.
//!
//! A block is decoded in accesses of a table that give up to two coefficients each
//! ([`super::huffman`]). What an access means is added to the position without a branch: the end of
//! the block, and all that a table does not know, are advances that lead past it. So the loop has
//! one test, and everything rare is found out after it has been left. Two coefficients are stored
//! each time, needed or not; what belongs nowhere goes to the first coefficient of the block after,
//! which is zeroed only when its turn comes.
#![expect(
    clippy::inline_always,
    reason = "all of it belongs into the one loop of `blocks`, which has the CPU features"
)]

use std::ops::Range;

use super::Chunk;
use super::bits::Bits;
use super::huffman::{
    AcTable, DC_INDEX, DcTable, END, INDEX, LONGEST, SKIP_INDEX, Skip, SkipTable, UNKNOWN,
};
use super::quantisation::ZIGZAG;
use super::unstuff::Piece;
use crate::simd::Avx2;

/// A block with what may be written behind it. An index of one byte is always within.
type Window = [i16; 256];

/// One past the last position of a block.
const DONE: usize = 64;

const _: () = assert!(3 * LONGEST <= Bits::FULL, "three accesses a refill");

/// Where the coefficient before position `k` goes; behind the block if there is none.
static PLACE: [u8; 512] = {
    let mut place = [64; 512];
    let mut k = 0;
    while k < 64 {
        place[k + 1] = ZIGZAG[k];
        k += 1;
    }
    place
};

/// A block of the MCU.
#[derive(Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) component: usize,
    pub(super) dc: &'a DcTable,
    pub(super) ac: &'a AcTable,
    /// Its place in the chunk, in the first MCU.
    pub(super) at: usize,
    /// From there to its place in the next MCU.
    pub(super) step: usize,
    /// A counting table, if only the DC coefficient is needed.
    pub(super) skip: Option<&'a SkipTable>,
}

/// What one MCU leaves to the next.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    pub(super) bits: Bits,
    /// The DC coefficient of each component's block before. There is one more than there are
    /// components, so that an index needs no check.
    pub(super) predictions: [i32; 4],
}

/// MCUs without a restart marker between them.
#[expect(unsafe_code, reason = "instructions beyond the baseline")]
pub(super) fn run(
    _: Avx2,
    piece: &Piece,
    state: State,
    units: &[Unit<'_>],
    mcus: Range<usize>,
    chunk: &mut Chunk,
) -> Option<State> {
    // SAFETY: an `Avx2` proves that the processor has the instructions.
    unsafe { blocks(piece, state, units, mcus, chunk) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn blocks(
    piece: &Piece,
    mut state: State,
    units: &[Unit<'_>],
    mcus: Range<usize>,
    chunk: &mut Chunk,
) -> Option<State> {
    let mut bits = state.bits;
    for mcu in mcus {
        for unit in units {
            let at = unit.at + mcu * unit.step;
            let window: &mut Window = chunk.0.get_mut(64 * at..)?.first_chunk_mut()?;
            let difference = difference(&mut bits, piece, unit.dc)?;
            let dc = predict(&mut state.predictions[unit.component & 3], difference);
            if unit.skip.is_none() {
                window[..64].fill(0);
            }
            window[0] = dc;
            match unit.skip {
                None => coefficients(&mut bits, piece, unit.ac, window)?,
                Some(skip) => pass_over(&mut bits, piece, unit.ac, skip, window)?,
            }
        }
    }
    state.bits = bits;
    Some(state)
}

/// The DC coefficient that differs so much from the one before.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "libjpeg-turbo keeps it whole and stores 16 bits of it"
)]
fn predict(prediction: &mut i32, difference: i32) -> i16 {
    *prediction = prediction.wrapping_add(difference);
    *prediction as i16
}

/// The DC difference of the next block. Leaves 36 bits or more.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a few bits")]
fn difference(bits: &mut Bits, piece: &Piece, table: &DcTable) -> Option<i32> {
    bits.refill(piece);
    let entry = table.entries[bits.peek::<DC_INDEX>()];
    if entry.bits > 0 {
        let low = bits.beyond::<DC_INDEX>(entry.drop) as i32;
        bits.skip(entry.bits);
        return Some(i32::from(entry.value) + low);
    }
    let word = table.code.word(bits.peek::<16>());
    if word.length == 0 {
        return None;
    }
    bits.skip(word.length);
    bits.refill(piece);
    Some(bits.value(word.symbol))
}

/// One access: `k`, the position of the next coefficient, goes on. Returns the index.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a few bits")]
fn access(bits: &mut Bits, table: &AcTable, window: &mut Window, k: &mut usize) -> usize {
    let index = bits.peek::<INDEX>();
    let entry = &table.entries[index];
    let low = bits.beyond::<INDEX>(entry.drop) as i16;
    bits.skip(table.bits[index]);
    let first = *k + usize::from(entry.first);
    *k += usize::from(entry.both);
    window[usize::from(PLACE[first])] = entry.value;
    window[usize::from(PLACE[*k])] = entry.second.wrapping_add(low);
    index
}

/// Accesses until one leads past the block; its index.
#[inline(always)]
fn accesses(
    bits: &mut Bits,
    piece: &Piece,
    table: &AcTable,
    window: &mut Window,
    k: &mut usize,
) -> usize {
    loop {
        bits.refill(piece);
        for _ in 0..3 {
            let index = access(bits, table, window, k);
            if *k >= DONE {
                return index;
            }
        }
    }
}

/// The AC coefficients of a block, to a window that is zero. At least 36 bits are there.
#[inline(always)]
fn coefficients(
    bits: &mut Bits,
    piece: &Piece,
    table: &AcTable,
    window: &mut Window,
) -> Option<()> {
    let mut k = 1;
    let last = 'last: {
        for _ in 0..2 {
            let index = access(bits, table, window, &mut k);
            if k >= DONE {
                break 'last index;
            }
        }
        accesses(bits, piece, table, window, &mut k)
    };
    finish(bits, piece, table, window, k, last)
}

/// Whether a position past the block is where blocks end: after 63 coefficients, or by [`END`]
/// after fewer. A table, so that it is one branch.
static ENDED: [bool; 256] = {
    let mut ended = [false; 256];
    ended[DONE] = true;
    let mut k = 1;
    while k < DONE {
        ended[END as usize + k] = true;
        k += 1;
    }
    ended
};

/// Ends the block, or goes on where a table did not know.
#[inline(always)]
fn finish(
    bits: &mut Bits,
    piece: &Piece,
    table: &AcTable,
    window: &mut Window,
    mut k: usize,
    mut last: usize,
) -> Option<()> {
    while !ENDED[k & 255] {
        if undo(bits, piece, table, &mut k, last) || symbol(bits, piece, table, window, &mut k)? {
            break;
        }
        last = accesses(bits, piece, table, window, &mut k);
    }
    Some(())
}

/// Goes back before an access; its coefficients, if any, will be written again. Where the first of
/// them was the block's last, what was taken for the second is the next block's: then it goes back
/// between them, and the block has ended.
#[inline(always)]
fn undo(bits: &mut Bits, piece: &Piece, table: &AcTable, k: &mut usize, last: usize) -> bool {
    let entry = &table.entries[last];
    *k -= usize::from(entry.both);
    if entry.both == UNKNOWN {
        return false;
    }
    let before = bits.position() - usize::from(table.bits[last]);
    let has_ended = *k + usize::from(entry.first) == DONE;
    if has_ended {
        bits.seek(piece, before + usize::from(table.first_bits[last]));
    } else {
        bits.seek(piece, before);
    }
    has_ended
}

/// One symbol, the slow way; whether it ends the block.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "libjpeg-turbo stores 16 bits"
)]
fn symbol(
    bits: &mut Bits,
    piece: &Piece,
    table: &AcTable,
    window: &mut Window,
    k: &mut usize,
) -> Option<bool> {
    bits.refill(piece);
    let word = table.code.word(bits.peek::<16>());
    if word.length == 0 {
        return None;
    }
    bits.skip(word.length);
    let (run, size) = (usize::from(word.symbol >> 4), word.symbol & 15);
    if size == 0 && run != 15 {
        return Some(true);
    }
    *k += run + 1;
    if *k > DONE {
        return None;
    }
    window[usize::from(PLACE[*k])] = bits.value(size) as i16;
    Some(*k == DONE)
}

/// Accesses of a counting table until one leads past the block.
#[inline(always)]
fn skips(bits: &mut Bits, piece: &Piece, skip: &SkipTable, k: &mut usize) -> Skip {
    loop {
        bits.refill(piece);
        for _ in 0..3 {
            let entry = skip[bits.peek::<SKIP_INDEX>()];
            bits.skip(entry.bits);
            *k += usize::from(entry.advance);
            if *k >= DONE {
                return entry;
            }
        }
    }
}

/// Passes over the AC coefficients of a block.
#[inline(always)]
fn pass_over(
    bits: &mut Bits,
    piece: &Piece,
    table: &AcTable,
    skip: &SkipTable,
    window: &mut Window,
) -> Option<()> {
    let mut k = 1;
    let last = skips(bits, piece, skip, &mut k);
    // The symbols before an end advance by 32 at most, so this end is that of a block of 63
    // coefficients or less.
    if k == DONE || (usize::from(END)..usize::from(END) + DONE).contains(&k) {
        return Some(());
    }
    // Not known, or the block may have ended within this access: decode the rest of the block.
    k -= usize::from(last.advance);
    bits.seek(piece, bits.position() - usize::from(last.bits));
    if symbol(bits, piece, table, window, &mut k)? {
        return Some(());
    }
    let last = accesses(bits, piece, table, window, &mut k);
    finish(bits, piece, table, window, k, last)
}
