//! Drivers that cannot be used, and what is said of them.

use std::fs;

use imagepipe::cuda::{self, Route};
use imagepipe::loader::Loader;
use imagepipe::tensor::Device;

use crate::data::Data;
use crate::failures::functions;
use crate::process::{alone, run, run_with, succeeded, task};
use crate::stage::Stage;
use crate::tour;

const SCENE: &str = "drivers::a_loader_that_cannot_be_had";

/// The only function that a driver may lack.
const OPTIONAL: &str = "cuCtxRecordEvent";

/// Not a test of its own: a Loader on the third device is an error that says what the task does.
#[test]
fn a_loader_that_cannot_be_had() {
    let Some(parts) = task(SCENE) else {
        return;
    };
    let data = Data::new();
    let config = imagepipe::loader::Config {
        device: Device::Cuda(2),
        ..tour::config(&data, Route::Copied)
    };
    let error = Loader::open(&config)
        .expect_err("no such device")
        .to_string();
    for part in parts.split('|') {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    assert!(!error.contains('\n'), "{error}");
    // What is wrong stays wrong.
    let again = Loader::open(&config)
        .expect_err("no such device")
        .to_string();
    assert_eq!(again, error);
}

#[test]
fn a_driver_that_cannot_be_used_is_an_error_that_says_what_to_do() {
    for (parts, settings) in [
        (
            "device=\"cuda:2\" does not exist: only cuda:0 is visible",
            vec![],
        ),
        (
            "cuda:0 to cuda:1 are visible",
            vec![("FAKE_CUDA_DEVICES", "2")],
        ),
        (
            "no CUDA device is visible|nvidia-smi",
            vec![("FAKE_CUDA_DEVICES", "0")],
        ),
        (
            "no CUDA device is visible|CUDA_VISIBLE_DEVICES",
            vec![("CUDA_VISIBLE_DEVICES", "")],
        ),
        (
            "supports CUDA 11.7 at most|520",
            vec![("FAKE_CUDA_VERSION", "11070")],
        ),
        (
            "CUDA was initialized before this process was forked|spawn",
            vec![("FAKE_CUDA_FAIL", "cuInit:1=3")],
        ),
        (
            "initializing CUDA failed: CUDA error 12345",
            vec![("FAKE_CUDA_FAIL", "cuInit:1=12345")],
        ),
    ] {
        succeeded(&run(SCENE, parts, &settings));
    }
}

#[test]
fn a_driver_that_starts_and_shows_no_device_is_an_error() {
    let test = "drivers::a_driver_that_starts_and_shows_no_device_is_an_error";
    alone(test, || {
        let stage = Stage::new();
        assert_eq!(cuda::devices().expect("devices").len(), 2);
        stage.fake.configure("FAKE_CUDA_DEVICES", "0");
        stage.fake.fakeCudaReset().expect("a reset");
        let config = tour::config(&stage.data, Route::Copied);
        for error in [
            cuda::devices().expect_err("no device"),
            Loader::open(&config).expect_err("no device"),
        ] {
            let said = error.to_string();
            assert!(said.contains("no CUDA device is visible"), "{said}");
        }
    });
}

#[test]
fn an_error_that_users_can_do_something_about_says_what() {
    for (code, advice) in [
        (
            "STUB_LIBRARY (34)",
            "remove its folder from LD_LIBRARY_PATH",
        ),
        ("DEVICE_UNAVAILABLE (46)", "compute mode"),
        ("INVALID_DEVICE (101)", "CUDA_VISIBLE_DEVICES"),
        ("SYSTEM_NOT_READY (802)", "nvidia-fabricmanager"),
        ("SYSTEM_DRIVER_MISMATCH (803)", "reboot"),
        ("COMPAT_NOT_SUPPORTED_ON_DEVICE (804)", "cuda-compat"),
        ("UNKNOWN (999)", "nvidia_uvm"),
    ] {
        let number: String = code.chars().filter(char::is_ascii_digit).collect();
        let parts = format!("initializing CUDA failed: CUDA_ERROR_{code}: |{advice}");
        let failure = format!("cuInit:1={number}");
        succeeded(&run(SCENE, &parts, &[("FAKE_CUDA_FAIL", &failure)]));
    }
}

#[test]
fn a_device_that_is_too_old_is_refused_by_name() {
    let three = ("FAKE_CUDA_DEVICES", "3");
    for capability in ["7.2", "6.1"] {
        let parts = format!(
            "cuda:2 (Fake GPU) has compute capability {capability}, and 7.5 or newer is needed"
        );
        let settings = [three, ("FAKE_CUDA_CAPABILITY", capability)];
        succeeded(&run(SCENE, &parts, &settings));
    }
    // The oldest that will do has another problem here.
    let settings = [
        three,
        ("FAKE_CUDA_CAPABILITY", "7.5"),
        ("FAKE_CUDA_FAIL", "cuDevicePrimaryCtxRetain:*=201"),
    ];
    let parts = "taking the device's primary context failed: CUDA_ERROR_INVALID_CONTEXT (201)";
    succeeded(&run(SCENE, parts, &settings));
}

#[test]
fn a_device_without_memory_for_a_context_is_an_error_that_points_at_others() {
    let settings = [
        ("FAKE_CUDA_DEVICES", "3"),
        ("FAKE_CUDA_MEMORY", "12345678"),
        ("FAKE_CUDA_FAIL", "cuDevicePrimaryCtxRetain:*=2"),
    ];
    let parts = "no memory on cuda:2 for a context: other processes may hold its 12345678 bytes|\
                 CUDA_ERROR_OUT_OF_MEMORY (2)|nvidia-smi";
    succeeded(&run(SCENE, parts, &settings));
    let failures = "cuDevicePrimaryCtxRetain:*=2,cuDeviceTotalMem_v2:*=999";
    let settings = [settings[0], ("FAKE_CUDA_FAIL", failures)];
    let parts = "asking for a device's properties failed: CUDA_ERROR_UNKNOWN (999)";
    succeeded(&run(SCENE, parts, &settings));
}

#[test]
fn a_kernel_that_cannot_be_compiled_is_an_error_with_the_drivers_log() {
    let three = ("FAKE_CUDA_DEVICES", "3");
    for (parts, failure) in [
        (
            "(222)|update NVIDIA's driver to 520|the driver says: ptxas fatal   : Unsupported .version",
            "222",
        ),
        (
            "(221)|libnvidia-ptxjitcompiler.so.1|the driver says: PTX JIT compiler library not found",
            "221",
        ),
        ("(223)|unset CUDA_DISABLE_PTX_JIT", "223"),
        ("compiling kernels for this device failed", "209"),
    ] {
        let failures = format!("cuModuleLoadDataEx:*={failure}");
        succeeded(&run(SCENE, parts, &[three, ("FAKE_CUDA_FAIL", &failures)]));
    }
}

#[test]
fn a_library_that_is_no_driver_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fs::write(folder.path().join("libcuda.so.1"), "no library").expect("a file");
    let parts = "no CUDA driver|install NVIDIA's driver|device=\"cpu\"";
    succeeded(&run_with(folder.path(), SCENE, parts, &[]));
}

#[test]
fn a_driver_that_lacks_a_function_is_an_error_that_names_it() {
    for function in functions() {
        let folder = fake_cuda::without(function);
        if function == OPTIONAL {
            succeeded(&run_with(&folder, SCENE, "does not exist", &[]));
            continue;
        }
        let parts = format!("the CUDA driver lacks {function}|520");
        succeeded(&run_with(&folder, SCENE, &parts, &[]));
        fs::remove_dir_all(folder).expect("a copy is removed");
    }
}
