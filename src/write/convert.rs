//! Files as they are into TFRecords or RecordIO, so many to a shard: Imageinary's conversions.

use std::path::PathBuf;

use super::examples::{Examples, Schema};
use super::place::{Destination, check_local};
use super::plan::{Arrange, Target};
use super::recordio::Images;
use super::request::{self, Options, in_a_row, positive};
use super::set::{Set, Settings};
use super::source::Source;
use super::{Written, is_number, plain_name};
use crate::dataset::Numbering;
use crate::engine::Watch;
use crate::error::Result;
use crate::record::Framing;

/// Where labels come from.
#[derive(Clone, Debug, Default)]
pub enum Labels {
    /// The class directory's place among the sorted ones; 0 for all in a flat directory; the second
    /// column of a CSV.
    #[default]
    Directory,
    /// All are 0.
    Zero,
    /// A CSV file of file names, relative to the source directory, and classes; files that it does
    /// not list are left out.
    Listed(PathBuf),
}

/// What to convert, and into what.
#[derive(Clone, Debug)]
pub struct Convert {
    /// A flat directory, a class directory, or a CSV file.
    pub source: PathBuf,
    /// Where the shards go; created if missing.
    pub folder: PathBuf,
    /// What the shards' names begin with; their number, from 0, follows.
    pub name: String,
    /// Records per shard.
    pub per_file: usize,
    /// Where labels come from.
    pub labels: Labels,
    /// TFRecords only: whether records have features beyond image and label.
    pub metadata: bool,
    /// The options of all conversions.
    pub options: Options,
}

/// Files into TFRecords of `tf.train.Example`s; `None` if `watch` ended it before.
///
/// # Errors
/// [`Error::Argument`]; [`Error::Io`] or [`Error::Dataset`] for a source that cannot be used;
/// [`Error::Exists`]; [`Error::Files`], with all inputs that cannot be used.
///
/// [`Error::Argument`]: crate::error::Error::Argument
/// [`Error::Io`]: crate::error::Error::Io
/// [`Error::Dataset`]: crate::error::Error::Dataset
/// [`Error::Exists`]: crate::error::Error::Exists
/// [`Error::Files`]: crate::error::Error::Files
pub fn tfrecords(request: &Convert, watch: Watch<'_>) -> Result<Option<Written>> {
    let (settings, source) = request.begin()?;
    let schema = if request.metadata {
        Schema::Metadata
    } else {
        Schema::Bare
    };
    let target = Target {
        sizes: request.metadata,
        lists: request.lists(),
        arrange: request.arrange("", request.options.index.then_some(Framing::TfRecord)),
        records: Examples::of(schema),
    };
    request::run(&settings, source, target, watch)
}

/// Files into RecordIO with MXNet's image headers; `None` if `watch` ended it before.
///
/// # Errors
/// As [`tfrecords`].
pub fn recordio(request: &Convert, watch: Watch<'_>) -> Result<Option<Written>> {
    let (settings, source) = request.begin()?;
    let target = Target {
        sizes: false,
        lists: request.lists(),
        arrange: request.arrange(".rec", Some(Framing::RecordIo)),
        records: Box::new(Images::new),
    };
    request::run(&settings, source, target, watch)
}

impl Convert {
    fn begin(&self) -> Result<(Settings, Source)> {
        let settings = self.options.settings(&self.folder, "workers")?;
        plain_name("name", &self.name)?;
        positive("img_per_file", self.per_file)?;
        let destination = Destination::new("dest_path", &self.folder)?;
        check_local("source_path", &self.source)?;
        let (path, allow_outside) = (&self.source, self.options.allow_outside);
        let workers = settings.workers;
        let open =
            |numbering| request::open(path, &destination, workers, &numbering, allow_outside);
        let mut source = match &self.labels {
            Labels::Zero => return Ok((settings, open(Numbering::Unused)?.unlabelled())),
            Labels::Directory => open(Numbering::Sorted)?,
            Labels::Listed(list) => {
                destination.outside(path)?;
                Source::listed(list, path, &Numbering::Sorted, allow_outside)?
            }
        };
        source.note_other_names(&self.folder);
        Ok((settings, source))
    }

    /// The CSV files that are read.
    fn lists(&self) -> Vec<(&'static str, PathBuf)> {
        match &self.labels {
            Labels::Listed(list) => vec![("labels", list.clone())],
            _ => request::listed("source_path", &self.source),
        }
    }

    /// Shards of `per_file` records; the last one may have fewer.
    fn arrange(&self, ending: &'static str, index: Option<Framing>) -> Arrange {
        let (folder, name) = (self.folder.clone(), self.name.clone());
        let per_file = self.per_file;
        Box::new(move |source| {
            let records = source.len();
            let sizes = (0..records).step_by(per_file);
            let sizes: Vec<usize> = sizes.map(|first| per_file.min(records - first)).collect();
            let file = |number: usize| format!("{name}{number}{ending}");
            let shards = in_a_row(&folder, 0, &sizes, file, index);
            let name = name.clone();
            let belongs = move |file: &str| {
                let number = file
                    .strip_prefix(&*name)
                    .and_then(|rest| rest.strip_suffix(ending));
                number.is_some_and(|number| is_number(number.as_bytes()))
            };
            (None, Set::of(shards, belongs))
        })
    }
}
