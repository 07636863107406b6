#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::large_stack_arrays,
    clippy::precedence,
    reason = "small numbers, and a boxed piece"
)]

use super::super::bits::Bits;
use super::super::unstuff::PIECE;
use super::ac::{advance, is_end, run};
use super::code::Word;
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
                    prop_assert_eq!(entry.both, entry.first + advance(word.symbol));
                    let value = extend(bits << (end + u32::from(word.length)) & 0xffff_ffff, size);
                    prop_assert_eq!(i32::from(entry.second) + low, value);
                } else {
                    prop_assert_eq!(i32::from(entry.second) + low, first);
                    prop_assert_eq!(length, end);
                }
            }
        }
        let skip = ac.skip.as_ref().unwrap()[bits >> (32 - SKIP_INDEX)];
        let (mut at, mut far) = (0, 0);
        while at < u32::from(skip.bits) {
            let (word, _, end) = symbol(at);
            prop_assert!(word.length > 0 && far < END);
            (at, far) = (end, far + advance(word.symbol));
        }
        prop_assert_eq!(at, u32::from(skip.bits));
        prop_assert_eq!(skip.advance, if at == 0 { UNKNOWN } else { far });
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
