//! Code words, from a DHT segment.

use super::Handover;

/// Code words of a table, checked as libjpeg-turbo checks them (`jpeg_make_d_derived_tbl`).
#[derive(Debug)]
pub(in super::super) struct Code {
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
pub(in super::super) struct Word {
    pub(in super::super) length: u8,
    pub(in super::super) symbol: u8,
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
    pub(in super::super) fn new(segment: &[u8]) -> Result<Self, Handover> {
        let (counts, symbols) = segment.split_first_chunk::<16>().ok_or(Handover::Header)?;
        let count: usize = counts.iter().map(|&count| usize::from(count)).sum();
        if count > 256 || count != symbols.len() {
            return Err(Handover::Header);
        }
        let mut code = Self {
            count,
            ..Self::default()
        };
        code.symbols[..count].copy_from_slice(symbols);
        code.number(counts).ok_or(Handover::Header)?;
        Ok(code)
    }

    /// Gives each symbol its word, from the counts of words of each length.
    fn number(&mut self, counts: &[u8; 16]) -> Option<()> {
        let (mut word, mut first) = (0u32, 0u32);
        for (i, &count) in counts.iter().enumerate() {
            self.offsets[i] = first.wrapping_sub(word);
            word += u32::from(count);
            first += u32::from(count);
            // The word of all ones is not allowed, so the next word must fit the length too.
            if count > 0 && word >= 1 << (i + 1) {
                return None;
            }
            self.limits[i] = word << (15 - i);
            word <<= 1;
        }
        Some(())
    }

    pub(in super::super) fn symbols(&self) -> &[u8] {
        &self.symbols[..self.count]
    }

    /// The word that 16 bits begin with.
    #[expect(clippy::cast_possible_truncation, reason = "at most 17")]
    #[expect(
        clippy::inline_always,
        reason = "compiled with the CPU features of the loop it is called from"
    )]
    #[inline(always)]
    pub(in super::super) fn word(&self, bits: usize) -> Word {
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
    pub(super) fn table<const SIZE: usize>(&self) -> [Word; SIZE] {
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
