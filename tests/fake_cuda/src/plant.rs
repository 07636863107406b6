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
    /// `cuStreamSynchronize` returns at once.
    SkipStreamSync,
    /// `cuEventRecord` on a stream that is not a lane records nothing.
    SkipConsumerRecord,
    /// `cuEventRecord` on a lane leaves out the last operation.
    RecordBeforeKernel,
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
pub(crate) const PLANTS: [(&str, Plant); 14] = [
    ("skip-consumer-wait", Plant::SkipConsumerWait),
    ("skip-reuse-wait", Plant::SkipReuseWait),
    ("skip-event-sync", Plant::SkipEventSync),
    ("event-query-lies", Plant::EventQueryLies),
    ("skip-stream-sync", Plant::SkipStreamSync),
    ("skip-consumer-record", Plant::SkipConsumerRecord),
    ("record-before-kernel", Plant::RecordBeforeKernel),
    ("copy-on-wrong-stream", Plant::CopyOnWrongStream),
    ("kernel-on-wrong-stream", Plant::KernelOnWrongStream),
    ("skip-context-record", Plant::SkipContextRecord),
    ("skip-context-sync", Plant::SkipContextSync),
    ("early-unregister", Plant::EarlyUnregister),
    ("free-in-flight", Plant::FreeInFlight),
    ("free-staging-in-flight", Plant::FreeStagingInFlight),
];

impl Plant {
    /// The bug of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        PLANTS
            .iter()
            .find(|row| row.0 == name)
            .map(|(_, plant)| *plant)
    }
}
