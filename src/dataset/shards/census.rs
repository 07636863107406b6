//! The labels of all records and the names of the classes, read only when they are needed.
//!
//! Records are read in parallel, without their images; checksums are verified when an image is
//! read.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::contents::Facts;
use crate::dataset::classes::{DAMAGED, checked};
use crate::error::{Error, Result};
use crate::file::each;

/// The labels and names of all records.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// The label of each sample; [`DAMAGED`] for one that is damaged.
    pub(super) labels: Vec<u32>,
    /// The identity of each sample in a split; empty if not asked for.
    pub(super) identities: Vec<u64>,
    /// Names of the classes, by label.
    pub(super) names: Vec<OsString>,
}

/// Records that a thread reads at a time.
const CHUNK: u64 = 1024;

/// Those of a few records.
#[derive(Default)]
pub(super) struct Part {
    /// Number of records in all.
    samples: usize,
    labels: Vec<u32>,
    identities: Vec<u64>,
    texts: Names,
    synsets: Names,
    /// What is wrong with the first that cannot be read.
    failed: Option<Error>,
}

/// What classes are called.
#[derive(Default)]
struct Names {
    known: BTreeMap<u32, Vec<u8>>,
    /// A class has two names, so they cannot be used.
    confused: bool,
}

/// Reads the labels of all samples on `threads` threads; `ask` adds a sample to a part, given a
/// buffer to read it into. With `salvage`, a sample that cannot be read has no label, unless none
/// can be read.
pub(super) fn take(
    samples: u64,
    threads: usize,
    salvage: bool,
    ask: impl Fn(u64, &mut Vec<u8>, &mut Part) -> Result<()> + Sync,
) -> Result<Census> {
    let chunks = usize::try_from(samples.div_ceil(CHUNK)).unwrap_or(usize::MAX);
    let parts = each(chunks, threads, |chunk| {
        let first = chunk as u64 * CHUNK;
        let mut part = Part {
            samples: usize::try_from(samples).unwrap_or(usize::MAX),
            ..Part::default()
        };
        let mut scratch = Vec::new();
        for sample in first..samples.min(first + CHUNK) {
            match ask(sample, &mut scratch, &mut part) {
                Err(error) if salvage && !error.is_of_the_machine() => part.leave_out(error),
                asked => asked?,
            }
        }
        Ok(part)
    })?;
    Census::of(parts)
}

impl Census {
    /// Merges parts.
    fn of(parts: Vec<Part>) -> Result<Self> {
        let mut census = Self::default();
        let (mut texts, mut synsets, mut failed) = (Names::default(), Names::default(), None);
        for part in parts {
            failed = failed.or(part.failed);
            census.labels.extend(part.labels);
            census.identities.extend(part.identities);
            texts.merge(part.texts);
            synsets.merge(part.synsets);
        }
        let labels = census.labels.iter().filter(|label| **label != DAMAGED);
        let classes = labels.clone().max().map_or(0, |most| *most as usize + 1);
        if let (0, Some(error)) = (classes, failed) {
            return Err(error);
        }
        let mut met = vec![false; classes];
        labels.for_each(|label| met[*label as usize] = true);
        let mut names = [texts, synsets].into_iter();
        let good = names.find(|names| names.tell_apart(&met));
        let mut known = good.unwrap_or_default().known;
        census.names = (0..)
            .zip(met)
            .map(|(label, _)| named(label, known.remove(&label)))
            .collect();
        Ok(census)
    }
}

/// The name of a class; its number where there is none.
fn named(label: u32, name: Option<Vec<u8>>) -> OsString {
    name.map_or_else(|| label.to_string().into(), OsString::from_vec)
}

impl Part {
    /// Adds a sample: its facts, and its identity in a split.
    pub(super) fn note(&mut self, facts: &Facts<'_>, identity: u64) -> Result<(), String> {
        let label = checked(facts.label, self.samples)?;
        self.labels.push(label);
        self.identities.push(identity);
        self.texts.note(label, facts.text);
        self.synsets.note(label, facts.synset);
        Ok(())
    }

    /// Adds a sample that cannot be read.
    fn leave_out(&mut self, error: Error) {
        self.labels.push(DAMAGED);
        self.identities.push(0);
        self.failed.get_or_insert(error);
    }
}

impl Names {
    fn note(&mut self, label: u32, name: &[u8]) {
        if name.is_empty() || self.confused {
            return;
        }
        match self.known.get(&label) {
            Some(known) => self.confused = known != name,
            None => _ = self.known.insert(label, name.to_vec()),
        }
    }

    fn merge(&mut self, other: Self) {
        self.confused |= other.confused;
        for (label, name) in other.known {
            match self.known.entry(label) {
                Entry::Vacant(place) => _ = place.insert(name),
                Entry::Occupied(known) => self.confused |= *known.get() != name,
            }
        }
    }

    /// Whether every class that occurs has a name of its own.
    fn tell_apart(&self, met: &[bool]) -> bool {
        let mut names: Vec<_> = self.known.values().collect();
        names.sort_unstable();
        names.dedup();
        !self.confused
            && !met.is_empty()
            && names.len() == self.known.len()
            && (0..)
                .zip(met)
                .all(|(label, met)| !met || self.known.contains_key(&label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(records: &[(usize, &'static str, &'static str)]) -> Vec<String> {
        let census = take(records.len() as u64, 3, false, |sample, _, part| {
            let (label, text, synset) = records[usize::try_from(sample).unwrap()];
            let facts = Facts {
                label,
                text: text.as_bytes(),
                synset: synset.as_bytes(),
                filename: b"",
            };
            part.note(&facts, sample)
                .map_err(|reason| crate::error::Error::record("x", sample, reason))
        });
        census
            .unwrap()
            .names
            .into_iter()
            .map(|name| name.into_string().unwrap())
            .collect()
    }

    #[test]
    fn classes_are_called_by_what_tells_them_apart() {
        assert_eq!(
            names(&[(1, "dog", "n2"), (0, "cat", "n1"), (1, "", "n2")]),
            ["cat", "dog"]
        );
        assert_eq!(
            names(&[(0, "crane", "n1"), (1, "crane", "n2")]),
            ["n1", "n2"],
            "two classes of one name"
        );
        assert_eq!(
            names(&[(0, "cat", ""), (1, "", "")]),
            ["0", "1"],
            "a class without a name"
        );
        assert_eq!(
            names(&[(0, "a cat", ""), (0, "the cat", "")]),
            ["0"],
            "captions are no names"
        );
        assert_eq!(
            names(&[(0, "cat", ""), (3, "dog", "")]),
            ["cat", "1", "2", "dog"]
        );
        assert!(names(&[]).is_empty());
    }

    #[test]
    fn samples_keep_their_order() {
        let label = |sample: u64| usize::try_from(sample * 7 % 11).unwrap();
        let census = take(5000, 4, false, |sample, _, part| {
            part.note(
                &Facts {
                    label: label(sample),
                    ..Facts::default()
                },
                sample,
            )
            .map_err(|reason| crate::error::Error::record("x", sample, reason))
        });
        let census = census.unwrap();
        assert!(
            census
                .labels
                .iter()
                .zip(0..)
                .all(|(found, sample)| *found as usize == label(sample))
        );
        assert_eq!(census.identities, (0..5000).collect::<Vec<_>>());
    }
}
