//! libjpeg-turbo must have been built with its SIMD code: without it everything still works, at a
//! third of the speed.

use imagepipe::codec::jpeg;

#[test]
fn libjpeg_turbo_has_its_simd_code() {
    assert!(
        jpeg::simd_active(),
        "libjpeg-turbo decodes without SIMD: was it built without nasm, or is JSIMD_FORCENONE set?"
    );
}
