//! Listing a million empty files in a thousand class directories, against building the same list
//! with Python's `os.walk`.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers"
)]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and has files of its own"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use imagepipe::dataset::{Dataset, Files, ImageFiles};
use support::{Case, compare, cores, rounds};

const CLASSES: usize = 1000;
const FILES: usize = 1000;

const WALK: &str = "
import os, sys
files = []
for folder, _, names in os.walk(sys.argv[1]):
    files += [(os.path.join(folder, name), folder) for name in names if name.endswith('.JPEG')]
files.sort()
assert len(files) == int(sys.argv[2]), len(files)
";

fn make(root: &Path) {
    for class in 0..CLASSES {
        let folder = root.join(format!("n{class:08}"));
        fs::create_dir(&folder).expect("a class directory");
        for file in 0..FILES {
            fs::File::create(folder.join(format!("n{class:08}_{file}.JPEG")))
                .expect("an empty file");
        }
    }
}

/// The resident memory of this process, in bytes.
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").expect("the process's memory");
    pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok())
        .expect("a number of pages")
        * 4096
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    make(folder.path());
    let root = folder.path().to_path_buf();
    let open = || ImageFiles::new(Files::in_directory(&root, cores()).expect("a dataset"));

    let before = resident();
    let data = open();
    let held = resident().saturating_sub(before);
    let names: usize = (0..data.len())
        .map(|i| {
            data.location(i)
                .path
                .file_name()
                .map_or(0, std::ffi::OsStr::len)
        })
        .sum();
    println!(
        "memory: {:.1} bytes per sample beyond the names ({} samples)",
        (held as f64 - names as f64) / data.len() as f64,
        data.len()
    );
    drop(data);

    let samples = CLASSES * FILES;
    let walk = || {
        let mut python =
            Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
        let status = python
            .args(["-c", WALK])
            .arg(&root)
            .arg(samples.to_string())
            .status();
        assert!(status.expect("Python runs").success());
    };
    let scan = || assert_eq!(open().len(), samples as u64);
    let cases = vec![
        Case::new("os.walk, sorted list", samples, walk),
        Case::new("ours", samples, scan),
    ];
    compare("scan of a million files, warm", rounds(5), cases);
}
