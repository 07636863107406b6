//! Memory that batches are made of: aligned, reused, written by many threads at once without locks.

mod arena;
mod block;
mod buffer;
mod field;
mod pool;

pub use arena::{Arena, Slot, Whole};
pub use block::Block;
pub use buffer::{ALIGNMENT, Allocator, Buffer, Device, Host};
pub use field::Field;
pub use pool::{Lease, Pool};
