//! The last step of the portable path: bytes of a row to elements of the slot.

use super::Output;
use super::plan::Job;
use crate::pixel::Layout;

/// The float of each byte, kept while scale and bias stay the same: a fused multiplication and
/// addition in software, which is what a processor without the instruction does, takes longer than
/// all the rest.
#[derive(Debug)]
pub(super) struct Tables {
    /// Bit patterns, so that -0 is not 0.
    key: Option<[[u32; 3]; 2]>,
    floats: [[f32; 256]; 3],
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            key: None,
            floats: [[0.0; 256]; 3],
        }
    }
}

impl Tables {
    /// Fills the tables if `output` needs other ones.
    pub(super) fn prepare(&mut self, output: &Output<'_>) {
        let Output::Float32 { scale, bias, .. } = output else {
            return;
        };
        let key = Some([scale.map(f32::to_bits), bias.map(f32::to_bits)]);
        if self.key == key {
            return;
        }
        self.key = key;
        for (c, floats) in self.floats.iter_mut().enumerate() {
            for (byte, float) in (0u8..=255).zip(floats) {
                *float = f32::from(byte).mul_add(scale[c], bias[c]);
            }
        }
    }
}

/// Writes row `i`, given a row of bytes for each output channel.
pub(super) fn row(
    job: &Job<'_>,
    i: usize,
    bytes: &[Vec<u8>; 3],
    tables: &Tables,
    output: &mut Output<'_>,
) {
    for (c, bytes) in bytes[..job.channels].iter().enumerate() {
        match output {
            Output::Uint8(data) => channel(job, i, c, bytes, data, |byte| byte),
            Output::Float32 { data, .. } => channel(job, i, c, bytes, data, |byte| {
                tables.floats[c][usize::from(byte)]
            }),
            Output::Half { data, table } => {
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
