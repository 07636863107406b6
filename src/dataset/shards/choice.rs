//! Which records are samples: some classes, one side of a split, the first so many.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::census::{self, Census};
use super::contents::Facts;
use super::{Shards, file_name, outside};
use crate::dataset::classes::DAMAGED;
use crate::dataset::{Options, Split};
use crate::error::Result;
use crate::random::{hash_bytes, mix};

impl Shards {
    /// Keeps the samples that are asked for.
    pub(super) fn choose(&mut self, options: &Options) -> Result<()> {
        let limit = options.limit.unwrap_or(u64::MAX);
        if options.classes.is_none() && options.split.is_none() {
            self.len = self.len.min(limit);
            return Ok(());
        }
        let census = self.ask_all(options.split.is_some())?;
        let names = self.listed.clone().unwrap_or(census.names);
        let chosen = options.chosen(&names, self.called(&names))?;
        let labels: HashMap<usize, usize> = chosen.iter().copied().zip(0..).collect();
        let wanted = options
            .split
            .map(|split| on_side(split, &census.labels, &census.identities, &names));
        let mut wanted = wanted.into_iter().flatten();
        let (mut picks, mut kept) = (Vec::new(), Vec::new());
        for (sample, label) in (0..).zip(census.labels) {
            if picks.len() as u64 >= limit {
                break;
            }
            let is_wanted = wanted.next().unwrap_or(true);
            let label = self.chosen(sample, label as usize, names.len(), &labels)?;
            if let Some(label) = label.filter(|_| is_wanted) {
                picks.push(self.number(sample));
                kept.push(label);
            }
        }
        self.len = picks.len() as u64;
        self.picks = Some(picks);
        let classes = chosen.iter().map(|label| names[*label].clone());
        self.names = classes.collect::<Vec<OsString>>().into();
        self.census = Census {
            labels: kept,
            ..Census::default()
        }
        .into();
        self.labels = options.classes.is_some().then_some(labels);
        Ok(())
    }

    /// The label of a sample among the classes that were chosen, if it is of one of them. A damaged
    /// sample is kept, so that it is an error when it is read.
    fn chosen(
        &self,
        sample: u64,
        label: usize,
        classes: usize,
        chosen: &HashMap<usize, usize>,
    ) -> Result<Option<u32>> {
        if label < classes {
            let label = chosen.get(&label);
            return Ok(label.map(|label| u32::try_from(*label).unwrap_or(DAMAGED)));
        }
        if self.salvage {
            return Ok(Some(DAMAGED));
        }
        Err(self.unfit(sample, &outside(label, classes)))
    }

    /// What an error calls the classes that were found.
    fn called(&self, names: &[OsString]) -> &'static str {
        let is_number =
            |(number, name): (usize, &OsString)| name.to_str() == Some(&number.to_string());
        if self.listed.is_none() && names.iter().enumerate().all(is_number) {
            "classes found (a labels.csv beside the records would name them)"
        } else {
            "classes found"
        }
    }

    /// Reads the labels of all records, with `identities` also their identities in a split.
    pub(super) fn ask_all(&self, identities: bool) -> Result<Census> {
        census::take(
            self.len,
            self.threads,
            self.salvage,
            |sample, scratch, part| {
                let (shard, record) = self.place(sample);
                let payload = shard
                    .peek(record, scratch)
                    .map_err(|error| error.of_record(self.spot(sample)))?;
                let facts = self.schema.facts(shard.framing(), payload);
                let noted = facts.and_then(|facts| {
                    part.note(
                        &facts,
                        if identities {
                            identity(&facts, shard.path(), record)
                        } else {
                            0
                        },
                    )
                });
                noted.map_err(|reason| self.unfit(sample, &reason))
            },
        )
    }
}

/// Which samples are on a side of a split. Labels without a name are an error elsewhere; samples
/// without a label are training.
fn on_side(split: Split, labels: &[u32], identities: &[u64], names: &[OsString]) -> Vec<bool> {
    let classes = labels
        .iter()
        .filter(|label| **label != DAMAGED)
        .max()
        .map_or(0, |most| *most as usize + 1);
    split.of_all(labels, classes, |sample| {
        let name = names
            .get(labels[sample] as usize)
            .map(OsString::as_os_str)
            .unwrap_or_default();
        split.key(name, [hash_bytes(b""), identities[sample]])
    })
}

/// The identity of a sample in a split: the last part of its file's name, so that it is on the same
/// side as in a class directory without further directories; else its place.
fn identity(facts: &Facts<'_>, path: &Path, record: u64) -> u64 {
    if facts.filename.is_empty() {
        return mix(hash_bytes(file_name(path)) ^ mix(record));
    }
    let name = facts
        .filename
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    hash_bytes(&[name, b"\0"].concat())
}

/// Warns if files seem to be of several sets, such as `train` and `validation`: a user who gave
/// their directory may have meant one.
pub(super) fn several_sets(paths: &[PathBuf]) -> Option<String> {
    let mut sets: Vec<String> = paths.iter().filter_map(|path| set_of(path)).collect();
    sets.sort_unstable();
    sets.dedup();
    let [first, second, ..] = sets.as_slice() else {
        return None;
    };
    let folder = paths[0].parent().unwrap_or(Path::new("")).display();
    Some(format!(
        "{folder}: files of several sets, such as {first:?} and {second:?}, are read as one \
         dataset; to read only one set, use a glob"
    ))
}

/// The name of a file up to its number, `-00000-of-00010` or `0`.
fn set_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let stem = name
        .split_once("-of-")
        .or_else(|| name.split_once('.'))
        .map_or(name, |(stem, _)| stem);
    Some(
        stem.trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches(['-', '_'])
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_sets_apart() {
        let note = |names: &[&str]| {
            several_sets(
                &names
                    .iter()
                    .map(|name| Path::new("d").join(name))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            note(&["train-00000-of-00002", "train-00001-of-00002"]),
            None
        );
        assert_eq!(note(&["photos0", "photos1", "photos10.tfrecord"]), None);
        assert!(
            note(&[
                "a-train.tfrecord-00000-of-00001",
                "a-test.tfrecord-00000-of-00001"
            ])
            .is_some()
        );
        assert!(
            note(&[
                "x_train_00001-of-00002.tfrecord",
                "x_test_00001-of-00001.tfrecord"
            ])
            .is_some()
        );
        assert!(
            note(&["train-00000-of-00002", "validation-00000-of-00001"])
                .unwrap()
                .starts_with("d: files of")
        );
    }
}
