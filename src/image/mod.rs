//! Pixels to pixels: plain functions on slices.

pub mod place;
pub mod reference;
pub mod resize;
