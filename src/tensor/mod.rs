//! Memory that batches are made of: aligned, reused, written by many threads at once without locks.

mod arena;
mod buffer;
mod pool;

pub use arena::{Arena, Slot};
pub use buffer::{ALIGNMENT, Buffer};
pub use pool::{Lease, Pool};
