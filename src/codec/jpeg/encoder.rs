//! Encoding by libjpeg-turbo through the C shim: baseline, 4:2:0 or gray, Huffman tables of the
//! standard, a strip at a time.
#![expect(
    unsafe_code,
    reason = "the border to C; every call's preconditions are met by the types here"
)]

use std::ptr::NonNull;

use super::super::{Reason, reserve};
use super::turbo::{NO_MEMORY, check};
use crate::pixel::Size;

mod sys {
    #[repr(C)]
    pub(super) struct Encoder {
        _private: [u8; 0],
    }

    #[repr(C)]
    pub(super) struct Spare {
        pub(super) next: *mut u8,
        pub(super) left: usize,
    }

    unsafe extern "C" {
        pub(super) fn ip_encoder_new() -> *mut Encoder;
        pub(super) fn ip_encoder_free(encoder: *mut Encoder);
        pub(super) fn ip_encoder_message(encoder: *const Encoder) -> *const std::ffi::c_char;
        #[must_use]
        pub(super) fn ip_encoder_start(
            encoder: *mut Encoder,
            width: u32,
            height: u32,
            channels: i32,
            quality: i32,
            spare: *mut Spare,
        ) -> i32;
        #[must_use]
        pub(super) fn ip_encoder_rows(
            encoder: *mut Encoder,
            rows: *const u8,
            stride: usize,
            count: u32,
            spare: *mut Spare,
        ) -> i32;
        #[must_use]
        pub(super) fn ip_encoder_finish(encoder: *mut Encoder, spare: *mut Spare) -> i32;
    }
}

/// Rows that are encoded at once: those of an MCU at 4:2:0.
pub(in crate::codec) const STRIP: u32 = 16;

/// More than the headers and tables of a file take, which is about 620 bytes.
const HEADERS: usize = 4 << 10;

/// More than an MCU can take: 6 blocks of 64 coefficients, each of at most 16 bits of code and 11
/// of value, and each byte of them doubled, as 0xff is.
const MCU: usize = 6 * 64 * 2 * 27 / 8;

/// An owned libjpeg-turbo compressor.
#[derive(Debug)]
pub(in crate::codec) struct Encoder {
    handle: NonNull<sys::Encoder>,
    /// Bytes of a row of the image that was begun.
    stride: usize,
    /// The same in MCUs.
    mcus: usize,
}

// SAFETY: the handle is plain heap memory without ties to a thread; `&mut` keeps it to one thread
// at a time.
unsafe impl Send for Encoder {}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `ip_encoder_new` and is freed once.
        unsafe { sys::ip_encoder_free(self.handle.as_ptr()) }
    }
}

impl Encoder {
    pub(in crate::codec) fn new() -> Result<Self, Reason> {
        // SAFETY: no precondition.
        let encoder = unsafe { sys::ip_encoder_new() };
        let handle = NonNull::new(encoder).ok_or(NO_MEMORY)?;
        Ok(Self {
            handle,
            stride: 0,
            mcus: 0,
        })
    }

    /// Begins an image, gray or RGB; what was begun before and not finished is dropped.
    pub(in crate::codec) fn start(
        &mut self,
        size: Size,
        is_gray: bool,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        let encoder = self.handle.as_ptr();
        let Size { width, height } = size;
        let (channels, quality) = (if is_gray { 1 } else { 3 }, i32::from(quality));
        self.stride = width as usize * if is_gray { 1 } else { 3 };
        self.mcus = width.div_ceil(STRIP) as usize;
        // SAFETY: the handle is alive, and `lend` gives valid memory.
        self.lend(out, HEADERS, |spare| unsafe {
            sys::ip_encoder_start(encoder, width, height, channels, quality, spare)
        })
    }

    /// Encodes the next rows of the image that was begun: [`STRIP`] of them, or as many as are left.
    pub(in crate::codec) fn rows(&mut self, rows: &[u8], out: &mut Vec<u8>) -> Result<(), Reason> {
        let (encoder, stride) = (self.handle.as_ptr(), self.stride);
        let count = rows.len() / stride;
        assert!(
            count <= STRIP as usize && rows.len() == count * stride,
            "jpeg: {} bytes of rows",
            rows.len()
        );
        // A strip completes one row of MCUs; the headers of frame and scan go before the first.
        let most = HEADERS + self.mcus * MCU;
        // SAFETY: the handle is alive, `lend` gives valid memory, and the assertion says that there
        // are so many rows.
        #[expect(clippy::cast_possible_truncation, reason = "at most a strip")]
        self.lend(out, most, |spare| unsafe {
            sys::ip_encoder_rows(encoder, rows.as_ptr(), stride, count as u32, spare)
        })
    }

    /// Ends the file, when all rows of the image have come.
    pub(in crate::codec) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Reason> {
        let encoder = self.handle.as_ptr();
        // SAFETY: the handle is alive, and `lend` gives valid memory.
        self.lend(out, HEADERS, |spare| unsafe {
            sys::ip_encoder_finish(encoder, spare)
        })
    }

    /// Lets `call` write at most `most` bytes to the end of `out`.
    fn lend(
        &self,
        out: &mut Vec<u8>,
        most: usize,
        call: impl FnOnce(*mut sys::Spare) -> i32,
    ) -> Result<(), Reason> {
        reserve(out, most)?;
        let free = out.spare_capacity_mut();
        let len = free.len();
        let mut spare = sys::Spare {
            next: free.as_mut_ptr().cast(),
            left: len,
        };
        // SAFETY: the handle is alive.
        let message = || unsafe { sys::ip_encoder_message(self.handle.as_ptr()) };
        check(call(&raw mut spare), message)?;
        let written = len - spare.left;
        // SAFETY: the compressor has written that many bytes from the end on, inside of the spare
        // capacity.
        unsafe { out.set_len(out.len() + written) };
        Ok(())
    }
}
