//! Huffman tables: from a DHT segment to tables that give one or two whole coefficients an access.
//!
//! A code word and the bits of its value are looked up together, by the next [`INDEX`] bits of the
//! stream. Most words are short and most values small, so that two coefficients often fit. An entry
//! is a struct of small fields, each loaded for itself: taking one word apart by shifts is slower
//! (14.4 to 12.3 cycles a byte of file on Zen 4), since a processor does more loads than shifts at
//! a time.

mod ac;
mod code;

use super::Handover;
use code::Code;

pub(super) use ac::{AcTable, Skip, SkipTable};

/// Bits that an AC table is looked up by.
pub(super) const INDEX: u32 = 11;
/// Bits that a DC table is looked up by.
pub(super) const DC_INDEX: u32 = 9;
/// Bits that a counting table is looked up by.
pub(super) const SKIP_INDEX: u32 = 12;

/// The most bits that an access of an AC or counting table passes over: three fit a refill.
pub(super) const LONGEST: u32 = 18;
/// The same of a DC table. Two accesses of an AC table fit the rest of the refill.
const DC_LONGEST: u32 = 20;

/// Advances are at most 32 without an end of block, this much more with one...
pub(super) const END: u8 = 96;
/// ... and this where the index does not tell: the word or its value is too long, or no word begins
/// so.
pub(super) const UNKNOWN: u8 = 176;

/// What an index says of its first coefficient.
#[derive(Clone, Copy, Default)]
struct Coefficient {
    /// Bits of word and value; 0 where the index does not tell.
    bits: u8,
    /// How many of the value's bits come after the index.
    extra: u8,
    /// The value, short of what its extra bits add.
    value: i16,
}

impl Coefficient {
    /// What the bits after an index of `index` bits are shifted right by to leave those that add to
    /// the value.
    #[expect(clippy::cast_possible_truncation, reason = "a few bits")]
    fn drop(self, index: u32) -> u8 {
        64 - index as u8 - self.extra
    }
}

/// Resolves a word and its value of `size` bits at the front of an index of `bits` bits, if they
/// are `longest` bits at most.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "small numbers"
)]
fn coefficient(index: usize, bits: u32, length: u8, size: u8, longest: u32) -> Coefficient {
    let total = u32::from(length) + u32::from(size);
    if length == 0 || total > longest || (size > 0 && u32::from(length) >= bits) {
        return Coefficient::default();
    }
    if size == 0 {
        return Coefficient {
            bits: length,
            extra: 0,
            value: 0,
        };
    }
    // The known leading bits of the value, with its sign; the extra bits add to it, whatever the
    // sign.
    let extra = total.saturating_sub(bits);
    let known = u32::from(size) - extra;
    let high = (index >> (bits - u32::from(length) - known)) as i32 & ((1 << known) - 1);
    let negative = high >> (known - 1) == 0;
    let value = (high << extra) - if negative { (1 << size) - 1 } else { 0 };
    Coefficient {
        bits: total as u8,
        extra: extra as u8,
        value: value as i16,
    }
}

/// One access of a [`DcTable`]: the difference to the block before.
#[derive(Clone, Copy, Default)]
#[repr(C, align(4))]
pub(super) struct DcEntry {
    /// Bits to pass over; 0 where the index does not tell.
    pub(super) bits: u8,
    /// As in `ac::Entry`.
    pub(super) drop: u8,
    pub(super) value: i16,
}

/// The DC coefficient of a block.
pub(super) struct DcTable {
    pub(super) code: Code,
    pub(super) entries: [DcEntry; 1 << DC_INDEX],
}

impl Default for DcTable {
    fn default() -> Self {
        Self {
            code: Code::default(),
            entries: [DcEntry::default(); 1 << DC_INDEX],
        }
    }
}

impl DcTable {
    pub(super) fn build(&mut self, segment: &[u8]) -> Result<(), Handover> {
        self.code = Code::new(segment)?;
        if self.code.symbols().iter().any(|&symbol| symbol > 15) {
            return Err(Handover::Header);
        }
        let words = self.code.table::<{ 1 << DC_INDEX }>();
        for (index, (entry, word)) in self.entries.iter_mut().zip(&words).enumerate() {
            let first = coefficient(index, DC_INDEX, word.length, word.symbol, DC_LONGEST);
            *entry = DcEntry {
                bits: first.bits,
                drop: first.drop(DC_INDEX),
                value: first.value,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
