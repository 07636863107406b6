//! Bugs that the driver imitates, as if the loader had them: each is found by what the scenes of a
//! few seeds show, so they would show the real bug.

use crate::process::{run, run_with, succeeded, task};
use crate::scene::Scene;
use crate::seeds::SCHEDULES;
use crate::stage::{Stage, Wrong};

/// A bug is found within this many seeds.
const SEEDS: u64 = 200;

/// Bugs of a loader that uses an older driver.
const OLDER: [&str; 1] = ["skip-context-sync"];

/// Bugs that a loader cannot have: it waits for a stream only after a copy to pageable memory, which
/// the driver itself waits for.
const OTHERS: [&str; 1] = ["skip-stream-sync"];

/// Plays scenes with a planted bug until it is found, and says how.
fn find(plant: &str) -> Option<String> {
    let mut stage = Stage::new();
    for seed in 0..SEEDS {
        let schedule = SCHEDULES[usize::try_from(seed % 3).expect("below 3")];
        let number = seed.to_string();
        stage.restart(&[
            ("FAKE_CUDA_PLANT", plant),
            ("FAKE_CUDA_SCHEDULE", schedule),
            ("FAKE_CUDA_SEED", &number),
        ]);
        let played = Scene::chosen(seed).play(&stage);
        // What is left over is freed, which is part of a loader's life.
        Stage::free_orphans();
        let found = stage.fake.found();
        if let Some(violation) = found.violations.first() {
            return Some(format!("seed {seed}, {schedule}: {violation:?}"));
        }
        if let Err(Wrong::Found(what)) = played {
            return Some(format!("seed {seed}, {schedule}: {what}"));
        }
    }
    None
}

#[test]
fn every_planted_bug_is_found() {
    let test = "plants::every_planted_bug_is_found";
    if let Some(plant) = task(test) {
        let found = find(&plant).unwrap_or_else(|| panic!("{plant} is not found"));
        eprintln!("{plant}: {found}");
        return;
    }
    let older = fake_cuda::without("cuCtxRecordEvent");
    let plants = fake_cuda::plants().into_iter();
    for plant in plants.filter(|plant| !OTHERS.contains(plant)) {
        let found = if OLDER.contains(&plant) {
            run_with(&older, test, plant, &[])
        } else {
            run(test, plant, &[])
        };
        succeeded(&found);
    }
}
