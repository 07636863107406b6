//! Plain loops, compiled for wider vectors too. What they compute is the same: nothing is put in
//! another order, and only what is written as `mul_add`, which rounds once everywhere, is fused.

#[cfg(target_arch = "x86_64")]
use crate::simd::Avx2;

/// Does some work, in code that is compiled for AVX2 and FMA where the processor has them.
///
/// The work is written down twice, because the compiler makes code for AVX2 of a closure only if it
/// is part of the function that calls it, and it is sure to be if that is the only one.
macro_rules! widely {
    (|| $work:expr $(,)?) => {
        match $crate::image::wide::detect() {
            Some(wide) => wide.run(|| $work),
            None => $work,
        }
    };
}

/// Defines a function whose body is compiled for AVX2 and FMA too: see [`widely!`].
macro_rules! wide {
    (
        $(#[$attribute:meta])*
        $visible:vis fn $name:ident $(<$($of:ident: $bound:path),+>)?
        ($($argument:ident: $type:ty),+ $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        $visible fn $name $(<$($of: $bound),+>)? ($($argument: $type),+) $(-> $result)? {
            #[inline(always)]
            fn plain $(<$($of: $bound),+>)? ($($argument: $type),+) $(-> $result)? $body
            $crate::image::wide::widely!(|| plain($($argument),+))
        }
    };
}

pub(super) use {wide, widely};

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
        #[target_feature(enable = "avx2,fma")]
        fn wide<R>(_: Avx2, work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: an `Avx2` is proof that the processor has both.
        unsafe { wide(self.avx2, work) }
    }

    /// There are none.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn run<R>(self, _: impl FnOnce() -> R) -> R {
        match self.none {}
    }
}
