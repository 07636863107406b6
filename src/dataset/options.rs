//! Which of the samples that are found are used.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::Split;
use crate::error::{Error, Result};

/// Names of the features of a `tf.train.Example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The image: a file's bytes, or pixels. Default: `image/encoded`.
    pub image: String,
    /// The label, a number; all samples are of one class if `None`. Default: `image/class/label`.
    pub label: Option<String>,
    /// The name of the class, if there is one. Default: `image/class/text`, and failing that
    /// `image/class/synset`.
    pub text: Option<String>,
    /// The name of the file that the image comes from, if there is one. Default:
    /// `image/filename`.
    pub filename: Option<String>,
}

/// Whether labels are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// A sample without a label is an error, and so is one with a wrong label.
    #[default]
    Always,
    /// A record that has none has [`NO_LABEL`](super::NO_LABEL); a wrong one is an error.
    IfThere,
    /// They are not read.
    Never,
}

/// Which of the files or records found are samples, and how they are read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Class names: fixes label numbers, leaves other classes out. Default: all, sorted.
    pub classes: Option<Vec<OsString>>,
    /// One side of a split. Default: everything.
    pub split: Option<Split>,
    /// The first samples of the list only. Default: all.
    pub limit: Option<u64>,
    /// The names of records' features. Default: those of TensorFlow's image datasets.
    pub keys: Keys,
    /// Whether labels are wanted. Default: every sample must have one.
    pub labels: Wanted,
    /// Names in a CSV file may lead out of the directory that they are relative to. Default: no.
    pub allow_outside: bool,
    /// A directory where the places of records in shards without index files are kept from run to
    /// run. Default: none.
    pub places: Option<PathBuf>,
    /// Damage in files of records is a sample that cannot be read, or a fault of the dataset,
    /// instead of an error.
    pub salvage: bool,
    /// A file that a CSV file names and that is missing is a sample that cannot be read instead of
    /// an error, unless all are missing.
    pub gaps: bool,
}

impl Keys {
    /// Refuses a key for the text of a label if there is no label.
    pub(super) fn check_text(&self) -> Result<()> {
        match &self.text {
            Some(text) if self.label.is_none() && self.text != Self::default().text => {
                Err(Error::argument(
                    "keys",
                    format!("{{\"label\": None, \"text\": {text:?}}}"),
                    "a text is only the name of an integer label, so \"text\" needs a \"label\" \
                     that is not None",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Refuses keys for a dataset that has no features.
    pub(super) fn check_unused(&self) -> Result<()> {
        let usual = Self::default();
        let named = |key: Option<&str>| key.map_or("None".to_owned(), |key| format!("{key:?}"));
        let all = [
            ("image", Some(&*self.image), Some(&*usual.image)),
            ("label", self.label.as_deref(), usual.label.as_deref()),
            ("text", self.text.as_deref(), usual.text.as_deref()),
            (
                "filename",
                self.filename.as_deref(),
                usual.filename.as_deref(),
            ),
        ];
        match all.into_iter().find(|(_, given, usual)| given != usual) {
            None => Ok(()),
            Some((what, given, _)) => Err(Error::argument(
                "keys",
                format!("{{{what:?}: {}}}", named(given)),
                "only with TFRecords, which have features",
            )),
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        let some = |key: &str| Some(key.to_owned());
        Self {
            image: "image/encoded".to_owned(),
            label: some("image/class/label"),
            text: some("image/class/text"),
            filename: some("image/filename"),
        }
    }
}

impl Options {
    /// The classes that are used, in the order of their labels, as numbers into `found`, which an
    /// error calls `what`.
    pub(super) fn chosen(&self, found: &[OsString], what: &str) -> Result<Vec<usize>> {
        let Some(classes) = &self.classes else {
            return Ok((0..found.len()).collect());
        };
        let mut left: HashMap<&OsString, usize> = found.iter().zip(0..).collect();
        let mut numbers = Vec::with_capacity(classes.len());
        for class in classes {
            let Some(number) = left.remove(class) else {
                let allowed = if classes[..numbers.len()].contains(class) {
                    "each class once".to_owned()
                } else {
                    let known = found.iter().take(10).map(|class| class.to_string_lossy());
                    format!("the {what}: {}", known.collect::<Vec<_>>().join(", "))
                };
                let class = format!("{:?}", class.to_string_lossy());
                return Err(Error::argument("classes", class, allowed));
            };
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// Why no samples are left.
    pub(super) fn nothing_left(&self, otherwise: &str) -> String {
        match (&self.split, self.limit) {
            (_, Some(0)) => "limit=0 leaves no samples".to_owned(),
            (Some(split), _) => format!(
                "no samples on the {:?} side of a split at {}",
                split.side, split.fraction
            ),
            _ => otherwise.to_owned(),
        }
    }
}
