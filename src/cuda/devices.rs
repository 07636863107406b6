//! What devices there are.

use std::ffi::{CStr, c_char, c_int};

use super::api::{self, Functions, Ordinal, Status};
use super::context::device_count;
use super::driver::{Driver, Failed, NOTHING_VISIBLE, shown};
use crate::error::{Error, Result};

/// Bytes for a device's name, or its address on the bus.
const NAME: usize = 256;

/// A visible device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// Its name.
    pub name: String,
    /// Bytes of memory.
    pub memory: usize,
    /// Compute capability: major and minor.
    pub capability: (i32, i32),
    /// Its place on the PCI bus, as `0000:65:00.0`.
    pub bus_id: String,
}

/// The newest CUDA version that the driver supports, as `12.8`.
///
/// # Errors
/// [`Error::Device`] where there is no driver that can be used.
pub fn driver_version() -> Result<String> {
    Ok(shown(Driver::get()?.version))
}

/// The visible devices, in the order of their numbers.
///
/// # Errors
/// [`Error::Device`] where there is no driver that can be used, or no device.
pub fn devices() -> Result<Vec<Properties>> {
    let driver = Driver::get()?;
    let count = c_int::try_from(device_count(driver)?).unwrap_or(c_int::MAX);
    if count == 0 {
        return Err(Error::device(NOTHING_VISIBLE));
    }
    (0..count)
        .map(|ordinal| Ok(properties(&driver.functions, ordinal)?))
        .collect()
}

/// The compute capability of a device.
pub(super) fn capability(driver: &Functions, device: Ordinal) -> Result<(i32, i32), Failed> {
    let [major, minor] = api::CAPABILITY.map(|attribute| {
        let mut value = 0;
        // SAFETY: it writes one number.
        ask(unsafe { (driver.device_attribute)(&raw mut value, attribute, device) }).map(|()| value)
    });
    Ok((major?, minor?))
}

/// What is known of the device of a number.
pub(super) fn properties(driver: &Functions, ordinal: c_int) -> Result<Properties, Failed> {
    let mut device = 0;
    // SAFETY: it writes one number.
    ask(unsafe { (driver.device_get)(&raw mut device, ordinal) })?;
    let mut memory = 0;
    // SAFETY: it writes one number.
    ask(unsafe { (driver.device_memory)(&raw mut memory, device) })?;
    Ok(Properties {
        name: text(driver.device_name, device)?,
        memory,
        capability: capability(driver, device)?,
        bus_id: text(driver.device_bus_id, device)?.to_ascii_lowercase(),
    })
}

fn text(
    read: unsafe extern "C" fn(*mut c_char, c_int, Ordinal) -> Status,
    device: Ordinal,
) -> Result<String, Failed> {
    let mut text = [0u8; NAME];
    let len = c_int::try_from(NAME).unwrap_or(0);
    // SAFETY: it writes at most `len` bytes, the last of them a zero.
    ask(unsafe { read(text.as_mut_ptr().cast(), len, device) })?;
    let text = CStr::from_bytes_until_nul(&text).unwrap_or_default();
    Ok(text.to_string_lossy().into_owned())
}

fn ask(status: Status) -> Result<(), Failed> {
    Failed::unless_success("asking for a device's properties", status)
}
