//! The MCUs of a scan, and the restart markers between them.

use super::blocks::{State, Unit, run};
use super::unstuff::{Feed, MOST};
use super::{CHUNK_BLOCKS, Chunk, Handover};
use crate::simd::Avx2;

/// The most bytes a block takes: 64 words of 16 bits, each with a value of 15 bits.
const LONGEST_BLOCK: usize = 64 * 31 / 8;

const _: () = assert!(
    CHUNK_BLOCKS as usize * LONGEST_BLOCK <= MOST,
    "a chunk fits a piece"
);

/// The way through a scan.
pub(super) struct Scan<'a> {
    avx2: Avx2,
    feed: Feed<'a>,
    state: State,
    /// 0 without restart markers.
    restart_interval: u32,
    /// MCUs before the next restart marker.
    to_restart: u32,
    restarts: u8,
}

impl<'a> Scan<'a> {
    pub(super) fn new(avx2: Avx2, feed: Feed<'a>, restart_interval: u32) -> Self {
        Self {
            avx2,
            feed,
            state: State::default(),
            restart_interval,
            to_restart: restart_interval,
            restarts: 0,
        }
    }

    /// Decodes the next `count` MCUs to the chunk.
    pub(super) fn mcus(
        &mut self,
        units: &[Unit<'_>],
        count: u32,
        chunk: &mut Chunk,
    ) -> Result<(), Handover> {
        let mut done = 0;
        while done < count {
            let span = self.span(count - done)?;
            let bits = &mut self.state.bits;
            self.feed
                .ensure(bits, span as usize * units.len() * LONGEST_BLOCK);
            let range = done as usize..(done + span) as usize;
            let (piece, state) = (self.feed.piece(), self.state);
            self.state = run(self.avx2, piece, state, units, range, chunk).ok_or(Handover::Data)?;
            if !self.feed.holds(&self.state.bits) {
                return Err(Handover::Data);
            }
            done += span;
        }
        Ok(())
    }

    /// How many of the next `count` MCUs have no restart marker between them, which are the next to
    /// be decoded; passes over the marker before them.
    fn span(&mut self, count: u32) -> Result<u32, Handover> {
        if self.restart_interval == 0 {
            return Ok(count);
        }
        if self.to_restart == 0 {
            self.feed.restart(&mut self.state.bits, self.restarts)?;
            self.restarts = (self.restarts + 1) & 7;
            self.to_restart = self.restart_interval;
            self.state.predictions = [0; 4];
        }
        let span = count.min(self.to_restart);
        self.to_restart -= span;
        Ok(span)
    }
}
