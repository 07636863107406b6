//! What the vector code of several modules shares: proof that the processor has the instructions,
//! loads and stores, and arrangements of bytes and words.
//!
//! A module keeps its kernels to itself: functions with `#[target_feature]`, one of which it calls
//! behind an [`Avx2`]. What is here takes references to arrays of the right size and returns
//! vectors, and is compiled into the kernel that calls it.

mod arrange;
mod memory;

pub(crate) use arrange::{factors, interleave, transpose};
pub(crate) use memory::{load, load_both, load_eight, load_half, load_twice, store};

/// Proof that the processor has AVX2 and what comes with it: BMI1, BMI2, FMA and LZCNT. Calling a
/// function that is compiled for these instructions is safe where there is a value of this type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the processor (the standard library remembers the answer).
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("lzcnt");
        all.then_some(Self(()))
    }
}
