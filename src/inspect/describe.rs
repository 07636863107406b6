//! What a data set is made of: classes, sizes and formats of its pictures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::Watch;
use super::examine::Tools;
use super::pass::{self, Look};
use super::verify::Damage;
use crate::codec::{Backend, Format, Header};
use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// A data set in numbers.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// Number of samples.
    pub samples: u64,
    /// Classes by label: name, and number of samples.
    pub classes: Vec<(String, u64)>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Pictures whose headers were read.
    pub headers: u64,
    /// How many of these there are of each format.
    pub formats: BTreeMap<&'static str, u64>,
    /// Their columns, upright.
    pub widths: Option<Spread>,
    /// Their rows, upright.
    pub heights: Option<Spread>,
    /// What could not be read.
    pub unreadable: Vec<Damage>,
}

/// How numbers are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub min: u32,
    /// Half of them are no greater; of two in the middle the lower one.
    pub median: u32,
    /// The greatest.
    pub max: u32,
}

impl Spread {
    fn of(mut numbers: Vec<u32>) -> Option<Self> {
        numbers.sort_unstable();
        let (min, max) = (*numbers.first()?, *numbers.last()?);
        Some(Self { min, median: numbers[(numbers.len() - 1) / 2], max })
    }

    fn json(self) -> Value {
        json!({ "min": self.min, "median": self.median, "max": self.max })
    }
}

impl Description {
    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let classes = self.classes.iter().map(|(name, samples)| json!({ "name": name, "samples": samples }));
        json!({
            "samples": self.samples,
            "classes": classes.collect::<Vec<_>>(),
            "bytes": self.bytes,
            "headers": self.headers,
            "formats": self.formats,
            "widths": self.widths.map(Spread::json),
            "heights": self.heights.map(Spread::json),
            "unreadable": self.unreadable.iter().map(Damage::json).collect::<Vec<_>>(),
        })
    }
}

/// Describes the data set at `paths`, with the headers of at most `headers` pictures, evenly spread. Works on `workers`
/// threads, by default one for each usable core. `None` if `watch` ended it before.
///
/// # Errors
/// [`Error::Io`] and [`Error::Dataset`] where there is no data set; [`Error::Threads`] when worker threads cannot be had.
pub fn describe(
    paths: &[PathBuf],
    headers: u64,
    workers: Option<usize>,
    watch: Watch<'_>,
) -> Result<Option<Description>> {
    let data = super::open(paths)?;
    let workers = workers.unwrap_or_else(super::usable_cores);
    let len = data.len();
    let mut description = Description { samples: len, classes: classes(&*data), ..Description::default() };
    let (mut widths, mut heights) = (Vec::new(), Vec::new());
    let whole = pass::over(Headers { data, wanted: headers.min(len) }, len, workers, watch, |_, seen| {
        description.bytes += seen.bytes;
        match seen.header {
            None => {}
            Some(Ok(header)) => {
                description.headers += 1;
                *description.formats.entry(name(header.format)).or_default() += 1;
                widths.push(header.upright().width);
                heights.push(header.upright().height);
            }
            Some(Err(damage)) => description.unreadable.push(damage),
        }
        Ok(())
    })?;
    (description.widths, description.heights) = (Spread::of(widths), Spread::of(heights));
    Ok(whole.then_some(description))
}

/// Samples of each class, by label.
fn classes(data: &dyn Dataset) -> Vec<(String, u64)> {
    let mut counts = vec![0; data.classes().len()];
    for index in 0..data.len() {
        counts[data.label(index)] += 1;
    }
    data.classes().iter().map(|name| name.to_string_lossy().into_owned()).zip(counts).collect()
}

/// A format's name.
fn name(format: Format) -> &'static str {
    match format {
        Format::Jpeg => "JPEG",
        Format::Png => "PNG",
        Format::Bmp => "BMP",
        Format::Gif => "GIF",
        Format::WebP => "WebP",
    }
}

/// Asks every file for its length, and some for their header.
struct Headers {
    data: Arc<dyn Dataset>,
    wanted: u64,
}

struct Seen {
    bytes: u64,
    header: Option<Result<Header, Damage>>,
}

impl Headers {
    /// Whether the header of sample `index` is one of the `wanted` ones.
    fn wants(&self, index: u64) -> bool {
        let before = |index: u64| u128::from(index) * u128::from(self.wanted) / u128::from(self.data.len());
        before(index + 1) > before(index)
    }

    fn see(&self, index: u64, tools: &mut Tools) -> Result<Seen> {
        if self.wants(index) {
            let (header, bytes) = tools.header(&*self.data, index)?;
            return Ok(Seen { bytes, header: Some(Ok(header)) });
        }
        let path = self.data.path(index);
        let file = std::fs::metadata(&path).map_err(|source| Error::Io { path, source })?;
        Ok(Seen { bytes: file.len(), header: None })
    }

    fn damage(&self, index: u64, error: &Error) -> Seen {
        let path = self.data.path(index);
        let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
        Seen { bytes, header: Some(Err(Damage::of(error, path))) }
    }
}

impl Look for Headers {
    type Tools = Tools;
    type Found = Seen;

    fn tools(&self) -> Tools {
        Tools::new(Backend::Auto)
    }

    fn look(&self, index: u64, tools: &mut Tools, _: &AtomicBool) -> Seen {
        self.see(index, tools).unwrap_or_else(|error| self.damage(index, &error))
    }

    fn panicked(&self, index: u64, message: String) -> Seen {
        self.damage(index, &Error::Panic { path: self.data.path(index), message })
    }
}
