//! What the tests share.

use std::ffi::c_void;

use fake_cuda::client::Fake;

pub(crate) const PAGE: usize = 4096;

/// PTX with the names of the project's kernels, and of one that does not run here.
pub(crate) const PTX: &str = ".version 7.8\n.target sm_75\n.address_size 64\n\
    .visible .entry convert_32_nhwc(\n)\n{\n}\n.visible .entry convert_32_nchw()\n{\n}\n\
    .visible .entry convert_16_nhwc()\n{\n}\n.visible .entry convert_16_nchw()\n{\n}\n\
    .visible .entry transpose_8_nchw()\n{\n}\n.visible .entry other()\n{\n}\n";

/// Host memory on whole pages, registered.
pub(crate) struct Staging {
    pub(crate) start: *mut u8,
    pub(crate) bytes: usize,
}

impl Staging {
    pub(crate) fn new(fake: &Fake, pages: usize) -> Self {
        let bytes = pages * PAGE;
        let layout = std::alloc::Layout::from_size_align(bytes, PAGE).unwrap();
        // SAFETY: the layout is not empty. Never freed: it may be protected when a test ends.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        fake.cuMemHostRegister_v2(start.cast(), bytes, 3).unwrap();
        Self { start, bytes }
    }

    pub(crate) fn fill(&self, value: u8) {
        // SAFETY: the memory is live and of this size.
        unsafe { std::ptr::write_bytes(self.start, value, self.bytes) };
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.start.cast()
    }
}

/// Runs something under every schedule, many seeds each, on one copy of the library.
pub(crate) fn every_schedule(seeds: u64, mut body: impl FnMut(&Fake)) {
    let mut fake = Fake::own(&[]);
    for schedule in ["lazy", "eager", "random"] {
        for seed in 0..seeds {
            let seed = seed.to_string();
            fake.restart(&[("FAKE_CUDA_SCHEDULE", schedule), ("FAKE_CUDA_SEED", &seed)]);
            body(&fake);
        }
    }
}
