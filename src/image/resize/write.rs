//! The last step of the portable path: bytes of a row to elements of the slot.

use super::plan::Job;
use crate::pixel::{Layout, Output};

/// Writes row `i`, given a row of bytes for each output channel.
pub(super) fn row(job: &Job<'_>, i: usize, bytes: &[Vec<u8>; 3], output: &mut Output<'_>) {
    for (c, bytes) in bytes[..job.channels].iter().enumerate() {
        match output {
            Output::Uint8(data) => channel(job, i, c, bytes, data, |byte| byte),
            Output::Float32(data, linear) => channel(job, i, c, bytes, data, |byte| {
                linear.table[c][usize::from(byte)]
            }),
            Output::Half(data, table) => {
                channel(job, i, c, bytes, data, |byte| table[c][usize::from(byte)]);
            }
        }
    }
}

/// One channel of a row.
fn channel<T>(
    job: &Job<'_>,
    i: usize,
    c: usize,
    bytes: &[u8],
    data: &mut [T],
    element: impl Fn(u8) -> T,
) {
    let (from, step) = match job.layout {
        Layout::Nhwc => (i * job.width * job.channels + c, job.channels),
        Layout::Nchw => ((c * job.height + i) * job.width, 1),
    };
    for (to, &byte) in data[from..].iter_mut().step_by(step).zip(bytes) {
        *to = element(byte);
    }
}
