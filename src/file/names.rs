//! What the names of files say.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use crate::random::{hash_bytes, mix};

/// The endings of the formats that can be decoded, in any case.
pub const IMAGE_ENDINGS: [&str; 11] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "gif", "webp", "pjpeg", "pjp"];

/// Whether a name is an image's, by its ending, so that listing opens no file. What a file is, its bytes say.
#[must_use]
pub fn is_image(name: &[u8]) -> bool {
    name.iter()
        .rposition(|b| *b == b'.')
        .is_some_and(|dot| IMAGE_ENDINGS.iter().any(|ending| name[dot + 1..].eq_ignore_ascii_case(ending.as_bytes())))
}

/// 64 bits for the file `name` in `folder`, or for `name` where that begins with a slash: the same for `a.jpg`, `./a.jpg`
/// and `.//a.jpg`. Nothing is looked up, so links and `..` are taken as they are.
#[must_use]
pub fn path_identity(folder: &Path, name: &[u8]) -> u64 {
    let name = Path::new(OsStr::from_bytes(name));
    let folder = if name.is_absolute() { Path::new("") } else { folder };
    folder
        .components()
        .chain(name.components())
        .filter(|part| *part != Component::CurDir)
        .fold(0, |hash, part| mix(hash ^ hash_bytes(part.as_os_str().as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_one_however_its_path_is_written() {
        let of = |folder: &str, name: &str| path_identity(Path::new(folder), name.as_bytes());
        for (folder, name) in [("x", "./a/b"), ("x/a", "b"), ("./x/", "a//b"), ("x", "a/./b"), (".//x", ".//a/b")] {
            assert_eq!(of(folder, name), of("x", "a/b"), "{folder} {name}");
        }
        assert_eq!(of("x", "/a/b"), of("y", "//a/./b"));
        let others = [("x", "a/../b"), ("x", "ab"), ("x", "b/a"), ("", "a/b"), ("/x", "a/b"), ("x", "/x/a/b")];
        assert!(others.iter().all(|(folder, name)| of(folder, name) != of("x", "a/b")));
    }
}
