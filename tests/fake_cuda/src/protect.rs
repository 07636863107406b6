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
            let free = hold.pages.filter(|page| self.count_down(*page)).collect();
            unprotect(free);
        }
    }

    /// Releases all memory.
    pub(crate) fn clear(&mut self) {
        self.holds.clear();
        let mut pages: Vec<usize> = std::mem::take(&mut self.counts).into_keys().collect();
        pages.sort_unstable();
        unprotect(pages);
    }

    /// Releases the pages of some memory, whoever holds them.
    pub(crate) fn lift(&mut self, bytes: &Range<usize>) {
        let pages = bytes.start / PAGE..bytes.end.div_ceil(PAGE);
        unprotect(
            pages
                .filter(|page| self.counts.remove(page).is_some())
                .collect(),
        );
    }

    /// The operation for which an address is read-only.
    pub(crate) fn holder(&self, address: usize) -> Option<Arc<str>> {
        let page = address / PAGE;
        self.counts.get(&page)?;
        let hold = self.holds.iter().find(|hold| hold.pages.contains(&page))?;
        Some(Arc::clone(&hold.name))
    }

    /// Notes that one operation less holds a page; says whether none does any more.
    fn count_down(&mut self, page: usize) -> bool {
        let Some(count) = self.counts.get_mut(&page) else {
            return false; // lifted
        };
        *count -= 1;
        let is_free = *count == 0;
        if is_free {
            self.counts.remove(&page);
        }
        is_free
    }
}

/// Makes pages, in order, writable again.
fn unprotect(pages: Vec<usize>) {
    let mut run = 0..0;
    for page in pages {
        if page != run.end {
            protect(&run, libc::PROT_READ | libc::PROT_WRITE);
            run = page..page;
        }
        run.end += 1;
    }
    protect(&run, libc::PROT_READ | libc::PROT_WRITE);
}

fn protect(pages: &Range<usize>, access: i32) -> bool {
    if pages.is_empty() {
        return true;
    }
    let start = ptr::without_provenance_mut(pages.start * PAGE);
    // SAFETY: whole pages of memory that the caller has pinned; their owner may read them, and may
    // write them again once `release` or `lift` allows it.
    let result = unsafe { libc::mprotect(start, pages.len() * PAGE, access) };
    result == 0
}
