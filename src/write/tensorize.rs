//! A request for tensor records.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Written;
use super::check::Depth;
use super::place::{Destination, check_local};
use super::plan::{Arrange, MakeRecords, Target};
use super::request::{self, Options, in_a_row, is_numbered, positive};
use super::set::{Set, Settings};
use super::source::Source;
use super::split::{even, shuffled};
use super::tensors::{Order, Tensors, Texts};
use crate::dataset::Numbering;
use crate::engine::Watch;
use crate::error::{Error, Result};
use crate::record::Framing;

/// Larger sides are an oversight.
const LARGEST_SIDE: u32 = 65_535;

/// DLBS' tensor records: pixels instead of files.
#[derive(Clone, Debug)]
pub struct Tensorize {
    /// A class directory, a flat one, or a CSV file.
    pub source: PathBuf,
    /// Where the shards go; created if missing.
    pub folder: PathBuf,
    /// How many of the shuffled files are taken; `None` for all.
    pub images: Option<u64>,
    /// How many shards; fewer if there are fewer images.
    pub shards: usize,
    /// Height and width of the images.
    pub side: u32,
    /// Seed of the shuffle.
    pub seed: u64,
    /// Label and text of each class, by name. Default: the class' place among the sorted ones.
    pub labels: Option<HashMap<String, (u64, String)>>,
    /// Texts of classes, where `labels` has none.
    pub texts: HashMap<String, String>,
    /// Whether channels come last or first.
    pub order: Order,
    /// The options of all conversions.
    pub options: Options,
}

/// Images into TFRecords of raw pixels; `None` if `watch` ended it before.
///
/// # Errors
/// As [`tfrecords`](super::tfrecords); a class that `labels` does not have.
pub fn tensors(request: &Tensorize, watch: Watch<'_>) -> Result<Option<Written>> {
    let settings = request.options.settings(&request.folder, "num_workers")?;
    request.check(&settings)?;
    let (source, texts) = request.source(settings.workers)?;
    let (side, axes) = (request.side, request.order);
    let records: MakeRecords<_> = Box::new(move |source, checked| {
        Tensors::new(source, checked, texts, side, axes).map(|records| (records, Vec::new()))
    });
    let target = Target {
        sizes: false,
        lists: request::listed("input_dir", &request.source),
        arrange: request.arrange(),
        records,
    };
    request::run(&settings, source, target, watch)
}

impl Tensorize {
    fn check(&self, settings: &Settings) -> Result<()> {
        positive("num_shards", self.shards)?;
        if self.side == 0 || self.side > LARGEST_SIDE {
            let allowed = format!("between 1 and {LARGEST_SIDE}");
            return Err(Error::argument("img_size", self.side, allowed));
        }
        if self.images == Some(0) {
            return Err(Error::argument(
                "num_images",
                0,
                "at least 1, or -1 for all",
            ));
        }
        if (settings.skip, settings.depth) == (true, Depth::Headers) {
            let allowed = "\"decode\" with on_error=\"skip\": images to leave out must be known \
                           before any pixels are written";
            return Err(Error::argument("check", "\"headers\"", allowed));
        }
        Ok(())
    }

    /// The images in the order of their records, and the texts of their classes.
    fn source(&self, workers: usize) -> Result<(Source, Texts)> {
        let destination = Destination::new("output_dir", &self.folder)?;
        check_local("input_dir", &self.source)?;
        let numbering = if self.labels.is_some() {
            Numbering::Unused
        } else {
            Numbering::Sorted
        };
        let allow_outside = self.options.allow_outside;
        let mut source = request::open(
            &self.source,
            &destination,
            workers,
            &numbering,
            allow_outside,
        )?;
        let texts = Texts::new(&mut source, self.labels.as_ref(), &self.texts)?;
        let mut order = shuffled(&(0..source.len()).collect::<Vec<_>>(), self.seed);
        let images = self.images.and_then(|images| usize::try_from(images).ok());
        order.truncate(images.unwrap_or(usize::MAX));
        let mut source = source.arranged(&order);
        source.note_other_names(&self.folder);
        Ok((source, texts))
    }

    /// Shards of as many records as can be, or one more.
    fn arrange(&self) -> Arrange {
        let (folder, shards) = (self.folder.clone(), self.shards);
        let index = self.options.index.then_some(Framing::TfRecord);
        Box::new(move |source| {
            let sizes = even(source.len(), shards);
            let name = |shard| format!("train-{shard:05}-of-{:05}", sizes.len());
            let shards = in_a_row(&folder, 0, &sizes, name, index);
            (
                None,
                Set::of(shards, |name| is_numbered(name, &["train-"], "")),
            )
        })
    }
}
