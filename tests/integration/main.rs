//! One binary for all integration tests: one link, one file a subject.

mod codec;
mod corpus;
mod engine;
mod images;
mod inspect;
mod jpeg;
mod kernels;
mod layers;
mod loader;
mod records;
mod simd;
mod writing;
