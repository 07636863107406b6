//! Write protection of pinned host memory while a device may still read it.
//!
//! Only pages that lie wholly in the bytes that an operation reads are protected, since other data
//! may share the pages at both ends.

use std::collections::HashMap;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use crate::clocks::{Clock, Epoch};

/// The size of a page.
const PAGE: usize = 4096;

/// The pages that one operation reads.
#[derive(Debug)]
struct Hold {
    epoch: Epoch,
    pages: Range<usize>,
    name: Arc<str>,
}

/// All pages that are read-only now.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    holds: Vec<Hold>,
    /// How many operations hold each page, by its address over the page size.
    counts: HashMap<usize, usize>,
}

impl Protection {
    /// Makes memory read-only until the host has observed an operation; says whether that worked.
    pub(crate) fn hold(&mut self, bytes: Range<usize>, epoch: Epoch, name: &Arc<str>) -> bool {
        let pages = bytes.start.div_ceil(PAGE)..bytes.end / PAGE;
        if pages.is_empty() {
            return true;
        }
        for page in pages.clone() {
            *self.counts.entry(page).or_default() += 1;
        }
        let name = Arc::clone(name);
        self.holds.push(Hold {
            epoch,
            pages: pages.clone(),
            name,
        });
        protect(&pages, libc::PROT_READ)
    }

    /// Releases what was held for operations before `clock`.
    pub(crate) fn release(&mut self, clock: &Clock) {
        let done = |hold: &mut Hold| clock.covers(hold.epoch);
        let released: Vec<Hold> = self.holds.extract_if(.., done).collect();
        for hold in released {
            for page in hold.pages {
                self.drop_count(page);
            }
        }
    }

    /// Releases all memory.
    pub(crate) fn clear(&mut self) {
        self.holds.clear();
        for page in std::mem::take(&mut self.counts).into_keys() {
            protect(&(page..page + 1), libc::PROT_READ | libc::PROT_WRITE);
        }
    }

    /// Releases the pages of some memory, whoever holds them.
    pub(crate) fn lift(&mut self, bytes: Range<usize>) {
        for page in bytes.start / PAGE..bytes.end.div_ceil(PAGE) {
            if self.counts.remove(&page).is_some() {
                protect(&(page..page + 1), libc::PROT_READ | libc::PROT_WRITE);
            }
        }
    }

    /// The operation for which an address is read-only.
    pub(crate) fn holder(&self, address: usize) -> Option<Arc<str>> {
        let page = address / PAGE;
        self.counts.get(&page)?;
        let hold = self.holds.iter().find(|hold| hold.pages.contains(&page))?;
        Some(Arc::clone(&hold.name))
    }

    fn drop_count(&mut self, page: usize) {
        let Some(count) = self.counts.get_mut(&page) else {
            return; // lifted
        };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&page);
            protect(&(page..page + 1), libc::PROT_READ | libc::PROT_WRITE);
        }
    }
}

fn protect(pages: &Range<usize>, access: i32) -> bool {
    let start = ptr::without_provenance_mut(pages.start * PAGE);
    // SAFETY: whole pages of memory that the caller has pinned; their owner may read them, and may
    // write them again once `release` or `lift` allows it.
    let result = unsafe { libc::mprotect(start, pages.len() * PAGE, access) };
    result == 0
}
