//! Plain loops over floats, compiled for wider vectors too. What they compute is the same: nothing
//! is fused or put in another order.

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// Does some work, in code that is compiled for AVX2 where the processor has it.
pub(super) fn widely<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::detect() {
        return with_avx2(avx2, work);
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
fn with_avx2<R>(_: Avx2, work: impl FnOnce() -> R) -> R {
    #[target_feature(enable = "avx2")]
    fn wide<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    // SAFETY: an `Avx2` is proof that the processor has it.
    unsafe { wide(work) }
}
