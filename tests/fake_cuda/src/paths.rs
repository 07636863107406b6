//! Where the shared library is, under the name that the driver has.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, process};

/// The driver's name.
const NAME: &str = "libcuda.so.1";

/// The shared library as `libcuda.so.1`, in a folder of its own under `target/` that can be put
/// into `LD_LIBRARY_PATH`.
///
/// # Panics
///
/// If the shared library was not built, or cannot be copied.
#[must_use]
pub fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let path = target().join("fake-cuda").join("rust").join(NAME);
            place(
                &fs::read(built()).expect("the shared library can be read"),
                &path,
            );
            path
        })
        .clone()
}

/// A copy that only its caller loads, so that it has a state of its own.
///
/// # Panics
///
/// As [`library`].
#[must_use]
pub fn own_library() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = format!("own-{}-{number}", process::id());
    let path = target().join("fake-cuda").join(folder).join(NAME);
    place(
        &fs::read(built()).expect("the shared library can be read"),
        &path,
    );
    path
}

/// A folder with a copy in which a function cannot be found, as in an older driver.
///
/// # Panics
///
/// If there is no function of this name, or as [`library`].
#[must_use]
pub fn without(name: &str) -> PathBuf {
    let mut bytes = fs::read(built()).expect("the shared library can be read");
    assert!(
        hide(&mut bytes, name),
        "the shared library has no symbol {name}"
    );
    let folder = target().join("fake-cuda").join(format!("without-{name}"));
    place(&bytes, &folder.join(NAME));
    folder
}

/// Changes the first letter of a symbol's name wherever it stands in a table of strings.
fn hide(bytes: &mut [u8], name: &str) -> bool {
    let symbol = format!("\0{name}\0");
    let found = bytes.windows(symbol.len()).enumerate();
    let found: Vec<usize> = found
        .filter(|(_, window)| *window == symbol.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in &found {
        bytes[at + 1] = b'_';
    }
    !found.is_empty()
}

/// Writes a file so that other processes see all of it or nothing.
fn place(bytes: &[u8], path: &Path) {
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).expect("a folder under target can be made");
    let temporary = folder.join(format!(
        "{NAME}.{}.{:?}",
        process::id(),
        std::thread::current().id()
    ));
    fs::write(&temporary, bytes).expect("a file under target can be written");
    fs::rename(&temporary, path).expect("a file under target can be renamed");
}

/// The shared library where cargo puts it, beside the test that runs.
fn built() -> PathBuf {
    let path = deps().join("libfake_cuda.so");
    assert!(path.exists(), "cargo has not built {}", path.display());
    path
}

/// `target/<profile>/deps`, where tests are.
fn deps() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let folder = test.parent().expect("a test is in a folder");
    if folder.ends_with("deps") {
        folder.to_owned()
    } else {
        folder.join("deps")
    }
}

/// `target/<profile>`.
fn target() -> PathBuf {
    deps().parent().expect("deps is in a folder").to_owned()
}
