//! The project's kernels in plain Rust, written apart from `cuda/convert.cu`.

use std::ffi::{c_uint, c_void};

/// A kernel by its entry point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    pub(crate) name: &'static str,
    /// Bytes of an element of the target.
    element: usize,
    /// NCHW instead of NHWC.
    is_planar: bool,
    /// Whether elements come from a table; otherwise bytes are copied.
    has_table: bool,
}

const fn kernel(name: &'static str, element: usize, is_planar: bool, has_table: bool) -> Kernel {
    Kernel {
        name,
        element,
        is_planar,
        has_table,
    }
}

const KERNELS: [Kernel; 5] = [
    kernel("convert_32_nhwc", 4, false, true),
    kernel("convert_32_nchw", 4, true, true),
    kernel("convert_16_nhwc", 2, false, true),
    kernel("convert_16_nchw", 2, true, true),
    kernel("transpose_8_nchw", 1, true, false),
];

/// A launch of a kernel with its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) kernel: Kernel,
    pub(crate) source: u64,
    pub(crate) target: u64,
    samples: u64,
    pixels: u64,
    channels: u32,
    table: Vec<u8>,
}

impl Kernel {
    pub(crate) fn named(name: &str) -> Option<Self> {
        KERNELS.into_iter().find(|kernel| kernel.name == name)
    }

    /// Copies the parameters of a launch; `None` if one is missing.
    pub(crate) fn launch(self, parameters: *const *const c_void) -> Option<Launch> {
        let table = if self.has_table {
            self.element * 3 * 256
        } else {
            0
        };
        Some(Launch {
            kernel: self,
            source: u64::from_ne_bytes(bytes(parameters, 0)?),
            target: u64::from_ne_bytes(bytes(parameters, 1)?),
            samples: u64::from_ne_bytes(bytes(parameters, 2)?),
            pixels: u64::from_ne_bytes(bytes(parameters, 3)?),
            channels: c_uint::from_ne_bytes(bytes(parameters, 4)?),
            table: if table == 0 {
                Vec::new()
            } else {
                read(parameters, 5, table)?
            },
        })
    }
}

impl Launch {
    /// Bytes read and bytes written, or `None` if the parameters cannot be right.
    pub(crate) fn sizes(&self) -> Option<(usize, usize)> {
        if ![1, 3].contains(&self.channels) {
            return None;
        }
        let elements = self.samples.checked_mul(self.pixels)?;
        let elements = usize::try_from(elements.checked_mul(self.channels.into())?).ok()?;
        Some((elements, elements.checked_mul(self.kernel.element)?))
    }

    /// The bytes to write to the target for the bytes of the source.
    pub(crate) fn run(&self, source: &[u8]) -> Vec<u8> {
        let Kernel {
            element,
            is_planar,
            has_table,
            ..
        } = self.kernel;
        let channels = self.channels as usize;
        let pixels = self.pixels as usize;
        let mut target = vec![0; source.len() * element];
        for (at, value) in source.iter().enumerate() {
            let (place, channel) = (at / channels, at % channels);
            let (sample, pixel) = (place / pixels, place % pixels);
            let to = if is_planar {
                (sample * channels + channel) * pixels + pixel
            } else {
                at
            };
            let written = &mut target[to * element..(to + 1) * element];
            if has_table {
                let entry = (channel * 256 + *value as usize) * element;
                written.copy_from_slice(&self.table[entry..entry + element]);
            } else {
                written[0] = *value;
            }
        }
        target
    }
}

fn bytes<const N: usize>(parameters: *const *const c_void, index: usize) -> Option<[u8; N]> {
    read(parameters, index, N)?.try_into().ok()
}

/// `bytes` bytes of a parameter.
fn read(parameters: *const *const c_void, index: usize, bytes: usize) -> Option<Vec<u8>> {
    if parameters.is_null() {
        return None;
    }
    // SAFETY: `cuLaunchKernel` is given a pointer for each parameter of the kernel.
    let parameter = unsafe { parameters.add(index).read() }.cast::<u8>();
    // SAFETY: as above; it points at the parameter's value.
    let value = || unsafe { std::slice::from_raw_parts(parameter, bytes) };
    (!parameter.is_null()).then(|| value().to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Kernel, Launch};

    fn launch(name: &str, samples: u64, pixels: u64, channels: u32, table: Vec<u8>) -> Launch {
        let kernel = Kernel::named(name).unwrap();
        Launch {
            kernel,
            source: 0,
            target: 0,
            samples,
            pixels,
            channels,
            table,
        }
    }

    fn table(element: usize) -> Vec<u8> {
        let entries = (0..3 * 256_u32).map(|entry| (entry * 7 + 1).to_le_bytes());
        entries
            .flat_map(|bytes| bytes[..element].to_vec())
            .collect()
    }

    #[test]
    fn elements_come_from_the_table_of_their_channel() {
        let out = launch("convert_32_nhwc", 1, 2, 3, table(4)).run(&[0, 1, 2, 3, 4, 255]);
        let expected = [0, 257, 514, 3, 260, 767].map(|entry: u32| (entry * 7 + 1).to_le_bytes());
        assert_eq!(out, expected.concat());
        let out = launch("convert_16_nchw", 2, 2, 1, table(2)).run(&[1, 2, 3, 4]);
        assert_eq!(out, [8_u16, 15, 22, 29].map(u16::to_le_bytes).concat());
    }

    #[test]
    fn planes_hold_one_channel() {
        let source: Vec<u8> = (0..12).collect();
        let out = launch("transpose_8_nchw", 2, 2, 3, Vec::new()).run(&source);
        assert_eq!(out, [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    }

    #[test]
    fn sizes_that_cannot_be_right_are_refused() {
        assert_eq!(
            launch("convert_16_nhwc", 2, 5, 3, table(2)).sizes(),
            Some((30, 60))
        );
        assert_eq!(launch("convert_16_nhwc", 2, 5, 4, table(2)).sizes(), None);
        assert_eq!(
            launch("convert_16_nhwc", u64::MAX, 5, 3, table(2)).sizes(),
            None
        );
    }
}
