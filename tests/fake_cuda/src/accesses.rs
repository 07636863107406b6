//! The last accesses to each byte, as a map of intervals: finds two that conflict and that nothing
//! orders.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::clocks::{Clock, Epoch};

/// One operation's access to some bytes.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) epoch: Epoch,
    /// What the report calls the operation.
    pub(crate) name: Arc<str>,
}

/// An earlier access that conflicts with a new one.
#[derive(Debug)]
pub(crate) struct Conflict {
    pub(crate) access: Access,
    pub(crate) is_write: bool,
    /// The bytes that both access.
    pub(crate) bytes: Range<u64>,
}

#[derive(Clone, Debug)]
struct Segment {
    end: u64,
    write: Option<Access>,
    /// The last read of each stream since the last write.
    reads: Vec<Access>,
}

/// The accesses to device memory and pinned host memory, which have addresses of one space.
#[derive(Debug, Default)]
pub(crate) struct Accesses(BTreeMap<u64, Segment>);

impl Accesses {
    /// An access to some of `bytes` that conflicts with one that comes after `clock`.
    pub(crate) fn conflict(
        &self,
        bytes: &Range<u64>,
        is_write: bool,
        clock: &Clock,
    ) -> Option<Conflict> {
        if bytes.is_empty() {
            return None;
        }
        let before = self.0.range(..bytes.start).next_back();
        let within = self.0.range(bytes.start..bytes.end);
        before
            .into_iter()
            .chain(within)
            .filter(|(_, segment)| segment.end > bytes.start)
            .find_map(|(start, segment)| {
                let (access, other_writes) = segment.conflict(is_write, clock)?;
                Some(Conflict {
                    access: access.clone(),
                    is_write: other_writes,
                    bytes: bytes.start.max(*start)..bytes.end.min(segment.end),
                })
            })
    }

    /// Notes an access to `bytes`.
    pub(crate) fn record(&mut self, bytes: &Range<u64>, is_write: bool, access: &Access) {
        if bytes.is_empty() {
            return;
        }
        self.split(bytes.start);
        self.split(bytes.end);
        self.fill(bytes);
        for (_, segment) in self.0.range_mut(bytes.start..bytes.end) {
            if is_write {
                segment.write = Some(access.clone());
                segment.reads.clear();
            } else {
                let component = access.epoch.component;
                segment
                    .reads
                    .retain(|read| read.epoch.component != component);
                segment.reads.push(access.clone());
            }
        }
    }

    /// Forgets what comes before `clock`, which is before everything to come.
    pub(crate) fn forget(&mut self, clock: &Clock) {
        self.0.retain(|_, segment| {
            segment.reads.retain(|access| !clock.covers(access.epoch));
            segment.write = segment
                .write
                .take()
                .filter(|access| !clock.covers(access.epoch));
            segment.write.is_some() || !segment.reads.is_empty()
        });
    }

    /// Forgets all accesses.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Makes an interval begin at `at` if one holds it.
    fn split(&mut self, at: u64) {
        if let Some((_, segment)) = self.0.range_mut(..at).next_back()
            && segment.end > at
        {
            let rest = segment.clone();
            segment.end = at;
            self.0.insert(at, rest);
        }
    }

    /// Adds empty intervals for what of `bytes` has none.
    fn fill(&mut self, bytes: &Range<u64>) {
        let mut gaps = Vec::new();
        let mut at = bytes.start;
        for (start, segment) in self.0.range(bytes.start..bytes.end) {
            if *start > at {
                gaps.push(at..*start);
            }
            at = segment.end;
        }
        if at < bytes.end {
            gaps.push(at..bytes.end);
        }
        for gap in gaps {
            let segment = Segment {
                end: gap.end,
                write: None,
                reads: Vec::new(),
            };
            self.0.insert(gap.start, segment);
        }
    }
}

impl Segment {
    fn conflict(&self, is_write: bool, clock: &Clock) -> Option<(&Access, bool)> {
        let unordered = |access: &&Access| !clock.covers(access.epoch);
        let write = self.write.as_ref().filter(unordered);
        let reads = is_write
            .then(|| self.reads.iter().find(unordered))
            .flatten();
        write
            .map(|access| (access, true))
            .or(reads.map(|access| (access, false)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Accesses};
    use crate::clocks::{Clock, Epoch};

    fn access(component: usize, time: u64) -> Access {
        Access {
            epoch: Epoch { component, time },
            name: format!("{component}.{time}").into(),
        }
    }

    fn found(accesses: &Accesses, bytes: std::ops::Range<u64>, is_write: bool) -> Option<String> {
        let conflict = accesses.conflict(&bytes, is_write, &Clock::default())?;
        Some(format!("{} {:?}", conflict.access.name, conflict.bytes))
    }

    #[test]
    fn only_overlapping_bytes_conflict() {
        let mut accesses = Accesses::default();
        accesses.record(&(100..200), true, &access(0, 1));
        assert_eq!(found(&accesses, 0..100, true), None);
        assert_eq!(found(&accesses, 200..300, true), None);
        let expected = Some("0.1 100..101".to_owned());
        assert_eq!(found(&accesses, 0..101, true), expected);
        let expected = Some("0.1 199..200".to_owned());
        assert_eq!(found(&accesses, 199..1000, false), expected);
        let expected = Some("0.1 120..130".to_owned());
        assert_eq!(found(&accesses, 120..130, false), expected);
    }

    #[test]
    fn reads_conflict_with_writes_only() {
        let mut accesses = Accesses::default();
        accesses.record(&(0..10), false, &access(0, 1));
        accesses.record(&(5..15), false, &access(1, 1));
        assert_eq!(found(&accesses, 0..20, false), None);
        assert_eq!(
            found(&accesses, 12..20, true),
            Some("1.1 12..15".to_owned())
        );
        let mut clock = Clock::default();
        clock.advance(Epoch {
            component: 0,
            time: 1,
        });
        assert!(accesses.conflict(&(0..5), true, &clock).is_none());
        assert!(accesses.conflict(&(0..6), true, &clock).is_some());
    }

    #[test]
    fn a_later_write_takes_the_place_of_what_it_covers() {
        let mut accesses = Accesses::default();
        accesses.record(&(0..30), true, &access(0, 1));
        accesses.record(&(10..20), true, &access(1, 1));
        assert_eq!(found(&accesses, 9..11, false), Some("0.1 9..10".to_owned()));
        assert_eq!(
            found(&accesses, 10..30, false),
            Some("1.1 10..20".to_owned())
        );
        assert_eq!(
            found(&accesses, 20..30, false),
            Some("0.1 20..30".to_owned())
        );
    }

    #[test]
    fn what_is_before_everything_is_forgotten() {
        let mut accesses = Accesses::default();
        accesses.record(&(0..30), true, &access(0, 1));
        accesses.record(&(10..20), false, &access(1, 1));
        let mut clock = Clock::default();
        clock.advance(Epoch {
            component: 0,
            time: 1,
        });
        accesses.forget(&clock);
        assert_eq!(found(&accesses, 0..30, true), Some("1.1 10..20".to_owned()));
        clock.advance(Epoch {
            component: 1,
            time: 1,
        });
        accesses.forget(&clock);
        assert!(accesses.0.is_empty());
    }
}
