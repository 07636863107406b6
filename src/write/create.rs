//! What a user asks for, checked, and turned into a run.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::check::Depth;
use super::conversion::{Arrange, Conversion, MakeRecords, Recipe, Set, Settings};
use super::examples::{Examples, Schema};
use super::listing::{Listing, Numbering, to_csv};
use super::place::{Destination, check_local};
use super::recordio::Images;
use super::shards::{Records, Shard};
use super::source::{OF_IMAGES, Source};
use super::split::{SIDES, Shares, even, shuffled, split};
use super::tensors::{Order, Tensors, Texts};
use super::{Existing, OnError, Run, is_digits, is_number, plain_name, workers};
use crate::codec::Format;
use crate::dataset::{LABELS, LARGEST_LABEL};
use crate::error::{Error, Result};
use crate::file::{SIGNATURE, peek};
use crate::record::Framing;
use crate::record::index::path_of;

/// What all conversions have in common.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What to do with outputs that are there already. Default: refuse.
    pub existing: Existing,
    /// Worker threads. Default: the usable cores.
    pub workers: Option<usize>,
    /// Whether TFRecord shards get an index file, `SHARD.idx`; RecordIO ones always do. Default:
    /// no.
    pub index: bool,
    /// Whether `manifest.jsonl` is written. Default: no.
    pub manifest: bool,
    /// How thoroughly inputs are checked before anything is written. Default: every picture is
    /// decoded.
    pub check: Depth,
    /// What becomes of a run some inputs of which cannot be used. Default: it ends.
    pub on_error: OnError,
    /// Whether the files that a CSV file names may lie outside of the directory that its names are
    /// relative to. Default: no.
    pub allow_outside: bool,
}

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
    /// CSV file of classes and their ids. Default: whole numbers are their own, names are numbered
    /// by first appearance.
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
/// [`Error::Argument`]; [`Error::Io`] or [`Error::Dataset`] for a source that cannot be used;
/// [`Error::Exists`]. From the run [`Error::Files`], with all inputs that cannot be used.
pub fn tfrecords(request: &Convert) -> Result<Box<dyn Run>> {
    let (settings, source) = request.begin()?;
    let schema = if request.metadata {
        Schema::Metadata
    } else {
        Schema::Bare
    };
    let arrange = request.arrange("", request.options.index.then_some(Framing::TfRecord));
    let records: MakeRecords<_> = Box::new(move |source, checked| {
        Ok((
            Examples {
                source,
                checked,
                schema,
            },
            Vec::new(),
        ))
    });
    start(
        settings,
        source,
        Recipe {
            sizes: request.metadata,
            lists: request.lists(),
            arrange,
            records,
        },
    )
}

/// Files into RecordIO with MXNet's image headers.
///
/// # Errors
/// As [`tfrecords`].
pub fn recordio(request: &Convert) -> Result<Box<dyn Run>> {
    let (settings, source) = request.begin()?;
    let arrange = request.arrange(".rec", Some(Framing::RecordIo));
    let records: MakeRecords<_> = Box::new(|source, checked| {
        Images::new(source, checked).map(|(images, note)| (images, note.into_iter().collect()))
    });
    start(
        settings,
        source,
        Recipe {
            sizes: false,
            lists: request.lists(),
            arrange,
            records,
        },
    )
}

/// Pictures into TFRecords of raw pixels.
///
/// # Errors
/// As [`tfrecords`]; a class that `labels` does not have.
pub fn tensors(request: &Tensorize) -> Result<Box<dyn Run>> {
    let settings = settings(&request.folder, &request.options, "num_workers")?;
    positive("num_shards", request.shards)?;
    if request.side == 0 || request.side > LARGEST_SIDE {
        return Err(Error::argument(
            "img_size",
            request.side,
            format!("between 1 and {LARGEST_SIDE}"),
        ));
    }
    if request.images == Some(0) {
        return Err(Error::argument(
            "num_images",
            0,
            "at least 1, or -1 for all",
        ));
    }
    if (settings.skip, settings.depth) == (true, Depth::Headers) {
        let allowed = "\"decode\" where on_error=\"skip\": what can be left out must be known before pixels are written";
        return Err(Error::argument("check", "\"headers\"", allowed));
    }
    let destination = Destination::new("output_dir", &request.folder)?;
    check_local("input_dir", &request.source)?;
    let numbering = if request.labels.is_some() {
        Numbering::Unused
    } else {
        Numbering::Sorted
    };
    let allow_outside = request.options.allow_outside;
    let mut source = open(
        &request.source,
        &destination,
        settings.workers,
        &numbering,
        allow_outside,
    )?;
    let texts = Texts::new(&mut source, request.labels.as_ref(), &request.texts)?;
    let mut order = shuffled(&(0..source.len()).collect::<Vec<_>>(), request.seed);
    order.truncate(
        request
            .images
            .and_then(|images| usize::try_from(images).ok())
            .unwrap_or(usize::MAX),
    );
    let mut source = source.arranged(&order);
    source.note_other_names(&request.folder);
    let (folder, shards, index) = (
        request.folder.clone(),
        request.shards,
        request.options.index,
    );
    let arrange: Arrange = Box::new(move |source| {
        let sizes = even(source.len(), shards);
        let name = |shard| format!("train-{shard:05}-of-{:05}", sizes.len());
        let shards = in_a_row(&folder, 0, &sizes, name, index.then_some(Framing::TfRecord));
        (
            None,
            Set {
                shards,
                belongs: Box::new(|name| is_numbered(name, &["train-"], "")),
                papers: Vec::new(),
                notes: Vec::new(),
            },
        )
    });
    let (side, axes) = (request.side, request.order);
    let records: MakeRecords<_> = Box::new(move |source, checked| {
        Tensors::new(source, checked, texts, side, axes).map(|records| (records, Vec::new()))
    });
    start(
        settings,
        source,
        Recipe {
            sizes: false,
            lists: listed("input_dir", &request.source),
            arrange,
            records,
        },
    )
}

/// Pictures into TFRecords by a stratified split, with a summary and the labels beside them.
///
/// # Errors
/// As [`tfrecords`]; what is wrong with the CSV files, by its line.
pub fn stratified(request: &Split) -> Result<Box<dyn Run>> {
    let settings = settings(&request.folder, &request.options, "workers")?;
    plain_name("dataset_name", &request.name)?;
    positive("num_shards", request.shards)?;
    let shares = request.shares()?;
    let (source, header) = request.source(settings.workers)?;
    request.refuse_other_sets()?;
    let lists = [
        ("image2class_file", &request.listing),
        ("class2id_file", &request.ids),
    ];
    let lists = lists
        .into_iter()
        .filter_map(|(argument, list)| Some((argument, list.clone()?)))
        .collect();
    let request = request.clone();
    let arrange: Arrange = Box::new(move |source| {
        let sides = split(source, shares, request.seed);
        let set = request.set(source, &header, &sides);
        (Some(sides.concat()), set)
    });
    let records: MakeRecords<_> = Box::new(|source, checked| {
        Ok((
            Examples {
                source,
                checked,
                schema: Schema::Split,
            },
            Vec::new(),
        ))
    });
    start(
        settings,
        source,
        Recipe {
            sizes: true,
            lists,
            arrange,
            records,
        },
    )
}

/// A share without the last digits of its binary form.
fn thousandths(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}

/// Larger sides are an oversight.
const LARGEST_SIDE: u32 = 65_535;

impl Convert {
    fn begin(&self) -> Result<(Settings, Source)> {
        let settings = settings(&self.folder, &self.options, "workers")?;
        plain_name("name", &self.name)?;
        positive("img_per_file", self.per_file)?;
        let destination = Destination::new("dest_path", &self.folder)?;
        check_local("source_path", &self.source)?;
        let mut source = match &self.labels {
            Labels::Directory => open(
                &self.source,
                &destination,
                settings.workers,
                &Numbering::Sorted,
                self.options.allow_outside,
            )?,
            Labels::Zero => open(
                &self.source,
                &destination,
                settings.workers,
                &Numbering::Unused,
                self.options.allow_outside,
            )?
            .unlabelled(),
            Labels::Listed(list) => {
                destination.outside(&self.source)?;
                Listing::read(list)?.source(
                    &self.source,
                    &Numbering::Sorted,
                    self.options.allow_outside,
                )?
            }
        };
        if !matches!(self.labels, Labels::Zero) {
            source.note_other_names(&self.folder);
        }
        Ok((settings, source))
    }

    /// The CSV files that are read.
    fn lists(&self) -> Vec<(&'static str, PathBuf)> {
        match &self.labels {
            Labels::Listed(list) => vec![("labels", list.clone())],
            _ => listed("source_path", &self.source),
        }
    }

    /// Shards of `per_file` records, the last one of what is left.
    fn arrange(&self, ending: &'static str, index: Option<Framing>) -> Arrange {
        let Self {
            folder,
            name,
            per_file,
            ..
        } = self.clone();
        Box::new(move |source| {
            let records = source.len();
            let sizes: Vec<usize> = (0..records)
                .step_by(per_file)
                .map(|first| per_file.min(records - first))
                .collect();
            let file = |number: usize| format!("{name}{number}{ending}");
            let shards = in_a_row(&folder, 0, &sizes, file, index);
            let name = name.clone();
            let belongs = Box::new(move |file: &str| {
                let number = file
                    .strip_prefix(name.as_str())
                    .and_then(|rest| rest.strip_suffix(ending));
                number.is_some_and(|number| is_number(number.as_bytes()))
            });
            (
                None,
                Set {
                    shards,
                    belongs,
                    papers: Vec::new(),
                    notes: Vec::new(),
                },
            )
        })
    }
}

/// What the summary's name ends with, after that of the set.
const SUMMARY: &str = "_summary.json";

/// What shards' names end with.
const SHARD: &str = ".tfrecord";

/// The name of the set that a file belongs to, if it is a summary or a shard.
fn set_of(file: &str) -> Option<&str> {
    let of_side = |side| {
        let (name, _) = file.rsplit_once(&format!("_{side}_"))?;
        is_numbered(file, &[&format!("{name}_{side}_")], SHARD).then_some(name)
    };
    file.strip_suffix(SUMMARY)
        .or_else(|| SIDES.into_iter().find_map(of_side))
}

impl Split {
    /// The shards of all sides, the labels and the summary.
    fn set(&self, source: &Source, header: &[String; 3], sides: &[Vec<usize>; 3]) -> Set {
        let Self { name, folder, .. } = self;
        let index = self.options.index.then_some(Framing::TfRecord);
        let mut shards: Vec<Shard> = Vec::new();
        for (side, records) in SIDES.iter().zip(sides) {
            let counts = even(records.len(), self.shards);
            let of = counts.len();
            let file = |shard: usize| format!("{name}_{side}_{:05}-of-{of:05}{SHARD}", shard + 1);
            let first = shards.iter().map(|shard| shard.count).sum();
            shards.extend(in_a_row(folder, first, &counts, file, index));
        }
        let beginnings = SIDES.map(|side| format!("{name}_{side}_"));
        let belongs = Box::new(move |file: &str| {
            is_numbered(file, &beginnings.each_ref().map(String::as_str), SHARD)
        });
        let papers = vec![
            (folder.join(LABELS), labels(source, header)),
            (
                folder.join(format!("{name}{SUMMARY}")),
                summary(source, header, sides),
            ),
        ];
        Set {
            shards,
            belongs,
            papers,
            notes: self.notes_on(sides),
        }
    }

    /// Says which sides have got nothing of what was asked for.
    fn notes_on(&self, sides: &[Vec<usize>; 3]) -> Vec<String> {
        let asked = [
            ("val_size", self.validation, 1),
            ("test_size", self.test, 2),
        ];
        let empty = asked
            .into_iter()
            .filter(|(_, share, side)| *share > 0.0 && sides[*side].is_empty());
        let note = |(argument, share, side): (&str, f64, usize)| {
            format!(
                "no image goes to {}: {argument}={share} of each class, rounded down, is less than one image",
                SIDES[side]
            )
        };
        empty.map(note).collect()
    }

    /// Refuses a directory with another set, whose labels are in the file that this one's would be
    /// in.
    fn refuse_other_sets(&self) -> Result<()> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        // Who has put the labels elsewhere may have several sets; those of one that is not whole
        // were removed by its run.
        let labels = self.folder.join(LABELS).exists();
        let matters = |name: &str| {
            name != self.name && (labels || !self.folder.join(format!("{name}{SUMMARY}")).exists())
        };
        let fail = |source| Error::Io {
            path: self.folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&self.folder).map_err(fail)? {
            let file = entry.map_err(fail)?.file_name();
            if let Some(name) = file.to_str().and_then(set_of).filter(|name| matters(name)) {
                let reason = format!(
                    "is of the data set {name:?}, whose {LABELS} would be replaced by that of {:?}: write to another \
                     directory",
                    self.name
                );
                return Err(Error::dataset(self.folder.join(&file), reason));
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
            let allowed = format!(
                "at most {}, with val_size={}",
                thousandths(1.0 - self.validation),
                self.validation
            );
            return Err(Error::argument("test_size", self.test, allowed));
        }
        Ok(Shares {
            validation: self.validation,
            test: self.test,
        })
    }

    /// The pictures, and the names of the columns: file, class, id.
    fn source(&self, workers: usize) -> Result<(Source, [String; 3])> {
        let destination = Destination::new("output_dir", &self.folder)?;
        check_local("image_path", &self.source)?;
        let Some(list) = &self.listing else {
            if let Some(ids) = &self.ids {
                return Err(Error::argument(
                    "class2id_file",
                    ids.display(),
                    "only where image2class_file= is given",
                ));
            }
            let source = directory(&self.source, &destination, workers)?;
            return Ok((source, ["filename", "class", "class_id"].map(str::to_owned)));
        };
        destination.outside(&self.source)?;
        let listing = Listing::read(list)?;
        let ids = self.ids.as_deref().map(Listing::ids).transpose()?;
        let [file, class] = listing.header.clone();
        let id = ids
            .as_ref()
            .map_or_else(|| format!("{class}_id"), |ids| ids.header[1].clone());
        let numbering = ids.as_ref().map_or(Numbering::FirstSeen, Numbering::Listed);
        let source = listing.source(&self.source, &numbering, self.options.allow_outside)?;
        Ok((source, [file, class, id]))
    }
}

/// The classes and their numbers.
fn labels(source: &Source, header: &[String; 3]) -> String {
    let mut classes: Vec<_> = source
        .classes
        .iter()
        .map(|class| (class.name.clone(), class.label.to_string()))
        .collect();
    classes.insert(0, (header[1].clone(), header[2].clone()));
    to_csv(
        classes
            .iter()
            .map(|(class, id)| [class.as_str(), id.as_str()]),
    )
}

fn summary(source: &Source, header: &[String; 3], sides: &[Vec<usize>; 3]) -> String {
    let summary = serde_json::json!({
        "total_number": source.len(),
        "train_number": sides[0].len(),
        "val_number": sides[1].len(),
        "test_number": sides[2].len(),
        "filename_header": header[0],
        "class_header": header[1],
        "class_id_header": header[2],
    });
    format!("{summary}\n")
}

/// Whether a file's name is one of `beginnings`, a number of five digits or more, `-of-`, another,
/// and `ending`.
fn is_numbered(file: &str, beginnings: &[&str], ending: &str) -> bool {
    let numbers = beginnings.iter().find_map(|beginning| {
        file.strip_prefix(beginning)?
            .strip_suffix(ending)?
            .split_once("-of-")
    });
    numbers.is_some_and(|(one, all)| {
        [one, all]
            .iter()
            .all(|number| is_digits(number.as_bytes()) && number.len() >= 5)
    })
}

/// Begins the run: looks at the inputs, then makes records of them.
fn start<R: Records>(
    settings: Settings,
    source: Source,
    recipe: Recipe<R>,
) -> Result<Box<dyn Run>> {
    source.check_labels(LARGEST_LABEL, "class numbers have 32 bits")?;
    Ok(Box::new(Conversion::start(settings, source, recipe)?))
}

/// A directory of pictures, or a CSV file of some with names relative to its own directory.
fn open(
    path: &Path,
    destination: &Destination<'_>,
    workers: usize,
    numbering: &Numbering<'_>,
    allow_outside: bool,
) -> Result<Source> {
    if path.is_file() {
        let mut start = Vec::new();
        let read = peek(path, SIGNATURE, &mut start);
        read.map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        if Format::of(&start).is_some() {
            return Err(Error::dataset(
                path,
                "is an image: give the directory that it is in, or a CSV file",
            ));
        }
        if Framing::of(&start).is_some() {
            return Err(Error::dataset(
                path,
                format!("is a file of records: {OF_IMAGES}"),
            ));
        }
        let root = path.parent().unwrap_or(Path::new(""));
        let source = Listing::read(path)?.source(root, numbering, allow_outside)?;
        // Such a list is not read anew by what is in its directory, and its records are usually
        // wanted beside it.
        source
            .folders()
            .iter()
            .try_for_each(|folder| destination.apart(folder))?;
        return Ok(source);
    }
    directory(path, destination, workers)
}

/// A directory of pictures, which is not written to.
fn directory(path: &Path, destination: &Destination<'_>, workers: usize) -> Result<Source> {
    destination.outside(path)?;
    let source = Source::directory(path, workers)?;
    // Directories in it may be links to elsewhere.
    let parents = source.folders();
    let below: BTreeSet<&Path> = parents
        .iter()
        .flat_map(|folder| folder.ancestors().take_while(|folder| *folder != path))
        .collect();
    below
        .into_iter()
        .try_for_each(|folder| destination.outside(folder))?;
    Ok(source)
}

/// The CSV file that a source is, if it is one.
fn listed(argument: &'static str, source: &Path) -> Vec<(&'static str, PathBuf)> {
    if source.is_file() {
        vec![(argument, source.to_owned())]
    } else {
        Vec::new()
    }
}

fn settings(folder: &Path, options: &Options, argument: &'static str) -> Result<Settings> {
    let workers = workers(argument, options.workers)?;
    let Options {
        existing,
        manifest,
        check: depth,
        on_error,
        ..
    } = *options;
    let skip = on_error == OnError::Skip;
    Ok(Settings {
        folder: folder.to_owned(),
        existing,
        workers,
        manifest,
        depth,
        skip,
    })
}

fn positive(argument: &'static str, value: usize) -> Result<()> {
    if value == 0 {
        Err(Error::argument(argument, value, "at least 1"))
    } else {
        Ok(())
    }
}

/// Shards of these sizes, whose records follow each other from `first` on; with an index each if
/// the framing is given.
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
        shards.push(Shard {
            index: index.map(|framing| path_of(&path, framing)),
            path,
            first,
            count,
        });
        first += count;
    }
    shards
}
