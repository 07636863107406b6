//! The memory of one batch: several arrays, written slot by slot from many threads, then sealed.
//!
//! Life of an arena: [`Arena::reset`] opens it for a number of slots; each slot is
//! [claimed](Arena::claim) once, by whichever thread, and written through its [`Slot`]; when the
//! last slot is let go, [`Arena::seal`] closes the arena, moving the kept slots together; from then
//! on its arrays are read, and nothing here writes them again until the next reset, which needs the
//! arena for itself. So no lock guards the pixels: claiming is one atomic exchange a sample.
#![expect(
    unsafe_code,
    reason = "disjoint parts of one buffer are written by several threads"
)]

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use super::buffer::{ALIGNMENT, Buffer};
use crate::error::{Error, Result};

/// Memory of a batch: `fields` arrays, one element a slot in each.
#[derive(Debug)]
pub struct Arena {
    buffer: Buffer,
    fields: Box<[Field]>,
    claimed: Box<[AtomicBool]>,
    slots: usize,
    open: AtomicUsize,
    state: AtomicU8,
}

const FILLING: u8 = 0;
const SEALING: u8 = 1;
const SEALED: u8 = 2;

#[derive(Clone, Copy, Debug)]
struct Field {
    offset: usize,
    bytes: usize,
}

/// One sample's place in every array of a batch, writable by its holder alone.
#[derive(Debug)]
pub struct Slot<'a> {
    arena: &'a Arena,
    index: usize,
}

impl Arena {
    /// An arena for up to `capacity` slots; `fields` has the bytes that one slot takes in each
    /// array. Each array starts on an [`ALIGNMENT`] boundary.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room for it.
    pub fn new(capacity: usize, fields: &[usize]) -> Result<Self> {
        let mut end = 0usize;
        let mut place = |&bytes: &usize| {
            let offset = end;
            end = bytes
                .checked_mul(capacity)?
                .checked_next_multiple_of(ALIGNMENT)?
                .checked_add(end)?;
            Some(Field { offset, bytes })
        };
        let fields = fields
            .iter()
            .map(&mut place)
            .collect::<Option<_>>()
            .ok_or(Error::Memory { bytes: usize::MAX })?;
        let buffer = Buffer::new(end)?;
        let claimed = (0..capacity).map(|_| AtomicBool::new(true)).collect();
        Ok(Self {
            buffer,
            fields,
            claimed,
            slots: 0,
            open: AtomicUsize::new(0),
            state: AtomicU8::new(FILLING),
        })
    }

    /// Opens the arena for `slots` slots.
    ///
    /// # Panics
    /// If that is more than its capacity.
    pub fn reset(&mut self, slots: usize) {
        assert!(
            slots <= self.claimed.len(),
            "{slots} slots in an arena of {}",
            self.claimed.len()
        );
        self.slots = slots;
        for (i, flag) in self.claimed.iter_mut().enumerate() {
            *flag.get_mut() = i >= slots;
        }
        *self.open.get_mut() = slots;
        *self.state.get_mut() = FILLING;
    }

    /// Number of slots the arena was opened for.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Takes slot `index` for writing; `None` if it was taken before or is none.
    #[must_use]
    pub fn claim(&self, index: usize) -> Option<Slot<'_>> {
        let flag = self.claimed.get(index)?;
        (!flag.swap(true, Ordering::Relaxed)).then_some(Slot { arena: self, index })
    }

    /// Closes the arena, after every slot was claimed and let go, and moves the slots that `keep`
    /// names to the front, in order. Returns how many those are.
    ///
    /// # Panics
    /// If a slot is still open, or the arena was sealed before.
    pub fn seal(&self, keep: impl Fn(usize) -> bool) -> usize {
        assert_eq!(
            self.open.load(Ordering::Acquire),
            0,
            "every slot is let go before the arena is sealed"
        );
        let mut kept = 0;
        let mut moves = Vec::new();
        for index in (0..self.slots).filter(|&index| keep(index)) {
            if kept != index {
                moves.push((index, kept));
            }
            kept += 1;
        }
        let state =
            self.state
                .compare_exchange(FILLING, SEALING, Ordering::AcqRel, Ordering::Acquire);
        assert!(state.is_ok(), "an arena is sealed once");
        for (from, to) in moves {
            self.move_slot(from, to);
        }
        self.state.store(SEALED, Ordering::Release);
        kept
    }

    fn move_slot(&self, from: usize, to: usize) {
        for field in &self.fields {
            let [source, target] = [from, to].map(|slot| self.place(*field, slot));
            // SAFETY: no slot is open and none can be claimed any more; the exchange in `seal` lets
            // one thread through, and readers come after it. Different slots do not overlap.
            unsafe { source.copy_to_nonoverlapping(target, field.bytes) }
        }
    }

    /// Address of a slot of a field.
    fn place(&self, field: Field, slot: usize) -> *mut u8 {
        assert!(
            slot < self.claimed.len(),
            "slot {slot} of {}",
            self.claimed.len()
        );
        // SAFETY: fields have room for as many slots as there are flags, so the offset lies inside
        // the buffer.
        unsafe { self.buffer.as_ptr().add(field.offset + slot * field.bytes) }
    }

    /// Address of array `field`, and the bytes a slot takes in it. Until the arena is sealed the
    /// memory is written by other threads; afterwards it belongs to whoever holds the arena.
    #[must_use]
    pub fn field(&self, field: usize) -> (*mut u8, usize) {
        let field = self.fields[field];
        // SAFETY: the offset lies inside the buffer.
        (
            unsafe { self.buffer.as_ptr().add(field.offset) },
            field.bytes,
        )
    }

    /// The bytes of slot `index` in array `field`.
    ///
    /// # Panics
    /// If the arena is not sealed, or there is no such slot.
    #[must_use]
    pub fn bytes(&self, field: usize, index: usize) -> &[u8] {
        assert!(
            self.state.load(Ordering::Acquire) == SEALED,
            "an arena is read after it is sealed"
        );
        assert!(index < self.slots, "slot {index} of {}", self.slots);
        let field = self.fields[field];
        let start = self.place(field, index);
        // SAFETY: slot `index` lies inside the field, and a sealed arena is not written.
        unsafe { std::slice::from_raw_parts(start, field.bytes) }
    }
}

impl Slot<'_> {
    /// This slot's bytes in array `field`.
    pub fn field(&mut self, field: usize) -> &mut [u8] {
        let field = self.arena.fields[field];
        let start = self.arena.place(field, self.index);
        // SAFETY: the slot lies inside the field; `claim` gave it to this holder alone, and the
        // arena is not sealed before the holder lets go; `&mut self` keeps the holder from making
        // two slices of one field.
        unsafe { std::slice::from_raw_parts_mut(start, field.bytes) }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.arena.open.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_start_on_boundaries_whatever_their_elements() {
        let arena = Arena::new(7, &[3, 8, 1, 16, 0, 5]).unwrap();
        for field in 0..6 {
            assert_eq!(arena.field(field).0 as usize % ALIGNMENT, 0);
        }
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        for (capacity, bytes) in [
            (1 << 40, 1 << 40),
            (usize::MAX, 3),
            (1, usize::MAX),
            (1, 1 << 60),
        ] {
            assert!(matches!(
                Arena::new(capacity, &[bytes]),
                Err(Error::Memory { .. })
            ));
        }
    }

    #[test]
    fn a_slot_is_claimed_once() {
        let mut arena = Arena::new(3, &[4]).unwrap();
        arena.reset(2);
        let first = arena.claim(0);
        assert!(first.is_some());
        assert!(arena.claim(0).is_none());
        assert!(
            arena.claim(2).is_none(),
            "beyond the slots it was opened for"
        );
        assert!(arena.claim(9).is_none());
    }

    #[test]
    fn threads_write_their_slots_and_sealing_closes_gaps() {
        let mut arena = Arena::new(64, &[16, 1]).unwrap();
        for round in 0..3u8 {
            arena.reset(60);
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let arena = &arena;
                    scope.spawn(move || {
                        for index in (thread..60).step_by(4) {
                            let mut slot = arena.claim(index).unwrap();
                            let value = u8::try_from(index).unwrap() + round;
                            slot.field(0).fill(value);
                            slot.field(1).fill(value);
                        }
                    });
                }
            });
            assert_eq!(arena.seal(|i| i % 3 != 0), 40);
            for (place, index) in (0..60).filter(|i| i % 3 != 0).enumerate() {
                let value = u8::try_from(index).unwrap() + round;
                assert_eq!(arena.bytes(0, place), [value; 16]);
                assert_eq!(arena.bytes(1, place), [value]);
            }
        }
    }

    #[test]
    #[should_panic(expected = "let go")]
    fn an_open_slot_keeps_the_arena_from_sealing() {
        let mut arena = Arena::new(1, &[1]).unwrap();
        arena.reset(1);
        let _slot = arena.claim(0);
        arena.seal(|_| true);
    }
}
