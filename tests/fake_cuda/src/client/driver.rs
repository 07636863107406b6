//! The functions of the shared library by their types.
#![expect(non_snake_case, reason = "the names of CUDA's functions")]
#![allow(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "the functions of cuda.h"
)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::Library;

use crate::codes::{Code, Result};

macro_rules! functions {
    ($($name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {
        /// The functions of the driver that return a `CUresult`.
        pub struct Driver {
            /// Never unloaded: functions of it may be called at exit.
            library: ManuallyDrop<Library>,
            $($name: Option<extern "C" fn($($type),*) -> c_int>,)*
        }

        impl Driver {
            /// Loads a copy of the shared library; it stays loaded. To call a function that it
            /// lacks is a panic.
            ///
            /// # Panics
            ///
            /// If it cannot be loaded.
            pub fn load(path: &Path) -> Self {
                // SAFETY: the library has no initializers that do anything.
                let library = unsafe { Library::new(path) };
                let library = library.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
                Self {
                    $($name: find(&library, stringify!($name)),)*
                    library: ManuallyDrop::new(library),
                }
            }

            /// Loads a copy with a state of its own.
            ///
            /// # Panics
            ///
            /// As [`Self::load`].
            #[must_use]
            pub fn own() -> Self {
                let path = crate::own_library();
                let driver = Self::load(&path);
                // Loaded, so no longer needed.
                let _ = std::fs::remove_file(&path);
                let _ = path.parent().map(std::fs::remove_dir);
                driver
            }

            $(
                #[allow(
                    clippy::too_many_arguments,
                    clippy::missing_panics_doc,
                    reason = "those of cuda.h, and a panic where the library lacks one"
                )]
                pub fn $name(&self, $($argument: $type),*) -> Result<()> {
                    let function = self.$name.expect(concat!("no function ", stringify!($name)));
                    match Code(function($($argument),*)) {
                        Code::SUCCESS => Ok(()),
                        code => Err(code),
                    }
                }
            )*
        }
    };
}

/// A function of the library.
fn find<T: Copy>(library: &Library, name: &str) -> Option<T> {
    // SAFETY: the types are those of the exported functions.
    let symbol = unsafe { library.get::<T>(name) };
    symbol.ok().map(|symbol| *symbol)
}

functions! {
    cuInit(flags: u32);
    cuDriverGetVersion(version: *mut c_int);
    cuDeviceGetCount(count: *mut c_int);
    cuDeviceGet(device: *mut c_int, ordinal: c_int);
    cuDeviceGetName(name: *mut c_char, size: c_int, device: c_int);
    cuDeviceGetAttribute(value: *mut c_int, attribute: c_int, device: c_int);
    cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int);
    cuDeviceGetPCIBusId(text: *mut c_char, size: c_int, device: c_int);
    cuGetErrorName(error: c_int, name: *mut *const c_char);
    cuGetErrorString(error: c_int, text: *mut *const c_char);
    cuDevicePrimaryCtxRetain(context: *mut usize, device: c_int);
    cuCtxPushCurrent_v2(context: usize);
    cuCtxPopCurrent_v2(context: *mut usize);
    cuCtxSetCurrent(context: usize);
    cuCtxGetCurrent(context: *mut usize);
    cuCtxSynchronize();
    cuCtxRecordEvent(context: usize, event: usize);
    cuCtxGetStreamPriorityRange(least: *mut c_int, greatest: *mut c_int);
    cuThreadExchangeStreamCaptureMode(mode: *mut u32);
    cuMemAlloc_v2(pointer: *mut u64, bytes: usize);
    cuMemFree_v2(pointer: u64);
    cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    cuMemHostRegister_v2(start: *mut c_void, bytes: usize, flags: u32);
    cuMemHostUnregister(start: *mut c_void);
    cuMemHostAlloc(pointer: *mut usize, bytes: usize, flags: u32);
    cuMemFreeHost(start: *mut c_void);
    cuMemHostGetDevicePointer_v2(pointer: *mut u64, start: *mut c_void, flags: u32);
    cuMemcpyHtoDAsync_v2(target: u64, source: *const c_void, bytes: usize, stream: usize);
    cuMemcpyDtoHAsync_v2(target: *mut c_void, source: u64, bytes: usize, stream: usize);
    cuMemcpyDtoDAsync_v2(target: u64, source: u64, bytes: usize, stream: usize);
    cuMemcpyHtoD_v2(target: u64, source: *const c_void, bytes: usize);
    cuMemcpyDtoH_v2(target: *mut c_void, source: u64, bytes: usize);
    cuMemsetD8Async(target: u64, value: u8, bytes: usize, stream: usize);
    cuStreamCreate(stream: *mut usize, flags: u32);
    cuStreamCreateWithPriority(stream: *mut usize, flags: u32, priority: c_int);
    cuStreamDestroy_v2(stream: usize);
    cuStreamSynchronize(stream: usize);
    cuStreamQuery(stream: usize);
    cuStreamWaitEvent(stream: usize, event: usize, flags: u32);
    cuStreamIsCapturing(stream: usize, status: *mut u32);
    cuStreamBeginCapture_v2(stream: usize, mode: u32);
    cuStreamEndCapture(stream: usize, graph: *mut usize);
    cuEventCreate(event: *mut usize, flags: u32);
    cuEventDestroy_v2(event: usize);
    cuEventRecord(event: usize, stream: usize);
    cuEventQuery(event: usize);
    cuEventSynchronize(event: usize);
    cuModuleLoadDataEx(
        module: *mut usize,
        image: *const c_void,
        count: u32,
        options: *const c_int,
        values: *mut *mut c_void,
    );
    cuModuleUnload(module: usize);
    cuModuleGetFunction(function: *mut usize, module: usize, name: *const c_char);
    cuLaunchKernel(
        function: usize,
        grid_x: u32,
        grid_y: u32,
        grid_z: u32,
        block_x: u32,
        block_y: u32,
        block_z: u32,
        shared_bytes: u32,
        stream: usize,
        parameters: *const *const c_void,
        extra: *const *const c_void,
    );
    fakeCudaConfigure(name: *const c_char, value: *const c_char);
    fakeCudaSettle();
    fakeCudaResume();
    fakeCudaSetSeed(seed: u64);
    fakeCudaReset();
    fakeCudaBeginCapture(stream: usize);
    fakeCudaEndCapture(stream: usize);
}

impl Driver {
    /// The report as JSON text.
    ///
    /// # Panics
    ///
    /// If this is not the fake driver.
    #[must_use]
    pub fn report(&self) -> String {
        type Write = extern "C" fn(*mut c_char, usize) -> usize;
        let report: Option<Write> = find(&self.library, "fakeCudaReport");
        let report = report.expect("no function fakeCudaReport");
        // Other threads may be calling the driver: the report can grow after its length was asked for.
        let mut text: Vec<u8> = Vec::new();
        loop {
            let length = report(text.as_mut_ptr().cast(), text.len());
            if length < text.len() {
                text.truncate(length);
                break;
            }
            text.resize(length + 1, 0_u8);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
