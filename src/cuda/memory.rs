//! Memory on a device.

use std::sync::Arc;

use super::api::Address;
use super::background;
use super::context::Context;
use super::driver::Failed;

/// Bytes on a device. They start on a boundary of 256 bytes, as all memory of the driver does.
#[derive(Debug)]
pub(super) struct Memory {
    context: Arc<Context>,
    address: Address,
    len: usize,
}

impl Memory {
    /// `len` bytes, of any value.
    pub(super) fn new(context: &Arc<Context>, len: usize) -> Result<Self, Failed> {
        let mut address = 0;
        let entered = context.enter()?;
        entered.call("allocating memory on the device", |driver| {
            // SAFETY: it writes one address.
            unsafe { (driver.allocate)(&raw mut address, len.max(1)) }
        })?;
        Ok(Self {
            context: Arc::clone(context),
            address,
            len,
        })
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(super) fn address(&self) -> Address {
        self.address
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let (context, address) = (Arc::clone(&self.context), self.address);
        let freeing = background::start(self.context.driver, move || {
            // A driver that can no longer be used has freed it, or will.
            if let Ok(entered) = context.enter() {
                let _ = entered.call("freeing memory on the device", |driver| {
                    // SAFETY: nobody else has it; the driver waits for work that uses it.
                    unsafe { (driver.free)(address) }
                });
            }
        });
        freeing.wait();
    }
}
