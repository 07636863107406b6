//! Memory that comes back to where it was made when its last user lets go.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use super::buffer::{ALIGNMENT, Buffer, Device};

/// Words in [`ALIGNMENT`] bytes.
const LINE: usize = ALIGNMENT / size_of::<u64>();

/// How many vectors are kept for the blocks to come: one that the consumer holds while the next is
/// made, and one more.
const MOST_SPARE: usize = 2;

/// Words that start on an [`ALIGNMENT`] boundary.
///
/// What is [handed over](Self::hand_over) comes back when the consumer drops it, and is used for the
/// next block: fresh memory costs a page fault every 4 KiB, more than most operations on an image.
#[derive(Debug, Default)]
pub struct Block {
    /// A few more than are used, so that some word is on a boundary.
    words: Vec<u64>,
    len: usize,
    /// Where the memory comes back to once it was handed over.
    spare: Option<Arc<Spare>>,
}

/// Memory of blocks that were handed over and came back.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<Vec<u64>>>);

/// Memory that was handed over, and comes back.
#[derive(Debug)]
struct Lent {
    words: Vec<u64>,
    spare: Arc<Spare>,
}

impl Spare {
    /// Some memory that came back. In a fork the lock may be held by a thread that is not there, so
    /// nobody waits for it.
    fn take(&self) -> Option<Vec<u64>> {
        self.0.try_lock().ok()?.pop()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Ok(mut kept) = self.spare.0.try_lock()
            && kept.len() < MOST_SPARE
        {
            kept.push(std::mem::take(&mut self.words));
        }
    }
}

impl Block {
    /// Words that are all zero.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        Self {
            words: vec![0; len + LINE - 1],
            len,
            spare: None,
        }
    }

    /// Makes it so many words, which are any, in its own memory if that is large enough.
    pub fn resize(&mut self, len: usize) {
        let needed = len + LINE - 1;
        if needed > self.words.len() {
            let back = self.spare.as_ref().and_then(|spare| spare.take());
            let back = back.filter(|words| words.len() >= needed);
            self.words = back.unwrap_or_else(|| vec![0; needed]);
        }
        self.len = len;
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words[self.start()..][..self.len]
    }

    /// The words, to be written.
    pub fn words_mut(&mut self) -> &mut [u64] {
        let start = self.start();
        &mut self.words[start..][..self.len]
    }

    /// The first `bytes` bytes as a buffer of their own. The block is then empty; when it grows
    /// again, it uses memory that came back.
    ///
    /// # Panics
    /// If it has fewer bytes.
    #[must_use]
    #[expect(unsafe_code, reason = "the buffer's owner keeps the memory")]
    pub fn hand_over(&mut self, bytes: usize) -> Buffer {
        let words = self.words_mut();
        assert!(bytes <= size_of_val(words), "bytes of the block");
        let start = NonNull::from(words).cast();
        let spare = Arc::clone(self.spare.get_or_insert_default());
        self.len = 0;
        let words = std::mem::take(&mut self.words);
        let owner = Lent { words, spare };
        // SAFETY: a vector keeps its elements where they are when it is moved, and nobody uses them
        // through it until it is dropped; `bytes` of them start at `start`, on a boundary.
        unsafe { Buffer::new(start, bytes, Device::Cpu, owner) }
    }

    /// The first word on a boundary.
    fn start(&self) -> usize {
        if self.words.is_empty() {
            return 0;
        }
        self.words.as_ptr().align_offset(ALIGNMENT)
    }
}

/// A block of its own with the same words.
impl Clone for Block {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len);
        copy.words_mut().copy_from_slice(self.words());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_start_on_a_boundary() {
        for len in [0, 1, 7, 8, 9, 1000] {
            let mut block = Block::zeros(len);
            assert_eq!(block.words().as_ptr() as usize % ALIGNMENT, 0);
            assert_eq!(block.words(), vec![0; len]);
            assert_eq!(block.clone().words().as_ptr() as usize % ALIGNMENT, 0);
            assert_eq!(block.hand_over(len * 8).as_ptr() as usize % ALIGNMENT, 0);
        }
    }

    #[test]
    fn memory_that_was_handed_over_comes_back() {
        let mut block = Block::zeros(1000);
        let first = block.hand_over(8000);
        block.resize(1000);
        assert_ne!(block.words().as_ptr().cast(), first.as_ptr().cast_const());
        let address = first.as_ptr();
        drop(first);
        let second = block.hand_over(8000);
        block.resize(900);
        assert_eq!(block.words().as_ptr().cast(), address.cast_const());
        drop(second);
    }

    #[test]
    fn no_more_than_the_spare_blocks_are_kept() {
        let mut block = Block::default();
        let lent = [(); 5].map(|()| {
            block.resize(10);
            block.hand_over(80)
        });
        drop(lent);
        let spare = block.spare.unwrap();
        assert_eq!(spare.0.lock().unwrap().len(), MOST_SPARE);
    }

    #[test]
    fn what_was_handed_over_outlives_the_block() {
        let mut block = Block::zeros(4);
        block.words_mut().fill(7);
        let buffer = block.hand_over(32);
        drop(block);
        // SAFETY: the buffer has 32 bytes, and nobody writes them.
        #[expect(unsafe_code, reason = "buffers tell only an address")]
        let bytes = unsafe { std::slice::from_raw_parts(buffer.as_ptr(), 32) };
        assert_eq!(bytes[..8], 7u64.to_le_bytes());
    }
}
