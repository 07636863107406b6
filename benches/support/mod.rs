//! What the benchmarks share: photographs, a limit to compare with, and alternating rounds.
//!
//! Machines are noisy and their speed drifts, so nothing is measured alone. The cases take turns,
//! and the tables show the median of each and its ratio to the first.
#![allow(dead_code, reason = "each benchmark uses a part")]
#![allow(
    unsafe_code,
    reason = "libjpeg-turbo's own interface is the limit to compare with"
)]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "small numbers"
)]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and has files of its own"
)]

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The photo set `name` ("small" or "large") in `IMAGEPIPE_PHOTOS`, which `make bench` makes and
/// sets.
pub(crate) fn photos(name: &str) -> PathBuf {
    let root = std::env::var_os("IMAGEPIPE_PHOTOS").unwrap_or_else(|| ".photos".into());
    let folder = Path::new(&root).join(name);
    assert!(
        folder.is_dir(),
        "no photographs in {}: use `make bench`, or set IMAGEPIPE_PHOTOS",
        folder.display()
    );
    folder
}

/// All files of a set, in memory.
pub(crate) fn files(folder: &Path) -> Vec<Vec<u8>> {
    paths(folder)
        .iter()
        .map(|path| std::fs::read(path).expect("an image is read"))
        .collect()
}

/// All files of a set.
pub(crate) fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for class in std::fs::read_dir(folder).expect("the set is listed") {
        let class = class.expect("a class directory").path();
        paths.extend(
            std::fs::read_dir(class)
                .expect("a class is listed")
                .map(|file| file.expect("a file").path()),
        );
    }
    paths.sort();
    paths
}

/// Number of threads this process can run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Something to measure: its name, the number of items per call, and the work.
pub(crate) struct Case<'a> {
    pub(crate) name: String,
    pub(crate) items: usize,
    pub(crate) work: Box<dyn FnMut() + 'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: impl Into<String>, items: usize, work: impl FnMut() + 'a) -> Self {
        Self {
            name: name.into(),
            items,
            work: Box::new(work),
        }
    }
}

/// Runs the cases in turn, once to warm up and then `rounds` times, and prints a table. A ratio is
/// the median of the ratios within each round, above 1 if a case is faster than the first.
pub(crate) fn compare(title: &str, rounds: usize, mut cases: Vec<Case<'_>>) {
    let mut rates = vec![Vec::new(); cases.len()];
    for round in 0..=rounds {
        for (case, rates) in cases.iter_mut().zip(&mut rates) {
            let start = Instant::now();
            (case.work)();
            let rate =
                case.items as f64 / start.elapsed().max(Duration::from_nanos(1)).as_secs_f64();
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    println!("\n{title} ({rounds} rounds, {} cores)", cores());
    println!(
        "  {:<44} {:>12} {:>10} {:>9}  {:>15}",
        "", "items/s", "us/item", "ratio", "min .. max"
    );
    for (case, own) in cases.iter().zip(&rates) {
        let ratios: Vec<f64> = own.iter().zip(&rates[0]).map(|(a, b)| a / b).collect();
        let (rate, ratio) = (median(own), median(&ratios));
        let (low, high) = ratios
            .iter()
            .fold((f64::MAX, 0f64), |(l, h), r| (l.min(*r), h.max(*r)));
        println!(
            "  {:<44} {rate:>12.1} {:>10.2} {ratio:>9.3}  {low:>6.3} .. {high:.3}",
            case.name,
            1e6 / rate
        );
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The number of rounds in `IMAGEPIPE_ROUNDS`, or `default`.
pub(crate) fn rounds(default: usize) -> usize {
    std::env::var("IMAGEPIPE_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// libjpeg-turbo through its C interface, with a reused handle and buffer: a plain full decode to
/// RGB, the limit for everything else.
pub(crate) struct Turbo {
    handle: turbojpeg_sys::tjhandle,
    pixels: Vec<u8>,
}

impl Turbo {
    pub(crate) fn new() -> Self {
        // SAFETY: no precondition.
        let handle =
            unsafe { turbojpeg_sys::tj3Init(turbojpeg_sys::TJINIT_TJINIT_DECOMPRESS as c_int) };
        assert!(!handle.is_null(), "a handle for libjpeg-turbo");
        Self {
            handle,
            pixels: Vec::new(),
        }
    }

    /// Decodes a whole image at 1/`denominator` of its size.
    pub(crate) fn decode(&mut self, file: &[u8], denominator: c_int) -> &[u8] {
        use turbojpeg_sys::{
            TJPARAM_TJPARAM_JPEGHEIGHT, TJPARAM_TJPARAM_JPEGWIDTH, TJPF_TJPF_RGB, tj3Decompress8,
            tj3DecompressHeader, tj3Get, tj3SetScalingFactor, tjscalingfactor,
        };
        let scaled = |side: c_int| (side + denominator - 1) / denominator;
        // SAFETY: the handle is valid.
        let header = unsafe { tj3DecompressHeader(self.handle, file.as_ptr(), file.len() as _) };
        assert_eq!(header, 0, "a header");
        // SAFETY: the handle is valid, the parameters are known.
        let size = unsafe {
            [TJPARAM_TJPARAM_JPEGWIDTH, TJPARAM_TJPARAM_JPEGHEIGHT]
                .map(|name| scaled(tj3Get(self.handle, name as c_int)))
        };
        let len = usize::try_from(size[0] * size[1] * 3).expect("a positive size");
        if self.pixels.len() < len {
            self.pixels.resize(len, 0);
        }
        // SAFETY: the handle is valid.
        let scaling = unsafe {
            tj3SetScalingFactor(
                self.handle,
                tjscalingfactor {
                    num: 1,
                    denom: denominator,
                },
            )
        };
        assert_eq!(scaling, 0, "a scale");
        let (format, out) = (TJPF_TJPF_RGB as c_int, self.pixels.as_mut_ptr());
        // SAFETY: the handle is valid, and the buffer holds all rows.
        let code =
            unsafe { tj3Decompress8(self.handle, file.as_ptr(), file.len() as _, out, 0, format) };
        assert_eq!(code, 0, "an image");
        &self.pixels[..len]
    }
}

impl Drop for Turbo {
    fn drop(&mut self) {
        // SAFETY: a valid handle, destroyed once.
        unsafe { turbojpeg_sys::tj3Destroy(self.handle) }
    }
}

/// Decodes all files on `threads` threads, each with its own handle.
pub(crate) fn decode_all(files: &[Vec<u8>], threads: usize, denominator: c_int) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut turbo = Turbo::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(turbo.decode(file, denominator));
                }
            });
        }
    });
}
