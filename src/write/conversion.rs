//! A run from sources to shards: look at every input, then write what is not there yet.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::check::{Check, Checked, Depth};
use super::finished::{is_finished, length_of, spans_of};
use super::manifest::{LeftOut, Manifest};
use super::place::refuse_lists;
use super::set::{Set, Settings};
use super::shards::{Records, Shard, Write, remove_stale};
use super::source::Source;
use super::{Existing, PATIENCE, Skipped, Written};
use crate::engine::{Engine, Next, Watch, in_order};
use crate::error::{Error, Result};
use crate::file::{make_directory, write_whole};
use crate::record::Span;

/// What becomes of the images in a source.
pub(super) struct Target<R> {
    /// Whether records say how large images are.
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

/// The run.
struct Conversion<'a> {
    settings: &'a Settings,
    watch: Watch<'a>,
    total: u64,
    checked: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

/// What was found in the inputs.
#[derive(Default)]
struct Found {
    checked: Vec<Option<Checked>>,
    failures: Vec<(usize, Error)>,
}

/// What is to be written, and what is left out.
struct Plan<R> {
    source: Arc<Source>,
    records: Arc<R>,
    set: Set,
    notes: Vec<String>,
    skipped: Vec<LeftOut>,
}

/// Converts a source; `None` if `watch` ended it before.
///
/// # Errors
/// What is wrong with the inputs, and what keeps outputs from being written.
pub(super) fn convert<R: Records>(
    settings: &Settings,
    source: Source,
    target: Target<R>,
    watch: Watch<'_>,
) -> Result<Option<Written>> {
    refuse(settings, &source, &target)?;
    let mut run = Conversion {
        settings,
        watch,
        total: source.len() as u64,
        checked: Arc::default(),
        written: Arc::default(),
    };
    let source = Arc::new(source);
    let Some((found, is_confirmed)) = run.look(&source, target.sizes)? else {
        return Ok(None);
    };
    let plan = plan(settings, Arc::unwrap_or_clone(source), found, target)?;
    plan.set.refuse_existing(settings)?;
    plan.set.refuse_leftovers(&settings.folder)?;
    let Some(kept) = run.kept(&plan)? else {
        return Ok(None);
    };
    if !is_confirmed && run.confirm(&plan, &kept)?.is_break() {
        return Ok(None);
    }
    run.write(plan, &kept)
}

/// Refuses what can be found wrong without looking at the inputs.
fn refuse<R>(settings: &Settings, source: &Source, target: &Target<R>) -> Result<()> {
    let (_, set) = (target.arrange)(source);
    let outputs = set.outputs(settings);
    refuse_lists(&target.lists, outputs.iter().map(PathBuf::as_path))?;
    set.refuse_other_manifest(settings)?;
    set.refuse_existing(settings)?;
    set.refuse_shared_indexes()?;
    if settings.skip {
        return Ok(());
    }
    set.refuse_leftovers(&settings.folder)
}

impl Conversion<'_> {
    fn tell(&mut self) -> ControlFlow<()> {
        let [checked, written] =
            [&self.checked, &self.written].map(|done| done.load(Ordering::Relaxed));
        // What was checked and is to be written counts half.
        (self.watch)(u64::midpoint(checked, written), self.total)
    }

    /// Looks at all inputs, and says whether that was the whole check.
    fn look(&mut self, source: &Arc<Source>, sizes: bool) -> Result<Option<(Found, bool)>> {
        let check = |depth, done: &Arc<AtomicU64>| Check {
            source: Arc::clone(source),
            wanted: None,
            depth,
            sizes,
            done: Arc::clone(done),
        };
        // What finished shards are made of was decoded before they were written. Where images are
        // left out, all must be looked at to know which.
        let whole = self.settings.depth;
        if self.settings.existing == Existing::Resume
            && !self.settings.skip
            && whole != Depth::Headers
        {
            // A first look that is not the whole check is not told of.
            let found = self.found(check(Depth::Headers, &Arc::default()))?;
            // Whatever else is wrong is to be said together.
            if found.as_ref().is_none_or(|found| found.failures.is_empty()) {
                return Ok(found.map(|found| (found, false)));
            }
        }
        let check = check(whole, &self.checked);
        Ok(self.found(check)?.map(|found| (found, true)))
    }

    fn found(&mut self, check: Check) -> Result<Option<Found>> {
        let mut found = Found::default();
        let workers = self.settings.workers;
        let is_whole = in_order(check, workers, &mut |_, _| self.tell(), |_, checked| {
            found.note(checked)
        })?;
        Ok(is_whole.then_some(found))
    }

    /// Which shards are there already.
    fn kept<R: Records>(&mut self, plan: &Plan<R>) -> Result<Option<Vec<bool>>> {
        let mut kept = Vec::with_capacity(plan.set.shards.len());
        for shard in &plan.set.shards {
            if self.tell().is_break() {
                return Ok(None);
            }
            let resume = self.settings.existing == Existing::Resume;
            kept.push(resume && is_finished(shard, &*plan.records)?);
        }
        Ok(Some(kept))
    }

    /// Decodes the inputs of shards that are not finished.
    fn confirm<R>(&mut self, plan: &Plan<R>, kept: &[bool]) -> Result<ControlFlow<()>> {
        let wanted: Vec<usize> = plan.unfinished(kept).flat_map(Shard::records).collect();
        let finished = self.total - wanted.len() as u64;
        self.checked.store(finished, Ordering::Relaxed);
        let check = Check {
            source: Arc::clone(&plan.source),
            wanted: Some(wanted),
            depth: self.settings.depth,
            sizes: false,
            done: Arc::clone(&self.checked),
        };
        match self.found(check)? {
            None => Ok(ControlFlow::Break(())),
            Some(found) if found.failures.is_empty() => Ok(ControlFlow::Continue(())),
            Some(found) => Err(found.unusable(plan.source.len())),
        }
    }

    /// Writes what is not finished.
    fn write<R: Records>(&mut self, plan: Plan<R>, kept: &[bool]) -> Result<Option<Written>> {
        let settings = self.settings;
        make_directory(&settings.folder)?;
        let shards: Vec<Shard> = plan.unfinished(kept).cloned().collect();
        let unwritten: usize = shards.iter().map(|shard| shard.count).sum();
        let written = self.total - unwritten as u64;
        self.written.store(written, Ordering::Relaxed);
        if !shards.is_empty() && settings.existing != Existing::Refuse {
            let mut claims = plan.set.claims(settings);
            claims.try_for_each(|path| remove_stale(&path))?;
        }
        let job = Write {
            records: Arc::clone(&plan.records),
            shards,
            existing: settings.existing,
            done: Arc::clone(&self.written),
        };
        // Enough shards at once that every worker has one of its own, and one that is being synced.
        let mut engine = Engine::start(job, settings.workers, settings.workers + 1)?;
        let manifest = settings.manifest().map(|path| Manifest::create(&path));
        let mut manifest = manifest.transpose()?;
        let mut written = Written::default();
        for (shard, kept) in plan.set.shards.iter().zip(kept) {
            if self.tell().is_break() {
                return Ok(None);
            }
            let spans = match kept {
                true if manifest.is_some() => spans_of(&shard.path)?,
                true => Vec::new(),
                false => match self.publish(&mut engine, shard)? {
                    Some(spans) => spans,
                    None => return Ok(None),
                },
            };
            if let Some(manifest) = &mut manifest {
                manifest.add(&plan.source, shard, &spans)?;
            }
            written.add(shard, *kept)?;
        }
        plan.close(manifest, settings.existing != Existing::Refuse)?;
        // Nothing is left to be ended.
        let _ = self.tell();
        written.notes = plan.notes;
        written.skipped = plan
            .skipped
            .into_iter()
            .map(|left_out| left_out.why)
            .collect();
        Ok(Some(written))
    }

    /// Waits for a shard and gives it its name.
    fn publish<R: Records>(
        &mut self,
        engine: &mut Engine<Write<R>>,
        shard: &Shard,
    ) -> Result<Option<Vec<Span>>> {
        while self.tell().is_continue() {
            match engine.next(PATIENCE)? {
                Next::Batch(filled) => return engine.job().publish(shard, filled).map(Some),
                Next::TimedOut => {}
                Next::End => {
                    return Err(Error::Internal {
                        message: "a shard is missing".to_owned(),
                    });
                }
            }
        }
        Ok(None)
    }
}

impl Found {
    fn note(&mut self, checked: Result<Checked>) -> Result<()> {
        match checked {
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(failure) => {
                self.failures.push((self.checked.len(), failure));
                self.checked.push(None);
            }
            Ok(checked) => self.checked.push(Some(checked)),
        }
        Ok(())
    }

    /// The error of inputs that cannot be used, among so many.
    fn unusable(self, files: usize) -> Error {
        let outcome = match self.failures.len() {
            failed if failed == files => "nothing was written",
            1 => "nothing was written, and on_error=\"skip\" would leave it out",
            _ => "nothing was written, and on_error=\"skip\" would leave them out",
        };
        let failures = self.failures.into_iter().map(|(_, failure)| failure);
        Error::Files {
            files,
            outcome,
            failures: failures.collect(),
        }
    }
}

/// Arranges what was found.
fn plan<R>(
    settings: &Settings,
    source: Source,
    found: Found,
    target: Target<R>,
) -> Result<Plan<R>> {
    let files = source.len();
    let failed = found.failures.len();
    if failed > 0 && (!settings.skip || failed == files) {
        return Err(found.unusable(files));
    }
    let failures = found.failures.iter();
    let skipped: Vec<LeftOut> = failures
        .map(|(input, why)| left_out(&source, *input, why))
        .collect();
    let source = if skipped.is_empty() {
        source
    } else {
        let mut kept: Vec<usize> = (0..files).collect();
        kept.retain(|input| found.checked[*input].is_some());
        source.arranged(&kept)
    };
    let mut checked: Vec<Checked> = found.checked.into_iter().flatten().collect();
    let (order, set) = (target.arrange)(&source);
    let source = Arc::new(match order {
        Some(order) => {
            checked = order.iter().map(|input| checked[*input]).collect();
            source.arranged(&order)
        }
        None => source,
    });
    let (records, of_records) = (target.records)(Arc::clone(&source), checked)?;
    let mut notes = [source.files.notes.clone(), of_records, set.notes.clone()].concat();
    notes.extend(note_on(&skipped, files));
    Ok(Plan {
        source,
        records: Arc::new(records),
        set,
        notes,
        skipped,
    })
}

fn left_out(source: &Source, input: usize, failure: &Error) -> LeftOut {
    LeftOut {
        name: source.name(input).into(),
        label: source.class(input).label,
        why: Skipped {
            path: source.path(input),
            reason: failure.reason(),
        },
    }
}

fn note_on(skipped: &[LeftOut], files: usize) -> Option<String> {
    let Skipped { path, reason } = &skipped.first()?.why;
    let (number, path) = (skipped.len(), path.display());
    Some(format!(
        "{number} of {files} images cannot be used and are left out; the first is {path}: {reason}"
    ))
}

impl<R> Plan<R> {
    /// The shards that are not there already.
    fn unfinished(&self, kept: &[bool]) -> impl Iterator<Item = &Shard> {
        let shards = self.set.shards.iter().zip(kept);
        shards.filter(|(_, kept)| !**kept).map(|(shard, _)| shard)
    }

    /// Writes what comes last.
    fn close(&self, manifest: Option<Manifest>, replace: bool) -> Result<()> {
        if let Some(mut manifest) = manifest {
            manifest.add_skipped(&self.skipped)?;
            manifest.commit(replace)?;
        }
        for (path, text) in &self.set.side_files {
            write_whole(path, text.as_bytes(), replace)?;
        }
        Ok(())
    }
}

impl Written {
    /// Counts a shard.
    fn add(&mut self, shard: &Shard, kept: bool) -> Result<()> {
        self.files += 1;
        self.kept += u64::from(kept);
        self.records += shard.count as u64;
        self.bytes += length_of(&shard.path)?;
        Ok(())
    }
}
