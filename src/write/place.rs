//! Where a run may write: not to where it reads from.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::file::{is_address, or_here};

/// The directory that a run writes to.
#[derive(Debug)]
pub(super) struct Destination<'a> {
    /// The argument that names it.
    argument: &'static str,
    folder: &'a Path,
    real: PathBuf,
}

impl<'a> Destination<'a> {
    /// # Errors
    /// As [`check_destination`].
    pub(super) fn new(argument: &'static str, folder: &'a Path) -> Result<Self> {
        check_destination(argument, folder)?;
        Ok(Self {
            argument,
            folder,
            real: resolved(folder),
        })
    }

    /// An error if it is `source`, or lies in it.
    pub(super) fn outside(&self, source: &Path) -> Result<()> {
        self.refused(
            source,
            "outside of",
            self.real.starts_with(resolved(source)),
        )
    }

    /// An error if it is `source`.
    pub(super) fn apart(&self, source: &Path) -> Result<()> {
        self.refused(source, "other than", self.real == resolved(source))
    }

    fn refused(&self, source: &Path, which: &str, refused: bool) -> Result<()> {
        if !refused {
            return Ok(());
        }
        let allowed = format!(
            "a directory {which} {}, which the images are read from: files written there would \
             become part of it",
            source.display()
        );
        Err(Error::argument(
            self.argument,
            self.folder.display(),
            allowed,
        ))
    }
}

/// Refuses what [`check_local`] refuses, and a directory `~` in the current one: a shell does not
/// expand the `~` of `--output=~/out`.
pub(super) fn check_destination(argument: &'static str, folder: &Path) -> Result<()> {
    check_local(argument, folder)?;
    if folder.starts_with("~") {
        let allowed = "a directory; ~ is not expanded: write the home directory in full, or ./~ \
                       for a directory called ~";
        return Err(Error::argument(
            argument,
            format!("{:?}", folder.display().to_string()),
            allowed,
        ));
    }
    Ok(())
}

/// Refuses what is not a path on this machine: an empty path, which would be the current directory,
/// and addresses such as `gs://bucket/out`, which would be a directory `gs:` in it.
pub(super) fn check_local(argument: &'static str, path: &Path) -> Result<()> {
    let refused = |allowed| {
        Err(Error::argument(
            argument,
            format!("{:?}", path.display().to_string()),
            allowed,
        ))
    };
    if path.as_os_str().is_empty() {
        return refused("a directory; \".\" for the current one");
    }
    if is_address(path) {
        return refused("a path on this machine: remote paths are neither read nor written");
    }
    Ok(())
}

/// An error if an output would replace a list that is read. `lists` come with the arguments that
/// name them.
pub(super) fn refuse_lists<'a>(
    lists: &[(&'static str, PathBuf)],
    outputs: impl Iterator<Item = &'a Path>,
) -> Result<()> {
    if lists.is_empty() {
        return Ok(());
    }
    let lists: Vec<_> = lists
        .iter()
        .map(|(argument, path)| (argument, path, path.canonicalize().ok()))
        .collect();
    for output in outputs.filter_map(|output| output.canonicalize().ok()) {
        if let Some((argument, list, _)) = lists
            .iter()
            .find(|(_, _, real)| real.as_ref() == Some(&output))
        {
            let allowed = "a file that the output does not replace: call it something else, or \
                           write elsewhere";
            return Err(Error::argument(argument, list.display(), allowed));
        }
    }
    Ok(())
}

/// The path without links and dots; it need not exist.
fn resolved(path: &Path) -> PathBuf {
    let path = or_here(path);
    let mut real = PathBuf::new();
    for part in std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .components()
    {
        if part == Component::ParentDir {
            real.pop();
            continue;
        }
        real.push(part);
        if let Ok(found) = real.canonicalize() {
            real = found;
        }
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::make_directory;

    #[test]
    fn links_and_dots_hide_no_source() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make_directory(&at("photos/cat")).unwrap();
        make_directory(&at("photos-too")).unwrap();
        std::os::unix::fs::symlink(at("photos/cat"), at("link")).unwrap();
        let refused = |name: &str| {
            let path = at(name);
            Destination::new("dest_path", &path)
                .unwrap()
                .outside(&at("photos"))
                .is_err()
        };
        for inside in [
            "photos",
            "photos/",
            "photos/new/deep",
            "link",
            "link/new",
            "none/../photos/x",
            "link/../x",
        ] {
            assert!(refused(inside), "{inside}");
        }
        for outside in ["", "photos-too", "photos2", "photos/../new", "link/../../x"] {
            assert!(!refused(outside), "{outside}");
        }
    }
}
