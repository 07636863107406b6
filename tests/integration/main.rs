//! One binary for all integration tests: one link, one file a subject.

mod codec;
mod engine;
mod images;
mod inspect;
mod jpeg;
mod layers;
mod loader;
mod pictures;
mod records;
mod simd;
mod writing;
