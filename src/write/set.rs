//! The files of a run: those it makes, and those that must not be there before.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::check::Depth;
use super::shards::{Shard, refuse_shared_index};
use super::{Existing, manifest};
use crate::error::{Error, Result};
use crate::file::{check_free, make_directory, or_here};

/// The files that a run makes.
pub(super) struct Set {
    /// The shards, in the order of their records.
    pub(super) shards: Vec<Shard>,
    /// Tells by its name whether a file is a shard of this set, from any run.
    pub(super) belongs: Belongs,
    /// Small files that are written last, in this order: if the last is there, everything is.
    pub(super) side_files: Vec<(PathBuf, String)>,
    /// Notes for the user, a sentence each.
    pub(super) notes: Vec<String>,
}

impl Set {
    /// Shards alone.
    pub(super) fn of(shards: Vec<Shard>, belongs: impl Fn(&str) -> bool + Send + 'static) -> Self {
        Self {
            shards,
            belongs: Box::new(belongs),
            side_files: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Tells names of shards from others.
pub(super) type Belongs = Box<dyn Fn(&str) -> bool + Send>;

/// Where things go, and how.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) folder: PathBuf,
    pub(super) existing: Existing,
    pub(super) workers: usize,
    /// Whether a list of all records is written.
    pub(super) manifest: bool,
    pub(super) depth: Depth,
    /// Whether inputs that cannot be used are left out.
    pub(super) skip: bool,
}

impl Set {
    /// All files that are to be there in the end, and the indexes and the list that their shards
    /// may have from earlier runs.
    pub(super) fn outputs(&self, settings: &Settings) -> Vec<PathBuf> {
        let index = |shard: &Shard| shard.index.clone().or_else(|| shard.old_index());
        let shards = self
            .shards
            .iter()
            .flat_map(|shard| [Some(shard.path.clone()), index(shard)])
            .flatten();
        let manifest = settings.manifest().or_else(|| self.old_manifest(settings));
        shards
            .chain(self.side_files.iter().map(|(path, _)| path.clone()))
            .chain(manifest)
            .collect()
    }

    /// The files that describe all shards of an earlier run: not true any more once one of these is
    /// replaced.
    pub(super) fn claims(&self, settings: &Settings) -> impl Iterator<Item = PathBuf> {
        // The summary first: it says that all others are there.
        let side_files = self.side_files.iter().rev().map(|(path, _)| path.clone());
        side_files.chain(self.old_manifest(settings))
    }

    /// The list of the records of an earlier run.
    fn old_manifest(&self, settings: &Settings) -> Option<PathBuf> {
        let path = settings.manifest_path();
        manifest::first_shard(&path)
            .is_some_and(|shard| (self.belongs)(&shard))
            .then_some(path)
    }

    /// Refuses to replace what is there, unless that is wanted; and directories in any case.
    pub(super) fn refuse_existing(&self, settings: &Settings) -> Result<()> {
        for path in self.outputs(settings) {
            check_free(&path, settings.existing != Existing::Refuse, true)?;
        }
        Ok(())
    }

    pub(super) fn refuse_shared_indexes(&self) -> Result<()> {
        let mut indexed = self
            .shards
            .iter()
            .filter_map(|shard| Some((&shard.path, shard.index.as_ref()?)));
        indexed.try_for_each(|(shard, index)| refuse_shared_index(shard, index))
    }

    /// Refuses to replace a list of another set's records.
    pub(super) fn refuse_other_manifest(&self, settings: &Settings) -> Result<()> {
        let Some(path) = settings.manifest() else {
            return Ok(());
        };
        let Some(shard) = manifest::first_shard(&path).filter(|shard| !(self.belongs)(shard))
        else {
            return Ok(());
        };
        let reason = format!(
            "lists another dataset, with the shard {shard}, and would be lost: write to \
             another directory, or without manifest=True"
        );
        Err(Error::dataset(path, reason))
    }

    /// An error if there are shards of an earlier run that this one would not replace: readers
    /// would read both.
    pub(super) fn refuse_leftovers(&self, folder: &Path) -> Result<()> {
        let left = self.leftovers(folder)?;
        let Some(first) = left.iter().min() else {
            return Ok(());
        };
        let (are, them) = match left.len() {
            1 => ("is a shard".to_owned(), "it"),
            all => (format!("and {} more are shards", all - 1), "them"),
        };
        let reason = format!(
            "{are} of an earlier run with more shards or other options, which would stay beside \
             those of this run: remove {them}, or write to another directory"
        );
        Err(Error::dataset(folder.join(first), reason))
    }

    fn leftovers(&self, folder: &Path) -> Result<Vec<OsString>> {
        let here = or_here(folder);
        if here.symlink_metadata().is_err() {
            return Ok(Vec::new());
        }
        // Anything else than a directory is an error.
        make_directory(here)?;
        let own = self
            .shards
            .iter()
            .filter_map(|shard| shard.path.file_name());
        let own: HashSet<&OsStr> = own.collect();
        let mut left = Vec::new();
        for entry in std::fs::read_dir(here).map_err(Error::at(folder))? {
            let name = entry.map_err(Error::at(folder))?.file_name();
            if name.to_str().is_some_and(&self.belongs) && !own.contains(&*name) {
                left.push(name);
            }
        }
        Ok(left)
    }
}

impl Settings {
    /// Where the list of all records goes, if there is to be one.
    pub(super) fn manifest(&self) -> Option<PathBuf> {
        self.manifest.then(|| self.manifest_path())
    }

    fn manifest_path(&self) -> PathBuf {
        self.folder.join("manifest.jsonl")
    }
}
