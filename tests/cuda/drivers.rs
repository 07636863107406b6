//! Drivers that cannot be used, and what is said of them.

use std::fs;

use imagepipe::cuda::Route;
use imagepipe::loader::Loader;
use imagepipe::tensor::Device;

use crate::data::Data;
use crate::failures::functions;
use crate::process::{run, run_with, succeeded, task};
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
            "initializing CUDA failed|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)",
            vec![("FAKE_CUDA_FAIL", "cuInit:1=803")],
        ),
    ] {
        succeeded(&run(SCENE, parts, &settings));
    }
}

#[test]
fn a_kernel_that_cannot_be_compiled_is_an_error_with_the_drivers_log() {
    let three = ("FAKE_CUDA_DEVICES", "3");
    for (parts, failure) in [
        (
            "(222)|the driver says: ptxas fatal   : Unsupported .version",
            "222",
        ),
        (
            "(221)|the driver says: PTX JIT compiler library not found",
            "221",
        ),
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
