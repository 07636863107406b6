//! The CUDA kernels of `cuda/convert.cu`, compiled for the host: for tests.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ops::Range;

/// The bits of the element for each byte of each channel.
pub type Table<T> = [[T; 256]; 3];

/// What bytes become.
#[derive(Clone, Copy, Debug)]
pub enum Elements<'a> {
    /// They stay bytes.
    Bytes,
    /// 16-bit elements.
    Bits16(&'a Table<u16>),
    /// 32-bit elements.
    Bits32(&'a Table<u32>),
}

/// Order of the axes of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Sample, row, column, channel, as in the source.
    Nhwc,
    /// Sample, channel, row, column.
    Nchw,
}

/// Images of one size, one after the other, with interleaved channels.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// `samples * pixels * channels` bytes, aligned to 16.
    pub bytes: &'a [u8],
    /// Number of images.
    pub samples: usize,
    /// Pixels of an image.
    pub pixels: usize,
    /// 1 or 3.
    pub channels: u32,
}

impl Elements<'_> {
    /// Bytes of an element.
    #[must_use]
    pub const fn size(&self) -> usize {
        match self {
            Self::Bytes => 1,
            Self::Bits16(_) => 2,
            Self::Bits32(_) => 4,
        }
    }

    const fn table(&self) -> *const c_void {
        match self {
            Self::Bytes => std::ptr::null(),
            Self::Bits16(table) => std::ptr::from_ref(*table).cast(),
            Self::Bits32(table) => std::ptr::from_ref(*table).cast(),
        }
    }

    /// The kernel that writes them in this order. Bytes that stay where they are need none.
    const fn kernel(&self, order: Order) -> Option<&'static CStr> {
        match (self, order) {
            (Self::Bytes, Order::Nhwc) => None,
            (Self::Bytes, Order::Nchw) => Some(c"transpose_8_nchw"),
            (Self::Bits16(_), Order::Nhwc) => Some(c"convert_16_nhwc"),
            (Self::Bits16(_), Order::Nchw) => Some(c"convert_16_nchw"),
            (Self::Bits32(_), Order::Nhwc) => Some(c"convert_32_nhwc"),
            (Self::Bits32(_), Order::Nchw) => Some(c"convert_32_nchw"),
        }
    }
}

/// Converts `batch` into `target`, with `grid` blocks.
///
/// # Panics
/// If there is no kernel for that (bytes as they are), a length does not fit the number of elements,
/// or memory is not aligned to 16 bytes.
pub fn convert(
    batch: &Batch<'_>,
    elements: Elements<'_>,
    order: Order,
    target: &mut [u8],
    grid: u32,
) {
    convert_in(batch, elements, order, target, (grid, 0..grid));
}

/// As [`convert`], but runs only some blocks of a grid.
///
/// # Panics
/// As [`convert`].
pub fn convert_in(
    batch: &Batch<'_>,
    elements: Elements<'_>,
    order: Order,
    target: &mut [u8],
    (grid, blocks): (u32, Range<u32>),
) {
    let Some(kernel) = elements.kernel(order) else {
        panic!("bytes that stay where they are need no kernel");
    };
    assert!(batch.pixels > 0, "an image has no pixels");
    assert!(matches!(batch.channels, 1 | 3), "1 or 3 channels");
    let length = batch.samples * batch.pixels * batch.channels as usize;
    assert_eq!(batch.bytes.len(), length, "bytes of the source");
    assert_eq!(
        target.len(),
        length * elements.size(),
        "bytes of the target"
    );
    let (source, target) = (batch.bytes.as_ptr(), target.as_mut_ptr());
    assert!(
        source.addr() % 16 == 0 && target.addr() % 16 == 0,
        "not aligned to 16 bytes"
    );
    let (samples, pixels) = (batch.samples as u64, batch.pixels as u64);
    let mut parameters: [*mut c_void; 6] = [
        pointer_to(&source),
        pointer_to(&target),
        pointer_to(&samples),
        pointer_to(&pixels),
        pointer_to(&batch.channels),
        elements.table().cast_mut(),
    ];
    #[expect(unsafe_code, reason = "a function of C++")]
    // SAFETY: the parameters are those of the kernel, and its memory is as large and as aligned as
    // it takes for granted, as checked above.
    let code = unsafe {
        let parameters = parameters.as_mut_ptr();
        imagepipe_host_blocks(kernel.as_ptr(), grid, blocks.start, blocks.end, parameters)
    };
    assert_eq!(code, 0, "no kernel {kernel:?}");
}

fn pointer_to<T>(value: &T) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}

#[expect(unsafe_code, reason = "functions of C++")]
unsafe extern "C" {
    /// Runs the kernel `name` in `grid` blocks of 256 threads, with an array of parameters as
    /// `cuLaunchKernel` takes it. Returns 0, or 1 if there is no such kernel.
    ///
    /// # Safety
    /// `name` ends with a zero byte, and `parameters` points to the parameters of the kernel, whose
    /// memory nobody else uses.
    pub fn imagepipe_host_kernel(
        name: *const c_char,
        grid: c_uint,
        parameters: *mut *mut c_void,
    ) -> c_int;

    /// As [`imagepipe_host_kernel`], the blocks from `first` to before `end` only.
    ///
    /// # Safety
    /// As [`imagepipe_host_kernel`].
    pub fn imagepipe_host_blocks(
        name: *const c_char,
        grid: c_uint,
        first: c_uint,
        end: c_uint,
        parameters: *mut *mut c_void,
    ) -> c_int;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_kernel_of_another_name() {
        #[expect(unsafe_code, reason = "a function of C++")]
        // SAFETY: no parameters are read for a kernel that is not there.
        let code = unsafe { imagepipe_host_kernel(c"convert".as_ptr(), 1, std::ptr::null_mut()) };
        assert_eq!(code, 1);
    }
}
