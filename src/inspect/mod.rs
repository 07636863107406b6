//! What is in a dataset, as data: what the command line prints.
//!
//! * [`describe`]: kind, classes, sizes and formats of the images, shards.
//! * [`record`]: one sample in full.
//! * [`verify`]: everything read and decoded, and what is damaged.
//! * [`mod@bench`]: how fast a Loader is on this data and this machine, beside a plain decode of
//!   the same files.
//! * [`sheet`]: a batch as a model will see it, as an image.
//! * [`machine`]: what this processor offers.
//!
//! Jobs that take their time are told by a [`Watch`] whether to go on.

pub mod bench;
mod damage;
pub mod describe;
mod examine;
pub mod machine;
pub mod record;
pub mod sheet;
pub mod verify;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::dataset::{self, Dataset, Keys, Options};
pub use crate::engine::Watch;
use crate::engine::{MOST_WORKERS, usable_cores};
use crate::error::{Error, Result};

/// A path as JSON, which is text: an object with its `bytes` where it is not UTF-8.
fn path_json(path: &Path) -> Value {
    path.to_str().map_or_else(
        || json!({ "bytes": path.as_os_str().as_bytes() }),
        Value::from,
    )
}

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// As for a Loader: image directories, image files, files of records, or CSV files.
    pub paths: Vec<PathBuf>,
    /// Names of the features in records. Default: those of TensorFlow's image datasets.
    pub keys: Keys,
    /// The files that a CSV file names may lie outside of its directory. Default: no.
    pub allow_outside: bool,
    /// Threads. Default: the usable cores.
    pub workers: Option<usize>,
}

impl Source {
    fn workers(&self) -> usize {
        self.workers.unwrap_or_else(usable_cores)
    }

    /// A note that so many records have no label, of `looked` that were looked at.
    fn note_on_labels(&self, unlabelled: u64, looked: u64) -> Option<String> {
        let key = self.keys.label.as_deref().filter(|_| unlabelled > 0)?;
        Some(format!(
            "{unlabelled} of {looked} records that were looked at have no label {key:?}: name the \
             feature that has it \
             with keys={{\"label\": ...}}, or read them with Loader(labels=None)"
        ))
    }

    /// What is wrong with a record that has no label, where others have one.
    fn lacks_label(&self) -> String {
        let key = self.keys.label.as_deref().unwrap_or_default();
        format!("no label {key:?}, although other records have one")
    }

    /// The dataset, as a Loader would see it.
    fn open(&self, options: Options) -> Result<Arc<dyn Dataset>> {
        match self.workers {
            Some(0) => return Err(Error::argument("workers", 0, "at least 1")),
            Some(workers) if workers > MOST_WORKERS => {
                return Err(Error::argument(
                    "workers",
                    workers,
                    format!("at most {MOST_WORKERS}"),
                ));
            }
            _ => {}
        }
        let options = Options {
            keys: self.keys.clone(),
            allow_outside: self.allow_outside,
            gaps: true,
            ..options
        };
        dataset::open(&self.paths, &options, self.workers())
    }
}
