//! What ends a process, or happens at its end: each scene runs in a process of its own.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, ptr};

use fake_cuda::client::{Driver, Report};
use fake_cuda::codes::Code;

use crate::support::{PAGE, assert_code};

/// Names the scene to a process that plays one.
const SCENE: &str = "FAKE_CUDA_TEST_SCENE";

/// The driver with a context that is current, as the environment sets it.
fn start() -> Driver {
    let driver = Driver::load(&fake_cuda::library());
    driver.cuInit(0).unwrap();
    let mut context = 0;
    driver
        .cuDevicePrimaryCtxRetain(&raw mut context, 0)
        .unwrap();
    driver.cuCtxPushCurrent_v2(context).unwrap();
    driver
}

fn allocate(driver: &Driver) -> u64 {
    let mut pointer = 0;
    driver.cuMemAlloc_v2(&raw mut pointer, 64).unwrap();
    pointer
}

/// Runs a scene in a new process.
fn play(scene: &str, settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "--exact",
        "processes::scene",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(SCENE, scene);
    command.envs(settings.iter().copied());
    command.output().unwrap()
}

#[track_caller]
fn assert_died(output: &Output, signal: i32, message: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(signal), "{text}");
    assert!(text.contains(message), "{text}");
}

fn report_path(name: &str) -> PathBuf {
    env::temp_dir().join(format!("fake-cuda-{}-{name}.json", std::process::id()))
}

/// Not a test of its own: plays the scene that the environment names.
#[test]
fn scene() {
    match env::var(SCENE).as_deref() {
        Ok("double-free") => {
            let driver = start();
            let pointer = allocate(&driver);
            driver.cuMemFree_v2(pointer).unwrap();
            driver.cuMemFree_v2(pointer).unwrap_err();
        }
        Ok("host-access") => {
            let pointer = allocate(&start());
            let pointer: *const u8 = ptr::with_exposed_provenance(pointer as usize);
            // SAFETY: there is none; the process dies here, as it should.
            println!("{}", unsafe { pointer.read_volatile() });
        }
        Ok("freed-host") => {
            let (driver, mut host) = (start(), 0);
            driver.cuMemHostAlloc(&raw mut host, PAGE, 1).unwrap();
            let host: *mut u8 = ptr::with_exposed_provenance_mut(host);
            driver.cuMemFreeHost(host.cast()).unwrap();
            // SAFETY: as above.
            unsafe { host.write_volatile(1) };
        }
        Ok("foreign-fault") => {
            start();
            // SAFETY: as above.
            unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
        }
        Ok("fork") => fork(),
        Ok("after-exit") => {
            // Handlers run in reverse order, so this one comes after the driver's.
            // SAFETY: the function lives as long as the process.
            unsafe { libc::atexit(late) };
            start();
        }
        _ => {}
    }
}

fn fork() {
    let driver = start();
    // SAFETY: the child only calls the driver and ends.
    match unsafe { libc::fork() } {
        0 => {
            let mut count = 0;
            let code = driver.cuDeviceGetCount(&raw mut count);
            let is_refused = code == Err(Code::NOT_INITIALIZED);
            // SAFETY: ends the child without running the handlers of its parent.
            unsafe { libc::_exit(i32::from(!is_refused)) };
        }
        child => {
            let mut status = 0;
            // SAFETY: the child is ours, and the status is written.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            println!("child {child} status {status}");
        }
    }
}

/// Calls the driver while the process ends.
extern "C" fn late() {
    let driver = Driver::load(&fake_cuda::library());
    let mut count = 0;
    assert_code(driver.cuDeviceGetCount(&raw mut count), Code::DEINITIALIZED);
}

#[test]
fn a_violation_aborts_with_a_report_on_standard_error() {
    let output = play("double-free", &[]);
    assert_died(
        &output,
        libc::SIGABRT,
        "fake_cuda: double-free in cuMemFree_v2: 0x",
    );
}

#[test]
fn violations_go_to_a_file_if_one_is_named() {
    let path = report_path("double-free");
    let output = play(
        "double-free",
        &[("FAKE_CUDA_REPORT", path.to_str().unwrap())],
    );
    assert!(output.status.success(), "{output:?}");
    let report = Report::read(&fs::read_to_string(&path).unwrap());
    fs::remove_file(&path).unwrap();
    assert_eq!(report.kinds(), ["double-free"]);
    assert_eq!(report.counts["cuMemFree_v2"], 2);
}

#[test]
fn host_access_to_device_memory_is_reported() {
    let output = play("host-access", &[]);
    assert_died(&output, libc::SIGABRT, "fake_cuda: host-access: ");
    let path = report_path("host-access");
    let output = play(
        "host-access",
        &[("FAKE_CUDA_REPORT", path.to_str().unwrap())],
    );
    assert_died(&output, libc::SIGSEGV, "");
    let report = Report::read(&fs::read_to_string(&path).unwrap());
    fs::remove_file(&path).unwrap();
    assert_eq!(report.kinds(), ["host-access"]);
}

#[test]
fn host_access_to_freed_pinned_memory_is_reported() {
    let output = play("freed-host", &[]);
    assert_died(&output, libc::SIGABRT, "fake_cuda: use-after-free: ");
}

#[test]
fn other_faults_are_left_to_others() {
    let output = play("foreign-fault", &[]);
    assert_died(&output, libc::SIGSEGV, "");
}

#[test]
fn a_call_in_a_forked_child_is_reported() {
    let output = play("fork", &[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("fake_cuda: forked in cuDeviceGetCount: "),
        "{text}"
    );
    let path = report_path("fork");
    let output = play("fork", &[("FAKE_CUDA_REPORT", path.to_str().unwrap())]);
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.split_once("child "));
    let child = line.unwrap().1.strip_suffix(" status 0").unwrap();
    let of_child = format!("{}.{child}", path.display());
    let found = fs::read_to_string(&of_child).unwrap();
    assert!(found.contains("forked child"), "{found}");
    fs::remove_file(&of_child).unwrap();
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_call_after_the_exit_began_is_reported() {
    let output = play("after-exit", &[]);
    assert_died(
        &output,
        libc::SIGABRT,
        "fake_cuda: after-exit in cuDeviceGetCount",
    );
    let path = report_path("after-exit");
    let output = play(
        "after-exit",
        &[("FAKE_CUDA_REPORT", path.to_str().unwrap())],
    );
    assert!(output.status.success(), "{output:?}");
    let report = Report::read(&fs::read_to_string(&path).unwrap());
    fs::remove_file(&path).unwrap();
    assert_eq!(report.kinds(), ["after-exit"]);
}

#[test]
fn settings_that_cannot_be_right_are_refused() {
    let output = play("double-free", &[("FAKE_CUDA_PLANT", "no-such-bug")]);
    assert_died(
        &output,
        libc::SIGABRT,
        "FAKE_CUDA_PLANT: no bug \"no-such-bug\"",
    );
}
