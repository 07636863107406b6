//! Writes datasets: jobs on the engine whose results are files.
//!
//! All of them check every argument and every input, inputs by decoding them, before the first byte
//! is written; a file appears under its name whole or not at all ([`crate::file::Output`]); the
//! same input, options and seed give the same bytes whatever the number of workers; and an
//! interrupted run can be resumed ([`Existing::Resume`]).

mod check;
mod conversion;
mod convert;
mod examples;
mod finished;
pub mod images;
mod index;
mod manifest;
mod place;
mod plan;
mod recordio;
mod request;
mod set;
mod shards;
mod source;
mod split;
mod stratified;
mod tensorize;
mod tensors;
mod wrapper;

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::{MOST_WORKERS, usable_cores};
use crate::error::{Error, Result};
use crate::pixel::words;

pub use check::Depth;
pub use convert::{Convert, Labels, recordio, tfrecords};
pub use index::index;
pub use request::Options;
pub use stratified::{Split, stratified};
pub use tensorize::{Tensorize, tensors};
pub use tensors::Order;

/// The longest time between two calls of a watch.
const PATIENCE: Duration = Duration::from_millis(50);

/// What to do with outputs that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// [`crate::error::Error::Exists`], before anything is written.
    #[default]
    Refuse,
    /// They are replaced, each when the new one is finished.
    Replace,
    /// They are kept: an interrupted run is resumed.
    Resume,
}

/// What to do with inputs that cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// [`crate::error::Error::Files`] lists them all, before anything is written.
    #[default]
    Raise,
    /// They are left out; [`Written::skipped`] lists them.
    Skip,
}

words!(OnError: "raise" Raise, "skip" Skip);

/// What a run has made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files with data, index files and the like not counted.
    pub files: u64,
    /// Records, or images, in them.
    pub records: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// How many of the files were there already.
    pub kept: u64,
    /// What was left out, in the order of the source.
    pub skipped: Vec<Skipped>,
    /// Notes for the user about the files and their sources, a sentence each.
    pub notes: Vec<String>,
}

/// An input that cannot be used, and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Threads for a run: the number asked for by `argument`, or the usable cores.
fn workers(argument: &'static str, wanted: Option<usize>) -> Result<usize> {
    match wanted {
        None => Ok(usable_cores()),
        Some(workers @ 1..=MOST_WORKERS) => Ok(workers),
        Some(workers) => Err(Error::argument(
            argument,
            workers,
            format!("between 1 and {MOST_WORKERS}"),
        )),
    }
}

/// Names are beginnings of file names, not paths.
fn plain_name(argument: &'static str, name: &str) -> Result<()> {
    let allowed = |what: &str| Err(Error::argument(argument, format!("{name:?}"), what));
    if name.contains(['/', '\0']) {
        return allowed("the beginning of a file name, without a slash");
    }
    if name.starts_with('.') {
        return allowed(
            "the beginning of a file name that is not hidden: without a dot at its start",
        );
    }
    Ok(())
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Whether a text is a number as it is written here: digits without leading zeros.
fn is_number(text: &[u8]) -> bool {
    is_digits(text) && (text == b"0" || text[0] != b'0')
}
