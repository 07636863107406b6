//! A consumer of batches: it does with them, in calls of the driver, what a framework does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use fake_cuda::client::Fake;
use imagepipe::cuda::Consumer as Taker;
use imagepipe::dlpack::Array;
use imagepipe::loader::{Arrays, Batch, DeviceArray};

use crate::chance::Chance;
use crate::data::{Expected, on_host};
use crate::habits::{Framework, Habits, Main};
use crate::reads::{Reads, compare};
use crate::stage::Wrong;

/// What another thread lets go of, or says that it has come to.
pub(crate) enum Parcel {
    Drop(Vec<Array>),
    Tell(Sender<()>),
}

/// A consumer on its thread, to which its context is current.
pub(crate) struct Consumer<'a> {
    fake: &'a Fake,
    context: usize,
    habits: Habits,
    chance: Chance,
    /// The stream that it asks for.
    main: usize,
    /// Other streams of its own.
    others: [usize; 2],
    reads: Reads<'a>,
    held: VecDeque<Vec<Array>>,
    dropper: Sender<Parcel>,
}

/// The number of the legacy default stream, and of a thread's own.
const LEGACY: usize = 1;
const PER_THREAD: usize = 2;

impl<'a> Consumer<'a> {
    /// A consumer with room for what it reads, `bytes` bytes.
    pub(crate) fn new(
        fake: &'a Fake,
        context: usize,
        habits: Habits,
        bytes: usize,
        dropper: Sender<Parcel>,
    ) -> Result<Self, Wrong> {
        fake.cuCtxPushCurrent_v2(context)?;
        let main = match habits.main {
            Main::Legacy => LEGACY,
            Main::PerThread => PER_THREAD,
            Main::Blocking => fake.stream(false)?,
            Main::NonBlocking => fake.stream(true)?,
        };
        Ok(Self {
            fake,
            context,
            habits,
            chance: Chance::new(habits.seed),
            main,
            others: [fake.stream(true)?, fake.stream(false)?],
            reads: Reads::new(fake, bytes)?,
            held: VecDeque::new(),
            dropper,
        })
    }

    /// Uses a batch, and lets go of an earlier one.
    pub(crate) fn take(&mut self, batch: Batch, expected: &Expected) -> Result<(), Wrong> {
        let indices: Vec<u64> = (0..batch.len()).map(|place| batch.index(place)).collect();
        if indices != expected.indices {
            return Err(Wrong::Found(format!("samples {indices:?}: {expected:?}")));
        }
        let mut held = Vec::new();
        for (name, bytes) in [("images", &expected.images), ("labels", &expected.labels)] {
            if let Some(Arrays::OnDevice(array)) = batch.field(name) {
                let what = format!("{name} of {indices:?} for {:?}", self.habits.framework);
                self.work(&array, bytes, &what, &mut held)?;
            } else if !bytes.is_empty() {
                return Err(Wrong::Found(format!("no {name} on the device")));
            }
        }
        drop(batch);
        self.held.push_back(held);
        while self.held.len() > self.habits.keeps {
            self.let_go();
        }
        self.check_context()
    }

    /// Works on an array; what keeps it goes to `held`.
    fn work(
        &mut self,
        array: &DeviceArray,
        expected: &Arc<[u8]>,
        what: &str,
        held: &mut Vec<Array>,
    ) -> Result<(), Wrong> {
        if array.array().bytes() != expected.len() {
            return Err(Wrong::Found(format!("{what}: {:?}", array.array())));
        }
        match self.habits.framework {
            Framework::Torch | Framework::Cupy => held.push(self.on_stream(array, expected, what)?),
            Framework::Jax => self.copied(array, expected, what)?,
            Framework::TensorFlow => {
                let own = array.hand_to(Taker::Now)?;
                let stream = self
                    .chance
                    .pick(&[self.main, self.others[0], self.others[1]]);
                self.reads.read(stream, address(&own), expected, what)?;
                held.push(own);
            }
            Framework::Raw => held.push(self.ordered(array, expected, what)?),
            Framework::Cpu => {
                let streams = [None, Some(self.main as u64)];
                let copy = array.to_host(self.chance.pick(&streams))?;
                compare(&on_host(&copy), expected, what)?;
            }
        }
        Ok(())
    }

    fn ask(&self, array: &DeviceArray, lasts: bool) -> Result<Array, Wrong> {
        let number = self.main as u64;
        Ok(array.hand_to(Taker::Stream { number, lasts })?)
    }

    /// Reads on the stream that was asked for, or on one that is joined with it before and after.
    fn on_stream(
        &mut self,
        array: &DeviceArray,
        expected: &Arc<[u8]>,
        what: &str,
    ) -> Result<Array, Wrong> {
        let own = self.ask(array, true)?;
        let other = self.others[0];
        if self.chance.one_in(3) {
            self.join(self.main, other)?;
            self.reads.read(other, address(&own), expected, what)?;
            if let Err(wrong) = self.join(other, self.main) {
                // It may not let go while another stream uses the array.
                std::mem::forget(own);
                return Err(wrong);
            }
        } else {
            self.reads.read(self.main, address(&own), expected, what)?;
        }
        Ok(own)
    }

    /// Copies on a stream of its own, and waits for the copy.
    fn copied(
        &mut self,
        array: &DeviceArray,
        expected: &Arc<[u8]>,
        what: &str,
    ) -> Result<(), Wrong> {
        let own = self.ask(array, false)?;
        let copy = self.reads.copy(self.main, address(&own), expected.len())?;
        self.fake.cuStreamSynchronize(self.main)?;
        self.let_go_of(vec![own]);
        self.reads.read(self.main, copy, expected, what)
    }

    /// Asks for an array without any order, and sees to that with an event of its own.
    fn ordered(
        &mut self,
        array: &DeviceArray,
        expected: &Arc<[u8]>,
        what: &str,
    ) -> Result<Array, Wrong> {
        let lasts = self.chance.one_in(2);
        let first = self.ask(array, lasts)?;
        let own = array.hand_to(Taker::Unordered)?;
        let other = self.chance.pick(&self.others);
        self.join(self.main, other)?;
        self.let_go_of(vec![first]);
        self.reads.read(other, address(&own), expected, what)?;
        Ok(own)
    }

    /// Has one stream wait for what another has been asked to do.
    fn join(&self, from: usize, to: usize) -> Result<(), Wrong> {
        let event = self.fake.event()?;
        self.fake.cuEventRecord(event, from)?;
        self.fake.cuStreamWaitEvent(to, event, 0)?;
        Ok(self.fake.cuEventDestroy_v2(event)?)
    }

    fn let_go(&mut self) {
        let held = self.held.pop_front().unwrap_or_default();
        self.let_go_of(held);
    }

    fn let_go_of(&self, held: Vec<Array>) {
        if self.habits.elsewhere {
            // The other thread ends last.
            let _ = self.dropper.send(Parcel::Drop(held));
        }
    }

    /// Checks that its context is still current: the loader's calls leave no trace.
    fn check_context(&self) -> Result<(), Wrong> {
        let (mut current, mut mode) = (0, 0);
        self.fake.cuCtxGetCurrent(&raw mut current)?;
        self.fake.cuThreadExchangeStreamCaptureMode(&raw mut mode)?;
        self.fake.cuThreadExchangeStreamCaptureMode(&raw mut mode)?;
        if current == self.context && mode == 0 {
            return Ok(());
        }
        Err(Wrong::Found(format!(
            "context {current:#x}, capture mode {mode}"
        )))
    }

    /// Lets go of everything, waits for its work, and looks at what it read.
    pub(crate) fn finish(mut self) -> Result<(), Wrong> {
        while !self.held.is_empty() {
            self.let_go();
        }
        // Streams live as long as the arrays that they were handed with.
        let (tell, told) = channel();
        let _ = self.dropper.send(Parcel::Tell(tell));
        let _ = told.recv();
        for stream in [self.main, self.others[0], self.others[1]] {
            self.fake.cuStreamSynchronize(stream)?;
            if stream > PER_THREAD {
                self.fake.cuStreamDestroy_v2(stream)?;
            }
        }
        self.reads.finish()?;
        Ok(self.fake.cuCtxPopCurrent_v2(std::ptr::null_mut())?)
    }
}

fn address(array: &Array) -> u64 {
    array.address() as u64
}
