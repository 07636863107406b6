//! Reading images from the page cache: into a reused buffer, into a new one, or mapped.

#![allow(
    unsafe_code,
    clippy::disallowed_methods,
    reason = "the other ways of reading need them"
)]

mod support;

use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use imagepipe::file::{Base, read_into};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use support::{Case, compare, cores, paths, photos, rounds};

/// Reads a byte of each cache line, as a decoder would touch them all.
fn touch(bytes: &[u8]) -> u64 {
    bytes.iter().step_by(64).map(|byte| u64::from(*byte)).sum()
}

fn mapped(path: &PathBuf, flags: MapFlags) -> u64 {
    let file = std::fs::File::open(path).expect("a file");
    let len = usize::try_from(file.metadata().expect("a size").len()).expect("a size");
    // SAFETY: nothing changes the files while they are measured.
    let start = unsafe {
        mmap(
            std::ptr::null_mut(),
            len,
            ProtFlags::READ,
            flags,
            file.as_fd(),
            0,
        )
    }
    .expect("a map");
    // SAFETY: just mapped with this length.
    let sum = touch(unsafe { std::slice::from_raw_parts(start.cast(), len) });
    // SAFETY: just mapped with this length, and no longer used.
    unsafe { munmap(start, len) }.expect("unmapped");
    sum
}

/// Calls `work` with each file, on `threads` threads.
fn each(paths: &[PathBuf], threads: usize, work: impl Fn(&PathBuf, &mut Vec<u8>) -> u64 + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut buffer = Vec::new();
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(work(path, &mut buffer));
                }
            });
        }
    });
}

fn main() {
    for set in ["small", "large"] {
        let paths = paths(&photos(set));
        for threads in [1, cores()] {
            let case = |name: &str, work: fn(&PathBuf, &mut Vec<u8>) -> u64| {
                let paths = &paths;
                Case::new(name, paths.len(), move || each(paths, threads, work))
            };
            let cases = vec![
                case("read into a reused buffer", |path, buffer| {
                    let name = CString::new(path.as_os_str().as_bytes()).expect("a path");
                    let len = read_into(&Base::default(), &name, buffer).expect("a file");
                    touch(&buffer[..len])
                }),
                case("read into a new buffer", |path, _| {
                    touch(&std::fs::read(path).expect("a file"))
                }),
                case("map", |path, _| mapped(path, MapFlags::PRIVATE)),
                case("map, populated", |path, _| {
                    mapped(path, MapFlags::PRIVATE | MapFlags::POPULATE)
                }),
            ];
            compare(
                &format!("read, {set} set, {threads} thread(s)"),
                rounds(9),
                cases,
            );
        }
    }
}
