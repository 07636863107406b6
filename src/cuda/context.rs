//! A device's primary context, which PyTorch, TensorFlow, JAX and CuPy use too.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::{Arc, Mutex};

use super::api::{self, Functions, Handle, Ordinal, Status};
use super::devices::{Properties, capability, properties};
use super::driver::{Calling, Driver, Failed, NOTHING_VISIBLE};
use super::kernel::{CAPABILITY, Module};
use crate::error::{Error, Result};
use crate::sync::lock;

/// The contexts that were asked for. They are never released: at the end of a process it is
/// undefined whether the driver still stands, and other libraries share them.
static CONTEXTS: Mutex<BTreeMap<u32, Arc<Context>>> = Mutex::new(BTreeMap::new());

/// The primary context of a device.
#[derive(Debug)]
pub struct Context {
    pub(super) driver: &'static Driver,
    ordinal: u32,
    handle: Shared,
    module: Mutex<Option<Module>>,
}

/// A handle that any thread may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared(pub(super) Handle);

// SAFETY: the driver's objects may be used from any thread; this type only tells their address.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// A context that is current on this thread, until it is dropped.
pub(super) struct Entered<'a> {
    context: &'a Context,
    /// How stream captures treated calls of this thread before, if that was changed.
    capture_mode: Option<c_int>,
    _calling: Calling,
}

impl Context {
    /// The primary context of the device with this number among those that are visible.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no driver or no such device.
    pub fn on(ordinal: u32) -> Result<Arc<Self>> {
        let driver = Driver::get()?;
        let mut contexts = lock(&CONTEXTS);
        if let Some(context) = contexts.get(&ordinal) {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(Self::retain(driver, ordinal)?);
        contexts.insert(ordinal, Arc::clone(&context));
        Ok(context)
    }

    fn retain(driver: &'static Driver, ordinal: u32) -> Result<Self> {
        let device = device(driver, ordinal)?;
        check_capability(driver, ordinal, device)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: it writes one handle.
        let status = unsafe { (driver.functions.primary_context)(&raw mut handle, device) };
        Failed::unless_success("taking the device's primary context", status)
            .map_err(|failed| no_context(driver, ordinal, failed))?;
        Ok(Self {
            driver,
            ordinal,
            handle: Shared(handle),
            module: Mutex::default(),
        })
    }

    /// The device's number.
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        self.ordinal
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.0
    }

    /// Makes the context current on this thread.
    pub(super) fn enter(&self) -> Result<Entered<'_>, Failed> {
        let calling = self.driver.begin_calls()?;
        let functions = &self.driver.functions;
        // SAFETY: the context is never released.
        let status = unsafe { (functions.push_context)(self.handle()) };
        Failed::unless_success("entering the device's context", status)?;
        // What we do has no part in a graph that another thread captures, and must not spoil it.
        let mut capture_mode = api::RELAXED;
        // SAFETY: it exchanges one number.
        let status = unsafe { (functions.capture_mode)(&raw mut capture_mode) };
        Ok(Entered {
            context: self,
            capture_mode: (status == api::SUCCESS).then_some(capture_mode),
            _calling: calling,
        })
    }

    /// The kernels, loaded by the first call that can.
    ///
    /// # Errors
    /// [`Error::Device`] where the driver cannot load them, with what it says.
    pub(super) fn module(&self) -> Result<Module> {
        let mut module = lock(&self.module);
        match *module {
            Some(loaded) => Ok(loaded),
            None => Ok(*module.insert(Module::load(self)?)),
        }
    }

    /// Free and total bytes of the device's memory.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn memory(&self) -> Result<(usize, usize)> {
        let (mut free, mut total) = (0, 0);
        let entered = self.enter()?;
        entered.call("asking for free memory", |driver| {
            // SAFETY: it writes two numbers.
            unsafe { (driver.memory_info)(&raw mut free, &raw mut total) }
        })?;
        Ok((free, total))
    }

    /// The error for a device that has no room for `wanted`, because of `reason`; `held` says what
    /// takes up room.
    pub(super) fn full(&self, wanted: &str, held: &str, reason: &str) -> Error {
        let (free, total) = match self.memory() {
            Ok(memory) => memory,
            Err(error) => return error,
        };
        Error::device(format!(
            "no memory on cuda:{} for {wanted}: {held}{free} of {total} bytes are free ({reason}): \
             let go of batches, or use a smaller batch_size or size",
            self.ordinal
        ))
    }

    /// How many blocks keep the device busy.
    pub(super) fn multiprocessors(&self) -> u32 {
        let mut count = 0;
        let device = device(self.driver, self.ordinal).unwrap_or_default();
        // SAFETY: it writes one number.
        unsafe {
            (self.driver.functions.device_attribute)(&raw mut count, api::MULTIPROCESSORS, device)
        };
        u32::try_from(count).unwrap_or(0).max(1)
    }

    /// Waits for everything that the context has been asked to do.
    pub(super) fn synchronize(&self) -> Result<(), Failed> {
        self.enter()?.call("waiting for the context", |driver| {
            // SAFETY: it takes the current context.
            unsafe { (driver.synchronize_context)() }
        })
    }
}

impl Shared {
    /// The handle, also where this type was moved to another thread.
    pub(super) fn handle(self) -> Handle {
        self.0
    }
}

impl Entered<'_> {
    /// Makes a driver call that is to do `doing`.
    pub(super) fn call(
        &self,
        doing: &'static str,
        call: impl FnOnce(&Functions) -> Status,
    ) -> Result<(), Failed> {
        Failed::unless_success(doing, call(&self.context.driver.functions))
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let functions = &self.context.driver.functions;
        if let Some(mode) = &mut self.capture_mode {
            // SAFETY: it exchanges one number.
            unsafe { (functions.capture_mode)(mode) };
        }
        let mut popped = std::ptr::null_mut();
        // SAFETY: the context was pushed on this thread, which this value has not left.
        unsafe { (functions.pop_context)(&raw mut popped) };
    }
}

/// `cudaErrorStreamCapture…`: the call cannot be made while a stream is captured.
pub(super) fn is_of_capture(status: Status) -> bool {
    (900..=908).contains(&status)
}

/// The driver's handle of a device.
fn device(driver: &Driver, ordinal: u32) -> Result<Ordinal> {
    let count = device_count(driver)?;
    if ordinal >= count {
        let visible = match count {
            0 => NOTHING_VISIBLE.to_owned(),
            1 => "only cuda:0 is visible".to_owned(),
            count => format!("cuda:0 to cuda:{} are visible", count - 1),
        };
        let reason = format!("device=\"cuda:{ordinal}\" does not exist: {visible}");
        return Err(Error::device(reason));
    }
    let mut device = 0;
    // SAFETY: it writes one number.
    let status = unsafe {
        (driver.functions.device_get)(&raw mut device, c_int::try_from(ordinal).unwrap_or(-1))
    };
    Failed::unless_success("asking for the device", status)?;
    Ok(device)
}

/// Refuses a device that the kernels cannot be compiled for.
fn check_capability(driver: &Driver, ordinal: u32, device: Ordinal) -> Result<()> {
    let found = capability(&driver.functions, device)?;
    if found >= CAPABILITY {
        return Ok(());
    }
    let name = described(driver, ordinal)?.name;
    let ((major, minor), (least, of)) = (found, CAPABILITY);
    Err(Error::device(format!(
        "cuda:{ordinal} ({name}) has compute capability {major}.{minor}, and {least}.{of} or newer \
         is needed: use another device, or device=\"cpu\""
    )))
}

/// The error for a primary context that could not be had.
fn no_context(driver: &Driver, ordinal: u32, failed: Failed) -> Error {
    if !failed.is_out_of_memory() {
        return failed.into();
    }
    let total = match described(driver, ordinal) {
        Ok(device) => device.memory,
        Err(failed) => return failed.into(),
    };
    Error::device(format!(
        "no memory on cuda:{ordinal} for a context: other processes may hold its {total} bytes \
         ({}): see nvidia-smi, or use another device",
        Error::from(failed)
    ))
}

fn described(driver: &Driver, ordinal: u32) -> Result<Properties, Failed> {
    properties(&driver.functions, c_int::try_from(ordinal).unwrap_or(-1))
}

/// How many devices are visible.
pub(super) fn device_count(driver: &Driver) -> Result<u32> {
    let mut count = 0;
    // SAFETY: it writes one number.
    let status = unsafe { (driver.functions.device_count)(&raw mut count) };
    Failed::unless_success("counting devices", status)?;
    Ok(u32::try_from(count).unwrap_or(0))
}
