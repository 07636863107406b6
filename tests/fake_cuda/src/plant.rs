//! Planted bugs: the driver changes the calls it gets as if its caller had the bug, to prove that
//! the checks find it.

/// A bug of the caller to imitate. A lane is a stream made by `cuStreamCreateWithPriority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    /// `cuStreamWaitEvent` on a stream that is not a lane does nothing.
    SkipConsumerWait,
    /// `cuStreamWaitEvent` on a lane does nothing.
    SkipReuseWait,
    /// `cuEventSynchronize` returns at once.
    SkipEventSync,
    /// `cuEventQuery` says that everything is done.
    EventQueryLies,
    /// `cuStreamSynchronize` of a lane returns at once.
    SkipStreamSync,
    /// `cuEventRecord` on a stream that is not a lane records nothing.
    SkipConsumerRecord,
    /// `cuEventRecord` on a lane leaves out the last operation.
    RecordBeforeKernel,
    /// `cuEventRecord` on a lane records nothing.
    SkipLaneRecord,
    /// `cuEventRecord` on a stream that is not a lane leaves out the last operation.
    RecordBeforeUse,
    /// Of several waits on a lane, one after the other, only the first does anything.
    SkipSecondWait,
    /// A copy to the device from pinned memory leaves out the last byte.
    ShortCopy,
    /// A copy to the device runs on the other lane.
    CopyOnWrongStream,
    /// A kernel runs on the other lane.
    KernelOnWrongStream,
    /// `cuCtxRecordEvent` records nothing.
    SkipContextRecord,
    /// `cuCtxSynchronize` returns at once.
    SkipContextSync,
    /// Host memory is unregistered right after the first copy from it.
    EarlyUnregister,
    /// The target of the first kernel is freed right after its launch.
    FreeInFlight,
    /// The source of the first kernel, if on the device, is freed right after its launch.
    FreeStagingInFlight,
}

/// All of them, with their names.
pub(crate) const PLANTS: [(&str, Plant); 18] = [
    ("skip-consumer-wait", Plant::SkipConsumerWait),
    ("skip-reuse-wait", Plant::SkipReuseWait),
    ("skip-event-sync", Plant::SkipEventSync),
    ("event-query-lies", Plant::EventQueryLies),
    ("skip-stream-sync", Plant::SkipStreamSync),
    ("skip-consumer-record", Plant::SkipConsumerRecord),
    ("record-before-kernel", Plant::RecordBeforeKernel),
    ("skip-lane-record", Plant::SkipLaneRecord),
    ("record-before-use", Plant::RecordBeforeUse),
    ("skip-second-wait", Plant::SkipSecondWait),
    ("short-copy", Plant::ShortCopy),
    ("copy-on-wrong-stream", Plant::CopyOnWrongStream),
    ("kernel-on-wrong-stream", Plant::KernelOnWrongStream),
    ("skip-context-record", Plant::SkipContextRecord),
    ("skip-context-sync", Plant::SkipContextSync),
    ("early-unregister", Plant::EarlyUnregister),
    ("free-in-flight", Plant::FreeInFlight),
    ("free-staging-in-flight", Plant::FreeStagingInFlight),
];

/// The names of all bugs that can be planted.
#[must_use]
pub fn plants() -> Vec<&'static str> {
    PLANTS.iter().map(|(name, _)| *name).collect()
}

impl Plant {
    /// The bug of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        PLANTS
            .iter()
            .find(|row| row.0 == name)
            .map(|(_, plant)| *plant)
    }
}
