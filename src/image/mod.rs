//! Pixels to pixels: plain functions on slices.

pub mod adjust;
pub mod filter;
pub mod color;
pub mod erase;
pub mod levels;
pub mod perspective;
pub mod bounds;
pub mod displace;
pub mod flip;
pub mod components;
pub mod distance;
pub mod draw;
pub mod moments;
pub mod noise;
pub mod place;
pub mod point;
pub mod raster;
pub mod reference;
pub mod resize;
pub mod scale;
pub mod taps;
pub mod warp;
mod wide;
