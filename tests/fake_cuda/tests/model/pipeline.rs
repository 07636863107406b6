//! A small loader and its consumer, which do all that the real ones do: nothing is found in it over
//! thousands of seeds, and each planted bug is.

use fake_cuda::client::{Buffer, Fake};
use fake_cuda::codes::Code;

use crate::support::{PAGE, PTX, Staging, every_schedule};

/// Bytes of a batch's images; the converted ones are as many.
const IMAGES: usize = 2 * PAGE;
const LABELS: usize = 64;
const BATCHES: usize = 9;

/// Who may write a device buffer again, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// An event on the consumer's stream.
    Stream,
    /// An event on the whole context.
    Context,
    /// The host waits for the whole context.
    Wait,
}

/// A stream with staging memory on both sides.
struct Lane {
    stream: usize,
    host: Staging,
    device: Buffer,
    /// After the last copy from the host's staging memory.
    copied: usize,
}

/// A device buffer of a batch.
struct Slot {
    buffer: Buffer,
    ready: usize,
    released: usize,
}

struct Loader<'a> {
    fake: &'a Fake,
    kernel: usize,
    lanes: Vec<Lane>,
    slots: Vec<Slot>,
    release: Release,
    /// Whether staging memory is watched by asking rather than waiting.
    asks: bool,
}

impl<'a> Loader<'a> {
    fn new(fake: &'a Fake, release: Release, asks: bool) -> Result<Self, Code> {
        let lane = || -> Result<Lane, Code> {
            Ok(Lane {
                stream: fake.lane()?,
                host: Staging::new(fake, 3),
                device: fake.buffer(IMAGES)?,
                copied: fake.event()?,
            })
        };
        let slot = || -> Result<Slot, Code> {
            Ok(Slot {
                buffer: fake.buffer(IMAGES + LABELS)?,
                ready: fake.event()?,
                released: fake.event()?,
            })
        };
        Ok(Self {
            fake,
            kernel: fake.kernel(PTX, "transpose_8_nchw")?,
            lanes: vec![lane()?, lane()?],
            slots: vec![slot()?, slot()?, slot()?],
            release,
            asks,
        })
    }

    /// Waits until a lane's staging memory may be written again.
    fn reclaim(&self, lane: &Lane) -> Result<(), Code> {
        if !self.asks {
            return self.fake.cuEventSynchronize(lane.copied);
        }
        loop {
            match self.fake.cuEventQuery(lane.copied) {
                Err(Code::NOT_READY) => {}
                other => return other,
            }
        }
    }

    fn upload(&self, batch: usize) -> Result<(), Code> {
        let (fake, lane) = (self.fake, &self.lanes[batch % self.lanes.len()]);
        let slot = &self.slots[batch % self.slots.len()];
        self.reclaim(lane)?;
        lane.host.fill(batch as u8);
        fake.cuStreamWaitEvent(lane.stream, slot.ready, 0)?;
        fake.cuStreamWaitEvent(lane.stream, slot.released, 0)?;
        fake.cuMemcpyHtoDAsync_v2(
            lane.device.pointer,
            lane.host.pointer(),
            IMAGES,
            lane.stream,
        )?;
        let places = [lane.device.pointer, slot.buffer.pointer];
        let shape = [2, IMAGES as u64 / 2, 1];
        fake.convert(self.kernel, lane.stream, places, shape, &[])?;
        let labels = lane.host.pointer().wrapping_byte_add(IMAGES);
        let target = slot.buffer.pointer + IMAGES as u64;
        fake.cuMemcpyHtoDAsync_v2(target, labels, LABELS, lane.stream)?;
        fake.cuEventRecord(lane.copied, lane.stream)?;
        fake.cuEventRecord(slot.ready, lane.stream)
    }

    /// Uses a batch on a stream, and gives its buffer back; the bytes that were used.
    fn consume(&self, batch: usize, stream: usize) -> Result<Buffer, Code> {
        let (fake, slot) = (self.fake, &self.slots[batch % self.slots.len()]);
        fake.cuStreamWaitEvent(stream, slot.ready, 0)?;
        let own = fake.use_on(stream, slot.buffer.pointer, slot.buffer.bytes)?;
        match self.release {
            Release::Stream => fake.cuEventRecord(slot.released, stream)?,
            Release::Context => fake.cuCtxRecordEvent(fake.context, slot.released)?,
            Release::Wait => fake.cuCtxSynchronize()?,
        }
        Ok(own)
    }

    fn close(self) -> Result<(), Code> {
        for lane in &self.lanes {
            self.fake.cuStreamSynchronize(lane.stream)?;
        }
        if self.release == Release::Stream {
            for slot in &self.slots {
                self.fake.cuEventSynchronize(slot.released)?;
            }
        } else {
            self.fake.cuCtxSynchronize()?;
        }
        for slot in &self.slots {
            self.fake.cuMemFree_v2(slot.buffer.pointer)?;
        }
        for lane in &self.lanes {
            self.fake.cuMemFree_v2(lane.device.pointer)?;
            self.fake.cuMemHostUnregister(lane.host.pointer())?;
            self.fake.cuStreamDestroy_v2(lane.stream)?;
        }
        Ok(())
    }
}

/// Loads and uses some batches; whether all had the right bytes.
fn run(fake: &Fake, release: Release, asks: bool) -> Result<bool, Code> {
    let loader = Loader::new(fake, release, asks)?;
    let streams = [fake.stream(true)?, fake.stream(false)?];
    let mut used = Vec::new();
    for batch in 0..BATCHES + 2 {
        if batch < BATCHES {
            loader.upload(batch)?;
        }
        if batch >= 2 {
            used.push(loader.consume(batch - 2, streams[batch % 2])?);
        }
    }
    // Nobody takes the last batch, so only the loader knows when its copies are done.
    loader.upload(BATCHES)?;
    loader.close()?;
    fake.cuCtxSynchronize()?;
    let mut is_right = true;
    for (batch, buffer) in used.iter().enumerate() {
        let bytes = fake.read(0, buffer.pointer, buffer.bytes)?;
        is_right &= bytes.iter().all(|byte| *byte == batch as u8);
        fake.cuMemFree_v2(buffer.pointer)?;
    }
    Ok(is_right)
}

const KINDS: [(Release, bool); 4] = [
    (Release::Stream, false),
    (Release::Stream, true),
    (Release::Context, false),
    (Release::Wait, false),
];

#[test]
fn nothing_is_found_in_a_correct_program() {
    // 3 schedules, 4 kinds, 170 seeds: 2,040 runs.
    for (release, asks) in KINDS {
        every_schedule(170, |fake| {
            assert!(run(fake, release, asks).unwrap(), "{release:?} {asks}");
            let found = fake.found();
            found.assert_clean();
            let live = ["allocations", "pinned"].map(|name| found.numbers[name]);
            assert_eq!(live, [0; 2]);
        });
    }
}

/// The planted bugs, and the kind of loader that can have them.
const PLANTS: [(&str, (Release, bool)); 18] = [
    ("skip-consumer-wait", KINDS[0]),
    ("skip-reuse-wait", KINDS[0]),
    ("skip-event-sync", KINDS[0]),
    ("event-query-lies", KINDS[1]),
    ("skip-stream-sync", KINDS[0]),
    ("skip-consumer-record", KINDS[0]),
    ("record-before-kernel", KINDS[0]),
    ("skip-lane-record", KINDS[0]),
    ("record-before-use", KINDS[0]),
    ("skip-second-wait", KINDS[0]),
    ("short-copy", KINDS[0]),
    ("copy-on-wrong-stream", KINDS[0]),
    ("kernel-on-wrong-stream", KINDS[0]),
    ("skip-context-record", KINDS[2]),
    ("skip-context-sync", KINDS[3]),
    ("early-unregister", KINDS[0]),
    ("free-in-flight", KINDS[0]),
    ("free-staging-in-flight", KINDS[0]),
];

#[test]
fn every_planted_bug_is_found_by_the_first_seed_of_every_schedule() {
    let mut fake = Fake::own(&[]);
    for (plant, (release, asks)) in PLANTS {
        for schedule in ["lazy", "eager", "random"] {
            fake.restart(&[("FAKE_CUDA_PLANT", plant), ("FAKE_CUDA_SCHEDULE", schedule)]);
            // Calls after the bug may fail, too.
            let is_wrong = run(&fake, release, asks) == Ok(false);
            let found = fake.found();
            assert!(
                is_wrong || !found.violations.is_empty(),
                "{plant} was not found, {schedule}"
            );
        }
    }
}

#[test]
fn every_bug_that_can_be_planted_is_tried() {
    let tried: Vec<&str> = PLANTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, fake_cuda::plants());
}

#[test]
fn many_threads_share_a_driver() {
    let fake = Fake::own(&[("FAKE_CUDA_SCHEDULE", "random")]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                fake.cuCtxPushCurrent_v2(fake.context).unwrap();
                for _ in 0..20 {
                    assert!(run(&fake, Release::Stream, true).unwrap());
                }
            });
        }
    });
    fake.found().assert_clean();
}
