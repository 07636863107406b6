//! What was found and counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A rule that the caller broke.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    /// One word, for tests.
    pub(crate) kind: &'static str,
    /// The driver function that was called, empty if none was.
    pub(crate) function: &'static str,
    pub(crate) message: String,
}

/// Violations and counts since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) violations: Vec<Violation>,
    /// Calls of each function.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Asynchronous copies from or to host memory that is not pinned.
    pub(crate) pageable_copies: u64,
    /// Bytes copied from the host to a device.
    pub(crate) bytes_to_device: u64,
    /// Operations that ran.
    pub(crate) operations: u64,
    /// Operations that a stream capture took.
    pub(crate) captured: u64,
}

impl Report {
    /// Counts a call and says which of its function it is; 1 is the first.
    pub(crate) fn count(&mut self, function: &'static str) -> u64 {
        let count = self.counts.entry(function).or_default();
        *count += 1;
        *count
    }

    /// The report as JSON, with `live`: what exists now.
    pub(crate) fn json(&self, live: &Value) -> Value {
        let violations: Vec<Value> = self.violations.iter().map(Violation::json).collect();
        json!({
            "violations": violations,
            "counts": self.counts,
            "pageable_copies": self.pageable_copies,
            "bytes_to_device": self.bytes_to_device,
            "operations": self.operations,
            "captured": self.captured,
            "live": live,
        })
    }
}

impl Violation {
    pub(crate) fn json(&self) -> Value {
        json!({"kind": self.kind, "function": self.function, "message": self.message})
    }

    /// The report on standard error.
    pub(crate) fn print(&self) {
        let place = if self.function.is_empty() {
            String::new()
        } else {
            format!(" in {}", self.function)
        };
        eprintln!("fake_cuda: {}{place}: {}", self.kind, self.message);
    }
}
