//! Huffman tables: from a DHT segment to tables that give one or two whole coefficients an access.
//!
//! A code word and the bits of its value are looked up together, by the next [`INDEX`] bits of the
//! stream. Most words are short and most values small, so that two coefficients often fit. An entry
//! is a struct of small fields, each loaded for itself: taking one word apart by shifts is slower
//! (14.4 to 12.3 cycles a byte of file on Zen 4), since a processor does more loads than shifts at
//! a time.

use super::Handover;

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

/// Code words of a table, checked as libjpeg-turbo checks them (`jpeg_make_d_derived_tbl`).
#[derive(Debug)]
pub(super) struct Code {
    /// For each length, what the next 16 bits are less than if the word is that long or shorter.
    limits: [u32; 16],
    /// For each length, the number of its first symbol less its first word, modulo 2^32.
    offsets: [u32; 16],
    /// Symbols in the order of their words; zeros follow.
    symbols: [u8; 256],
    count: usize,
}

/// A symbol and the length of its code word; length 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) length: u8,
    pub(super) symbol: u8,
}

impl Default for Code {
    fn default() -> Self {
        Self {
            limits: [0; 16],
            offsets: [0; 16],
            symbols: [0; 256],
            count: 0,
        }
    }
}

impl Code {
    /// From 16 counts and then the symbols.
    pub(super) fn new(segment: &[u8]) -> Result<Self, Handover> {
        let (counts, symbols) = segment.split_first_chunk::<16>().ok_or(Handover::Header)?;
        let count = counts
            .iter()
            .map(|&count| usize::from(count))
            .sum::<usize>();
        if count > 256 || count != symbols.len() {
            return Err(Handover::Header);
        }
        let mut code = Self {
            count,
            ..Self::default()
        };
        code.symbols[..count].copy_from_slice(symbols);
        let (mut word, mut first) = (0u32, 0u32);
        for (i, &count) in counts.iter().enumerate() {
            code.offsets[i] = first.wrapping_sub(word);
            word += u32::from(count);
            first += u32::from(count);
            // The word of all ones is not allowed, so the next word must fit the length too.
            if count > 0 && word >= 1 << (i + 1) {
                return Err(Handover::Header);
            }
            code.limits[i] = word << (15 - i);
            word <<= 1;
        }
        Ok(code)
    }

    pub(super) fn symbols(&self) -> &[u8] {
        &self.symbols[..self.count]
    }

    /// The word that 16 bits begin with.
    #[expect(clippy::cast_possible_truncation, reason = "at most 17")]
    #[expect(
        clippy::inline_always,
        reason = "compiled with the CPU features of the loop it is called from"
    )]
    #[inline(always)]
    pub(super) fn word(&self, bits: usize) -> Word {
        let bits = bits as u32 & 0xffff;
        let shorter = self.limits.iter().filter(|&&limit| bits >= limit).count();
        let Some(&offset) = self.offsets.get(shorter) else {
            return Word::default();
        };
        let index = offset.wrapping_add(bits >> (15 - shorter)) & 255;
        Word {
            length: shorter as u8 + 1,
            symbol: self.symbols[index as usize],
        }
    }

    /// The word that each index of `bits` bits begins with, where it is no longer than that.
    #[expect(clippy::cast_possible_truncation, reason = "a length")]
    fn table<const SIZE: usize>(&self) -> [Word; SIZE] {
        let bits = SIZE.ilog2() as usize;
        let mut table = [Word::default(); SIZE];
        let (mut at, mut next) = (0, 0);
        for length in 1..=bits {
            // Words of this length begin where the shorter ones end, and each takes as many places.
            let places = 1 << (bits - length);
            let end = (self.limits[length - 1] >> (16 - bits)) as usize;
            while at < end {
                table[at..at + places].fill(Word {
                    length: length as u8,
                    symbol: self.symbols[next],
                });
                at += places;
                next += 1;
            }
        }
        table
    }
}

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

/// One access of an [`AcTable`]. The bits of the last value may go on after the index: what they
/// say is added to `second`, which is written last. Where there is but one coefficient, `both` is
/// `first` and `second` its value.
#[derive(Clone, Copy, Default)]
#[repr(C, align(8))]
pub(super) struct Entry {
    /// To the position after the first coefficient.
    pub(super) first: u8,
    /// To the position after both; [`END`] more at the end of the block, or just [`UNKNOWN`].
    pub(super) both: u8,
    /// What the bits after the index are shifted right by to leave what adds to the last value.
    pub(super) drop: u8,
    /// The first value of two.
    pub(super) value: i16,
    /// The last value, short of what is added.
    pub(super) second: i16,
}

/// The AC coefficients of a block.
pub(super) struct AcTable {
    pub(super) code: Code,
    /// Bits to pass over; 0 where the index does not tell. They are all that the next access waits
    /// for, and apart since a load is a cycle faster where the index needs no scaling.
    pub(super) bits: [u8; 1 << INDEX],
    pub(super) entries: [Entry; 1 << INDEX],
    /// Bits of the first coefficient.
    pub(super) first_bits: [u8; 1 << INDEX],
    /// The counting table, for blocks whose coefficients are not needed; built when it pays.
    pub(super) skip: Option<Box<SkipTable>>,
    /// Blocks that it would have been used for.
    skipped: u32,
}

pub(super) type SkipTable = [Skip; 1 << SKIP_INDEX];

/// One access of a counting table: as many symbols as fit the index.
#[derive(Clone, Copy, Default)]
#[repr(C, align(2))]
pub(super) struct Skip {
    pub(super) bits: u8,
    /// Over all of them, as [`Entry::both`].
    pub(super) advance: u8,
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
    pub(super) fn build(&mut self, segment: &[u8]) -> Result<(), Handover> {
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
    pub(super) fn expect_skips(&mut self, blocks: u32) {
        self.skipped = self.skipped.saturating_add(blocks);
        if self.skip.is_none() && self.skipped >= WORTH_COUNTING {
            self.skip = Some(Box::new(counting(&self.code)));
        }
    }
}

#[expect(clippy::verbose_bit_mask, reason = "two halves of a byte")]
fn is_end(symbol: u8) -> bool {
    // As libjpeg-turbo has it, every run without a value but the longest ends the block.
    symbol & 15 == 0 && symbol >> 4 != 15
}

fn run(symbol: u8) -> u8 {
    (symbol >> 4) + 1
}

/// The bits and the entry of an index.
#[expect(clippy::cast_possible_truncation, reason = "INDEX is small")]
fn pair(
    index: usize,
    words: &[Word; 1 << INDEX],
    firsts: &[Coefficient; 1 << INDEX],
) -> (u8, Entry) {
    let (word, first) = (words[index], firsts[index]);
    let drop = 64 - INDEX as u8 - first.extra;
    if first.bits == 0 {
        return (
            0,
            Entry {
                first: 1,
                both: UNKNOWN,
                drop,
                ..Entry::default()
            },
        );
    }
    if is_end(word.symbol) {
        return (
            first.bits,
            Entry {
                first: 1,
                both: END,
                drop,
                ..Entry::default()
            },
        );
    }
    let advance = run(word.symbol);
    let alone = Entry {
        first: advance,
        both: advance,
        drop,
        value: first.value,
        second: first.value,
    };
    let known = INDEX.saturating_sub(u32::from(first.bits));
    let rest = index & ((1 << known) - 1);
    let word = words[(rest << first.bits) & ((1 << INDEX) - 1)];
    if u32::from(word.length) > known {
        return (first.bits, alone);
    }
    let second = coefficient(
        rest,
        known,
        word.length,
        word.symbol & 15,
        LONGEST - u32::from(first.bits),
    );
    if second.bits == 0 {
        return (first.bits, alone);
    }
    let more = if is_end(word.symbol) {
        END
    } else {
        run(word.symbol)
    };
    let drop = 64 - INDEX as u8 - second.extra;
    (
        first.bits + second.bits,
        Entry {
            both: advance + more,
            second: second.value,
            drop,
            ..alone
        },
    )
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
        if !is_known || u32::from(bits) > longest {
            break;
        }
        if is_end(word.symbol) {
            return Skip {
                bits,
                advance: skip.advance + END,
            };
        }
        // Without an end, advances stay so small that they are not taken for one.
        if skip.advance + run(word.symbol) > 32 {
            break;
        }
        skip = Skip {
            bits,
            advance: skip.advance + run(word.symbol),
        };
    }
    if skip.bits == 0 {
        Skip {
            bits: 0,
            advance: UNKNOWN,
        }
    } else {
        skip
    }
}

/// One access of a [`DcTable`]: the difference to the block before.
#[derive(Clone, Copy, Default)]
#[repr(C, align(4))]
pub(super) struct DcEntry {
    /// Bits to pass over; 0 where the index does not tell.
    pub(super) bits: u8,
    /// As [`Entry::drop`].
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
    #[expect(clippy::cast_possible_truncation, reason = "DC_INDEX is small")]
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
                drop: 64 - DC_INDEX as u8 - first.extra,
                value: first.value,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::large_stack_arrays,
    clippy::precedence,
    reason = "small numbers, and a boxed piece"
)]
mod tests {
    use super::super::bits::Bits;
    use super::super::unstuff::PIECE;
    use super::*;
    use proptest::prelude::*;

    /// Words by going through the counts, bit by bit (T.81, F.16).
    fn slow(segment: &[u8], bits: usize) -> Word {
        let (mut word, mut first, mut at) = (0, 0, 16);
        for length in 1..=16 {
            let count = usize::from(segment[length - 1]);
            word = word << 1 | bits >> (16 - length) & 1;
            first <<= 1;
            if word < first + count {
                return Word {
                    length: length as u8,
                    symbol: segment[at + word - first],
                };
            }
            (first, at) = (first + count, at + count);
        }
        Word::default()
    }

    /// Counts that make a code, and any symbols.
    fn segments() -> impl Strategy<Value = Vec<u8>> {
        (
            proptest::array::uniform16(0u32..30),
            proptest::collection::vec(any::<u8>(), 256),
        )
            .prop_map(|(wanted, symbols)| {
                let (mut counts, mut word, mut total) = ([0; 16], 0u32, 0);
                for (i, wanted) in wanted.iter().enumerate() {
                    let count = (*wanted >> (16 - i) / 3)
                        .min((1 << (i + 1)) - 1 - word.min((1 << (i + 1)) - 1))
                        .min(256 - total);
                    counts[i] = u8::try_from(count).unwrap_or(255);
                    total += count;
                    word = (word + count) << 1;
                }
                [&counts[..], &symbols[..total as usize]].concat()
            })
    }

    fn extend(bits: usize, size: u8) -> i32 {
        let mut reader = Bits::default();
        let mut piece = Box::new([0; PIECE]);
        piece[..8].copy_from_slice(&((bits as u64) << 32).to_be_bytes());
        reader.seek(&piece, 0);
        reader.value(size)
    }

    proptest! {
        #[test]
        fn words_are_those_of_a_slow_decoder(segment in segments(), bits in 0usize..1 << 16) {
            let code = Code::new(&segment).unwrap();
            prop_assert_eq!(code.word(bits), slow(&segment, bits));
        }

        /// Follows 32 bits through the tables, and symbol by symbol.
        #[test]
        fn tables_say_what_words_and_values_say(segment in segments(), bits: u32) {
            let bits = bits as usize;
            let mut ac = AcTable::default();
            ac.build(&segment).unwrap();
            ac.expect_skips(u32::MAX);
            let symbol = |at: u32| {
                let word = slow(&segment, (bits << at >> 16) & 0xffff);
                (word, word.symbol & 15, at + u32::from(word.length + (word.symbol & 15)))
            };
            let index = bits >> (32 - INDEX);
            let (entry, length) = (ac.entries[index], u32::from(ac.bits[index]));
            if entry.both == UNKNOWN {
                prop_assert_eq!(length, 0);
            } else {
                let (word, size, end) = symbol(0);
                prop_assert!(word.length > 0);
                prop_assert_eq!(end, u32::from(ac.first_bits[index]));
                if is_end(word.symbol) {
                    prop_assert_eq!((entry.both, length), (END, end));
                } else {
                    prop_assert_eq!(entry.first, run(word.symbol));
                    let low = ((bits << INDEX & 0xffff_ffff) as u64) << 32 >> INDEX;
                    let low = low.checked_shr(u32::from(entry.drop)).unwrap_or(0) as i32;
                    let first = extend(bits << word.length & 0xffff_ffff, size);
                    if entry.both > entry.first {
                        prop_assert_eq!(i32::from(entry.value), first);
                        let (word, size, next) = symbol(end);
                        prop_assert_eq!(length, next);
                        let more = if is_end(word.symbol) { END } else { run(word.symbol) };
                        prop_assert_eq!(entry.both, entry.first + more);
                        let value = extend(bits << (end + u32::from(word.length)) & 0xffff_ffff, size);
                        prop_assert_eq!(i32::from(entry.second) + low, value);
                    } else {
                        prop_assert_eq!(i32::from(entry.second) + low, first);
                        prop_assert_eq!(length, end);
                    }
                }
            }
            let skip = ac.skip.as_ref().unwrap()[bits >> (32 - SKIP_INDEX)];
            let (mut at, mut advance) = (0, 0);
            while at < u32::from(skip.bits) {
                let (word, _, end) = symbol(at);
                prop_assert!(word.length > 0 && advance < END);
                (at, advance) = (end, advance + if is_end(word.symbol) { END } else { run(word.symbol) });
            }
            prop_assert_eq!(at, u32::from(skip.bits));
            prop_assert_eq!(skip.advance, if at == 0 { UNKNOWN } else { advance });
        }

        #[test]
        fn any_segment_is_safe(segment: Vec<u8>) {
            let _ = AcTable::default().build(&segment);
            let _ = DcTable::default().build(&segment);
        }
    }

    #[test]
    fn refuses_codes_that_libjpeg_refuses() {
        let code = |counts: &[(usize, u8)]| {
            let mut segment = vec![0; 16];
            for &(length, count) in counts {
                segment[length - 1] = count;
            }
            segment.resize(
                16 + counts
                    .iter()
                    .map(|&(_, count)| usize::from(count))
                    .sum::<usize>(),
                1,
            );
            Code::new(&segment).is_ok()
        };
        assert!(code(&[]));
        assert!(code(&[(1, 1), (2, 1)]));
        // The word of all ones.
        assert!(!code(&[(1, 2)]));
        assert!(!code(&[(1, 1), (2, 2)]));
        // More words than there are.
        assert!(!code(&[(2, 5)]));
        assert!(!code(&[(8, 200), (9, 200)]));
        // A DC symbol beyond 15.
        let mut segment = vec![0; 17];
        segment[0] = 1;
        assert!(DcTable::default().build(&segment).is_ok());
        segment[16] = 16;
        assert_eq!(DcTable::default().build(&segment), Err(Handover::Header));
    }
}
