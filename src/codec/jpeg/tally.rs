//! Which back end decoded how many images, and why.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts, shared by the decoders of all workers.
#[derive(Debug, Default)]
pub struct Tally {
    own: AtomicU64,
    handed_over: [AtomicU64; Handover::ALL.len()],
}

impl Tally {
    /// JPEGs that our own decoder decoded.
    #[must_use]
    pub fn own(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }

    /// JPEGs that were given to libjpeg-turbo, by reason; reasons that never came up are left out.
    #[must_use]
    pub fn handed_over(&self) -> Vec<(&'static str, u64)> {
        let counts = Handover::ALL.iter().zip(&self.handed_over);
        let counts = counts.map(|(why, count)| (why.name(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    pub(super) fn count_own(&self) {
        self.own.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, why: Handover) {
        if let Some(place) = Handover::ALL.iter().position(|other| *other == why) {
            self.handed_over[place].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Why a JPEG is not our own decoder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handover {
    /// libjpeg-turbo was asked for.
    Asked,
    /// The processor lacks what our decoder needs.
    Processor,
    /// A progressive file.
    Progressive,
    /// Arithmetic coding.
    Arithmetic,
    /// Other than 8 bits a sample.
    Precision,
    /// Colours other than gray and YCbCr.
    Color,
    /// Components in scans of their own.
    Scans,
    /// Something else in the header that our decoder does not take, valid or not.
    Header,
    /// The compressed data is damaged, or may be.
    Data,
    /// There is no memory for the pixels.
    Memory,
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "what could be stopped is not there")
    )]
    /// Nobody wants the image any more; the one reason for which libjpeg-turbo is not tried
    /// either.
    Stopped,
}

impl Handover {
    /// All that are counted.
    pub(super) const ALL: [Self; 10] = [
        Self::Asked,
        Self::Processor,
        Self::Progressive,
        Self::Arithmetic,
        Self::Precision,
        Self::Color,
        Self::Scans,
        Self::Header,
        Self::Data,
        Self::Memory,
    ];

    /// What a user sees of it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked for",
            Self::Processor => "processor without AVX2",
            Self::Progressive => "progressive",
            Self::Arithmetic => "arithmetic coding",
            Self::Precision => "not 8 bits",
            Self::Color => "colour space",
            Self::Scans => "several scans",
            Self::Header => "unusual header",
            Self::Data => "damaged data",
            Self::Memory => "no memory",
            Self::Stopped => "stopped",
        }
    }
}
