//! What `shim.h` declares.

use std::ffi::c_char;
use std::ptr::NonNull;

#[repr(C)]
pub(super) struct Jpeg {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Default)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) precision: i32,
    pub(super) color: i32,
    pub(super) h_samp: [i32; 4],
    pub(super) v_samp: [i32; 4],
    pub(super) scan: usize,
    pub(super) exif: Option<NonNull<u8>>,
    pub(super) exif_len: usize,
    pub(super) xmp: Option<NonNull<u8>>,
    pub(super) xmp_len: usize,
}

#[repr(C)]
pub(super) struct Request {
    pub(super) out: i32,
    pub(super) denominator: u32,
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

#[repr(C)]
#[derive(Default)]
pub(super) struct Window {
    pub(super) left: u32,
    pub(super) width: u32,
}

#[repr(C)]
#[derive(Default, Clone, Copy)]
pub(super) struct Plane {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) stride: u32,
    pub(super) rows: u32,
    pub(super) mcu_width: u32,
    pub(super) mcu_height: u32,
}

unsafe extern "C" {
    pub(super) fn ip_jpeg_new() -> *mut Jpeg;
    pub(super) fn ip_jpeg_free(jpeg: *mut Jpeg);
    pub(super) fn ip_jpeg_message(jpeg: *const Jpeg) -> *const c_char;
    #[must_use]
    pub(super) fn ip_jpeg_header(
        jpeg: *mut Jpeg,
        data: *const u8,
        len: usize,
        stop: *const bool,
        header: *mut Header,
    ) -> i32;
    pub(super) fn ip_jpeg_abort(jpeg: *mut Jpeg);
    #[must_use]
    pub(super) fn ip_jpeg_rows_start(
        jpeg: *mut Jpeg,
        request: *const Request,
        window: *mut Window,
    ) -> i32;
    #[must_use]
    pub(super) fn ip_jpeg_rows(
        jpeg: *mut Jpeg,
        request: *const Request,
        out: *mut u8,
        stride: usize,
    ) -> i32;
    #[must_use]
    pub(super) fn ip_jpeg_planes_start(
        jpeg: *mut Jpeg,
        request: *const Request,
        planes: *mut Plane,
    ) -> i32;
    #[must_use]
    pub(super) fn ip_jpeg_planes(jpeg: *mut Jpeg, planes: *const Plane, out: *const *mut u8)
    -> i32;
    pub(super) safe fn ip_jpeg_simd() -> i32;
}
