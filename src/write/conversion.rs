//! A run from sources to shards: check every input, then write what is not there yet.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::check::{Check, Depth};
use super::finished::{is_finished, length_of, spans_of};
use super::manifest::Manifest;
use super::place::refuse_lists;
use super::plan::{Found, Plan, Target};
use super::set::Settings;
use super::shards::{Records, Shard, Write, remove_stale};
use super::source::Source;
use super::{Existing, PATIENCE, Written};
use crate::engine::{Engine, Next, Watch, in_order};
use crate::error::{Error, Result};
use crate::file::make_directory;
use crate::record::Span;

/// The run.
struct Conversion<'a> {
    settings: &'a Settings,
    watch: Watch<'a>,
    total: u64,
    checked: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

/// Converts a source; `None` if `watch` ended it before.
///
/// # Errors
/// What is wrong with the inputs, or why outputs cannot be written.
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
    let plan = Plan::new(settings, Arc::unwrap_or_clone(source), found, target)?;
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

/// Refuses what is wrong whatever the inputs are.
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

    /// Checks all inputs; true if that was the whole check.
    fn look(&mut self, source: &Arc<Source>, sizes: bool) -> Result<Option<(Found, bool)>> {
        let check = |depth, done: &Arc<AtomicU64>| Check {
            source: Arc::clone(source),
            wanted: None,
            depth,
            sizes,
            done: Arc::clone(done),
        };
        // The inputs of finished shards were decoded before these were written. If images may be
        // left out, all must be decoded to know which.
        let whole = self.settings.depth;
        if self.settings.existing == Existing::Resume
            && !self.settings.skip
            && whole != Depth::Headers
        {
            // This check is not part of the progress.
            let found = self.found(check(Depth::Headers, &Arc::default()))?;
            // The error is to list everything else that is wrong, too.
            if found.as_ref().is_none_or(Found::is_good) {
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
            Some(found) if found.is_good() => Ok(ControlFlow::Continue(())),
            Some(found) => Err(found.unusable(plan.source.len())),
        }
    }

    /// Writes what is not finished.
    fn write<R: Records>(&mut self, plan: Plan<R>, kept: &[bool]) -> Result<Option<Written>> {
        let mut engine = self.start(&plan, kept)?;
        let manifest = self.settings.manifest();
        let mut manifest = manifest.map(|path| Manifest::create(&path)).transpose()?;
        let mut written = Written::default();
        for (shard, kept) in plan.set.shards.iter().zip(kept) {
            let spans = if *kept {
                self.kept_spans(shard, manifest.is_some())?
            } else {
                self.publish(&mut engine, shard)?
            };
            let Some(spans) = spans else {
                return Ok(None);
            };
            if let Some(manifest) = &mut manifest {
                manifest.add(&plan.source, shard, &spans)?;
            }
            written.add(shard, *kept)?;
        }
        plan.close(manifest, self.settings.existing != Existing::Refuse)?;
        // It is too late to end the run.
        let _ = self.tell();
        let skipped = plan.skipped.into_iter().map(|left_out| left_out.why);
        Ok(Some(Written {
            notes: plan.notes,
            skipped: skipped.collect(),
            ..written
        }))
    }

    /// Begins to write the shards that are not finished, after removing all files that say they
    /// are.
    fn start<R: Records>(&self, plan: &Plan<R>, kept: &[bool]) -> Result<Engine<Write<R>>> {
        let Settings {
            folder,
            existing,
            workers,
            ..
        } = self.settings;
        make_directory(folder)?;
        let shards: Vec<Shard> = plan.unfinished(kept).cloned().collect();
        let unwritten: usize = shards.iter().map(|shard| shard.count).sum();
        let finished = self.total - unwritten as u64;
        self.written.store(finished, Ordering::Relaxed);
        if !shards.is_empty() && *existing != Existing::Refuse {
            let mut claims = plan.set.claims(self.settings);
            claims.try_for_each(|path| remove_stale(&path))?;
        }
        let job = Write {
            records: Arc::clone(&plan.records),
            shards,
            existing: *existing,
            done: Arc::clone(&self.written),
        };
        // Enough shards at once that every worker has one of its own, and one that is being synced.
        Engine::start(job, *workers, workers + 1)
    }

    /// Where the records of a shard are that is kept, if that is wanted.
    fn kept_spans(&mut self, shard: &Shard, wanted: bool) -> Result<Option<Vec<Span>>> {
        if self.tell().is_break() {
            return Ok(None);
        }
        if wanted {
            spans_of(&shard.path).map(Some)
        } else {
            Ok(Some(Vec::new()))
        }
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
