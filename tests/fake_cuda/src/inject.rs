//! Failures and hangs on demand.

use crate::config::{Config, Failure};

impl Config {
    /// The failure of the `call`-th call of a function, if there is to be one.
    pub(crate) fn failure(&self, function: &str, call: u64) -> Option<&Failure> {
        let mut failures = self.failures.iter();
        failures.find(|failure| failure.calls.contain(function, call))
    }

    /// Whether what the `call`-th call of a function enqueues is not to end.
    pub(crate) fn hangs(&self, function: &str, call: u64) -> bool {
        self.hangs.iter().any(|calls| calls.contain(function, call))
    }
}
