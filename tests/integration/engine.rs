//! What a consumer relies on, with a job that is nothing but numbers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar};
use std::time::Duration;

use imagepipe::engine::{Begun, Engine, Job, Next, Notifier};
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

/// Batches of squares. Counts what was made, and can be told to panic, to wait, or to say later.
#[derive(Debug, Default)]
struct Squares {
    batches: u64,
    slots: usize,
    begun: AtomicUsize,
    made: Arc<AtomicUsize>,
    panic_at: Option<(u64, usize)>,
    panic_in_complete: Option<u64>,
    fail_at: Option<u64>,
    later: Option<Arc<Later>>,
    completed: AtomicUsize,
    gate: Option<Arc<Gate>>,
    gate_in_begin: Option<Arc<Gate>>,
    inside: Arc<AtomicUsize>,
    /// Held as long as the job lives.
    alive: Arc<()>,
}

/// Says later to what it is not yet told to begin.
#[derive(Debug, Default)]
struct Later {
    /// How many batches may be begun.
    allowed: AtomicUsize,
    /// How often the answer was later.
    said: AtomicUsize,
    /// Notified, and one batch more allowed, while the job is being asked.
    meanwhile: Mutex<Option<Notifier>>,
}

impl Later {
    fn is_due(&self, number: u64) -> bool {
        if (self.allowed.load(Ordering::SeqCst) as u64) > number {
            return false;
        }
        if let Some(notifier) = self.meanwhile.lock().expect("the notifier").take() {
            self.allow(&notifier);
        }
        self.said.fetch_add(1, Ordering::SeqCst);
        true
    }

    fn allow(&self, notifier: &Notifier) {
        self.allowed.fetch_add(1, Ordering::SeqCst);
        notifier.notify();
    }
}

#[derive(Debug)]
struct Filling {
    number: u64,
    values: Vec<Mutex<Option<u64>>>,
    panics: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Batch {
    number: u64,
    values: Vec<Option<u64>>,
    panics: Vec<String>,
}

impl Job for Squares {
    type Scratch = ();
    type Batch = Filling;
    type Output = Batch;

    fn scratch(&self) {}

    fn begin(&self, number: u64) -> Result<Begun<Filling>> {
        if self
            .later
            .as_ref()
            .is_some_and(|later| later.is_due(number))
        {
            return Ok(Begun::Later);
        }
        if self.fail_at == Some(number) {
            return Err(Error::Memory { bytes: 7 });
        }
        if number == self.batches {
            return Ok(Begun::End);
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = &self.gate_in_begin {
            gate.pass();
        }
        let batch = Filling {
            number,
            values: (0..self.slots).map(|_| Mutex::default()).collect(),
            panics: Mutex::default(),
        };
        Ok(Begun::Batch {
            batch,
            slots: self.slots,
        })
    }

    fn run(&self, batch: &Filling, slot: usize, (): &mut (), _stop: &AtomicBool) {
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

    fn panicked(&self, batch: &Filling, slot: usize, message: String) {
        let mut panics = batch.panics.lock().expect("the panics");
        panics.push(format!("{slot}: {message}"));
    }

    fn complete(&self, batch: &Filling) -> Result<Batch> {
        self.completed.fetch_add(1, Ordering::SeqCst);
        assert!(
            self.panic_in_complete != Some(batch.number),
            "told to panic"
        );
        Ok(Batch {
            number: batch.number,
            values: batch
                .values
                .iter()
                .map(|value| *value.lock().expect("a value"))
                .collect(),
            panics: std::mem::take(&mut *batch.panics.lock().expect("the panics")),
        })
    }
}

const LONG: Duration = Duration::from_secs(600);

fn take(engine: &Engine<Squares>) -> Option<Batch> {
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
            assert_eq!(batch.values, expected.collect::<Vec<_>>());
        }
        assert!(take(&engine).is_none());
        assert!(take(&engine).is_none(), "an end stays an end");
        assert_eq!(engine.job().completed.load(Ordering::SeqCst), 50);
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
        let before = engine.clock().time();
        std::thread::sleep(Duration::from_millis(20));
        let after = engine.clock().time();
        assert!(
            after.idle > before.idle && after.running > before.running,
            "{before:?} {after:?}"
        );
        assert!(take(&engine).is_some());
    }
    let time = engine.clock().time();
    assert!(time.idle <= 2 * time.running, "{time:?}");
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
        take(&engine).expect("a batch").values,
        [Some(0), Some(1), Some(4), Some(9)]
    );
    let hit = take(&engine).expect("a batch");
    assert_eq!(hit.values, [Some(16), Some(25), None, Some(49)]);
    assert_eq!(hit.panics, ["2: told to panic"]);
    assert_eq!(take(&engine).expect("a batch").values[3], Some(121));
    assert!(take(&engine).is_none());
}

#[test]
fn a_panic_while_a_batch_is_completed_costs_that_batch() {
    for slots in [0, 3] {
        let job = Squares {
            batches: 3,
            slots,
            panic_in_complete: Some(1),
            ..Squares::default()
        };
        let engine = Engine::start(job, 2, 3).expect("threads");
        assert_eq!(take(&engine).expect("a batch").number, 0);
        let error = engine.next(LONG).expect_err("the panic").to_string();
        assert!(
            error.contains("completing a batch: told to panic"),
            "{error}"
        );
        assert_eq!(take(&engine).expect("a batch").number, 2);
        assert!(take(&engine).is_none());
    }
}

fn job_that_says_later(batches: u64) -> (Squares, Arc<Later>) {
    let later = Arc::<Later>::default();
    let job = Squares {
        batches,
        slots: 3,
        later: Some(Arc::clone(&later)),
        ..Squares::default()
    };
    (job, later)
}

/// Waits until the job has said later `times` times.
fn wait_for(later: &Later, times: usize) {
    while later.said.load(Ordering::SeqCst) < times {
        std::thread::yield_now();
    }
}

#[test]
fn batches_that_begin_later_come_in_order() {
    let (job, later) = job_that_says_later(20);
    let engine = Engine::start(job, 3, 2).expect("threads");
    let notifier = engine.notifier();
    let telling = Arc::clone(&later);
    let teller = std::thread::spawn(move || {
        // One at a time, then many at once, and now and then for nothing.
        for number in 0..=20 {
            if number < 10 {
                wait_for(&telling, number + 1);
            }
            telling.allow(&notifier);
            notifier.notify();
        }
    });
    for number in 0..20 {
        assert_eq!(take(&engine).expect("a batch").number, number);
    }
    assert!(take(&engine).is_none());
    teller.join().expect("the notifying thread");
}

#[test]
fn workers_ask_again_only_when_notified() {
    let (job, later) = job_that_says_later(2);
    let engine = Engine::start(job, 2, 2).expect("threads");
    wait_for(&later, 1);
    let patience = Duration::from_millis(20);
    assert!(matches!(engine.next(patience), Ok(Next::TimedOut)));
    assert_eq!(later.said.load(Ordering::SeqCst), 1);
    // A notification while the job is about to say later is not lost.
    *later.meanwhile.lock().expect("the notifier") = Some(engine.notifier());
    engine.notifier().notify();
    assert_eq!(take(&engine).expect("a batch").number, 0);
    assert!(later.said.load(Ordering::SeqCst) >= 2);
}

#[test]
fn dropping_stops_at_once_a_job_that_said_later() {
    let (job, later) = job_that_says_later(1);
    let alive = Arc::clone(&job.alive);
    let engine = Engine::start(job, 2, 2).expect("threads");
    let notifier = engine.notifier();
    wait_for(&later, 1);
    drop(engine);
    assert_eq!(
        Arc::strong_count(&alive),
        1,
        "nobody holds the job any more"
    );
    later.allow(&notifier);
    assert_eq!(later.said.load(Ordering::SeqCst), 1);
}

#[test]
fn a_job_is_asked_without_the_lock_that_the_consumer_needs() {
    let gate = Arc::new(Gate::default());
    let job = Squares {
        batches: 1,
        slots: 1,
        gate_in_begin: Some(Arc::clone(&gate)),
        ..Squares::default()
    };
    let engine = Engine::start(job, 2, 2).expect("threads");
    while engine.job().begun.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    assert!(matches!(
        engine.next(Duration::from_millis(1)),
        Ok(Next::TimedOut)
    ));
    assert_eq!(engine.load().begun, 0);
    gate.open();
    assert!(take(&engine).is_some());
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
        alive: Arc::clone(&alive),
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
