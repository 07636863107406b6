//! Our own decoder, where there is none for the processor.

use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;

use super::super::Orientation;
use super::frame::{Cut, Frame};
use super::tally::Handover;

/// There is none.
pub(super) enum Baseline {}

/// The header of a file that it would take.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) frame: Frame,
    pub(super) orientation: Orientation,
    _file: PhantomData<&'a [u8]>,
}

/// Takes no file.
pub(super) fn parse(_: &[u8]) -> Result<Header<'_>, Handover> {
    Err(Handover::Processor)
}

impl Baseline {
    pub(super) fn detect() -> Option<Self> {
        None
    }

    pub(super) fn decode(
        &mut self,
        _: &Header<'_>,
        _: &Cut,
        _: [&mut [u8]; 3],
        _: &AtomicBool,
    ) -> Result<(), Handover> {
        match *self {}
    }

    pub(super) fn entropy(&mut self, _: &Header<'_>, _: &Cut) -> Result<u64, Handover> {
        match *self {}
    }
}
