//! NVIDIA GPUs: the driver loaded at run time, pinned memory, copies and conversion of batches, and
//! the life of device buffers.
//!
//! Nothing here is needed to build, and nothing is loaded before [`Context::on`] is called. The
//! context is the device's primary one, which is current only inside of calls, since a consumer's
//! thread may have another.
//!
//! Life of a device buffer: [`Pool::take`] lends it to a batch, in the order of batches.
//! [`Uploader::upload`] has a stream of ours wait for whatever used the buffer before, copies the
//! batch from pinned memory, converts it, and marks the place with an event. [`Loan::hand_to`] has
//! a consumer's stream wait for that event; when the [`Use`] is dropped another event marks the
//! consumer's stream. When all holders are gone the buffer is back in its pool, with these events.
#![expect(
    unsafe_code,
    reason = "calls of C functions that were found at run time"
)]

mod advice;
mod api;
mod background;
mod buffer;
mod context;
mod devices;
mod driver;
mod everything;
mod kernel;
mod loan;
mod memory;
mod pinned;
mod pool;
mod remains;
mod stream;
mod upload;

pub use context::Context;
pub use devices::{Properties, devices, driver_version};
pub use loan::{Consumer, Loan, Use, Wait};
pub use pinned::Pinned;
pub use pool::{Pool, Wake};
pub use remains::sweep;
pub use upload::{Batch, Images, Route, Uploader};

/// Forbids driver calls from now on: the process is ending, and the driver may be gone any moment.
/// Waits up to two seconds for calls that are under way.
pub fn close() {
    driver::Driver::close();
}
