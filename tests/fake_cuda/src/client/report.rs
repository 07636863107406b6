//! The report, as the shared library gives it or writes it to a file.

use std::collections::BTreeMap;

use serde_json::Value;

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// One word: `race`, `use-after-free`, `no-context`, ...
    pub kind: String,
    /// The driver function that was called, empty if none was.
    pub function: String,
    /// What happened.
    pub message: String,
}

/// Violations and counts.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What the caller did wrong, in order.
    pub violations: Vec<Found>,
    /// Calls of each function.
    pub counts: BTreeMap<String, u64>,
    /// What exists now, and what ran: `allocations`, `device_bytes`, `pinned`, `streams`,
    /// `events`, `pending`, `operations`, `pageable_copies`, `bytes_to_device`, ...
    pub numbers: BTreeMap<String, u64>,
}

impl Report {
    /// Reads a report from JSON.
    ///
    /// # Panics
    ///
    /// If it is no report.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).expect("a report is JSON");
        let violations = json["violations"].as_array().expect("a list");
        Self {
            violations: violations.iter().map(Found::read).collect(),
            counts: numbers(&json["counts"]),
            numbers: [numbers(&json), numbers(&json["live"])]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// The kinds of all violations, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        let kinds = self.violations.iter();
        kinds.map(|found| found.kind.as_str()).collect()
    }

    /// Checks that nothing was found.
    ///
    /// # Panics
    ///
    /// If something was; the message shows it.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.violations.is_empty(), "{:#?}", self.violations);
    }
}

impl Found {
    fn read(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self {
            kind: text("kind"),
            function: text("function"),
            message: text("message"),
        }
    }
}

/// The members of an object that are numbers.
fn numbers(json: &Value) -> BTreeMap<String, u64> {
    let members = json.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
        .collect()
}
