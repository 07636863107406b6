//! Random images: files of noise, or of scenes that cost as much as photographs, as many as are
//! wanted.
//!
//! Image `n` is a function of the seed, of `n` and of the options, so images can be made by any
//! worker, in any order, and made again. Seed and number are keys of their own: no image of one
//! seed is one of another. Pixels do not depend on the file format.
//!
//! Files appear whole or not at all, but are not flushed to the disk one by one: what the system
//! has not written out when the power fails is lost.

mod job;
mod names;
mod natural;
mod noise;

use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use super::place::check_destination;
use super::{Existing, Written, workers};
use crate::codec::Format;
use crate::codec::encode::{Deflate, Encoding};
use crate::engine::Watch;
use crate::error::{Error, Result};
use crate::pixel::{Size, words};
use names::{Found, Names};
use natural::Natural;
use noise::Noise;

/// What images show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Noise: every channel of every pixel uniform in 0..=255.
    #[default]
    Noise,
    /// A scene that might have been photographed: it takes as many bytes, and as much time to
    /// decode, as photographs of that size do, at every quality.
    Natural,
}

words!(Content: "noise" Noise, "natural" Natural);

/// Which images are wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where the files go; created if missing.
    pub folder: PathBuf,
    /// What their names begin with; the number, from 0, and the format's extension follow.
    pub name: String,
    /// Pixels of each.
    pub size: Size,
    /// How many.
    pub count: u64,
    /// [`Format::Jpeg`], [`Format::Png`] or [`Format::Bmp`].
    pub format: Format,
    /// The seed.
    pub seed: u64,
    /// JPEG's quality, 1 to 100.
    pub quality: u8,
    /// What they show.
    pub content: Content,
    /// If not 0, image `n` goes to directory `n % classes` of so many: `class-0000` and on.
    pub classes: u64,
    /// What to do with files that are there already.
    pub existing: Existing,
    /// Worker threads. Default: the usable cores.
    pub workers: Option<usize>,
}

/// Writes images; `None` if `watch` ended it before. Whatever can be found wrong is, before
/// anything is written.
///
/// # Errors
/// [`Error::Argument`]; [`Error::Exists`]; [`Error::Write`] when the directories cannot be made.
pub fn create(request: &Request, watch: Watch<'_>) -> Result<Option<Written>> {
    check_destination("path", &request.folder)?;
    let encoding = request.encoding()?;
    let names = Names::new(request)?;
    let workers = workers("workers", request.workers)?;
    let found = names.found()?;
    let own = found.own;
    refuse_leftovers(request.existing, &names, found)?;
    if own.is_none() {
        request.check_room()?;
    }
    names.make_directories()?;
    job::write(request, encoding, names, own, workers, watch)
}

/// Refuses images of an earlier run that this one would leave, or may not replace.
fn refuse_leftovers(existing: Existing, names: &Names, found: Found) -> Result<()> {
    let beside = |path: PathBuf, other: &str| {
        let reason = format!(
            "is an image of an earlier run with {other}, which would stay beside those of this \
             run: remove it, or write to another directory"
        );
        Err(Error::dataset(path, reason))
    };
    if let Some(path) = found.elsewhere {
        return beside(path, "another number of classes");
    }
    match (existing, found.own, found.beyond) {
        (Existing::Refuse, Some((first, _)), _) => Err(Error::Exists {
            path: names.path(first),
            resumable: true,
        }),
        (.., Some(number)) => beside(names.path(number), "more of them"),
        _ => Ok(()),
    }
}

impl Request {
    /// Refuses more files than the file system can hold, before it is full of them. Where it does
    /// not tell, it can.
    fn check_room(&self) -> Result<()> {
        let made = self.folder.ancestors().find(|folder| folder.exists());
        match statvfs(made.unwrap_or(Path::new("."))) {
            Ok(room) if room.f_files > 0 && room.f_favail < self.count => {
                let allowed = format!(
                    "at most {}: {} has no room for more files",
                    room.f_favail,
                    self.folder.display()
                );
                Err(Error::argument("count", self.count, allowed))
            }
            _ => Ok(()),
        }
    }

    /// The encoding of the files, if images of that kind and size can be had.
    fn encoding(&self) -> Result<Encoding> {
        let quality = self.quality;
        if !(1..=100).contains(&quality) {
            let allowed = "between 1 and 100";
            return Err(Error::argument("quality", quality, allowed));
        }
        let encoding = match (self.format, self.content) {
            (Format::Jpeg, _) => Encoding::Jpeg { quality },
            (Format::Bmp, _) => Encoding::Bmp,
            (Format::Png, Content::Noise) => Encoding::Png(Deflate::Stored),
            (Format::Png, Content::Natural) => Encoding::Png(Deflate::Light),
            (other, _) => {
                let (given, allowed) = (format!("{other:?}"), "JPEG, PNG or BMP");
                return Err(Error::argument("image_format", given, allowed));
            }
        };
        self.check_size(encoding)?;
        Ok(encoding)
    }

    fn check_size(&self, encoding: Encoding) -> Result<()> {
        let Size { width, height } = self.size;
        let longest = encoding.longest_side();
        for (name, side) in [("width", width), ("height", height)] {
            if !(1..=longest).contains(&side) {
                let allowed = format!("between 1 and {longest} pixels for this format");
                return Err(Error::argument(name, side, allowed));
            }
        }
        let fits = encoding.check(self.size);
        fits.map_err(|reason| Error::argument("height", height, reason))
    }
}

/// Makes the pixels of images, and keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Painter {
    natural: Natural,
    noise: Option<Noise>,
    width: usize,
}

impl Painter {
    /// Begins image `number` of `seed`.
    pub fn start(&mut self, content: Content, seed: u64, number: u64, size: Size) {
        self.width = size.width as usize;
        self.noise = match content {
            Content::Noise => Some(Noise::new(seed, number, self.width)),
            Content::Natural => {
                self.natural.start(seed, number, size);
                None
            }
        };
    }

    /// Fills `out` with its next rows of RGB pixels.
    pub fn rows(&mut self, out: &mut [u8]) {
        if let Some(noise) = &mut self.noise {
            return noise.rows(out);
        }
        let rows = out.chunks_exact_mut(3 * self.width);
        rows.for_each(|row| self.natural.row(row));
    }
}
