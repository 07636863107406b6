//! JPEG files made from a seed, valid and damaged, and the comparison of the two decoders over
//! them.
//!
//! An encoder of images makes the files that encoders make. These are the files that a decoder
//! must be ready for: each is a [`Recipe`] of independent knobs, filled with coefficients that no
//! forward transform need ever have produced. Nothing here is read from disk, and everything is a
//! pure function of a seed, so a failure is named by a number.
//!
//! Included by `#[path]`: by the integration tests, and by the fuzz targets under `fuzz/`.
#![allow(dead_code, reason = "each user takes a part")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "fields of a file are cut out of wider numbers everywhere here"
)]
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "coefficients go in and out of bit fields"
)]

pub(crate) mod blocks;
pub(crate) mod compare;
pub(crate) mod damage;
pub(crate) mod file;
pub(crate) mod huffman;
pub(crate) mod random;
pub(crate) mod recipe;
pub(crate) mod scan;

pub(crate) use random::Random;
pub(crate) use recipe::Recipe;

/// The file of `seed`, and what it was made by.
pub(crate) fn generate(seed: u64) -> (Recipe, Vec<u8>) {
    let recipe = Recipe::random(&mut Random::new(seed));
    let bytes = file::write(&recipe);
    (recipe, bytes)
}
