//! Modules and launches.

use std::ffi::{c_int, c_void};
use std::ptr;

use fake_cuda::client::Fake;
use fake_cuda::codes::{Code, Result};

use crate::support::{PAGE, PTX, Staging, assert_code, assert_kinds};

fn table() -> Vec<u8> {
    (0..768_u32).flat_map(u32::to_le_bytes).collect()
}

/// Loads an image with a log for errors.
fn load_with_log(fake: &Fake, image: &str) -> (Result<()>, String) {
    let image = std::ffi::CString::new(image).unwrap();
    let mut log = [b'?'; 200];
    let (mut module, options) = (0, [5, 6 as c_int]);
    let size = ptr::without_provenance_mut(log.len());
    let mut values: [*mut c_void; 2] = [log.as_mut_ptr().cast(), size];
    let image = image.as_ptr().cast();
    let loaded = fake.cuModuleLoadDataEx(
        &raw mut module,
        image,
        2,
        options.as_ptr(),
        values.as_mut_ptr(),
    );
    let length = if loaded.is_ok() { 0 } else { values[1].addr() };
    assert!(loaded.is_ok() || log[length] == 0);
    (loaded, String::from_utf8_lossy(&log[..length]).into_owned())
}

#[test]
fn kernels_are_found_by_name() {
    let fake = Fake::own(&[]);
    fake.kernel(PTX, "convert_16_nhwc").unwrap();
    assert_code(fake.kernel(PTX, "convert_64_nhwc"), Code::NOT_FOUND);
    assert_code(
        fake.kernel("no image", "convert_16_nhwc"),
        Code::INVALID_IMAGE,
    );
    fake.found().assert_clean();
}

#[test]
fn what_cannot_be_compiled_is_in_the_log() {
    let fake = Fake::own(&[("FAKE_CUDA_VERSION", "11040")]);
    let (loaded, log) = load_with_log(&fake, PTX);
    assert_code(loaded, Code::UNSUPPORTED_PTX_VERSION);
    assert!(log.contains("Unsupported .version 7.8"), "{log}");
    for code in [Code::JIT_COMPILER_NOT_FOUND, Code::UNSUPPORTED_PTX_VERSION] {
        let fake = Fake::own(&[(
            "FAKE_CUDA_FAIL",
            &format!("cuModuleLoadDataEx:1={}", code.0),
        )]);
        let (loaded, log) = load_with_log(&fake, PTX);
        assert_code(loaded, code);
        assert!(log.contains("PTX") || log.contains("ptxas"), "{log:?}");
        load_with_log(&fake, PTX).0.unwrap();
    }
}

#[test]
fn a_kernel_out_of_bounds_is_an_illegal_address() {
    let fake = Fake::own(&[]);
    let kernel = fake.kernel(PTX, "convert_32_nhwc").unwrap();
    let (raw, out) = (fake.buffer(30).unwrap(), fake.buffer(119).unwrap());
    let lane = fake.lane().unwrap();
    let places = [raw.pointer, out.pointer];
    fake.convert(kernel, lane, places, [1, 9, 3], &table())
        .unwrap();
    fake.found().assert_clean();
    fake.convert(kernel, lane, places, [1, 10, 3], &table())
        .unwrap();
    assert_kinds(&fake, &["bounds"]);
    assert_code(fake.cuStreamSynchronize(lane), Code::ILLEGAL_ADDRESS);
    assert_code(fake.buffer(1), Code::ILLEGAL_ADDRESS);
}

#[test]
fn parameters_are_copied_at_the_launch() {
    let fake = Fake::own(&[]);
    let kernel = fake.kernel(PTX, "convert_32_nhwc").unwrap();
    let (raw, out) = (fake.buffer(3).unwrap(), fake.buffer(12).unwrap());
    let lane = fake.lane().unwrap();
    fake.cuMemsetD8Async(raw.pointer, 2, 3, lane).unwrap();
    let mut table = table();
    fake.convert(kernel, lane, [raw.pointer, out.pointer], [1, 1, 3], &table)
        .unwrap();
    table.fill(0);
    let read = fake.read(lane, out.pointer, 12).unwrap();
    assert_eq!(read, [2_u32, 258, 514].map(u32::to_le_bytes).concat());
    fake.found().assert_clean();
}

#[test]
fn a_kernel_may_read_pinned_memory_and_protects_it() {
    let fake = Fake::own(&[]);
    let staging = Staging::new(&fake, 1);
    staging.fill(3);
    let kernel = fake.kernel(PTX, "transpose_8_nchw").unwrap();
    let (out, lane) = (fake.buffer(PAGE).unwrap(), fake.lane().unwrap());
    let places = [staging.start as u64, out.pointer];
    fake.convert(kernel, lane, places, [PAGE as u64, 1, 1], &[])
        .unwrap();
    staging.write(0, 4);
    assert_kinds(&fake, &["host-write"]);
    let read = fake.read(lane, out.pointer, 2).unwrap();
    assert_eq!(
        read,
        [4, 3],
        "the kernel ran after the write that was reported"
    );
}

#[test]
fn launches_that_the_kernels_are_not_written_for_are_reported() {
    let fake = Fake::own(&[]);
    let kernel = fake.kernel(PTX, "convert_32_nhwc").unwrap();
    let launch = |kernel, grid, block| {
        fake.cuLaunchKernel(
            kernel,
            grid,
            1,
            1,
            block,
            1,
            1,
            0,
            0,
            ptr::null(),
            ptr::null(),
        )
    };
    assert_code(launch(kernel, 0, 256), Code::INVALID_VALUE);
    fake.found().assert_clean();
    assert_code(launch(kernel, 1, 128), Code::INVALID_VALUE);
    let (raw, out) = (fake.buffer(64).unwrap(), fake.buffer(256).unwrap());
    let channels = fake.convert(kernel, 0, [raw.pointer, out.pointer], [1, 16, 4], &table());
    assert_code(channels, Code::INVALID_VALUE);
    assert_code(launch(4711, 1, 256), Code::INVALID_HANDLE);
    let other = fake.kernel(PTX, "other").unwrap();
    assert_code(launch(other, 1, 256), Code::INVALID_VALUE);
    assert_kinds(&fake, &["misuse", "misuse", "dead-handle", "misuse"]);
}
