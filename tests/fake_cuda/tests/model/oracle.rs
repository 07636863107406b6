//! Random programs: the first access that the driver reports is the first that a search of the
//! graph of operations finds unordered.

use fake_cuda::client::Fake;

const PROGRAMS: u64 = 2_000;
const STEPS: usize = 60;
const BYTES: u64 = 32;
const EVENTS: usize = 4;

/// Streams: the legacy default stream, two that block, two that do not.
const LEGACY: usize = 0;
const STREAMS: usize = 5;

fn is_blocking(stream: usize) -> bool {
    stream == 1 || stream == 2
}

/// Random numbers for programs (a linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Stream, first byte, end.
    Write(usize, u64, u64),
    Read(usize, u64, u64),
    /// Event, stream.
    Record(usize, usize),
    /// Stream, event.
    Wait(usize, usize),
    /// Event.
    RecordContext(usize),
    Synchronize(usize),
    SynchronizeStream(usize),
}

fn step(random: &mut Random) -> Step {
    let (stream, event) = (random.index(STREAMS), random.index(EVENTS));
    let from = random.below(BYTES);
    let to = from + 1 + random.below(BYTES - from);
    match random.below(20) {
        0..3 => Step::Write(stream, from, to),
        3..7 => Step::Read(stream, from, to),
        7..12 => Step::Record(event, stream),
        12..17 => Step::Wait(stream, event),
        17 => Step::RecordContext(event),
        18 => Step::Synchronize(event),
        _ => Step::SynchronizeStream(stream),
    }
}

/// What is before what, as sets of steps: bit n stands for step n.
#[derive(Clone, Default)]
struct Oracle {
    /// What is before the next operation of each stream.
    streams: [u64; STREAMS],
    events: [u64; EVENTS],
    host: u64,
    /// Step, first byte, end, whether it writes.
    accesses: Vec<(usize, u64, u64, bool)>,
}

impl Oracle {
    /// Whether a step accesses bytes that another accesses too, with nothing to order the two.
    fn races(&mut self, number: usize, step: Step) -> bool {
        match step {
            Step::Write(stream, from, to) => self.access(number, stream, (from, to), true),
            Step::Read(stream, from, to) => self.access(number, stream, (from, to), false),
            Step::Record(event, stream) => {
                self.events[event] = self.operation(number, stream);
                false
            }
            Step::Wait(stream, event) => {
                if self.events[event] != 0 {
                    self.streams[stream] |= self.events[event];
                    self.operation(number, stream);
                }
                false
            }
            Step::RecordContext(event) => {
                self.events[event] = self.streams.iter().fold(0, |all, one| all | one);
                false
            }
            Step::Synchronize(event) => {
                self.host |= self.events[event];
                false
            }
            Step::SynchronizeStream(stream) => {
                self.host |= self.streams[stream];
                false
            }
        }
    }

    /// Adds an operation to a stream; returns what is before it, and itself.
    fn operation(&mut self, number: usize, stream: usize) -> u64 {
        let mut before = self.host | self.streams[stream];
        for other in 0..STREAMS {
            let is_implicit =
                is_blocking(other) && stream == LEGACY || is_blocking(stream) && other == LEGACY;
            if is_implicit {
                before |= self.streams[other];
            }
        }
        self.streams[stream] = before | 1 << number;
        self.streams[stream]
    }

    fn access(
        &mut self,
        number: usize,
        stream: usize,
        (from, to): (u64, u64),
        writes: bool,
    ) -> bool {
        let before = self.operation(number, stream);
        let races = self
            .accesses
            .iter()
            .any(|&(other, first, end, other_writes)| {
                let conflict = (writes || other_writes) && first < to && from < end;
                conflict && before & 1 << other == 0
            });
        self.accesses.push((number, from, to, writes));
        races
    }
}

/// The driver's objects for a program.
struct Program<'a> {
    fake: &'a Fake,
    streams: [usize; STREAMS],
    events: [usize; EVENTS],
    buffer: u64,
}

impl<'a> Program<'a> {
    fn new(fake: &'a Fake) -> Self {
        let blocking = || fake.stream(false).unwrap();
        let other = || fake.stream(true).unwrap();
        Self {
            fake,
            streams: [0, blocking(), blocking(), other(), other()],
            events: [(); EVENTS].map(|()| fake.event().unwrap()),
            buffer: fake.buffer(BYTES as usize).unwrap().pointer,
        }
    }

    fn run(&self, step: Step) {
        let (fake, streams, events) = (self.fake, &self.streams, &self.events);
        match step {
            Step::Write(stream, from, to) => {
                let bytes = (to - from) as usize;
                fake.cuMemsetD8Async(self.buffer + from, 1, bytes, streams[stream])
            }
            Step::Read(stream, from, to) => {
                let bytes = (to - from) as usize;
                fake.use_on(streams[stream], self.buffer + from, bytes)
                    .map(drop)
            }
            Step::Record(event, stream) => fake.cuEventRecord(events[event], streams[stream]),
            Step::Wait(stream, event) => fake.cuStreamWaitEvent(streams[stream], events[event], 0),
            Step::RecordContext(event) => fake.cuCtxRecordEvent(fake.context, events[event]),
            Step::Synchronize(event) => fake.cuEventSynchronize(events[event]),
            Step::SynchronizeStream(stream) => fake.cuStreamSynchronize(streams[stream]),
        }
        .unwrap();
    }
}

#[test]
fn clocks_agree_with_a_search_of_the_graph() {
    let mut fake = Fake::own(&[]);
    let mut without_race = 0;
    for seed in 0..PROGRAMS {
        let schedule = ["lazy", "eager", "random"][seed as usize % 3];
        fake.restart(&[
            ("FAKE_CUDA_SCHEDULE", schedule),
            ("FAKE_CUDA_SEED", &seed.to_string()),
        ]);
        let (program, mut oracle, mut random) =
            (Program::new(&fake), Oracle::default(), Random(seed));
        let mut steps = Vec::new();
        let mut expected = false;
        while steps.len() < STEPS && !expected {
            let step = step(&mut random);
            let mut next = oracle.clone();
            expected = next.races(steps.len(), step);
            if expected && random.below(15) != 0 {
                expected = false;
                continue; // or programs would be short
            }
            oracle = next;
            steps.push(step);
            program.run(step);
            let found = fake.found();
            let is_reported = !found.violations.is_empty();
            assert_eq!(is_reported, expected, "program {seed}: {steps:?} {found:?}");
        }
        without_race += u64::from(!expected);
    }
    // The generator makes programs of both kinds.
    assert!(
        (PROGRAMS / 4..PROGRAMS / 4 * 3).contains(&without_race),
        "{without_race}"
    );
}
