//! Loaders and their consumers, as a seed has them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope};

use imagepipe::cuda::Route;
use imagepipe::error::Error;
use imagepipe::loader::{Batch, Batches, Config, Loader};
use imagepipe::tensor::Device;

use crate::chance::Chance;
use crate::consumer::{Consumer, Parcel};
use crate::data::{EPOCHS, Epoch, Want};
use crate::habits::Habits;
use crate::stage::{DEVICES, Stage, Wrong};

/// What happens in a run.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) loaders: Vec<Plan>,
    /// Loaders are dropped while their batches are on the way.
    pub(crate) drops_loaders: bool,
}

/// A loader and its consumers.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) want: Want,
    pub(crate) route: Route,
    pub(crate) workers: usize,
    pub(crate) prefetch: usize,
    pub(crate) device: u32,
    pub(crate) consumers: Vec<Habits>,
    /// The consumers share an iterator, instead of each having its own.
    pub(crate) is_shared: bool,
}

impl Scene {
    pub(crate) fn chosen(seed: u64) -> Self {
        let chance = &mut Chance::new(seed);
        let loaders = chance.pick(&[1, 1, 1, 2]);
        Self {
            loaders: (0..loaders).map(|_| Plan::chosen(chance)).collect(),
            drops_loaders: chance.one_in(3),
        }
    }

    /// Plays it; of several things that are wrong, the first that a consumer found.
    pub(crate) fn play(&self, stage: &Stage) -> Result<(), Wrong> {
        let open = |plan: &Plan| Loader::open(&plan.config(stage));
        let mut loaders = self
            .loaders
            .iter()
            .map(open)
            .collect::<Result<Vec<_>, _>>()?;
        let wrong = Mutex::new(Vec::new());
        let begun = thread::scope(|scope| {
            let dropper = dropper(scope);
            for (plan, loader) in self.loaders.iter().zip(&loaders) {
                plan.begin(stage, loader, &dropper, &wrong, scope)?;
            }
            if self.drops_loaders {
                loaders.clear();
            }
            Ok(())
        });
        drop(loaders);
        let mut wrong = wrong.into_inner().expect("no panic");
        wrong.sort_by_key(|wrong| !matches!(wrong, Wrong::Found(_)));
        begun.and(wrong.into_iter().next().map_or(Ok(()), Err))
    }
}

/// A thread that lets go of what others send.
fn dropper<'scope>(scope: &'scope Scope<'scope, '_>) -> Sender<Parcel> {
    let (sender, receiver) = channel();
    scope.spawn(move || {
        for parcel in receiver {
            match parcel {
                Parcel::Drop(held) => drop(held),
                Parcel::Tell(sender) => drop(sender.send(())),
            }
        }
    });
    sender
}

/// Batches with their numbers.
type Numbered<'a> = Box<dyn Iterator<Item = (usize, Result<Batch, Error>)> + Send + 'a>;

impl Plan {
    pub(crate) fn chosen(chance: &mut Chance) -> Self {
        let consumers = chance.pick(&[1, 1, 2, 3]);
        Self {
            want: Want::chosen(chance),
            route: chance.pick(&[Route::Copied, Route::Copied, Route::Mapped]),
            workers: 1 + chance.below(4),
            prefetch: 1 + chance.below(4),
            device: u32::from(chance.one_in(3)).min(DEVICES - 1),
            consumers: (0..consumers).map(|_| Habits::chosen(chance)).collect(),
            is_shared: chance.one_in(2),
        }
    }

    pub(crate) fn config(&self, stage: &Stage) -> Config {
        Config {
            workers: Some(self.workers),
            prefetch: self.prefetch,
            device: Device::Cuda(self.device),
            route: self.route,
            ..stage.data.config(&self.want)
        }
    }

    /// Starts the consumers; what they find wrong goes to `wrong`.
    fn begin<'scope>(
        &'scope self,
        stage: &'scope Stage,
        loader: &Loader,
        dropper: &Sender<Parcel>,
        wrong: &'scope Mutex<Vec<Wrong>>,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<(), Wrong> {
        let expected = stage.data.expected(&self.want);
        let mut shared = if self.is_shared {
            deal(loader.epoch(0)?, self.consumers.len(), scope)
        } else {
            Vec::new()
        };
        for (place, habits) in self.consumers.iter().enumerate() {
            let epoch = if self.is_shared {
                0
            } else {
                place % EPOCHS as usize
            };
            let batches: Numbered = match shared.pop() {
                Some(dealt) => Box::new(dealt.into_iter()),
                None => Box::new(loader.epoch(u32::try_from(epoch).unwrap_or(0))?.enumerate()),
            };
            let (expected, dropper) = (Arc::clone(&expected), dropper.clone());
            scope.spawn(move || {
                let consumed = self.consume(stage, *habits, batches, &expected[epoch], dropper);
                wrong.lock().expect("no panic").extend(consumed.err());
            });
        }
        Ok(())
    }

    fn consume(
        &self,
        stage: &Stage,
        habits: Habits,
        batches: Numbered<'_>,
        expected: &Epoch,
        dropper: Sender<Parcel>,
    ) -> Result<(), Wrong> {
        let bytes = |batch: &crate::data::Expected| batch.images.len() + batch.labels.len();
        let room = expected.iter().map(bytes).sum();
        let context = stage.context(self.device)?;
        let mut consumer = Consumer::new(&stage.fake, context, habits, room, dropper)?;
        for (number, batch) in batches.take(habits.takes) {
            consumer.take(batch?, &expected[number])?;
        }
        consumer.finish()
    }
}

/// Deals batches out to several consumers, as long as any takes them.
fn deal<'scope>(
    batches: Batches,
    consumers: usize,
    scope: &'scope Scope<'scope, '_>,
) -> Vec<Receiver<(usize, Result<Batch, Error>)>> {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..consumers).map(|_| channel()).unzip();
    scope.spawn(move || {
        for (number, batch) in batches.enumerate() {
            // A consumer that has enough is gone.
            let _ = senders[number % senders.len()].send((number, batch));
        }
    });
    receivers
}
