//! Our own decoder for the common JPEG: baseline Huffman coding, 8 bits, gray or YCbCr, one scan,
//! on x86-64 with AVX2.
//!
//! It is twice as fast as libjpeg-turbo and gives the same samples. Whatever it is not sure of it
//! hands over: a header that it does not take, or data that libjpeg-turbo might warn of, is an
//! `Err(Handover)`, and the caller decodes the file with libjpeg-turbo from its first byte. So
//! errors and odd files stay libjpeg-turbo's, and handing over is never wrong.
//!
//! ```text
//! header.rs   segments as slices of the file                bytes -> Header
//! tables.rs   tables, kept by the content of their segments Header -> AcTable, DcTable (huffman/)
//! unstuff.rs  the scan without stuffing, a piece at a time  bytes -> Piece
//! bits.rs     64 bits of a piece
//! scan.rs     the MCUs between restart markers
//! blocks.rs   Huffman decoding, inverse zigzag              Piece -> Chunk of coefficients
//! ../idct     dequantisation and inverse DCT                Chunk -> planes
//! ```
//!
//! A row of MCUs is decoded a chunk at a time, and each chunk transformed while it is in cache, in
//! runs of consecutive blocks of a component. Blocks beside and above the window, and components
//! that nobody wants, only have their code words passed over, by a table that counts; rows below
//! are not touched. Scratch is of a fixed size, whatever the image: 24 kB, and for each of up to
//! 8 AC tables 21 kB (29 with its counting table), of up to 8 DC tables 3 kB.
//!
//! # What it gives
//!
//! One thread of a Zen 5, times as fast as libjpeg-turbo 3.1.0 at the same (`cargo bench --bench
//! decode`; small: 2,000 photographs, 86 kB each; large: 200, 930 kB each):
//!
//! | | small | large |
//! | --- | --- | --- |
//! | entropy decoding | 2.20 (256 us) | 2.21 |
//! | planes at 1/1 | 2.17 (318 us) | 2.12 |
//! | planes at 1/2, 1/4, 1/8 | 2.23, 2.23, 2.30 | 2.24, 2.24, 2.49 |
//! | planes of windows as `RandomResizedCrop` takes them | 2.36 (241 us) | 2.52 |
//! | RGB, whole and of those windows | 2.15, 2.18 | 2.00, 2.23 |
//!
//! In the first row libjpeg-turbo passes over rows and keeps no coefficients, ours keeps them.
//! Taken as its time for planes less that of its inverse DCT (22.5 ns a block), its entropy
//! decoding takes 2.3 times ours.
//!
//! From run to run the ratios differ by some 5 %.
//!
//! # What was tried
//!
//! A block of the small set takes 16.7 accesses to AC tables, one after the other: shift, load,
//! shift, 6 or 7 cycles. On noise that repeats, so that the processor has learnt all branches, a
//! block of 17 accesses takes 142 cycles; on fresh noise it takes 270. The difference must be
//! mispredicted branches, of about 27 cycles each and the restart of the chain: the end of a block
//! can hardly be foreseen. So what counts is the length of that chain, and unforeseeable branches.
//!
//! - Index of 10, 11, 12 bits: 2.03, 2.18, 2.16 times libjpeg-turbo's entropy decoding.
//! - The number of bits to pass over in an array of bytes of its own, not in the entry: 2.5 %
//!   faster. A load with a scaled index takes a cycle more.
//! - Of all blocks a fifth leave the loop of accesses before their end: three in five of those
//!   because the index does not tell, the others because the block ended with its last coefficient.
//!   For the latter an array of first lengths spares decoding a symbol again, and what an access
//!   past the end means is looked up (`blocks::ENDED`), which makes one branch of three. Not
//!   measured apart.
//! - The bits of the second value of two may go on after the index, not only those of a lone one,
//!   at no cost in the loop: 2.5 % faster. Bits for 27 instead of 18 an access, and two instead of
//!   three accesses a refill: as fast.
//! - Words that the index does not tell are looked for by code that is compiled into the loop, and
//!   without going back before the access: 1 %. A DC index of 9 bits, not 10: 1 %. Pieces of 16 kB,
//!   not 48: 0.5 %; of 12 kB: 3 % slower.
//! - Chunks of 24, 48, 96, 192 blocks: no difference.
//! - A scan loop of its own for where nothing is passed over: no gain.
//! - From an earlier prototype, on Zen 4: fields of an entry loaded one by one instead of shifts of
//!   one word, 17 %; two images interleaved in one thread, a loss (registers).
//! - Not tried: transforming a chunk's blocks between the accesses of the next, which leave most of
//!   the processor idle.

mod bits;
mod blocks;
mod header;
mod huffman;
mod layout;
mod quantisation;
mod scan;
mod tables;
mod unstuff;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::Orientation;
use super::frame::Cut;
use super::idct::{self, Quant};
use super::tally::Handover;
use crate::simd::Avx2;
use huffman::{AcTable, DcTable};
use layout::{Component, Layout, Units};
use scan::Scan;
use tables::Cache;
use unstuff::{Feed, PIECE, Piece};

pub(super) use header::{Header, parse};

#[cfg(test)]
mod tests;

/// Blocks that are decoded before they are transformed: few enough to stay in the first level of
/// the cache beside the tables, enough for runs of several blocks of each component.
const CHUNK_BLOCKS: u32 = 48;
/// Blocks between two runs of a chunk, for what is written behind a block.
const GAP: usize = 1;
/// Rows of blocks in an MCU, of all components.
const MOST_RUNS: usize = 10;

/// Coefficients in natural order, 64 a block.
#[repr(C, align(64))]
struct Chunk([i16; CHUNK_LEN]);
const CHUNK_LEN: usize = 64 * (CHUNK_BLOCKS as usize + MOST_RUNS * GAP + 3);

/// A worker's decoder: tables and scratch, used from image to image.
pub(super) struct Baseline {
    avx2: Avx2,
    dc: Cache<DcTable>,
    ac: Cache<AcTable>,
    piece: Box<Piece>,
    chunk: Box<Chunk>,
}

/// What takes the coefficients of the MCUs of the cut.
trait Sink {
    /// MCUs from column `column` on of row `row`.
    fn take(&mut self, chunk: &Chunk, layout: &Layout, row: u32, column: u32, count: u32);
}

impl Baseline {
    /// A decoder, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        Some(Self {
            avx2: Avx2::detect()?,
            dc: Cache::new(),
            ac: Cache::new(),
            piece: Box::new([0; PIECE]),
            chunk: Box::new(Chunk([0; CHUNK_LEN])),
        })
    }

    /// Fills the planes of the components that are wanted.
    pub(super) fn decode(
        &mut self,
        header: &Header<'_>,
        cut: &Cut,
        planes: [&mut [u8]; 3],
        stop: &AtomicBool,
    ) -> Result<(), Handover> {
        let quants = header
            .tables
            .map(|tables| Quant::new(&tables.quant.natural()));
        let mut planes = Planes {
            avx2: self.avx2,
            quants,
            cut,
            out: planes,
        };
        self.rows(header, cut, stop, &mut planes)
    }

    /// Decodes as [`Self::decode`] does, without the transform; returns how many blocks the MCUs of
    /// the cut have.
    #[doc(hidden)]
    pub(super) fn entropy(&mut self, header: &Header<'_>, cut: &Cut) -> Result<u64, Handover> {
        let mut mcus = 0;
        self.rows(header, cut, &AtomicBool::new(false), &mut Count(&mut mcus))?;
        let planes = cut.planes[..cut.components].iter();
        let each = planes.map(|plane| plane.blocks.across * plane.blocks.down);
        Ok(mcus * u64::from(each.sum::<u32>()))
    }

    fn rows(
        &mut self,
        header: &Header<'_>,
        cut: &Cut,
        stop: &AtomicBool,
        sink: &mut impl Sink,
    ) -> Result<(), Handover> {
        if !header.ended || cut.components != header.frame.components() {
            return Err(Handover::Data);
        }
        let mut pass = self.pass(header, cut)?;
        // Damage in rows that libjpeg-turbo decodes too must not go unseen.
        let end = cut.rows.end.next_multiple_of(header.rows_at_a_time);
        for row in 0..end.min(cut.row_count) {
            if stop.load(Ordering::Relaxed) {
                return Err(Handover::Stopped);
            }
            pass.row(row, sink)?;
        }
        Ok(())
    }

    fn pass<'a>(&'a mut self, header: &Header<'a>, cut: &'a Cut) -> Result<Pass<'a>, Handover> {
        let components = self.components(header, cut)?;
        let layout = Layout::new(cut);
        let units = |inside| Units::new(&layout, cut, &components, (&self.dc, &self.ac), inside);
        let feed = Feed::new(self.avx2, header.scan, &mut self.piece);
        Ok(Pass {
            cut,
            inside: units(true),
            outside: units(false),
            layout,
            scan: Scan::new(self.avx2, feed, header.restart_interval),
            chunk: &mut self.chunk,
        })
    }

    /// Finds or builds the tables.
    fn components(&mut self, header: &Header<'_>, cut: &Cut) -> Result<[Component; 3], Handover> {
        let mut components = [Component::default(); 3];
        let each = components
            .iter_mut()
            .zip(&header.tables)
            .take(cut.components);
        for (i, (component, tables)) in each.enumerate() {
            component.dc = self.dc.find(tables.dc, DcTable::build)?;
            component.ac = self.ac.find(tables.ac, AcTable::build)?;
            self.ac.get_mut(component.ac).expect_skips(skips(cut, i));
        }
        Ok(components)
    }
}

/// The way through the rows of MCUs of a file.
struct Pass<'a> {
    cut: &'a Cut,
    layout: Layout,
    /// The blocks of MCUs inside the window, and of those outside.
    inside: Units<'a>,
    outside: Units<'a>,
    scan: Scan<'a>,
    chunk: &'a mut Chunk,
}

impl Pass<'_> {
    fn row(&mut self, row: u32, sink: &mut impl Sink) -> Result<(), Handover> {
        let Range { start, end } = if self.cut.rows.contains(&row) {
            self.cut.columns.clone()
        } else {
            0..0
        };
        let (before, behind) = (0..start, end..self.cut.row_length);
        for (part, is_inside) in [(before, false), (start..end, true), (behind, false)] {
            let units = if is_inside {
                &self.inside
            } else {
                &self.outside
            };
            for column in part.clone().step_by(self.layout.mcus as usize) {
                let count = (part.end - column).min(self.layout.mcus);
                self.scan.mcus(units.all(), count, self.chunk)?;
                if is_inside {
                    sink.take(self.chunk, &self.layout, row, column, count);
                }
            }
        }
        Ok(())
    }
}

/// How many blocks of a component only have to be passed over.
fn skips(cut: &Cut, component: usize) -> u32 {
    let plane = &cut.planes[component];
    let needed = if component < cut.wanted && plane.block > 1 {
        cut.rows.len() * cut.columns.len()
    } else {
        0
    };
    let all = cut.rows.end as usize * cut.row_length as usize;
    u32::try_from(all - needed)
        .unwrap_or(u32::MAX)
        .saturating_mul(plane.blocks.across * plane.blocks.down)
}

/// Transforms coefficients to the samples of planes.
struct Planes<'a> {
    avx2: Avx2,
    quants: [Quant; 3],
    cut: &'a Cut,
    out: [&'a mut [u8]; 3],
}

impl Sink for Planes<'_> {
    fn take(&mut self, chunk: &Chunk, layout: &Layout, row: u32, column: u32, count: u32) {
        let Cut { rows, columns, .. } = self.cut;
        let (row, column) = (
            (row - rows.start) as usize,
            (column - columns.start) as usize,
        );
        let (blocks, _) = chunk.0.as_chunks::<64>();
        for (i, plane) in self.cut.planes.iter().enumerate().take(self.cut.wanted) {
            let across = plane.blocks.across as usize;
            let down = plane.blocks.down as usize;
            let (size, stride) = (plane.block as usize, plane.stride as usize);
            for line in 0..down {
                let run = &blocks[layout.run(i, line)..][..count as usize * across];
                let first = (row * down + line) * size * stride + column * across * size;
                let out = &mut self.out[i][first..];
                idct::run(self.avx2, run, &self.quants[i], plane.block, out, stride);
            }
        }
    }
}

/// Counts MCUs, and keeps the compiler from leaving out what it thinks nobody needs.
struct Count<'a>(&'a mut u64);

impl Sink for Count<'_> {
    fn take(&mut self, chunk: &Chunk, _: &Layout, _: u32, _: u32, count: u32) {
        std::hint::black_box(&chunk.0);
        *self.0 += u64::from(count);
    }
}
