//! What every exported function does first: the lock, the counts, and the rules that hold for all.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::codes::{Code, Result};
use crate::config::Output;
use crate::report::Violation;
use crate::state::State;

/// What must hold for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// Nothing.
    Free,
    /// `cuInit` has succeeded.
    Initialized,
    /// A context is current to the calling thread.
    Context,
    /// As `Context`, and no stream capture forbids calls that it cannot see.
    Unsafe,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
/// Told when what hangs goes on.
static RESUMED: Condvar = Condvar::new();
/// The process that called `cuInit`, or 0.
static PROCESS: AtomicI32 = AtomicI32::new(0);
static IS_EXITING: AtomicBool = AtomicBool::new(false);
static THREADS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
    static THREAD: u64 = THREADS.fetch_add(1, Ordering::Relaxed);
}

/// Serves one call of an exported function.
pub(crate) fn call(
    name: &'static str,
    rule: Rule,
    mut body: impl FnMut(&mut State) -> Result<()>,
) -> c_int {
    if is_forked() {
        report_fork(name);
        return Code::NOT_INITIALIZED.0;
    }
    let mut result = locked(|state| {
        if IS_EXITING.load(Ordering::SeqCst) {
            state.function = name;
            state.violate("after-exit", "called after the process began to exit");
            return Err(Code::DEINITIALIZED);
        }
        state.serve(name, rule, &mut body)
    });
    while result == Err(Code::HANGS) {
        wait_for_resume();
        result = locked(|state| {
            state.function = name;
            body(state)
        });
    }
    Code::from(result).0
}

/// Runs something with the driver's state.
pub(crate) fn locked<T>(body: impl FnOnce(&mut State) -> T) -> T {
    struct Inside;
    impl Drop for Inside {
        fn drop(&mut self) {
            IS_INSIDE.set(false);
        }
    }
    let mut state: MutexGuard<State> = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    IS_INSIDE.set(true);
    let _inside = Inside;
    body(&mut state)
}

/// Waits as long as anything hangs, without keeping others from calling.
fn wait_for_resume() {
    let state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    drop(RESUMED.wait_while(state, |state| state.graph.is_stuck()));
}

/// Has all that hangs go on.
pub(crate) fn resume() {
    locked(State::resume);
    RESUMED.notify_all();
}

/// Whether the calling thread is in the driver.
pub(crate) fn is_inside() -> bool {
    IS_INSIDE.get()
}

/// The number of the calling thread.
pub(crate) fn thread() -> u64 {
    THREAD.with(|thread| *thread)
}

/// Notes that this process has the driver, and what must happen at its exit.
pub(crate) fn adopt_process() {
    // SAFETY: takes nothing and always succeeds.
    let own = unsafe { libc::getpid() };
    if PROCESS.swap(own, Ordering::SeqCst) == 0 {
        // SAFETY: the function lives as long as the process: the library is never unloaded.
        unsafe { libc::atexit(at_exit) };
    }
}

/// Whether this is a child of the process that called `cuInit`.
pub(crate) fn is_forked() -> bool {
    let process = PROCESS.load(Ordering::SeqCst);
    // SAFETY: takes nothing and always succeeds.
    process != 0 && process != unsafe { libc::getpid() }
}

extern "C" fn at_exit() {
    if !is_forked() {
        IS_EXITING.store(true, Ordering::SeqCst);
        locked(|state| state.write_report());
    }
}

/// Reports a call in a child, where another thread may have held the lock when it was made.
fn report_fork(function: &'static str) {
    let message = "called in a forked child of the process that initialized CUDA".to_owned();
    let violation = Violation {
        kind: "forked",
        function,
        message,
    };
    violation.print();
    match std::env::var("FAKE_CUDA_REPORT").ok() {
        None => std::process::abort(),
        Some(path) if path == "-" => {}
        Some(path) => {
            let report = serde_json::json!({"violations": [violation.json()]});
            let _ = std::fs::write(format!("{path}.{}", std::process::id()), report.to_string());
        }
    }
}

impl State {
    fn serve(
        &mut self,
        name: &'static str,
        rule: Rule,
        body: &mut impl FnMut(&mut State) -> Result<()>,
    ) -> Result<()> {
        self.function = name;
        let call = self.report.count(name);
        self.configure();
        self.admit(rule)?;
        let failure = self.config.failure(name, call).cloned();
        match failure {
            Some(failure) if !failure.is_sticky => return Err(failure.code),
            Some(failure) => {
                let result = body(self);
                self.fail_asynchronously(failure.code);
                result?;
            }
            None => body(self)?,
        }
        self.progress();
        Ok(())
    }

    fn admit(&mut self, rule: Rule) -> Result<()> {
        if rule >= Rule::Initialized && !self.is_initialized {
            self.violate("not-initialized", "called before cuInit");
            return Err(Code::NOT_INITIALIZED);
        }
        if rule >= Rule::Context && self.current_context().is_none() {
            self.violate("no-context", "no context is current to the calling thread");
            return Err(Code::INVALID_CONTEXT);
        }
        if rule >= Rule::Initialized
            && let Some(code) = self.sticky
        {
            return Err(code);
        }
        if rule >= Rule::Unsafe {
            self.check_capture_mode()?;
        }
        Ok(())
    }

    /// Notes a violation, and aborts unless the settings say where it goes.
    pub(crate) fn violate(&mut self, kind: &'static str, message: impl Into<String>) {
        let function = self.function;
        let violation = Violation {
            kind,
            function,
            message: message.into(),
        };
        if self.config.output == Output::Abort {
            violation.print();
            std::process::abort();
        }
        self.report.violations.push(violation);
        self.write_report();
    }
}
