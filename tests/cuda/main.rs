//! The GPU path against a CUDA driver that checks its caller: batches as consumers of every kind
//! take them, planted bugs, failures of the driver, and the life of what is on the device.
//!
//! Every test runs in a process of its own, which finds the fake driver through `LD_LIBRARY_PATH`
//! under its real name; see [`process`].
#![expect(
    unsafe_code,
    reason = "consumers work on memory that they have as addresses"
)]

mod captures;
mod chance;
mod consumer;
mod data;
mod drivers;
mod ends;
mod failures;
mod habits;
mod hangs;
mod life;
mod plants;
mod process;
mod reads;
mod room;
mod scene;
mod seeds;
mod stage;
mod tour;
