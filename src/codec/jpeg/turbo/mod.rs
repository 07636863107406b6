//! libjpeg-turbo through the C shim: declarations, an owner that checks every code, a safe face.
#![expect(
    unsafe_code,
    reason = "the border to C; every call's preconditions are met by the types here"
)]

mod fill;
mod sys;

// Nothing of the crate is named: this links its library.
extern crate turbojpeg_sys as _;

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;

use super::frame::{Frame, Sampling};
use crate::codec::{Orientation, Reason, Request};
use crate::pixel::Size;

/// Why a file cannot be decoded, beyond what libjpeg-turbo says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}-bit JPEG is not supported, only 8-bit")]
    Precision(i32),
    #[error("Premature end of JPEG file: no end-of-image marker")]
    NoEnd,
    #[error("a JPEG colour space other than gray, YCbCr, RGB, CMYK and YCCK")]
    Color,
}

/// What the library lacks memory for is not known.
pub(super) const NO_MEMORY: Reason = Reason::no_memory(0, "libjpeg-turbo");

/// What a function of the shim returned. `message` is the text of a handle's last error, which the
/// handle keeps, NUL-terminated.
pub(super) fn check(code: i32, message: impl FnOnce() -> *const c_char) -> Result<(), Reason> {
    match code {
        0 => Ok(()),
        -2 => Err(NO_MEMORY),
        -3 => Err(Reason::Stopped),
        // SAFETY: the text is a NUL-terminated array inside a handle that is alive.
        _ => Err(Reason::new(
            unsafe { CStr::from_ptr(message()) }.to_string_lossy(),
        )),
    }
}

/// Whether libjpeg-turbo was built with its SIMD code and this processor runs it.
#[must_use]
pub fn simd_active() -> bool {
    sys::ip_jpeg_simd() != 0
}

/// The colour space of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Gray,
    Ycc,
    Rgb,
    Cmyk,
    Other,
}

impl Color {
    fn of(code: i32) -> Self {
        match code {
            0 => Self::Gray,
            1 => Self::Ycc,
            2 => Self::Rgb,
            3 => Self::Cmyk,
            _ => Self::Other,
        }
    }
}

/// The form of interleaved output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    Gray = 0,
    Rgb = 1,
    Cmyk = 2,
}

impl Out {
    pub(super) const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// One plane as the library writes it: `rows` rows of `stride` samples, of which `height` and
/// `width` mean something.
#[derive(Clone, Copy)]
pub(super) struct PlaneLayout(sys::Plane);

impl PlaneLayout {
    pub(super) fn stride(&self) -> usize {
        self.0.stride as usize
    }

    /// Bytes that are written.
    pub(super) fn bytes(&self) -> usize {
        self.stride() * self.0.rows as usize
    }
}

/// An owned libjpeg-turbo decompressor.
#[derive(Debug)]
pub(super) struct Handle(NonNull<sys::Jpeg>);

// SAFETY: the handle is plain heap memory without ties to a thread; `&mut` keeps it to one thread
// at a time.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `ip_jpeg_new` and is freed once.
        unsafe { sys::ip_jpeg_free(self.0.as_ptr()) }
    }
}

/// A file whose header has been read. It borrows the handle and the bytes, both of which the
/// library goes on using.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    handle: &'a mut Handle,
    pub(super) orientation: Orientation,
    pub(super) size: Size,
    /// How the planes lie, if it is gray or YCbCr.
    pub(super) frame: Option<Frame>,
    pub(super) precision: i32,
    pub(super) color: Color,
    /// Where the first scan's data begins.
    pub(super) scan: usize,
    bytes: PhantomData<&'a [u8]>,
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is alive; afterwards the library holds no pointer into the bytes any
        // more.
        unsafe { sys::ip_jpeg_abort(self.handle.0.as_ptr()) }
    }
}

impl Handle {
    pub(super) fn new() -> Result<Self, Reason> {
        // SAFETY: no precondition.
        let jpeg = unsafe { sys::ip_jpeg_new() };
        NonNull::new(jpeg).map(Self).ok_or(NO_MEMORY)
    }

    fn check(&self, code: i32) -> Result<(), Reason> {
        // SAFETY: the handle is alive.
        check(code, || unsafe { sys::ip_jpeg_message(self.0.as_ptr()) })
    }

    pub(super) fn open<'a>(
        &'a mut self,
        bytes: &'a [u8],
        stop: &'a AtomicBool,
    ) -> Result<Opened<'a>, Reason> {
        let mut header = sys::Header::default();
        let (data, stop) = (bytes.as_ptr(), stop.as_ptr().cast_const());
        // SAFETY: the pointers are valid; `Opened` keeps bytes and flag borrowed until its drop
        // aborts the decompressor, and without an `Opened` it is aborted here.
        let code = unsafe {
            sys::ip_jpeg_header(self.0.as_ptr(), data, bytes.len(), stop, &raw mut header)
        };
        if code != 0 {
            let failed = self.check(code);
            // SAFETY: the handle is alive.
            unsafe { sys::ip_jpeg_abort(self.0.as_ptr()) };
            failed?;
        }
        let color = Color::of(header.color);
        Ok(Opened {
            handle: self,
            orientation: orientation(&header),
            size: Size::new(header.width, header.height),
            frame: frame(&header, color),
            precision: header.precision,
            color,
            scan: header.scan,
            bytes: PhantomData,
        })
    }
}

/// What the metadata of a header that was just read say.
fn orientation(header: &sys::Header) -> Orientation {
    let block = |data: Option<NonNull<u8>>, len| {
        // SAFETY: the shim points at a marker saved in the handle, which lives until pixels are
        // read.
        data.map(|data| unsafe { std::slice::from_raw_parts(data.as_ptr(), len) })
    };
    let exif = block(header.exif, header.exif_len);
    let xmp = block(header.xmp, header.xmp_len);
    Orientation::from_metadata(exif, xmp)
}

fn frame(header: &sys::Header, color: Color) -> Option<Frame> {
    let components = match color {
        Color::Gray => 1,
        Color::Ycc => 3,
        _ => return None,
    };
    let factor = |value: i32| {
        u32::try_from(value)
            .ok()
            .filter(|factor| (1..=4).contains(factor))
    };
    let mut sampling = [Sampling::default(); 3];
    for (i, sampling) in sampling.iter_mut().enumerate().take(components) {
        *sampling = Sampling {
            across: factor(header.h_samp[i])?,
            down: factor(header.v_samp[i])?,
        };
    }
    Some(Frame::new(
        Size::new(header.width, header.height),
        &sampling[..components],
    ))
}

impl Opened<'_> {
    pub(super) fn start_rows(&mut self, request: &Request, out: Out) -> Result<(u32, u32), Reason> {
        let (request, mut window) = (raw(request, out), sys::Window::default());
        // SAFETY: the handle is alive, its bytes are borrowed by `self`, and both structs are
        // valid.
        let code = unsafe {
            sys::ip_jpeg_rows_start(self.handle.0.as_ptr(), &raw const request, &raw mut window)
        };
        self.handle.check(code)?;
        Ok((window.left, window.width))
    }

    pub(super) fn read_rows(
        &mut self,
        request: &Request,
        out: Out,
        pixels: &mut [u8],
        stride: usize,
    ) -> Result<(), Reason> {
        let request = raw(request, out);
        assert!(
            pixels.len() >= stride * request.height as usize,
            "room for the rows that are read"
        );
        // SAFETY: the assertion leaves room for `height` rows of `stride` bytes, the width that
        // `start_rows` reported.
        let code = unsafe {
            sys::ip_jpeg_rows(
                self.handle.0.as_ptr(),
                &raw const request,
                pixels.as_mut_ptr(),
                stride,
            )
        };
        self.handle.check(code)
    }

    pub(super) fn start_planes(&mut self, request: &Request) -> Result<[PlaneLayout; 3], Reason> {
        let (request, mut planes) = (raw(request, Out::Rgb), [sys::Plane::default(); 3]);
        // SAFETY: the handle is alive, its bytes are borrowed by `self`; `planes` has room for
        // three.
        let code = unsafe {
            sys::ip_jpeg_planes_start(
                self.handle.0.as_ptr(),
                &raw const request,
                planes.as_mut_ptr(),
            )
        };
        self.handle.check(code)?;
        Ok(planes.map(PlaneLayout))
    }

    pub(super) fn read_planes(
        &mut self,
        layout: &[PlaneLayout; 3],
        out: [&mut [u8]; 3],
    ) -> Result<(), Reason> {
        let fits = out
            .iter()
            .zip(layout)
            .all(|(room, plane)| room.len() >= plane.bytes());
        assert!(fits, "room for the planes that are read");
        let (planes, pointers) = (layout.map(|p| p.0), out.map(<[u8]>::as_mut_ptr));
        // SAFETY: the assertion leaves room for `rows` rows of `stride` samples in each plane.
        let code = unsafe {
            sys::ip_jpeg_planes(self.handle.0.as_ptr(), planes.as_ptr(), pointers.as_ptr())
        };
        self.handle.check(code)
    }
}

fn raw(request: &Request, out: Out) -> sys::Request {
    let window = request.window;
    sys::Request {
        out: out as i32,
        denominator: request.denominator,
        left: window.left,
        top: window.top,
        width: window.width,
        height: window.height,
    }
}
