//! The kernels that turn uint8 NHWC images into what was asked for.
//!
//! Their source is `cuda/convert.cu`. The PTX made of it is part of this crate, for an instruction
//! set so old that every driver from 520 on compiles it for its device.

use std::ffi::{CStr, c_void};

use super::api::{self, Address, Handle};
use super::context::{Context, Shared};
use super::driver::Failed;
use super::memory::Memory;
use super::stream::StreamHandle;
use crate::error::{Error, Result};
use crate::pixel::{Conversion, Layout, Table};

/// The kernels, as text that ends in a zero.
const PTX: &str = concat!(include_str!("../../cuda/convert.ptx"), "\0");

/// The compute capability that the PTX is for: drivers compile it for this one and newer ones.
pub(super) const CAPABILITY: (i32, i32) = (7, 5);

/// Threads of a block: the kernels are written for that many.
const THREADS: u32 = 256;

/// Blocks for each multiprocessor: enough to hide the latency of memory.
const BLOCKS: u32 = 8;

/// The loaded kernels of a context; they are never unloaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Module(Shared);

/// A conversion of images, and what it takes to launch it.
#[derive(Debug)]
pub(super) struct Kernel {
    function: Shared,
    table: Values,
    pixels: u64,
    channels: u32,
    most_blocks: u32,
}

/// A table as a kernel takes it, by value.
#[derive(Debug)]
enum Values {
    None,
    Bits32(Box<Table<u32>>),
    Bits16(Box<Table<u16>>),
}

impl Values {
    /// Bytes of an element that a kernel writes.
    fn element(&self) -> u64 {
        match self {
            Self::None => 1,
            Self::Bits16(_) => 2,
            Self::Bits32(_) => 4,
        }
    }
}

impl Module {
    pub(super) fn load(context: &Context) -> Result<Self> {
        let mut log = [0u8; 4096];
        let mut options = api::JIT_ERROR_LOG;
        let mut values: [*mut c_void; 2] = [
            log.as_mut_ptr().cast(),
            std::ptr::without_provenance_mut(log.len()),
        ];
        let mut module = std::ptr::null_mut();
        let entered = context.enter()?;
        let loaded = entered.call("compiling kernels for this device", |driver| {
            // SAFETY: the text ends in a zero; the options are a buffer and its length.
            unsafe {
                (driver.module_load)(
                    &raw mut module,
                    PTX.as_ptr().cast(),
                    2,
                    options.as_mut_ptr(),
                    values.as_mut_ptr(),
                )
            }
        });
        loaded.map_err(|failed| with_log(failed, &log))?;
        Ok(Self(Shared(module)))
    }

    fn function(self, context: &Context, name: &CStr) -> Result<Handle, Failed> {
        let mut function = std::ptr::null_mut();
        let entered = context.enter()?;
        entered.call("looking up a kernel", |driver| {
            // SAFETY: modules are never unloaded, and the name ends in a zero.
            unsafe { (driver.module_function)(&raw mut function, self.0.0, name.as_ptr()) }
        })?;
        Ok(function)
    }
}

/// The error, with what the driver's compiler says.
fn with_log(failed: Failed, log: &[u8]) -> Error {
    let said = CStr::from_bytes_until_nul(log).unwrap_or_default();
    let said = said.to_string_lossy();
    let lines: Vec<_> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let error = Error::from(failed);
    if lines.is_empty() {
        error
    } else {
        Error::device(format!("{error}; the driver says: {}", lines.join("; ")))
    }
}

impl Kernel {
    /// The kernel for images of `pixels` pixels; `None` where uint8 NHWC is what was asked for.
    ///
    /// # Errors
    /// [`Error::Device`] where the driver cannot compile it.
    pub(super) fn new(
        context: &Context,
        conversion: &Conversion,
        layout: Layout,
        pixels: u64,
        channels: u32,
    ) -> Result<Option<Self>> {
        // A single channel lies the same way in both layouts.
        let moves = layout == Layout::Nchw && channels > 1;
        let (name, table) = match conversion {
            Conversion::Uint8 if !moves => return Ok(None),
            Conversion::Uint8 => (c"transpose_8_nchw", Values::None),
            Conversion::Float32(linear) => {
                let bits = linear.table.map(|values| values.map(f32::to_bits));
                let name = if moves {
                    c"convert_32_nchw"
                } else {
                    c"convert_32_nhwc"
                };
                (name, Values::Bits32(Box::new(bits)))
            }
            Conversion::Half { table, .. } => {
                let name = if moves {
                    c"convert_16_nchw"
                } else {
                    c"convert_16_nhwc"
                };
                (name, Values::Bits16(table.clone()))
            }
        };
        Ok(Some(Self {
            function: Shared(context.module()?.function(context, name)?),
            table,
            pixels,
            channels,
            most_blocks: context.multiprocessors().saturating_mul(BLOCKS),
        }))
    }

    /// Enqueues the conversion of `samples` images from `source` to the start of `target`.
    ///
    /// # Safety
    /// `source` has that many images, which the device can read until the conversion is done.
    ///
    /// # Panics
    /// If the target is too small.
    pub(super) unsafe fn launch(
        &self,
        context: &Context,
        stream: StreamHandle,
        source: Address,
        target: &Memory,
        samples: u64,
    ) -> Result<(), Failed> {
        let mut table: *const c_void = std::ptr::null();
        match &self.table {
            Values::None => {}
            Values::Bits32(bits) => table = std::ptr::from_ref(&**bits).cast(),
            Values::Bits16(bits) => table = std::ptr::from_ref(&**bits).cast(),
        }
        let elements = samples * self.pixels * u64::from(self.channels);
        let bytes = elements * self.table.element();
        assert!(
            bytes <= target.len() as u64,
            "a conversion beyond the end of its target"
        );
        let target = target.address();
        let mut parameters: [*mut c_void; 6] = [
            pointer(&source),
            pointer(&target),
            pointer(&samples),
            pointer(&self.pixels),
            pointer(&self.channels),
            table.cast_mut(),
        ];
        // A thread makes several elements at a time; more blocks than needed find nothing to do.
        let blocks = elements.div_ceil(u64::from(THREADS) * 4).max(1);
        let blocks = u32::try_from(blocks)
            .unwrap_or(u32::MAX)
            .min(self.most_blocks);
        let entered = context.enter()?;
        entered.call("starting a kernel", |driver| {
            // SAFETY: the parameters are those that the kernel declares, which are read before the
            // call returns; the source is by this function's contract, the target was checked.
            unsafe {
                (driver.launch)(
                    self.function.0,
                    blocks,
                    1,
                    1,
                    THREADS,
                    1,
                    1,
                    0,
                    stream.0.0,
                    parameters.as_mut_ptr(),
                    std::ptr::null_mut(),
                )
            }
        })
    }
}

/// The address of a parameter, which the driver reads only.
fn pointer<T>(parameter: &T) -> *mut c_void {
    std::ptr::from_ref(parameter).cast_mut().cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ptx_is_for_the_capability_that_is_asked_for() {
        let (major, minor) = CAPABILITY;
        let target = format!("\n.target sm_{major}{minor}\n");
        assert!(PTX.contains(&target), "{target}");
    }
}
