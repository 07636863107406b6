//! The driver, loaded when a GPU is first asked for, and what its error codes mean.

use std::error::Error as _;
use std::ffi::{CStr, c_char};
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use libloading::Library;

use super::advice::advice;
use super::api::{self, Functions, Status};
use crate::error::{Error, Result};

/// CUDA 11.8, which came with driver 520: the first that takes the kernels' PTX.
const OLDEST: i32 = 11_080;

/// The file name that every driver has.
const LIBRARY: &str = "libcuda.so.1";

/// The loaded driver, or why there is none.
static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();

/// Set when the process is about to end: the driver may be gone any moment.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// The CUDA driver of this process.
pub(super) struct Driver {
    pub(super) functions: Functions,
    /// The newest CUDA version that it supports, as 1000 * major + 10 * minor.
    pub(super) version: i32,
    process: u32,
}

/// How long, and how often, the end of the process waits for calls that are under way: two seconds.
const WAIT: Duration = Duration::from_millis(1);
const MOST_WAITS: u32 = 2000;

/// Threads that are in a driver call.
static CALLING: AtomicUsize = AtomicUsize::new(0);

/// Why a driver call was not made, or that it failed.
#[derive(Debug)]
pub(super) enum Failed {
    /// The driver answered with an error.
    Call {
        status: Status,
        /// What was to be done: "{doing} failed".
        doing: &'static str,
    },
    /// No call may be made.
    Refused(Error),
}

/// While it lives the driver stays usable.
pub(super) struct Calling;

impl Driver {
    /// The driver, loaded and initialized by the first call.
    ///
    /// # Errors
    /// [`Error::Device`] where there is none, or none that can be used; in a fork of the process
    /// that loaded it; and once the process is ending.
    pub(super) fn get() -> Result<&'static Self> {
        let driver = DRIVER.get_or_init(Self::load).as_ref();
        let driver = driver.map_err(Error::device)?;
        drop(driver.begin_calls()?);
        Ok(driver)
    }

    fn load() -> Result<Self, String> {
        // SAFETY: loading a driver runs its initialization, which it is made for.
        let library = unsafe { Library::new(LIBRARY) }.map_err(|error| {
            let said = error
                .source()
                .map_or(error.to_string(), ToString::to_string);
            format!(
                "no CUDA driver: {said}; install NVIDIA's driver (in a container, start it with \
                 the NVIDIA runtime), or use device=\"cpu\""
            )
        })?;
        // SAFETY: the library of this name is the driver; it is leaked here.
        let functions = unsafe { Functions::load(Box::leak(Box::new(library))) };
        let functions = functions.map_err(|symbol| {
            format!("the CUDA driver lacks {symbol}: update NVIDIA's driver to 520 or newer")
        })?;
        Self::initialized(functions)
    }

    fn initialized(functions: Functions) -> Result<Self, String> {
        let mut driver = Self {
            functions,
            version: 0,
            process: std::process::id(),
        };
        // SAFETY: the only argument it takes is 0.
        let status = unsafe { (driver.functions.init)(0) };
        if status == api::NO_DEVICE {
            return Err(NOTHING_VISIBLE.to_owned());
        }
        if status == api::NOT_INITIALIZED {
            return Err(FORKED.to_owned());
        }
        driver.check("initializing CUDA", status)?;
        // SAFETY: it writes one number.
        let status = unsafe { (driver.functions.driver_version)(&raw mut driver.version) };
        driver.check("asking for the driver's version", status)?;
        if driver.version < OLDEST {
            return Err(format!(
                "the CUDA driver supports CUDA {} at most, and 11.8 is needed: update NVIDIA's \
                 driver to 520 or newer",
                shown(driver.version)
            ));
        }
        Ok(driver)
    }

    /// Nothing if a call succeeded, else its failure as text.
    fn check(&self, doing: &'static str, status: Status) -> Result<(), String> {
        match status {
            api::SUCCESS => Ok(()),
            status => Err(self.message(doing, status)),
        }
    }

    /// Leave to make driver calls, until it is dropped.
    ///
    /// # Errors
    /// [`Error::Device`] in a fork of the process, and while the process ends.
    pub(super) fn begin_calls(&self) -> Result<Calling> {
        if !self.is_at_home() {
            let reason = format!(
                "CUDA was initialized in process {} and is used in its fork {}: start processes \
                 by spawn, or fork before a GPU is used",
                self.process,
                std::process::id()
            );
            return Err(Error::device(reason));
        }
        CALLING.fetch_add(1, Ordering::SeqCst);
        let calling = Calling;
        if CLOSED.load(Ordering::SeqCst) {
            return Err(Error::device(
                "the process is ending: CUDA can no longer be used",
            ));
        }
        Ok(calling)
    }

    /// Whether this is the process that loaded it. In a fork no call may be made, and a lock may be
    /// held by a thread that is not there.
    pub(super) fn is_at_home(&self) -> bool {
        self.process == std::process::id()
    }

    /// Whether this is a fork of the process that loaded it.
    pub(super) fn is_forked() -> bool {
        matches!(DRIVER.get(), Some(Ok(driver)) if !driver.is_at_home())
    }

    /// Forbids driver calls from now on, and waits a moment for those that are under way.
    pub(super) fn close() {
        CLOSED.store(true, Ordering::SeqCst);
        if Self::is_forked() {
            // Calls that were under way in the parent never end here.
            return;
        }
        // A call that waits for a device that never finishes must not keep the process from ending.
        for _ in 0..MOST_WAITS {
            if CALLING.load(Ordering::SeqCst) == 0 {
                return;
            }
            std::thread::sleep(WAIT);
        }
    }

    fn message(&self, doing: &'static str, status: Status) -> String {
        let name = text(self.functions.error_name, status);
        let text = text(self.functions.error_text, status);
        let mut said = match (name, text) {
            (Some(name), Some(text)) => format!("{name} ({status}): {text}"),
            _ => format!("CUDA error {status}"),
        };
        if let Some(advice) = advice(status) {
            said = format!("{said}; {advice}");
        }
        if is_sticky(status) {
            format!("{doing} failed after an earlier CUDA error in this process, {said}")
        } else {
            format!("{doing} failed: {said}")
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Failed {
    /// The outcome of a call that was to do `doing`.
    pub(super) fn unless_success(doing: &'static str, status: Status) -> Result<(), Self> {
        match status {
            api::SUCCESS => Ok(()),
            status => Err(Self::Call { status, doing }),
        }
    }

    pub(super) fn is_out_of_memory(&self) -> bool {
        self.status() == Some(api::OUT_OF_MEMORY)
    }

    /// The driver's code, if it was the driver that failed.
    pub(super) fn status(&self) -> Option<Status> {
        match self {
            Self::Call { status, .. } => Some(*status),
            Self::Refused(_) => None,
        }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match (failed, DRIVER.get()) {
            (Failed::Refused(error), _) => error,
            (Failed::Call { status, doing }, Some(Ok(driver))) => {
                Self::device(driver.message(doing, status))
            }
            (Failed::Call { status, doing }, _) => {
                Self::device(format!("{doing} failed: CUDA error {status}"))
            }
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CALLING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the driver calls a status; newer libraries have some that it does not know.
fn text(
    lookup: unsafe extern "C" fn(Status, *mut *const c_char) -> Status,
    status: Status,
) -> Option<String> {
    let mut text = std::ptr::null();
    // SAFETY: it writes one pointer, to a string that is never freed.
    let found = unsafe { lookup(status, &raw mut text) };
    if found != api::SUCCESS || text.is_null() {
        return None;
    }
    // SAFETY: as above.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

/// What is wrong where the driver was initialized before a fork.
const FORKED: &str = "CUDA was initialized before this process was forked: start processes by \
    spawn, or fork before a GPU is used";

/// What is wrong where the driver works and shows no device.
pub(super) const NOTHING_VISIBLE: &str = "no CUDA device is visible: check that nvidia-smi lists \
    one and that CUDA_VISIBLE_DEVICES does not hide it, or use device=\"cpu\"";

/// A version as people write it.
pub(super) fn shown(version: i32) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

/// Whether every call fails once this error has occurred, until the process ends: a kernel that
/// accessed wrong memory or failed otherwise.
fn is_sticky(status: Status) -> bool {
    matches!(status, 214 | 700 | 702 | 709 | 710 | 714..=720)
}
