//! What a user asks for, checked, and turned into a run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::Check;
use super::conversion::{Belongs, Conversion, Plan, Settings};
use super::examples::{Examples, Schema};
use super::listing::{Listing, Numbering, to_csv};
use super::recordio::Images;
use super::shards::{Records, Shard};
use super::source::Source;
use super::split::{SIDES, Shares, even, shuffled, split};
use super::tensors::{Order, Tensors, Texts};
use super::{Existing, Run, is_digits, is_number, plain_name, workers};
use crate::codec::Format;
use crate::dataset::LARGEST_LABEL;
use crate::error::{Error, Result};
use crate::file::peek;
use crate::record::Framing;
use crate::record::index::path_of;

/// What all conversions have in common.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What to do with outputs that are there already. Default: refuse.
    pub existing: Existing,
    /// Worker threads. Default: the usable cores.
    pub workers: Option<usize>,
    /// Whether TFRecord shards get an index file, `SHARD.idx`; RecordIO ones always do. Default: no.
    pub index: bool,
    /// Whether `manifest.jsonl` is written. Default: no.
    pub manifest: bool,
}

/// Where labels come from.
#[derive(Clone, Debug, Default)]
pub enum Labels {
    /// The class directory's place among the sorted ones; 0 for all in a flat directory; the second column of a CSV.
    #[default]
    Directory,
    /// All are 0.
    Zero,
    /// A CSV file of file names, relative to the source, and classes; files that it does not list are left out.
    Listed(PathBuf),
}

/// Imageinary's conversions: files as they are, so many to a shard.
#[derive(Clone, Debug)]
pub struct Convert {
    /// A flat directory, a class directory, or a CSV file.
    pub source: PathBuf,
    /// Where the shards go; made if it is not there.
    pub folder: PathBuf,
    /// What the shards' names begin with; their number, from 0, follows.
    pub name: String,
    /// Records per shard.
    pub per_file: usize,
    /// Where labels come from.
    pub labels: Labels,
    /// TFRecords only: whether records have features beyond picture and label.
    pub metadata: bool,
    /// The rest.
    pub options: Options,
}

/// DLBS' tensor records: pixels instead of files.
#[derive(Clone, Debug)]
pub struct Tensorize {
    /// A class directory, a flat one, or a CSV file.
    pub source: PathBuf,
    /// Where the shards go; made if it is not there.
    pub folder: PathBuf,
    /// How many of the shuffled files are taken; `None` for all.
    pub images: Option<u64>,
    /// How many shards; fewer if there are fewer images.
    pub shards: usize,
    /// Height and width of the pictures.
    pub side: u32,
    /// Seed of the shuffle.
    pub seed: u64,
    /// Label and text of each class, by name. Default: the class' place among the sorted ones.
    pub labels: Option<HashMap<String, (u64, String)>>,
    /// Texts of classes, where `labels` has none.
    pub texts: HashMap<String, String>,
    /// Whether channels come last or first.
    pub order: Order,
    /// The rest.
    pub options: Options,
}

/// image2tfrecords': a stratified split into TFRecords.
#[derive(Clone, Debug)]
pub struct Split {
    /// Where the pictures are: a class directory, or what the names in `listing` are relative to.
    pub source: PathBuf,
    /// CSV file of file names and classes.
    pub listing: Option<PathBuf>,
    /// CSV file of classes and their ids. Default: numbers from 0, by first appearance.
    pub ids: Option<PathBuf>,
    /// What all files' names begin with.
    pub name: String,
    /// Share of each class for validation.
    pub validation: f64,
    /// Share of each class for test.
    pub test: f64,
    /// Shards of each side; fewer if it has fewer samples.
    pub shards: usize,
    /// Seed of the split.
    pub seed: u64,
    /// Where the files go; made if it is not there.
    pub folder: PathBuf,
    /// The rest.
    pub options: Options,
}

/// Files into TFRecords of `tf.train.Example`s.
///
/// # Errors
/// [`Error::Argument`]; [`Error::Io`] or [`Error::Dataset`] for a source that cannot be used.
pub fn tfrecords(request: &Convert) -> Result<Box<dyn Run>> {
    let (settings, source) = request.begin()?;
    let schema = if request.metadata { Schema::Metadata } else { Schema::Bare };
    let set = request.set(source.len(), "", request.options.index.then_some(Framing::TfRecord));
    let records = move |source, checked| Ok((Examples { source, checked, schema }, Vec::new()));
    start(settings, source, request.metadata, set, records)
}

/// Files into RecordIO with MXNet's image headers.
///
/// # Errors
/// As [`tfrecords`].
pub fn recordio(request: &Convert) -> Result<Box<dyn Run>> {
    let (settings, source) = request.begin()?;
    let set = request.set(source.len(), ".rec", Some(Framing::RecordIo));
    let records = |source: Arc<Source>, checked| {
        Images::new(source, checked).map(|(images, note)| (images, note.into_iter().collect()))
    };
    start(settings, source, false, set, records)
}

/// Pictures into TFRecords of raw pixels.
///
/// # Errors
/// As [`tfrecords`]; a class that `labels` does not have.
pub fn tensors(request: &Tensorize) -> Result<Box<dyn Run>> {
    let settings = settings(&request.folder, &request.options, "num_workers")?;
    positive("num_shards", request.shards)?;
    if request.side == 0 || request.side > LARGEST_SIDE {
        return Err(Error::argument("img_size", request.side, format!("between 1 and {LARGEST_SIDE}")));
    }
    if request.images == Some(0) {
        return Err(Error::argument("num_images", 0, "at least 1, or -1 for all"));
    }
    let mut source = open(&request.source, &request.folder, settings.workers)?;
    let texts = Texts::new(&mut source, request.labels.as_ref(), &request.texts)?;
    let mut order = shuffled(&(0..source.len()).collect::<Vec<_>>(), request.seed);
    order.truncate(request.images.and_then(|images| usize::try_from(images).ok()).unwrap_or(usize::MAX));
    let source = source.arranged(&order);
    let sizes = even(source.len(), request.shards);
    let name = |shard| format!("train-{shard:05}-of-{:05}", sizes.len());
    let shards = in_a_row(&request.folder, 0, &sizes, name, request.options.index.then_some(Framing::TfRecord));
    let set = Set { shards, belongs: Box::new(|name| is_numbered(name, &["train-"], "")), papers: Vec::new() };
    let (side, axes) = (request.side, request.order);
    let records =
        move |source, checked| Tensors::new(source, checked, texts, side, axes).map(|records| (records, Vec::new()));
    start(settings, source, false, set, records)
}

/// Pictures into TFRecords by a stratified split, with a summary and the labels beside them.
///
/// # Errors
/// As [`tfrecords`]; what is wrong with the CSV files, by its line.
pub fn stratified(request: &Split) -> Result<Box<dyn Run>> {
    let settings = settings(&request.folder, &request.options, "workers")?;
    plain_name("dataset_name", &request.name)?;
    positive("num_shards", request.shards)?;
    let (source, header) = request.source(settings.workers)?;
    let sides = split(&source, request.shares()?, request.seed);
    let (name, folder) = (&request.name, &request.folder);
    let mut shards: Vec<Shard> = Vec::new();
    for (side, records) in SIDES.iter().zip(&sides) {
        let counts = even(records.len(), request.shards);
        let of = counts.len();
        let file = |shard: usize| format!("{name}_{side}_{:05}-of-{of:05}.tfrecord", shard + 1);
        let first = shards.iter().map(|shard| shard.count).sum();
        shards.extend(in_a_row(folder, first, &counts, file, request.options.index.then_some(Framing::TfRecord)));
    }
    let mut classes: Vec<_> =
        source.classes.iter().map(|class| (class.name.clone(), class.label.to_string())).collect();
    classes.insert(0, (header[1].clone(), header[2].clone()));
    let labels = to_csv(classes.iter().map(|(class, id)| [class.as_str(), id.as_str()]));
    let summary = serde_json::json!({
        "total_number": source.len(),
        "train_number": sides[0].len(),
        "val_number": sides[1].len(),
        "test_number": sides[2].len(),
        "filename_header": header[0],
        "class_header": header[1],
        "class_id_header": header[2],
    });
    request.refuse_inputs(folder)?;
    let papers =
        vec![(folder.join(LABELS), labels), (folder.join(format!("{name}_summary.json")), format!("{summary}\n"))];
    let source = source.arranged(&sides.concat());
    let beginnings = SIDES.map(|side| format!("{name}_{side}_"));
    let belongs =
        Box::new(move |file: &str| is_numbered(file, &beginnings.each_ref().map(String::as_str), ".tfrecord"));
    let records = |source, checked| Ok((Examples { source, checked, schema: Schema::Split }, Vec::new()));
    start(settings, source, true, Set { shards, belongs, papers }, records)
}

/// Larger sides are an oversight.
const LARGEST_SIDE: u32 = 65_535;

impl Convert {
    fn begin(&self) -> Result<(Settings, Source)> {
        let settings = settings(&self.folder, &self.options, "workers")?;
        plain_name("name", &self.name)?;
        positive("img_per_file", self.per_file)?;
        let source = match &self.labels {
            Labels::Directory => open(&self.source, &self.folder, settings.workers)?,
            Labels::Zero => open(&self.source, &self.folder, settings.workers)?.unlabelled(),
            Labels::Listed(list) => Listing::read(list)?.source(&self.source, &Numbering::Sorted)?,
        };
        Ok((settings, source))
    }

    /// Shards of `per_file` records, the last one of what is left.
    fn set(&self, records: usize, ending: &'static str, index: Option<Framing>) -> Set {
        let sizes: Vec<usize> =
            (0..records).step_by(self.per_file).map(|first| self.per_file.min(records - first)).collect();
        let file = |number: usize| format!("{}{number}{ending}", self.name);
        let shards = in_a_row(&self.folder, 0, &sizes, file, index);
        let name = self.name.clone();
        let belongs = Box::new(move |file: &str| {
            let number = file.strip_prefix(name.as_str()).and_then(|rest| rest.strip_suffix(ending));
            number.is_some_and(|number| is_number(number.as_bytes()))
        });
        Set { shards, belongs, papers: Vec::new() }
    }
}

/// What the list of classes and their numbers is called.
const LABELS: &str = "labels.csv";

impl Split {
    /// An error if the list of classes would take the place of one that is read.
    fn refuse_inputs(&self, folder: &Path) -> Result<()> {
        let real = |path: &Path| path.canonicalize().ok();
        let output = real(&folder.join(LABELS));
        for (argument, input) in [("image2class_file", &self.listing), ("class2id_file", &self.ids)] {
            if let Some(input) = input.as_ref().filter(|input| output.is_some() && real(input) == output) {
                let allowed = "a file that the output does not replace: call it something else, or write elsewhere";
                return Err(Error::argument(argument, input.display(), allowed));
            }
        }
        Ok(())
    }

    fn shares(&self) -> Result<Shares> {
        for (name, share) in [("val_size", self.validation), ("test_size", self.test)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::argument(name, share, "a share between 0 and 1"));
            }
        }
        if self.validation + self.test > 1.0 + 1e-9 {
            let allowed = format!("at most 1 - val_size = {}", 1.0 - self.validation);
            return Err(Error::argument("test_size", self.test, allowed));
        }
        Ok(Shares { validation: self.validation, test: self.test })
    }

    /// The pictures, and the names of the columns: file, class, id.
    fn source(&self, workers: usize) -> Result<(Source, [String; 3])> {
        let Some(list) = &self.listing else {
            if let Some(ids) = &self.ids {
                return Err(Error::argument("class2id_file", ids.display(), "only together with image2class_file"));
            }
            return Ok((
                Source::directory(&self.source, &self.folder, workers)?,
                ["filename", "class", "class_id"].map(str::to_owned),
            ));
        };
        let listing = Listing::read(list)?;
        let ids = self.ids.as_deref().map(Listing::read).transpose()?;
        let [file, class] = listing.header.clone();
        let id = ids.as_ref().map_or_else(|| format!("{class}_id"), |ids| ids.header[1].clone());
        let source = listing.source(&self.source, &ids.as_ref().map_or(Numbering::FirstSeen, Numbering::Listed))?;
        Ok((source, [file, class, id]))
    }
}

/// What is to be written: shards, and small files when they are all there.
struct Set {
    shards: Vec<Shard>,
    belongs: Belongs,
    papers: Vec<(PathBuf, String)>,
}

/// Whether a file's name is one of `beginnings`, a number of five digits or more, `-of-`, another, and `ending`.
fn is_numbered(file: &str, beginnings: &[&str], ending: &str) -> bool {
    let numbers =
        beginnings.iter().find_map(|beginning| file.strip_prefix(beginning)?.strip_suffix(ending)?.split_once("-of-"));
    numbers.is_some_and(|(one, all)| [one, all].iter().all(|number| is_digits(number.as_bytes()) && number.len() >= 5))
}

/// Begins the run: looks at the inputs, then makes records of them.
fn start<R: Records>(
    settings: Settings,
    source: Source,
    sizes: bool,
    set: Set,
    records: impl FnOnce(Arc<Source>, Vec<super::check::Checked>) -> Result<(R, Vec<String>)> + Send + 'static,
) -> Result<Box<dyn Run>> {
    source.check_labels(LARGEST_LABEL, "class numbers have 32 bits")?;
    let source = Arc::new(source);
    let check = Check { source: Arc::clone(&source), sizes };
    let planner = move |checked| {
        let (records, notes) = records(source, checked)?;
        let Set { shards, belongs, papers } = set;
        Ok(Plan { records, shards, belongs, papers, notes })
    };
    Ok(Box::new(Conversion::start(settings, check, Box::new(planner))?))
}

/// A directory of pictures, or a CSV file of some with names relative to its own directory.
fn open(path: &Path, folder: &Path, workers: usize) -> Result<Source> {
    if path.is_file() {
        let mut start = Vec::new();
        let read = peek(path, 16, &mut start);
        read.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        if Format::of(&start).is_some() {
            return Err(Error::dataset(path, "is an image: give the directory that it is in, or a CSV file"));
        }
        return Listing::read(path)?.source(path.parent().unwrap_or(Path::new("")), &Numbering::Sorted);
    }
    Source::directory(path, folder, workers)
}

fn settings(folder: &Path, options: &Options, argument: &'static str) -> Result<Settings> {
    let workers = workers(argument, options.workers)?;
    Ok(Settings { folder: folder.to_owned(), existing: options.existing, workers, manifest: options.manifest })
}

fn positive(argument: &'static str, value: usize) -> Result<()> {
    if value == 0 { Err(Error::argument(argument, value, "at least 1")) } else { Ok(()) }
}

/// Shards of these sizes, whose records follow each other from `first` on; with an index each if the framing is given.
fn in_a_row(
    folder: &Path,
    mut first: usize,
    sizes: &[usize],
    name: impl Fn(usize) -> String,
    index: Option<Framing>,
) -> Vec<Shard> {
    let mut shards = Vec::with_capacity(sizes.len());
    for (number, &count) in sizes.iter().enumerate() {
        let path = folder.join(name(number));
        shards.push(Shard { index: index.map(|framing| path_of(&path, framing)), path, first, count });
        first += count;
    }
    shards
}
