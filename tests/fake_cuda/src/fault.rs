//! The handler of SIGSEGV, which turns writes to memory that a device still reads, and host access
//! to device memory, into violations.
//!
//! The faults are those of the caller's own instructions, outside of the driver, so the handler may
//! take the driver's lock and allocate.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem;
use std::sync::OnceLock;

use crate::call;
use crate::reserve;
use crate::schedule;
use crate::state::State;

static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

/// How often an instruction may fault at one address before the fault is passed on: another thread
/// may have released the page between the fault and the handler.
const RETRIES: u32 = 100;

thread_local! {
    static LAST: Cell<(usize, u32)> = const { Cell::new((0, 0)) };
}

enum Verdict {
    /// The access may be tried again.
    Retry,
    /// The fault is not ours.
    Pass,
}

/// Installs the handler, once a process.
pub(crate) fn install() {
    PREVIOUS.get_or_init(|| {
        // SAFETY: all zeros is a valid sigaction.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_fault;
        action.sa_sigaction = handler as usize;
        // Not on the alternate stack, which is small: these faults are not stack overflows.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        // SAFETY: as above.
        let mut previous: libc::sigaction = unsafe { mem::zeroed() };
        // SAFETY: both point at structs of the right type; the handler lives as long as the
        // process, since the library is never unloaded.
        unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, &raw mut previous) };
        previous
    });
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo_t of a fault.
    let address = unsafe { (*info).si_addr() } as usize;
    if matches!(verdict(address), Verdict::Pass) {
        pass_on(signal, info, context);
    }
}

fn verdict(address: usize) -> Verdict {
    if call::is_inside() {
        let operation = schedule::running();
        let operation = operation.as_deref().unwrap_or("no operation");
        eprintln!(
            "fake_cuda: fault at {address:#x} inside the driver, by a wrong pointer of its caller, \
             or in host memory that is gone; the last operation was {operation}"
        );
        return Verdict::Pass;
    }
    if call::is_forked() {
        return Verdict::Pass;
    }
    call::locked(|state| state.judge(address))
}

impl State {
    fn judge(&mut self, address: usize) -> Verdict {
        self.function = "";
        if reserve::contains(address as u64) {
            let place = self.memory.describe(address as u64);
            self.violate(
                "host-access",
                format!("the host accessed device memory: {place}"),
            );
            return Verdict::Pass;
        }
        if self.freed_holds(address) {
            self.violate(
                "use-after-free",
                format!("the host accessed freed memory at {address:#x}"),
            );
            return Verdict::Pass;
        }
        if let Some(name) = self.protection.holder(address) {
            let message = format!("the host wrote at {address:#x}, which {name} may still read");
            self.violate("host-write", message);
            self.protection.lift(&(address..address + 1));
            return Verdict::Retry;
        }
        let was_ours = self.pinned.range(..=address).next_back();
        let was_ours = was_ours.is_some_and(|(start, pinned)| address < start + pinned.bytes);
        if was_ours && retries(address) < RETRIES {
            Verdict::Retry
        } else {
            Verdict::Pass
        }
    }
}

/// Counts faults in a row at one address.
fn retries(address: usize) -> u32 {
    let (last, count) = LAST.get();
    let count = if last == address { count + 1 } else { 0 };
    LAST.set((address, count));
    count
}

/// Calls the handler that was there before, or lets the process die of the fault.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(previous) = PREVIOUS.get() else {
        return;
    };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: all zeros is the default action.
            let default: libc::sigaction = unsafe { mem::zeroed() };
            // SAFETY: the struct is of the right type; the instruction faults again on return.
            unsafe { libc::sigaction(signal, &raw const default, std::ptr::null_mut()) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: with SA_SIGINFO the address is a function of this type.
            let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                unsafe { mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO the address is a function of this type.
            let handler: extern "C" fn(c_int) = unsafe { mem::transmute(handler) };
            handler(signal);
        }
    }
}
