//! All operations, a file for each family.

mod adjust;
mod arguments;
mod arithmetic;
mod axes;
mod boxes;
mod codecs;
mod color;
mod comparison;
mod decode;
mod edges;
mod elements;
mod erase;
mod files;
mod filter;
mod filtered;
mod flow;
mod image;
mod join;
mod levels;
mod list;
mod logic;
mod mixes;
mod moved;
mod noise;
mod part;
mod picture;
mod pixels;
mod points;
mod policies;
mod processing;
mod random;
mod real;
mod rectangle;
mod render;
mod rounding;
mod sample;
mod sequence;
mod shapes;
mod table;
mod tensor;
mod view;

use super::operation::Operation;

pub use decode::Decoding;
pub(super) use image::samples_points;
pub(super) use part::after_decoding;
pub(super) use sample::{HASHED_SEED, LOADER_IMAGE};
pub use shapes::Shapes;
pub(super) use table::{LOOK_UP, cost_of_bytes};

/// The families.
const FAMILIES: &[&[Operation]] = &[
    sample::ALL,
    random::ALL,
    arithmetic::ALL,
    real::ALL,
    comparison::ALL,
    rounding::ALL,
    logic::ALL,
    flow::ALL,
    list::ALL,
    sequence::ALL,
    tensor::ALL,
    points::ALL,
    rectangle::ALL,
    boxes::ALL,
    view::ALL,
    files::ALL,
    decode::ALL,
    codecs::ALL,
    image::ALL,
    filter::ALL,
    edges::ALL,
    color::ALL,
    processing::ALL,
    erase::ALL,
    adjust::ALL,
    levels::ALL,
    moved::ALL,
    noise::ALL,
    policies::ALL,
    mixes::ALL,
    render::ALL,
    shapes::ALL,
];

/// All operations, family by family.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    FAMILIES.iter().copied().flatten()
}

/// The operation of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Operation> {
    all().find(|operation| operation.name == name)
}
