//! All operations, a file for each family.

mod arithmetic;
mod comparison;
mod flow;
mod list;
mod logic;
mod random;
mod real;
mod rounding;
mod sample;
mod tensor;

use super::operation::Operation;

/// The families.
const FAMILIES: [&[Operation]; 10] = [
    sample::ALL,
    random::ALL,
    arithmetic::ALL,
    real::ALL,
    comparison::ALL,
    rounding::ALL,
    logic::ALL,
    flow::ALL,
    list::ALL,
    tensor::ALL,
];

/// All operations, family by family.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    FAMILIES.into_iter().flatten()
}

/// The operation of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Operation> {
    all().find(|operation| operation.name == name)
}
