//! Contexts, handles and devices.

use std::ffi::CStr;

use fake_cuda::client::{Driver, Fake, Report};
use fake_cuda::codes::Code;

use crate::support::{PTX, assert_code, assert_kinds};

#[test]
fn a_call_without_a_context_is_reported() {
    let fake = Fake::own(&[]);
    let stream = fake.stream(true).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_code(fake.cuStreamSynchronize(stream), Code::INVALID_CONTEXT));
    });
    let mut context = 0;
    fake.cuCtxPopCurrent_v2(&raw mut context).unwrap();
    assert_eq!(context, fake.context);
    assert_code(fake.buffer(8), Code::INVALID_CONTEXT);
    let popped = fake.cuCtxPopCurrent_v2(std::ptr::null_mut());
    assert_code(popped, Code::INVALID_CONTEXT);
    assert_kinds(&fake, &["no-context"; 3]);
}

#[test]
fn nothing_works_before_init() {
    let driver = Driver::own();
    driver
        .fakeCudaConfigure(c"FAKE_CUDA_REPORT".as_ptr(), c"-".as_ptr())
        .unwrap();
    let mut count = 0;
    assert_code(
        driver.cuDeviceGetCount(&raw mut count),
        Code::NOT_INITIALIZED,
    );
    assert_eq!(Report::read(&driver.report()).kinds(), ["not-initialized"]);
}

#[test]
fn a_reset_leaves_contexts_and_modules_alone() {
    let fake = Fake::own(&[]);
    let (kernel, lane) = (
        fake.kernel(PTX, "transpose_8_nchw").unwrap(),
        fake.lane().unwrap(),
    );
    let buffer = fake.buffer(8).unwrap();
    fake.fakeCudaReset().unwrap();
    assert_code(fake.cuStreamSynchronize(lane), Code::INVALID_HANDLE);
    assert_code(fake.cuMemFree_v2(buffer.pointer), Code::INVALID_VALUE);
    assert_kinds(&fake, &["dead-handle", "bad-free"]);
    fake.fakeCudaReset().unwrap();
    let places = [
        fake.buffer(8).unwrap().pointer,
        fake.buffer(8).unwrap().pointer,
    ];
    fake.convert(kernel, 0, places, [1, 8, 1], &[]).unwrap();
    fake.cuCtxSynchronize().unwrap();
    fake.found().assert_clean();
}

#[test]
fn contexts_are_a_stack_of_each_thread() {
    let fake = Fake::own(&[("FAKE_CUDA_DEVICES", "2")]);
    let (mut second, mut again, mut current) = (0, 0, 0);
    fake.cuDevicePrimaryCtxRetain(&raw mut second, 1).unwrap();
    fake.cuDevicePrimaryCtxRetain(&raw mut again, 1).unwrap();
    assert!(second == again && second != fake.context);
    fake.cuCtxPushCurrent_v2(second).unwrap();
    fake.cuCtxGetCurrent(&raw mut current).unwrap();
    assert_eq!(current, second);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut own = 1;
            fake.cuCtxGetCurrent(&raw mut own).unwrap();
            assert_eq!(own, 0);
        });
    });
    fake.cuCtxPopCurrent_v2(&raw mut current).unwrap();
    fake.cuCtxGetCurrent(&raw mut current).unwrap();
    assert_eq!(current, fake.context);
    fake.found().assert_clean();
    assert_code(fake.cuCtxPushCurrent_v2(12345), Code::INVALID_CONTEXT);
    assert_kinds(&fake, &["dead-handle"]);
}

#[test]
fn what_belongs_to_another_context_is_reported() {
    let fake = Fake::own(&[("FAKE_CUDA_DEVICES", "2")]);
    let (stream, event, buffer) = (
        fake.lane().unwrap(),
        fake.event().unwrap(),
        fake.buffer(8).unwrap(),
    );
    let mut second = 0;
    fake.cuDevicePrimaryCtxRetain(&raw mut second, 1).unwrap();
    fake.cuCtxPushCurrent_v2(second).unwrap();
    let filled = fake.cuMemsetD8Async(buffer.pointer, 0, 8, stream);
    assert_code(filled, Code::INVALID_HANDLE);
    let own = fake.lane().unwrap();
    assert_code(fake.cuEventRecord(event, own), Code::INVALID_HANDLE);
    assert_kinds(&fake, &["misuse", "misuse"]);
    // A wait may cross devices, and so may what the host waits for.
    fake.cuStreamWaitEvent(own, event, 0).unwrap();
    fake.cuEventSynchronize(event).unwrap();
    fake.cuStreamSynchronize(stream).unwrap();
    assert_kinds(&fake, &["misuse", "misuse"]);
}

#[test]
fn dead_handles_are_reported() {
    let fake = Fake::own(&[]);
    let (stream, event) = (fake.stream(true).unwrap(), fake.event().unwrap());
    fake.cuStreamDestroy_v2(stream).unwrap();
    fake.cuEventDestroy_v2(event).unwrap();
    assert_code(fake.cuStreamSynchronize(stream), Code::INVALID_HANDLE);
    assert_code(fake.cuStreamDestroy_v2(stream), Code::INVALID_HANDLE);
    assert_code(fake.cuEventQuery(event), Code::INVALID_HANDLE);
    assert_code(fake.cuEventRecord(event, 0), Code::INVALID_HANDLE);
    assert_code(fake.cuStreamSynchronize(4711), Code::INVALID_HANDLE);
    assert_kinds(&fake, &["dead-handle"; 5]);
    assert_code(fake.cuStreamDestroy_v2(1), Code::INVALID_HANDLE);
    assert_eq!(fake.found().kinds().last(), Some(&"misuse"));
}

#[test]
fn destroying_a_stream_or_an_event_leaves_pending_work_alone() {
    let fake = Fake::own(&[]);
    let (buffer, consumer) = (fake.buffer(4).unwrap(), fake.stream(true).unwrap());
    let (lane, event) = (fake.lane().unwrap(), fake.event().unwrap());
    fake.cuMemsetD8Async(buffer.pointer, 5, 4, lane).unwrap();
    fake.cuEventRecord(event, lane).unwrap();
    fake.cuStreamDestroy_v2(lane).unwrap();
    fake.cuStreamWaitEvent(consumer, event, 0).unwrap();
    fake.cuEventDestroy_v2(event).unwrap();
    assert_eq!(fake.read(consumer, buffer.pointer, 4).unwrap(), [5; 4]);
    fake.found().assert_clean();
}

#[test]
fn devices_are_counted_and_described() {
    let fake = Fake::own(&[("FAKE_CUDA_DEVICES", "2"), ("FAKE_CUDA_VERSION", "13000")]);
    let (mut count, mut device, mut version, mut unified) = (0, 0, 0, 0);
    fake.cuDeviceGetCount(&raw mut count).unwrap();
    fake.cuDeviceGet(&raw mut device, 1).unwrap();
    fake.cuDriverGetVersion(&raw mut version).unwrap();
    fake.cuDeviceGetAttribute(&raw mut unified, 41, device)
        .unwrap();
    assert_eq!((count, device, version, unified), (2, 1, 13000, 1));
    assert_code(fake.cuDeviceGet(&raw mut device, 2), Code::INVALID_DEVICE);
    let mut bus = [0; 13];
    fake.cuDeviceGetPCIBusId(bus.as_mut_ptr(), 13, 1).unwrap();
    let bus = bus.map(|letter: std::ffi::c_char| letter as u8);
    assert_eq!(CStr::from_bytes_until_nul(&bus), Ok(c"0000:08:00.0"));
    let (mut least, mut greatest) = (1, 1);
    fake.cuCtxGetStreamPriorityRange(&raw mut least, &raw mut greatest)
        .unwrap();
    assert_eq!((least, greatest), (0, -5));
    fake.found().assert_clean();
}

#[test]
fn without_a_device_init_fails() {
    for settings in [("FAKE_CUDA_DEVICES", "0"), ("CUDA_VISIBLE_DEVICES", "-1")] {
        let fake = Fake::own(&[]);
        fake.configure(settings.0, settings.1);
        fake.fakeCudaReset().unwrap();
        assert_code(fake.cuInit(0), Code::NO_DEVICE);
    }
}

#[test]
fn a_function_can_be_taken_away() {
    let path = fake_cuda::without("cuCtxRecordEvent");
    // SAFETY: the library has no initializers that do anything.
    let library = unsafe { libloading::Library::new(path.join("libcuda.so.1")) }.unwrap();
    let has = |name: &str| {
        // SAFETY: the symbol is not called.
        unsafe { library.get::<extern "C" fn()>(name) }.is_ok()
    };
    assert!(!has("cuCtxRecordEvent") && has("cuCtxSynchronize") && has("cuEventRecord"));
}

#[test]
fn the_library_is_found_by_the_name_of_the_driver_once_it_is_loaded() {
    let driver = Driver::load(&fake_cuda::library());
    // SAFETY: the library has no initializers that do anything.
    let by_name = unsafe { libloading::Library::new("libcuda.so.1") };
    assert!(by_name.is_ok(), "{by_name:?}");
    driver.cuInit(0).unwrap();
}
