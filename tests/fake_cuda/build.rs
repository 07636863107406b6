//! Link options of the stand-in for libcuda.so.1.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A process that has loaded a copy by its path finds the same copy by this name.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcuda.so.1");
    // Its signal and exit handlers must outlive a dlclose.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
