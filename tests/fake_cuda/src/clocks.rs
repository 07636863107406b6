//! Vector clocks: which operations are ordered before which, whatever the schedule.
//!
//! Each stream has a component, which counts its operations. The host has no component of its own:
//! how its threads synchronize with each other cannot be seen from here, so they count as one, and
//! an operation comes after everything that any thread had observed when it was enqueued.

/// The `time`-th operation of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// The stream's component.
    pub(crate) component: usize,
    /// Counts from 1.
    pub(crate) time: u64,
}

/// How many operations of each stream come before something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock(Vec<u64>);

impl Clock {
    /// Puts everything before `other` before this, too.
    pub(crate) fn join(&mut self, other: &Clock) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (own, theirs) in self.0.iter_mut().zip(&other.0) {
            *own = (*own).max(*theirs);
        }
    }

    /// Puts an operation, and so all earlier ones of its stream, before this.
    pub(crate) fn advance(&mut self, epoch: Epoch) {
        if self.0.len() <= epoch.component {
            self.0.resize(epoch.component + 1, 0);
        }
        let own = &mut self.0[epoch.component];
        *own = (*own).max(epoch.time);
    }

    /// Whether an operation comes before this.
    pub(crate) fn covers(&self, epoch: Epoch) -> bool {
        self.0
            .get(epoch.component)
            .is_some_and(|time| *time >= epoch.time)
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Epoch};

    fn epoch(component: usize, time: u64) -> Epoch {
        Epoch { component, time }
    }

    #[test]
    fn an_operation_covers_the_earlier_ones_of_its_stream() {
        let mut clock = Clock::default();
        assert!(!clock.covers(epoch(0, 1)));
        clock.advance(epoch(2, 5));
        assert!(clock.covers(epoch(2, 5)) && clock.covers(epoch(2, 1)));
        assert!(!clock.covers(epoch(2, 6)) && !clock.covers(epoch(0, 1)));
    }

    #[test]
    fn joining_takes_the_later_of_each_stream() {
        let (mut one, mut other) = (Clock::default(), Clock::default());
        one.advance(epoch(0, 3));
        other.advance(epoch(0, 2));
        other.advance(epoch(1, 7));
        one.join(&other);
        assert!(one.covers(epoch(0, 3)) && one.covers(epoch(1, 7)));
        assert!(!other.covers(epoch(0, 3)), "joining changes one side only");
    }
}
