//! Files: reading one into reused memory, and listing whole directory trees.

mod read;
mod scan;

pub use read::read_into;
pub use scan::{Folder, Listing, scan};
