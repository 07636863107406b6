//! What a consumer relies on, with a job that is nothing but numbers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar};
use std::time::Duration;

use imagepipe::engine::{Engine, Job, Next};
use imagepipe::error::{Error, Result};

/// A switch that threads wait for.
#[derive(Debug, Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn open(&self) {
        *self.0.lock().expect("the gate") = true;
        self.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.lock().expect("the gate");
        drop(self.1.wait_while(open, |open| !*open).expect("the gate"));
    }
}

/// Batches of squares. Counts what was made, and can be told to panic or to wait.
#[derive(Debug, Default)]
struct Squares {
    batches: u64,
    slots: usize,
    begun: AtomicUsize,
    made: Arc<AtomicUsize>,
    panic_at: Option<(u64, usize)>,
    fail_at: Option<u64>,
    gate: Option<Arc<Gate>>,
    inside: Arc<AtomicUsize>,
    /// Held as long as the job lives.
    _alive: Arc<()>,
}

#[derive(Debug)]
struct Batch {
    number: u64,
    values: Vec<Mutex<Option<u64>>>,
    panics: Mutex<Vec<String>>,
}

impl Job for Squares {
    type Scratch = ();
    type Batch = Batch;

    fn scratch(&self) {}

    fn retire(&self, (): ()) {}

    fn begin(&self, number: u64) -> Result<Option<(Batch, usize)>> {
        if self.fail_at == Some(number) {
            return Err(Error::Memory { bytes: 7 });
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        let values = (0..self.slots).map(|_| Mutex::default()).collect();
        Ok((number < self.batches).then_some((
            Batch {
                number,
                values,
                panics: Mutex::default(),
            },
            self.slots,
        )))
    }

    fn run(&self, batch: &Batch, slot: usize, (): &mut (), _stop: &AtomicBool) {
        if let Some(gate) = &self.gate {
            self.inside.fetch_add(1, Ordering::SeqCst);
            gate.pass();
        }
        assert!(self.panic_at != Some((batch.number, slot)), "told to panic");
        let value = batch.number * self.slots as u64 + slot as u64;
        let before = batch.values[slot]
            .lock()
            .expect("a value")
            .replace(value * value);
        assert!(before.is_none(), "a sample is made once");
        self.made.fetch_add(1, Ordering::SeqCst);
    }

    fn panicked(&self, batch: &Batch, slot: usize, message: String) {
        batch
            .panics
            .lock()
            .expect("the panics")
            .push(format!("{slot}: {message}"));
    }
}

const LONG: Duration = Duration::from_secs(600);

fn values(batch: &Batch) -> Vec<Option<u64>> {
    batch
        .values
        .iter()
        .map(|value| *value.lock().expect("a value"))
        .collect()
}

fn take(engine: &Engine<Squares>) -> Option<Arc<Batch>> {
    match engine.next(LONG).expect("the same process") {
        Next::Batch(batch) => Some(batch),
        Next::End => None,
        Next::TimedOut => panic!("a batch takes no ten minutes"),
    }
}

#[test]
fn batches_come_in_order_and_whole_whatever_the_workers() {
    for (workers, prefetch, slots) in [(1, 1, 1), (2, 1, 7), (8, 4, 3), (3, 2, 64), (8, 9, 0)] {
        let engine = Engine::start(
            Squares {
                batches: 50,
                slots,
                ..Squares::default()
            },
            workers,
            prefetch,
        )
        .expect("threads");
        for number in 0..50 {
            let batch = take(&engine).expect("a batch");
            assert_eq!(batch.number, number);
            let expected =
                (0..slots as u64).map(|slot| Some((number * slots as u64 + slot).pow(2)));
            assert_eq!(values(&batch), expected.collect::<Vec<_>>());
        }
        assert!(take(&engine).is_none());
        assert!(take(&engine).is_none(), "an end stays an end");
    }
}

#[test]
fn no_more_than_prefetch_batches_are_begun_ahead() {
    let engine = Engine::start(
        Squares {
            batches: 100,
            slots: 2,
            ..Squares::default()
        },
        4,
        3,
    )
    .expect("threads");
    for taken in 1..=20 {
        assert!(take(&engine).is_some());
        assert!(engine.job().begun.load(Ordering::SeqCst) <= taken + 3);
        assert!(engine.load().ready + engine.load().begun <= 3);
    }
}

#[test]
fn waiting_ends_when_patience_does() {
    let gate = Arc::new(Gate::default());
    let job = Squares {
        batches: 1,
        slots: 1,
        gate: Some(Arc::clone(&gate)),
        ..Squares::default()
    };
    let engine = Engine::start(job, 1, 1).expect("threads");
    assert!(matches!(
        engine.next(Duration::from_millis(1)),
        Ok(Next::TimedOut)
    ));
    gate.open();
    assert!(take(&engine).is_some());
}

#[test]
fn workers_that_wait_now_are_idle_while_batches_are_left_and_once_all_are_begun() {
    let engine = Engine::start(
        Squares {
            batches: 2,
            slots: 3,
            ..Squares::default()
        },
        2,
        1,
    )
    .expect("threads");
    for _ in 0..2 {
        while engine.load().ready == 0 {
            std::thread::yield_now();
        }
        let before = engine.shift().hours();
        std::thread::sleep(Duration::from_millis(20));
        let after = engine.shift().hours();
        assert!(
            after.idle > before.idle && after.running > before.running,
            "{before:?} {after:?}"
        );
        assert!(take(&engine).is_some());
    }
    let hours = engine.shift().hours();
    assert!(hours.idle <= 2 * hours.running, "{hours:?}");
}

#[test]
fn a_panic_costs_one_sample() {
    let job = Squares {
        batches: 3,
        slots: 4,
        panic_at: Some((1, 2)),
        ..Squares::default()
    };
    let engine = Engine::start(job, 2, 2).expect("threads");
    assert_eq!(
        values(&take(&engine).expect("a batch")),
        [Some(0), Some(1), Some(4), Some(9)]
    );
    let hit = take(&engine).expect("a batch");
    assert_eq!(values(&hit), [Some(16), Some(25), None, Some(49)]);
    assert_eq!(
        *hit.panics.lock().expect("the panics"),
        ["2: told to panic"]
    );
    assert_eq!(values(&take(&engine).expect("a batch"))[3], Some(121));
    assert!(take(&engine).is_none());
}

#[test]
fn what_keeps_a_batch_from_beginning_comes_after_those_before() {
    let engine = Engine::start(
        Squares {
            batches: 9,
            slots: 2,
            fail_at: Some(3),
            ..Squares::default()
        },
        2,
        2,
    );
    let engine = engine.expect("threads");
    for number in 0..3 {
        assert_eq!(take(&engine).expect("a batch").number, number);
    }
    assert!(matches!(engine.next(LONG), Err(Error::Memory { bytes: 7 })));
    assert!(take(&engine).is_none());
}

#[test]
fn dropping_stops_after_the_sample_at_hand() {
    let gate = Arc::new(Gate::default());
    let (made, inside, alive) = (Arc::default(), Arc::default(), Arc::new(()));
    let job = Squares {
        batches: u64::MAX,
        slots: 1000,
        gate: Some(Arc::clone(&gate)),
        made: Arc::clone(&made),
        inside: Arc::clone(&inside),
        _alive: Arc::clone(&alive),
        ..Squares::default()
    };
    let engine = Engine::start(job, 2, 1).expect("threads");
    while inside.load(Ordering::SeqCst) < 2 {
        std::thread::yield_now();
    }
    // Both workers are in their first sample: dropping waits for those two, and no third one is
    // begun.
    let waiter = std::thread::spawn(move || drop(engine));
    std::thread::sleep(Duration::from_millis(50));
    gate.open();
    waiter.join().expect("the drop");
    assert_eq!(
        Arc::strong_count(&alive),
        1,
        "nobody holds the job any more"
    );
    assert!(made.load(Ordering::SeqCst) >= 2);
    assert!(
        made.load(Ordering::SeqCst) < 1000,
        "{} samples were made",
        made.load(Ordering::SeqCst)
    );
}
