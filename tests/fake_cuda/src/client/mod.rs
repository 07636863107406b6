//! Loads the shared library and calls it, for tests: as a consumer of the project's tensors does,
//! or to drive it by hand.

mod driver;
mod report;

use std::ffi::{CString, c_void};
use std::ops::Deref;
use std::path::Path;
use std::ptr;

use crate::codes::Result;

pub use driver::Driver;
pub use report::{Found, Report};

/// A loaded copy of the shared library, with the first device's context current to the thread that
/// made it. Driver functions are methods under their own names.
pub struct Fake {
    driver: Driver,
    /// The first device's primary context.
    pub context: usize,
}

impl Deref for Fake {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.driver
    }
}

/// A device buffer that its consumer owns.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// The device pointer.
    pub pointer: u64,
    /// Its size.
    pub bytes: usize,
}

impl Fake {
    /// A copy with a state of its own, which collects violations instead of aborting.
    ///
    /// # Panics
    ///
    /// If it cannot be loaded or initialized.
    #[must_use]
    pub fn own(settings: &[(&str, &str)]) -> Self {
        let mut fake = Self {
            driver: Driver::own(),
            context: 0,
        };
        fake.configure("FAKE_CUDA_REPORT", "-");
        fake.restart(settings);
        fake
    }

    /// The copy at a path, as others in this process have loaded and initialized it.
    ///
    /// # Panics
    ///
    /// If it cannot be loaded, or has no device.
    #[must_use]
    pub fn shared(path: &Path) -> Self {
        Self::shared_with(path, &[])
    }

    /// As [`Self::shared`], with settings that take precedence over the environment if nobody has
    /// initialized the copy before.
    ///
    /// # Panics
    ///
    /// As [`Self::shared`].
    #[must_use]
    pub fn shared_with(path: &Path, settings: &[(&str, &str)]) -> Self {
        let mut fake = Self {
            driver: Driver::load(path),
            context: 0,
        };
        for (name, value) in settings {
            fake.configure(name, value);
        }
        fake.enter();
        fake
    }

    /// Forgets all but contexts and modules, and starts again with more settings.
    ///
    /// # Panics
    ///
    /// If the driver cannot be initialized with them.
    pub fn restart(&mut self, settings: &[(&str, &str)]) {
        self.fakeCudaReset().expect("reset");
        for (name, value) in settings {
            self.configure(name, value);
        }
        self.enter();
    }

    /// Sets a setting for the next start.
    ///
    /// # Panics
    ///
    /// If the text holds a zero byte.
    pub fn configure(&self, name: &str, value: &str) {
        let name = CString::new(name).expect("no zero byte");
        let value = CString::new(value).expect("no zero byte");
        self.fakeCudaConfigure(name.as_ptr(), value.as_ptr())
            .expect("configure");
    }

    /// Initializes the driver, and makes the first device's context current to this thread.
    fn enter(&mut self) {
        self.cuInit(0).expect("cuInit");
        let mut context = 0;
        self.cuDevicePrimaryCtxRetain(&raw mut context, 0)
            .expect("cuDevicePrimaryCtxRetain");
        let mut current = 0;
        self.cuCtxGetCurrent(&raw mut current)
            .expect("cuCtxGetCurrent");
        if current != context {
            self.cuCtxPushCurrent_v2(context)
                .expect("cuCtxPushCurrent_v2");
        }
        self.context = context;
    }

    /// What was found and counted so far.
    ///
    /// # Panics
    ///
    /// If the report cannot be read.
    #[must_use]
    pub fn found(&self) -> Report {
        Report::read(&self.driver.report())
    }

    /// Device memory.
    ///
    /// # Errors
    ///
    /// Those of `cuMemAlloc`.
    pub fn buffer(&self, bytes: usize) -> Result<Buffer> {
        let mut pointer = 0;
        self.cuMemAlloc_v2(&raw mut pointer, bytes)?;
        Ok(Buffer { pointer, bytes })
    }

    /// A stream of a consumer, which waits for the legacy default stream unless it is
    /// `non_blocking`.
    ///
    /// # Errors
    ///
    /// Those of `cuStreamCreate`.
    pub fn stream(&self, non_blocking: bool) -> Result<usize> {
        let mut stream = 0;
        self.cuStreamCreate(&raw mut stream, non_blocking.into())?;
        Ok(stream)
    }

    /// A non-blocking stream of the highest priority, as the loader makes them.
    ///
    /// # Errors
    ///
    /// Those of `cuStreamCreateWithPriority`.
    pub fn lane(&self) -> Result<usize> {
        let mut stream = 0;
        self.cuStreamCreateWithPriority(&raw mut stream, 1, -5)?;
        Ok(stream)
    }

    /// An event without timing.
    ///
    /// # Errors
    ///
    /// Those of `cuEventCreate`.
    pub fn event(&self) -> Result<usize> {
        let mut event = 0;
        self.cuEventCreate(&raw mut event, 2)?;
        Ok(event)
    }

    /// What a consumer does with a tensor: reads it on a stream, asynchronously, into a buffer of
    /// its own.
    ///
    /// # Errors
    ///
    /// Those of `cuMemAlloc` and `cuMemcpyDtoDAsync`.
    pub fn use_on(&self, stream: usize, pointer: u64, bytes: usize) -> Result<Buffer> {
        let own = self.buffer(bytes)?;
        self.cuMemcpyDtoDAsync_v2(own.pointer, pointer, bytes, stream)?;
        Ok(own)
    }

    /// Copies device memory to the host on a stream, and waits for it.
    ///
    /// # Errors
    ///
    /// Those of `cuMemcpyDtoHAsync` and `cuStreamSynchronize`.
    pub fn read(&self, stream: usize, pointer: u64, bytes: usize) -> Result<Vec<u8>> {
        let mut host = vec![0_u8; bytes];
        self.cuMemcpyDtoHAsync_v2(host.as_mut_ptr().cast(), pointer, bytes, stream)?;
        self.cuStreamSynchronize(stream)?;
        Ok(host)
    }

    /// Loads PTX and finds one of its kernels.
    ///
    /// # Errors
    ///
    /// Those of `cuModuleLoadDataEx` and `cuModuleGetFunction`.
    ///
    /// # Panics
    ///
    /// If a text holds a zero byte.
    pub fn kernel(&self, ptx: &str, name: &str) -> Result<usize> {
        let (ptx, name) = (CString::new(ptx), CString::new(name));
        let (ptx, name) = (ptx.expect("no zero byte"), name.expect("no zero byte"));
        let (mut module, mut function) = (0, 0);
        let image = ptx.as_ptr().cast();
        self.cuModuleLoadDataEx(&raw mut module, image, 0, ptr::null(), ptr::null_mut())?;
        self.cuModuleGetFunction(&raw mut function, module, name.as_ptr())?;
        Ok(function)
    }

    /// Launches one of the project's kernels; `table` is empty for the one that has none.
    ///
    /// # Errors
    ///
    /// Those of `cuLaunchKernel`.
    pub fn convert(
        &self,
        kernel: usize,
        stream: usize,
        [source, target]: [u64; 2],
        [samples, pixels, channels]: [u64; 3],
        table: &[u8],
    ) -> Result<()> {
        let channels = channels as u32;
        let parameters: [*const c_void; 6] = [
            (&raw const source).cast(),
            (&raw const target).cast(),
            (&raw const samples).cast(),
            (&raw const pixels).cast(),
            (&raw const channels).cast(),
            table.as_ptr().cast(),
        ];
        let parameters = parameters.as_ptr();
        self.cuLaunchKernel(
            kernel,
            1,
            1,
            1,
            256,
            1,
            1,
            0,
            stream,
            parameters,
            ptr::null(),
        )
    }
}
