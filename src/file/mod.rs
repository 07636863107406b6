//! Files: reading one into reused memory or mapping it, listing whole directory trees, doing the
//! same with many at once, and writing files whole or not at all.

mod append;
mod atomic;
mod base;
mod csv;
mod map;
mod names;
mod natural;
mod parallel;
mod read;
mod regular;
mod scan;
mod signature;

pub use append::Appender;
pub use atomic::{Output, check_free, make_directory, write_whole};
pub use base::Base;
pub use csv::{Columns, Csv, LARGEST_NUMBER, line_error, may_be_csv, whole_number};
pub use map::{Map, RandomAccess};
pub use names::{
    IMAGE_ENDINGS, check_inside, is_address, is_clutter, is_image, name_hint, or_here,
    path_identity, quoted,
};
pub use natural::natural_order;
pub use parallel::each;
pub use read::{append_file, check_readable, peek, read_into, read_stamped};
pub use regular::Stamp;
pub use scan::{Folder, Listing, scan};
pub use signature::{Foreign, SIGNATURE};
