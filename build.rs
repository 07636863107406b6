//! Compiles the C shims over libjpeg-turbo against the headers of the very library that is linked
//! in.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=src/codec/jpeg/shim.c");
    println!("cargo:rerun-if-changed=src/codec/jpeg/shim_encode.c");
    println!("cargo:rerun-if-changed=src/codec/jpeg/shim.h");
    let Ok(include) = env::var("DEP_TURBOJPEG_INCLUDE") else {
        panic!(
            "turbojpeg-sys named no include directory: build it from source (its default), not \
             with TURBOJPEG_SOURCE"
        );
    };
    let mut build = cc::Build::new();
    // turbojpeg-sys joins them with commas.
    for folder in include.split(',') {
        build.include(folder);
    }
    build.files(["src/codec/jpeg/shim.c", "src/codec/jpeg/shim_encode.c"]);
    build
        .warnings(true)
        .extra_warnings(true)
        .compile("imagepipe_jpeg_shim");
}
