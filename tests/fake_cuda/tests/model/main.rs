//! The rules of the driver, on copies of the shared library with a state of their own.
#![allow(clippy::unwrap_used, reason = "a test may fail by it")]

mod captures;
mod contexts;
mod failures;
mod hangs;
mod kernels;
mod memory;
mod oracle;
mod order;
mod pinned;
mod pipeline;
mod processes;
mod support;
