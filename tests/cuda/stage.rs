//! The driver of this process, and the images that loaders read.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use fake_cuda::client::{Fake, Report};
use fake_cuda::codes::Code;
use imagepipe::cuda;
use imagepipe::error::Error;

use crate::data::Data;

/// What went wrong in a scene.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// A consumer found other bytes than the CPU makes, or another state than it left.
    Found(String),
    /// The driver refused a consumer's call.
    Driver(Code),
    /// The loader gave an error.
    Loader(Error),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(what) => write!(f, "found: {what}"),
            Self::Driver(code) => write!(f, "the driver refused a consumer's call: {code:?}"),
            Self::Loader(error) => write!(f, "the loader: {error}"),
        }
    }
}

impl From<Code> for Wrong {
    fn from(code: Code) -> Self {
        Self::Driver(code)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Loader(error)
    }
}

/// A process with the fake driver.
pub(crate) struct Stage {
    pub(crate) fake: Fake,
    pub(crate) data: Data,
}

/// The devices that there are.
pub(crate) const DEVICES: u32 = 2;

impl Stage {
    /// Loads the driver that the crate will find, which from now on collects what it finds.
    pub(crate) fn new() -> Self {
        let driver = Path::new("libcuda.so.1");
        // Settings must be there before the driver is initialized.
        let fake = Fake::shared_with(
            driver,
            &[("FAKE_CUDA_REPORT", "-"), ("FAKE_CUDA_DEVICES", "2")],
        );
        Self {
            fake,
            data: Data::new(),
        }
    }

    /// Begins anew, with settings and a device that has nothing on it.
    pub(crate) fn restart(&mut self, settings: &[(&str, &str)]) {
        self.fake.restart(settings);
    }

    /// The primary context of a device.
    pub(crate) fn context(&self, device: u32) -> Result<usize, Code> {
        let (mut context, device) = (0, i32::try_from(device).unwrap_or(-1));
        self.fake
            .cuDevicePrimaryCtxRetain(&raw mut context, device)?;
        Ok(context)
    }

    /// Frees what outlived its loader. The device gets on each time it is asked.
    pub(crate) fn free_orphans() {
        for _ in 0..200 {
            cuda::sweep();
        }
    }

    /// What is on the devices once all is dropped.
    pub(crate) fn leftovers(&self) -> BTreeMap<String, u64> {
        Self::free_orphans();
        let Report { numbers, .. } = self.fake.found();
        let kinds = ["allocations", "pinned", "streams", "events"];
        let live = kinds.map(|kind| (kind.to_owned(), numbers[kind]));
        live.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}
