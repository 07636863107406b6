//! What files of random images are called, and which of them are there.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Request;
use crate::codec::Format;
use crate::error::{Error, Result};
use crate::file::make_directory;
use crate::write::{is_number, plain_name};

/// The longest name that file systems take, in bytes.
const LONGEST: usize = 255;

/// The paths of all images, none of which is written down.
#[derive(Debug)]
pub(super) struct Names {
    folder: PathBuf,
    name: String,
    extension: &'static str,
    count: u64,
    classes: u64,
    /// Digits of a class' number: as many as the last one needs, so that they sort by number.
    digits: usize,
}

/// Images that are there before a run.
#[derive(Debug)]
pub(super) struct Found {
    /// The first that has the name of one of these.
    pub(super) own: Option<PathBuf>,
    /// The first that is named like these, with a number beyond them.
    pub(super) beyond: Option<PathBuf>,
}

impl Names {
    pub(super) fn new(request: &Request) -> Result<Self> {
        let Request { folder, name, count, classes, .. } = request;
        let extension = match request.format {
            Format::Png => ".png",
            Format::Bmp => ".bmp",
            _ => ".jpg",
        };
        if *count == 0 {
            return Err(Error::argument("count", count, "at least 1"));
        }
        if classes > count {
            return Err(Error::argument("classes", classes, format!("between 0 and count={count}")));
        }
        let last = count - 1;
        plain_name("name", name)?;
        if format!("{name}{last}{extension}").len() > LONGEST {
            return Err(Error::argument("name", format!("{name:?}"), "shorter: file names have at most 255 bytes"));
        }
        let digits = classes.saturating_sub(1).to_string().len().max(4);
        Ok(Self { folder: folder.clone(), name: name.clone(), extension, count: *count, classes: *classes, digits })
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Where image `number` goes.
    pub(super) fn path(&self, number: u64) -> PathBuf {
        let file = format!("{}{number}{}", self.name, self.extension);
        self.folder(number.checked_rem(self.classes).unwrap_or_default()).join(file)
    }

    /// The directory of a class; that of all, if there are none.
    fn folder(&self, class: u64) -> PathBuf {
        if self.classes == 0 {
            return self.folder.clone();
        }
        self.folder.join(format!("class-{class:0digits$}", digits = self.digits))
    }

    /// What is there already. Directories are listed: that is far less work than to ask for each of a million files, and
    /// for the usual empty one none at all.
    pub(super) fn found(&self) -> Result<Found> {
        let (mut own, mut beyond) = (None::<u64>, None::<u64>);
        for class in 0..self.classes.max(1) {
            let folder = self.folder(class);
            let fail = |source| Error::Io { path: folder.clone(), source };
            let entries = match fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder }) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(fail)?,
            };
            for entry in entries {
                let number = self.number_of(entry.map_err(fail)?.file_name().as_bytes());
                let here = number.filter(|number| number.checked_rem(self.classes).is_none_or(|of| of == class));
                let first = if here.is_some_and(|number| number < self.count) { &mut own } else { &mut beyond };
                *first = first.iter().copied().chain(here).min();
            }
        }
        let path = |number: Option<u64>| number.map(|number| self.path(number));
        Ok(Found { own: path(own), beyond: path(beyond) })
    }

    /// The number in a file's name, if it is the name of such an image, of these or beyond.
    fn number_of(&self, file: &[u8]) -> Option<u64> {
        let digits = file.strip_prefix(self.name.as_bytes())?.strip_suffix(self.extension.as_bytes())?;
        std::str::from_utf8(digits).ok().filter(|_| is_number(digits))?.parse().ok()
    }

    pub(super) fn make_directories(&self) -> Result<()> {
        (0..self.classes.max(1)).try_for_each(|class| make_directory(&self.folder(class)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Content, Existing};
    use super::*;
    use crate::pixel::Size;

    fn names(count: u64, classes: u64) -> Names {
        let request = Request {
            folder: "f".into(),
            name: "a".to_owned(),
            size: Size::new(1, 1),
            count,
            format: Format::Bmp,
            seed: 0,
            quality: 75,
            content: Content::Noise,
            classes,
            existing: Existing::Refuse,
            workers: None,
        };
        Names::new(&request).unwrap()
    }

    /// Labels are given out in the order of directories' names, which must be that of their numbers.
    #[test]
    fn classes_sort_by_their_numbers() {
        assert_eq!(names(20_000, 10_000).path(19_999), Path::new("f/class-9999/a19999.bmp"));
        assert_eq!(names(20_000, 10_001).path(0), Path::new("f/class-00000/a0.bmp"));
        assert_eq!(names(20_000, 10_001).path(10_000), Path::new("f/class-10000/a10000.bmp"));
        assert_eq!(names(20_000, 0).path(10_000), Path::new("f/a10000.bmp"));
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let names = names(1000, 0);
        for number in [0, 1, 9, 10, 999] {
            let path = names.path(number);
            assert_eq!(names.number_of(path.file_name().unwrap().as_bytes()), Some(number));
        }
        assert_eq!(names.number_of(b"a1000.bmp"), Some(1000));
        for other in ["a00.bmp", "a007.bmp", "a.bmp", "a-1.bmp", "a1.bmp2", "b1.bmp", "a99999999999999999999.bmp"] {
            assert_eq!(names.number_of(other.as_bytes()), None, "{other}");
        }
    }
}
