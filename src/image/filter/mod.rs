//! Filters: pixels made of the pixels around them.
//!
//! Sums are in whole numbers where those are exact, or in floats that are never fused and always
//! added in one order, so that they are the same on every processor.

#![expect(
    clippy::needless_range_loop,
    reason = "blocks are arrays of one length, several of which are indexed"
)]
#![expect(
    clippy::inline_always,
    reason = "loops are compiled for the caller's processor, and for its numbers of elements"
)]

pub mod bilateral;
mod bytes;
pub mod canny;
pub mod clahe;
pub mod derivative;
pub mod kernel;
pub mod mean;
pub mod median;
pub mod sharpen;
pub mod smooth;
pub mod weigh;
mod window;
