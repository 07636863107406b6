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

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use super::buffer::{ALIGNMENT, Allocator, Buffer, Device};
use super::field::Field;
use crate::error::{Error, Result};

/// Memory of a batch: an array for each field, with room for a sample in every slot.
#[derive(Debug)]
pub struct Arena {
    buffer: Buffer,
    fields: Arc<[Field]>,
    columns: Box<[Column]>,
    claimed: Box<[AtomicBool]>,
    slots: usize,
    kept: AtomicUsize,
    open: AtomicUsize,
    state: AtomicU8,
}

const FILLING: u8 = 0;
const SEALING: u8 = 1;
const SEALED: u8 = 2;

/// Where the array of a field begins, and the bytes of a slot.
#[derive(Clone, Copy, Debug)]
struct Column {
    offset: usize,
    bytes: usize,
}

/// One sample's place in every array of a batch, writable by its holder alone.
#[derive(Debug)]
pub struct Slot<'a> {
    arena: &'a Arena,
    index: usize,
}

/// All arrays of an arena that is being sealed.
#[derive(Debug)]
pub struct Whole<'a> {
    arena: &'a Arena,
    slots: usize,
}

impl Arena {
    /// An arena for up to `capacity` slots. Each array starts on an [`ALIGNMENT`] boundary.
    ///
    /// # Errors
    /// [`Error::Memory`] when there is no room for it.
    pub fn new(capacity: usize, fields: Arc<[Field]>, allocator: &dyn Allocator) -> Result<Self> {
        let mut end = 0usize;
        let mut column = |field: &Field| {
            let (offset, bytes) = (end, field.bytes());
            end = bytes
                .checked_mul(capacity)?
                .checked_next_multiple_of(ALIGNMENT)?
                .checked_add(end)?;
            Some(Column { offset, bytes })
        };
        let columns = fields.iter().map(&mut column).collect::<Option<_>>();
        Ok(Self {
            columns: columns.ok_or(Error::Memory { bytes: usize::MAX })?,
            buffer: allocator.allocate(end)?,
            fields,
            claimed: (0..capacity).map(|_| AtomicBool::new(true)).collect(),
            slots: 0,
            kept: AtomicUsize::new(0),
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
        self.seal_changed(keep, |_| {})
    }

    /// The same; before anybody can read them, `change` has all arrays for itself, with the slots
    /// that are kept.
    ///
    /// # Panics
    /// As [`Arena::seal`].
    pub fn seal_changed(
        &self,
        keep: impl Fn(usize) -> bool,
        change: impl FnOnce(&mut Whole<'_>),
    ) -> usize {
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
        change(&mut Whole {
            arena: self,
            slots: kept,
        });
        self.kept.store(kept, Ordering::Relaxed);
        self.state.store(SEALED, Ordering::Release);
        kept
    }

    fn move_slot(&self, from: usize, to: usize) {
        for column in &self.columns {
            let [source, target] = [from, to].map(|slot| self.place(*column, slot));
            // SAFETY: no slot is open and none can be claimed any more; the exchange in `seal` lets
            // one thread through, and readers come after it. Different slots do not overlap.
            unsafe { source.copy_to_nonoverlapping(target, column.bytes) }
        }
    }

    /// Address of a slot in an array.
    fn place(&self, column: Column, slot: usize) -> *mut u8 {
        assert!(
            slot < self.claimed.len(),
            "slot {slot} of {}",
            self.claimed.len()
        );
        // SAFETY: arrays have room for as many slots as there are flags, so the offset lies inside
        // the buffer.
        unsafe {
            self.buffer
                .as_ptr()
                .add(column.offset + slot * column.bytes)
        }
    }

    /// What its arrays are.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Where its arrays are.
    #[must_use]
    pub fn device(&self) -> Device {
        self.buffer.device()
    }

    /// Number of slots that were kept when the arena was sealed.
    ///
    /// # Panics
    /// If it is not sealed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.assert_sealed();
        self.kept.load(Ordering::Relaxed)
    }

    /// Whether no slot was kept.
    ///
    /// # Panics
    /// If the arena is not sealed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Address of the array of field `field`. Until the arena is sealed the memory is written by
    /// other threads; afterwards it belongs to whoever holds the arena.
    #[must_use]
    pub fn array(&self, field: usize) -> *mut u8 {
        // SAFETY: the offset lies inside the buffer.
        unsafe { self.buffer.as_ptr().add(self.columns[field].offset) }
    }

    fn assert_sealed(&self) {
        let state = self.state.load(Ordering::Acquire);
        assert!(state == SEALED, "an arena is read after it is sealed");
    }

    /// The bytes of slot `index` in array `field`.
    ///
    /// # Panics
    /// If the arena is not sealed, or there is no such slot.
    #[must_use]
    pub fn bytes(&self, field: usize, index: usize) -> &[u8] {
        self.assert_sealed();
        assert!(index < self.slots, "slot {index} of {}", self.slots);
        let column = self.columns[field];
        let start = self.place(column, index);
        // SAFETY: slot `index` lies inside the array, and a sealed arena is not written.
        unsafe { std::slice::from_raw_parts(start, column.bytes) }
    }
}

impl Whole<'_> {
    /// The bytes of array `field`: those of all slots that are kept.
    pub fn field(&mut self, field: usize) -> &mut [u8] {
        let column = self.arena.columns[field];
        // SAFETY: the array has room for that many slots; no slot is open and none can be claimed
        // any more; the exchange in `seal_changed` lets one thread through, and readers come after
        // it; `&mut self` keeps it from making two slices of one field.
        unsafe {
            std::slice::from_raw_parts_mut(self.arena.array(field), column.bytes * self.slots)
        }
    }
}

impl Slot<'_> {
    /// This slot's bytes in array `field`.
    pub fn field(&mut self, field: usize) -> &mut [u8] {
        let column = self.arena.columns[field];
        let start = self.arena.place(column, self.index);
        // SAFETY: the slot lies inside the array; `claim` gave it to this holder alone, and the
        // arena is not sealed before the holder lets go; `&mut self` keeps the holder from making
        // two slices of one field.
        unsafe { std::slice::from_raw_parts_mut(start, column.bytes) }
    }
}

impl Slot<'_> {
    /// Writes all elements that this slot has in array `field`.
    ///
    /// # Panics
    /// If they are not as many bytes as the slot has there.
    pub fn put<T: bytemuck::NoUninit>(&mut self, field: usize, elements: &[T]) {
        self.field(field)
            .copy_from_slice(bytemuck::cast_slice(elements));
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
    use crate::pixel::Dtype;
    use crate::tensor::Host;

    fn arena(capacity: usize, bytes: &[usize]) -> Result<Arena> {
        let field = |bytes: &usize| Field::new("x", Dtype::Uint8, &[*bytes]);
        Arena::new(capacity, bytes.iter().map(field).collect(), &Host)
    }

    #[test]
    fn arrays_start_on_boundaries_whatever_their_elements() {
        let arena = arena(7, &[3, 8, 1, 16, 0, 5]).unwrap();
        for field in 0..6 {
            assert_eq!(arena.array(field) as usize % ALIGNMENT, 0);
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
                arena(capacity, &[bytes]),
                Err(Error::Memory { .. })
            ));
        }
    }

    #[test]
    fn a_slot_is_claimed_once() {
        let mut arena = arena(3, &[4]).unwrap();
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
        let mut arena = arena(64, &[16, 1]).unwrap();
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
    fn what_is_kept_may_be_changed_before_it_is_read() {
        let mut arena = arena(5, &[2, 3]).unwrap();
        arena.reset(4);
        for index in 0..4u8 {
            let mut slot = arena.claim(usize::from(index)).unwrap();
            slot.field(0).fill(index);
            slot.field(1).fill(10 * index);
        }
        let change = |whole: &mut Whole<'_>| {
            assert_eq!(whole.field(0), [0, 0, 2, 2, 3, 3]);
            whole.field(1)[3..].reverse();
        };
        assert_eq!(arena.seal_changed(|index| index != 1, change), 3);
        assert_eq!(arena.bytes(1, 1), [30; 3]);
        assert_eq!(arena.bytes(1, 2), [20; 3]);
    }

    #[test]
    #[should_panic(expected = "let go")]
    fn an_open_slot_keeps_the_arena_from_sealing() {
        let mut arena = arena(1, &[1]).unwrap();
        arena.reset(1);
        let _slot = arena.claim(0);
        arena.seal(|_| true);
    }
}
