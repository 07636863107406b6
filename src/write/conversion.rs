//! A run from sources to shards: look at every input, then write what is not there yet.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::check::{Check, Checked};
use super::manifest::Manifest;
use super::shards::{Records, Shard, Write};
use super::{Existing, Progress, Run, Written};
use crate::engine::{Engine, Next};
use crate::error::{Error, Result};
use crate::file::{Map, make_directory, write_whole};
use crate::record;

/// What is to be there in the end.
pub(super) struct Plan<R> {
    pub(super) records: R,
    /// The shards, in the order of their records.
    pub(super) shards: Vec<Shard>,
    /// Tells by its name whether a file is a shard of such a set, of this run or another.
    pub(super) belongs: Belongs,
    /// Small files that are written last, in this order: where the last of them is, everything is.
    pub(super) papers: Vec<(PathBuf, String)>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
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
}

/// Makes the plan of what was found out about the inputs.
pub(super) type Planner<R> = Box<dyn FnOnce(Vec<Checked>) -> Result<Plan<R>> + Send>;

/// The run.
pub(super) struct Conversion<R: Records> {
    settings: Settings,
    total: u64,
    done: Arc<AtomicU64>,
    stage: Stage<R>,
}

enum Stage<R: Records> {
    Checking { engine: Engine<Check>, found: Vec<Checked>, planner: Planner<R> },
    Comparing(Box<Comparing<R>>),
    Writing(Box<Writing<R>>),
    Over,
}

/// What is there already is looked at, shard by shard.
struct Comparing<R> {
    plan: Plan<R>,
    /// Shards that were looked at, and whether they are finished.
    seen: Vec<(Shard, bool)>,
}

struct Writing<R: Records> {
    engine: Engine<Write<R>>,
    /// All shards in order, and whether each is there already.
    shards: std::vec::IntoIter<(Shard, bool)>,
    papers: Vec<(PathBuf, String)>,
    manifest: Option<Manifest>,
    written: Written,
}

impl<R: Records> Conversion<R> {
    /// Begins to look at the inputs.
    pub(super) fn start(settings: Settings, check: Check, planner: Planner<R>) -> Result<Self> {
        let total = check.source.len() as u64;
        let engine = Engine::start(check, settings.workers, 4)?;
        let stage = Stage::Checking { engine, found: Vec::new(), planner };
        Ok(Self { settings, total, done: Arc::default(), stage })
    }

    /// Goes on as far as it can without waiting longer than `patience`; `None` if there is more to do.
    fn advance(&mut self, patience: Duration) -> Result<Option<Written>> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Checking { engine, mut found, planner } => match engine.next(patience)? {
                Next::End => {
                    drop(engine);
                    self.stage = Stage::Comparing(Box::new(self.compare(planner(found)?)?));
                }
                next => {
                    if let Next::Batch(row) = next {
                        found.extend(row.results()?);
                    }
                    self.stage = Stage::Checking { engine, found, planner };
                }
            },
            Stage::Comparing(mut comparing) => {
                self.stage = if comparing.advance(self.settings.existing)? {
                    Stage::Writing(Box::new(self.write(*comparing)?))
                } else {
                    Stage::Comparing(comparing)
                };
            }
            Stage::Writing(mut writing) => {
                if let Some(written) = writing.advance(&self.settings, patience)? {
                    return Ok(Some(written));
                }
                self.stage = Stage::Writing(writing);
            }
            Stage::Over => return Err(Error::Internal { message: "a run that has ended was waited for".to_owned() }),
        }
        Ok(None)
    }

    /// Refuses to replace what is there, unless that is wanted.
    fn compare(&self, plan: Plan<R>) -> Result<Comparing<R>> {
        if self.settings.existing == Existing::Refuse {
            let papers = plan.papers.iter().map(|(path, _)| path);
            let shards = plan.shards.iter().flat_map(|shard| [Some(&shard.path), shard.index.as_ref()]);
            let mut outputs = shards.flatten().chain(papers).cloned().chain(self.settings.manifest());
            if let Some(path) = outputs.find(|path| path.symlink_metadata().is_ok()) {
                return Err(Error::Exists { path });
            }
        }
        make_directory(&self.settings.folder)?;
        plan.refuse_leftovers(&self.settings.folder)?;
        Ok(Comparing { seen: Vec::with_capacity(plan.shards.len()), plan })
    }

    /// Begins to write what is not finished.
    fn write(&self, comparing: Comparing<R>) -> Result<Writing<R>> {
        let Comparing { plan, seen } = comparing;
        let already = seen.iter().filter(|(_, kept)| *kept).map(|(shard, _)| shard.count as u64).sum();
        self.done.store(already, Ordering::Relaxed);
        let shards = seen.iter().filter(|(_, kept)| !kept).map(|(shard, _)| shard.clone()).collect();
        let Settings { existing, workers, .. } = self.settings;
        let job = Write { records: Arc::new(plan.records), shards, existing, done: Arc::clone(&self.done) };
        Ok(Writing {
            // Enough shards at once that every worker has one of its own, and one that is being synced.
            engine: Engine::start(job, workers, workers + 1)?,
            shards: seen.into_iter(),
            papers: plan.papers,
            manifest: self.settings.manifest().map(|path| Manifest::create(&path)).transpose()?,
            written: Written { notes: plan.notes, ..Written::default() },
        })
    }
}

impl<R> Plan<R> {
    /// An error if there are shards of an earlier run that this one would leave beside its own: whoever reads the set would
    /// read both.
    fn refuse_leftovers(&self, folder: &Path) -> Result<()> {
        let own: HashSet<&OsStr> = self.shards.iter().filter_map(|shard| shard.path.file_name()).collect();
        let fail = |source| Error::Io { path: folder.to_owned(), source };
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for entry in std::fs::read_dir(here).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            if name.to_str().is_some_and(&self.belongs) && !own.contains(name.as_os_str()) {
                let reason = "is a shard of an earlier run with more shards or other options, which would stay beside \
                              those of this run: remove it, or write to another directory";
                return Err(Error::dataset(folder.join(name), reason));
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Where the list of all records goes, if there is to be one.
    fn manifest(&self) -> Option<PathBuf> {
        self.manifest.then(|| self.folder.join("manifest.jsonl"))
    }
}

impl<R: Records> Comparing<R> {
    /// Looks at one more shard; true when there are no more.
    fn advance(&mut self, existing: Existing) -> Result<bool> {
        let Some(shard) = self.plan.shards.get(self.seen.len()) else { return Ok(true) };
        let kept = existing == Existing::Resume && is_finished(shard, &self.plan.records)?;
        self.seen.push((shard.clone(), kept));
        Ok(false)
    }
}

impl<R: Records> Writing<R> {
    fn advance(&mut self, settings: &Settings, patience: Duration) -> Result<Option<Written>> {
        let Some((shard, kept)) = self.shards.as_slice().first() else {
            return self.close(settings).map(Some);
        };
        let spans = if *kept {
            self.written.kept += 1;
            if self.manifest.is_some() { spans_of(&shard.path)? } else { Vec::new() }
        } else {
            match self.engine.next(patience)? {
                Next::Batch(open) => self.engine.job().finish(&open)?,
                Next::TimedOut => return Ok(None),
                Next::End => return Err(Error::Internal { message: "a shard is missing".to_owned() }),
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
        if let Some(manifest) = self.manifest.take() {
            manifest.commit(replace)?;
        }
        for (path, text) in &self.papers {
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
        Progress { done: self.done.load(Ordering::Relaxed), total: self.total }
    }
}

/// Whether a shard is there, with its index. If it is, it must be what this run would write, as far as its length, the
/// framing, label and names of every record, and the whole of its first and last one tell.
fn is_finished<R: Records>(shard: &Shard, records: &R) -> Result<bool> {
    if shard.path.symlink_metadata().is_err() {
        return Ok(false);
    }
    let other = |what: &str| {
        let reason = format!("{what}: it is from a run with other inputs or options; replace it with overwrite=True");
        Err(Error::dataset(shard.path.as_path(), reason))
    };
    let all = shard.first..shard.first + shard.count;
    let expected: Option<u64> = all.clone().map(|record| records.len(record)).sum();
    let actual = length_of(&shard.path)?;
    if let Some(expected) = expected.filter(|expected| *expected != actual) {
        return other(&format!("has {actual} bytes, where this run writes {expected}"));
    }
    let spans = spans_of(&shard.path)?;
    if spans.len() != shard.count {
        return other(&format!("has {} records, where this run writes {}", spans.len(), shard.count));
    }
    let (file, mut scratch, mut ours) = (Map::open(&shard.path)?, R::Scratch::default(), Vec::new());
    for (record, span) in all.zip(&spans) {
        let place = |byte| usize::try_from(byte).unwrap_or(usize::MAX);
        let found = &file.bytes()?[place(span.offset)..place(span.offset + span.len)];
        let edge = record == shard.first || record + 1 == shard.first + shard.count;
        let same = match records.resembles(record, found) {
            Some(false) => false,
            Some(true) if !edge => true,
            _ => {
                ours.clear();
                records.append(record, &mut scratch, &mut ours)?;
                found == ours
            }
        };
        if !same {
            return other(&format!("has another record {} than this run writes", record - shard.first));
        }
    }
    // One without a good index is written again, with it.
    let is_good = |index: &PathBuf| {
        std::fs::read(index).is_ok_and(|lines| lines == records.index(shard.first, &spans).as_bytes())
    };
    Ok(shard.index.as_ref().is_none_or(is_good))
}

/// Where the records of a shard are, by its framing alone.
fn spans_of(path: &Path) -> Result<Vec<record::Span>> {
    let shard = record::Shard::open(path, record::Options { use_index: false, ..record::Options::default() })?;
    Ok((0..shard.len()).map(|index| shard.span(index)).collect())
}

fn length_of(path: &Path) -> Result<u64> {
    let data = std::fs::metadata(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Ok(data.len())
}
