//! The part of the CUDA driver's C interface that is used, as a table of functions filled at run
//! time.
//!
//! Types and values are those of `cuda.h`; no header is needed to build.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libloading::Library;

/// `CUresult`.
pub(super) type Status = c_int;
/// `CUdevice`.
pub(super) type Ordinal = c_int;
/// `CUdeviceptr`.
pub(super) type Address = u64;
/// `CUcontext`, `CUstream`, `CUevent`, `CUmodule` or `CUfunction`.
pub(super) type Handle = *mut c_void;

/// `CUDA_SUCCESS`.
pub(super) const SUCCESS: Status = 0;
/// `CUDA_ERROR_OUT_OF_MEMORY`.
pub(super) const OUT_OF_MEMORY: Status = 2;
/// `CUDA_ERROR_NOT_INITIALIZED`, which `cuInit` gives in a fork of a process that called it.
pub(super) const NOT_INITIALIZED: Status = 3;
/// `CUDA_ERROR_NO_DEVICE`.
pub(super) const NO_DEVICE: Status = 100;
/// `CUDA_ERROR_NOT_READY`.
pub(super) const NOT_READY: Status = 600;

/// `CU_MEMHOSTREGISTER_PORTABLE` and `CU_MEMHOSTALLOC_PORTABLE`: pinned for every context.
pub(super) const PORTABLE: c_uint = 1;
/// `CU_MEMHOSTREGISTER_DEVICEMAP` and `CU_MEMHOSTALLOC_DEVICEMAP`: kernels may read it.
pub(super) const DEVICE_MAP: c_uint = 2;
/// `CU_STREAM_NON_BLOCKING`: not ordered with the legacy default stream.
pub(super) const NON_BLOCKING: c_uint = 1;
/// `CU_STREAM_PER_THREAD`, as a number: the default stream of the thread that makes a call.
pub(super) const PER_THREAD_STREAM: u64 = 2;
/// `CU_EVENT_BLOCKING_SYNC` and `CU_EVENT_DISABLE_TIMING`.
pub(super) const QUIET_EVENT: c_uint = 1 | 2;
/// `CU_STREAM_CAPTURE_MODE_RELAXED`.
pub(super) const RELAXED: c_int = 2;
/// `CU_JIT_ERROR_LOG_BUFFER` and the size of it.
pub(super) const JIT_ERROR_LOG: [c_int; 2] = [5, 6];
/// `CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT`.
pub(super) const MULTIPROCESSORS: c_int = 16;
/// `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR`.
pub(super) const CAPABILITY: [c_int; 2] = [75, 76];

/// Declares the table, and how it is filled: `rust_name = "symbol" (arguments)`.
macro_rules! functions {
    (
        required { $($name:ident = $symbol:literal ($($argument:ty),*);)* }
        optional { $($extra:ident = $extra_symbol:literal ($($extra_argument:ty),*);)* }
    ) => {
        /// The driver's functions.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) -> Status,)*
            $(pub(super) $extra: Option<unsafe extern "C" fn($($extra_argument),*) -> Status>,)*
        }

        impl Functions {
            /// The functions of `library`, or the name of the first required one that it lacks.
            ///
            /// # Safety
            /// The library is a CUDA driver, and is never unloaded.
            pub(super) unsafe fn load(library: &Library) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        // SAFETY: a driver's function of this name has this signature.
                        let found = unsafe { library.get(concat!($symbol, "\0").as_bytes()) };
                        *found.map_err(|_| $symbol)?
                    },)*
                    $($extra: {
                        // SAFETY: as above.
                        let found = unsafe { library.get(concat!($extra_symbol, "\0").as_bytes()) };
                        found.ok().map(|found| *found)
                    },)*
                })
            }
        }
    };
}

functions! {
    required {
        init = "cuInit" (c_uint);
        driver_version = "cuDriverGetVersion" (*mut c_int);
        device_count = "cuDeviceGetCount" (*mut c_int);
        device_get = "cuDeviceGet" (*mut Ordinal, c_int);
        device_name = "cuDeviceGetName" (*mut c_char, c_int, Ordinal);
        device_attribute = "cuDeviceGetAttribute" (*mut c_int, c_int, Ordinal);
        device_memory = "cuDeviceTotalMem_v2" (*mut usize, Ordinal);
        device_bus_id = "cuDeviceGetPCIBusId" (*mut c_char, c_int, Ordinal);
        primary_context = "cuDevicePrimaryCtxRetain" (*mut Handle, Ordinal);
        push_context = "cuCtxPushCurrent_v2" (Handle);
        pop_context = "cuCtxPopCurrent_v2" (*mut Handle);
        synchronize_context = "cuCtxSynchronize" ();
        stream_priorities = "cuCtxGetStreamPriorityRange" (*mut c_int, *mut c_int);
        allocate = "cuMemAlloc_v2" (*mut Address, usize);
        free = "cuMemFree_v2" (Address);
        memory_info = "cuMemGetInfo_v2" (*mut usize, *mut usize);
        host_register = "cuMemHostRegister_v2" (*mut c_void, usize, c_uint);
        host_unregister = "cuMemHostUnregister" (*mut c_void);
        host_allocate = "cuMemHostAlloc" (*mut *mut c_void, usize, c_uint);
        host_free = "cuMemFreeHost" (*mut c_void);
        host_address = "cuMemHostGetDevicePointer_v2" (*mut Address, *mut c_void, c_uint);
        copy_to_device = "cuMemcpyHtoDAsync_v2" (Address, *const c_void, usize, Handle);
        copy_to_host = "cuMemcpyDtoHAsync_v2" (*mut c_void, Address, usize, Handle);
        stream_create = "cuStreamCreateWithPriority" (*mut Handle, c_uint, c_int);
        stream_destroy = "cuStreamDestroy_v2" (Handle);
        stream_synchronize = "cuStreamSynchronize" (Handle);
        stream_wait = "cuStreamWaitEvent" (Handle, Handle, c_uint);
        stream_capturing = "cuStreamIsCapturing" (Handle, *mut c_int);
        event_create = "cuEventCreate" (*mut Handle, c_uint);
        event_record = "cuEventRecord" (Handle, Handle);
        event_query = "cuEventQuery" (Handle);
        event_synchronize = "cuEventSynchronize" (Handle);
        event_destroy = "cuEventDestroy_v2" (Handle);
        module_load = "cuModuleLoadDataEx"
            (*mut Handle, *const c_void, c_uint, *mut c_int, *mut *mut c_void);
        module_function = "cuModuleGetFunction" (*mut Handle, Handle, *const c_char);
        launch = "cuLaunchKernel" (
            Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle,
            *mut *mut c_void, *mut *mut c_void
        );
        capture_mode = "cuThreadExchangeStreamCaptureMode" (*mut c_int);
        error_name = "cuGetErrorName" (Status, *mut *const c_char);
        error_text = "cuGetErrorString" (Status, *mut *const c_char);
    }
    optional {
        context_record = "cuCtxRecordEvent" (Handle, Handle);
    }
}
