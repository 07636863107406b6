//! Finds the records of a file: by its index, from an earlier run, or by scanning it.

use std::collections::HashSet;
use std::io;

use super::super::index::{Reason as Unfit, Table};
use super::{Framing, Known, Shard, recordio, tfrecord};
use crate::error::{Error, Result};
use crate::file::{Foreign, Map};
use crate::record::Reason;

/// Entries of an index that are compared with the file.
const SPOT_CHECKS: usize = 16;

/// Of places from an earlier run, fewer are compared: the file has not been written to since.
const FEW_CHECKS: usize = 4;

/// From this length on, only the beginnings of records are read when a file is scanned.
const LONG: u64 = 16 << 10;

/// Places between two checks that the file still has its length.
const TURNS_PER_LOOK: u64 = 1024;

impl Shard {
    /// Uses the index file; false if there is none or it does not fit.
    pub(super) fn take_index(&mut self, index: Option<Result<Map>>) -> Result<bool> {
        let Some(index) = index else {
            return Ok(false);
        };
        match self.indexed(index)? {
            Ok(table) => self.table = table,
            Err(reason) => self.ignored_index = Some(reason.to_string()),
        }
        Ok(self.ignored_index.is_none())
    }

    /// Uses the places that are known, if they fit.
    pub(super) fn take_known(&mut self, known: &Known<'_>) -> bool {
        let table = self.stamp().and_then(known).and_then(|starts| {
            let table = Table::of(starts).covering(self.framing, self.map.len() as u64);
            let agrees = |table: &Table| matches!(self.agrees(table, FEW_CHECKS), Ok(Ok(())));
            table.ok().filter(agrees)
        });
        let is_known = table.is_some();
        self.table = table.unwrap_or_default();
        is_known
    }

    /// Scans the file for its records.
    pub(super) fn pass_over(&mut self, salvage: bool) -> Result<()> {
        self.scanned = true;
        if let Some(table) = self.hopped()? {
            self.table = table;
            return Ok(());
        }
        self.map.expect_all(true);
        self.table = match self.scanned(false) {
            Err(_) if salvage => {
                self.salvaged = true;
                self.scanned(true)?
            }
            table => table?,
        };
        if self.torn.is_some() {
            self.end_torn();
        }
        self.map.expect_all(false);
        Ok(())
    }

    /// What an index file says, if it fits.
    fn indexed(&self, index: Result<Map>) -> Result<Result<Table, Unfit>> {
        let index = match index {
            Ok(index) => index,
            Err(error) if error.is_of_the_machine() => return Err(error),
            Err(error) => return Ok(Err(Unfit::Unreadable(error.reason()))),
        };
        match Table::parse(index.bytes()?, self.framing, self.map.len() as u64) {
            Ok(table) => Ok(self.agrees(&table, SPOT_CHECKS)?.map(|()| table)),
            unfit => Ok(unfit),
        }
    }

    /// Compares some of the places in a table with the file.
    fn agrees(&self, table: &Table, checks: usize) -> Result<Result<(), Unfit>> {
        let bytes = self.map.bytes()?;
        let records = table.starts.len().saturating_sub(1);
        let checks = records.min(checks);
        for check in 0..checks {
            // The first, the last, and others between them.
            let record = check * (records - 1) / (checks - 1).max(1);
            let (start, end) = (table.starts[record], table.starts[record + 1]);
            let rest = &bytes[usize::try_from(start).unwrap_or(bytes.len())..];
            if self.framing.measure(rest, self.check).map(|len| len as u64) != Ok(end - start) {
                return Ok(Err(Unfit::Elsewhere(start, end)));
            }
        }
        Ok(Ok(()))
    }

    /// Scans by reading the first bytes of each record: with long records, that is less than
    /// mapping reads in. `None` for short records, and for a file that needs a closer look.
    fn hopped(&self) -> Result<Option<Table>> {
        let bytes = self.map.bytes()?;
        let len = bytes.len() as u64;
        let begun = |start: &[u8; tfrecord::HEADER]| tfrecord::begun(start, self.check);
        let is_long = self.framing == Framing::TfRecord
            && bytes
                .first_chunk()
                .and_then(begun)
                .is_some_and(|len| len >= LONG);
        if !is_long {
            return Ok(None);
        }
        Ok(self.map.random_access().and_then(|file| {
            let (mut starts, mut at) = (vec![0], 0u64);
            while at < len {
                let mut start = [0; tfrecord::HEADER];
                let record = file.read(at, &mut start).then(|| begun(&start))?;
                at = at.checked_add(record?).filter(|end| *end <= len)?;
                starts.push(at);
            }
            Some(Table::of(starts))
        }))
    }

    /// Scans the whole framing; with `salvage`, damage up to the beginning of the next record is a
    /// record too.
    fn scanned(&self, salvage: bool) -> Result<Table> {
        let mut starts = Vec::new();
        let mut bytes = self.map.bytes()?;
        let (mut at, mut turn, mut damaged, mut followed) = (0, 0u64, false, HashSet::new());
        while at < bytes.len() {
            turn += 1;
            if turn.is_multiple_of(TURNS_PER_LOOK) {
                bytes = self.map.bytes()?;
            }
            if damaged && !self.framing.begins(&bytes[at..]) {
                at += self.framing.alignment();
                continue;
            }
            let measured = match self.framing {
                Framing::RecordIo if salvage => {
                    recordio::measure_once(bytes, at, &mut followed).map_err(Reason::from)
                }
                framing => framing.measure(&bytes[at..], self.check),
            };
            if measured.is_ok() || !damaged {
                self.push(&mut starts, at as u64)?;
            }
            damaged = measured.is_err();
            at += match measured {
                Ok(len) => len,
                Err(_) if salvage => self.framing.alignment(),
                Err(reason) => return Err(self.explained(at, bytes, reason)),
            };
        }
        if !starts.is_empty() {
            starts.push(bytes.len() as u64);
        }
        Ok(Table::of(starts))
    }

    /// Adds the beginning of a record; how many there are is not known.
    fn push(&self, starts: &mut Vec<u64>, at: u64) -> Result<()> {
        let room = starts.try_reserve(1);
        room.map_err(|_| Error::at(self.path())(io::ErrorKind::OutOfMemory.into()))?;
        starts.push(at);
        Ok(())
    }

    /// Makes sure that the last record is one that cannot be read, an empty one if the inflated
    /// bytes end where a record does.
    fn end_torn(&mut self) {
        let records = self.table.starts.len().saturating_sub(1);
        let end = self.map.len() as u64;
        let last = records.checked_sub(1).map(|last| self.table.starts[last]);
        let is_whole = last
            .and_then(|start| usize::try_from(start).ok())
            .is_none_or(|start| {
                self.map
                    .bytes()
                    .is_ok_and(|bytes| self.framing.measure(&bytes[start..], self.check).is_ok())
            });
        if is_whole {
            self.table.starts.push(end);
        }
    }

    /// The error of a record at byte `at`. If that is the first, the file may not be one of records
    /// at all.
    fn explained(&self, at: usize, bytes: &[u8], reason: Reason) -> Error {
        let reason = match Foreign::of(bytes) {
            _ if at > 0 => reason.to_string(),
            Some(foreign) => format!("no {} file, but {foreign}", self.framing),
            None => format!("{reason}: damaged, or no {} file", self.framing),
        };
        Error::record(self.path(), at as u64, reason)
    }
}
