//! Compiles `cuda/convert.cu` as C++.

fn main() {
    for file in ["host.cpp", "../../cuda/host.h", "../../cuda/convert.cu"] {
        println!("cargo:rerun-if-changed={file}");
    }
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        // Nothing of the library is used: whoever links this needs no C++ at run time.
        .cpp_link_stdlib(None)
        .flags(["-fno-exceptions", "-fno-rtti"])
        .flag_if_supported("-Wno-unknown-pragmas")
        .include("../../cuda")
        .file("host.cpp")
        .warnings(true)
        .extra_warnings(true)
        .compile("imagepipe_host_kernels");
}
