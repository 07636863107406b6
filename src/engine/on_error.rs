//! What becomes of samples that cannot be made.

use crate::pixel::words;

/// What to do with a sample that cannot be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// The batch is an error.
    #[default]
    Raise,
    /// The sample is left out of its batch. A batch that would be empty is filled as with
    /// [`OnError::Replace`], none of its samples valid, so that the number of batches stays the
    /// same on every rank.
    Skip,
    /// Another sample, chosen by the seed, takes its place.
    Replace,
}

words!(OnError: "raise" Raise, "skip" Skip, "replace" Replace);
