//! From encoded bytes to finished pixels: what becomes of one image.
//!
//! A [`Recipe`] says what to make of every image; it is made of [`Options`], which it checks. The
//! steps: [`Recipe::open`] reads the header, and draws what is left to chance; [`Prepared::decode`]
//! decodes just the pixels that the part of the image takes, at the scale it allows; and
//! [`Loaded::write`] resizes them into the memory where they belong. If they are to be
//! [augmented](crate::augment), that is done to bytes between the two. All working memory is in one
//! [`Scratch`], so nothing is allocated once that has met the largest image.

mod change;
mod codec;
mod exact;
mod finish;
mod geometry;
mod options;
mod reach;
mod recipe;
mod sample;
mod whole;

pub use codec::Codec;
pub use geometry::random_crop;
pub use options::{MAX_PIXELS, Options};
pub use recipe::{Deferred, Recipe, conversion};
pub use sample::{Loaded, Made, Prepared, Scratch};
pub use whole::{Form, decode_whole};

pub use crate::random::Identity;
