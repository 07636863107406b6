//! Operations that are done together where that takes less time than one after the other.

mod decoding;
mod geometry;
mod tables;

use super::check::check;
use super::description::Description;

pub use geometry::fuse_geometry;

/// Fuses what can be, and moves the places of nodes that are known to fail to where they are then.
pub(super) fn fuse(graph: &mut Description, failing: &mut [(usize, String)]) {
    decoding::fuse(graph);
    let Ok(known) = check(graph) else {
        return;
    };
    let places = tables::fuse(graph, &known.types);
    for (place, _) in failing {
        *place = places[*place];
    }
}
