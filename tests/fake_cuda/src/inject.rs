//! Failures and hangs on demand.

use crate::config::{Config, Failure};
use crate::state::State;

impl Config {
    /// The failure of the `call`-th call of a function, if there is to be one.
    pub(crate) fn failure(&self, function: &str, call: u64) -> Option<&Failure> {
        let mut failures = self.failures.iter();
        failures.find(|failure| failure.calls.contain(function, call))
    }
}

impl State {
    /// Whether what the call that is being served enqueues is not to end.
    pub(crate) fn hangs(&self) -> bool {
        let call = self.report.counts.get(self.function).copied().unwrap_or(0);
        let mut hangs = self.config.hangs.iter();
        hangs.any(|calls| calls.contain(self.function, call))
    }
}
