//! What the names of files say.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use crate::random::{hash_bytes, mix};

/// The endings of the formats that can be decoded, in any case.
pub const IMAGE_ENDINGS: [&str; 11] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "bmp", "dib", "gif", "webp", "pjpeg", "pjp",
];

/// Whether a name is an image's, by its ending, so that listing opens no file. What a file is, its
/// bytes say.
#[must_use]
pub fn is_image(name: &[u8]) -> bool {
    name.iter().rposition(|b| *b == b'.').is_some_and(|dot| {
        IMAGE_ENDINGS
            .iter()
            .any(|ending| name[dot + 1..].eq_ignore_ascii_case(ending.as_bytes()))
    })
}

/// The directory that a path is of, where an empty one is the current one.
#[must_use]
pub fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// 64 bits for the file `name` in `folder`, or for `name` where that begins with a slash: the same
/// for `a.jpg`, `./a.jpg` and `.//a.jpg`. Nothing is looked up, so links and `..` are taken as they
/// are.
#[must_use]
pub fn path_identity(folder: &Path, name: &[u8]) -> u64 {
    let name = Path::new(OsStr::from_bytes(name));
    let folder = if name.is_absolute() {
        Path::new("")
    } else {
        folder
    };
    folder
        .components()
        .chain(name.components())
        .filter(|part| *part != Component::CurDir)
        .fold(0, |hash, part| {
            mix(hash ^ hash_bytes(part.as_os_str().as_bytes()))
        })
}

/// Folders that programs make for themselves, wherever files pass through their hands: macOS
/// archives, Synology, QNAP, Windows, `fsck`, Python. What is in them is nobody's data. Those that
/// begin with a dot are left out as hidden.
const CLUTTER: [&str; 7] = [
    "__MACOSX",
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "__pycache__",
];

/// Whether a folder of this name is one that a program made for itself.
#[must_use]
pub fn is_clutter(name: &[u8]) -> bool {
    CLUTTER.iter().any(|clutter| clutter.as_bytes() == name)
}

/// Whether a name in a list of files leaves the directory it is relative to: it is absolute, or has
/// more `..` than folders before them. Nothing is looked up; a link is followed wherever it leads,
/// as everywhere.
fn leaves_folder(name: &[u8]) -> bool {
    let mut depth = 0u64;
    for part in Path::new(OsStr::from_bytes(name)).components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return true,
        }
    }
    false
}

/// Refuses a name in a list of files that leaves its folder.
///
/// # Errors
/// What is wrong, and what allows it.
pub fn check_inside(name: &[u8]) -> Result<(), String> {
    if !leaves_folder(name) {
        return Ok(());
    }
    let how = if name.starts_with(b"/") {
        "is an absolute path"
    } else {
        "leaves its directory with \"..\""
    };
    Err(format!(
        "{} {how}: file names must be relative, and stay inside the directory they are relative \
         to, unless allow_outside=True",
        quoted(name)
    ))
}

/// Whether a path begins with `scheme://`; or with the `scheme:/` that path objects make of it, if
/// there is no such directory.
#[must_use]
pub fn is_address(path: &Path) -> bool {
    let text = path.as_os_str().as_bytes();
    let scheme = text
        .iter()
        .position(|byte| *byte == b':')
        .map_or(&text[..0], |end| &text[..end]);
    let rest = &text[scheme.len()..];
    let is_scheme = scheme.len() > 1
        && scheme[0].is_ascii_alphabetic()
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let first = || {
        path.components()
            .next()
            .is_some_and(|first| Path::new(first.as_os_str()).exists())
    };
    is_scheme && (rest.starts_with(b"://") || rest.starts_with(b":/") && !first())
}

/// What to put behind the error of a file that is not there, if its name seems to be of another
/// system.
#[must_use]
pub fn name_hint(name: &[u8]) -> &'static str {
    if name.contains(&b'\\') {
        "; folders are separated by /, not by a backslash"
    } else {
        ""
    }
}

/// How much of a text that came out of a file is shown.
const SHOWN: usize = 200;

/// A name that a file gives, in quotes, fit for one line of a message: what cannot be printed is
/// escaped, what is long is cut.
#[must_use]
pub fn quoted(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(&name[..name.len().min(4 * SHOWN)]);
    let cut: String = text.chars().take(SHOWN).collect();
    let is_cut = cut.len() < text.len() || text.len() < name.len();
    let more = if is_cut { "..." } else { "" };
    format!("{cut:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_climb_out_or_are_absolute_leave_their_folder() {
        for name in [
            "/a",
            "..",
            "../a",
            "a/../../b",
            "./../a",
            "a/b/../../../c",
            "//a",
        ] {
            assert!(leaves_folder(name.as_bytes()), "{name}");
        }
        for name in [
            "a",
            "./a",
            "a/../b",
            "a/b/../../c",
            "..a",
            "a..",
            ".../b",
            "",
        ] {
            assert!(!leaves_folder(name.as_bytes()), "{name}");
        }
    }

    proptest! {
        /// Joined to a folder, and with its `..` resolved, such a name is in that folder.
        #[test]
        fn a_name_that_does_not_leave_its_folder_is_in_it(
            parts in prop::collection::vec("[ab]|\\.|\\.\\.|", 0..8),
        ) {
            let name = parts.join("/");
            let mut resolved = vec!["root"];
            let mut left = name.starts_with('/');
            for part in &parts {
                match part.as_str() {
                    "" | "." => {}
                    ".." => left |= resolved.pop() == Some("root"),
                    part => resolved.push(part),
                }
            }
            prop_assert_eq!(leaves_folder(name.as_bytes()), left, "{}", name);
        }
    }

    #[test]
    fn what_a_file_says_is_shown_in_one_short_line() {
        assert_eq!(quoted(b"a \"b\""), r#""a \"b\"""#);
        assert_eq!(quoted(b"a\nb\x1b[2J"), r#""a\nb\u{1b}[2J""#);
        let long = quoted(&vec![b'x'; 1 << 20]);
        assert!(
            long.ends_with("\"...") && long.len() < 2 * SHOWN,
            "{}",
            long.len()
        );
    }

    #[test]
    fn one_file_is_one_however_its_path_is_written() {
        let of = |folder: &str, name: &str| path_identity(Path::new(folder), name.as_bytes());
        for (folder, name) in [
            ("x", "./a/b"),
            ("x/a", "b"),
            ("./x/", "a//b"),
            ("x", "a/./b"),
            (".//x", ".//a/b"),
        ] {
            assert_eq!(of(folder, name), of("x", "a/b"), "{folder} {name}");
        }
        assert_eq!(of("x", "/a/b"), of("y", "//a/./b"));
        let others = [
            ("x", "a/../b"),
            ("x", "ab"),
            ("x", "b/a"),
            ("", "a/b"),
            ("/x", "a/b"),
            ("x", "/x/a/b"),
        ];
        assert!(
            others
                .iter()
                .all(|(folder, name)| of(folder, name) != of("x", "a/b"))
        );
    }
}
