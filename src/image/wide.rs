//! Plain loops over floats, compiled for wider vectors too. What they compute is the same: nothing
//! is put in another order, and only what is written as `mul_add`, which rounds once everywhere, is
//! fused.

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// Does some work, in code that is compiled for AVX2 and FMA where the processor has it.
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
    #[target_feature(enable = "avx2,fma")]
    fn wide<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    // SAFETY: an `Avx2` is proof that the processor has both.
    unsafe { wide(work) }
/// Does some work, in code that is compiled for AVX2 where the processor has it.
///
/// The work is written down twice, because the compiler makes code for AVX2 of a closure only if it
/// is part of the function that calls it, and it is sure to be if that is the only one.
macro_rules! widely {
    (|| $work:expr) => {
        match $crate::image::wide::detect() {
            Some(wide) => wide.run(|| $work),
            None => $work,
        }
    };
}

pub(super) use widely;

/// Vectors that are wider than those that all processors have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    #[cfg(target_arch = "x86_64")]
    avx2: Avx2,
    #[cfg(not(target_arch = "x86_64"))]
    none: std::convert::Infallible,
}

/// What the processor has.
pub(super) fn detect() -> Option<Wide> {
    #[cfg(target_arch = "x86_64")]
    return Avx2::detect().map(|avx2| Wide { avx2 });
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

impl Wide {
    /// Does some work, in code that is compiled for them.
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
    pub(super) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2")]
        fn wide<R>(_: Avx2, work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: an `Avx2` is proof that the processor has it.
        unsafe { wide(self.avx2, work) }
    }

    /// There are none.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn run<R>(self, _: impl FnOnce() -> R) -> R {
        match self.none {}
    }
}

/// Defines a function that is compiled twice: for AVX2 and FMA too, where the processor has them.
///
/// A closure given to [`widely`] is only compiled for them if the compiler makes it part of its
/// caller, which it does with small ones. The body of such a function always is.
macro_rules! wide {
    (
        $(#[$attribute:meta])*
        $visible:vis fn $name:ident $(<$($of:ident: $bound:path),+>)?
        ($($argument:ident: $type:ty),+ $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        $visible fn $name $(<$($of: $bound),+>)? ($($argument: $type),+) $(-> $result)? {
            #[expect(clippy::inline_always, reason = "it is compiled for its callers' processor")]
            #[inline(always)]
            fn plain $(<$($of: $bound),+>)? ($($argument: $type),+) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            if $crate::simd::Avx2::detect().is_some() {
                #[target_feature(enable = "avx2,fma")]
                fn wide $(<$($of: $bound),+>)? ($($argument: $type),+) $(-> $result)? {
                    plain($($argument),+)
                }
                #[expect(unsafe_code, reason = "calls a function that is compiled for AVX2")]
                // SAFETY: an `Avx2` is proof that the processor has both.
                return unsafe { wide($($argument),+) };
            }
            plain($($argument),+)
        }
    };
}
pub(super) use wide;
