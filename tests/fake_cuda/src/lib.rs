//! A model of the CUDA driver that checks its caller, for tests on machines without a GPU.
//!
//! The shared library exports the functions of `libcuda.so.1` that this project and the consumers
//! in its tests use, with their true signatures and error codes. Nothing that is asynchronous in
//! CUDA runs when it is enqueued: an operation is a node with predecessors, a schedule chosen by a
//! seed runs it later, and vector clocks find accesses that no event, stream or host wait orders,
//! whatever the schedule. Violations abort the process with a report, or are collected (see
//! `FAKE_CUDA_REPORT` in config.rs).
//!
//! What it cannot see: how threads of the host synchronize with each other (they count as one, so an
//! access that only a missing lock leaves unordered is not found), host reads of memory that a copy
//! may still write, and host writes to parts of pages.
//!
//! A function of the driver is exported by a file of `api/`, which calls `State`; tests call it
//! through the table in `client/driver.rs`.
//!
//! The Rust library is for tests: [`library`] is the path of the shared library, [`client`] loads
//! and calls it.

mod accesses;
mod api;
mod call;
mod capture;
pub mod client;
mod clocks;
pub mod codes;
mod config;
mod copies;
mod events;
mod fault;
mod graph;
mod inject;
mod kernels;
mod memory;
mod modules;
mod paths;
mod pinned;
mod plant;
mod protect;
mod ptx;
mod report;
mod reserve;
mod schedule;
mod state;
mod streams;

pub use paths::{library, own_library, without};
pub use plant::plants;
