//! Huffman tables that have been built, by what they were built from: most files of a set share
//! theirs.

use super::Handover;

/// How many tables of a kind are kept. An image has three at most.
const KEPT: usize = 8;

/// Tables of a kind.
pub(super) struct Cache<T> {
    slots: Vec<Slot<T>>,
    /// Counts the look-ups.
    now: u64,
}

struct Slot<T> {
    /// Counts and symbols, as in the file.
    segment: Vec<u8>,
    used: u64,
    table: Box<T>,
}

impl<T: Default> Cache<T> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::with_capacity(KEPT),
            now: 0,
        }
    }

    /// Where the table of a segment is. It stays there for the next `KEPT - 1` look-ups.
    pub(super) fn find(
        &mut self,
        segment: &[u8],
        build: impl FnOnce(&mut T, &[u8]) -> Result<(), Handover>,
    ) -> Result<usize, Handover> {
        self.now += 1;
        let found = self.slots.iter().position(|slot| slot.segment == segment);
        let index = match found {
            Some(index) => index,
            None => self.add(segment, build)?,
        };
        self.slots[index].used = self.now;
        Ok(index)
    }

    /// Builds a table, in place of the one that was not used for longest if there are enough.
    fn add(
        &mut self,
        segment: &[u8],
        build: impl FnOnce(&mut T, &[u8]) -> Result<(), Handover>,
    ) -> Result<usize, Handover> {
        if self.slots.len() < KEPT {
            self.slots.push(Slot {
                segment: Vec::with_capacity(16 + 256),
                used: 0,
                table: Box::default(),
            });
        }
        let slots = self.slots.iter_mut().enumerate();
        let oldest = slots.min_by_key(|(_, slot)| slot.used);
        let (index, slot) = oldest.ok_or(Handover::Header)?;
        // Nothing finds it before it is whole.
        slot.segment.clear();
        slot.used = 0;
        build(&mut slot.table, segment)?;
        slot.segment.extend_from_slice(segment);
        Ok(index)
    }

    pub(super) fn get(&self, index: usize) -> &T {
        &self.slots[index].table
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.slots[index].table
    }
}
