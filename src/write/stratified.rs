//! A stratified split into TFRecords, with a summary and the labels beside them: image2tfrecords'.

use std::path::{Path, PathBuf};

use csv::QuoteStyle;

use super::examples::{Examples, Schema};
use super::place::{Destination, check_local};
use super::plan::{Arrange, Target};
use super::request::{self, Options, directory, in_a_row, is_numbered, positive};
use super::set::Set;
use super::shards::Shard;
use super::source::Source;
use super::split::{SIDES, Shares, even, split};
use super::{Written, plain_name};
use crate::dataset::{Ids, LABELS, Numbering};
use crate::engine::Watch;
use crate::error::{Error, Result};
use crate::record::Framing;

/// What to split, and how.
#[derive(Clone, Debug)]
pub struct Split {
    /// Where the images are: a class directory, or what the names in `listing` are relative to.
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
    /// Where the files go; created if missing.
    pub folder: PathBuf,
    /// The options of all conversions.
    pub options: Options,
}

/// What the columns are called: file, class, id.
type Header = [String; 3];

/// Images into TFRecords by a stratified split, with a summary and the labels beside them; `None`
/// if `watch` ended it before.
///
/// # Errors
/// As [`tfrecords`](super::tfrecords); what is wrong with the CSV files, by its line.
pub fn stratified(request: &Split, watch: Watch<'_>) -> Result<Option<Written>> {
    let settings = request.options.settings(&request.folder, "workers")?;
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
        .filter_map(|(argument, list)| Some((argument, list.clone()?)));
    let target = Target {
        sizes: true,
        lists: lists.collect(),
        arrange: request.clone().arrange(shares, header),
        records: Examples::of(Schema::Split),
    };
    request::run(&settings, source, target, watch)
}

/// A share without the last digits of its binary form.
fn thousandths(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
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
    fn arrange(self, shares: Shares, header: Header) -> Arrange {
        Box::new(move |source| {
            let sides = split(source.by_class(), shares, self.seed);
            let set = self.set(source, &header, &sides);
            (Some(sides.concat()), set)
        })
    }

    /// The shards of all sides, the labels and the summary.
    fn set(&self, source: &Source, header: &Header, sides: &[Vec<usize>; 3]) -> Set {
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
        let belongs =
            move |file: &str| is_numbered(file, &beginnings.each_ref().map(String::as_str), SHARD);
        let summary_path = folder.join(format!("{name}{SUMMARY}"));
        Set {
            side_files: vec![
                (folder.join(LABELS), labels(source, header)),
                (summary_path, summary(source, header, sides)),
            ],
            notes: self.notes_on(sides),
            ..Set::of(shards, belongs)
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
                "no image goes to {}: {argument}={share} of each class, rounded down, is less than \
                 one image",
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
        // A user who has moved the labels elsewhere may have several sets. An unfinished set has no
        // labels, since its run removed them.
        let labels = self.folder.join(LABELS).exists();
        let matters = |name: &str| {
            name != self.name && (labels || !self.folder.join(format!("{name}{SUMMARY}")).exists())
        };
        for entry in std::fs::read_dir(&self.folder).map_err(Error::at(&self.folder))? {
            let file = entry.map_err(Error::at(&self.folder))?.file_name();
            if let Some(name) = file.to_str().and_then(set_of).filter(|name| matters(name)) {
                let own = &self.name;
                let reason = format!(
                    "is of the dataset {name:?}, whose {LABELS} would be replaced by that of \
                     {own:?}: write to another directory"
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

    /// The images, and what the columns are called.
    fn source(&self, workers: usize) -> Result<(Source, Header)> {
        let destination = Destination::new("output_dir", &self.folder)?;
        check_local("image_path", &self.source)?;
        let Some(list) = &self.listing else {
            if let Some(ids) = &self.ids {
                let allowed = "only where image2class_file= is given";
                return Err(Error::argument("class2id_file", ids.display(), allowed));
            }
            let source = directory(&self.source, &destination, workers)?;
            return Ok((source, ["filename", "class", "class_id"].map(str::to_owned)));
        };
        destination.outside(&self.source)?;
        let ids = self.ids.as_deref().map(Ids::read).transpose()?;
        let id = ids
            .as_ref()
            .map(|ids| text(&ids.path, &ids.header[1]))
            .transpose()?;
        let numbering = ids.map_or(Numbering::FirstSeen, Numbering::Listed);
        let source = Source::listed(list, &self.source, &numbering, self.options.allow_outside)?;
        let columns = source.files.list().map(|list| &list.header);
        let [file, class] =
            columns.map_or([&[][..]; 2], |header| header.each_ref().map(|cell| &**cell));
        let (file, class) = (text(list, file)?, text(list, class)?);
        let id = id.unwrap_or_else(|| format!("{class}_id"));
        Ok((source, [file, class, id]))
    }
}

/// A cell of a header as text.
fn text(list: &Path, cell: &[u8]) -> Result<String> {
    let text = str::from_utf8(cell).map(str::to_owned);
    text.map_err(|error| Error::dataset(list, format!("not UTF-8 in its header: {error}")))
}

/// The classes and their numbers.
fn labels(source: &Source, header: &Header) -> String {
    let classes = source.classes.iter();
    let rows = classes.map(|class| [class.name.clone(), class.label.to_string()]);
    let [_, class, id] = header.clone();
    to_csv([[class, id]].into_iter().chain(rows))
}

fn summary(source: &Source, header: &Header, sides: &[Vec<usize>; 3]) -> String {
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

/// Rows as CSV: cells are quoted where they must be.
fn to_csv(rows: impl IntoIterator<Item = [String; 2]>) -> String {
    let mut text = Vec::new();
    for row in rows {
        // Our readers strip blanks around a cell without quotes.
        let padded = row.iter().any(|cell| cell.trim_ascii().len() < cell.len());
        let quotes = if padded {
            QuoteStyle::Always
        } else {
            QuoteStyle::Necessary
        };
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.quote_style(quotes).from_writer(&mut text);
        // Writing to memory does not fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_cells_can_be_read() {
        let rows = [
            ["class", "id"],
            ["a,b", "0"],
            ["quote \"", "1"],
            ["two\r\nlines", "2"],
            ["a\u{2028}b\u{85}c\u{b}d", "3"],
            [" padded\t", "4"],
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let text = to_csv(rows.map(|row| row.map(str::to_owned)));
        crate::file::write_whole(&path, text.as_bytes(), false).unwrap();
        let source = Source::listed(&path, folder.path(), &Numbering::FirstSeen, false).unwrap();
        for (record, [name, class]) in rows[1..].iter().enumerate() {
            assert_eq!(source.name(record), name.as_bytes());
            assert_eq!(source.class(record).name, *class);
        }
    }
}
