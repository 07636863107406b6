//! Tables for the AC coefficients of a block.

use super::code::{Code, Word};
use super::{Coefficient, END, Handover, INDEX, LONGEST, SKIP_INDEX, UNKNOWN, coefficient};

/// One access of an [`AcTable`]. The bits of the last value may go on after the index: what they
/// say is added to `second`, which is written last. Where there is but one coefficient, `both` is
/// `first` and `second` its value.
#[derive(Clone, Copy, Default)]
#[repr(C, align(8))]
pub(in super::super) struct Entry {
    /// To the position after the first coefficient.
    pub(in super::super) first: u8,
    /// To the position after both; [`END`] more at the end of the block, or just [`UNKNOWN`].
    pub(in super::super) both: u8,
    /// What the bits after the index are shifted right by to leave what adds to the last value.
    pub(in super::super) drop: u8,
    /// The first value of two.
    pub(in super::super) value: i16,
    /// The last value, short of what is added.
    pub(in super::super) second: i16,
}

/// The AC coefficients of a block.
pub(in super::super) struct AcTable {
    pub(in super::super) code: Code,
    /// Bits to pass over; 0 where the index does not tell. They are all that the next access waits
    /// for, and apart since a load is a cycle faster where the index needs no scaling.
    pub(in super::super) bits: [u8; 1 << INDEX],
    pub(in super::super) entries: [Entry; 1 << INDEX],
    /// Bits of the first coefficient.
    pub(in super::super) first_bits: [u8; 1 << INDEX],
    /// The counting table, for blocks whose coefficients are not needed; built when it pays.
    pub(in super::super) skip: Option<Box<SkipTable>>,
    /// Blocks that it would have been used for.
    skipped: u32,
}

pub(in super::super) type SkipTable = [Skip; 1 << SKIP_INDEX];

/// One access of a counting table: as many symbols as fit the index.
#[derive(Clone, Copy, Default)]
#[repr(C, align(2))]
pub(in super::super) struct Skip {
    pub(in super::super) bits: u8,
    /// Over all of them, as [`Entry::both`].
    pub(in super::super) advance: u8,
}

/// From about so many blocks on, it is faster to build a counting table and use it.
const WORTH_COUNTING: u32 = 8000;

impl Default for AcTable {
    fn default() -> Self {
        Self {
            code: Code::default(),
            bits: [0; 1 << INDEX],
            entries: [Entry::default(); 1 << INDEX],
            first_bits: [0; 1 << INDEX],
            skip: None,
            skipped: 0,
        }
    }
}

impl AcTable {
    pub(in super::super) fn build(&mut self, segment: &[u8]) -> Result<(), Handover> {
        self.code = Code::new(segment)?;
        (self.skip, self.skipped) = (None, 0);
        let words = self.code.table::<{ 1 << INDEX }>();
        let mut firsts = [Coefficient::default(); 1 << INDEX];
        for (index, (first, word)) in firsts.iter_mut().zip(&words).enumerate() {
            *first = coefficient(index, INDEX, word.length, word.symbol & 15, LONGEST);
        }
        for (index, first) in firsts.iter().enumerate() {
            self.first_bits[index] = first.bits;
            (self.bits[index], self.entries[index]) = pair(index, &words, &firsts);
        }
        Ok(())
    }

    /// Tells of blocks whose coefficients will not be needed.
    pub(in super::super) fn expect_skips(&mut self, blocks: u32) {
        self.skipped = self.skipped.saturating_add(blocks);
        if self.skip.is_none() && self.skipped >= WORTH_COUNTING {
            self.skip = Some(Box::new(counting(&self.code)));
        }
    }
}

#[expect(clippy::verbose_bit_mask, reason = "two halves of a byte")]
pub(super) fn is_end(symbol: u8) -> bool {
    // As libjpeg-turbo has it, every run without a value but the longest ends the block.
    symbol & 15 == 0 && symbol >> 4 != 15
}

pub(super) fn run(symbol: u8) -> u8 {
    (symbol >> 4) + 1
}

/// How far a symbol goes.
pub(super) fn advance(symbol: u8) -> u8 {
    if is_end(symbol) { END } else { run(symbol) }
}

impl Entry {
    /// An access of one symbol.
    fn lone(first: u8, both: u8, coefficient: Coefficient) -> Self {
        Self {
            first,
            both,
            drop: coefficient.drop(INDEX),
            value: coefficient.value,
            second: coefficient.value,
        }
    }
}

/// The bits and the entry of an index.
fn pair(
    index: usize,
    words: &[Word; 1 << INDEX],
    firsts: &[Coefficient; 1 << INDEX],
) -> (u8, Entry) {
    let (word, first) = (words[index], firsts[index]);
    if first.bits == 0 {
        return (0, Entry::lone(1, UNKNOWN, first));
    }
    if is_end(word.symbol) {
        return (first.bits, Entry::lone(1, END, first));
    }
    let step = run(word.symbol);
    let mut entry = Entry::lone(step, step, first);
    let Some((symbol, second)) = follower(index, words, first) else {
        return (first.bits, entry);
    };
    entry.both += advance(symbol);
    entry.second = second.value;
    entry.drop = second.drop(INDEX);
    (first.bits + second.bits, entry)
}

/// The symbol behind the first coefficient of an index, and its own coefficient, if the index
/// tells.
fn follower(
    index: usize,
    words: &[Word; 1 << INDEX],
    first: Coefficient,
) -> Option<(u8, Coefficient)> {
    let known = INDEX.saturating_sub(u32::from(first.bits));
    let rest = index & ((1 << known) - 1);
    let word = words[(rest << first.bits) & ((1 << INDEX) - 1)];
    if u32::from(word.length) > known {
        return None;
    }
    let longest = LONGEST - u32::from(first.bits);
    let second = coefficient(rest, known, word.length, word.symbol & 15, longest);
    (second.bits > 0).then_some((word.symbol, second))
}

fn counting(code: &Code) -> SkipTable {
    let words = code.table::<{ 1 << SKIP_INDEX }>();
    let mut table = [Skip::default(); 1 << SKIP_INDEX];
    for (index, skip) in table.iter_mut().enumerate() {
        *skip = symbols_in(index, &words);
    }
    table
}

fn symbols_in(index: usize, words: &[Word; 1 << SKIP_INDEX]) -> Skip {
    let mut skip = Skip::default();
    while u32::from(skip.bits) < SKIP_INDEX {
        let word = words[(index << skip.bits) & ((1 << SKIP_INDEX) - 1)];
        let bits = skip.bits + word.length + (word.symbol & 15);
        let longest = if skip.bits == 0 { LONGEST } else { SKIP_INDEX };
        let is_known = word.length > 0 && u32::from(skip.bits + word.length) <= SKIP_INDEX;
        // Without an end, advances stay so small that they are not taken for one.
        let is_short = is_end(word.symbol) || skip.advance + run(word.symbol) <= 32;
        if !is_known || u32::from(bits) > longest || !is_short {
            break;
        }
        let advance = skip.advance + advance(word.symbol);
        skip = Skip { bits, advance };
        if is_end(word.symbol) {
            break;
        }
    }
    if skip.bits == 0 {
        skip.advance = UNKNOWN;
    }
    skip
}
