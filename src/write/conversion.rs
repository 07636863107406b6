//! A run from sources to shards: look at every input, then write what is not there yet.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::check::{Check, Checked, Depth};
use super::manifest::{self, LeftOut, Manifest};
use super::place::refuse_lists;
use super::shards::{Records, Shard, Write, refuse_shared_index, remove_stale};
use super::source::Source;
use super::{Existing, Progress, Run, Skipped, Written};
use crate::engine::{Engine, Next, Ordered};
use crate::error::{Error, Result};
use crate::file::{Map, a_directory, make_directory, write_whole};
use crate::record;

/// What is to be there in the end.
pub(super) struct Set {
    /// The shards, in the order of their records.
    pub(super) shards: Vec<Shard>,
    /// Tells by its name whether a file is a shard of such a set, of this run or another.
    pub(super) belongs: Belongs,
    /// Small files that are written last, in this order: where the last of them is, everything is.
    pub(super) side_files: Vec<(PathBuf, String)>,
    /// What the user should know of it, a sentence each.
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

/// What becomes of the images in a source.
pub(super) struct Target<R> {
    /// Whether records say how large pictures are.
    pub(super) sizes: bool,
    /// Lists that are read, and the arguments that name them.
    pub(super) lists: Vec<(&'static str, PathBuf)>,
    pub(super) arrange: Arrange,
    pub(super) records: MakeRecords<R>,
}

/// The order in which the images of a source are written, unless it is the source's, and into what.
pub(super) type Arrange = Box<dyn Fn(&Source) -> (Option<Vec<usize>>, Set) + Send>;

/// Makes records of images in their final order, and what the user should know of them.
pub(super) type MakeRecords<R> =
    Box<dyn FnOnce(Arc<Source>, Vec<Checked>) -> Result<(R, Vec<String>)> + Send>;

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

/// The run.
pub(super) struct Conversion<R: Records> {
    settings: Settings,
    total: u64,
    checked: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
    stage: Stage<R>,
}

enum Stage<R: Records> {
    Checking(Box<Checking<R>>),
    Comparing(Box<Comparing<R>>),
    Confirming(Box<Confirming<R>>),
    Writing(Box<Writing<R>>),
    Over,
}

/// Every input is looked at.
struct Checking<R> {
    engine: Engine<Ordered<Check>>,
    source: Arc<Source>,
    depth: Depth,
    found: Vec<Option<Checked>>,
    failures: Vec<(usize, Error)>,
    target: Target<R>,
}

/// What is to be written, and what is left out.
struct Plan<R> {
    source: Arc<Source>,
    records: R,
    set: Set,
    notes: Vec<String>,
    skipped: Vec<LeftOut>,
}

/// What is there already is looked at, shard by shard.
struct Comparing<R> {
    plan: Plan<R>,
    /// Whether the inputs of shards that are not finished are yet to be decoded.
    unconfirmed: bool,
    /// Shards that were looked at, and whether they are finished.
    seen: Vec<(Shard, bool)>,
}

/// Inputs of shards that are not finished are decoded.
struct Confirming<R> {
    engine: Engine<Ordered<Check>>,
    failures: Vec<Error>,
    comparing: Comparing<R>,
}

struct Writing<R: Records> {
    engine: Engine<Write<R>>,
    /// All shards in order, and whether each is there already.
    shards: std::vec::IntoIter<(Shard, bool)>,
    side_files: Vec<(PathBuf, String)>,
    manifest: Option<Manifest>,
    skipped: Vec<LeftOut>,
    written: Written,
}

impl<R: Records> Conversion<R> {
    /// Begins to look at the inputs; what can be found wrong without them is found first.
    pub(super) fn start(settings: Settings, source: Source, target: Target<R>) -> Result<Self> {
        let (_, set) = (target.arrange)(&source);
        refuse_lists(
            &target.lists,
            set.outputs(&settings).iter().map(PathBuf::as_path),
        )?;
        set.refuse_other_manifest(&settings)?;
        set.refuse_existing(&settings)?;
        set.refuse_shared_indexes()?;
        if !settings.skip {
            set.refuse_leftovers(&settings.folder)?;
        }
        let (checked, written) = (Arc::default(), Arc::default());
        let total = source.len() as u64;
        // What finished shards are made of was decoded before they were written. Where images are
        // left out, all must be looked at to know which.
        let quick = settings.existing == Existing::Resume && !settings.skip;
        let depth = if quick {
            Depth::Headers
        } else {
            settings.depth
        };
        let mut run = Self {
            settings,
            total,
            checked,
            written,
            stage: Stage::Over,
        };
        run.stage = Stage::Checking(Box::new(run.check(Arc::new(source), target, depth)?));
        Ok(run)
    }

    /// Begins to look at all inputs.
    fn check(&self, source: Arc<Source>, target: Target<R>, depth: Depth) -> Result<Checking<R>> {
        // A first look that is not the whole check is not told of.
        let done = if depth == self.settings.depth {
            Arc::clone(&self.checked)
        } else {
            Arc::default()
        };
        let check = Check {
            source: Arc::clone(&source),
            wanted: None,
            depth,
            sizes: target.sizes,
            done,
        };
        let engine = Engine::start(Ordered(check), self.settings.workers, 4)?;
        Ok(Checking {
            engine,
            source,
            depth,
            found: Vec::new(),
            failures: Vec::new(),
            target,
        })
    }

    /// Goes on as far as it can without waiting longer than `patience`; `None` if there is more to
    /// do.
    fn advance(&mut self, patience: Duration) -> Result<Option<Written>> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Checking(mut checking) => {
                if checking.advance(patience)? {
                    self.checked(*checking)?
                } else {
                    Stage::Checking(checking)
                }
            }
            Stage::Comparing(mut comparing) => {
                if comparing.advance(self.settings.existing)? {
                    self.compared(*comparing)?
                } else {
                    Stage::Comparing(comparing)
                }
            }
            Stage::Confirming(mut confirming) => {
                if confirming.advance(patience)? {
                    Stage::Writing(Box::new(self.write(confirming.end()?)?))
                } else {
                    Stage::Confirming(confirming)
                }
            }
            Stage::Writing(mut writing) => {
                if let Some(written) = writing.advance(&self.settings, patience)? {
                    return Ok(Some(written));
                }
                Stage::Writing(writing)
            }
            Stage::Over => {
                return Err(Error::Internal {
                    message: "a run that has ended was waited for".to_owned(),
                });
            }
        };
        Ok(None)
    }

    /// Goes on when all inputs were looked at.
    fn checked(&self, checking: Checking<R>) -> Result<Stage<R>> {
        let Checking {
            engine,
            source,
            depth,
            found,
            failures,
            target,
        } = checking;
        drop(engine);
        let unconfirmed = depth != self.settings.depth;
        if unconfirmed && !failures.is_empty() {
            // Whatever else is wrong is to be said together.
            return Ok(Stage::Checking(Box::new(self.check(
                source,
                target,
                self.settings.depth,
            )?)));
        }
        let plan = self.plan(Arc::unwrap_or_clone(source), found, failures, target)?;
        plan.set.refuse_existing(&self.settings)?;
        plan.set.refuse_leftovers(&self.settings.folder)?;
        Ok(Stage::Comparing(Box::new(Comparing {
            seen: Vec::with_capacity(plan.set.shards.len()),
            plan,
            unconfirmed,
        })))
    }

    fn plan(
        &self,
        source: Source,
        found: Vec<Option<Checked>>,
        failures: Vec<(usize, Error)>,
        target: Target<R>,
    ) -> Result<Plan<R>> {
        let files = source.len();
        if !failures.is_empty() && (!self.settings.skip || failures.len() == files) {
            return Err(unusable(
                files,
                failures.into_iter().map(|(_, failure)| failure).collect(),
            ));
        }
        let skipped: Vec<_> = failures
            .iter()
            .map(|(input, failure)| left_out(&source, *input, failure))
            .collect();
        let kept: Vec<usize> = (0..files).filter(|input| found[*input].is_some()).collect();
        let source = if kept.len() < files {
            source.arranged(&kept)
        } else {
            source
        };
        let mut found: Vec<Checked> = found.into_iter().flatten().collect();
        let (order, set) = (target.arrange)(&source);
        let source = Arc::new(match order {
            Some(order) => {
                found = order.iter().map(|input| found[*input]).collect();
                source.arranged(&order)
            }
            None => source,
        });
        let (records, of_records) = (target.records)(Arc::clone(&source), found)?;
        let mut notes = [source.files.notes.clone(), of_records, set.notes.clone()].concat();
        if let Some(LeftOut {
            why: Skipped { path, reason },
            ..
        }) = skipped.first()
        {
            let (number, path) = (skipped.len(), path.display());
            notes.push(format!(
                "{number} of {files} images cannot be used and are left out; the first is {path}: {reason}"
            ));
        }
        Ok(Plan {
            source,
            records,
            set,
            notes,
            skipped,
        })
    }

    /// Goes on when it is known what is there already.
    fn compared(&self, comparing: Comparing<R>) -> Result<Stage<R>> {
        if !comparing.unconfirmed {
            return Ok(Stage::Writing(Box::new(self.write(comparing)?)));
        }
        let unfinished = comparing.seen.iter().filter(|(_, kept)| !kept);
        let wanted: Vec<usize> = unfinished
            .flat_map(|(shard, _)| shard.first..shard.first + shard.count)
            .collect();
        self.checked
            .store(self.total - wanted.len() as u64, Ordering::Relaxed);
        let check = Check {
            source: Arc::clone(&comparing.plan.source),
            wanted: Some(wanted),
            depth: self.settings.depth,
            sizes: false,
            done: Arc::clone(&self.checked),
        };
        let engine = Engine::start(Ordered(check), self.settings.workers, 4)?;
        Ok(Stage::Confirming(Box::new(Confirming {
            engine,
            failures: Vec::new(),
            comparing,
        })))
    }

    /// Begins to write what is not finished.
    fn write(&self, comparing: Comparing<R>) -> Result<Writing<R>> {
        let Comparing {
            plan:
                Plan {
                    records,
                    set,
                    notes,
                    skipped,
                    ..
                },
            seen,
            ..
        } = comparing;
        make_directory(&self.settings.folder)?;
        let already: u64 = seen
            .iter()
            .filter(|(_, kept)| *kept)
            .map(|(shard, _)| shard.count as u64)
            .sum();
        self.written
            .store(already + skipped.len() as u64, Ordering::Relaxed);
        let shards: Vec<Shard> = seen
            .iter()
            .filter(|(_, kept)| !kept)
            .map(|(shard, _)| shard.clone())
            .collect();
        if !shards.is_empty() && self.settings.existing != Existing::Refuse {
            set.claims(&self.settings)
                .try_for_each(|path| remove_stale(&path))?;
        }
        let Settings {
            existing, workers, ..
        } = self.settings;
        let job = Write {
            records: Arc::new(records),
            shards,
            existing,
            done: Arc::clone(&self.written),
        };
        let why = skipped
            .iter()
            .map(|left_out| left_out.why.clone())
            .collect();
        Ok(Writing {
            // Enough shards at once that every worker has one of its own, and one that is being
            // synced.
            engine: Engine::start(job, workers, workers + 1)?,
            shards: seen.into_iter(),
            side_files: set.side_files,
            manifest: self
                .settings
                .manifest()
                .map(|path| Manifest::create(&path))
                .transpose()?,
            skipped,
            written: Written {
                notes,
                skipped: why,
                ..Written::default()
            },
        })
    }
}

/// The error of inputs that cannot be used.
fn unusable(files: usize, failures: Vec<Error>) -> Error {
    let outcome = match failures.len() {
        failed if failed == files => "nothing was written",
        1 => "nothing was written, and on_error=\"skip\" would leave it out",
        _ => "nothing was written, and on_error=\"skip\" would leave them out",
    };
    Error::Files {
        files,
        outcome,
        failures,
    }
}

fn left_out(source: &Source, input: usize, failure: &Error) -> LeftOut {
    let why = Skipped {
        path: source.path(input),
        reason: failure.reason(),
    };
    LeftOut {
        name: source.name(input).into(),
        label: source.class(input).label,
        why,
    }
}

impl Set {
    /// All files that are to be there in the end, and the indexes and the list that their shards
    /// may have from earlier runs.
    fn outputs(&self, settings: &Settings) -> Vec<PathBuf> {
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

    /// What says of an earlier run's shards that they are all there, or what is in them: not true
    /// any more once one of them is written.
    fn claims(&self, settings: &Settings) -> impl Iterator<Item = PathBuf> {
        // The summary first: it is what says that there are the others.
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
    fn refuse_existing(&self, settings: &Settings) -> Result<()> {
        for path in self.outputs(settings) {
            match path.symlink_metadata() {
                Ok(found) if found.is_dir() => return Err(a_directory(&path)),
                Ok(_) if settings.existing == Existing::Refuse => {
                    return Err(Error::Exists {
                        path,
                        resumable: true,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn refuse_shared_indexes(&self) -> Result<()> {
        let mut indexed = self
            .shards
            .iter()
            .filter_map(|shard| Some((&shard.path, shard.index.as_ref()?)));
        indexed.try_for_each(|(shard, index)| refuse_shared_index(shard, index))
    }

    /// Refuses to replace a list of another set's records.
    fn refuse_other_manifest(&self, settings: &Settings) -> Result<()> {
        let Some(path) = settings.manifest() else {
            return Ok(());
        };
        let Some(shard) = manifest::first_shard(&path).filter(|shard| !(self.belongs)(shard))
        else {
            return Ok(());
        };
        let reason = format!(
            "lists {shard} and with it another data set, whose lines would be lost: write to another directory, or \
             without manifest=True"
        );
        Err(Error::dataset(path, reason))
    }

    /// An error if there are shards of an earlier run that this one would leave beside its own:
    /// whoever reads the set would read both.
    fn refuse_leftovers(&self, folder: &Path) -> Result<()> {
        let own: HashSet<&OsStr> = self
            .shards
            .iter()
            .filter_map(|shard| shard.path.file_name())
            .collect();
        let fail = |source| Error::Io {
            path: folder.to_owned(),
            source,
        };
        let here = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        if here.symlink_metadata().is_err() {
            return Ok(());
        }
        // What is there and is no directory is told.
        make_directory(here)?;
        let names = std::fs::read_dir(here)
            .map_err(fail)?
            .map(|entry| Ok(entry.map_err(fail)?.file_name()));
        let names = names.collect::<Result<Vec<_>>>()?;
        let is_left = |name: &&OsString| {
            name.to_str().is_some_and(&self.belongs) && !own.contains(name.as_os_str())
        };
        let left: Vec<&OsString> = names.iter().filter(is_left).collect();
        let Some(first) = left.iter().min() else {
            return Ok(());
        };
        let (are, them) = match left.len() {
            1 => ("is a shard".to_owned(), "it"),
            all => (format!("and {} more are shards", all - 1), "them"),
        };
        let reason = format!(
            "{are} of an earlier run with more shards or other options, which would stay beside those of this run: \
             remove {them}, or write to another directory"
        );
        Err(Error::dataset(folder.join(first), reason))
    }
}

impl Settings {
    /// Where the list of all records goes, if there is to be one.
    fn manifest(&self) -> Option<PathBuf> {
        self.manifest.then(|| self.manifest_path())
    }

    fn manifest_path(&self) -> PathBuf {
        self.folder.join("manifest.jsonl")
    }
}

impl<R: Records> Checking<R> {
    /// Takes what was found next; true when there is no more.
    fn advance(&mut self, patience: Duration) -> Result<bool> {
        match self.engine.next(patience)? {
            Next::End => return Ok(true),
            Next::TimedOut => {}
            Next::Batch(results) => {
                for result in results {
                    if result.as_ref().is_err_and(Error::is_of_the_machine) {
                        return result.map(|_| false);
                    }
                    if let Err(failure) = result {
                        self.failures.push((self.found.len(), failure));
                        self.found.push(None);
                    } else {
                        self.found.push(result.ok());
                    }
                }
            }
        }
        Ok(false)
    }
}

impl<R: Records> Comparing<R> {
    /// Looks at one more shard; true when there are no more.
    fn advance(&mut self, existing: Existing) -> Result<bool> {
        let Some(shard) = self.plan.set.shards.get(self.seen.len()) else {
            return Ok(true);
        };
        let kept = existing == Existing::Resume && is_finished(shard, &self.plan.records)?;
        self.seen.push((shard.clone(), kept));
        Ok(false)
    }
}

impl<R: Records> Confirming<R> {
    /// Takes what was found next; true when there is no more.
    fn advance(&mut self, patience: Duration) -> Result<bool> {
        match self.engine.next(patience)? {
            Next::End => return Ok(true),
            Next::TimedOut => {}
            Next::Batch(results) => self
                .failures
                .extend(results.into_iter().filter_map(Result::err)),
        }
        Ok(false)
    }

    fn end(self) -> Result<Comparing<R>> {
        if self.failures.is_empty() {
            return Ok(self.comparing);
        }
        Err(unusable(self.comparing.plan.source.len(), self.failures))
    }
}

impl<R: Records> Writing<R> {
    fn advance(&mut self, settings: &Settings, patience: Duration) -> Result<Option<Written>> {
        let Some((shard, kept)) = self.shards.as_slice().first() else {
            return self.close(settings).map(Some);
        };
        let spans = if *kept {
            self.written.kept += 1;
            if self.manifest.is_some() {
                spans_of(&shard.path)?
            } else {
                Vec::new()
            }
        } else {
            match self.engine.next(patience)? {
                Next::Batch(filled) => self.engine.job().publish(shard, filled)?,
                Next::TimedOut => return Ok(None),
                Next::End => {
                    return Err(Error::Internal {
                        message: "a shard is missing".to_owned(),
                    });
                }
            }
        };
        if let Some(manifest) = &mut self.manifest {
            manifest.add(self.engine.job().records.source(), shard, &spans)?;
        }
        self.written.files += 1;
        self.written.records += shard.count as u64;
        self.written.bytes += length_of(&shard.path)?;
        self.shards.next();
        Ok(None)
    }

    /// Writes what comes last.
    fn close(&mut self, settings: &Settings) -> Result<Written> {
        let replace = settings.existing != Existing::Refuse;
        if let Some(mut manifest) = self.manifest.take() {
            manifest.add_skipped(&self.skipped)?;
            manifest.commit(replace)?;
        }
        for (path, text) in &self.side_files {
            write_whole(path, text.as_bytes(), replace)?;
        }
        Ok(std::mem::take(&mut self.written))
    }
}

impl<R: Records> Run for Conversion<R> {
    fn wait(&mut self, patience: Duration) -> Result<Option<Written>> {
        self.advance(patience)
    }

    fn progress(&self) -> Progress {
        let [checked, written] =
            [&self.checked, &self.written].map(|done| done.load(Ordering::Relaxed));
        Progress {
            done: u64::midpoint(checked, written),
            total: self.total,
        }
    }
}

/// Whether a shard is there, with its index. If it is, it must be what this run would write, as far
/// as its length, the framing, label and names of every record, and the whole of its first and last
/// one tell, and of those whose image was written to, or moved, later.
fn is_finished<R: Records>(shard: &Shard, records: &R) -> Result<bool> {
    if shard.path.symlink_metadata().is_err() {
        return Ok(false);
    }
    let other = |what: &str| {
        let reason = format!(
            "{what}: it is damaged, or from a run with other inputs or options; remove it to have it written again, or \
             replace all with overwrite=True"
        );
        Err(Error::dataset(shard.path.as_path(), reason))
    };
    let all = shard.first..shard.first + shard.count;
    let expected: Option<u64> = all.clone().map(|record| records.len(record)).sum();
    let actual = length_of(&shard.path)?;
    if let Some(expected) = expected.filter(|expected| *expected != actual) {
        return other(&format!(
            "has {actual} bytes, where this run writes {expected}"
        ));
    }
    let spans = spans_of(&shard.path)?;
    if spans.len() != shard.count {
        return other(&format!(
            "has {} records, where this run writes {}",
            spans.len(),
            shard.count
        ));
    }
    let written = modified(&shard.path, false)?;
    let (file, mut scratch, mut ours) =
        (Map::open(&shard.path)?, R::Scratch::default(), Vec::new());
    for (record, span) in all.zip(&spans) {
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        let found = &file.bytes()?[place(span.offset)..place(span.offset + span.len)];
        let edge = record == shard.first || record + 1 == shard.first + shard.count;
        let is_newer = modified(&records.source().path(record), true)? >= written;
        let same = match records.resembles(record, found) {
            Some(false) => false,
            Some(true) if !edge && !is_newer => true,
            _ => {
                ours.clear();
                records.append(record, &mut scratch, &mut ours)?;
                found == ours
            }
        };
        if !same {
            return other(&format!(
                "has another record {} than this run writes",
                record - shard.first
            ));
        }
    }
    // One without a good index is written again, with it.
    let is_good = |index: &PathBuf| {
        std::fs::read(index)
            .is_ok_and(|lines| lines == records.index(shard.first, &spans).as_bytes())
    };
    Ok(shard.index.as_ref().is_none_or(is_good))
}

/// Where the records of a shard are, by its framing alone.
fn spans_of(path: &Path) -> Result<Vec<record::Span>> {
    let shard = record::Shard::open(
        path,
        record::Options {
            use_index: false,
            ..record::Options::default()
        },
    )?;
    Ok((0..shard.len()).map(|index| shard.span(index)).collect())
}

/// When a file was written to, in nanoseconds since 1970; with `or_moved` when it came to its
/// place, if that was later.
fn modified(path: &Path, or_moved: bool) -> Result<i128> {
    let data = std::fs::metadata(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })?;
    let at = |seconds: i64, nanoseconds: i64| {
        i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
    };
    let (written, changed) = (
        at(data.mtime(), data.mtime_nsec()),
        at(data.ctime(), data.ctime_nsec()),
    );
    Ok(if or_moved {
        written.max(changed)
    } else {
        written
    })
}

fn length_of(path: &Path) -> Result<u64> {
    let data = std::fs::metadata(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(data.len())
}
