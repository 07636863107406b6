//! What iterators of a loader have done, and what of it holds the others up.

use std::time::Duration;

use crate::engine::{Meter, Reading, WorkerTime};

/// A consumer that waits for less than this share of the time is what batches wait for.
const LITTLE: f64 = 0.1;

/// So is one that waits for less than this share, where workers have nothing to do.
const MUCH: f64 = 0.5;

/// Workers have nothing to do for more than this share of their time: more than the ends of batches
/// cost.
const IDLE: f64 = 0.3;

/// Counts of what iterators of a loader have done so far.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Reading files.
    pub read: Reading,
    /// Decoding.
    pub decode: Reading,
    /// Resizing, colour, layout and element type; where nothing is decoded, mostly copying.
    pub resize: Reading,
    /// Augmentation, and what then makes elements of bytes.
    pub augment: Reading,
    /// The consumer's waits for batches.
    pub waiting: Reading,
    /// Samples handed over, and their bytes.
    pub delivered: Reading,
    /// Worker threads of an iterator.
    pub workers: usize,
    /// How long iterators have been running, and their workers had nothing to do.
    pub worker_time: WorkerTime,
    /// Samples that failed.
    pub errors: u64,
    /// JPEGs that our own decoder decoded.
    pub jpeg_own: u64,
    /// JPEGs that libjpeg-turbo decoded or refused, by the reason for which it got them.
    pub jpeg_turbo: Vec<(&'static str, u64)>,
}

/// Time and bytes of each stage.
#[derive(Debug, Default)]
pub(super) struct Stages {
    pub(super) read: Meter,
    pub(super) decode: Meter,
    pub(super) resize: Meter,
    pub(super) augment: Meter,
}

/// What workers do for a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Read,
    Decode,
    Resize,
    Augment,
}

impl Stage {
    /// How it is called in a sentence.
    fn words(self) -> &'static str {
        match self {
            Self::Read => "reading files",
            Self::Decode => "decoding",
            Self::Resize => "resizing and copying",
            Self::Augment => "augmentation",
        }
    }

    /// How many of `workers` can be at it at once: whoever reads may be waiting for the disk, the
    /// rest takes a core each.
    fn hands(self, workers: usize, cores: usize) -> usize {
        if self == Self::Read {
            workers
        } else {
            workers.min(cores)
        }
    }
}

impl Stats {
    /// What holds the others up on so many usable cores, in words.
    #[must_use]
    pub fn bottleneck(&self, cores: usize) -> String {
        let [.., (stage, time)] = self.stages();
        if time.is_zero() {
            return "nothing has been loaded yet".to_owned();
        }
        let (running, waiting) = (
            self.worker_time.running.as_secs_f64(),
            self.waiting.time.as_secs_f64(),
        );
        let idle = self.has_idle_workers(stage.hands(self.workers, cores));
        if waiting < if idle { MUCH } else { LITTLE } * running {
            return "the consumer: workers wait for it to take batches".to_owned();
        }
        if idle {
            return "too few samples in flight: workers have nothing to do; raise prefetch or \
            batch_size"
                .to_owned();
        }
        let share = 100.0 * time.as_secs_f64() / self.accounted().as_secs_f64();
        let advice = self.advice(stage, cores);
        format!(
            "the loader: {} takes {share:.0} % of the time that workers are busy{advice}",
            stage.words()
        )
    }

    /// Whether there are workers that could be at it and have nothing to do, if `hands` can be at
    /// it at once.
    fn has_idle_workers(&self, hands: usize) -> bool {
        let WorkerTime { running, idle } = self.worker_time;
        let most = count(hands) * running.as_secs_f64();
        idle.as_secs_f64() > IDLE * self.work()
            && self.accounted().as_secs_f64() < (1.0 - IDLE) * most
    }

    /// What of the workers' time, from the start of their iterators to the end, `time` is.
    pub(crate) fn share(&self, time: Duration) -> f64 {
        // A sample that was begun before what is looked at counts from its beginning.
        let all = self
            .work()
            .max((self.accounted() + self.worker_time.idle).as_secs_f64());
        if all > 0.0 {
            time.as_secs_f64() / all
        } else {
            0.0
        }
    }

    /// Seconds from the start of iterators to their end, times their workers.
    fn work(&self) -> f64 {
        count(self.workers) * self.worker_time.running.as_secs_f64()
    }

    /// What of that is accounted for.
    fn accounted(&self) -> Duration {
        self.stages().iter().map(|(_, time)| *time).sum()
    }

    /// The stages, that which took longest last.
    fn stages(&self) -> [(Stage, Duration); 4] {
        let mut stages = [
            (Stage::Augment, self.augment.time),
            (Stage::Resize, self.resize.time),
            (Stage::Read, self.read.time),
            (Stage::Decode, self.decode.time),
        ];
        stages.sort_by_key(|(_, time)| *time);
        stages
    }

    fn advice(&self, stage: Stage, cores: usize) -> String {
        let workers = self.workers;
        match stage {
            Stage::Read => {
                "; if that means waiting for a disk, more workers than cores help".to_owned()
            }
            _ if workers < cores => format!(
                "; workers={workers} leaves {} of {cores} cores unused",
                cores - workers
            ),
            _ => String::new(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of threads")]
fn count(threads: usize) -> f64 {
    threads as f64
}
