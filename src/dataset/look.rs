//! What a file is, as far as its first bytes and its name say.

use std::path::Path;

use super::LABELS;
use super::tree::looked_for;
use crate::codec::Format;
use crate::error::{Error, Result};
use crate::file::{Foreign, SIGNATURE, may_be_csv, peek};
use crate::record::{Framing, Inflated, inflated};

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Records, compressed or not.
    Records,
    /// Compressed, and perhaps records.
    Unclear,
    /// Compressed, and no records.
    Compressed,
    /// A table of files.
    Table,
    /// Nothing.
    Empty,
    /// An image that is not named as one.
    Image,
    /// Something else that is known.
    Foreign(Foreign),
    /// None of these.
    Unknown,
}

impl Look {
    /// What is wrong with a file that holds neither images nor records.
    pub(super) fn fault(self, path: &Path) -> Error {
        let looked_for = looked_for();
        let reason = match self {
            Self::Foreign(foreign) => foreign.to_string(),
            Self::Compressed => {
                "a compressed file that holds no TFRecords, or damaged ones: unpack it to see"
                    .to_owned()
            }
            Self::Image => {
                format!("an image, but its name does not end like one; looked for {looked_for}")
            }
            _ => format!(
                "no image, record file or CSV; looked for directories of images, {looked_for}"
            ),
        };
        Error::dataset(path, reason)
    }
}

/// Looks at the first bytes of a file.
pub(super) fn look(path: &Path) -> Result<Look> {
    let mut start = Vec::new();
    peek(path, SIGNATURE, &mut start).map_err(Error::at(path))?;
    let ending = path.extension().unwrap_or_default();
    let mut tables = ["csv", "tsv"].iter();
    Ok(seen(
        &start,
        tables.any(|table| ending.eq_ignore_ascii_case(table)),
    ))
}

/// What a file is that starts with `start`.
fn seen(start: &[u8], named_csv: bool) -> Look {
    let foreign = Foreign::of(start);
    match start {
        [] if named_csv => Look::Table,
        [] => Look::Empty,
        _ if Framing::of(start).is_some() => Look::Records,
        _ if named_csv || (may_be_csv(start) && foreign.is_none()) => Look::Table,
        _ => match (foreign, inflated(start)) {
            (Some(foreign), _) => Look::Foreign(foreign),
            _ if Format::of(start).is_some() => Look::Image,
            _ if start.is_ascii() => Look::Unknown,
            (_, Some(Inflated::Records)) => Look::Records,
            (_, Some(Inflated::Other)) => Look::Compressed,
            (_, Some(Inflated::Unclear)) => Look::Unclear,
            (_, None) => Look::Unknown,
        },
    }
}

/// Whether a file is one of records, as far as its first bytes say.
pub(super) fn is_records(path: &Path) -> bool {
    matches!(look(path), Ok(Look::Records))
}

/// Whether a file is known by its name to lie beside records without being records.
pub(super) fn is_beside(name: &[u8]) -> bool {
    name.ends_with(b".idx")
        || name == b"manifest.jsonl"
        || name == LABELS.as_bytes()
        || name.ends_with(b"_summary.json")
}
