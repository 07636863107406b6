//! What consumers find in batches: their own asynchronous copies, looked at after they are done.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::Arc;

use fake_cuda::client::{Buffer, Fake};

use crate::stage::Wrong;

const PAGE: usize = 4096;

/// Pinned memory of a consumer, which copies go to one after the other.
pub(crate) struct Reads<'a> {
    fake: &'a Fake,
    start: *mut u8,
    layout: Layout,
    used: usize,
    open: Vec<Read>,
    /// Its own memory on the device.
    buffers: Vec<Buffer>,
}

/// A copy, and what it must bring.
struct Read {
    at: usize,
    expected: Arc<[u8]>,
    what: String,
}

impl<'a> Reads<'a> {
    /// Room for `bytes` bytes of copies.
    pub(crate) fn new(fake: &'a Fake, bytes: usize) -> Result<Self, Wrong> {
        let layout = Layout::from_size_align(bytes.next_multiple_of(PAGE).max(PAGE), PAGE);
        let layout = layout.expect("a size that exists");
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc_zeroed(layout) };
        fake.cuMemHostRegister_v2(start.cast(), layout.size(), 3)?;
        Ok(Self {
            fake,
            start,
            layout,
            used: 0,
            open: Vec::new(),
            buffers: Vec::new(),
        })
    }

    /// Copies device memory to the host on a stream; `what` names it.
    pub(crate) fn read(
        &mut self,
        stream: usize,
        address: u64,
        expected: &Arc<[u8]>,
        what: &str,
    ) -> Result<(), Wrong> {
        let (at, len) = (self.used, expected.len());
        assert!(at + len <= self.layout.size(), "room for every copy");
        let target = self.start.wrapping_add(at).cast();
        self.fake
            .cuMemcpyDtoHAsync_v2(target, address, len, stream)?;
        self.used += len;
        self.open.push(Read {
            at,
            expected: Arc::clone(expected),
            what: what.to_owned(),
        });
        Ok(())
    }

    /// Copies device memory to memory of the consumer's own on the device, on a stream.
    pub(crate) fn copy(&mut self, stream: usize, from: u64, len: usize) -> Result<u64, Wrong> {
        let own = self.fake.use_on(stream, from, len)?;
        self.buffers.push(own);
        Ok(own.pointer)
    }

    /// Looks at all copies, which the host has waited for, and gives the memory back.
    pub(crate) fn finish(self) -> Result<(), Wrong> {
        for read in &self.open {
            let start = self.start.wrapping_add(read.at);
            // SAFETY: the bytes are in this block, and the copy to them is done.
            let found = unsafe { std::slice::from_raw_parts(start, read.expected.len()) };
            compare(found, &read.expected, &read.what)?;
        }
        for buffer in &self.buffers {
            self.fake.cuMemFree_v2(buffer.pointer)?;
        }
        self.fake.cuMemHostUnregister(self.start.cast())?;
        // SAFETY: it was allocated with this layout. Where something failed before it stays: a copy
        // may still go there.
        unsafe { dealloc(self.start, self.layout) };
        Ok(())
    }
}

/// Checks what a consumer found.
pub(crate) fn compare(found: &[u8], expected: &[u8], what: &str) -> Result<(), Wrong> {
    if found == expected {
        return Ok(());
    }
    let at = found.iter().zip(expected).position(|(a, b)| a != b);
    let lens = (found.len(), expected.len());
    Err(Wrong::Found(format!(
        "{what} differs at {at:?} of {lens:?} bytes"
    )))
}
