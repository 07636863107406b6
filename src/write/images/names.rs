//! What files of random images are called, and which of them are there.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Request;
use crate::codec::Format;
use crate::error::{Error, Result};
use crate::file::make_directory;
use crate::write::{is_digits, is_number, plain_name};

/// The longest name that file systems take, in bytes.
const LONGEST: usize = 255;

/// What the directories of classes are called, before their numbers of so many digits or more.
const CLASS: &str = "class-";
const DIGITS: usize = 4;

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
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The first and the last number whose image is there, where this run puts it.
    pub(super) own: Option<(u64, u64)>,
    /// The first number beyond these whose image is there, where this run would put it.
    pub(super) beyond: Option<u64>,
    /// The first that is named like these, and lies where this run puts no image or another one.
    pub(super) elsewhere: Option<PathBuf>,
}

impl Names {
    pub(super) fn new(request: &Request) -> Result<Self> {
        let extension = match request.format {
            Format::Png => ".png",
            Format::Bmp => ".bmp",
            _ => ".jpg",
        };
        let (count, classes) = (request.count, request.classes);
        if count == 0 {
            return Err(Error::argument("count", count, "at least 1"));
        }
        if classes > count {
            let allowed = format!("between 0 and count={count}");
            return Err(Error::argument("classes", classes, allowed));
        }
        plain_name("name", &request.name)?;
        let names = Self {
            folder: request.folder.clone(),
            name: request.name.clone(),
            extension,
            count,
            classes,
            digits: classes.saturating_sub(1).to_string().len().max(DIGITS),
        };
        names.check_length()?;
        Ok(names)
    }

    fn check_length(&self) -> Result<()> {
        if self.file(self.count - 1).len() <= LONGEST {
            return Ok(());
        }
        let allowed = "shorter: file names have at most 255 bytes";
        Err(Error::argument("name", format!("{:?}", self.name), allowed))
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Where image `number` goes.
    pub(super) fn path(&self, number: u64) -> PathBuf {
        self.folder(self.class_of(number)).join(self.file(number))
    }

    fn file(&self, number: u64) -> String {
        format!("{}{number}{}", self.name, self.extension)
    }

    /// The class of an image; 0 if there are none.
    fn class_of(&self, number: u64) -> u64 {
        number.checked_rem(self.classes).unwrap_or_default()
    }

    /// The directory of a class; that of all, if there are none.
    fn folder(&self, class: u64) -> PathBuf {
        if self.classes == 0 {
            return self.folder.clone();
        }
        self.folder
            .join(format!("{CLASS}{class:0digits$}", digits = self.digits))
    }

    /// What is there already, of a run with other classes too. Directories are listed: that is far
    /// less work than to ask for each of a million files, and for the usual empty one none at all.
    pub(super) fn found(&self) -> Result<Found> {
        let mut found = Found::default();
        let mut classes = Vec::new();
        self.list(
            &self.folder,
            (self.classes == 0).then_some(0),
            &mut found,
            |name| {
                classes.extend(
                    class_of(name).map(|class| (class, self.folder.join(OsStr::from_bytes(name)))),
                );
            },
        )?;
        classes.sort_unstable();
        for (class, folder) in classes.into_iter().filter(|(_, folder)| folder.is_dir()) {
            let ours = class < self.classes && self.folder(class) == folder;
            self.list(&folder, ours.then_some(class), &mut found, |_| ())?;
        }
        Ok(found)
    }

    /// Notes the images in a directory, if it is there, and gives `other` all other names. `class`:
    /// the class of this run whose directory it is; 0 for that of all, if there are none.
    fn list(
        &self,
        folder: &Path,
        class: Option<u64>,
        found: &mut Found,
        mut other: impl FnMut(&[u8]),
    ) -> Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(Error::at(folder))?,
        };
        let mut elsewhere = None;
        for entry in entries {
            let name = entry.map_err(Error::at(folder))?.file_name();
            match self.number_of(name.as_bytes()) {
                None => other(name.as_bytes()),
                Some(number) if class != Some(self.class_of(number)) => {
                    least(&mut elsewhere, number);
                }
                Some(number) if number >= self.count => least(&mut found.beyond, number),
                Some(number) => {
                    let (first, last) = found.own.unwrap_or((number, number));
                    found.own = Some((first.min(number), last.max(number)));
                }
            }
        }
        if let (None, Some(number)) = (&found.elsewhere, elsewhere) {
            found.elsewhere = Some(folder.join(self.file(number)));
        }
        Ok(())
    }

    /// The number in a file's name, if it is the name of such an image, of these or beyond.
    fn number_of(&self, file: &[u8]) -> Option<u64> {
        let digits = file
            .strip_prefix(self.name.as_bytes())?
            .strip_suffix(self.extension.as_bytes())?;
        std::str::from_utf8(digits)
            .ok()
            .filter(|_| is_number(digits))?
            .parse()
            .ok()
    }

    pub(super) fn make_directories(&self) -> Result<()> {
        (0..self.classes.max(1)).try_for_each(|class| make_directory(&self.folder(class)))
    }
}

/// Notes a number if it is the least so far.
fn least(noted: &mut Option<u64>, number: u64) {
    *noted = Some(noted.map_or(number, |least| least.min(number)));
}

/// The number of the class whose directory has this name, in a run of some number of classes.
fn class_of(name: &[u8]) -> Option<u64> {
    let number = name
        .strip_prefix(CLASS.as_bytes())
        .filter(|number| number.len() >= DIGITS && is_digits(number))?;
    str::from_utf8(number).ok()?.parse().ok()
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

    /// Labels are given out in the order of directories' names, which must be that of their
    /// numbers.
    #[test]
    fn classes_sort_by_their_numbers() {
        assert_eq!(
            names(20_000, 10_000).path(19_999),
            Path::new("f/class-9999/a19999.bmp")
        );
        assert_eq!(
            names(20_000, 10_001).path(0),
            Path::new("f/class-00000/a0.bmp")
        );
        assert_eq!(
            names(20_000, 10_001).path(10_000),
            Path::new("f/class-10000/a10000.bmp")
        );
        assert_eq!(names(20_000, 0).path(10_000), Path::new("f/a10000.bmp"));
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let names = names(1000, 0);
        for number in [0, 1, 9, 10, 999] {
            let path = names.path(number);
            assert_eq!(
                names.number_of(path.file_name().unwrap().as_bytes()),
                Some(number)
            );
        }
        assert_eq!(names.number_of(b"a1000.bmp"), Some(1000));
        for other in [
            "a00.bmp",
            "a007.bmp",
            "a.bmp",
            "a-1.bmp",
            "a1.bmp2",
            "b1.bmp",
            "a99999999999999999999.bmp",
        ] {
            assert_eq!(names.number_of(other.as_bytes()), None, "{other}");
        }
    }
}
