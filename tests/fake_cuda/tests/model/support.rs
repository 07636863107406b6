//! What the tests share.

use std::ffi::c_void;

use fake_cuda::client::Fake;
use fake_cuda::codes::Code;

pub(crate) const PAGE: usize = 4096;

/// PTX with the names of the project's kernels, and of one that does not run here.
pub(crate) const PTX: &str = ".version 7.8\n.target sm_75\n.address_size 64\n\
    .visible .entry convert_32_nhwc(\n)\n{\n}\n.visible .entry convert_32_nchw()\n{\n}\n\
    .visible .entry convert_16_nhwc()\n{\n}\n.visible .entry convert_16_nchw()\n{\n}\n\
    .visible .entry transpose_8_nchw()\n{\n}\n.visible .entry other()\n{\n}\n";

/// Host memory on whole pages, registered. Never freed: a test may leave it protected.
pub(crate) struct Staging {
    pub(crate) start: *mut u8,
    pub(crate) bytes: usize,
}

impl Staging {
    pub(crate) fn new(fake: &Fake, pages: usize) -> Self {
        let staging = Self::unregistered(pages);
        staging.register(fake);
        staging
    }

    pub(crate) fn unregistered(pages: usize) -> Self {
        let bytes = pages * PAGE;
        let layout = std::alloc::Layout::from_size_align(bytes, PAGE).unwrap();
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        Self { start, bytes }
    }

    pub(crate) fn register(&self, fake: &Fake) {
        fake.cuMemHostRegister_v2(self.pointer(), self.bytes, 3)
            .unwrap();
    }

    pub(crate) fn fill(&self, value: u8) {
        // SAFETY: the memory is live and of this size.
        unsafe { std::ptr::write_bytes(self.start, value, self.bytes) };
    }

    pub(crate) fn write(&self, at: usize, value: u8) {
        assert!(at < self.bytes);
        // SAFETY: the byte is in the memory.
        unsafe { self.start.add(at).write_volatile(value) };
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.start.cast()
    }
}

/// Checks that a call failed with a code.
#[track_caller]
pub(crate) fn assert_code<T: std::fmt::Debug>(result: Result<T, Code>, code: Code) {
    assert_eq!(result.unwrap_err(), code);
}

/// Checks the kinds of all violations so far.
#[track_caller]
pub(crate) fn assert_kinds(fake: &Fake, kinds: &[&str]) {
    let found = fake.found();
    assert_eq!(found.kinds(), kinds, "{:#?}", found.violations);
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
