//! The rules of the driver, on copies of the shared library with a state of their own.
#![allow(clippy::unwrap_used, reason = "a test may fail by it")]

mod order;
mod support;
