//! How long things on the device live: whatever is dropped first, and however many epochs there
//! are, nothing is left and nothing grows.

use std::any::Any;

use imagepipe::cuda::{Consumer, Route};
use imagepipe::loader::{Arrays, Batch, Loader};

use crate::data::Want;
use crate::process::{alone, workers};
use crate::seeds::SCHEDULES;
use crate::stage::Stage;
use crate::tour;

/// Everything that a program may hold of a loader.
type Held = Option<Box<dyn Any>>;

const CONSUMERS: [Consumer; 4] = [
    Consumer::Stream {
        number: 1,
        lasts: true,
    },
    Consumer::Stream {
        number: 1,
        lasts: false,
    },
    Consumer::Now,
    Consumer::Unordered,
];

/// A loader, its batches, one of them, and its images in a consumer's hands.
fn held(stage: &Stage, consumer: Consumer) -> [Held; 4] {
    let loader = Loader::open(&tour::config(&stage.data, Route::Copied)).expect("a loader");
    let mut batches = loader.epoch(0).expect("an epoch");
    let batch = batches.next().expect("a batch").expect("a batch");
    let array = handed(&batch, consumer);
    [
        Some(Box::new(loader)),
        Some(Box::new(batches)),
        Some(Box::new(batch)),
        Some(array),
    ]
}

fn handed(batch: &Batch, consumer: Consumer) -> Box<dyn Any> {
    match batch.field("images") {
        Some(Arrays::OnDevice(array)) => Box::new(array.hand_to(consumer).expect("images")),
        _ => panic!("images are on the device"),
    }
}

/// The orders of four things.
fn orders() -> impl Iterator<Item = [usize; 4]> {
    let all = (0..256).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6]);
    all.filter(|order| (0..4).all(|thing| order.contains(&thing)))
}

#[test]
fn things_may_be_dropped_in_any_order() {
    alone("life::things_may_be_dropped_in_any_order", || {
        let mut stage = Stage::new();
        for (number, order) in orders().enumerate() {
            for consumer in CONSUMERS {
                let schedule = SCHEDULES[number % 3];
                stage.restart(&[("FAKE_CUDA_SCHEDULE", schedule)]);
                let mut held = held(&stage, consumer);
                for thing in order {
                    drop(held[thing].take());
                }
                assert_eq!(workers(), 0);
                // What outlived its loader goes with the next one's first batch.
                let loader = Loader::open(&tour::config(&stage.data, Route::Copied));
                let next = loader.expect("a loader").epoch(0).expect("an epoch").next();
                next.expect("a batch").expect("a batch");
                let leftovers = stage.leftovers();
                assert!(
                    leftovers.is_empty(),
                    "{order:?}, {consumer:?}: {leftovers:?}"
                );
                stage.fake.found().assert_clean();
            }
        }
    });
}

#[test]
fn nothing_grows_over_twenty_epochs() {
    alone("life::nothing_grows_over_twenty_epochs", || {
        let mut stage = Stage::new();
        let expected = stage.data.expected(&Want::PLAIN);
        for (route, schedule) in [Route::Copied, Route::Mapped].into_iter().zip(SCHEDULES) {
            stage.restart(&[("FAKE_CUDA_SCHEDULE", schedule)]);
            let config = tour::config(&stage.data, route);
            let loader = Loader::open(&config).expect("a loader");
            for _ in 0..20 {
                for (batch, expected) in loader.epoch(0).expect("an epoch").zip(&expected[0]) {
                    tour::look(&batch.expect("a batch"), expected).expect("a device");
                }
                let found = stage.fake.found();
                found.assert_clean();
                let live = |kind: &str| usize::try_from(found.numbers[kind]).expect("few");
                // One with the consumer, one that comes back, what is ahead, and two lanes.
                let buffers = config.prefetch + 2;
                assert!(live("allocations") <= buffers + 2, "{:?}", found.numbers);
                // And copies that are under way.
                assert!(live("pinned") <= buffers + 5, "{:?}", found.numbers);
                assert!(live("streams") <= 2, "{:?}", found.numbers);
                // When it was written, and the end of both holds.
                assert!(live("events") <= 3 * buffers + 5, "{:?}", found.numbers);
            }
            drop(loader);
            assert!(stage.leftovers().is_empty());
        }
    });
}

#[test]
fn twenty_loaders_leave_nothing() {
    alone("life::twenty_loaders_leave_nothing", || {
        let stage = Stage::new();
        let expected = stage.data.expected(&Want::PLAIN);
        let config = tour::config(&stage.data, Route::Copied);
        for _ in 0..20 {
            let mut batches = Loader::open(&config)
                .expect("a loader")
                .epoch(0)
                .expect("one");
            for expected in &expected[0][..3] {
                let batch = batches.next().expect("a batch").expect("a batch");
                tour::look(&batch, expected).expect("a device");
            }
            drop(batches);
            let leftovers = stage.leftovers();
            assert!(leftovers.is_empty(), "{leftovers:?}");
        }
    });
}
