//! The kernels beside libjpeg-turbo's own functions, which are linked in.
#![expect(unsafe_code, reason = "the library's functions are C")]

use super::{Block, Quant, run};
use crate::simd::Avx2;
use std::ffi::c_void;
use std::time::Instant;

// Nothing of the crate is named: this links its library.
extern crate turbojpeg_sys as _;

type Function = unsafe extern "C" fn(*const c_void, *const i16, *const *mut u8, u32);

unsafe extern "C" {
    fn jsimd_idct_islow_avx2(
        table: *const c_void,
        block: *const i16,
        rows: *const *mut u8,
        column: u32,
    );
    fn jsimd_idct_4x4_sse2(
        table: *const c_void,
        block: *const i16,
        rows: *const *mut u8,
        column: u32,
    );
    fn jsimd_idct_2x2_sse2(
        table: *const c_void,
        block: *const i16,
        rows: *const *mut u8,
        column: u32,
    );
}

/// What the library's code wants of the blocks and tables it is given.
#[repr(align(32))]
#[derive(Clone, Copy)]
struct Aligned(Block);

/// Blocks through the library, or, for 1x1, through libjpeg's arithmetic.
fn library(blocks: &[Aligned], table: &[u16; 64], side: u32, out: &mut [u8], stride: usize) {
    let function: Function = match side {
        8 => jsimd_idct_islow_avx2,
        4 => jsimd_idct_4x4_sse2,
        2 => jsimd_idct_2x2_sse2,
        _ => {
            for (block, out) in blocks.iter().zip(out) {
                *out = mean(block.0[0], table[0]);
            }
            return;
        }
    };
    let table = Aligned(table.map(u16::cast_signed));
    let side = side as usize;
    assert!(out.len() >= (side - 1) * stride + blocks.len() * side);
    let rows: [*mut u8; 8] = std::array::from_fn(|r| {
        if r < side {
            out[r * stride..].as_mut_ptr()
        } else {
            std::ptr::null_mut()
        }
    });
    for (column, block) in (0..).step_by(side).zip(blocks) {
        // SAFETY: table and block are aligned; the assertion leaves room for the rows of every
        // block.
        unsafe {
            function(
                (&raw const table).cast(),
                block.0.as_ptr(),
                rows.as_ptr(),
                column,
            );
        };
    }
}

/// libjpeg's way, with its table of limits: one period of 1024.
fn mean(coefficient: i16, step: u16) -> u8 {
    let mean = (i32::from(coefficient) * i32::from(step.cast_signed()) + 4) >> 3;
    match mean & 1023 {
        low @ 0..128 => u8::try_from(low + 128).unwrap_or(0),
        128..512 => 255,
        512..896 => 0,
        high => u8::try_from(high - 896).unwrap_or(0),
    }
}

/// A generator good enough for test data.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }

    /// Any word, or one of at most `bits` bits around zero.
    fn word(&mut self, bits: u32) -> i16 {
        let word = i16::try_from(self.next() >> 48 & 0x7fff).unwrap_or(0) - 0x4000;
        if bits >= 16 {
            (word << 1) | (word & 1)
        } else {
            word >> (15 - bits.max(1))
        }
    }

    /// A block of `count` coefficients of at most `bits` bits at random places.
    fn block(&mut self, count: u64, bits: u32) -> Aligned {
        let mut block = Aligned([0; 64]);
        for _ in 0..count {
            let at = usize::try_from(self.below(64)).unwrap_or(0);
            block.0[at] = self.word(bits);
        }
        block
    }

    fn table(&mut self, limit: u64) -> [u16; 64] {
        std::array::from_fn(|_| u16::try_from(1 + self.below(limit)).unwrap_or(1))
    }
}

fn avx2() -> Option<Avx2> {
    let avx2 = Avx2::detect();
    if avx2.is_none() {
        eprintln!("no AVX2: nothing compared");
    }
    avx2
}

/// Compares all sizes on blocks in a row, with a stride of a few bytes more, and looks that nothing
/// else is written.
fn compare(avx2: Avx2, blocks: &[Aligned], table: &[u16; 64]) {
    let plain: Vec<Block> = blocks.iter().map(|b| b.0).collect();
    let quant = Quant::new(table);
    for side in [8, 4, 2, 1] {
        let width = blocks.len() * side as usize;
        let stride = width + 5;
        let mut ours = vec![7; side as usize * stride];
        let mut theirs = ours.clone();
        run(avx2, &plain, &quant, side, &mut ours, stride);
        library(blocks, table, side, &mut theirs, stride);
        if ours != theirs {
            let at = ours
                .iter()
                .zip(&theirs)
                .position(|(a, b)| a != b)
                .unwrap_or(0);
            let block = at % stride / side as usize;
            panic!(
                "{side}x{side}, byte {at}: {:?} with {table:?}",
                plain.get(block)
            );
        }
    }
}

#[test]
fn random_blocks_equal_the_librarys() {
    let Some(avx2) = avx2() else { return };
    let mut random = Random(0x1234_5678_9abc_def1);
    let rounds = if cfg!(debug_assertions) {
        2_000
    } else {
        300_000
    };
    for round in 0..rounds {
        let table = random.table([1, 16, 255, 65535][round % 4]);
        let length = 1 + random.below(19);
        let blocks: Vec<_> = (0..length)
            .map(|_| {
                let count = [0, 1, 3, 10, 60, 400][usize::try_from(random.below(6)).unwrap_or(0)];
                let bits = u32::try_from(1 + random.below(16)).unwrap_or(1);
                let mut block = random.block(count, bits);
                if random.below(2) == 0 {
                    block.0[0] = random.word(16);
                }
                block
            })
            .collect();
        compare(avx2, &blocks, &table);
    }
}

#[test]
fn first_rows_alone_equal_the_librarys() {
    let Some(avx2) = avx2() else { return };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..2_000 {
        let table = random.table([1, 64, 65535][round % 3]);
        let blocks: Vec<_> = (0..9)
            .map(|_| {
                let mut block = Aligned([0; 64]);
                for word in &mut block.0[..8] {
                    *word = if random.below(2) == 0 {
                        random.word(16)
                    } else {
                        0
                    };
                }
                // The library looks at raw coefficients: some that a step of 65536 / 2^n makes
                // vanish; row 4 does not count for 4x4.
                if random.below(3) == 0 {
                    block.0[[32, 37, 8, 63][usize::try_from(random.below(4)).unwrap_or(0)]] =
                        random.word(16);
                }
                block
            })
            .collect();
        compare(avx2, &blocks, &table);
        compare(avx2, &blocks, &[0x8000; 64]);
    }
}

#[test]
fn single_coefficients_equal_the_librarys() {
    let Some(avx2) = avx2() else { return };
    let values = [
        1,
        -1,
        2,
        100,
        -100,
        1023,
        -1024,
        2047,
        8191,
        8192,
        -8192,
        -8193,
        i16::MAX,
        i16::MIN,
    ];
    for step in [1, 2, 17, 255, 0x7fff, 0x8000, 0xffff] {
        for at in 0..64 {
            let blocks = values.map(|value| {
                let mut block = Aligned([0; 64]);
                block.0[at] = value;
                block
            });
            compare(avx2, &blocks, &[step; 64]);
        }
    }
    let all: Vec<_> = (i16::MIN..=i16::MAX)
        .map(|value| {
            let mut block = Aligned([0; 64]);
            block.0[0] = value;
            block
        })
        .collect();
    compare(avx2, &all, &[3; 64]);
}

#[test]
#[should_panic(expected = "room for the samples")]
fn short_room_is_refused() {
    let Some(avx2) = avx2() else {
        panic!("room for the samples")
    };
    run(
        avx2,
        &[[0; 64]; 2],
        &Quant::new(&[1; 64]),
        8,
        &mut [0; 7 * 100 + 15],
        100,
    );
}

/// Nanoseconds a block, ours and the library's, minimum of alternating rounds.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let Some(avx2) = avx2() else { return };
    let mut random = Random(0x0123_4567_89ab_cdef);
    let blocks: Vec<_> = (0..62).map(|_| random.block(25, 5)).collect();
    let plain: Vec<Block> = blocks.iter().map(|b| b.0).collect();
    let table = random.table(30);
    let quant = Quant::new(&table);
    let mut out = vec![0; 8 * 512];
    for side in [8, 4, 2, 1] {
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..300 {
            let start = Instant::now();
            for _ in 0..50 {
                run(
                    avx2,
                    std::hint::black_box(&plain),
                    &quant,
                    side,
                    &mut out,
                    512,
                );
            }
            ours = ours.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            for _ in 0..50 {
                library(std::hint::black_box(&blocks), &table, side, &mut out, 512);
            }
            theirs = theirs.min(start.elapsed().as_secs_f64());
        }
        let scale = 1e9 / 50.0 / 62.0;
        let (ours, theirs) = (ours * scale, theirs * scale);
        eprintln!(
            "{side}x{side}: {ours:.2} ns a block, libjpeg-turbo {theirs:.2} ns: {:.2}x",
            theirs / ours
        );
    }
}
