//! How long the nodes of a graph take.

use std::time::Duration;

use crate::engine::Stopwatch;

/// How often each node of a program was computed, and how long that took.
#[derive(Clone, Debug, Default)]
pub struct Profile(pub(super) Vec<Spent>);

/// What was spent on a node. A selection takes no time of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// How often it was computed.
    pub count: u64,
    /// How long that took, all together.
    pub time: Duration,
}

/// Who looks on while a sample is made.
pub(super) trait Observer {
    /// What is noted when a node begins.
    type Watch;

    /// A node begins.
    fn begin(&mut self) -> Self::Watch;

    /// It ends.
    fn end(&mut self, node: usize, watch: Self::Watch);
}

/// Nobody.
impl Observer for () {
    type Watch = ();

    fn begin(&mut self) {}

    fn end(&mut self, _: usize, (): ()) {}
}

impl Observer for Profile {
    type Watch = Stopwatch;

    fn begin(&mut self) -> Stopwatch {
        Stopwatch::start()
    }

    fn end(&mut self, node: usize, mut watch: Stopwatch) {
        let spent = &mut self.0[node];
        spent.count += 1;
        spent.time += watch.lap();
    }
}

impl Profile {
    /// What was spent on each node, in the order of [`super::Program::nodes`].
    #[must_use]
    pub fn spent(&self) -> &[Spent] {
        &self.0
    }
}
