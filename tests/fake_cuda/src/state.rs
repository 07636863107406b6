//! All that the driver knows.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use crate::accesses::Accesses;
use crate::call;
use crate::capture::Capture;
use crate::clocks::Clock;
use crate::codes::{Code, Result};
use crate::config::{Config, Output, Overrides};
use crate::events::Event;
use crate::graph::Graph;
use crate::memory::Memory;
use crate::modules::{Function, Module};
use crate::pinned::Pinned;
use crate::plant::Plant;
use crate::protect::Protection;
use crate::report::Report;
use crate::reserve;
use crate::schedule::Random;
use crate::streams::Stream;

/// A device's primary context.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) handle: usize,
    pub(crate) device: usize,
    /// The index of its legacy default stream.
    pub(crate) legacy: usize,
}

/// What the driver keeps for a thread of the host.
#[derive(Debug, Default)]
pub(crate) struct Thread {
    /// Indexes of contexts; `None` is a null context that was pushed. The last is current.
    pub(crate) contexts: Vec<Option<usize>>,
    /// `CUstreamCaptureMode`.
    pub(crate) capture_mode: u32,
    /// Its per-thread default stream in each context.
    pub(crate) streams: HashMap<usize, usize>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) overrides: Overrides,
    is_configured: bool,
    pub(crate) is_initialized: bool,
    /// The function that is being served.
    pub(crate) function: &'static str,
    pub(crate) random: Random,
    /// A random schedule runs something at one call in two to this power.
    pub(crate) pace: usize,
    pub(crate) report: Report,
    pub(crate) contexts: Vec<Context>,
    pub(crate) threads: HashMap<u64, Thread>,
    pub(crate) memory: Memory,
    pub(crate) pinned: BTreeMap<usize, Pinned>,
    /// Freed memory of `cuMemHostAlloc`, by address.
    pub(crate) freed_host: BTreeMap<usize, usize>,
    pub(crate) accesses: Accesses,
    pub(crate) protection: Protection,
    pub(crate) graph: Graph,
    /// By component of clocks.
    pub(crate) streams: Vec<Stream>,
    pub(crate) stream_handles: HashMap<usize, usize>,
    pub(crate) events: HashMap<usize, Event>,
    pub(crate) modules: HashMap<usize, Module>,
    pub(crate) functions: HashMap<usize, Function>,
    pub(crate) captures: Vec<Capture>,
    /// What the host has observed.
    pub(crate) host: Clock,
    /// The error that every call returns.
    pub(crate) sticky: Option<Code>,
    /// Whether a planted bug that happens once has happened.
    pub(crate) has_planted: bool,
}

impl State {
    /// Reads the settings if that has not been done.
    pub(crate) fn configure(&mut self) {
        if self.is_configured {
            return;
        }
        match Config::read(&self.overrides) {
            Ok(config) => self.config = config,
            Err(message) => {
                eprintln!("fake_cuda: {message}");
                std::process::abort();
            }
        }
        self.seed(self.config.seed);
        self.is_configured = true;
    }

    /// Forgets memory, streams, events, captures, errors and the report. What a process keeps for
    /// its whole life stays: contexts, which are current where, modules and settings.
    pub(crate) fn reset(&mut self) {
        self.protection.clear();
        let old = std::mem::take(self);
        self.overrides = old.overrides;
        self.is_initialized = old.is_initialized;
        self.modules = old.modules;
        self.functions = old.functions;
        for (index, context) in old.contexts.into_iter().enumerate() {
            let legacy = self.add_stream(Stream::legacy(index));
            self.contexts.push(Context { legacy, ..context });
        }
        self.threads = old.threads;
        for thread in self.threads.values_mut() {
            thread.streams.clear();
        }
    }

    /// Whether a bug is planted.
    pub(crate) fn plants(&self, plant: Plant) -> bool {
        self.config.plant == Some(plant)
    }

    /// Whether a bug that happens once is planted and has not happened; it happens now.
    pub(crate) fn plants_once(&mut self, plant: Plant) -> bool {
        self.plants(plant) && !std::mem::replace(&mut self.has_planted, true)
    }

    /// What the driver keeps for the calling thread.
    pub(crate) fn thread(&mut self) -> &mut Thread {
        self.threads.entry(call::thread()).or_default()
    }

    /// The index of the context that is current to the calling thread.
    pub(crate) fn current_context(&self) -> Option<usize> {
        let thread = self.threads.get(&call::thread())?;
        thread.contexts.last().copied().flatten()
    }

    /// The index of the current context, which `Rule::Context` has checked.
    pub(crate) fn context(&self) -> Result<usize> {
        self.current_context().ok_or(Code::INVALID_CONTEXT)
    }

    /// The device of the current context.
    pub(crate) fn current_device(&self) -> Result<usize> {
        Ok(self.contexts[self.context()?].device)
    }

    /// The index of the context with a handle.
    pub(crate) fn context_of(&mut self, handle: usize) -> Result<usize> {
        let found = self
            .contexts
            .iter()
            .position(|context| context.handle == handle);
        if found.is_none() {
            self.violate("dead-handle", format!("{handle:#x} is not a context"));
        }
        found.ok_or(Code::INVALID_CONTEXT)
    }

    /// `cuDevicePrimaryCtxRetain`.
    pub(crate) fn retain(&mut self, device: usize) -> usize {
        if let Some(context) = self
            .contexts
            .iter()
            .find(|context| context.device == device)
        {
            return context.handle;
        }
        let index = self.contexts.len();
        let legacy = self.add_stream(Stream::legacy(index));
        let handle = reserve::handle();
        let context = Context {
            handle,
            device,
            legacy,
        };
        self.contexts.push(context);
        handle
    }

    pub(crate) fn is_pinned(&self, start: usize, bytes: usize) -> bool {
        let before = self.pinned.range(..=start).next_back();
        before.is_some_and(|(first, pinned)| start + bytes <= first + pinned.bytes)
    }

    /// Checks that the host may access bytes now: every operation on them must have been observed.
    pub(crate) fn check_host_access(
        &mut self,
        start: u64,
        bytes: usize,
        is_write: bool,
        what: &str,
    ) {
        let range = start..start + bytes as u64;
        if let Some(conflict) = self.accesses.conflict(&range, is_write, &self.host) {
            self.violate_race(what, is_write, &conflict);
        }
    }

    pub(crate) fn report_json(&self) -> serde_json::Value {
        let is_alive = |stream: &&Stream| stream.is_alive && stream.handle != 0;
        let live = json!({
            "allocations": self.memory.live().count(),
            "device_bytes": self.memory.live().map(|(_, allocation)| allocation.bytes).sum::<usize>(),
            "pinned": self.pinned.len(),
            "pinned_bytes": self.pinned.values().map(|pinned| pinned.bytes).sum::<usize>(),
            "streams": self.streams.iter().filter(is_alive).count(),
            "events": self.events.values().filter(|event| event.is_alive).count(),
            "modules": self.modules.len(),
            "pending": self.graph.pending.len(),
        });
        self.report.json(&live)
    }

    /// Writes the report if the settings name a file for it.
    pub(crate) fn write_report(&self) {
        if let Output::File(path) = &self.config.output
            && let Err(error) = std::fs::write(path, self.report_json().to_string())
        {
            eprintln!("fake_cuda: cannot write {}: {error}", path.display());
        }
    }
}
