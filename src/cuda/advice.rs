//! What users can do about the driver's errors.

use super::api::Status;

/// What helps against an error of the driver, if something is known to.
pub(super) fn advice(status: Status) -> Option<&'static str> {
    let row = ADVICE.iter().find(|(of, _)| *of == status);
    row.map(|(_, advice)| *advice)
}

/// By status.
const ADVICE: [(Status, &str); 10] = [
    // CUDA_ERROR_STUB_LIBRARY
    (
        34,
        "the libcuda.so.1 that was found is the CUDA toolkit's stub: remove its folder from \
         LD_LIBRARY_PATH",
    ),
    // CUDA_ERROR_DEVICE_UNAVAILABLE
    (
        46,
        "another process may have the device to itself, or its compute mode may be Prohibited: \
         see `nvidia-smi -q -d COMPUTE`",
    ),
    // CUDA_ERROR_INVALID_DEVICE
    (
        101,
        "check that CUDA_VISIBLE_DEVICES names devices, or MIG instances, that `nvidia-smi -L` \
         lists",
    ),
    // CUDA_ERROR_JIT_COMPILER_NOT_FOUND
    (
        221,
        "libnvidia-ptxjitcompiler.so.1 is missing: reinstall NVIDIA's driver (in a container, \
         NVIDIA_DRIVER_CAPABILITIES must include compute)",
    ),
    // CUDA_ERROR_UNSUPPORTED_PTX_VERSION
    (222, "update NVIDIA's driver to 520 or newer"),
    // CUDA_ERROR_JIT_COMPILATION_DISABLED
    (223, "unset CUDA_DISABLE_PTX_JIT"),
    // CUDA_ERROR_SYSTEM_NOT_READY
    (
        802,
        "on a machine with NVSwitch, the service nvidia-fabricmanager must be running, in the \
         driver's version",
    ),
    // CUDA_ERROR_SYSTEM_DRIVER_MISMATCH
    (
        803,
        "libcuda.so.1 and the kernel module are of different driver versions: reboot after an \
         update of the driver (in a container, use the host's libcuda.so.1, not the image's)",
    ),
    // CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE
    (
        804,
        "the cuda-compat package does not support this GPU: remove it, or its folder from \
         LD_LIBRARY_PATH, and update NVIDIA's driver if need be",
    ),
    // CUDA_ERROR_UNKNOWN
    (
        999,
        "see the kernel's log (dmesg); if the machine was suspended, reload the kernel module \
         nvidia_uvm",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_one_line_and_comes_once_for_each_error() {
        for (status, text) in ADVICE {
            assert_eq!(advice(status), Some(text));
            assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
        }
        assert_eq!(advice(700), None);
    }
}
