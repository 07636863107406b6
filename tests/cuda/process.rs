//! Tests in processes of their own: a process has one driver and one set of contexts, and where the
//! driver is found is decided when the process starts.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs, thread};

/// Names the test to the process that runs its body, and what it is to do there.
const BODY: &str = "IMAGEPIPE_CUDA_TEST";
const TASK: &str = "IMAGEPIPE_CUDA_TASK";

/// A process that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(400);

/// Runs the body of a test in a process of its own, with the fake driver; `test` is its name. What
/// is wrong there is a panic here.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if is_body(test) {
        body();
    } else {
        succeeded(&run(test, "", &[]));
    }
}

/// As [`alone`], with a driver that lacks a function.
pub(crate) fn alone_without(function: &str, test: &str, body: impl FnOnce()) {
    if is_body(test) {
        body();
    } else {
        let folder = fake_cuda::without(function);
        succeeded(&run_with(&folder, test, "", &[]));
    }
}

/// What the process is to do if it is the one that runs the body of `test`.
pub(crate) fn task(test: &str) -> Option<String> {
    is_body(test).then(|| env::var(TASK).unwrap_or_default())
}

fn is_body(test: &str) -> bool {
    let is_body = env::var(BODY).is_ok_and(|name| name == test);
    if is_body {
        thread::spawn(|| {
            thread::sleep(LIMIT);
            eprintln!("the process hangs");
            std::process::abort();
        });
    }
    is_body
}

/// Runs the body of `test` on a task in a process that finds the fake driver.
pub(crate) fn run(test: &str, task: &str, settings: &[(&str, &str)]) -> Output {
    let library = fake_cuda::library();
    let folder = library.parent().expect("a file is in a folder");
    run_with(folder, test, task, settings)
}

/// As [`run`], with the driver of a folder.
pub(crate) fn run_with(folder: &Path, test: &str, task: &str, settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env::current_exe().expect("a test has a path"));
    command.args([
        "--exact",
        test,
        "--nocapture",
        "--test-threads=1",
        "--include-ignored",
    ]);
    let inherited = env::var("LD_LIBRARY_PATH").unwrap_or_default();
    command.env(
        "LD_LIBRARY_PATH",
        format!("{}:{inherited}", folder.display()),
    );
    command.env(BODY, test).env(TASK, task);
    command.envs(settings.iter().copied());
    command.output().expect("the test can be run again")
}

/// Checks that a process succeeded, and shows what it has to say.
#[track_caller]
pub(crate) fn succeeded(output: &Output) {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    // No test of this name would be a success, too.
    assert!(out.contains("1 passed"), "no such test: {out}");
    eprintln!("{err}");
}

/// Waits until no worker runs in this process, and says how many do that never end. A thread that
/// was joined may still be listed for a moment.
pub(crate) fn workers() -> usize {
    let patience = 1000;
    for _ in 0..patience {
        if listed_workers() == 0 {
            return 0;
        }
        thread::sleep(Duration::from_millis(5));
    }
    listed_workers()
}

fn listed_workers() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("imagepipe-")).count()
}
