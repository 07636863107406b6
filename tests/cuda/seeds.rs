//! Nothing is found in the loader, whatever its consumers do, over 2,000 seeds under each schedule
//! of the driver: the property that all else serves.

use crate::process::{alone, alone_without, workers};
use crate::scene::Scene;
use crate::stage::Stage;

pub(crate) const SCHEDULES: [&str; 3] = ["lazy", "eager", "random"];

/// Plays scenes and checks that no rule was broken, every byte was right, and nothing is left.
fn nothing_is_found(seeds: std::ops::Range<u64>) {
    let mut stage = Stage::new();
    for seed in seeds {
        for schedule in SCHEDULES {
            let number = seed.to_string();
            stage.restart(&[
                ("FAKE_CUDA_SCHEDULE", schedule),
                ("FAKE_CUDA_SEED", &number),
            ]);
            let scene = Scene::chosen(seed);
            let what = format!("seed {seed}, {schedule}: {scene:#?}");
            let played = scene.play(&stage);
            let found = stage.fake.found();
            assert!(
                found.violations.is_empty(),
                "{what}\n{:#?}",
                found.violations
            );
            played.unwrap_or_else(|wrong| panic!("{what}\n{wrong}"));
            let leftovers = stage.leftovers();
            assert!(leftovers.is_empty(), "{what}\n{leftovers:?}");
            assert_eq!(workers(), 0, "{what}");
        }
    }
}

#[test]
fn no_seed_of_two_thousand_finds_anything() {
    alone("seeds::no_seed_of_two_thousand_finds_anything", || {
        nothing_is_found(0..2000);
    });
}

#[test]
fn no_seed_finds_anything_with_a_driver_that_cannot_record_a_context() {
    let test = "seeds::no_seed_finds_anything_with_a_driver_that_cannot_record_a_context";
    alone_without("cuCtxRecordEvent", test, || nothing_is_found(2000..2300));
}
