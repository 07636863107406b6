//! Failures on demand.

use crate::config::{Config, Failure};

impl Config {
    /// The failure of the `call`-th call of a function, if there is to be one.
    pub(crate) fn failure(&self, function: &str, call: u64) -> Option<&Failure> {
        self.failures.iter().find(|failure| {
            let named = failure.function == "*" || failure.function == function;
            named && failure.call.is_none_or(|wanted| wanted == call)
        })
    }
}
