//! Pixels to pixels: plain functions on slices.

pub mod adjust;
pub mod bounds;
pub mod color;
pub mod components;
pub mod displace;
pub mod distance;
pub mod draw;
pub mod erase;
pub mod filter;
pub mod flip;
pub mod levels;
pub mod moments;
pub mod noise;
pub mod perspective;
pub mod place;
pub mod point;
pub mod raster;
pub mod reference;
pub mod resize;
pub mod scale;
pub mod taps;
pub mod warp;
mod wide;
